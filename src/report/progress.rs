//! What is told while a run goes on: a line when a step begins and one when it ends; below them on a terminal what
//! runs, for how long, and how much is left; for tools, lines of JSON.

mod live;
mod waiting;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value as Json;

use live::{Live, Steps, doing, lock};
use waiting::Waiting;

use crate::access::AccessChange;
use crate::address::Address;
use crate::apply::{self, Applied, StepResult};
use crate::plan::{self, Action, Mode, Plan};
use crate::provider::{Holdups, Registry};
use crate::report::plan_text::{self, Counts, Detail};
use crate::report::style::{Paint, Style};
use crate::report::timeline::Timeline;
use crate::report::{access_text, outputs, ui_json};
use crate::state::ObjectAddress;

/// Tells how far a run is.
#[derive(Debug)]
pub struct Progress {
    style: Style,
    json: bool,
    silent: bool,
    steps: Arc<Mutex<Steps>>,
    live: Mutex<Option<Live>>,
    /// When each step was at work, where somebody wants to know.
    timeline: Mutex<Option<Timeline>>,
    /// Ends the thread that tells what still runs.
    reminding: Mutex<Option<Sender<()>>>,
}

impl Progress {
    /// For an output of that style; with `json`, lines for tools.
    pub fn new(style: Style, json: bool) -> Self {
        let progress = Self { style, json, silent: false, ..Self::silent() };
        progress.json(ui_json::version);
        progress
    }

    /// Tells nothing.
    pub fn silent() -> Self {
        Self {
            style: Style::PLAIN,
            json: false,
            silent: true,
            steps: Arc::default(),
            live: Mutex::default(),
            timeline: Mutex::default(),
            reminding: Mutex::default(),
        }
    }

    /// Shows what holds the run back, which is told there.
    pub fn hear(&self, holdups: &Holdups) {
        self.steps().hear(holdups);
    }

    /// Hears of planning.
    pub fn planning(&self, event: &plan::Event<'_>) {
        match event {
            plan::Event::Refreshing { objects } => {
                self.steps().expect(*objects);
                self.go_live("read");
            }
            plan::Event::Reading { object, id } => {
                let shown = bracketed(*id);
                let message = format!("{}: Refreshing state...{shown}", object.address);
                self.line(&message);
                self.json(|| ui_json::refresh("refresh_start", &message, &object.address, *id));
                self.steps().begin(object, Action::NoOp);
            }
            plan::Event::Refreshed { object, id } => {
                self.steps().end(object);
                self.json(|| {
                    let message = format!("{}: Refresh complete{}", object.address, bracketed(*id));
                    ui_json::refresh("refresh_complete", &message, &object.address, *id)
                });
            }
            plan::Event::Asking { address } => {
                let message = format!("{address}: Reading...");
                self.line(&message);
                self.json(|| ui_json::step("apply_start", &message, address, Action::Read, None, None));
                self.steps().begin(&ObjectAddress::from((*address).clone()), Action::Read);
            }
            plan::Event::Answered { address, id, sound } => {
                self.ended(&ObjectAddress::from((*address).clone()), Action::Read, *id, *sound);
            }
            plan::Event::Planned { .. } => {}
        }
    }

    /// Planning has ended.
    pub fn planned(&self) {
        self.end_live();
        self.steps().clear();
    }

    /// Shows the plan and what it means for access, before anybody is asked.
    pub fn show_plan(
        &self,
        plan: &Plan,
        registry: &Registry,
        access: &[AccessChange],
        workloads: &BTreeMap<Address, String>,
        detail: Detail,
    ) {
        if self.json {
            for line in ui_json::plan(plan).into_iter().chain(access.iter().map(ui_json::access_change)) {
                self.json(|| line);
            }
        } else {
            self.text(&plan_text::plan(plan, registry, workloads, detail, &self.style));
            self.text(&access_text::changes(access, detail, &self.style));
        }
    }

    /// The page of the timeline, if time was kept.
    pub fn timeline(&self) -> Option<String> {
        lock(&self.timeline).as_ref().map(Timeline::page)
    }

    /// Keeps the time of each step from now on.
    pub fn keep_time(&self) {
        *lock(&self.timeline) = Some(Timeline::new());
    }

