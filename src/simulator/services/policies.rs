//! Azure Policy: definitions and assignments, what they deny when something is written, and what they would deny when
//! only asked. Effects other than `deny` and `audit` do nothing here.

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{fill, set, text};
use crate::simulator::service::{Draft, Outcome, Scene, Service};
use crate::simulator::services::policy_rule::{Content, Parameters, holds, resolved};
use crate::simulator::target::{Key, Place, same, subscription_of};
use crate::simulator::world::Resource;

/// `Microsoft.Authorization/policyDefinitions`
pub(in crate::simulator) struct Definitions;

/// `Microsoft.Authorization/policyAssignments`
pub(in crate::simulator) struct Assignments;

const DEFINITIONS: &str = "Microsoft.Authorization/policyDefinitions";
const ASSIGNMENTS: &str = "Microsoft.Authorization/policyAssignments";

/// The question what policies would say.
pub(in crate::simulator) const QUESTION: &str = "Microsoft.PolicyInsights/checkPolicyRestrictions";

impl Service for Definitions {
    fn kind(&self) -> &'static str {
        DEFINITIONS
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        if body.pointer("/properties/policyRule/if").is_none() {
            let message = "The policy definition has no rule: 'policyRule.if' is missing.";
            return Err(Refusal::bad("InvalidPolicyRule", message));
        }
        set(&mut body, "/properties/policyType", Value::from("Custom"));
        fill(&mut body, "/properties/mode", "All");
        fill(&mut body, "/properties/parameters", json!({}));
        Ok(Outcome::of(body))
    }

    fn built_in(&self, _scene: Scene<'_>, place: &Place) -> Option<Value> {
        definition_of(None, &place.id)
    }
}

impl Service for Assignments {
    fn kind(&self) -> &'static str {
        ASSIGNMENTS
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        let definition = text(&body, "/properties/policyDefinitionId").unwrap_or_default();
        if definition_of(Some(draft.scene), definition).is_none() {
            let message = format!("The policy definition '{definition}' could not be found.");
            return Err(Refusal::new(404, "PolicyDefinitionNotFound", message));
        }
        set(&mut body, "/properties/scope", Value::from(draft.place.scope.as_str()));
        fill(&mut body, "/properties/enforcementMode", "Default");
        fill(&mut body, "/properties/parameters", json!({}));
        fill(&mut body, "/properties/notScopes", json!([]));
        Ok(Outcome::of(body))
    }
}

/// A definition by its id: one that was made here, or one of the built-in ones that are known here.
fn definition_of(scene: Option<Scene<'_>>, id: &str) -> Option<Value> {
    if let Some(found) = scene.and_then(|scene| scene.world.get(&Key::of(id))).filter(|r| same(&r.kind, DEFINITIONS)) {
        return Some(found.body.clone());
    }
    let built_in = [
        (
            "e56962a6-4747-49cd-b67b-bf8b01975c4c",
            "Allowed locations",
            json!({
                "parameters": { "listOfAllowedLocations": { "type": "Array" } },
                "policyRule": {
                    "if": { "allOf": [
                        { "field": "location", "notIn": "[parameters('listOfAllowedLocations')]" },
                        { "field": "location", "notEquals": "global" },
                        { "field": "location", "exists": "true" },
                    ] },
                    "then": { "effect": "deny" },
                },
            }),
        ),
        (
            "871b6d14-10aa-478d-b590-94f262ecfa99",
            "Require a tag on resources",
            json!({
                "parameters": { "tagName": { "type": "String" } },
                "policyRule": {
                    "if": { "field": "[concat('tags[', parameters('tagName'), ']')]", "exists": "false" },
                    "then": { "effect": "deny" },
                },
                "mode": "Indexed",
            }),
        ),
    ];
    let name = id.rsplit('/').next().unwrap_or_default();
    built_in.into_iter().find(|(guid, ..)| same(guid, name)).map(|(guid, title, mut properties)| {
        set(&mut properties, "/displayName", Value::from(title));
        set(&mut properties, "/policyType", Value::from("BuiltIn"));
        json!({ "id": format!("/providers/{DEFINITIONS}/{guid}"), "name": guid, "type": DEFINITIONS, "properties": properties })
    })
}

/// What one assignment says of a resource that it applies to.
struct Verdict<'a> {
    assignment: &'a Resource,
    definition: Value,
    effect: String,
    /// What was compared, as the service tells it.
    compared: Vec<Value>,
}

