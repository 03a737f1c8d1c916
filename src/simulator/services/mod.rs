//! The kinds of resources that do more than be stored, a file for each family.

mod aks;
mod assignments;
mod credentials;
mod groups;
mod identities;
mod network;
mod registries;
mod role_table;
mod roles;
mod storage;
mod vaults;
mod workspaces;

use crate::simulator::service::Service;

/// All of them.
pub(super) static ALL: &[&dyn Service] = &[
    &groups::Groups,
    &identities::Identities,
    &credentials::Credentials,
    &assignments::Assignments,
    &roles::Definitions,
    &aks::Clusters,
    &aks::Pools,
    &aks::Maintenance,
    &aks::UpgradeProfiles,
    &network::Networks,
    &network::Subnets,
    &storage::Accounts,
    &storage::Containers,
    &vaults::Vaults,
    &vaults::DeletedVaults,
    &workspaces::Workspaces,
    &registries::Registries,
];

pub(super) use aks::{VERSIONS, kubernetes_versions};