    /// Apply begins.
    pub fn begin_applying(self: &Arc<Self>, plan: &Plan) {
        let steps = |change: &plan::InstanceChange| match change.action {
            Action::NoOp | Action::Forget => 0,
            action if action.is_replace() => 2,
            _ => 1,
        };
        self.steps().expect(plan.changes.iter().map(steps).sum());
        self.steps().wait(Waiting::of(plan));
        self.line("");
        self.go_live("done");
        self.remind();
    }

    /// Hears of apply.
    pub fn applying(&self, event: &apply::Event<'_>) {
        match event {
            apply::Event::Started { object, action, id } => self.started(object, *action, *id),
            apply::Event::Progress { object, text } => self.steps().say(object, text),
            apply::Event::Output { object, provisioner, text } => {
                self.line(&format!("{object} ({provisioner}): {text}"));
            }
            apply::Event::Ended { object, action, id, sound } => self.ended(object, *action, *id, *sound),
            apply::Event::Skipped { .. } => self.steps().skip(),
        }
    }

    fn started(&self, object: &ObjectAddress, action: Action, id: Option<&str>) {
        self.steps().begin(object, action);
        if let Some(timeline) = &mut *lock(&self.timeline) {
            timeline.begin(object, action);
        }
        let message = format!("{object}: {}...{}", doing(action), bracketed(id));
        self.line(&message);
        self.json(|| ui_json::step("apply_start", &message, &object.address, action, id, None));
    }

    fn ended(&self, object: &ObjectAddress, action: Action, id: Option<&str>, sound: bool) {
        let seconds = self.steps().end(object);
        if let Some(timeline) = &mut *lock(&self.timeline) {
            timeline.end(object, sound);
        }
        let (kind, message) = if sound {
            let shown = bracketed(id.filter(|_| action != Action::Delete));
            ("apply_complete", format!("{object}: {} complete after {seconds}s{shown}", done(action)))
        } else {
            ("apply_errored", format!("{object}: {} failed after {seconds}s", done(action)))
        };
        self.line(&if sound { message.clone() } else { self.style.paint(Paint::Red, &message) });
        self.json(|| ui_json::step(kind, &message, &object.address, action, id, Some(seconds)));
    }

    /// Apply has ended: what was done, what failed, what was not begun and why, and the outputs.
    pub fn applied(&self, applied: &Applied, plan: &Plan) {
        let mode = plan.options.mode;
        lock(&self.reminding).take();
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
        let mut live = lock(&self.live);
        if !self.json && !self.silent && live.is_none() && std::io::stdout().is_terminal() {
            *live = Live::begin(&self.steps, what);
        }
    }

    fn end_live(&self) {
        if let Some(live) = lock(&self.live).take() {
            live.end();
        }
    }

    /// Tells every ten seconds what still runs, where nothing is drawn that shows it.
    fn remind(self: &Arc<Self>) {
        if lock(&self.live).is_some() {
            return;
        }
        let (end, ended) = channel();
        *lock(&self.reminding) = Some(end);
        let progress = Arc::clone(self);
        std::thread::spawn(move || progress.remind_until(&ended));
    }

    fn remind_until(&self, ended: &Receiver<()>) {
        while ended.recv_timeout(Duration::from_millis(500)) == Err(RecvTimeoutError::Timeout) {
            let held_up = self.steps().held_up();
            for (text, seconds) in held_up {
                self.line(&format!("{text}: {seconds}s"));
            }
            let still = self.steps().still_running();
            for (object, action, seconds) in still {
                let message = format!("{object}: Still {}... [{seconds}s elapsed]", doing(action).to_lowercase());
                self.line(&message);
                self.json(|| ui_json::step("apply_progress", &message, &object.address, action, None, Some(seconds)));
            }
        }
    }

    fn steps(&self) -> MutexGuard<'_, Steps> {
        lock(&self.steps)
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
        if self.silent {
            return;
        }
        // A reader that went away is no error.
        let write = || drop(std::io::stdout().lock().write_all(text.as_bytes()));
        match &*lock(&self.live) {
            Some(live) => live.above(write),
            None => write(),
        }
    }
}

/// ` [id=...]`, as Terraform shows an id.
fn bracketed(id: Option<&str>) -> String {
    id.map(|id| format!(" [id={id}]")).unwrap_or_default()
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Update => "Modifications",
        Action::Delete => "Destruction",
        Action::Read => "Read",
        _ => "Creation",
    }
}
