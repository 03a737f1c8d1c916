//! Waiting for what a cluster does in its own time.

use std::future::Future;
use std::time::Duration;

use super::super::cluster::Cluster;
use super::super::failure::Failure;
use crate::azure::arm::{ArmError, Backoff, Patience};
use crate::provider::Watch;
use crate::value::Value;

/// Time between the first two looks, and the longest.
const LOOKS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// The limit that a `timeouts` block gives for a verb.
pub(super) fn time_limit(value: &Value, verb: &str) -> Option<Duration> {
    let timeouts = value.field("timeouts")?;
    // A manifest's are a list of blocks.
    let timeouts = timeouts.as_elements().map_or(Some(timeouts), |blocks| blocks.first())?;
    duration(timeouts.field(verb)?.as_str()?)
}

/// A duration as Go writes it: `1h30m`, `45m`, `10s`.
fn duration(text: &str) -> Option<Duration> {
    let mut total = 0.0;
    let mut digits = String::new();
    for c in text.chars() {
        let unit = match c {
            'h' => 3600.0,
            'm' => 60.0,
            's' => 1.0,
            _ => {
                digits.push(c);
                continue;
            }
        };
        total += digits.parse::<f64>().ok()? * unit;
        digits.clear();
    }
    (digits.is_empty() && !text.is_empty()).then(|| Duration::try_from_secs_f64(total).ok())?
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_go_does() {
        for (text, seconds) in [("10s", Some(10)), ("1h30m", Some(5400)), ("", None), ("5", None), ("xs", None)] {
            assert_eq!(duration(text), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
