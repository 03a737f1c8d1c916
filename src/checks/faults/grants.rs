//! Faults in grants: roles, scopes, principals.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::is_managed;
use crate::access::{Access, Assignment, Condition, Scope, Who, World, limits_grants};
use crate::azure::arm_id::ArmId;
use crate::azure::roles;
use crate::checks::Found;

/// `AcrPull` for who never pulls.
pub fn acrpull(world: &World, found: &mut Found) {
    for access in world.access() {
        if let (Who::ControlPlane(cluster), "AcrPull") = (&access.who, access.role.name.as_str()) {
            let message = format!("This gives AcrPull on {} to the control plane of cluster {cluster}.", access.scope);
            found.at(&access.assignment, "principal_id", message);
        }
    }
}

fn of_workloads(world: &World) -> impl Iterator<Item = Access> {
    let mut seen = HashSet::new();
    let is_workload = |access: &Access| {
        matches!(access.who, Who::ServiceAccount { .. } | Who::Federated { .. } | Who::Pods { .. } | Who::Nodes(_))
    };
    world.access().into_iter().filter(is_workload).filter(move |access| seen.insert(access.assignment.clone()))
}

/// A subscription, a management group, the tenant.
fn is_wide(scope: &Scope) -> bool {
    match scope {
        Scope::Known(id) => id.resource_group().is_none(),
        Scope::Later(text) => text.contains("azurerm_subscription.") || text.contains("azurerm_management_group."),
    }
}

/// A resource group; of one that does not exist yet, the stand-in tells where its id will come from.
fn is_group(scope: &Scope) -> bool {
    match scope {
        Scope::Known(id) => id.is_type("Microsoft.Resources/resourceGroups"),
        Scope::Later(text) => text.contains("azurerm_resource_group.") && text.ends_with(".id>"),
    }
}

/// A workload with a role everywhere.
pub fn broad_scope(world: &World, found: &mut Found) {
    for access in of_workloads(world).filter(|access| is_wide(&access.scope)) {
        found.at(&access.assignment, "scope", format!("The {access}."));
    }
}

/// A workload that manages a whole group.
pub fn broad_role(world: &World, found: &mut Found) {
    for access in of_workloads(world) {
        if access.role.manages_everything() && (is_group(&access.scope) || is_wide(&access.scope)) {
            found.on(&access.assignment, format!("The {access}."));
        }
    }
}

/// A role for a client id.
pub fn client_id(world: &World, found: &mut Found) {
    let clients: HashMap<&str, &str> = world
        .identities
        .iter()
        .filter_map(|identity| Some((identity.client.as_deref()?, identity.name.as_str())))
        .collect();
    for assignment in &world.assignments {
        if let Some(name) = clients.get(assignment.principal.as_str()) {
            let message = format!("The principal_id here is the client id of identity {name}.");
            found.at(&assignment.address, "principal_id", message);
        }
    }
}

/// A principal or a scope that the plan takes away from under an assignment that stays.
pub fn dangling(world: &World, found: &mut Found) {
    let departed: HashMap<&str, &str> = world.departed.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    let removed: HashSet<&str> = world.removed.iter().map(|id| &**id.key()).collect();
    for assignment in &world.assignments {
        if let Some(name) = departed.get(assignment.principal.as_str()) {
            found.at(&assignment.address, "principal_id", format!("The principal here is {name}, which goes."));
        }
        if let Scope::Known(id) = &assignment.scope
            && let Some(gone) =
                std::iter::successors(Some(id.clone()), ArmId::parent).find(|id| removed.contains(&**id.key()))
        {
            found.at(&assignment.address, "scope", format!("{} goes.", Scope::Known(gone)));
        }
    }
}

/// A star in a role of the stack.
pub fn wildcard(world: &World, found: &mut Found) {
    for (address, role) in &world.roles {
        let patterns =
            role.permissions.iter().flat_map(|permission| permission.actions.iter().chain(&permission.data_actions));
        let wild: Vec<&str> = patterns.map(AsRef::as_ref).filter(|pattern| pattern.contains('*')).collect();
        if !wild.is_empty() {
            found.at(address, "permissions", format!("Role {:?} allows {}.", role.name, wild.join(", ")));
        }
    }
}

/// Two blocks with one id.
pub fn duplicate_id(world: &World, found: &mut Found) {
    let mut seen = HashMap::new();
    for (address, id) in world.resources.iter().filter(|(address, _)| is_managed(address) && makes_its_object(address))
    {
        if let Some(first) = seen.insert(id.key().clone(), address) {
            found.on(address, format!("{first} already has the id {}.", id.as_str()));
        }
    }
}

/// Some blocks have the id of what another block makes: azapi's changes and actions, and azurerm's associations.
fn makes_its_object(address: &crate::address::Address) -> bool {
    let kind = &*address.resource.kind;
    !matches!(kind, "azapi_update_resource" | "azapi_resource_action") && !kind.ends_with("_association")
}

/// A role that hands out access.
pub fn owner(world: &World, found: &mut Found) {
    for assignment in &world.assignments {
        if assignment.role.grants_access() && !limits_grants(assignment.condition.as_deref()) {
            let message = format!("This grants {:?} on {}.", assignment.role.name, assignment.scope);
            found.on(&assignment.address, message);
        }
    }
}

/// A condition that cannot be read.
pub fn unread_condition(world: &World, found: &mut Found) {
    for assignment in &world.assignments {
        let text = assignment.condition.as_deref().filter(|text| !text.contains('<'));
        if let Some(Err(why)) = text.map(Condition::read) {
            found.at(&assignment.address, "condition", format!("It cannot be read: {why}."));
        }
    }
}

/// A role by a name that Azure has nearly.
pub fn role_name(world: &World, found: &mut Found) {
    let own: HashSet<&str> = world.roles.iter().map(|(_, role)| role.name.as_str()).collect();
    for assignment in &world.assignments {
        let name = assignment.role.name.as_str();
        if assignment.role.built_in || !assignment.role.permissions.is_empty() || own.contains(name) {
            continue;
        }
        if let Some(meant) = roles::nearest(name) {
            let message = format!("Azure has no role {name:?} of its own. Did you mean {meant:?}?");
            found.at(&assignment.address, "role_definition_name", message);
        }
    }
}

/// Many assignments in a subscription.
pub fn quota(world: &World, found: &mut Found) {
    const NEAR: usize = 3_600;
    let mut counts: BTreeMap<&str, (usize, &Assignment)> = BTreeMap::new();
    for assignment in &world.assignments {
        if let Scope::Known(id) = &assignment.scope
            && let Some(subscription) = id.subscription()
        {
            counts.entry(subscription).or_insert((0, assignment)).0 += 1;
        }
    }
    for (subscription, (count, first)) in counts.into_iter().filter(|(_, (count, _))| *count >= NEAR) {
        found.on(&first.address, format!("This stack alone has {count} in subscription {subscription}."));
    }
}
