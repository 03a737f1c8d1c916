//! The kinds of Azure. Most are a [`Table`](super::wire::Table) and a few hooks ([`ArmKind`]); what is no plain ARM
//! resource implements [`AzureKind`] itself.
//!
//! To add a kind: a file here with its table, and its line in the registry below.

mod account;
mod application_gateway;
mod arm_data;
mod arm_kind;
mod associations;
mod azapi_action;
mod azapi_body;
mod azapi_call;
mod azapi_data;
mod azapi_lists;
mod azapi_plan;
mod azapi_resource;
mod azapi_update_resource;
mod bastion_host;
mod cluster_access;
mod container_registry;
mod dashboard_grafana;
mod data;
mod data_collection;
mod data_collection_rule;
mod data_lists;
mod diagnostic_setting;
mod directory_data;
mod disk_encryption_set;
mod dns;
mod elsewhere;
mod elsewhere_table;
#[cfg(test)]
mod every_row;
mod hooks;
mod identity;
mod key_rotation;
mod key_vault;
mod key_vault_access;
mod key_vault_key;
mod key_vault_secret;
mod kubernetes_cluster;
mod kubernetes_cluster_node_pool;
mod linux_virtual_machine;
mod log_analytics;
mod log_analytics_solution;
mod management_lock;
mod mentions;
mod monitor_workspace;
mod mssql;
mod neighbour_data;
mod network;
mod network_interface;
mod network_peering;
mod network_security;
mod node_pool_rows;
mod note;
mod operator_grant;
mod other_names;
mod part_kind;
mod pod_identity;
mod policy_assignment;
mod pool_rules;
mod pool_writes;
mod postgresql;
mod private_dns;
mod private_endpoint;
mod prometheus_rule_group;
mod public_ip;
mod public_key;
mod resource_group;
mod role_assignment;
mod role_definition;
mod role_grant;
mod role_lookup;
mod routes;
mod storage;
mod storage_endpoints;
mod storage_profiles;
mod subscription;
#[cfg(test)]
mod testing;
mod vault_items;
mod vault_kind;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::preflight::Outlook;
use super::session::Azure;
use super::wire::Table;
use crate::diagnostic::Diagnostics;
use crate::provider::{
    Applied, Drift, Finding, Kind, Lane, PlanRequest, PlanResponse, Planned, Recorded, Sent, Settled, Stranger, Watch,
};
use crate::value::Value;

pub use arm_data::ArmData;
pub use arm_kind::ArmKind;
pub use elsewhere::instead;
pub use hooks::{Call, Fault, Hooks, Plain};
pub use kubernetes_cluster::CONTAINER_SERVICE;

/// How long a read may take (azurerm's 5 minutes).
pub(super) const READ: Duration = Duration::from_secs(5 * 60);

/// How long what an earlier run began may take to come to its end: a cluster may be under way.
const SETTLE: Duration = Duration::from_secs(90 * 60);

