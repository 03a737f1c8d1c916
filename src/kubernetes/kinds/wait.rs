//! Waiting for what a cluster does in its own time.

use std::future::Future;
use std::time::Duration;

use super::super::cluster::Cluster;
use super::super::failure::Failure;
use crate::azure::arm::{ArmError, Backoff, Patience};
use crate::provider::Watch;

/// Time between the first two looks, and the longest.
const LOOKS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Looks again and again until there is an answer. `what` is waited for ("the default service account").
pub(super) async fn until<T, F>(
    cluster: &Cluster,
    limit: Duration,
    watch: &dyn Watch,
    what: &str,
    mut look: impl FnMut() -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<Option<T>, Failure>>,
{
    let patience = Patience::new(&*cluster.clock, limit).watched(watch);
    let mut pauses = Backoff::new(LOOKS.0, LOOKS.1);
    loop {
        if let Some(answer) = look().await? {
            return Ok(answer);
        }
        watch.progress(&format!("waiting for {what}"));
        let pause = pauses.next().unwrap_or(LOOKS.1);
        patience.pause(pause).await.map_err(|error| match error {
            ArmError::Interrupted => Failure::Interrupted,
            _ => Failure::TimedOut(format!("waited {} s for {what}", limit.as_secs())),
        })?;
    }
}
