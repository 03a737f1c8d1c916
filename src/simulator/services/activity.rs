//! The activity log: who changed what behind the back of whoever manages it. It holds what `/simulator/edit` was told
//! the author of.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::text;
use crate::simulator::clock::written;
use crate::simulator::service::{Draft, Listed, Outcome, Scene, Service};
use crate::simulator::target::{same, subscription_of};
use crate::simulator::world::Resource;

/// `Microsoft.Insights/eventtypes/values`
pub(in crate::simulator) struct Activity;

/// The kind in Azure's spelling.
const KIND: &str = "Microsoft.Insights/eventtypes/values";

impl Service for Activity {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, _draft: Draft<'_>) -> Result<Outcome, Refusal> {
        Err(Refusal::new(405, "MethodNotAllowed", "The activity log cannot be written."))
    }

    fn list<'a>(&self, scene: Scene<'a>, _parent: &str, filter: Option<&str>) -> Option<Listed<'a>> {
        let wanted = filter.into_iter().flat_map(|filter| filter.split(" and ")).find_map(|condition| {
            condition.trim().strip_prefix("resourceUri eq ").map(|id| id.trim_matches('\'').to_owned())
        });
        let fits = |event: &&Resource| {
            wanted.as_deref().is_none_or(|id| text(&event.body, "/resourceId").is_some_and(|of| same(of, id)))
        };
        Some(Ok(scene.world.all_of_kind(KIND).filter(fits).map(|event| Cow::Borrowed(&event.body)).collect()))
    }
}

/// An event about a resource. `by` is `{"caller": "…", "policy": true, "operation": "…"}`, each with a default.
pub(in crate::simulator) fn event(scene: Scene<'_>, id: &str, by: &Value) -> Resource {
    let number = scene.world.all_of_kind(KIND).count();
    let given = |name: &str| by.get(name).and_then(Value::as_str);
    let is_policy = by.get("policy").and_then(Value::as_bool).unwrap_or(false);
    let category = if is_policy { "Policy" } else { "Administrative" };
    let operation =
        if is_policy { "Microsoft.Authorization/policies/modify/action" } else { "Microsoft.Resources/write" };
    let body = json!({
        "resourceId": id,
        "caller": given("caller").unwrap_or(scene.caller),
        "category": { "value": category },
        "operationName": { "value": given("operation").unwrap_or(operation) },
        "status": { "value": "Succeeded" },
        "eventTimestamp": written(scene.now),
    });
    let place =
        format!("/subscriptions/{}/providers/Microsoft.Insights/eventtypes/management/values", subscription_of(id));
    Resource::new(format!("{place}/{number}"), KIND, body, scene.now)
}
