//! The kinds of resources that do more than be stored, a file for each family.

mod activity;
mod addresses;
mod aks;
mod assignments;
mod authority;
mod conditions;
mod credentials;
mod dashboards;
mod data_collection;
mod databases;
mod disks;
mod dns;
mod gateways;
mod governance;
mod groups;
mod identities;
mod interfaces;
pub(super) mod machines;
pub(super) mod names;
mod nested;
mod network;
pub(super) mod policies;
mod policy_rule;
mod private_links;
pub(super) mod quotas;
mod registries;
mod role_table;
mod roles;
mod security_groups;
mod ssh_keys;
mod storage;
pub(super) mod subscriptions;
mod vaults;
mod vm_sizes;
mod workspaces;

use crate::simulator::service::Service;

/// All of them.
pub(super) static ALL: &[&dyn Service] = &[
    &groups::Groups,
    &subscriptions::Aliases,
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
    &data_collection::Endpoints,
    &data_collection::Rules,
    &data_collection::Associations,
    &data_collection::Accounts,
    &data_collection::Solutions,
    &data_collection::RuleGroups,
    &ssh_keys::SshKeys,
    &registries::Registries,
    &registries::Replications,
    &security_groups::Groups,
    &security_groups::RULES,
    &security_groups::Tables,
    &security_groups::ROUTES,
    &addresses::PublicAddresses,
    &addresses::Prefixes,
    &addresses::NatGateways,
    &addresses::Peerings,
    &interfaces::Interfaces,
    &interfaces::Bastions,
    &gateways::Gateways,
    &dashboards::Grafana,
    &machines::Machines,
    &machines::Sizes,
    &machines::Disks,
    &disks::EncryptionSets,
    &private_links::Endpoints,
    &private_links::ZoneGroups,
    &private_links::Zones,
    &private_links::Links,
    &private_links::Records("Microsoft.Network/privateDnsZones/A"),
    &private_links::Records("Microsoft.Network/privateDnsZones/CNAME"),
    &dns::Zones,
    &dns::Authority,
    &dns::Records("Microsoft.Network/dnsZones/A"),
    &dns::Records("Microsoft.Network/dnsZones/CNAME"),
    &activity::Activity,
    &governance::Locks,
    &governance::DiagnosticSettings,
    &databases::PostgresServers,
    &databases::PostgresDatabases,
    &databases::SqlServers,
    &databases::SqlDatabases,
    &databases::ConnectionPolicies,
    &aks::TrustedAccess,
    &aks::Extensions,
    &policies::Definitions,
    &policies::Assignments,
    &quotas::Sizes,
    &quotas::Clusters("Microsoft.Quota/quotas"),
    &quotas::Clusters("Microsoft.Quota/usages"),
    &quotas::Usages("Microsoft.Compute/locations/usages"),
    &quotas::Usages("Microsoft.Network/locations/usages"),
    &quotas::Usages("Microsoft.Storage/locations/usages"),
];

pub(super) use activity::event;
pub(super) use aks::{VERSIONS, kubernetes_versions};
pub(super) use authority::{holds_any, may, may_send, may_with_data, permissions};
