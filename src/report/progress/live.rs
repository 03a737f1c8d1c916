//! What is drawn below the lines on a terminal: how much is done, and the steps that take long.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::waiting::Waiting;
use crate::plan::Action;
use crate::provider::Holdups;
use crate::state::ObjectAddress;

/// A step younger than this is not drawn: what comes and goes at once would only flicker.
const WORTH_SHOWING: Duration = Duration::from_secs(1);

/// A wait shorter than this is not worth a line of its own.
const WORTH_TELLING: Duration = Duration::from_secs(10);

/// So many steps are drawn, those that have run the longest.
const SHOWN: usize = 4;

/// What runs, and how much there is.
#[derive(Debug, Default)]
pub struct Steps {
    running: BTreeMap<ObjectAddress, Running>,
    total: usize,
    begun: usize,
    waiting: Waiting,
    holdups: Holdups,
    /// What was told of them in lines and still holds.
    told: BTreeSet<String>,
}

/// A step that has begun.
#[derive(Debug, Clone)]
pub struct Running {
    /// What is done to the object.
    pub action: Action,
    since: Instant,
    /// What the provider said last.
    said: String,
    /// So many times ten seconds have been told.
    told: u64,
}

impl Steps {
    /// So many steps more are to come.
    pub fn expect(&mut self, steps: usize) {
        self.total += steps;
    }

    /// These are all, and this is how they wait for one another.
    pub fn wait(&mut self, waiting: Waiting) {
        self.waiting = waiting;
    }

    /// What holds everybody back is told there.
    pub fn hear(&mut self, holdups: &Holdups) {
        self.holdups = holdups.clone();
    }

    /// One of them begins.
    pub fn begin(&mut self, object: &ObjectAddress, action: Action) {
        self.waiting.begin(object, action);
        self.begun += 1;
        self.total = self.total.max(self.begun);
        let running = Running { action, since: Instant::now(), said: String::new(), told: 0 };
        self.running.insert(object.clone(), running);
    }

    /// The provider says how far it is.
    pub fn say(&mut self, object: &ObjectAddress, text: &str) {
        if let Some(step) = self.running.get_mut(object) {
            text.clone_into(&mut step.said);
        }
    }

    /// One has ended; gives how many seconds it took.
    pub fn end(&mut self, object: &ObjectAddress) -> u64 {
        self.running.remove(object).map_or(0, |step| step.since.elapsed().as_secs())
    }

    /// One will not begin.
    pub fn skip(&mut self) {
        self.begun += 1;
    }

    /// Another series of steps begins.
    pub fn clear(&mut self) {
        *self = Self { holdups: self.holdups.clone(), ..Self::default() };
    }

    /// Those that have run for another ten seconds since they were last told, with their seconds.
    pub fn still_running(&mut self) -> Vec<(ObjectAddress, Action, u64)> {
        let mut found = Vec::new();
        for (object, step) in &mut self.running {
            let tens = step.since.elapsed().as_secs() / 10;
            if tens > step.told {
                step.told = tens;
                found.push((object.clone(), step.action, tens * 10));
            }
        }
        found
    }

    /// What holds everybody back for long and was not told yet, with the seconds that are left.
    pub fn held_up(&mut self) -> Vec<(String, u64)> {
        let present = self.holdups.present();
        self.told.retain(|text| present.iter().any(|(other, _)| other == text));
        let long = present.into_iter().filter(|(_, left)| *left >= WORTH_TELLING);
        long.filter(|(text, _)| self.told.insert(text.clone())).map(|(text, left)| (text, left.as_secs())).collect()
    }

    /// The block that is drawn after the spinner, for a screen of that many columns.
    fn draw(&self, what: &str, elapsed: Duration, columns: usize) -> String {
        let (running, done) = (self.running.len(), self.begun - self.running.len().min(self.begun));
        let waiting = self.total.saturating_sub(self.begun);
        let counts =
            format!("{done} of {} {what}, {running} at work, {waiting} waiting  {}", self.total, span(elapsed));
        let mut lines = vec![clip(&counts, columns.saturating_sub(3))];
        let mut slow: Vec<_> = self.running.iter().filter(|(_, step)| step.since.elapsed() >= WORTH_SHOWING).collect();
        slow.sort_by_key(|(_, step)| step.since);
        for (object, step) in slow.iter().take(SHOWN) {
            let said = if step.said.is_empty() { String::new() } else { format!("  {}", step.said) };
            let behind = match self.waiting.behind(object, step.action) {
                0 => String::new(),
                behind => format!("  {behind} wait for it"),
            };
            let tail = format!("  {} {}{said}{behind}", doing(step.action).to_lowercase(), span(step.since.elapsed()));
            let room = columns.saturating_sub(4 + tail.width());
            lines.push(format!(
                "   {}{}",
                clip_front(&object.to_string(), room),
                clip(&tail, columns.saturating_sub(4))
            ));
        }
        if slow.len() > SHOWN {
            lines.push(format!("   and {} more", slow.len() - SHOWN));
        }
        for (text, left) in self.holdups.present() {
            lines.push(format!("   {}", clip(&format!("{text}: {}", span(left)), columns.saturating_sub(4))));
        }
        lines.join("\n")
    }
}

