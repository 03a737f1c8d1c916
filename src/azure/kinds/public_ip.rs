//! `azurerm_public_ip` and `azurerm_nat_gateway`

use serde_json::{Map, Value as Json, json};

use super::super::wire::{
    PlanCase, Rule, Same, Table, integer, json as at, location, name, resource_group_name, tags, text, text_map,
    text_set,
};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::identity::subscription_list;
use super::network::NETWORK;
use crate::value::Value;

/// A public address.
pub fn address() -> ArmKind {
    ArmKind::new(address_table(), Address)
}

/// A range of public addresses.
pub fn prefix() -> ArmKind {
    ArmKind::new(prefix_table(), Prefix)
}

/// A NAT gateway.
pub fn nat_gateway() -> ArmKind {
    ArmKind::new(gateway_table(), Gateway)
}

fn address_table() -> Table {
    Table::of(
        "azurerm_public_ip",
        "Microsoft.Network/publicIPAddresses",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         publicIPAddresses/{name}",
    )
    .about("A public IP address.")
    .rows([
        name(),
        resource_group_name(),
        location(),
        text("allocation_method")
            .required()
            .one_of(&["Static", "Dynamic"])
            .at("properties.publicIPAllocationMethod")
            .about("Whether the address stays the same."),
        text("sku").default_to("Standard").replaces().one_of(&["Basic", "Standard", "StandardV2"]).at("sku.name"),
        text("sku_tier").default_to("Regional").replaces().one_of(&["Global", "Regional"]).at("sku.tier"),
        text("ip_version")
            .default_to("IPv4")
            .replaces()
            .one_of(&["IPv4", "IPv6"])
            .at("properties.publicIPAddressVersion"),
        text_set("zones").replaces().at("zones"),
        integer("idle_timeout_in_minutes").default_to(4).range(4, 30).at("properties.idleTimeoutInMinutes"),
        text("ddos_protection_mode")
            .default_to("VirtualNetworkInherited")
            .one_of(&["Disabled", "Enabled", "VirtualNetworkInherited"])
            .at("properties.ddosSettings.protectionMode"),
        text("ddos_protection_plan_id").same(Same::ArmId).at("properties.ddosSettings.ddosProtectionPlan.id"),
        text("domain_name_label")
            .at("properties.dnsSettings.domainNameLabel")
            .about("The first part of the address's name in Azure's domain.")
            .rule(Rule::Pattern(
                "^[a-z][a-z0-9-]{1,61}[a-z0-9]$",
                "(must be 3 to 63 lower-case letters, digits or `-`, begin with a letter and not end with `-`)",
            )),
        text("domain_name_label_scope")
            .one_of(&["NoReuse", "ResourceGroupReuse", "SubscriptionReuse", "TenantReuse"])
            .at("properties.dnsSettings.domainNameLabelScope"),
        text("reverse_fqdn").at("properties.dnsSettings.reverseFqdn"),
        text("public_ip_prefix_id").replaces().same(Same::ArmId).at("properties.publicIPPrefix.id"),
        text_map("ip_tags").replaces().at("ipTags").about("Tags of the address itself, such as RoutingPreference."),
        text("edge_zone").replaces().same(Same::Location).at("extendedLocation.name"),
        text("ip_address").computed().at("properties.ipAddress"),
        text("fqdn").computed().follows(&["domain_name_label"]).at("properties.dnsSettings.fqdn"),
        tags(),
    ])
}

fn prefix_table() -> Table {
    Table::of(
        "azurerm_public_ip_prefix",
        "Microsoft.Network/publicIPPrefixes",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         publicIPPrefixes/{name}",
    )
    .about("A range of public IP addresses.")
    .rows([
        name(),
        resource_group_name(),
        location(),
        text("sku").default_to("Standard").replaces().one_of(&["Standard", "StandardV2"]).at("sku.name"),
        text("sku_tier").default_to("Regional").replaces().one_of(&["Global", "Regional"]).at("sku.tier"),
        integer("prefix_length")
            .default_to(28)
            .replaces()
            .range(0, 127)
            .at("properties.prefixLength")
            .about("How many bits all addresses share: 28 for sixteen addresses."),
        text("ip_version")
            .default_to("IPv4")
            .replaces()
            .one_of(&["IPv4", "IPv6"])
            .at("properties.publicIPAddressVersion"),
        text_set("zones").replaces().at("zones"),
        text("custom_ip_prefix_id").replaces().same(Same::ArmId).at("properties.customIPPrefix.id"),
        text("ip_prefix").computed().at("properties.ipPrefix"),
        tags(),
    ])
}

fn gateway_table() -> Table {
    Table::of(
        "azurerm_nat_gateway",
        "Microsoft.Network/natGateways",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         natGateways/{name}",
    )
    .about("A NAT gateway.")
    .tells_of(&["azurerm_nat_gateway_public_ip_association"])
    .rows([
        name(),
        resource_group_name(),
        location(),
        text("sku_name").default_to("Standard").replaces().one_of(&["Standard", "StandardV2"]).at("sku.name"),
        integer("idle_timeout_in_minutes").default_to(4).range(4, 120).at("properties.idleTimeoutInMinutes"),
        text_set("zones").replaces().at("zones"),
        text("resource_guid").computed().at("properties.resourceGuid"),
        tags(),
    ])
}

struct Address;

impl Hooks for Address {
    /// An address of the Standard SKU is never taken away, and Azure refuses to have it otherwise.
    fn plan(&self, case: &mut PlanCase<'_>) {
        let text = |name: &str| case.planned_at(name).and_then(Value::as_str);
        let is_standard = text("sku").is_some_and(|sku| sku != "Basic");
        if is_standard && text("allocation_method") == Some("Dynamic") {
            case.refuse(
                "allocation_method",
                "Static IP Addresses are required for Standard SKU",
                "Set allocation_method = \"Static\"; only the Basic SKU, which Azure has retired, has dynamic addresses.",
            );
        }
    }

    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        let tags = at::get(answer, "properties.ipTags").and_then(Json::as_array).cloned().unwrap_or_default();
        let pairs =
            tags.iter().filter_map(|tag| Some((at::get_str(tag, "ipTagType")?.to_owned(), tag.get("tag")?.clone())));
        let pairs: Map<String, Json> = pairs.collect();
        if !pairs.is_empty() {
            at::set(answer, "ipTags", Json::Object(pairs));
        }
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        if let Some(Json::Object(pairs)) = at::remove(body, "ipTags") {
            let tags = pairs.into_iter().map(|(kind, tag)| json!({ "ipTagType": kind, "tag": tag }));
            at::set(body, "properties.ipTags", tags.collect());
        }
        if at::get(body, "extendedLocation.name").is_some() {
            at::set(body, "extendedLocation.type", json!("EdgeZone"));
        }
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Network/publicIPAddresses")
    }
}

struct Gateway;

impl Hooks for Gateway {
    fn lane(&self, id: &str) -> Option<String> {
        Some(format!("network:{id}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Network/natGateways")
    }
}

struct Prefix;

impl Hooks for Prefix {
    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Network/publicIPPrefixes")
    }
}
