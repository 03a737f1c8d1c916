//! `azurerm_dns_zone`, its records of addresses and of other names

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::ArmError;
use super::super::session::Azure;
use super::super::wire::{
    self, Codec, Row, Rule, Same, Table, blocks, integer, json as at, name, resource_group_name, tags, text, text_map,
    text_set,
};
use super::READ;
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use super::identity::subscription_list;
use super::private_dns::{NOT_THE_ZONE, Record};
use crate::value::Value;

/// The api-version of public DNS.
const DNS: &str = "2018-05-01";

/// A public DNS zone.
pub fn zone() -> ArmKind {
    ArmKind::new(zone_table(), Zone)
}

/// A record of addresses in a public zone.
pub fn a_record() -> ArmKind {
    ArmKind::new(record_table(), Record)
}

/// A name in a public zone that stands for another one.
pub fn cname_record() -> ArmKind {
    ArmKind::new(cname_table(), Record)
}

fn zone_table() -> Table {
    Table::of(
        "azurerm_dns_zone",
        "Microsoft.Network/dnsZones",
        DNS,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/dnsZones/{name}",
    )
    .about("A public DNS zone.")
    .tells_of(&["azurerm_dns_a_record", "azurerm_dns_cname_record"])
    .constant("location", "global")
    .rows([
        name(),
        resource_group_name(),
        integer("max_number_of_record_sets").computed().at("properties.maxNumberOfRecordSets"),
        integer("number_of_record_sets").computed().at("properties.numberOfRecordSets"),
        text_set("name_servers").computed().at("properties.nameServers"),
        soa_record(),
        tags(),
    ])
}

/// The zone's record of authority, which is a record of its own to Azure: it is laid beside the zone's answer.
fn soa_record() -> Row {
    blocks(
        "soa_record",
        vec![
            text("email").required().at("SOARecord.email"),
            integer("expire_time").default_to(2_419_200).at("SOARecord.expireTime"),
            integer("minimum_ttl").default_to(300).at("SOARecord.minimumTTL"),
            integer("refresh_time").default_to(3600).at("SOARecord.refreshTime"),
            integer("retry_time").default_to(300).at("SOARecord.retryTime"),
            integer("serial_number").default_to(1).at("SOARecord.serialNumber"),
            integer("ttl").default_to(3600).range(0, 2_147_483_647).at("TTL"),
            text_map("tags").at("metadata"),
            text("host_name").computed().at("SOARecord.host"),
            text("fqdn").computed().at("fqdn"),
        ],
    )
    .or_computed()
    .at_most(1)
    .at(AUTHORITY)
}

/// Where the record of authority is laid in the zone's answer.
const AUTHORITY: &str = "authority";

fn record_table() -> Table {
    Table::of(
        "azurerm_dns_a_record",
        "Microsoft.Network/dnsZones/A",
        DNS,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         dnsZones/{zone_name}/A/{name}",
    )
    .about("A record of addresses in a public DNS zone.")
    .rows([
        name(),
        resource_group_name(),
        text("zone_name").required().replaces().same(Same::Caseless),
        integer("ttl").required().range(0, 2_147_483_647).at("properties.TTL"),
        text_set("records")
            .rule(Rule::Conflicts(&["target_resource_id"]))
            .spelled(Codec::Member("ipv4Address"))
            .at("properties.ARecords"),
        text("target_resource_id")
            .rule(Rule::Conflicts(&["records"]))
            .same(Same::ArmId)
            .at("properties.targetResource.id")
            .about("What the name stands for instead of addresses: a public address, a profile of Traffic Manager."),
        text("fqdn").computed().at("properties.fqdn"),
        text_map("tags").at("properties.metadata").about("Tags of the record, which Azure calls its metadata."),
    ])
}

fn cname_table() -> Table {
    Table::of(
        "azurerm_dns_cname_record",
        "Microsoft.Network/dnsZones/CNAME",
        DNS,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         dnsZones/{zone_name}/CNAME/{name}",
    )
    .about("A name in a public DNS zone that stands for another one.")
    .rows([
        name().rule(NOT_THE_ZONE),
        resource_group_name(),
        text("zone_name").required().replaces().same(Same::Caseless),
        integer("ttl").required().range(0, 2_147_483_647).at("properties.TTL"),
        text("record")
            .rule(Rule::Conflicts(&["target_resource_id"]))
            .at("properties.CNAMERecord.cname")
            .about("The other name."),
        text("target_resource_id")
            .rule(Rule::Conflicts(&["record"]))
            .same(Same::ArmId)
            .at("properties.targetResource.id")
            .about(
                "A resource whose name it stands for instead: a profile of Traffic Manager, an endpoint of Front Door.",
            ),
        text("fqdn").computed().at("properties.fqdn"),
        text_map("tags").at("properties.metadata").about("Tags of the record, which Azure calls its metadata."),
    ])
}

struct Zone;

#[async_trait]
impl Hooks for Zone {
    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        at::remove(body, AUTHORITY);
    }

    async fn read_more(&self, azure: &Azure, id: &str, answer: &mut Json) -> Result<(), ArmError> {
        let found = azure.client.find(format!("{id}/SOA/@"), DNS, &azure.client.patience(READ)).await?;
        if let Some(properties) = found.and_then(|found| at::get(&found.body, "properties").cloned()) {
            at::set(answer, AUTHORITY, properties);
        }
        Ok(())
    }

    async fn write_more(&self, call: &Call<'_>, prior: Option<&Value>, planned: &Value) -> Result<(), Fault> {
        let is_wanted = planned.field("soa_record").and_then(Value::as_elements).is_some_and(|items| !items.is_empty());
        if !is_wanted || prior.is_some_and(|prior| !wire::changed(prior, planned, "soa_record")) {
            return Ok(());
        }
        let id = format!("{}/SOA/@", call.id);
        let found = call.find_at(&id).await?.unwrap_or_else(|| json!({}));
        let properties = at::get(&found, "properties").cloned().unwrap_or_else(|| json!({}));
        let mut body = json!({ AUTHORITY: properties });
        wire::encode(&[soa_record()], &mut body, planned, prior);
        let properties = at::remove(&mut body, AUTHORITY).unwrap_or_default();
        call.put_at(&id, json!({ "properties": properties })).await?;
        Ok(())
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Network/dnsZones")
    }
}
