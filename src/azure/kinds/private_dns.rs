//! `azurerm_private_dns_zone`, its records of addresses and of other names, and
//! `azurerm_private_dns_zone_virtual_network_link`

use serde_json::{Value as Json, json};

use super::super::wire::{
    Codec, Rule, Same, Table, flag, integer, json as at, name, resource_group_name, tags, text, text_map, text_set,
};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::identity::subscription_list;
use crate::value::Value;

/// The api-version of private DNS.
const PRIVATE_DNS: &str = "2024-06-01";

/// A private DNS zone.
pub fn zone() -> ArmKind {
    ArmKind::new(zone_table(), Zone)
}

/// A network in which a zone is known.
pub fn link() -> ArmKind {
    ArmKind::new(link_table(), Child)
}

/// A record of addresses in a zone.
pub fn a_record() -> ArmKind {
    ArmKind::new(record_table(), Record)
}

/// A name in a zone that stands for another one.
pub fn cname_record() -> ArmKind {
    ArmKind::new(cname_table(), Record)
}

/// A zone's own name has other records, and beside a CNAME there can be none (RFC 1034, 3.6.2).
pub(super) const NOT_THE_ZONE: Rule =
    Rule::Pattern(r"^([^@].*|@.+|)$", "(the zone's own name cannot stand for another one: use an A record)");

fn zone_table() -> Table {
    Table::of(
        "azurerm_private_dns_zone",
        "Microsoft.Network/privateDnsZones",
        PRIVATE_DNS,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         privateDnsZones/{name}",
    )
    .about("A private DNS zone.")
    .tells_of(&["azurerm_private_dns_a_record", "azurerm_private_dns_cname_record", "azurerm_private_endpoint"])
    .constant("location", "global")
    .rows([
        name(),
        resource_group_name(),
        integer("number_of_record_sets").computed().at("properties.numberOfRecordSets"),
        integer("max_number_of_record_sets").computed().at("properties.maxNumberOfRecordSets"),
        integer("max_number_of_virtual_network_links").computed().at("properties.maxNumberOfVirtualNetworkLinks"),
        integer("max_number_of_virtual_network_links_with_registration")
            .computed()
            .at("properties.maxNumberOfVirtualNetworkLinksWithRegistration"),
        tags(),
    ])
}

fn link_table() -> Table {
    Table::of(
        "azurerm_private_dns_zone_virtual_network_link",
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        PRIVATE_DNS,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         privateDnsZones/{private_dns_zone_name}/virtualNetworkLinks/{name}",
    )
    .about("A virtual network in which a private DNS zone is known.")
    .constant("location", "global")
    .rows([
        name(),
        resource_group_name(),
        text("private_dns_zone_name").required().replaces().same(Same::Caseless),
        text("virtual_network_id").required().replaces().same(Same::ArmId).at("properties.virtualNetwork.id"),
        flag("registration_enabled").default_to(false).at("properties.registrationEnabled"),
        text("resolution_policy")
            .or_computed()
            .one_of(&["Default", "NxDomainRedirect"])
            .at("properties.resolutionPolicy"),
        tags(),
    ])
}

fn record_table() -> Table {
    Table::of(
        "azurerm_private_dns_a_record",
        "Microsoft.Network/privateDnsZones/A",
        PRIVATE_DNS,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         privateDnsZones/{zone_name}/A/{name}",
    )
    .about("A record of addresses in a private DNS zone.")
    .rows([
        name(),
        resource_group_name(),
        text("zone_name").required().replaces().same(Same::Caseless),
        integer("ttl").required().range(1, 2_147_483_647).at("properties.ttl"),
        text_set("records")
            .required()
            .rule(Rule::AtLeast(1))
            .spelled(Codec::Member("ipv4Address"))
            .at("properties.aRecords"),
        text("fqdn").computed().at("properties.fqdn"),
        text_map("tags").at("properties.metadata").about("Tags of the record, which Azure calls its metadata."),
    ])
}

fn cname_table() -> Table {
    Table::of(
        "azurerm_private_dns_cname_record",
        "Microsoft.Network/privateDnsZones/CNAME",
        PRIVATE_DNS,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         privateDnsZones/{zone_name}/CNAME/{name}",
    )
    .about("A name in a private DNS zone that stands for another one.")
    .rows([
        name().rule(NOT_THE_ZONE),
        resource_group_name(),
        text("zone_name").required().replaces().same(Same::Caseless),
        integer("ttl").required().range(1, 2_147_483_647).at("properties.ttl"),
        text("record").required().at("properties.cnameRecord.cname").about("The other name."),
        text("fqdn").computed().at("properties.fqdn"),
        text_map("tags").at("properties.metadata").about("Tags of the record, which Azure calls its metadata."),
    ])
}

struct Zone;

impl Hooks for Zone {
    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Network/privateDnsZones")
    }
}

struct Child;

impl Hooks for Child {
    fn list_of(&self, id: &str) -> Option<String> {
        let (list, _) = id.rsplit_once('/')?;
        Some(list.to_owned())
    }
}

pub(super) struct Record;

impl Hooks for Record {
    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        let properties = at::remove(body, "properties").unwrap_or_else(|| json!({}));
        *body = json!({ "properties": properties });
    }

    fn list_of(&self, id: &str) -> Option<String> {
        let (list, _) = id.rsplit_once('/')?;
        Some(list.to_owned())
    }
}
