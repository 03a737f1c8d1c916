//! `azurerm_private_endpoint`. Its group of DNS zones is a resource of its own to Azure.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Method, Request};
use super::super::session::Azure;
use super::super::wire::{
    Row, Rule, Same, Table, block, blocks, changed, flag, integer, json as at, location, name, resource_group_name,
    tags, text, texts,
};
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use super::identity::subscription_list;
use super::network::NETWORK;
use crate::value::Value;

/// An address in a subnet that stands for a service.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Endpoint)
}

fn table() -> Table {
    Table::of(
        "azurerm_private_endpoint",
        "Microsoft.Network/privateEndpoints",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         privateEndpoints/{name}",
    )
    .about("An address in a subnet that stands for a service.")
    .rows([
        name(),
        resource_group_name(),
        location(),
        text("subnet_id").required().replaces().same(Same::ArmId).at("properties.subnet.id"),
        text("custom_network_interface_name").replaces().at("properties.customNetworkInterfaceName"),
        text("edge_zone").replaces().same(Same::Location).at("extendedLocation.name"),
        connection(),
        blocks(
            "ip_configuration",
            vec![
                text("name").required().replaces().at("name"),
                text("private_ip_address").required().replaces().at("properties.privateIPAddress"),
                text("subresource_name").replaces().at("properties.groupId"),
                text("member_name").or_computed().replaces().at("properties.memberName"),
            ],
        )
        .at("properties.ipConfigurations"),
        block(
            "private_dns_zone_group",
            vec![
                text("name").required().at("name"),
                texts("private_dns_zone_ids").required().same(Same::ArmId).at("zoneIds"),
                text("id").computed().at("id"),
            ],
        )
        .at("zoneGroup")
        .about("The private DNS zones in which the endpoint is written down."),
        blocks("custom_dns_configs", vec![text("fqdn").at("fqdn"), texts("ip_addresses").at("ipAddresses")])
            .computed_through()
            .follows(&["private_dns_zone_group"])
            .at("properties.customDnsConfigs"),
        blocks("network_interface", vec![text("id").at("id"), text("name").at("name")])
            .computed_through()
            .at("interfaces"),
        zone_configs(),
        tags(),
    ])
}

fn connection() -> Row {
    const ONE: Rule = Rule::ExactlyOneOf(&[
        "private_service_connection.private_connection_resource_id",
        "private_service_connection.private_connection_resource_alias",
    ]);
    block(
        "private_service_connection",
        vec![
            text("name").required().replaces().at("name"),
            flag("is_manual_connection").required().replaces().at("isManual"),
            text("private_connection_resource_id")
                .replaces()
                .same(Same::ArmId)
                .rule(ONE)
                .at("properties.privateLinkServiceId"),
            text("private_connection_resource_alias").replaces().rule(ONE).at("alias"),
            texts("subresource_names").replaces().same(Same::Unordered).at("properties.groupIds"),
            text("request_message")
                .at("properties.requestMessage")
                .rule(Rule::Pattern("(?s)^.{1,140}$", "(must be 1 to 140 letters)")),
            text("private_ip_address").computed().at("address"),
        ],
    )
    .required()
    .at("connection")
    .about("The service that the endpoint stands for.")
}

fn zone_configs() -> Row {
    let records = vec![
        text("name").at("recordSetName"),
        text("type").at("recordType"),
        text("fqdn").at("fqdn"),
        integer("ttl").at("ttl"),
        texts("ip_addresses").at("ipAddresses"),
    ];
    blocks(
        "private_dns_zone_configs",
        vec![
            text("id").at("id"),
            text("name").at("name"),
            text("private_dns_zone_id").at("properties.privateDnsZoneId"),
            blocks("record_sets", records).at("properties.recordSets"),
        ],
    )
    .computed_through()
    .follows(&["private_dns_zone_group"])
    .at("zoneConfigs")
}

struct Endpoint;

/// What is laid beside Azure's members for the rows, and taken out before anything is sent.
const LAID: [&str; 5] = ["connection", "zoneGroup", "zoneConfigs", "interfaces", "address"];

const AUTOMATIC: &str = "properties.privateLinkServiceConnections";
const MANUAL: &str = "properties.manualPrivateLinkServiceConnections";

/// What an alias of a private link service ends with.
const ALIAS: &str = ".azure.privatelinkservice";

