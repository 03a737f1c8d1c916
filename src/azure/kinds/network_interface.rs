//! `azurerm_network_interface`, and the security group that it uses as a resource of its own.

use serde_json::{Value as Json, json};

use super::super::wire::{
    Rule, Same, Table, blocks, finding, flag, json as at, location, name, resource_group_name, same_text, tags, text,
    texts,
};
use super::arm_kind::ArmKind;
use super::hooks::{Hooks, Plain};
use super::identity::subscription_list;
use super::network::NETWORK;
use super::part_kind::{Part, PartKind};
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;
use crate::value::Value;

/// A network interface.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Interface)
}

/// `azurerm_network_interface_security_group_association`
pub fn security_group() -> PartKind {
    let table = Table::of(
        "azurerm_network_interface_security_group_association",
        "Microsoft.Network/networkInterfaces",
        NETWORK,
        "{network_interface_id}|{network_security_group_id}",
    )
    .about("The security group of a network interface.")
    .rows([
        text("network_interface_id").required().replaces().same(Same::ArmId).about("The interface."),
        text("network_security_group_id").required().replaces().same(Same::ArmId).at("id").about("The group."),
    ]);
    PartKind::new(ArmKind::new(table, Plain), SecurityGroup)
}

fn table() -> Table {
    Table::of(
        "azurerm_network_interface",
        "Microsoft.Network/networkInterfaces",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         networkInterfaces/{name}",
    )
    .about("A network interface, by which a machine is in a subnet.")
    .tells_of(&["azurerm_linux_virtual_machine"])
    .rows([
        name(),
        resource_group_name(),
        location(),
        configurations(),
        text("auxiliary_mode")
            .one_of(&["AcceleratedConnections", "Floating", "MaxConnections", "None"])
            .filled_as("None")
            .rule(Rule::With(&["auxiliary_sku"]))
            .at("properties.auxiliaryMode"),
        text("auxiliary_sku")
            .one_of(&["A1", "A2", "A4", "A8", "None"])
            .filled_as("None")
            .rule(Rule::With(&["auxiliary_mode"]))
            .at("properties.auxiliarySku"),
        texts("dns_servers").at("properties.dnsSettings.dnsServers").about("Instead of those of the network."),
        text("edge_zone").replaces().same(Same::Location).at("extendedLocation.name"),
        flag("accelerated_networking_enabled").default_to(false).at("properties.enableAcceleratedNetworking"),
        flag("ip_forwarding_enabled").default_to(false).at("properties.enableIPForwarding"),
        text("internal_dns_name_label").at("properties.dnsSettings.internalDnsNameLabel"),
        text("internal_domain_name_suffix").computed().at("properties.dnsSettings.internalDomainNameSuffix"),
        texts("applied_dns_servers")
            .computed()
            .follows(&["dns_servers"])
            .at("properties.dnsSettings.appliedDnsServers"),
        text("mac_address").computed().at("properties.macAddress"),
        text("private_ip_address").computed().follows(&["ip_configuration"]).at("address"),
        texts("private_ip_addresses").computed().follows(&["ip_configuration"]).at("addresses"),
        text("virtual_machine_id").computed().same(Same::ArmId).at("properties.virtualMachine.id"),
        tags(),
    ])
}

fn configurations() -> super::super::wire::Row {
    let rows = vec![
        text("name").required().at("name"),
        text("subnet_id").same(Same::ArmId).at("properties.subnet.id"),
        text("private_ip_address").or_computed().at("properties.privateIPAddress"),
        text("private_ip_address_version")
            .default_to("IPv4")
            .one_of(&["IPv4", "IPv6"])
            .at("properties.privateIPAddressVersion"),
        text("private_ip_address_allocation")
            .required()
            .one_of(&["Dynamic", "Static"])
            .at("properties.privateIPAllocationMethod"),
        text("public_ip_address_id").same(Same::ArmId).at("properties.publicIPAddress.id"),
        flag("primary").or_computed().at("properties.primary"),
        text("gateway_load_balancer_frontend_ip_configuration_id")
            .or_computed()
            .same(Same::ArmId)
            .at("properties.gatewayLoadBalancer.id"),
    ];
    blocks("ip_configuration", rows).required().at("properties.ipConfigurations").about("Its addresses.")
}

struct Interface;

/// What is laid beside Azure's members for the rows.
const LAID: [&str; 2] = ["address", "addresses"];

