//! Subscriptions that aliases open, and what is done to them: renamed, cancelled, taken into use again.

use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::body::{self, text};
use crate::simulator::operations::Style;
use crate::simulator::service::{Acted, Draft, Outcome, Scene, Service};
use crate::simulator::subscriptions;
use crate::simulator::target::{Key, same};
use crate::simulator::world::{Change, Resource};

/// `Microsoft.Subscription/aliases`
pub(in crate::simulator) struct Aliases;

/// What a subscription is kept as.
const SUBSCRIPTION: &str = "Microsoft.Resources/subscriptions";

impl Service for Aliases {
    fn kind(&self) -> &'static str {
        "Microsoft.Subscription/aliases"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn style(&self) -> Style {
        Style::State
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        if let Some(there) = draft.prior_body() {
            // An alias that is there stands for its subscription, whatever is sent.
            return Ok(Outcome::of(there.clone()));
        }
        let sent = |member: &str| text(&draft.body, &format!("/properties/{member}"));
        let (taken, scope) = (sent("subscriptionId"), sent("billingScope"));
        let id = match (taken, scope) {
            (Some(id), _) => id.to_owned(),
            (None, Some(_)) => draft.scene.guid(&draft.place.key(), "subscription"),
            (None, None) => return Err(Refusal::bad("BadRequest", "The billingScope is required.")),
        };
        let name = sent("displayName").unwrap_or("Subscription").to_owned();
        let mut properties = json!({
            "subscriptionId": id, "displayName": name, "provisioningState": "Succeeded",
            "acceptOwnershipState": "Completed", "workload": sent("workload").unwrap_or("Production"),
        });
        if let Some(scope) = scope {
            body::set(&mut properties, "/billingScope", Value::from(scope));
        }
        let mut outcome = Outcome::of(json!({ "properties": properties })).lasting(60);
        if taken.is_none() {
            let mut opened = subscriptions::subscription(&id);
            body::set(&mut opened, "/displayName", Value::from(name));
            outcome.also.push(kept(draft.scene, &id, opened));
        }
        Ok(outcome)
    }

    fn missing(&self, place: &crate::simulator::target::Place) -> Refusal {
        Refusal::new(404, "SubscriptionNotFound", format!("The alias '{}' could not be found.", place.name))
    }
}

/// A subscription as it is: as it was opened and changed since, and otherwise any.
pub(in crate::simulator) fn shown(scene: Scene<'_>, id: &str) -> Value {
    let path = format!("/subscriptions/{id}");
    let kept = scene.world.get(&Key::of(&path)).map(|kept| kept.body.clone());
    let mut subscription = kept.unwrap_or_else(|| subscriptions::subscription(id));
    let tags = scene.world.get(&Key::of(&format!("{path}/providers/Microsoft.Resources/tags/default")));
    if let Some(tags) = tags.and_then(|tags| tags.body.pointer("/properties/tags")) {
        body::set(&mut subscription, "/tags", tags.clone());
    }
    subscription
}

/// All subscriptions that a list has: the first, and those that were opened.
pub(in crate::simulator) fn all(scene: Scene<'_>) -> Vec<Value> {
    let opened = scene.world.all_of_kind(SUBSCRIPTION).filter_map(|kept| text(&kept.body, "/subscriptionId"));
    let others = opened.filter(|id| !same(id, subscriptions::SUBSCRIPTION));
    std::iter::once(subscriptions::SUBSCRIPTION).chain(others).map(|id| shown(scene, id)).collect()
}

/// Refuses a write in a subscription that has been cancelled.
pub(in crate::simulator) fn check_enabled(scene: Scene<'_>, id: &str) -> Result<(), Refusal> {
    let kept = scene.world.get(&Key::of(&format!("/subscriptions/{id}")));
    if kept.is_none_or(|kept| text(&kept.body, "/state") == Some("Enabled")) {
        return Ok(());
    }
    let message = format!(
        "The subscription '{id}' is disabled and therefore marked as read only. You cannot perform any write actions on \
         this subscription until it is re-enabled."
    );
    Err(Refusal::new(409, "ReadOnlyDisabledSubscription", message))
}

/// What is done to a subscription by `POST …/providers/Microsoft.Subscription/{word}`; `None` when that is not what is
/// asked.
pub(in crate::simulator) fn act(
    scene: Scene<'_>,
    parent: &str,
    kind: &str,
    sent: &Value,
) -> Option<Result<Acted, Refusal>> {
    let word = kind.split_once('/').filter(|(namespace, _)| same(namespace, "Microsoft.Subscription"))?.1;
    let id = parent.strip_prefix("/subscriptions/").filter(|id| !id.contains('/'))?;
    let mut subscription = shown(scene, id);
    let state = match word.to_ascii_lowercase().as_str() {
        "rename" => {
            let Some(name) = text(sent, "/subscriptionName").filter(|name| !name.is_empty()) else {
                return Some(Err(Refusal::bad("BadRequest", "The subscriptionName is required.")));
            };
            body::set(&mut subscription, "/displayName", Value::from(name));
            None
        }
        "cancel" => Some("Disabled"),
        "enable" => Some("Enabled"),
        _ => return None,
    };
    if let Some(state) = state {
        body::set(&mut subscription, "/state", Value::from(state));
    }
    Some(Ok((Answer::json(200, json!({ "subscriptionId": id })), vec![kept(scene, id, subscription)])))
}

fn kept(scene: Scene<'_>, id: &str, body: Value) -> Change {
    let path = format!("/subscriptions/{id}");
    let mut kept = Resource::new(path, SUBSCRIPTION, body, scene.now);
    for member in ["/name", "/type"] {
        body::unset(&mut kept.body, member);
    }
    Change::Put(Box::new(kept))
}
