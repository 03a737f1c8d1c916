//! Data sources of the neighbours: each reads what its kind writes.

use serde_json::{Value as Json, json};

use super::super::wire::{Codec, Presence, Row, Rule, Same, blocks, json as at, text, text_map, texts};
use super::arm_data::ArmData;
use super::{
    container_registry, dns, key_vault, kubernetes_cluster_node_pool, log_analytics, network, network_peering,
    network_security, private_dns, public_ip, routes, storage,
};

const IN_GROUP: [&str; 2] = ["name", "resource_group_name"];

/// `data "azurerm_container_registry"`
pub fn container_registry() -> ArmData {
    ArmData::of(container_registry::kind(), &IN_GROUP, Vec::new()).without(&["trust_policy_enabled"])
}

/// `data "azurerm_key_vault"`
pub fn key_vault() -> ArmData {
    ArmData::of(key_vault::kind(), &IN_GROUP, Vec::new())
}

/// `data "azurerm_dns_zone"`
pub fn dns_zone() -> ArmData {
    ArmData::of(dns::zone(), &IN_GROUP, Vec::new()).without(&["soa_record"]).by_name_alone()
}

/// `data "azurerm_private_dns_zone"`
pub fn private_dns_zone() -> ArmData {
    ArmData::of(private_dns::zone(), &IN_GROUP, Vec::new()).by_name_alone()
}

/// `data "azurerm_log_analytics_workspace"`
pub fn log_analytics_workspace() -> ArmData {
    ArmData::of(log_analytics::kind(), &IN_GROUP, Vec::new())
}

/// `data "azurerm_nat_gateway"`
pub fn nat_gateway() -> ArmData {
    let ids = |name, wire| texts(name).or_computed().same(Same::ArmId).spelled(Codec::Member("id")).at(wire);
    let more = vec![
        ids("public_ip_address_ids", "properties.publicIpAddresses"),
        ids("public_ip_prefix_ids", "properties.publicIpPrefixes"),
        texts("zones").computed().at("zones"),
    ];
    ArmData::of(public_ip::nat_gateway(), &IN_GROUP, more)
}

/// `data "azurerm_public_ip"`
pub fn public_ip() -> ArmData {
    ArmData::of(public_ip::address(), &IN_GROUP, vec![texts("zones").computed().at("zones")])
}

/// `data "azurerm_public_ip_prefix"`
pub fn public_ip_prefix() -> ArmData {
    let more = vec![texts("zones").computed().at("zones")];
    ArmData::of(public_ip::prefix(), &IN_GROUP, more).without(&["custom_ip_prefix_id", "ip_version"])
}

/// `data "azurerm_network_security_group"`
pub fn network_security_group() -> ArmData {
    let mut rule = network_security::conditions();
    rule.insert(0, text("name").at("name"));
    ArmData::of(network_security::group(), &IN_GROUP, vec![listed("security_rule", "properties.securityRules", rule)])
}

/// `data "azurerm_route_table"`
pub fn route_table() -> ArmData {
    let mut route = routes::way();
    route.insert(0, text("name").at("name"));
    ArmData::of(routes::table(), &IN_GROUP, vec![listed("route", "properties.routes", route)])
}

/// What a kind has as a set its data source has as a list.
fn listed(name: &'static str, wire: &'static str, rows: Vec<Row>) -> Row {
    blocks(name, rows).computed_through().at(wire)
}

/// `data "azurerm_virtual_network_peering"`
pub fn virtual_network_peering() -> ArmData {
    let more = vec![text("virtual_network_id").required().same(Same::ArmId)];
    ArmData::of(
        network_peering::kind().placed("{virtual_network_id}/virtualNetworkPeerings/{name}"),
        &["name", "virtual_network_id"],
        more,
    )
    .without(&["resource_group_name", "virtual_network_name", "triggers"])
}

/// `data "azurerm_virtual_network"`
pub fn virtual_network() -> ArmData {
    let more = vec![
        texts("address_space").computed().at("properties.addressSpace.addressPrefixes"),
        texts("subnets").computed().spelled(Codec::Member("name")).at("properties.subnets"),
        text_map("vnet_peerings").computed().at("peerings"),
        texts("vnet_peerings_addresses").computed().at("peeringAddresses"),
    ];
    ArmData::of(network::virtual_network(), &IN_GROUP, more).lifted(lift_peerings)
}

/// The names of a network's peerings with the networks that they lead to, and the address ranges there.
fn lift_peerings(answer: &mut Json) {
    let peerings = at::get(answer, "properties.virtualNetworkPeerings").and_then(Json::as_array).cloned();
    let peerings = peerings.unwrap_or_default();
    let mut networks = json!({});
    let mut ranges = Vec::new();
    for peering in &peerings {
        let name = at::get_str(peering, "name").unwrap_or_default();
        if let (Some(id), Some(networks)) =
            (at::get(peering, "properties.remoteVirtualNetwork.id"), networks.as_object_mut())
        {
            networks.insert(name.to_owned(), id.clone());
        }
        let there = at::get(peering, "properties.remoteAddressSpace.addressPrefixes").and_then(Json::as_array);
        ranges.extend(there.into_iter().flatten().cloned());
    }
    at::set(answer, "peerings", networks);
    at::set(answer, "peeringAddresses", Json::Array(ranges));
}

/// `data "azurerm_storage_account"`
pub fn storage_account() -> ArmData {
    // azurerm takes it in its data source, and pays no regard to it.
    let tls = text("min_tls_version").or_computed().told_in_v5(Presence::Optional).at("properties.minimumTlsVersion");
    ArmData::of(storage::account(), &IN_GROUP, vec![tls])
}

/// `data "azurerm_storage_container"`
pub fn storage_container() -> ArmData {
    let either = Rule::ExactlyOneOf(&["storage_account_id", "storage_account_name"]);
    let more = vec![
        text_map("metadata").or_computed().at("properties.metadata"),
        text("storage_account_id").or_computed().told_in_v5(Presence::Required).same(Same::ArmId).rule(either),
        text("storage_account_name").deprecated("storage_account_id"),
    ];
    ArmData::of(storage::container(), &["name"], more)
}

/// `data "azurerm_kubernetes_cluster_node_pool"`
pub fn node_pool() -> ArmData {
    let more = vec![
        text("resource_group_name").required().same(Same::Caseless),
        text("kubernetes_cluster_name").required().same(Same::Caseless),
        texts("zones").computed().at("availabilityZones"),
    ];
    ArmData::of(
        kubernetes_cluster_node_pool::kind().placed(
            "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/\
             Microsoft.ContainerService/managedClusters/{kubernetes_cluster_name}/agentPools/{name}",
        ),
        &["name", "kubernetes_cluster_name", "resource_group_name"],
        more,
    )
    .without(&["kubernetes_cluster_id", "temporary_name_for_rotation"])
}
