//! Waiting one's turn. Azure counts calls per subscription and kind of call in a bucket of tokens; who waits before
//! sending is not refused. When a call is refused all the same, everybody who would call the same provider waits as
//! long as it said.
//!
//! The numbers are Microsoft's (learn.microsoft.com, "Understand how Azure Resource Manager throttles requests").

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::clock::{Clock, Patience};
use super::error::ArmError;
use super::request::Method;
use crate::azure::casing::canonical;
use crate::provider::Holdups;

/// The limiter that all calls of one client share.
#[derive(Debug)]
pub(super) struct Throttle {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Where waits are told, where anybody wants to know.
    holdups: OnceLock<Holdups>,
}

#[derive(Debug, Default)]
struct State {
    buckets: HashMap<(Arc<str>, Call), Bucket>,
    /// Until when a provider wants no calls of a kind.
    closed: HashMap<Turn, Duration>,
}

/// What a call is counted as.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Turn {
    subscription: Arc<str>,
    provider: Arc<str>,
    call: Call,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Call {
    Read,
    Write,
    Delete,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    /// When it was last filled up.
    at: Duration,
}

impl Call {
    /// Size of the bucket, and how many tokens flow in each second.
    fn limits(self) -> (f64, f64) {
        match self {
            Self::Read => (250.0, 25.0),
            Self::Write | Self::Delete => (200.0, 10.0),
        }
    }
}

impl Call {
    fn word(self) -> &'static str {
        match self {
            Self::Read => "reads",
            Self::Write => "writes",
            Self::Delete => "deletions",
        }
    }
}

impl Turn {
    /// What a call to a path counts as. Calls outside of any subscription share the tenant's buckets.
    pub(super) fn of(method: Method, path: &str) -> Self {
        let segments: Vec<&str> = path.trim_start_matches('/').split(['/', '?']).collect();
        let after = |word: &str| {
            let place = segments.iter().rposition(|s| s.eq_ignore_ascii_case(word));
            place.and_then(|i| segments.get(i + 1)).map_or_else(|| Arc::from(""), |s| s.to_ascii_lowercase().into())
        };
        let call = match method {
            Method::Get | Method::Head => Call::Read,
            Method::Delete => Call::Delete,
            Method::Put | Method::Patch | Method::Post => Call::Write,
        };
        Self { subscription: after("subscriptions"), provider: after("providers"), call }
    }
}

impl Throttle {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default(), holdups: OnceLock::new() }
    }

    /// Tells there what everybody waits for.
    pub(super) fn tell(&self, holdups: &Holdups) {
        // The first who wants to know is the run.
        let _ = self.holdups.set(holdups.clone());
    }

    /// Tells a wait, if it takes time: on the simulator's clock none does.
    fn told(&self, text: impl FnOnce() -> String, wait: Duration) {
        if let Some(holdups) = self.holdups.get().filter(|_| self.clock.is_real()) {
            holdups.tell(text(), wait);
        }
    }

    /// Comes back when the call may be sent.
    pub(super) async fn admit(&self, turn: &Turn, patience: &Patience<'_>) -> Result<(), ArmError> {
        loop {
            let wait = self.take(turn);
            if wait.is_zero() {
                return Ok(());
            }
            patience.pause(wait).await?;
        }
    }

    /// Nobody calls before `wait` has passed.
    pub(super) fn close(&self, turn: &Turn, wait: Duration) {
        let of = if turn.provider.is_empty() { String::new() } else { format!(" of {}", canonical(&turn.provider)) };
        self.told(|| format!("Azure takes no more {}{of} for now", turn.call.word()), wait);
        let until = self.clock.now().saturating_add(wait);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = state.closed.entry(turn.clone()).or_default();
        *closed = until.max(*closed);
    }

    /// Takes a token, or says how long to wait before asking again.
    fn take(&self, turn: &Turn) -> Duration {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = state.closed.get(turn).filter(|until| **until > now) {
            return until.saturating_sub(now);
        }
        let (size, flow) = turn.call.limits();
        let full = Bucket { tokens: size, at: now };
        let bucket = state.buckets.entry((turn.subscription.clone(), turn.call)).or_insert(full);
        bucket.tokens = (bucket.tokens + flow * now.saturating_sub(bucket.at).as_secs_f64()).min(size);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Duration::ZERO;
        }
        let wait = Duration::from_secs_f64((1.0 - bucket.tokens) / flow);
        drop(state);
        self.told(|| format!("{} wait their turn: Azure allows {flow} a second", turn.call.word()), wait);
        // A millisecond more than is missing, for clocks that count in milliseconds.
        wait + Duration::from_millis(1)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::azure::arm::VirtualClock;

    const CLUSTER: &str = "/subscriptions/S1/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";

    #[tokio::test]
    async fn writes_beyond_the_bucket_flow_at_its_rate() {
        let clock = Arc::new(VirtualClock::default());
        let throttle = Throttle::new(clock.clone());
        let patience = Patience::new(clock.as_ref(), Duration::from_secs(3600));
        let turn = Turn::of(Method::Put, CLUSTER);
        for _ in 0..200 {
            throttle.admit(&turn, &patience).await.unwrap();
        }
        assert_eq!(clock.now(), Duration::ZERO);
        for _ in 0..100 {
            throttle.admit(&turn, &patience).await.unwrap();
        }
        assert!(clock.now() >= Duration::from_secs(9), "{:?}", clock.now());
        throttle.admit(&Turn::of(Method::Get, CLUSTER), &patience).await.unwrap();
    }

    #[tokio::test]
    async fn a_refusal_holds_back_the_same_provider_only() {
        let clock = Arc::new(VirtualClock::default());
        let throttle = Throttle::new(clock.clone());
        let patience = Patience::new(clock.as_ref(), Duration::from_secs(3600));
        throttle.close(&Turn::of(Method::Put, CLUSTER), Duration::from_secs(7));
        let other = "/subscriptions/s1/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
        throttle.admit(&Turn::of(Method::Put, other), &patience).await.unwrap();
        assert_eq!(clock.now(), Duration::ZERO);
        throttle.admit(&Turn::of(Method::Patch, &CLUSTER.to_lowercase()), &patience).await.unwrap();
        assert_eq!(clock.now(), Duration::from_secs(7));
    }
}
