//! The rules.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Found, Level, Rule};
use crate::access::{Access, Assignment, Scope, Who, World};
use crate::azure::arm_id::ArmId;

/// All of them.
pub const RULES: &[Rule] = &[
    Rule {
        name: "acrpull-identity",
        level: Level::Error,
        title: "AcrPull for an identity that pulls nothing",
        reason: "Images are pulled by the nodes, with the kubelet identity; the control plane's identity never pulls.",
        fix: "Give AcrPull to kubelet_identity[0].object_id of the cluster.",
        find: acrpull,
    },
    Rule {
        name: "broad-role",
        level: Level::Warning,
        title: "A workload that manages everything in a group or above",
        reason: "Whoever gets into the pod can change or delete every resource there.",
        fix: "Grant a role for what the workload really does, on the resource that it needs.",
        find: broad_role,
    },
    Rule {
        name: "broad-scope",
        level: Level::Warning,
        title: "A workload with a role on a whole subscription or more",
        reason: "The role holds for every resource there, also for those made later.",
        fix: "Assign it on the resource, or on the resource group.",
        find: broad_scope,
    },
    Rule {
        name: "client-id-assigned",
        level: Level::Error,
        title: "A role for a client id",
        reason: "Roles belong to principals. Azure takes the client id as an object id that does not exist, and nobody gets access.",
        fix: "Use the identity's principal_id.",
        find: client_id,
    },
    Rule {
        name: "credential-audience",
        level: Level::Error,
        title: "A federated credential with another audience",
        reason: "The workload identity webhook asks for tokens with the audience api://AzureADTokenExchange; Entra accepts no other for them.",
        fix: "Set audience = [\"api://AzureADTokenExchange\"].",
        find: audience,
    },
    Rule {
        name: "credential-issuer",
        level: Level::Error,
        title: "A federated credential whose issuer is nearly a cluster's",
        reason: "Entra compares issuers byte by byte, with case and final slash.",
        fix: "Refer to oidc_issuer_url of the cluster instead of writing it.",
        find: issuer,
    },
    Rule {
        name: "credential-limit",
        level: Level::Error,
        title: "More than 20 federated credentials on one identity",
        reason: "Azure refuses the twenty-first.",
        fix: "Use an identity for each workload.",
        find: credential_limit,
    },
    Rule {
        name: "credential-subject",
        level: Level::Error,
        title: "A federated credential for no service account",
        reason: "A service account's subject is system:serviceaccount:NAMESPACE:NAME, in lower case, with nothing around it.",
        fix: "Write the subject in this form.",
        find: subject,
    },
    Rule {
        name: "credential-twice",
        level: Level::Error,
        title: "Two federated credentials with one issuer and subject",
        reason: "Azure refuses the second on the same identity.",
        fix: "Remove one of them.",
        find: credential_twice,
    },
    Rule {
        name: "custom-role-wildcard",
        level: Level::Warning,
        title: "A role of your own with a wildcard",
        reason: "It grows by itself whenever Azure adds an action.",
        fix: "List the actions that are needed.",
        find: wildcard,
    },
    Rule {
        name: "duplicate-id",
        level: Level::Error,
        title: "Two blocks for one Azure object",
        reason: "Each apply undoes what the other block says, and removing one of them removes the object of both.",
        fix: "Keep one block.",
        find: duplicate_id,
    },
    Rule {
        name: "operator-grant",
        level: Level::Error,
        title: "A kubelet identity that the control plane may not assign",
        reason: "Azure refuses the cluster: its control plane needs Managed Identity Operator on the kubelet identity.",
        fix: "Assign that role to the control plane's identity, on the kubelet identity.",
        find: operator_grant,
    },
    Rule {
        name: "owner-granted",
        level: Level::Warning,
        title: "A role that hands out access",
        reason: "Whoever holds it can give any role to anybody there, and so has every access in the end.",
        fix: "Grant a role that does the work; add a condition that limits which roles can be assigned, if it must be.",
        find: owner,
    },
    Rule {
        name: "quota-near",
        level: Level::Warning,
        title: "Close to the limit of role assignments",
        reason: "A subscription takes 4,000 role assignments.",
        fix: "Assign roles to groups, or on resource groups.",
        find: quota,
    },
    Rule {
        name: "unused-identity",
        level: Level::Note,
        title: "An identity that nobody can use",
        reason: "It has roles, but neither a federated credential nor a cluster that uses it.",
        fix: "Add the credential, or remove the identity.",
        find: unused,
    },
];

