//! What is told while a run goes on: a line when a step begins and one when it ends; below them on a terminal what
//! runs, for how long, and how much is left; for tools, lines of JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use serde_json::Value as Json;

use crate::apply::{self, Applied, StepResult};
use crate::plan::{self, Action, Mode, Plan};
use crate::provider::Registry;
use crate::report::plan_text::{self, Counts};
use crate::report::style::{Paint, Style};
use crate::report::{outputs, ui_json};
use crate::state::ObjectAddress;

/// Tells how far a run is.
#[derive(Debug)]
pub struct Progress {
    style: Style,
    json: bool,
    steps: Arc<Mutex<Steps>>,
    live: Mutex<Option<ProgressBar>>,
}

/// What runs, and how much is left to begin.
#[derive(Debug, Default)]
struct Steps {
    running: BTreeMap<ObjectAddress, (Action, Instant)>,
    left: usize,
}

impl Progress {
    /// For an output of that style; with `json`, lines for tools.
    pub fn new(style: Style, json: bool) -> Self {
        let progress = Self { style, json, steps: Arc::default(), live: Mutex::default() };
        progress.json(ui_json::version);
        progress
    }

    /// Hears of planning.
    pub fn planning(&self, event: &plan::Event<'_>) {
        if let plan::Event::Refreshing { objects } = event
            && *objects > 0
        {
            self.steps().left = *objects;
            self.go_live("reading");
        }
        if let plan::Event::Refreshed { .. } = event {
            let mut steps = self.steps();
            steps.left = steps.left.saturating_sub(1);
        }
    }

    /// Planning has ended.
    pub fn planned(&self) {
        self.end_live();
    }

    /// Shows the plan, before anybody is asked.
    pub fn show_plan(&self, plan: &Plan, registry: &Registry) {
        if self.json {
            for line in ui_json::plan(plan) {
                self.json(|| line);
            }
        } else {
            self.text(&plan_text::plan(plan, registry, &self.style));
        }
    }

    /// Apply begins.
    pub fn begin_applying(&self, plan: &Plan) {
        let steps = |change: &plan::InstanceChange| match change.action {
            Action::NoOp | Action::Forget => 0,
            action if action.is_replace() => 2,
            _ => 1,
        };
        self.steps().left = plan.changes.iter().map(steps).sum();
        self.line("");
        self.go_live("applying");
    }

    /// Hears of apply.
    pub fn applying(&self, event: &apply::Event<'_>) {
        match event {
            apply::Event::Started { object, action, id } => self.started(object, *action, *id),
            apply::Event::Progress { object, text } => self.line(&format!("{object}: {text}")),
            apply::Event::Output { object, provisioner, text } => {
                self.line(&format!("{object} ({provisioner}): {text}"));
            }
            apply::Event::Ended { object, action, id, sound } => self.ended(object, *action, *id, *sound),
            apply::Event::Skipped { .. } => {
                let mut steps = self.steps();
                steps.left = steps.left.saturating_sub(1);
            }
        }
    }

    fn started(&self, object: &ObjectAddress, action: Action, id: Option<&str>) {
        {
            let mut steps = self.steps();
            steps.left = steps.left.saturating_sub(1);
            steps.running.insert(object.clone(), (action, Instant::now()));
        }
        let shown = id.map(|id| format!(" [id={id}]")).unwrap_or_default();
        let message = format!("{object}: {}...{shown}", doing(action));
        self.line(&message);
        self.json(|| ui_json::step("apply_start", &message, &object.address, action, id, None));
    }

    fn ended(&self, object: &ObjectAddress, action: Action, id: Option<&str>, sound: bool) {
        let begun = self.steps().running.remove(object);
        let seconds = begun.map_or(0, |(_, begun)| begun.elapsed().as_secs());
        let (kind, message) = if sound {
            let id = id.filter(|_| action != Action::Delete).map(|id| format!(" [id={id}]")).unwrap_or_default();
            ("apply_complete", format!("{object}: {} complete after {seconds}s{id}", done(action)))
        } else {
            ("apply_errored", format!("{object}: {} failed after {seconds}s", done(action)))
        };
        self.line(&if sound { message.clone() } else { self.style.paint(Paint::Red, &message) });
        self.json(|| ui_json::step(kind, &message, &object.address, action, id, Some(seconds)));
    }

