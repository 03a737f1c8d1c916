//! Which failures of one request are tried again, and when. Time bounds it, not a count: who is throttled gets through
//! in the end.

use std::time::Duration;

use super::clock::{Backoff, Patience};
use super::error::ArmError;
use super::request::{Method, Response};

/// How often a request was tried in vain, and since when.
pub(super) struct Retry {
    idempotent: bool,
    backoff: Backoff,
    failing_since: Option<Duration>,
    renewed: bool,
}

/// A server that fails for so long is not restarting but broken.
const SERVER_FAULT: Duration = Duration::from_secs(10 * 60);
/// A network that is away for so long is not coming back while somebody waits.
const NETWORK_FAULT: Duration = Duration::from_secs(2 * 60);

impl Retry {
    pub(super) fn new(method: Method) -> Self {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
        Self { idempotent: method != Method::Post, backoff, failing_since: None, renewed: false }
    }

    /// How long to wait before trying again after a refusal; `None` when it is final.
    pub(super) fn after_answer(&mut self, response: &Response, patience: &Patience<'_>) -> Option<Duration> {
        let asked = response.retry_after();
        match response.status {
            // A token can be revoked before its end: once, a new one is tried.
            401 => (!std::mem::replace(&mut self.renewed, true)).then_some(Duration::ZERO),
            // Refused before anything was done, so even an action may be tried again, as long as there is patience.
            429 => Some(asked.unwrap_or_else(|| self.next_wait())),
            503 if asked.is_some() => asked,
            408 | 500 | 502 | 503 | 504 if self.idempotent => self.within(SERVER_FAULT, patience),
            _ => None,
        }
    }

    /// How long to wait before trying again when no answer came; `None` when that is final.
    pub(super) fn after_failure(&mut self, error: &ArmError, sent: bool, patience: &Patience<'_>) -> Option<Duration> {
        let may = matches!(error, ArmError::Unreachable { .. }) && (self.idempotent || !sent);
        if may { self.within(NETWORK_FAULT, patience) } else { None }
    }

    fn within(&mut self, longest: Duration, patience: &Patience<'_>) -> Option<Duration> {
        let now = patience.now();
        let since = *self.failing_since.get_or_insert(now);
        (now.saturating_sub(since) < longest).then(|| self.next_wait())
    }

    fn next_wait(&mut self) -> Duration {
        self.backoff.next().unwrap_or_default()
    }
}
