//! `azurerm_bastion_host`: the way in to machines that have no public address.

use serde_json::Value as Json;

use super::super::wire::{
    Codec, PlanCase, Row, Rule, Same, Table, block, finding, flag, integer, json as at, location, resource_group_name,
    tags, text, text_set,
};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::identity::subscription_list;
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;
use crate::value::Value;

/// A bastion.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Bastion)
}

/// From the least to the most; what is above can be had in place, what is below only anew.
const SKUS: [&str; 4] = ["Developer", "Basic", "Standard", "Premium"];

fn table() -> Table {
    Table::of(
        "azurerm_bastion_host",
        "Microsoft.Network/bastionHosts",
        "2024-01-01",
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         bastionHosts/{name}",
    )
    .about("The way in to machines that have no public address.")
    .rows([
        text("name").required().replaces().about("The name of the bastion.").rule(Rule::Pattern(
            r"^[A-Za-z0-9]([\w.-]{0,78}\w)?$",
            "(must be 1 to 80 letters, digits, `_`, `.` or `-`, begin with a letter or digit and end with one or `_`)",
        )),
        resource_group_name(),
        location(),
        flag("copy_paste_enabled").default_to(true).tacit().spelled(Codec::Inverted).at("properties.disableCopyPaste"),
        feature("file_copy_enabled", "properties.enableFileCopy"),
        block(
            "ip_configuration",
            vec![
                text("name").required().replaces().at("name"),
                text("subnet_id").required().replaces().same(Same::ArmId).at("properties.subnet.id"),
                text("public_ip_address_id")
                    .required()
                    .replaces()
                    .same(Same::ArmId)
                    .at("properties.publicIPAddress.id"),
            ],
        )
        .replaces()
        .spelled(Codec::Single)
        .at("properties.ipConfigurations")
        .about("The subnet AzureBastionSubnet that it is in, and its public address."),
        feature("ip_connect_enabled", "properties.enableIpConnect"),
        feature("kerberos_enabled", "properties.enableKerberos"),
        integer("scale_units").default_to(2).range(2, 50).at("properties.scaleUnits"),
        feature("shareable_link_enabled", "properties.enableShareableLink"),
        text("sku").default_to("Basic").one_of(&SKUS).at("sku.name"),
        feature("tunneling_enabled", "properties.enableTunneling"),
        feature("session_recording_enabled", "properties.enableSessionRecording"),
        text("virtual_network_id")
            .replaces()
            .same(Same::ArmId)
            .at("properties.virtualNetwork.id")
            .about("The network, with the SKU Developer."),
        text("dns_name").computed().at("properties.dnsName"),
        text_set("zones").replaces().at("zones"),
        tags(),
    ])
}

fn feature(name: &'static str, path: &'static str) -> Row {
    flag(name).default_to(false).tacit().at(path)
}

/// What needs the SKU Standard at least.
const OF_STANDARD: [&str; 5] =
    ["file_copy_enabled", "ip_connect_enabled", "kerberos_enabled", "shareable_link_enabled", "tunneling_enabled"];

struct Bastion;

fn rank(sku: &str) -> Option<usize> {
    SKUS.iter().position(|known| *known == sku)
}

impl Hooks for Bastion {
    fn validate(&self, config: &Value) -> Vec<Finding> {
        let sku = match config.field("sku") {
            Some(sku) if !sku.is_known() => return Vec::new(),
            sku => sku.and_then(Value::as_str).unwrap_or("Basic"),
        };
        let is_below = |least: &str| rank(sku) < rank(least);
        let is_on = |name: &str| config.field(name).and_then(Value::as_bool) == Some(true);
        let mut found = Vec::new();
        let mut refuse = |name: &str, detail: String| {
            found.push(finding(name, Diagnostic::error("Not with this SKU", detail)));
        };
        for name in OF_STANDARD.iter().filter(|name| is_below("Standard") && is_on(name)) {
            refuse(name, format!("`{name}` is only supported when `sku` is `Standard` or `Premium`, not {sku:?}."));
        }
        if is_below("Premium") && is_on("session_recording_enabled") {
            let detail = "`session_recording_enabled` is only supported when `sku` is `Premium`";
            refuse("session_recording_enabled", format!("{detail}, not {sku:?}."));
        }
        let units = config.field("scale_units").and_then(Value::as_number).map(ToString::to_string);
        if is_below("Standard") && units.is_some_and(|units| units != "2") {
            let detail =
                "`scale_units` can only be changed when `sku` is `Standard` or `Premium`; it is always 2 below.";
            refuse("scale_units", detail.to_owned());
        }
        let network = config.field("virtual_network_id").is_some_and(|network| !network.is_null());
        if network && sku != "Developer" {
            refuse(
                "virtual_network_id",
                "`virtual_network_id` is only supported when `sku` is `Developer`.".to_owned(),
            );
        } else if !network && sku == "Developer" {
            refuse("sku", "`virtual_network_id` is required when `sku` is `Developer`.".to_owned());
        }
        let blocks = config.field("ip_configuration").and_then(Value::as_elements).unwrap_or_default();
        let subnet = blocks.first().and_then(|one| one.field("subnet_id")?.as_str());
        if subnet.is_some_and(|id| !id.to_ascii_lowercase().ends_with("/azurebastionsubnet")) {
            let detail = "A bastion can only be in a subnet that is named AzureBastionSubnet.";
            let refusal = Diagnostic::error("Not the subnet of bastions", detail);
            found.push(finding("ip_configuration.subnet_id", refusal));
        }
        found
    }

    /// Azure takes no bastion down to a lesser SKU.
    fn plan(&self, case: &mut PlanCase<'_>) {
        let sku = |value: Option<&Value>| value.and_then(Value::as_str).and_then(rank);
        if let (Some(before), Some(after)) = (sku(case.prior_at("sku")), sku(case.planned_at("sku")))
            && after < before
        {
            case.replace("sku");
        }
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        if at::get_str(body, "properties.virtualNetwork.id").is_none() {
            at::remove(body, "properties.virtualNetwork");
        }
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Network/bastionHosts")
    }
}