const AUDIENCE: &str = "api://AzureADTokenExchange";

fn acrpull(world: &World, found: &mut Found) {
    for access in world.access() {
        if let (Who::ControlPlane(cluster), "AcrPull") = (&access.who, access.role.name.as_str()) {
            let message = format!("This gives AcrPull on {} to the control plane of cluster {cluster}.", access.scope);
            found.at(&access.assignment, "principal_id", message);
        }
    }
}

/// What a pod can do: service accounts, and whatever runs on nodes.
fn of_workloads(world: &World) -> impl Iterator<Item = Access> {
    let mut seen = HashSet::new();
    let is_workload = |access: &Access| {
        matches!(access.who, Who::ServiceAccount { .. } | Who::Pods { .. } | Who::Federated { .. } | Who::Nodes(_))
    };
    world.access().into_iter().filter(is_workload).filter(move |access| seen.insert(access.assignment.clone()))
}

fn is_wide(scope: &Scope) -> bool {
    let wide = |id: &ArmId| id.resource_group().is_none();
    matches!(scope, Scope::Known(id) if wide(id))
}

fn broad_scope(world: &World, found: &mut Found) {
    for access in of_workloads(world).filter(|access| is_wide(&access.scope)) {
        found.at(&access.assignment, "scope", format!("The {access}."));
    }
}

fn broad_role(world: &World, found: &mut Found) {
    let is_group =
        |scope: &Scope| matches!(scope, Scope::Known(id) if id.is_type("Microsoft.Resources/resourceGroups"));
    for access in of_workloads(world) {
        if access.role.name == "Contributor" && (is_group(&access.scope) || is_wide(&access.scope)) {
            found.on(&access.assignment, format!("The {access}."));
        }
    }
}

fn client_id(world: &World, found: &mut Found) {
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

fn audience(world: &World, found: &mut Found) {
    for credential in &world.credentials {
        let is_account = credential.subject.starts_with("system:serviceaccount:");
        if is_account && credential.audiences.iter().any(|audience| audience != AUDIENCE) {
            let message = format!("The audience is {:?}.", credential.audiences.join(", "));
            found.at(&credential.address, "audience", message);
        }
    }
}

fn issuer(world: &World, found: &mut Found) {
    let plain = |issuer: &str| issuer.trim_end_matches('/').to_lowercase();
    let issuers: HashMap<String, &str> =
        world.clusters.iter().filter(|c| !c.issuer.is_empty()).map(|c| (plain(&c.issuer), c.issuer.as_str())).collect();
    for credential in &world.credentials {
        let near = issuers.get(&plain(&credential.issuer)).filter(|exact| **exact != credential.issuer);
        if let Some(exact) = near {
            let message = format!("The issuer is {:?}, and the cluster's is {exact:?}.", credential.issuer);
            found.at(&credential.address, "issuer", message);
        }
    }
}

fn credential_limit(world: &World, found: &mut Found) {
    const MOST: usize = 20;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for credential in &world.credentials {
        *counts.entry(&credential.identity).or_default() += 1;
    }
    for identity in &world.identities {
        if let Some(count) = counts.get(&*identity.id).filter(|count| **count > MOST) {
            found.on(&identity.address, format!("Identity {} is to have {count}.", identity.name));
        }
    }
}

fn subject(world: &World, found: &mut Found) {
    for credential in &world.credentials {
        let subject = credential.subject.as_str();
        let folded = subject.trim().to_lowercase();
        if !folded.starts_with("system:serviceaccount") || subject.contains('<') {
            continue;
        }
        let parts: Vec<&str> = subject.split(':').collect();
        let name = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
        };
        let sound = matches!(parts.as_slice(), ["system", "serviceaccount", namespace, account] if name(namespace) && name(account));
        if !sound {
            found.at(&credential.address, "subject", format!("The subject is {subject:?}."));
        }
    }
}

