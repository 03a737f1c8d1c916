//! `azurerm_virtual_network` and `azurerm_subnet`

use serde_json::{Value as Json, json};

use super::super::wire::{
    Codec, Dialect, Row, Rule, Same, Table, block, block_set, blocks, flag, integer, json as at, location, name,
    resource_group_name, tags, text, text_set, texts,
};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::identity::subscription_list;
use crate::value::Value;

/// The api-version of `Microsoft.Network`.
pub const NETWORK: &str = "2024-05-01";

/// A virtual network.
pub fn virtual_network() -> ArmKind {
    ArmKind::new(network_table(), Network)
}

/// A subnet of a virtual network.
pub fn subnet() -> ArmKind {
    ArmKind::new(subnet_table(), Subnet)
}

fn network_table() -> Table {
    Table::of(
        "azurerm_virtual_network",
        "Microsoft.Network/virtualNetworks",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         virtualNetworks/{name}",
    )
    .about("A virtual network.")
    .tells_of(&[
        "azurerm_subnet",
        "azurerm_subnet_network_security_group_association",
        "azurerm_subnet_route_table_association",
    ])
    .rows([
        name(),
        resource_group_name(),
        location(),
        text_set("address_space")
            .at("properties.addressSpace.addressPrefixes")
            .rule(Rule::ExactlyOneOf(&["address_space", "ip_address_pool"]))
            .rule(Rule::AtLeast(1))
            .about("The address ranges of the network."),
        blocks("ip_address_pool", pool_rows())
            .at_most(2)
            .at("properties.addressSpace.ipamPoolPrefixAllocations")
            .about("Pools that the address ranges are taken from."),
        text("bgp_community").at("properties.bgpCommunities.virtualNetworkCommunity"),
        block(
            "ddos_protection_plan",
            vec![
                text("id").required().at("ddosProtectionPlan.id").same(Same::ArmId),
                flag("enable").required().at("enableDdosProtection"),
            ],
        )
        .at("properties")
        .off(super::super::wire::Off::MembersNull),
        block(
            "encryption",
            vec![text("enforcement").required().at("enforcement").one_of(&["AllowUnencrypted", "DropUnencrypted"])],
        )
        .at("properties.encryption")
        .switched_by("enabled"),
        texts("dns_servers").or_computed().at("properties.dhcpOptions.dnsServers"),
        text("edge_zone").replaces().same(Same::Location).at("extendedLocation.name"),
        integer("flow_timeout_in_minutes").range(4, 30).at("properties.flowTimeoutInMinutes"),
        text("guid").computed().at("properties.resourceGuid"),
        text("private_endpoint_vnet_policies")
            .default_to("Disabled")
            .one_of(&["Disabled", "Basic"])
            .at("properties.privateEndpointVNetPolicies"),
        block_set("subnet", inline_subnet_rows())
            .or_computed()
            .mirrors()
            .at("properties.subnets")
            .about("Subnets written inside the network. Use azurerm_subnet or this, not both."),
        tags(),
    ])
}

fn pool_rows() -> Vec<Row> {
    vec![
        text("id").required().same(Same::ArmId).at("pool.id"),
        text("number_of_ip_addresses").required().at("numberOfIpAddresses"),
        texts("allocated_ip_address_prefixes").computed().at("allocatedAddressPrefixes"),
    ]
}

fn inline_subnet_rows() -> Vec<Row> {
    let mut rows = vec![
        text("name").required().at("name"),
        texts("address_prefixes").required().at("properties.addressPrefixes").same(Same::Unordered),
        text("id").computed().at("id"),
        text("route_table_id").at("properties.routeTable.id").same(Same::ArmId),
        text("security_group").at("properties.networkSecurityGroup.id").same(Same::ArmId),
    ];
    rows.extend(subnet_settings());
    rows.push(blocks("delegation", delegation_rows()).at_most(1).at("properties.delegations"));
    rows
}