#[async_trait]
impl Hooks for Endpoint {
    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        let first = |wire: &str| at::get(answer, wire).and_then(|list| list.get(0)).cloned();
        let (connection, is_manual) = match (first(AUTOMATIC), first(MANUAL)) {
            (Some(connection), _) => (connection, false),
            (None, Some(connection)) => (connection, true),
            (None, None) => return,
        };
        let mut connection = connection;
        at::set(&mut connection, "isManual", json!(is_manual));
        let service = at::get_str(&connection, "properties.privateLinkServiceId").unwrap_or_default().to_owned();
        if service.ends_with(ALIAS) {
            at::remove(&mut connection, "properties.privateLinkServiceId");
            at::set(&mut connection, "alias", json!(service));
        }
        if !is_manual {
            // Azure says "Please approve my connection" where nobody asked.
            at::remove(&mut connection, "properties.requestMessage");
        }
        if let Some(address) = at::get(answer, "address").cloned() {
            at::set(&mut connection, "address", address);
        }
        at::set(answer, "connection", connection);
    }

    fn lower(&self, body: &mut Json, _planned: &Value, creating: bool) {
        let connection = at::remove(body, "connection");
        for laid in LAID {
            at::remove(body, laid);
        }
        if let Some(mut connection) = connection {
            let is_manual = at::remove(&mut connection, "isManual") == Some(Json::Bool(true));
            at::remove(&mut connection, "address");
            if let Some(alias) = at::remove(&mut connection, "alias") {
                at::set(&mut connection, "properties.privateLinkServiceId", alias);
            }
            let (here, there) = if is_manual { (MANUAL, AUTOMATIC) } else { (AUTOMATIC, MANUAL) };
            at::set(body, here, json!([connection]));
            if creating || at::get(body, there).is_some() {
                at::set(body, there, json!([]));
            }
        }
        if at::get(body, "extendedLocation.name").is_some() {
            at::set(body, "extendedLocation.type", json!("EdgeZone"));
        }
    }

    async fn read_more(&self, azure: &Azure, id: &str, answer: &mut Json) -> Result<(), ArmError> {
        let patience = azure.client.patience(std::time::Duration::from_secs(300));
        let list = Request::new(Method::Get, format!("{id}/privateDnsZoneGroups"), NETWORK);
        if let Some(group) = azure.client.list(&list, &patience).await?.into_iter().next() {
            lay_zones(answer, &group);
        }
        let interfaces = at::get(answer, "properties.networkInterfaces").and_then(Json::as_array).cloned();
        let ids: Vec<_> = interfaces.iter().flatten().filter_map(|i| at::get_str(i, "id").map(str::to_owned)).collect();
        let named = ids.iter().map(|id| json!({ "id": id, "name": id.rsplit('/').next() }));
        at::set(answer, "interfaces", named.collect());
        let Some(interface) = ids.first() else { return Ok(()) };
        if let Some(found) = azure.client.find(interface, NETWORK, &patience).await?
            && let Some(address) =
                found.body.pointer("/properties/ipConfigurations/0/properties/privateIPAddress").cloned()
        {
            at::set(answer, "address", address);
        }
        Ok(())
    }

    async fn write_more(&self, call: &Call<'_>, prior: Option<&Value>, planned: &Value) -> Result<(), Fault> {
        write_zones(call, prior, planned).await
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Network/privateEndpoints")
    }
}

fn lay_zones(answer: &mut Json, group: &Json) {
    let configs = at::get(group, "properties.privateDnsZoneConfigs").and_then(Json::as_array).cloned();
    let mut configs = configs.unwrap_or_default();
    let id = at::get_str(group, "id").unwrap_or_default();
    let zones: Json = configs.iter().filter_map(|c| at::get(c, "properties.privateDnsZoneId").cloned()).collect();
    at::set(answer, "zoneGroup", json!({ "name": group.get("name"), "id": id, "zoneIds": zones }));
    for config in &mut configs {
        let name = at::get_str(config, "name").unwrap_or_default().to_owned();
        at::set(config, "id", json!(format!("{id}/privateDnsZoneConfigs/{name}")));
    }
    at::set(answer, "zoneConfigs", Json::Array(configs));
}

async fn write_zones(call: &Call<'_>, prior: Option<&Value>, planned: &Value) -> Result<(), Fault> {
    let group = |value: &Value| value.field("private_dns_zone_group")?.as_elements()?.first().cloned();
    let name = |group: &Value| group.field("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let path = |name: &str| format!("{}/privateDnsZoneGroups/{name}", call.id);
    let (before, wanted) = (prior.and_then(group), group(planned));
    if prior.is_some_and(|prior| !changed(prior, planned, "private_dns_zone_group")) {
        return Ok(());
    }
    if let Some(before) = before.map(|before| name(&before))
        && wanted.as_ref().map(name).as_ref() != Some(&before)
    {
        call.delete_at(&path(&before)).await?;
    }
    let Some(wanted) = wanted else { return Ok(()) };
    let zones = wanted.field("private_dns_zone_ids").and_then(Value::as_elements).unwrap_or_default();
    let configs = zones.iter().filter_map(Value::as_str).map(|zone| {
        let name = zone.rsplit('/').next().unwrap_or_default();
        json!({ "name": name, "properties": { "privateDnsZoneId": zone } })
    });
    let body = json!({ "properties": { "privateDnsZoneConfigs": configs.collect::<Json>() } });
    call.put_at(&path(&name(&wanted)), body).await?;
    Ok(())
}