fn credential_twice(world: &World, found: &mut Found) {
    let mut seen = HashMap::new();
    for credential in &world.credentials {
        let key = (&credential.identity, &credential.issuer, &credential.subject);
        if let Some(first) = seen.insert(key, &credential.address) {
            let message = format!("{first} already trusts {:?} of this issuer.", credential.subject);
            found.at(&credential.address, "subject", message);
        }
    }
}

fn wildcard(world: &World, found: &mut Found) {
    for (address, role) in &world.roles {
        let patterns =
            role.permissions.iter().flat_map(|permission| permission.actions.iter().chain(&permission.data_actions));
        let wild: Vec<&str> = patterns.map(AsRef::as_ref).filter(|pattern| pattern.contains('*')).collect();
        if !wild.is_empty() {
            found.at(address, "permissions", format!("Role {:?} allows {}.", role.name, wild.join(", ")));
        }
    }
}

fn duplicate_id(world: &World, found: &mut Found) {
    let mut seen = HashMap::new();
    for (address, id) in world.resources.iter().filter(|(address, _)| is_managed(address) && makes_its_object(address))
    {
        if let Some(first) = seen.insert(id.key().clone(), address) {
            found.on(address, format!("{first} already has the id {}.", id.as_str()));
        }
    }
}

fn is_managed(address: &crate::address::Address) -> bool {
    address.resource.mode == crate::address::ResourceMode::Managed
}

/// Some blocks have the id of what another block makes: azapi's changes and actions, and azurerm's associations.
fn makes_its_object(address: &crate::address::Address) -> bool {
    let kind = &*address.resource.kind;
    !matches!(kind, "azapi_update_resource" | "azapi_resource_action") && !kind.ends_with("_association")
}

fn operator_grant(world: &World, found: &mut Found) {
    const NEEDED: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
    for cluster in &world.clusters {
        let Some(kubelet) = cluster.kubelet_id.as_deref().and_then(|id| ArmId::parse(id).ok()) else { continue };
        // AKS makes this one where none is chosen, and may assign it.
        let made_by_aks = format!("/{}-agentpool", cluster.name).to_lowercase();
        if kubelet.as_str().to_lowercase().ends_with(&made_by_aks) {
            continue;
        }
        let own = world.identities.iter().filter(|identity| cluster.control_plane_ids.contains(&identity.id));
        let principals: Vec<&str> = own.map(|identity| identity.principal.as_str()).collect();
        // With an identity from elsewhere nobody can tell here what it may do.
        if principals.is_empty() || cluster.control_plane_ids.iter().any(|id| **id == **kubelet.key()) {
            continue;
        }
        let grants = |assignment: &&Assignment| {
            principals.contains(&assignment.principal.as_str())
                && assignment.scope.covers(&kubelet)
                && (assignment.role.name == "Managed Identity Operator" || assignment.role.allows(NEEDED))
        };
        if !world.assignments.iter().any(|assignment| grants(&assignment)) && is_managed(&cluster.address) {
            let message = format!("Nothing here lets the control plane of cluster {} assign it.", cluster.name);
            found.at(&cluster.address, "kubelet_identity", message);
        }
    }
}

fn owner(world: &World, found: &mut Found) {
    for assignment in &world.assignments {
        if assignment.role.grants_access() && assignment.condition.is_none() {
            let message = format!("This grants {:?} on {}.", assignment.role.name, assignment.scope);
            found.on(&assignment.address, message);
        }
    }
}

fn quota(world: &World, found: &mut Found) {
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

fn unused(world: &World, found: &mut Found) {
    let mut seen = HashSet::new();
    for access in world.access() {
        if let Who::Identity(name) = &access.who
            && let Some(identity) = world.identities.iter().find(|identity| identity.name == *name)
            && is_managed(&identity.address)
            && seen.insert(&identity.address)
        {
            found.on(&identity.address, format!("Identity {name} holds {}.", access.role.name));
        }
    }
}
