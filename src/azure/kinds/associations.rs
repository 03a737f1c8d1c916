//! Which security group, route table and NAT gateway a subnet uses, and which addresses a NAT gateway has. Azure knows
//! these as members of the subnet and of the gateway; azurerm makes resources of them.

use serde_json::{Value as Json, json};

use super::super::wire::{Same, Table, json as at, parts_of, same_text, text};
use super::arm_kind::ArmKind;
use super::hooks::Plain;
use super::network::NETWORK;
use super::part_kind::{Part, PartKind};

/// `azurerm_subnet_network_security_group_association`
pub fn security_group() -> PartKind {
    of_subnet("azurerm_subnet_network_security_group_association", "network_security_group_id", "networkSecurityGroup")
}

/// `azurerm_subnet_route_table_association`
pub fn route_table() -> PartKind {
    of_subnet("azurerm_subnet_route_table_association", "route_table_id", "routeTable")
}

/// `azurerm_subnet_nat_gateway_association`
pub fn nat_gateway() -> PartKind {
    of_subnet("azurerm_subnet_nat_gateway_association", "nat_gateway_id", "natGateway")
}

/// `azurerm_nat_gateway_public_ip_association`
pub fn public_ip() -> PartKind {
    let table = Table::of(
        "azurerm_nat_gateway_public_ip_association",
        "Microsoft.Network/natGateways",
        NETWORK,
        "{nat_gateway_id}|{public_ip_address_id}",
    )
    .about("A public address of a NAT gateway.")
    .rows([
        text("nat_gateway_id").required().replaces().same(Same::ArmId).about("The gateway."),
        text("public_ip_address_id").required().replaces().same(Same::ArmId).at("id").about("The address."),
    ]);
    PartKind::new(ArmKind::new(table, Plain), Address)
}

fn of_subnet(name: &'static str, other: &'static str, member: &'static str) -> PartKind {
    let table = Table::of(name, "Microsoft.Network/virtualNetworks/subnets", NETWORK, "{subnet_id}")
        .about("What a subnet uses.")
        .rows([
            text("subnet_id").required().replaces().same(Same::ArmId).about("The subnet."),
            text(other).required().replaces().same(Same::ArmId).at("id"),
        ]);
    PartKind::new(ArmKind::new(table, Plain), Reference(member))
}

/// A member of a subnet's properties that refers to another resource.
struct Reference(&'static str);

impl Reference {
    fn path(&self) -> String {
        format!("properties.{}", self.0)
    }
}

impl Part for Reference {
    fn whole(&self, id: &str) -> Option<String> {
        Some(id.to_owned())
    }

    fn find(&self, whole: &Json, _id: &str) -> Option<Json> {
        at::get(whole, &self.path()).cloned()
    }

    fn put(&self, whole: &mut Json, _id: &str, part: Json) {
        at::set(whole, &self.path(), part);
    }

    fn take(&self, whole: &mut Json, _id: &str) {
        at::remove(whole, &self.path());
    }

    /// Azure changes one subnet of a network at a time.
    fn lane(&self, whole: &str) -> String {
        let network = whole.rsplit_once("/subnets/").map_or(whole, |(network, _)| network);
        format!("network:{network}")
    }
}

/// An entry of a NAT gateway's addresses.
struct Address;

const ADDRESSES: &str = "properties.publicIpAddresses";

/// The address that an id of the association names.
fn address_of(id: &str) -> &str {
    id.split_once('|').map_or("", |(_, address)| address)
}

fn others(whole: &Json, id: &str) -> Vec<Json> {
    let all = at::get(whole, ADDRESSES).and_then(Json::as_array).cloned().unwrap_or_default();
    all.into_iter().filter(|entry| !is(entry, id)).collect()
}

fn is(entry: &Json, id: &str) -> bool {
    at::get_str(entry, "id").is_some_and(|here| same_text(Same::ArmId, here, address_of(id)))
}

impl Part for Address {
    fn whole(&self, id: &str) -> Option<String> {
        parts_of("{nat_gateway_id}|{public_ip_address_id}", id)?;
        id.split_once('|').map(|(gateway, _)| gateway.to_owned())
    }

    fn find(&self, whole: &Json, id: &str) -> Option<Json> {
        at::get(whole, ADDRESSES)?.as_array()?.iter().find(|entry| is(entry, id)).cloned()
    }

    fn put(&self, whole: &mut Json, id: &str, part: Json) {
        let mut addresses = others(whole, id);
        addresses.push(part);
        at::set(whole, ADDRESSES, json!(addresses));
    }

    fn take(&self, whole: &mut Json, id: &str) {
        let left = others(whole, id);
        at::set(whole, ADDRESSES, json!(left));
    }

    fn lane(&self, whole: &str) -> String {
        format!("network:{whole}")
    }
}
