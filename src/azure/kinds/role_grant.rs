//! What a role assignment will be: which role is meant, what its condition's version is, and what it is called.

use uuid::Uuid;

use super::super::arm_id::ArmId;
use super::super::roles;
use super::super::wire::{PlanCase, is_zero};
use super::role_definition::guid_of;
use crate::value::{Path, Type, Value};

/// What derived names are derived below: a random UUID, chosen once and never to be changed.
const NAMESPACE: Uuid = Uuid::from_u128(0x6d0c_2f6a_91c3_4a7e_b6a4_1f5e_83d2_907b);

/// Role by name and role by id are two ways to say one thing: who gives one gets the other, and changing from one way
/// to the other is no change.
pub(super) fn plan_role(case: &mut PlanCase<'_>) {
    let text = |value: &Value, name: &str| value.field(name).and_then(Value::as_str).map(str::to_owned);
    let scope = text(&case.planned, "scope").and_then(|scope| ArmId::parse(&scope).ok());
    let (given_id, given_name) = (text(case.config, "role_definition_id"), text(case.config, "role_definition_name"));
    let prior = |name: &str| case.prior.and_then(|prior| text(prior, name));
    let (prior_id, prior_name) = (prior("role_definition_id"), prior("role_definition_name"));
    let same_name = matches!((&given_name, &prior_name), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b));
    let same_id = matches!((&given_id, &prior_id), (Some(a), Some(b)) if guid_of(a).eq_ignore_ascii_case(guid_of(b)));
    if same_name || same_id {
        let is_role = |path: &Path| path.to_string().starts_with("role_definition_");
        case.requires_replace.retain(|path| !is_role(path));
        for (name, recorded) in [("role_definition_id", prior_id), ("role_definition_name", prior_name)] {
            if let Some(recorded) = recorded {
                case.set(name, Value::string(recorded));
            }
        }
        return;
    }
    let known = match (&given_id, &given_name) {
        (Some(id), _) => roles::by_guid(guid_of(id)),
        (_, Some(name)) => roles::by_name(name),
        _ => None,
    };
    let unknown = || Value::unknown(Type::String);
    if given_id.is_none() {
        let id = known.zip(scope.as_ref()).map(|(role, scope)| Value::string(role.definition_id(scope).to_string()));
        if case.config.field("role_definition_id").is_none_or(Value::is_null) {
            case.set("role_definition_id", id.unwrap_or_else(unknown));
        }
    } else if given_name.is_none() {
        case.set("role_definition_name", known.map_or_else(unknown, |role| Value::string(role.name)));
    }
}

/// A condition without a version is of version 2.0; without a condition there is no version.
pub(super) fn plan_condition(case: &mut PlanCase<'_>) {
    if case.is_configured("condition_version") {
        return;
    }
    if case.is_configured("condition") {
        case.set("condition_version", Value::string("2.0"));
        return;
    }
    // Where no condition of ours goes, its version is not ours either.
    let kept = case.prior_at("condition_version").filter(|_| case.prior_at("condition").is_none_or(is_zero)).cloned();
    case.set("condition_version", kept.unwrap_or_else(|| Value::string("")));
}

/// Only what is configured of this switch is recorded; Azure does not know it.
pub(super) fn plan_switch(case: &mut PlanCase<'_>) {
    let name = "skip_service_principal_aad_check";
    if !case.is_configured(name) {
        let kept = case.prior_at(name).cloned();
        case.set(name, kept.unwrap_or_else(|| Value::null(Type::Bool)));
    }
}

/// The name follows from scope, principal and role: the same grant is never made twice, and a crashed run finds
/// again what it made.
pub(super) fn plan_name(case: &mut PlanCase<'_>) {
    let settled = case.prior.is_some() && case.requires_replace.is_empty();
    if settled || case.is_configured("name") {
        return;
    }
    let text = |name: &str| case.planned_at(name).and_then(Value::as_str);
    let role = text("role_definition_id").map(guid_of).or_else(|| text("role_definition_name"));
    let name = match (text("scope"), text("principal_id"), role) {
        (Some(scope), Some(principal), Some(role)) => Some(derived_name(scope, principal, role)),
        _ => None,
    };
    let id = name.as_ref().zip(text("scope")).map(|(name, scope)| {
        let scope = scope.trim_end_matches('/');
        format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
    });
    let known = |text: Option<String>| text.map_or_else(|| Value::unknown(Type::String), Value::string);
    case.set("name", known(name));
    case.set("id", known(id));
}

/// The UUID that stands for a grant, whatever the case in which it is spelled.
fn derived_name(scope: &str, principal: &str, role: &str) -> String {
    let grant = [scope.trim_end_matches('/'), principal, role].join("|").to_ascii_lowercase();
    Uuid::new_v5(&NAMESPACE, grant.as_bytes()).to_string()
}