/// The assignments whose rule a resource would break.
fn broken<'a>(scene: Scene<'a>, at: &'a Key, content: &Value) -> Vec<Verdict<'a>> {
    let assigned = scene.world.all_of_kind(ASSIGNMENTS).filter(|assignment| {
        let is_within = |scope: &str| at.within(&Key::of(scope));
        let excluded = assignment.body.pointer("/properties/notScopes").and_then(Value::as_array);
        let is_out = excluded.into_iter().flatten().filter_map(Value::as_str).any(is_within);
        text(&assignment.body, "/properties/scope").is_some_and(is_within) && !is_out
    });
    assigned.filter_map(|assignment| verdict(scene, assignment, content)).collect()
}

fn verdict<'a>(scene: Scene<'a>, assignment: &'a Resource, content: &Value) -> Option<Verdict<'a>> {
    let definition = definition_of(Some(scene), text(&assignment.body, "/properties/policyDefinitionId")?)?;
    // An indexed policy looks at what has a place and tags of its own.
    let is_indexed = text(&definition, "/properties/mode") == Some("Indexed");
    if is_indexed && text(content, "/location").is_none() {
        return None;
    }
    let mut with = Parameters::new();
    let declared = definition.pointer("/properties/parameters").and_then(Value::as_object);
    for (name, parameter) in declared.into_iter().flatten() {
        let given = assignment.body.pointer(&format!("/properties/parameters/{name}/value"));
        with.extend(given.or_else(|| parameter.get("defaultValue")).map(|value| (name.clone(), value.clone())));
    }
    let effect = resolved(definition.pointer("/properties/policyRule/then/effect")?, &with);
    let mut compared = Vec::new();
    let rule = definition.pointer("/properties/policyRule/if")?;
    let is_broken = holds(rule, Content(content), &with, &mut compared);
    let effect = effect.as_str().unwrap_or_default().to_lowercase();
    let counts = matches!(effect.as_str(), "deny" | "audit");
    (is_broken && counts).then_some(Verdict { assignment, definition, effect, compared })
}

/// Refuses what a policy denies.
pub(in crate::simulator) fn check(scene: Scene<'_>, place: &Place, sent: &Value) -> Result<(), Refusal> {
    if scene.world.all_of_kind(ASSIGNMENTS).next().is_none() {
        return Ok(());
    }
    let mut content = sent.clone();
    set(&mut content, "/type", Value::from(place.kind.as_str()));
    set(&mut content, "/name", Value::from(place.name.as_str()));
    let at = place.key();
    let is_enforced = |verdict: &Verdict<'_>| {
        verdict.effect == "deny"
            && text(&verdict.assignment.body, "/properties/enforcementMode").is_some_and(|mode| same(mode, "Default"))
    };
    let Some(denied) = broken(scene, &at, &content).into_iter().find(is_enforced) else { return Ok(()) };
    let shown = text(&denied.definition, "/properties/displayName").or_else(|| text(&denied.definition, "/name"));
    let message = format!(
        "Resource '{}' was disallowed by policy. Policy identifiers: '[{{\"policyAssignment\":{{\"name\":\"{}\",\"id\":\"{}\"}},\
         \"policyDefinition\":{{\"name\":\"{}\",\"id\":\"{}\"}}}}]'.",
        place.name,
        text(&denied.assignment.body, "/name").unwrap_or_default(),
        denied.assignment.id,
        shown.unwrap_or_default(),
        text(&denied.definition, "/id").unwrap_or_default(),
    );
    Err(Refusal::new(403, "RequestDisallowedByPolicy", message))
}

/// The answer to [`QUESTION`], asked of a group or a subscription.
pub(in crate::simulator) fn answer(scene: Scene<'_>, scope: &str, sent: &Value) -> Value {
    let details = sent.get("resourceDetails").cloned().unwrap_or_default();
    let content = details.get("resourceContent").cloned().unwrap_or_default();
    let with_audits = sent.get("includeAuditEffect").and_then(Value::as_bool) == Some(true);
    let at =
        Key::of(text(&details, "/scope").filter(|id| subscription_of(id) == subscription_of(scope)).unwrap_or(scope));
    let all = broken(scene, &at, &content);
    let shown = all.iter().filter(|verdict| with_audits || verdict.effect == "deny").map(|verdict| {
        json!({
            "policyInfo": {
                "policyDefinitionId": text(&verdict.definition, "/id"),
                "policyAssignmentId": verdict.assignment.id,
            },
            "evaluationResult": "NonCompliant",
            "evaluationDetails": { "evaluatedExpressions": verdict.compared },
            "effectDetails": { "policyEffect": if verdict.effect == "deny" { "Deny" } else { "Audit" } },
        })
    });
    json!({
        "fieldRestrictions": [],
        "contentEvaluationResult": { "policyEvaluations": shown.collect::<Vec<_>>() },
    })
}
