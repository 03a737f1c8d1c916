//! Whether there are the roles that assignments name. Azure is asked while planning, so that nobody learns of a slip
//! when half of a stack has been made.

use std::collections::{BTreeMap, HashSet};

use futures::future::join_all;

use super::super::arm::{ArmError, Method, Request};
use super::super::arm_id::ArmId;
use super::super::roles;
use super::super::session::Azure;
use super::super::wire::{finding, json as at};
use super::READ;
use super::role_definition::{DEFINITIONS, list_by_name};
use crate::diagnostic::Diagnostic;
use crate::provider::{Finding, Planned};
use crate::value::Value;

const ASSIGNMENT: &str = "azurerm_role_assignment";
const DEFINITION: &str = "azurerm_role_definition";

/// Where a role is looked for, and under which name in lower case: the assignments that name it, with the name as it is
/// written.
type Wanted = BTreeMap<(ArmIdText, String), (String, Vec<usize>)>;
/// An ARM id as written.
type ArmIdText = String;

/// The assignments of which the role is not there. Where Azure does not say, a role is taken to be there.
pub(super) async fn missing(azure: &Azure, planned: &[Planned<'_>]) -> Vec<(usize, Finding)> {
    let missing = wanted(planned, &azure.subscription).into_iter().map(|((scope, _), (name, positions))| async move {
        if is_there(azure, &scope, &name).await.unwrap_or(true) {
            return Vec::new();
        }
        let told = unknown(&name, &scope, nearest(azure, &scope, &name).await.as_deref());
        positions.into_iter().map(|position| (position, finding("role_definition_name", told.clone()))).collect()
    });
    join_all(missing).await.concat()
}

/// The names that neither Azure's table nor this plan has.
fn wanted(planned: &[Planned<'_>], subscription: &str) -> Wanted {
    let text = |planned: &Planned<'_>, name: &str| planned.value.field(name).and_then(Value::as_str).map(str::to_owned);
    let own: HashSet<String> = planned
        .iter()
        .filter(|planned| planned.kind == DEFINITION)
        .filter_map(|definition| Some(text(definition, "name")?.to_lowercase()))
        .collect();
    let mut wanted = Wanted::new();
    for (position, assignment) in planned.iter().enumerate().filter(|(_, planned)| planned.kind == ASSIGNMENT) {
        let is_open = assignment.value.field("role_definition_id").is_some_and(|id| !id.is_known());
        let Some(name) = text(assignment, "role_definition_name") else { continue };
        // Where the scope is not known yet, it lies in the subscription most likely.
        let scope = text(assignment, "scope").unwrap_or_else(|| ArmId::of_subscription(subscription).to_string());
        if is_open && roles::by_name(&name).is_none() && !own.contains(&name.to_lowercase()) {
            let key = (looked_for_at(&scope), name.to_lowercase());
            wanted.entry(key).or_insert_with(|| (name, Vec::new())).1.push(position);
        }
    }
    wanted
}

/// A resource may not exist yet; its group, or its subscription, does.
fn looked_for_at(scope: &str) -> ArmIdText {
    let Ok(id) = ArmId::parse(scope) else { return scope.to_owned() };
    match (id.subscription(), id.resource_group()) {
        (Some(subscription), Some(group)) => ArmId::of_resource_group(subscription, group).to_string(),
        (Some(subscription), None) => ArmId::of_subscription(subscription).to_string(),
        _ => scope.to_owned(),
    }
}

async fn is_there(azure: &Azure, scope: &str, name: &str) -> Result<bool, ArmError> {
    let patience = azure.client.patience(READ);
    let above = above(scope);
    // A group that does not exist yet has no roles of its own; what its subscription has it has too.
    let here = match list_by_name(azure, scope, name, &patience).await {
        Ok(found) => !found.is_empty(),
        Err(error) if above != scope && error.is_not_found() => false,
        Err(error) => return Err(error),
    };
    Ok(here || above != scope && !list_by_name(azure, &above, name, &patience).await?.is_empty())
}

fn above(scope: &str) -> ArmIdText {
    let subscription = ArmId::parse(scope).ok().and_then(|id| id.subscription().map(ArmId::of_subscription));
    subscription.map_or_else(|| scope.to_owned(), |id| id.to_string())
}

/// The role that was probably meant, of all that there are.
async fn nearest(azure: &Azure, scope: &str, name: &str) -> Option<String> {
    let path = format!("{}/providers/Microsoft.Authorization/roleDefinitions", above(scope).trim_end_matches('/'));
    let listed = azure.client.list(&Request::new(Method::Get, path, DEFINITIONS), &azure.client.patience(READ)).await;
    let listed = listed.unwrap_or_default();
    let names = listed.iter().filter_map(|role| at::get_str(role, "properties.roleName"));
    let built_in: Vec<&str> = roles::names().collect();
    roles::nearest_of(name, names.chain(built_in)).map(str::to_owned)
}

fn unknown(name: &str, scope: &str, nearest: Option<&str>) -> Diagnostic {
    let meant = match nearest {
        Some(nearest) => format!(" Did you mean {nearest:?}?"),
        None => " Check the spelling, or make the role first: \"az role definition list --name\" looks for one.".into(),
    };
    Diagnostic::error("Role not found", format!("There is no role named {name:?} at {scope}.{meant}"))
}