    /// Apply has ended: what was done, what failed, what was not begun and why, and the outputs.
    pub fn applied(&self, applied: &Applied, plan: &Plan) {
        let mode = plan.options.mode;
        self.end_live();
        for (object, _, result) in &applied.steps {
            if let StepResult::Skipped { because } = result {
                self.line(&format!("{object}: not begun, because of {because}"));
            }
        }
        let (add, change, destroy) = applied.counts();
        let import = plan.changes.iter().filter(|change| change.importing.is_some()).count();
        let taken = if import > 0 { format!("{import} imported, ") } else { String::new() };
        let count = |wanted: fn(&StepResult) -> bool| applied.steps.iter().filter(|(.., r)| wanted(r)).count();
        let failed = count(|result| *result == StepResult::Failed);
        let skipped = count(|result| matches!(result, StepResult::Skipped { .. }));
        let what = if mode == Mode::Destroy { "Destroy" } else { "Apply" };
        let counts = match mode {
            Mode::Destroy => format!("{destroy} destroyed"),
            _ => format!("{taken}{add} added, {change} changed, {destroy} destroyed"),
        };
        let sound = failed + skipped == 0 && !applied.stopped;
        let (paint, message) = if sound {
            (Paint::BoldGreen, format!("{what} complete! Resources: {counts}."))
        } else {
            (Paint::BoldRed, format!("{what} incomplete. Resources: {counts}, {failed} failed, {skipped} not begun."))
        };
        self.line(&format!("\n{}", self.style.paint(paint, &message)));
        let totals = Counts { add, change, destroy, import, ..Counts::default() };
        self.json(|| ui_json::summary(&message, totals, ui_json::operation(mode)));
        if !applied.state.outputs.is_empty() {
            self.line(&format!("\nOutputs:\n\n{}", outputs::recorded(&applied.state.outputs).trim_end()));
            self.json(|| ui_json::outputs(&applied.state.outputs));
        }
    }

    fn go_live(&self, what: &'static str) {
        if self.json || !std::io::stdout().is_terminal() {
            return;
        }
        let steps = Arc::clone(&self.steps);
        let status = move |_: &ProgressState, out: &mut dyn fmt::Write| {
            let steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = out.write_str(&steps.describe(what));
        };
        let Ok(style) = ProgressStyle::with_template("{spinner} {status} [{elapsed}]") else { return };
        let bar = ProgressBar::new_spinner().with_style(style.with_key("status", status));
        bar.enable_steady_tick(Duration::from_millis(120));
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    fn end_live(&self) {
        if let Some(bar) = self.live.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }

    fn steps(&self) -> MutexGuard<'_, Steps> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line for people.
    fn line(&self, text: &str) {
        if !self.json {
            self.text(&format!("{text}\n"));
        }
    }

    /// A line for tools.
    fn json(&self, line: impl FnOnce() -> Json) {
        if self.json {
            self.text(&format!("{}\n", line()));
        }
    }

    fn text(&self, text: &str) {
        // A reader that went away is no error.
        let write = || drop(std::io::stdout().lock().write_all(text.as_bytes()));
        match &*self.live.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

impl Steps {
    /// `2 at work, 14 left: azurerm_kubernetes_cluster.a (1m 12s), azurerm_subnet.b (3s)`
    fn describe(&self, what: &str) -> String {
        const SHOWN: usize = 3;
        if self.running.is_empty() {
            return format!("{what}, {} left", self.left);
        }
        let mut oldest: Vec<_> = self.running.iter().collect();
        oldest.sort_by_key(|(_, (_, begun))| *begun);
        let shown: Vec<String> = oldest
            .iter()
            .take(SHOWN)
            .map(|(object, (_, begun))| format!("{object} ({}s)", begun.elapsed().as_secs()))
            .collect();
        let more = if oldest.len() > SHOWN { ", ..." } else { "" };
        format!("{} at work, {} left: {}{more}", oldest.len(), self.left, shown.join(", "))
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
