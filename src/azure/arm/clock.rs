//! Time, of which there are two kinds: the system's, and the simulator's, which passes only when somebody waits.
//! Whoever waits does so through a [`Patience`], which knows how long may be waited in all.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::error::ArmError;
use crate::provider::Watch;

/// A clock that only goes forward.
#[async_trait]
pub trait Clock: Send + Sync + fmt::Debug {
    /// Time since the clock started.
    fn now(&self) -> Duration;

    /// Comes back when so much time has passed.
    async fn sleep(&self, time: Duration);

    /// Whether somebody who looks on waits as long.
    fn is_real(&self) -> bool {
        false
    }

    /// Hears what a simulator says the time is.
    fn hear(&self, _now: Duration) {}
}

/// The system's clock.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn is_real(&self) -> bool {
        true
    }
}

/// A clock on which waiting takes no time: who sleeps puts it forward.
#[derive(Debug, Default)]
pub struct VirtualClock {
    nanoseconds: AtomicU64,
    /// How far the simulator's clock was ahead when it was first heard: its world may be older than this run.
    ahead: OnceLock<Duration>,
}

impl VirtualClock {
    fn forward_to(&self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_max(time, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }

    async fn sleep(&self, time: Duration) {
        self.forward_to(self.now().saturating_add(time));
        tokio::task::yield_now().await;
    }

    fn hear(&self, now: Duration) {
        let ahead = self.ahead.get_or_init(|| now.saturating_sub(self.now()));
        self.forward_to(now.saturating_sub(*ahead));
    }
}

/// How long an operation may take, and who may call it off.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    clock: &'a dyn Clock,
    end: Duration,
    budget: Duration,
    watch: Option<&'a dyn Watch>,
}

/// Longest stretch of sleep between two looks at whether the user wants to stop.
const ATTENTION: Duration = Duration::from_millis(500);

impl<'a> Patience<'a> {
    /// Until `budget` from now.
    pub fn new(clock: &'a dyn Clock, budget: Duration) -> Self {
        Self { clock, end: clock.now().saturating_add(budget), budget, watch: None }
    }

    /// With somebody who is told of progress and may interrupt.
    #[must_use]
    pub fn watched(self, watch: &'a dyn Watch) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// The same, but no longer than `budget` from now.
    #[must_use]
    pub fn at_most(self, budget: Duration) -> Self {
        let end = self.end.min(self.clock.now().saturating_add(budget));
        Self { end, budget: self.budget.min(budget), ..self }
    }

    /// Who is told of progress.
    pub fn watch(&self) -> Option<&'a dyn Watch> {
        self.watch
    }

    /// Time that is left.
    pub fn left(&self) -> Duration {
        self.end.saturating_sub(self.clock.now())
    }

    /// Time on the clock.
    pub fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Waits, unless that would take longer than there is time for, or the user wants to stop.
    pub async fn pause(&self, time: Duration) -> Result<(), ArmError> {
        if time > self.left() || self.left().is_zero() {
            return Err(ArmError::TimedOut { after: self.budget, last: None });
        }
        let end = self.clock.now().saturating_add(time);
        loop {
            if self.watch.is_some_and(Watch::interrupted) {
                return Err(ArmError::Interrupted);
            }
            let left = end.saturating_sub(self.clock.now());
            if left.is_zero() {
                return Ok(());
            }
            self.clock.sleep(if self.watch.is_some() { left.min(ATTENTION) } else { left }).await;
        }
    }
}

/// Ever longer waits with jitter, so that many who failed together do not come back together.
#[derive(Debug, Clone)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// From `first`, doubling up to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }
}

impl Iterator for Backoff {
    type Item = Duration;

    /// The next wait: never ends.
    fn next(&mut self) -> Option<Duration> {
        let whole = self.next;
        self.next = whole.saturating_mul(2).min(self.longest);
        Some(whole.mul_f64(0.75 + rand::random::<f64>() / 4.0))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_simulators_time_passes_here_too_from_when_it_is_first_heard() {
        let clock = VirtualClock::default();
        clock.hear(Duration::from_secs(7200));
        assert_eq!(clock.now(), Duration::ZERO);
        clock.hear(Duration::from_secs(7230));
        assert_eq!(clock.now(), Duration::from_secs(30));
        clock.hear(Duration::from_secs(7210));
        assert_eq!(clock.now(), Duration::from_secs(30));
    }

    #[tokio::test]
    async fn waiting_on_the_virtual_clock_puts_it_forward() {
        let clock = VirtualClock::default();
        let patience = Patience::new(&clock, Duration::from_secs(100));
        patience.pause(Duration::from_secs(90)).await.unwrap();
        assert_eq!(patience.left(), Duration::from_secs(10));
        assert!(matches!(patience.pause(Duration::from_secs(11)).await, Err(ArmError::TimedOut { .. })));
        clock.hear(Duration::from_secs(500));
        clock.hear(Duration::from_secs(511));
        assert!(matches!(patience.pause(Duration::ZERO).await, Err(ArmError::TimedOut { .. })));
    }

    struct Impatient;

    impl Watch for Impatient {
        fn before_write(&self, _: &crate::provider::Intent) -> Result<(), crate::diagnostic::Diagnostic> {
            Ok(())
        }
        fn operation(&self, _: &str) {}
        fn progress(&self, _: &str) {}
        fn interrupted(&self) -> bool {
            true
        }
    }

    #[tokio::test]
    async fn a_wait_can_be_interrupted() {
        let clock = VirtualClock::default();
        let patience = Patience::new(&clock, Duration::from_secs(100)).watched(&Impatient);
        assert!(matches!(patience.pause(Duration::from_secs(9)).await, Err(ArmError::Interrupted)));
        assert_eq!(clock.now(), Duration::ZERO);
    }

    #[test]
    fn backoff_grows_to_its_longest() {
        let waits: Vec<_> = Backoff::new(Duration::from_secs(1), Duration::from_secs(5)).take(6).collect();
        let within = |wait: Duration, seconds| {
            let whole = Duration::from_secs(seconds);
            wait <= whole && wait >= whole.mul_f64(0.75)
        };
        assert!(waits.iter().zip([1, 2, 4, 5, 5, 5]).all(|(d, whole)| within(*d, whole)), "{waits:?}");
    }
}