/// A managed kind of Azure: the verbs of [`crate::provider::Read`] and [`crate::provider::Write`] for one kind.
#[async_trait]
pub trait AzureKind: Kind {
    /// Decides what an instance will be. Pure.
    fn plan(&self, azure: &Azure, request: PlanRequest<'_>) -> PlanResponse;

    /// Reads an object as it is now; `None` when it is gone for certain.
    async fn read(&self, azure: &Azure, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics>;

    /// Reads an object that is to be taken over.
    async fn import(&self, azure: &Azure, id: &str) -> Result<Recorded, Diagnostics>;

    /// Makes the object.
    async fn create(&self, azure: &Azure, planned: &Value, config: &Value, watch: &dyn Watch) -> Applied;

    /// Changes the object in place.
    async fn update(
        &self,
        azure: &Azure,
        prior: &Recorded,
        planned: &Value,
        config: &Value,
        watch: &dyn Watch,
    ) -> Applied;

    /// Removes the object.
    async fn delete(&self, azure: &Azure, prior: &Recorded, watch: &dyn Watch) -> Applied;

    /// Finds out what came of a write whose end nobody saw.
    async fn settle(&self, azure: &Azure, sent: &[Sent], recorded: Option<&Recorded>) -> Result<Settled, Diagnostics>;

    /// The lanes that a write occupies.
    fn lanes(&self, _value: &Value) -> Vec<Lane> {
        Vec::new()
    }

    /// Pairs of positions in `planned`, the second of which is of this kind and must wait for the first.
    fn implied_order(&self, _planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
        Vec::new()
    }

    /// Positions in `planned` of what Azure would refuse, and why, as far as it says so without being written to.
    async fn confirm(&self, _azure: &Azure, _planned: &[Planned<'_>]) -> Vec<(usize, Finding)> {
        Vec::new()
    }

    /// What may have changed outside since an object was recorded. Pure.
    fn drift(&self, _azure: &Azure, recorded: &Recorded, observed: &Recorded) -> Drift {
        Drift::between(recorded, observed)
    }

    /// Whether an object of this kind gives access, so that one that nobody recorded is told of.
    fn minds_strangers(&self) -> bool {
        false
    }

    /// What an answer tells of such an object; `None` when it is of another kind.
    fn stranger(&self, _answer: &Json) -> Option<Stranger> {
        None
    }

    /// The table that describes it, when there is one: where in Azure its objects are.
    fn table(&self) -> Option<&Table> {
        None
    }

    /// What is going to be sent for an object, as far as it is known and without secrets; `None` for what is no resource
    /// of its own, and while its id is not known.
    fn outlook(&self, _azure: &Azure, _value: &Value) -> Option<Outlook> {
        None
    }

    /// Reads many objects of this kind in few calls, into [`Azure::read_ahead`].
    async fn prefetch(&self, _azure: &Azure, _wanted: &[&Recorded]) {}
}

/// A data source of Azure.
#[async_trait]
pub trait AzureData: Kind {
    /// Reads it.
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics>;
}

/// The kinds and data sources of a provider, by name.
#[derive(Default)]
pub struct Registry {
    kinds: BTreeMap<String, Box<dyn AzureKind>>,
    data: BTreeMap<String, Box<dyn AzureData>>,
}

impl Registry {
    /// Everything named `azurerm_`.
    pub fn azurerm() -> Self {
        let mut registry = Self::default();
        registry.add(resource_group::kind());
        registry.add(subscription::kind());
        registry.add(network::virtual_network());
        registry.add(network::subnet());
        registry.add(identity::user_assigned_identity());
        registry.add(identity::federated_identity_credential());
        registry.add(kubernetes_cluster::kind());
        registry.add_data(kubernetes_cluster::data());
        registry.add(kubernetes_cluster::automatic());
        registry.add_data(kubernetes_cluster::automatic_data());
        registry.add(kubernetes_cluster_node_pool::kind());
        registry.add(role_assignment::kind());
        registry.add(role_definition::kind());
        registry.add_data(account::ClientConfig::azurerm());
        registry.add_data(account::Subscription::new());
        registry.add_data(data::resource_group());
        registry.add_data(data::user_assigned_identity());
        registry.add_data(data::subnet());
        registry.add_data(role_definition::RoleDefinitionData::new());
        registry.add(storage::account());
        registry.add(storage::container());
        registry.add(key_vault::kind());
        registry.add_network();
        registry.add_services();
        registry.add_neighbour_data();
        registry
    }

    /// The parts of a network beside the network itself.
    fn add_network(&mut self) {
        self.add(network_security::group());
        self.add(network_security::rule());
        self.add(routes::table());
        self.add(routes::route());
        self.add(public_ip::address());
        self.add(public_ip::prefix());
        self.add(public_ip::nat_gateway());
        self.add(associations::security_group());
        self.add(associations::route_table());
        self.add(associations::nat_gateway());
        self.add(associations::public_ip());
        self.add(network_interface::kind());
        self.add(network_interface::security_group());
        self.add(bastion_host::kind());
        self.add(application_gateway::kind());
        self.add(linux_virtual_machine::kind());
        self.add(network_peering::kind());
        self.add(private_dns::zone());
        self.add(private_dns::link());
        self.add(private_dns::a_record());
        self.add(private_dns::cname_record());
        self.add(dns::zone());
        self.add(dns::a_record());
        self.add(dns::cname_record());
        self.add(private_endpoint::kind());
    }

    /// What stands beside a cluster: locks, logs, images, what others have in it.
    fn add_services(&mut self) {
        self.add(management_lock::kind());
        self.add(policy_assignment::on_resource());
        self.add(policy_assignment::on_group());
        self.add(policy_assignment::on_subscription());
        self.add(cluster_access::trusted_access());
        self.add(cluster_access::extension());
        self.add(log_analytics::kind());
        self.add(diagnostic_setting::kind());
        self.add(log_analytics_solution::kind());
        self.add(monitor_workspace::kind());
        self.add(dashboard_grafana::kind());
        self.add(data_collection::endpoint());
        self.add(data_collection_rule::kind());
        self.add(data_collection::association());
        self.add(prometheus_rule_group::kind());
        self.add(container_registry::kind());
        self.add(disk_encryption_set::kind());
        self.add(key_vault_access::policy());
        self.add(key_vault_secret::kind());
        self.add(key_vault_key::kind());
        self.add(postgresql::server());
        self.add(postgresql::database());
        self.add(mssql::server());
        self.add(mssql::database());
    }

    /// The data sources of the neighbours.
    fn add_neighbour_data(&mut self) {
        self.add_data(neighbour_data::container_registry());
        self.add_data(neighbour_data::key_vault());
        self.add_data(neighbour_data::log_analytics_workspace());
        self.add_data(neighbour_data::nat_gateway());
        self.add_data(neighbour_data::public_ip());
        self.add_data(neighbour_data::public_ip_prefix());
        self.add_data(disk_encryption_set::data());
        self.add_data(neighbour_data::network_security_group());
        self.add_data(neighbour_data::route_table());
        self.add_data(neighbour_data::virtual_network());
        self.add_data(neighbour_data::virtual_network_peering());
        self.add_data(neighbour_data::dns_zone());
        self.add_data(neighbour_data::private_dns_zone());
        self.add_data(neighbour_data::storage_account());
        self.add_data(neighbour_data::storage_container());
        self.add_data(neighbour_data::node_pool());
        self.add_data(key_vault_access::ready_made());
        self.add_data(key_vault_secret::data());
        self.add_data(key_vault_key::data());
        self.add_data(data_lists::subscriptions());
        self.add_data(data_lists::resources());
        self.add_data(data_lists::kubernetes_versions());
    }

    /// Everything named `azapi_`.
    pub fn azapi() -> Self {
        let mut registry = Self::default();
        registry.add(azapi_resource::AzapiResource::new());
        registry.add(azapi_update_resource::AzapiUpdateResource::new());
        registry.add(azapi_action::AzapiResourceAction::new());
        registry.add_data(azapi_data::AzapiData::new());
        registry.add_data(account::ClientConfig::azapi());
        registry
    }

    /// What is read of everything named `azuread_`.
    pub fn azuread() -> Self {
        let mut registry = Self::default();
        registry.add_data(account::ClientConfig::azuread());
        registry.add_data(directory_data::DirectoryData::group());
        registry.add_data(directory_data::DirectoryData::user());
        registry.add_data(directory_data::DirectoryData::service_principal());
        registry
    }

    /// Everything named `bowline_`: what azurerm lacks.
    pub fn bowline() -> Self {
        let mut registry = Self::default();
        registry.add(pod_identity::identity());
        registry.add(pod_identity::exception());
        registry
    }

    /// Adds a managed kind.
    pub fn add(&mut self, kind: impl AzureKind + 'static) {
        self.kinds.insert(kind.name().to_owned(), Box::new(kind));
    }

    /// Adds a data source.
    pub fn add_data(&mut self, data: impl AzureData + 'static) {
        self.data.insert(data.name().to_owned(), Box::new(data));
    }

    /// A managed kind.
    pub fn kind(&self, name: &str) -> Option<&dyn AzureKind> {
        self.kinds.get(name).map(AsRef::as_ref)
    }

    /// A data source.
    pub fn data(&self, name: &str) -> Option<&dyn AzureData> {
        self.data.get(name).map(AsRef::as_ref)
    }

    /// All managed kinds, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &dyn AzureKind> {
        self.kinds.values().map(AsRef::as_ref)
    }

    /// All data sources, by name.
    pub fn data_sources(&self) -> impl Iterator<Item = &dyn AzureData> {
        self.data.values().map(AsRef::as_ref)
    }
}
