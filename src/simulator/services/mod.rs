//! The kinds of resources that do more than be stored, a file for each family.

mod aks;
mod assignments;
mod credentials;
mod groups;
mod identities;
mod role_table;
mod roles;

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
];

pub(super) use aks::{VERSIONS, kubernetes_versions};
