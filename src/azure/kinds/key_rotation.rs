//! How a key of a vault is rotated: a document of its own beside the key.

use serde_json::{Value as Json, json};

use super::super::wire::{Row, Rule, block, json as at, text};
use crate::value::Value;

const DURATION: Rule = Rule::Pattern(
    r"^P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$",
    "(must be a duration as ISO 8601 writes it, such as \"P90D\")",
);

/// Where an answer has the document, and where the rows read it.
const DOCUMENT: &str = "policy";
const LAID: &str = "rotation";

/// `rotation_policy`
pub(super) fn row() -> Row {
    const EITHER: Rule = Rule::AtLeastOneOf(&[
        "rotation_policy.automatic.time_after_creation",
        "rotation_policy.automatic.time_before_expiry",
    ]);
    block(
        "rotation_policy",
        vec![
            text("expire_after").rule(DURATION).at("expiry").about("How long each version may be used."),
            text("notify_before_expiry")
                .rule(DURATION)
                .rule(Rule::With(&["rotation_policy.expire_after"]))
                .at("notify")
                .about("How long before that somebody is told."),
            block(
                "automatic",
                vec![
                    text("time_after_creation").rule(DURATION).rule(EITHER).at("after"),
                    text("time_before_expiry").rule(DURATION).at("before"),
                ],
            )
            .at("automatic")
            .about("When the vault makes a new version."),
        ],
    )
    .at(LAID)
    .about("How the key is rotated. Without it what the vault does by itself is left alone.")
}

/// Whether a value says anything of it.
pub(super) fn is_said(value: &Value) -> bool {
    value.field("rotation_policy").and_then(Value::as_elements).is_some_and(|blocks| !blocks.is_empty())
}

/// Lays the document beside the key's own answer.
pub(super) fn lay(answer: &mut Json, document: Json) {
    at::set(answer, DOCUMENT, document);
}

/// The document as the rows read it. One that neither rotates nor lets expire is what each key has.
pub(super) fn lift(answer: &mut Json) {
    let Some(document) = at::remove(answer, DOCUMENT) else { return };
    let actions = at::get(&document, "lifetimeActions").and_then(Json::as_array).cloned().unwrap_or_default();
    let is =
        |action: &&Json, word: &str| at::get_str(action, "action.type").is_some_and(|w| w.eq_ignore_ascii_case(word));
    let expiry = at::get_str(&document, "attributes.expiryTime").filter(|expiry| !expiry.is_empty());
    let rotate = actions.iter().find(|action| is(action, "Rotate"));
    let notify = actions.iter().find(|action| is(action, "Notify"));
    if expiry.is_none() && rotate.is_none() {
        return;
    }
    let mut laid = json!({ "expiry": expiry });
    if let Some(before) =
        notify.and_then(|notify| at::get(notify, "trigger.timeBeforeExpiry")).filter(|_| expiry.is_some())
    {
        at::set(&mut laid, "notify", before.clone());
    }
    if let Some(trigger) = rotate.and_then(|rotate| at::get(rotate, "trigger")) {
        let automatic = json!({ "after": trigger.get("timeAfterCreate"), "before": trigger.get("timeBeforeExpiry") });
        at::set(&mut laid, "automatic", automatic);
    }
    at::set(answer, LAID, laid);
}

/// Takes what is laid for the rows out of a key's own body.
pub(super) fn lower(body: &mut Json) {
    at::remove(body, LAID);
}

/// The document that a value asks for; what each key has when it asks for nothing.
pub(super) fn document(value: &Value) -> Json {
    let text = |path: &str| super::super::wire::at(value, path).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut actions = Vec::new();
    let after = text("rotation_policy.automatic.time_after_creation");
    let before = text("rotation_policy.automatic.time_before_expiry");
    if after.is_some() || before.is_some() {
        let mut trigger = json!({});
        for (member, time) in [("timeAfterCreate", after), ("timeBeforeExpiry", before)] {
            if let Some(time) = time {
                at::set(&mut trigger, member, json!(time));
            }
        }
        actions.push(json!({ "trigger": trigger, "action": { "type": "Rotate" } }));
    }
    let notify = if is_said(value) { text("rotation_policy.notify_before_expiry") } else { Some("P30D") };
    if let Some(notify) = notify {
        actions.push(json!({ "trigger": { "timeBeforeExpiry": notify }, "action": { "type": "Notify" } }));
    }
    let attributes =
        text("rotation_policy.expire_after").map_or_else(|| json!({}), |expiry| json!({ "expiryTime": expiry }));
    json!({ "lifetimeActions": actions, "attributes": attributes })
}
