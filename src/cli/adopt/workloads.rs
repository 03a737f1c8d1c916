//! Workloads: a user-assigned identity with the credentials that lead to it and the roles that it has.

use super::Object;
use super::labels::Names;

/// The objects of one workload.
pub(super) struct Workload {
    /// The module's name.
    pub name: String,
    /// Positions of its objects; the identity is the first.
    pub objects: Vec<usize>,
}

/// Every identity to which a credential leads, with what belongs to it.
pub(super) fn found(objects: &[Object], names: &Names) -> Vec<Workload> {
    let text = |object: &'_ Object, name: &str| {
        object.recorded.value.field(name).and_then(|value| value.as_str()).map(str::to_ascii_lowercase)
    };
    let of_kind = |kind: &'static str| objects.iter().enumerate().filter(move |(_, object)| object.kind == kind);
    let mut workloads = Vec::new();
    for (index, identity) in of_kind("azurerm_user_assigned_identity") {
        let (id, principal) = (text(identity, "id"), text(identity, "principal_id"));
        let leads = |credential: &Object| {
            id.is_some() && ["parent_id", "user_assigned_identity_id"].iter().any(|name| text(credential, name) == id)
        };
        let credentials: Vec<usize> = of_kind("azurerm_federated_identity_credential")
            .filter(|(_, credential)| leads(credential))
            .map(|(index, _)| index)
            .collect();
        if credentials.is_empty() {
            continue;
        }
        let grants = of_kind("azurerm_role_assignment")
            .filter(|(_, grant)| principal.is_some() && text(grant, "principal_id") == principal)
            .map(|(index, _)| index);
        let members = [index].into_iter().chain(credentials).chain(grants).collect();
        workloads.push(Workload { name: names.label(index).to_owned(), objects: members });
    }
    workloads
}
