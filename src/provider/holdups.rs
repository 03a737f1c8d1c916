//! What holds a run back at present: told by providers, shown to whoever waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What is told once stays for so long at least, so that it can be read.
const READABLE: Duration = Duration::from_secs(1);

/// A board that all of a run share.
#[derive(Debug, Clone, Default)]
pub struct Holdups(Arc<Mutex<BTreeMap<String, Instant>>>);

impl Holdups {
    /// Tells what holds everybody back, and for how long.
    pub fn tell(&self, text: String, time: Duration) {
        let until = Instant::now() + time.max(READABLE);
        let mut told = self.told();
        let known = told.entry(text).or_insert(until);
        *known = until.max(*known);
    }

    /// What holds at present, with the time that is left.
    pub fn present(&self) -> Vec<(String, Duration)> {
        let now = Instant::now();
        let mut told = self.told();
        told.retain(|_, until| *until > now);
        told.iter().map(|(text, until)| (text.clone(), until.saturating_duration_since(now))).collect()
    }

    /// The texts; a thread that panicked while it held them has left them whole.
    fn told(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_hold_counts() {
        let holdups = Holdups::default();
        holdups.clone().tell("no writes".into(), Duration::from_secs(90));
        holdups.tell("no writes".into(), Duration::from_secs(5));
        let present = holdups.present();
        assert_eq!(present.len(), 1);
        assert!(present.iter().all(|(text, left)| text == "no writes" && left.as_secs() > 60));
    }
}
