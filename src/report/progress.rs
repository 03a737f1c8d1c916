//! What is told while a run goes on: plain lines, one when a step begins and one when it ends.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::apply::{self, Applied, StepResult};
use crate::plan::{self, Action, Mode, Plan};
use crate::report::style::Style;
use crate::state::ObjectAddress;

/// Tells how far a run is.
#[derive(Debug)]
pub struct Progress {
    style: Style,
    json: bool,
    started: Mutex<HashMap<ObjectAddress, Instant>>,
}

impl Progress {
    /// For an output of that style; with `json`, lines for tools.
    pub fn new(style: Style, json: bool) -> Self {
        Self { style, json, started: Mutex::default() }
    }

    /// Hears of planning.
    pub fn planning(&self, _event: &plan::Event<'_>) {}

    /// Planning has ended.
    pub fn planned(&self) {}

    /// Apply begins.
    pub fn begin_applying(&self, _plan: &Plan) {
        self.line("");
    }

    /// Hears of apply.
    pub fn applying(&self, event: &apply::Event<'_>) {
        match event {
            apply::Event::Started { object, action, id } => {
                self.started.lock().unwrap_or_else(PoisonError::into_inner).insert((*object).clone(), Instant::now());
                let id = id.map(|id| format!(" [id={id}]")).unwrap_or_default();
                self.line(&format!("{object}: {}...{id}", doing(*action)));
            }
            apply::Event::Progress { object, text } => self.line(&format!("{object}: {text}")),
            apply::Event::Ended { object, action, id, sound: true } => {
                let begun = self.started.lock().unwrap_or_else(PoisonError::into_inner).remove(object);
                let seconds = begun.map_or(0, |b| b.elapsed().as_secs());
                let id = id.filter(|_| *action != Action::Delete).map(|id| format!(" [id={id}]")).unwrap_or_default();
                self.line(&format!("{object}: {} complete after {seconds}s{id}", done(*action)));
            }
            apply::Event::Ended { .. } | apply::Event::Skipped { .. } => {}
        }
    }

    /// Apply has ended.
    pub fn applied(&self, applied: &Applied, mode: Mode) {
        let (made, changed, removed) = applied.counts();
        let failed = applied.steps.iter().filter(|(.., result)| *result == StepResult::Failed).count();
        for (object, _, result) in &applied.steps {
            if let StepResult::Skipped { because } = result {
                self.line(&format!("{object}: not begun, because of {because}"));
            }
        }
        let skipped = applied.steps.iter().filter(|(.., r)| matches!(r, StepResult::Skipped { .. })).count();
        let what = if mode == Mode::Destroy { "Destroy" } else { "Apply" };
        let counts = match mode {
            Mode::Destroy => format!("{removed} destroyed"),
            _ => format!("{made} added, {changed} changed, {removed} destroyed"),
        };
        if failed + skipped > 0 || applied.stopped {
            self.line(&format!("\n{what} incomplete. Resources: {counts}, {failed} failed, {skipped} not begun."));
        } else {
            self.line(&format!("\n{what} complete! Resources: {counts}."));
        }
    }

    fn line(&self, text: &str) {
        if self.json {
            return;
        }
        let _ = &self.style;
        // A reader that went away is no error.
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }
}

fn doing(action: Action) -> &'static str {
    match action {
        Action::Update => "Modifying",
        Action::Delete => "Destroying",
        Action::Read => "Reading",
        _ => "Creating",
    }
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Update => "Modifications",
        Action::Delete => "Destruction",
        Action::Read => "Read",
        _ => "Creation",
    }
}