/// A spinner with the block after it, on a terminal.
#[derive(Debug)]
pub struct Live(ProgressBar);

impl Live {
    /// Begins to draw; `what` is the participle of the count, such as `done`.
    pub fn begin(steps: &Arc<Mutex<Steps>>, what: &'static str) -> Option<Self> {
        let steps = Arc::clone(steps);
        let status = move |state: &ProgressState, out: &mut dyn fmt::Write| {
            let columns = terminal_size::terminal_size().map_or(80, |(terminal_size::Width(columns), _)| columns);
            let _ = out.write_str(&lock(&steps).draw(what, state.elapsed(), usize::from(columns)));
        };
        let style = ProgressStyle::with_template("{spinner} {status}").ok()?.with_key("status", status);
        let bar = ProgressBar::new_spinner().with_style(style);
        bar.enable_steady_tick(Duration::from_millis(150));
        Some(Self(bar))
    }

    /// Writes lines above it.
    pub fn above(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }

    /// Takes it off the screen.
    pub fn end(&self) {
        self.0.finish_and_clear();
    }
}

/// The lock; a thread that panicked while it held it has left the counts as they were.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `Creating`
pub fn doing(action: Action) -> &'static str {
    match action {
        Action::Update => "Modifying",
        Action::Delete => "Destroying",
        Action::Read | Action::NoOp => "Reading",
        _ => "Creating",
    }
}

/// `8s`, `1m 05s`, `1h 02m`
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s}s"),
        (0, m, s) => format!("{m}m {s:02}s"),
        (h, m, _) => format!("{h}h {m:02}m"),
    }
}

/// As much of the beginning as fits.
fn clip(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut room = columns.saturating_sub(1);
    let fits = |c: &char| {
        let width = c.width().unwrap_or(0);
        let fits = width <= room;
        room = room.saturating_sub(width);
        fits
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// As much of the end as fits: the end of an address tells more than its beginning.
fn clip_front(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let backwards: String = text.chars().rev().collect();
    clip(&backwards, columns).chars().rev().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::address::Address;

    fn object(text: &str) -> ObjectAddress {
        Address::parse(text).unwrap().into()
    }

    fn steps(ages: &[(&str, u64)]) -> Steps {
        let mut steps = Steps::default();
        steps.expect(44);
        for (name, age) in ages {
            steps.begin(&object(name), Action::Create);
            let since = Instant::now().checked_sub(Duration::from_secs(*age)).unwrap();
            steps.running.get_mut(&object(name)).unwrap().since = since;
        }
        steps
    }

    #[test]
    fn the_slowest_are_drawn_under_the_counts() {
        let ages = [("a.a", 0), ("a.b", 65), ("a.c", 3), ("a.d", 4), ("a.e", 5), ("a.f", 6)];
        let mut steps = steps(&ages);
        steps.say(&object("a.b"), "InProgress");
        let expected = "0 of 44 done, 6 at work, 38 waiting  1m 10s\n   a.b  creating 1m 05s  InProgress\n   \
                        a.f  creating 6s\n   a.e  creating 5s\n   a.d  creating 4s\n   and 1 more";
        assert_eq!(steps.draw("done", Duration::from_secs(70), 80), expected);
        steps.end(&object("a.b"));
        steps.skip();
        assert!(steps.draw("done", Duration::ZERO, 80).starts_with("2 of 44 done, 5 at work, 37 waiting  0s\n"));
    }

    #[test]
    fn what_waits_and_what_holds_back_is_drawn() {
        let mut steps = steps(&[("a.a", 5)]);
        let mut waiting = Waiting::default();
        waiting.expect(object("b.b"), false, vec![Address::parse("a.a").unwrap().config()]);
        steps.wait(waiting);
        let holdups = Holdups::default();
        steps.hear(&holdups);
        holdups.tell("writes wait".into(), Duration::from_millis(30_900));
        let drawn = steps.draw("done", Duration::ZERO, 80);
        assert!(drawn.ends_with("\n   a.a  creating 5s  1 wait for it\n   writes wait: 30s"), "{drawn}");
        assert_eq!(steps.held_up(), [("writes wait".to_owned(), 30)]);
        assert_eq!(steps.held_up(), []);
        steps.begin(&object("b.b"), Action::Create);
        assert!(!steps.draw("done", Duration::ZERO, 80).contains("wait for it"));
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        let name = "module.workload[\"refunds\"].azurerm_federated_identity_credential.this[\"refunds-jobs\"]";
        for columns in [24, 30, 60, 79, 200] {
            let block = steps(&[(name, 30)]).draw("done", Duration::from_secs(30), columns);
            // The spinner and the space after it stand before the first line.
            assert!(block.lines().all(|line| line.width() <= columns), "{columns}: {block}");
        }
        let block = steps(&[(name, 30)]).draw("done", Duration::ZERO, 60);
        assert!(block.contains("   …_identity_credential.this[\"refunds-jobs\"]  creating 30s"), "{block}");
    }

    #[test]
    fn every_ten_seconds_a_step_is_told_once() {
        let mut steps = steps(&[("a.a", 9), ("a.b", 25)]);
        assert_eq!(steps.still_running(), [(object("a.b"), Action::Create, 20)]);
        assert_eq!(steps.still_running(), []);
    }
}