/// Members of a configuration that refer to something, and are left out when they refer to nothing.
const REFERENCES: [&str; 3] = ["subnet", "publicIPAddress", "gatewayLoadBalancer"];

impl Hooks for Interface {
    fn validate(&self, config: &Value) -> Vec<Finding> {
        let all = config.field("ip_configuration").and_then(Value::as_elements).unwrap_or_default();
        let mut findings = Vec::new();
        let is_open = |value: &Value| value.field("primary").is_none_or(|primary| !primary.is_known());
        let is_primary = |value: &&Value| value.field("primary").and_then(Value::as_bool) == Some(true);
        if all.len() > 1 && !all.iter().any(is_open) && all.iter().filter(is_primary).count() != 1 {
            let detail = "Of several ip_configuration blocks exactly one must say primary = true.";
            findings.push(finding("ip_configuration", Diagnostic::error("No primary configuration", detail)));
        }
        let lacks_subnet = |value: &&Value| {
            let is_null = |name: &str| value.field(name).is_none_or(Value::is_null);
            let version = value.field("private_ip_address_version").and_then(Value::as_str).unwrap_or("IPv4");
            is_null("subnet_id") && version == "IPv4"
        };
        if all.iter().any(|value| lacks_subnet(&value)) {
            let detail = "A Subnet ID must be specified for an IPv4 Network Interface.";
            findings.push(finding("ip_configuration", Diagnostic::error("Missing subnet", detail)));
        }
        let lacks_address = |value: &&Value| {
            let allocation = value.field("private_ip_address_allocation").and_then(Value::as_str);
            allocation == Some("Static") && value.field("private_ip_address").is_none_or(Value::is_null)
        };
        if all.iter().any(|value| lacks_address(&value)) {
            let detail = "An ip_configuration whose allocation is Static needs its private_ip_address.";
            findings.push(finding("ip_configuration", Diagnostic::error("Missing address", detail)));
        }
        findings
    }

    fn renamed(&self, path: &[&str]) -> Option<String> {
        let now = match path {
            ["enable_accelerated_networking"] => "accelerated_networking_enabled",
            ["enable_ip_forwarding"] => "ip_forwarding_enabled",
            _ => return None,
        };
        Some(format!("This argument is named {now:?} since azurerm 4."))
    }

    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        let all = at::get(answer, "properties.ipConfigurations").and_then(Json::as_array).cloned().unwrap_or_default();
        let address = |one: &Json| at::get_str(one, "properties.privateIPAddress").map(str::to_owned);
        let addresses: Vec<_> = all.iter().filter_map(address).collect();
        let is_primary = |one: &&Json| at::get(one, "properties.primary").and_then(Json::as_bool) == Some(true);
        let primary = all.iter().find(is_primary).or_else(|| all.first()).and_then(address);
        at::set(answer, "address", json!(primary));
        at::set(answer, "addresses", json!(addresses));
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        for laid in LAID {
            at::remove(body, laid);
        }
        let all = at::slot(body, "properties.ipConfigurations").as_array_mut();
        for one in all.into_iter().flatten() {
            for name in REFERENCES {
                let path = format!("properties.{name}");
                if at::get_str(one, &format!("{path}.id")).is_none_or(str::is_empty) {
                    at::remove(one, &path);
                }
            }
        }
    }

    fn lane(&self, id: &str) -> Option<String> {
        Some(format!("network:{id}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Network/networkInterfaces")
    }
}

/// The group that an interface uses.
struct SecurityGroup;

const GROUP: &str = "properties.networkSecurityGroup";

impl Part for SecurityGroup {
    fn whole(&self, id: &str) -> Option<String> {
        id.split_once('|').map(|(interface, _)| interface.to_owned())
    }

    fn find(&self, whole: &Json, id: &str) -> Option<Json> {
        let (_, group) = id.split_once('|')?;
        let found = at::get(whole, GROUP)?;
        same_text(Same::ArmId, at::get_str(found, "id")?, group).then(|| found.clone())
    }

    fn put(&self, whole: &mut Json, _id: &str, part: Json) {
        at::set(whole, GROUP, part);
    }

    fn take(&self, whole: &mut Json, _id: &str) {
        at::remove(whole, GROUP);
    }

    fn lane(&self, whole: &str) -> String {
        format!("network:{whole}")
    }
}
