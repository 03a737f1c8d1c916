//! Who may do what: roles, where they hold, what their conditions say, and what is denied all the same.
//!
//! Source: Microsoft's "Understand Azure role assignments" and "Understand Azure deny assignments".

use serde_json::Value;

use crate::simulator::body;
use crate::simulator::graph::groups_of;
use crate::simulator::service::Scene;
use crate::simulator::services::conditions;
use crate::simulator::services::roles::{definition, guid_of};
use crate::simulator::target::{Key, subscription_of};
use crate::simulator::world::Resource;

/// The kind of deny assignments, of which Azure itself makes all.
const DENIALS: &str = "Microsoft.Authorization/denyAssignments";
/// Everybody, in a deny assignment.
const EVERYBODY: &str = "00000000-0000-0000-0000-000000000000";

/// The members of a permission that say what is allowed and what is not.
const ARM: [&str; 2] = ["actions", "notActions"];
const DATA: [&str; 2] = ["dataActions", "notDataActions"];

/// Whether a principal may do something at a scope: it holds a role whose actions match, there or above, the
/// assignment has taken effect, its condition holds, and nothing denies it.
pub(in crate::simulator) fn may(scene: Scene<'_>, principal: &str, action: &str, scope: &Key) -> bool {
    may_send(scene, principal, action, scope, &Value::Null)
}

/// As [`may`], for a request with this body.
pub(in crate::simulator) fn may_send(
    scene: Scene<'_>,
    principal: &str,
    action: &str,
    scope: &Key,
    sent: &Value,
) -> bool {
    allowed(scene, principal, &Deed { action, scope, sent }, ARM)
}

/// As [`may`], of what a resource holds.
pub(in crate::simulator) fn may_with_data(scene: Scene<'_>, principal: &str, action: &str, scope: &Key) -> bool {
    allowed(scene, principal, &Deed { action, scope, sent: &Value::Null }, DATA)
}

/// What the roles of a principal allow at a scope: the permissions of each, whatever their conditions.
pub(in crate::simulator) fn permissions(scene: Scene<'_>, principal: &str, scope: &Key) -> Vec<Value> {
    let held = in_effect(scene, principal).filter(|held| scope.within(&held.at));
    let roles = held.filter_map(|held| definition(scene, &guid_of(held.role), subscription_of(held.role)));
    roles
        .filter_map(|role| role.pointer("/properties/permissions").and_then(Value::as_array).cloned())
        .flatten()
        .collect()
}

/// Whether a principal holds a role at a scope, above it or beneath it.
pub(in crate::simulator) fn holds_any(scene: Scene<'_>, principal: &str, scope: &Key) -> bool {
    in_effect(scene, principal).any(|held| scope.within(&held.at) || held.at.within(scope))
}

/// What somebody wants to do.
pub(super) struct Deed<'a> {
    /// By the name of the action.
    pub action: &'a str,
    /// Where.
    pub scope: &'a Key,
    /// What is sent with it.
    pub sent: &'a Value,
}

fn allowed(scene: Scene<'_>, principal: &str, deed: &Deed<'_>, members: [&str; 2]) -> bool {
    let granted = in_effect(scene, principal).any(|held| {
        deed.scope.within(&held.at)
            && allows(scene, held.role, deed.action, members)
            && held.condition.is_none_or(|condition| conditions::holds(condition, scene, deed))
    });
    granted && !denied(scene, principal, deed, members)
}

/// A role that somebody holds.
struct Held<'a> {
    at: Key,
    role: &'a str,
    condition: Option<&'a str>,
}

/// The assignments of a principal and of the groups that it is in, of those that have taken effect.
fn in_effect<'a>(scene: Scene<'a>, principal: &str) -> impl Iterator<Item = Held<'a>> + use<'a> {
    let delay = scene.faults.propagation_seconds.saturating_mul(1000);
    let holders = groups_of(scene.world, principal).into_iter().chain([principal.to_ascii_lowercase()]);
    let held = holders.flat_map(move |holder| scene.world.found_by(&format!("principal|{holder}")));
    held.filter(move |assignment| assignment.created.saturating_add(delay) <= scene.now).map(|assignment| {
        let text = |pointer: &str| body::text(&assignment.body, pointer);
        Held {
            at: Key::of(text("/properties/scope").unwrap_or_default()),
            role: text("/properties/roleDefinitionId").unwrap_or_default(),
            condition: text("/properties/condition").filter(|text| !text.trim().is_empty()),
        }
    })
}

fn allows(scene: Scene<'_>, role: &str, action: &str, members: [&str; 2]) -> bool {
    let Some(role) = definition(scene, &guid_of(role), subscription_of(role)) else { return false };
    names(role.pointer("/properties/permissions"), action, members)
}

/// Whether one of some permissions names an action and does not take it away.
fn names(permissions: Option<&Value>, action: &str, [yes, no]: [&str; 2]) -> bool {
    permissions.and_then(Value::as_array).into_iter().flatten().any(|permission| {
        let listed = |name: &str| {
            let patterns = permission.get(name).and_then(Value::as_array);
            patterns.into_iter().flatten().filter_map(Value::as_str).any(|pattern| matches(pattern, action))
        };
        listed(yes) && !listed(no)
    })
}

/// Whether a deny assignment forbids it, whatever roles say.
fn denied(scene: Scene<'_>, principal: &str, deed: &Deed<'_>, members: [&str; 2]) -> bool {
    let groups = groups_of(scene.world, principal);
    scene.world.all_of_kind(DENIALS).any(|denial| {
        let properties = &denial.body["properties"];
        let at = Key::of(body::text(properties, "/scope").unwrap_or_else(|| scope_of(denial)));
        let only_there = body::flag(properties, "/doNotApplyToChildScopes") == Some(true);
        let there = if only_there { *deed.scope == at } else { deed.scope.within(&at) };
        let among = |list: &str, everybody: bool| {
            let listed = properties.get(list).and_then(Value::as_array).into_iter().flatten();
            let mut ids = listed.filter_map(|one| body::text(one, "/id"));
            ids.any(|id| {
                id.eq_ignore_ascii_case(principal)
                    || everybody && id == EVERYBODY
                    || groups.contains(&id.to_ascii_lowercase())
            })
        };
        there
            && among("principals", true)
            && !among("excludePrincipals", false)
            && names(properties.get("permissions"), deed.action, members)
    })
}

/// The scope that an extension sits on.
fn scope_of(denial: &Resource) -> &str {
    denial.id.rsplit_once("/providers/").map_or("", |(scope, _)| scope)
}

/// Whether an action fits a pattern in which each `*` stands for anything, in any casing.
pub(super) fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn actions_fit_patterns() {
        let assign = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
        for (pattern, fits) in [
            ("*", true),
            ("Microsoft.ManagedIdentity/*", true),
            ("microsoft.managedidentity/userAssignedIdentities/assign/action", true),
            ("Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action", false),
            ("*/read", false),
            ("Microsoft.*/assign/action", true),
            ("Microsoft.ManagedIdentity/userAssignedIdentities/assign", false),
        ] {
            assert_eq!(matches(pattern, assign), fits, "{pattern}");
        }
    }
}
