//! The simulator's time: either virtual, moved on by the waits that a client would have sat through, or the wall
//! clock run at a chosen speed.

use std::time::{Duration, Instant};

/// Which time the simulator keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// Time passes only as requests come in: a poll counts as the wait before it. `Retry-After` is always 0, so a
    /// cluster that takes minutes is ready after a few polls.
    #[default]
    Virtual,
    /// The wall clock, `speed` times faster (1 is real time), with the `Retry-After` that Azure would give.
    Real {
        /// Simulated seconds per real second.
        speed: u32,
    },
}

/// Milliseconds since the start of 2026, UTC.
pub(super) type Moment = u64;

/// 2026-01-01T00:00:00Z in seconds since 1970.
const START: i64 = 1_767_225_600;

/// A running clock.
#[derive(Debug)]
pub(super) struct Timer {
    clock: Clock,
    /// Virtual: the present. Real: the moment at which `since` was taken.
    base: Moment,
    since: Instant,
}

impl Timer {
    /// Starts at the moment at which an earlier process stopped.
    pub fn resume(clock: Clock, at: Moment) -> Self {
        Self { clock, base: at, since: Instant::now() }
    }

    /// The present.
    pub fn now(&self) -> Moment {
        match self.clock {
            Clock::Virtual => self.base,
            Clock::Real { speed } => self.base.saturating_add(milliseconds(self.since.elapsed()) * u64::from(speed)),
        }
    }

    /// A client waits, or waited, this long: virtual time passes; real time does so by itself.
    pub fn wait(&mut self, span: Duration) {
        if self.clock == Clock::Virtual {
            self.advance(span);
        }
    }

    /// Moves the time on, whatever the clock.
    pub fn advance(&mut self, span: Duration) {
        self.base = self.base.saturating_add(milliseconds(span));
    }

    /// Whether time passes only by requests.
    pub fn is_virtual(&self) -> bool {
        self.clock == Clock::Virtual
    }

    /// What to tell a client that should come back after `span`: whole seconds of its own time.
    pub fn retry_after(&self, span: Duration) -> u64 {
        match self.clock {
            Clock::Virtual => 0,
            Clock::Real { speed } => milliseconds(span).div_ceil(1000 * u64::from(speed.max(1))),
        }
    }
}

/// A span in whole milliseconds.
pub(super) fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// A moment as Azure writes it: `2026-01-01T00:04:00.25Z`.
pub(super) fn written(moment: Moment) -> String {
    let since_1970 = START.saturating_mul(1000).saturating_add(i64::try_from(moment).unwrap_or(i64::MAX));
    jiff::Timestamp::from_millisecond(since_1970).map_or_else(|_| String::new(), |timestamp| timestamp.to_string())
}

/// The moment that a text gives: what [`written`] writes.
pub(super) fn moment(text: &str) -> Option<Moment> {
    let since_1970 = text.parse::<jiff::Timestamp>().ok()?.as_millisecond();
    Moment::try_from(since_1970.checked_sub(START.checked_mul(1000)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_time_passes_by_waits_alone() {
        let mut timer = Timer::resume(Clock::Virtual, 0);
        assert_eq!(timer.now(), 0);
        timer.wait(Duration::from_secs(240));
        assert_eq!(written(timer.now()), "2026-01-01T00:04:00Z");
        assert_eq!(moment("2026-01-01T00:04:00Z"), Some(timer.now()));
        assert_eq!(timer.retry_after(Duration::from_secs(30)), 0);
    }

    #[test]
    fn real_time_is_told_in_the_clients_seconds() {
        let timer = Timer::resume(Clock::Real { speed: 60 }, 0);
        assert_eq!(timer.retry_after(Duration::from_secs(61)), 2);
        assert_eq!(Timer::resume(Clock::Real { speed: 1 }, 0).retry_after(Duration::from_secs(30)), 30);
    }
}
