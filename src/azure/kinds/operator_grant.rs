//! Whether a cluster's control plane may assign an identity: Azure asks it when the cluster is written, and refuses
//! the whole cluster otherwise.

use serde_json::Value as Json;

use super::super::arm::{ArmError, Method, Request};
use super::super::roles;
use super::super::wire::json as at;
use super::hooks::{Call, Fault};
use super::role_definition::guid_of;
use crate::diagnostic::Diagnostic;

/// What the control plane must be allowed to do with the identity.
const ASSIGN: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";

/// The same in the spelling of the built-in role, which has a star between type and action.
const ASSIGN_ANY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/any/assign/action";

/// Refuses when the control plane of `cluster` has no role that lets it assign `identity`. Where the roles cannot be
/// read, or who the control plane is cannot be told, Azure itself must say.
pub(super) async fn check(call: &Call<'_>, cluster: &Json, identity: &str) -> Result<(), Fault> {
    let Some(principal) = control_plane(cluster) else { return Ok(()) };
    let list = format!("{identity}/providers/Microsoft.Authorization/roleAssignments");
    let request = Request::new(Method::Get, list, "2022-04-01").query("$filter", format!("assignedTo('{principal}')"));
    let Ok(assignments) = call.azure.client.list(&request, &call.patience).await else { return Ok(()) };
    for assignment in &assignments {
        let role = at::get_str(assignment, "properties.roleDefinitionId").unwrap_or_default();
        if allows(call, role).await? {
            return Ok(());
        }
    }
    Err(missing(principal, at::get_str(cluster, "id").unwrap_or_default(), identity).into())
}

/// The principal that writes for the cluster; of a service principal only the application's id is known.
fn control_plane(cluster: &Json) -> Option<&str> {
    let own = at::get_str(cluster, "identity.principalId");
    let assigned = at::get(cluster, "identity.userAssignedIdentities").and_then(Json::as_object);
    own.or_else(|| assigned?.values().find_map(|identity| at::get_str(identity, "principalId")))
}

/// Whether a role lets its holder assign identities.
async fn allows(call: &Call<'_>, role: &str) -> Result<bool, ArmError> {
    if let Some(permission) = roles::by_guid(guid_of(role)).and_then(roles::BuiltInRole::permission) {
        return Ok(covers(permission.actions.iter().copied()) && !covers(permission.not_actions.iter().copied()));
    }
    let Some(found) = call.azure.client.find(role, "2022-05-01-preview", &call.patience).await? else {
        return Ok(false);
    };
    let permissions = at::get(&found.body, "properties.permissions").and_then(Json::as_array);
    let actions = |permission: &Json, member: &str| {
        let listed = permission.get(member).and_then(Json::as_array).cloned().unwrap_or_default();
        covers(listed.iter().filter_map(Json::as_str))
    };
    Ok(permissions.into_iter().flatten().any(|p| actions(p, "actions") && !actions(p, "notActions")))
}

fn covers<'a>(mut patterns: impl Iterator<Item = &'a str>) -> bool {
    patterns.any(|pattern| fits(pattern, ASSIGN) || fits(pattern, ASSIGN_ANY))
}

/// Whether an action is among those of a pattern, in which a star stands for any text.
fn fits(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == action };
    let Some(mut left) = action.strip_prefix(start) else { return false };
    let parts: Vec<_> = rest.split('*').collect();
    let Some((last, between)) = parts.split_last() else { return true };
    for part in between {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(last)
}

fn missing(principal: &str, cluster: &str, identity: &str) -> Diagnostic {
    Diagnostic::error(
        "The cluster may not assign the identity",
        format!(
            "The control plane of {cluster} (principal {principal}) has no role that lets it assign {identity}, so Azure \
             would refuse the cluster as a whole. Grant it:\n\n  resource \"azurerm_role_assignment\" \"NAME\" {{\n    \
             scope                = \"{identity}\"\n    role_definition_name = \"Managed Identity Operator\"\n    \
             principal_id         = \"{principal}\"\n  }}"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::{ASSIGN, covers, fits};

    #[test]
    fn the_roles_that_may_assign_are_told_from_those_that_may_not() {
        for (pattern, fitting) in [
            ("*", true),
            ("Microsoft.ManagedIdentity/*", true),
            (ASSIGN, true),
            ("*/read", false),
            ("Microsoft.ManagedIdentity/userAssignedIdentities/*/read", false),
            ("Microsoft.*/assign/action", true),
        ] {
            assert_eq!(fits(pattern, ASSIGN), fitting, "{pattern}");
        }
        assert!(covers(["microsoft.managedidentity/userAssignedIdentities/*/assign/action"].into_iter()));
    }
}
