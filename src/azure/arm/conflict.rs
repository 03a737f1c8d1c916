//! Refusals that pass by themselves: another writer is at work, or Azure has not yet heard everywhere of what was
//! made a moment ago. What passes is tried again; what looks the same but does not pass is told at once.

use std::time::Duration;

use super::clock::{Backoff, Patience};
use super::error::{ArmError, ServiceError};

/// A refusal that passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Another federated credential of the same identity is being written
    /// (`ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity`).
    FederatedCredentialWrites,
    /// The resource is busy with another operation: AKS's `OperationNotAllowed` "... is in progress",
    /// `AnotherOperationInProgress`, `ResourceGroupBeingDeleted` and their like. Not `OperationNotAllowed` for a
    /// version upgrade, which says the same word and means for ever.
    Busy,
    /// AKS's internal race (`EtagMismatch`), and 412: the body must be read again before it is written again.
    Stale,
    /// A principal that was made in this run is not yet known everywhere.
    PrincipalNotFound,
    /// A role that was granted in this run does not yet work.
    NotYetAllowed,
    /// The cluster's identity does not yet have its role on the kubelet identity.
    KubeletPermission,
}

impl Conflict {
    /// Whether an error is this refusal.
    pub fn matches(self, error: &ServiceError) -> bool {
        let code = error.code.as_str();
        let says = |words: &str| error.message.to_ascii_lowercase().contains(words);
        match self {
            Self::FederatedCredentialWrites => {
                code == "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
            }
            Self::Busy => match code {
                "AnotherOperationInProgress" | "ResourceGroupBeingDeleted" | "OperationPreempted" => true,
                "OperationNotAllowed" | "Conflict" | "RetryableError" => says("in progress") || says("being deleted"),
                _ => false,
            },
            Self::Stale => code == "EtagMismatch" || code == "OriginalEtagNotExpect" || error.status == 412,
            Self::PrincipalNotFound => code == "PrincipalNotFound",
            Self::NotYetAllowed => {
                error.status == 403 && matches!(code, "AuthorizationFailed" | "LinkedAuthorizationFailed" | "Forbidden")
            }
            Self::KubeletPermission => code == "CustomKubeletIdentityMissingPermissionError",
        }
    }

    /// How long it may take to pass, at most. The others last as long as somebody else works: as long as there is
    /// patience.
    fn lasts(self) -> Option<Duration> {
        match self {
            Self::FederatedCredentialWrites | Self::Busy | Self::Stale => None,
            // Directory replication; minutes at worst (Microsoft's page on troubleshooting role assignments).
            Self::PrincipalNotFound => Some(Duration::from_secs(5 * 60)),
            // Changes of role assignments work within ten minutes (the same page).
            Self::NotYetAllowed | Self::KubeletPermission => Some(Duration::from_secs(10 * 60)),
        }
    }
}

/// Tries `call` again as long as it fails with one of `conflicts`, waiting ever longer, and gives up when the conflict
/// has lasted longer than it can or patience ends.
pub async fn retry_while<T, F, C>(conflicts: &[Conflict], patience: &Patience<'_>, mut call: F) -> Result<T, ArmError>
where
    F: FnMut() -> C,
    C: Future<Output = Result<T, ArmError>>,
{
    let start = patience.now();
    let mut backoff = Backoff::new(Duration::from_secs(2), Duration::from_secs(30));
    loop {
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let found = |service: &ServiceError| conflicts.iter().copied().find(|c| c.matches(service));
        let Some(conflict) = error.service().and_then(found) else { return Err(error) };
        if conflict.lasts().is_some_and(|longest| patience.now().saturating_sub(start) > longest) {
            return Err(error);
        }
        let wait = backoff.next().unwrap_or_default();
        match patience.pause(wait).await {
            Err(ArmError::TimedOut { after, .. }) => {
                return Err(ArmError::TimedOut { after, last: Some(Box::new(error)) });
            }
            other => other?,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::future::ready;

    use serde_json::json;

    use super::*;
    use crate::azure::arm::error::read_body;
    use crate::azure::arm::{Clock, VirtualClock};

    fn refusal(status: u16, code: &str, message: &str) -> ArmError {
        let body = read_body(&json!({"error": {"code": code, "message": message}}));
        ServiceError::from_body("PUT /x".to_owned(), status, body).into()
    }

    #[tokio::test]
    async fn a_conflict_is_tried_again_until_it_passes() {
        let clock = VirtualClock::default();
        let patience = Patience::new(&clock, Duration::from_secs(1800));
        let mut calls = 0;
        let result = retry_while(&[Conflict::Busy], &patience, || {
            calls += 1;
            let busy = refusal(409, "OperationNotAllowed", "Another operation (Updating) is in progress.");
            ready(if calls < 5 { Err(busy) } else { Ok(calls) })
        })
        .await;
        assert_eq!(result.unwrap(), 5);
    }

    #[tokio::test]
    async fn an_upgrade_that_is_never_allowed_is_not_tried_again() {
        let clock = VirtualClock::default();
        let patience = Patience::new(&clock, Duration::from_secs(1800));
        let mut calls = 0;
        let result: Result<(), _> = retry_while(&[Conflict::Busy], &patience, || {
            calls += 1;
            ready(Err(refusal(400, "OperationNotAllowed", "Upgrading Kubernetes version 1.28 to 1.31 is not allowed.")))
        })
        .await;
        assert_eq!((calls, result.unwrap_err().code()), (1, "OperationNotAllowed"));
    }

    #[tokio::test]
    async fn a_principal_that_is_never_found_is_given_up_after_minutes() {
        let clock = VirtualClock::default();
        let patience = Patience::new(&clock, Duration::from_secs(1800));
        let result: Result<(), _> = retry_while(&[Conflict::PrincipalNotFound], &patience, || {
            ready(Err(refusal(400, "PrincipalNotFound", "Principal x does not exist in the directory.")))
        })
        .await;
        assert!(matches!(result, Err(ArmError::Service(_))));
        assert!(clock.now() < Duration::from_secs(400), "{:?}", clock.now());
    }

    #[tokio::test]
    async fn what_lasts_longer_than_patience_is_told_with_the_last_answer() {
        let clock = VirtualClock::default();
        let patience = Patience::new(&clock, Duration::from_secs(60));
        let code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";
        let result: Result<(), _> =
            retry_while(&[Conflict::FederatedCredentialWrites], &patience, || ready(Err(refusal(409, code, "wait"))))
                .await;
        let error = result.unwrap_err();
        assert!(matches!(error, ArmError::TimedOut { .. }));
        assert_eq!(error.code(), code);
    }
}
