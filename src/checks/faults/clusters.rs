//! Faults in clusters: what they let pass, and what they may assign.

use super::is_managed;
use crate::access::{Assignment, Cluster, Doors, World};
use crate::address::Address;
use crate::azure::arm_id::ArmId;
use crate::checks::Found;

/// A kubelet identity, or an identity of pods, that the control plane may not assign.
pub fn operator_grant(world: &World, found: &mut Found) {
    // A grant may still come.
    if world.partial {
        return;
    }
    for cluster in &world.clusters {
        let Some(kubelet) = cluster.kubelet_id.as_deref().and_then(|id| ArmId::parse(id).ok()) else { continue };
        // AKS makes this one where none is chosen, and may assign it.
        let made_by_aks = format!("/{}-agentpool", cluster.name).to_lowercase();
        if !kubelet.key().ends_with(&made_by_aks) {
            ungranted(world, cluster, &kubelet, (&cluster.address, "kubelet_identity"), found);
        }
    }
    for pod in &world.pod_identities {
        let cluster = world.clusters.iter().find(|cluster| cluster.id == pod.cluster);
        if let (Some(cluster), Ok(identity)) = (cluster, ArmId::parse(&pod.identity)) {
            ungranted(world, cluster, &identity, (&pod.address, "user_assigned_identity_id"), found);
        }
    }
}

fn ungranted(world: &World, cluster: &Cluster, identity: &ArmId, place: (&Address, &'static str), found: &mut Found) {
    const NEEDED: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
    let (address, argument) = place;
    let own = world.identities.iter().filter(|own| cluster.control_plane_ids.contains(&own.id));
    let principals: Vec<&str> = own.map(|own| own.principal.as_str()).collect();
    // With an identity from elsewhere nobody can tell here what it may do.
    if principals.is_empty() || cluster.control_plane_ids.iter().any(|id| **id == **identity.key()) {
        return;
    }
    let grants = |assignment: &&Assignment| {
        principals.contains(&assignment.principal.as_str())
            && assignment.scope.covers(identity)
            && (assignment.role.name == "Managed Identity Operator" || assignment.role.allows(NEEDED))
    };
    if !world.assignments.iter().any(|assignment| grants(&assignment)) && is_managed(address) {
        let message = format!("Nothing here lets the control plane of cluster {} assign it.", cluster.name);
        found.at(address, argument, message);
    }
}

/// An API server that answers any address.
pub fn public(world: &World, found: &mut Found) {
    let message = |cluster: &Cluster| format!("The API server of cluster {} answers any address.", cluster.name);
    with_open(world, |doors| doors.public, "api_server_access_profile", message, found);
}

/// Local accounts beside Entra's.
pub fn local_accounts(world: &World, found: &mut Found) {
    let message = |cluster: &Cluster| format!("Cluster {} has Entra sign-in, and local accounts too.", cluster.name);
    with_open(world, |doors| doors.local_accounts, "local_account_disabled", message, found);
}

/// Pod-managed identity after its end.
pub fn pod_identity(world: &World, found: &mut Found) {
    let message = |cluster: &Cluster| {
        let users = world.pod_identities.iter().filter(|pod| pod.cluster == cluster.id).count();
        format!("Cluster {} has it turned on, with {users} bindings in this stack.", cluster.name)
    };
    with_open(world, |doors| doors.pod_identity, "pod_identity_profile", message, found);
}

/// An issuer whose tokens no pod is handed.
pub fn tokenless(world: &World, found: &mut Found) {
    for cluster in world.clusters.iter().filter(|cluster| cluster.doors.tokenless) {
        let trusting = world.credentials.iter().filter(|credential| credential.issuer == cluster.issuer).count();
        if trusting > 0 {
            let message =
                format!("{trusting} federated credentials trust cluster {}, whose pods get no token.", cluster.name);
            found.at(&cluster.address, "workload_identity_enabled", message);
        }
    }
}

fn with_open(
    world: &World,
    open: fn(&Doors) -> bool,
    argument: &'static str,
    message: impl Fn(&Cluster) -> String,
    found: &mut Found,
) {
    for cluster in world.clusters.iter().filter(|cluster| open(&cluster.doors)) {
        found.at(&cluster.address, argument, message(cluster));
    }
}
