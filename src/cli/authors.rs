//! Who changed what drifted: Azure's activity log is asked, where it can be read.

use futures::StreamExt;

use super::invocation::Invocation;
use super::loading::Loaded;
use crate::azure::activity::{self, LastChange};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{self, InstanceChange};
use crate::state::State;

/// The provider whose service keeps the activity log.
const AZURERM: &str = "registry.terraform.io/hashicorp/azurerm";
/// The log is asked for so far back; it keeps 90 days.
const DAYS: i64 = 89;
/// So many questions to the log at once.
const AT_ONCE: usize = 8;

/// Notes who made each change, as far as the activity log tells; why it cannot be read, if it cannot.
pub async fn name_authors(
    drift: &mut [InstanceChange],
    loaded: &Loaded,
    invocation: &Invocation,
    state: &State,
) -> Option<String> {
    let functions = loaded.functions(None);
    let setting = loaded.setting(invocation);
    let (mut inspection, _) = plan::inspect(setting, functions.context(), loaded.variables.clone(), state);
    let session = match inspection.connect(AZURERM)?.await {
        Ok(session) => session,
        Err(problems) => return problems.iter().next().map(|problem| problem.summary.clone()),
    };
    let since = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * DAYS);
    let since = since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let ids: Vec<(usize, String)> = drift
        .iter()
        .enumerate()
        .filter_map(|(at, change)| Some((at, change.before.field("id")?.as_str()?.to_owned())))
        .filter(|(_, id)| id.starts_with("/subscriptions/"))
        .collect();
    let ask = |(at, id): (usize, String)| {
        let (session, since) = (&session, &since);
        async move { (at, activity::last_change(session.reader(), &id, since).await) }
    };
    let answers: Vec<(usize, Result<Option<LastChange>, Diagnostics>)> =
        futures::stream::iter(ids).map(ask).buffer_unordered(AT_ONCE).collect().await;
    let mut unreadable = None;
    for (at, answer) in answers {
        match (answer, drift.get_mut(at)) {
            (Ok(Some(last)), Some(change)) => change.notes.push(last.to_string()),
            (Err(problems), _) => {
                unreadable = problems.iter().next().map(|problem: &Diagnostic| problem.summary.clone());
            }
            _ => {}
        }
    }
    unreadable
}
