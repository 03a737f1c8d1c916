//! `azurerm_resource_policy_assignment` and its like: where a policy holds. They differ in what they are assigned to.

use serde_json::{Value as Json, json};

use super::super::wire::{
    Codec, ONE_IDENTITY, Row, Rule, Same, Table, blocks, finding, flag, identity, json as at, text, texts,
};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;
use crate::value::Value;

/// A policy on one resource.
pub fn on_resource() -> ArmKind {
    kind(
        "azurerm_resource_policy_assignment",
        "{resource_id}/providers/Microsoft.Authorization/policyAssignments/{name}",
        text("resource_id").about("The resource that the policy holds for."),
    )
}

/// A policy on a resource group.
pub fn on_group() -> ArmKind {
    kind(
        "azurerm_resource_group_policy_assignment",
        "{resource_group_id}/providers/Microsoft.Authorization/policyAssignments/{name}",
        text("resource_group_id").about("The resource group that the policy holds in."),
    )
}

/// A policy on a subscription.
pub fn on_subscription() -> ArmKind {
    kind(
        "azurerm_subscription_policy_assignment",
        "{subscription_id}/providers/Microsoft.Authorization/policyAssignments/{name}",
        text("subscription_id").about("The subscription that the policy holds in, as /subscriptions/ID."),
    )
}

fn kind(name: &'static str, id: &'static str, place: Row) -> ArmKind {
    let table = Table::of(name, "Microsoft.Authorization/policyAssignments", "2022-06-01", id)
        .about("Where a policy holds.")
        .rows([
            text("name").required().replaces().about("The name of the assignment.").rule(Rule::Pattern(
                r"^[^#<>%&:\\?/]{1,64}$",
                "(must be 1 to 64 characters, and none of `#<>%&:\\?/`)",
            )),
            place.required().replaces().same(Same::ArmId),
            text("policy_definition_id")
                .required()
                .replaces()
                .same(Same::ArmId)
                .at("properties.policyDefinitionId")
                .about("The policy, or a set of policies."),
            text("description").at("properties.description"),
            text("display_name").at("properties.displayName"),
            flag("enforce")
                .default_to(true)
                .spelled(Codec::Words("Default", "DoNotEnforce"))
                .at("properties.enforcementMode")
                .about("Whether it does more than report."),
            text("location").replaces().same(Same::Location).at("location").about("Where its identity is."),
            identity(ONE_IDENTITY),
            text("metadata").or_computed().same(Same::Json).at("properties.metadata"),
            texts("not_scopes").same(Same::ArmId).at("properties.notScopes").about("What is spared."),
            text("parameters").same(Same::Json).at("properties.parameters").about("As JSON."),
            blocks(
                "non_compliance_message",
                vec![
                    text("content").required().at("message"),
                    text("policy_definition_reference_id").at("policyDefinitionReferenceId"),
                ],
            )
            .at("properties.nonComplianceMessages"),
            overrides(),
            selectors(),
        ]);
    ArmKind::new(table, Assignment)
}

/// Another effect for some.
fn overrides() -> Row {
    let selector = vec![texts("in").at("in"), texts("not_in").at("notIn"), text("kind").computed().at("kind")];
    blocks("overrides", vec![text("value").required().at("value"), blocks("selectors", selector).at("selectors")])
        .at("properties.overrides")
}

/// Resources that it holds for, by what they are.
fn selectors() -> Row {
    let selector = vec![
        text("kind").required().one_of(&["resourceLocation", "resourceType", "resourceWithoutLocation"]).at("kind"),
        texts("in").at("in"),
        texts("not_in").at("notIn"),
    ];
    blocks(
        "resource_selectors",
        vec![text("name").at("name"), blocks("selectors", selector).required().at("selectors")],
    )
    .at("properties.resourceSelectors")
}

struct Assignment;

/// What Azure notes among the metadata of an assignment.
const NOTED: [&str; 5] = ["createdBy", "createdOn", "updatedBy", "updatedOn", "assignedBy"];

/// What is JSON as a text in the configuration, and an object to Azure.
const OBJECTS: [&str; 2] = ["properties.metadata", "properties.parameters"];

impl Hooks for Assignment {
    fn validate(&self, config: &Value) -> Vec<Finding> {
        let has_identity = config.field("identity").and_then(Value::as_elements).is_some_and(|all| !all.is_empty());
        if !has_identity || config.field("location").is_some_and(|location| !location.is_null()) {
            return Vec::new();
        }
        let detail = "`location` must be specified when `identity` is specified: an identity is somewhere.";
        vec![finding("identity", Diagnostic::error("Missing required argument", detail))]
    }

    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        if let Some(metadata) = at::slot_if(answer, "properties.metadata").and_then(Json::as_object_mut) {
            metadata.retain(|name, _| !NOTED.contains(&name.as_str()));
        }
        for path in OBJECTS {
            let Some(object) = at::remove(answer, path) else { continue };
            match object.as_object() {
                Some(members) if members.is_empty() => {}
                Some(_) => at::set(answer, path, json!(object.to_string())),
                None => at::set(answer, path, object),
            }
        }
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        for path in OBJECTS {
            let Some(text) = at::remove(body, path) else { continue };
            let object = text.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
            if let Some(object) = object {
                at::set(body, path, object);
            }
        }
        for one in at::slot_if(body, "properties.overrides").and_then(Json::as_array_mut).into_iter().flatten() {
            at::set(one, "kind", json!("policyEffect"));
            let selectors = at::slot_if(one, "selectors").and_then(Json::as_array_mut);
            for selector in selectors.into_iter().flatten() {
                at::set(selector, "kind", json!("policyDefinitionReferenceId"));
            }
        }
    }
}
