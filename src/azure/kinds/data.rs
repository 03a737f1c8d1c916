//! Data sources that read one ARM resource, each by a table of its own: what is looked for is configured, everything
//! else is read.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::session::Azure;
use super::super::wire::{
    self, Codec, Reading, Row, Table, blocks, decode, flag, id_of, text, text_map, texts, validate,
};
use super::network::NETWORK;
use super::{AzureData, READ};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Attribute, Finding, Kind, Schema};
use crate::value::{Type, Value};

/// A data source that is one GET.
pub struct ArmData {
    table: Table,
    schema: Schema,
}

impl ArmData {
    /// A data source by its table. Rows that are not required are read.
    pub fn new(table: Table) -> Self {
        Self { schema: schema(&table.rows), table }
    }
}

/// The schema of a data source: its rows, `id` and `timeouts`.
pub fn schema(rows: &[Row]) -> Schema {
    let mut schema = wire::schema(&Table::of("", "", "", ""));
    let own = wire::block_of(rows);
    schema.block.attributes.extend(own.attributes);
    schema.block.blocks.extend(own.blocks);
    schema.block.attributes.insert("id".to_owned(), Attribute::computed(Type::String));
    schema
}

impl Kind for ArmData {
    fn name(&self) -> &str {
        self.table.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        validate(&self.table, config)
    }
}

#[async_trait]
impl AzureData for ArmData {
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let name = self.table.name;
        let id = id_of(self.table.id, &azure.subscription, config).ok_or_else(|| no_id(name))?;
        let found = azure.client.find(&id, self.table.api_version, &azure.client.patience(READ)).await;
        let found = found.map_err(|e| e.diagnostic(&format!("read data.{name} {id}")))?;
        let answer = found.ok_or_else(|| missing(name, &id))?.body;
        let mut fields = decode(&self.table.rows, &answer, Some(config), Reading::Anew);
        let timeouts = config.field("timeouts").cloned();
        fields.insert(Arc::from("timeouts"), timeouts.unwrap_or_else(|| Value::null(wire::timeouts_type())));
        fields.insert(Arc::from("id"), Value::string(id));
        Ok(Value::object(fields))
    }
}

fn missing(name: &str, id: &str) -> Diagnostic {
    let detail = format!("data.{name} reads {id}, which does not exist. Check its arguments and the subscription.");
    Diagnostic::error("Resource not found", detail)
}

fn no_id(name: &str) -> Diagnostic {
    let detail =
        format!("What data.{name} is to read does not follow from its arguments: set subscription_id in the provider.");
    Diagnostic::error("Unknown ARM id", detail)
}

fn in_group(kind: &'static str, arm_type: &'static str, api_version: &'static str, id: &'static str) -> Table {
    Table::of(kind, arm_type, api_version, id).rows([text("name").required(), text("resource_group_name").required()])
}

/// `data "azurerm_resource_group"`
pub fn resource_group() -> ArmData {
    let id = "/subscriptions/{subscription}/resourceGroups/{name}";
    ArmData::new(Table::of("azurerm_resource_group", "Microsoft.Resources/resourceGroups", "2023-07-01", id).rows([
        text("name").required(),
        region(),
        text("managed_by").computed().at("managedBy"),
        read_tags(),
    ]))
}

/// `data "azurerm_user_assigned_identity"`
pub fn user_assigned_identity() -> ArmData {
    let table = in_group(
        "azurerm_user_assigned_identity",
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "2024-11-30",
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.ManagedIdentity/\
         userAssignedIdentities/{name}",
    );
    ArmData::new(table.rows([
        region(),
        text("client_id").computed().at("properties.clientId"),
        text("principal_id").computed().at("properties.principalId"),
        text("tenant_id").computed().at("properties.tenantId"),
        text("isolation_scope").computed().null_as("None").at("properties.isolationScope"),
        read_tags(),
    ]))
}

/// `data "azurerm_virtual_network"`
pub fn virtual_network() -> ArmData {
    let table = in_group(
        "azurerm_virtual_network",
        "Microsoft.Network/virtualNetworks",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         virtualNetworks/{name}",
    );
    ArmData::new(table.rows([
        region(),
        texts("address_space").computed().at("properties.addressSpace.addressPrefixes"),
        texts("dns_servers").computed().at("properties.dhcpOptions.dnsServers"),
        text("guid").computed().at("properties.resourceGuid"),
        texts("subnets").computed().spelled(Codec::Member("name")).at("properties.subnets"),
        read_tags(),
    ]))
}

/// `data "azurerm_subnet"`
pub fn subnet() -> ArmData {
    let table = in_group(
        "azurerm_subnet",
        "Microsoft.Network/virtualNetworks/subnets",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         virtualNetworks/{virtual_network_name}/subnets/{name}",
    );
    let endpoint = vec![
        text("service").computed().at("service"),
        text("network_identifier").computed().at("networkIdentifier.id"),
    ];
    ArmData::new(
        table.rows([
            text("virtual_network_name").required(),
            text("address_prefix").computed().at("properties.addressPrefix"),
            texts("address_prefixes").computed().at("properties.addressPrefixes"),
            flag("default_outbound_access_enabled").computed().at("properties.defaultOutboundAccess"),
            text("network_security_group_id").computed().at("properties.networkSecurityGroup.id"),
            text("route_table_id").computed().at("properties.routeTable.id"),
            text("private_endpoint_network_policies").computed().at("properties.privateEndpointNetworkPolicies"),
            flag("private_link_service_network_policies_enabled")
                .computed()
                .spelled(Codec::Words("Enabled", "Disabled"))
                .at("properties.privateLinkServiceNetworkPolicies"),
            blocks("service_endpoint", endpoint).computed().at("properties.serviceEndpoints"),
        ]),
    )
}

/// `data "azurerm_subscription"` without its argument, which the table cannot default.
pub(super) fn subscription_rows() -> Vec<Row> {
    vec![
        text("subscription_id").or_computed().at("subscriptionId"),
        text("display_name").computed().at("displayName"),
        text("tenant_id").computed().at("tenantId"),
        text("state").computed().at("state"),
        text("location_placement_id").computed().at("subscriptionPolicies.locationPlacementId"),
        text("quota_id").computed().at("subscriptionPolicies.quotaId"),
        text("spending_limit").computed().at("subscriptionPolicies.spendingLimit"),
        read_tags(),
    ]
}

fn region() -> Row {
    text("location").computed().at("location").same(wire::Same::Location)
}

fn read_tags() -> Row {
    text_map("tags").computed().at("tags")
}