fn subnet_table() -> Table {
    let mut rows = vec![
        name(),
        resource_group_name(),
        text("virtual_network_name").required().replaces().same(Same::Caseless),
        texts("address_prefixes")
            .at("properties.addressPrefixes")
            .same(Same::Unordered)
            .rule(Rule::ExactlyOneOf(&["address_prefixes", "ip_address_pool"]))
            .rule(Rule::AtLeast(1))
            .about("The address ranges of the subnet."),
        blocks("ip_address_pool", pool_rows()).at_most(1).at("properties.ipamPoolPrefixAllocations"),
        blocks("delegation", delegation_rows()).at("properties.delegations"),
        text("network_security_group_id").computed().at("properties.networkSecurityGroup.id"),
        text("network_security_group_id_wo")
            .write_only()
            .at("properties.networkSecurityGroup.id")
            .rule(Rule::With(&["network_security_group_id_wo_version"])),
        integer("network_security_group_id_wo_version").rule(Rule::With(&["network_security_group_id_wo"])),
        text("route_table_id").computed().at("properties.routeTable.id"),
        text("route_table_id_wo")
            .write_only()
            .at("properties.routeTable.id")
            .rule(Rule::With(&["route_table_id_wo_version"])),
        integer("route_table_id_wo_version").rule(Rule::With(&["route_table_id_wo"])),
        text("sharing_scope").at("properties.sharingScope").one_of(&["Tenant", "DelegatedServices"]),
    ];
    rows.extend(subnet_settings());
    Table::of(
        "azurerm_subnet",
        "Microsoft.Network/virtualNetworks/subnets",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         virtualNetworks/{virtual_network_name}/subnets/{name}",
    )
    .about("A subnet of a virtual network.")
    .tells_of(&["azurerm_subnet_network_security_group_association", "azurerm_subnet_route_table_association"])
    .rows(rows)
}

/// What a subnet has, whether it is written inside its network or on its own.
fn subnet_settings() -> Vec<Row> {
    vec![
        flag("default_outbound_access_enabled").default_to(true).at("properties.defaultOutboundAccess"),
        text("private_endpoint_network_policies")
            .default_to("Disabled")
            .one_of(&["Disabled", "Enabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled"])
            .at("properties.privateEndpointNetworkPolicies"),
        flag("private_link_service_network_policies_enabled")
            .default_to(true)
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.privateLinkServiceNetworkPolicies"),
        text_set("service_endpoints")
            .only_in(Dialect::V4)
            .same(Same::Caseless)
            .spelled(Codec::Member("service"))
            .at("properties.serviceEndpoints")
            .about("Services reached through the subnet (azurerm 4.x; in 5.x a service_endpoint block each)."),
        blocks(
            "service_endpoint",
            vec![
                text("service").required().same(Same::Caseless).at("service"),
                text("network_identifier").same(Same::ArmId).at("networkIdentifier.id"),
            ],
        )
        .only_in(Dialect::V5)
        .same(Same::Unordered)
        .at("properties.serviceEndpoints")
        .about("A service reached through the subnet (azurerm 5.x)."),
        text_set("service_endpoint_policy_ids")
            .same(Same::ArmId)
            .spelled(Codec::Member("id"))
            .at("properties.serviceEndpointPolicies"),
    ]
}

fn delegation_rows() -> Vec<Row> {
    vec![
        text("name").required().at("name"),
        block(
            "service_delegation",
            vec![
                text("name").required().at("serviceName").same(Same::Caseless),
                text_set("actions").at("actions").same(Same::Caseless),
            ],
        )
        .required()
        .at("properties"),
    ]
}

/// What a virtual network's table cannot say.
pub struct Network;

impl Hooks for Network {
    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        for subnet in at::slot(answer, "properties.subnets").as_array_mut().into_iter().flatten() {
            prefixes_as_list(subnet);
        }
    }

    fn lane(&self, id: &str) -> Option<String> {
        Some(format!("network:{id}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Network/virtualNetworks")
    }
}

/// What a subnet's table cannot say.
pub struct Subnet;

impl Hooks for Subnet {
    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        prefixes_as_list(answer);
    }

    fn renamed(&self, path: &[&str]) -> Option<String> {
        match path {
            ["address_prefix"] => Some("This argument is named \"address_prefixes\" and takes a list.".to_owned()),
            ["enforce_private_link_endpoint_network_policies" | "private_endpoint_network_policies_enabled"] => Some(
                "This argument is named \"private_endpoint_network_policies\" and takes a word: \"Enabled\"."
                    .to_owned(),
            ),
            ["enforce_private_link_service_network_policies"] => {
                Some("This argument is named \"private_link_service_network_policies_enabled\".".to_owned())
            }
            _ => None,
        }
    }

    /// Azure changes one subnet of a network at a time.
    fn lane(&self, id: &str) -> Option<String> {
        let (network, _) = id.rsplit_once("/subnets/")?;
        Some(format!("network:{network}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        let (list, _) = id.rsplit_once('/')?;
        Some(list.to_owned())
    }
}

/// Azure answers a single range under another name, which must not be sent beside the list.
fn prefixes_as_list(subnet: &mut Json) {
    let Some(single) = at::remove(subnet, "properties.addressPrefix") else { return };
    if at::get(subnet, "properties.addressPrefixes").is_none() && !single.is_null() {
        at::set(subnet, "properties.addressPrefixes", json!([single]));
    }
}
