//! The data sources with a table of their own.

use super::super::wire::{self, Codec, Row, Table, blocks, flag, text, text_map, texts};
use super::arm_data::ArmData;
use super::hooks::Plain;
use super::network::{NETWORK, Subnet};

fn in_group(kind: &'static str, arm_type: &'static str, api_version: &'static str, id: &'static str) -> Table {
    Table::of(kind, arm_type, api_version, id).rows([text("name").required(), text("resource_group_name").required()])
}

/// `data "azurerm_resource_group"`
pub fn resource_group() -> ArmData {
    let id = "/subscriptions/{subscription}/resourceGroups/{name}";
    ArmData::new(
        Table::of("azurerm_resource_group", "Microsoft.Resources/resourceGroups", "2023-07-01", id).rows([
            text("name").required(),
            region(),
            text("managed_by").computed().at("managedBy"),
            read_tags(),
        ]),
        Plain,
    )
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
    ArmData::new(
        table.rows([
            region(),
            text("client_id").computed().at("properties.clientId"),
            text("principal_id").computed().at("properties.principalId"),
            text("tenant_id").computed().at("properties.tenantId"),
            text("isolation_scope").computed().null_as("None").at("properties.isolationScope"),
            read_tags(),
        ]),
        Plain,
    )
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
            text("address_prefix").computed().at("properties.addressPrefixes.0"),
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
        Subnet,
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
