//! `azurerm_route_table` and `azurerm_route`

use super::super::wire::{
    Codec, Row, Same, Table, block_set, finding, flag, location, name, resource_group_name, tags, text, text_set,
};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::identity::subscription_list;
use super::network::NETWORK;
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;
use crate::value::Value;

/// A table of routes.
pub fn table() -> ArmKind {
    ArmKind::new(table_of_routes(), RouteTable)
}

/// A route that is a resource of its own.
pub fn route() -> ArmKind {
    ArmKind::new(route_table(), Route)
}

fn table_of_routes() -> Table {
    let mut rows = vec![text("name").required().at("name")];
    rows.extend(way());
    Table::of(
        "azurerm_route_table",
        "Microsoft.Network/routeTables",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         routeTables/{name}",
    )
    .about("A route table.")
    .tells_of(&["azurerm_route", "azurerm_subnet_route_table_association"])
    .rows([
        name(),
        resource_group_name(),
        location(),
        flag("bgp_route_propagation_enabled")
            .default_to(true)
            .spelled(Codec::Inverted)
            .at("properties.disableBgpRoutePropagation")
            .about("Whether routes learnt by BGP are used."),
        block_set("route", rows)
            .or_computed()
            .at("properties.routes")
            .about("Routes written inside the table. Use azurerm_route or this, not both."),
        text_set("subnets")
            .computed()
            .same(Same::ArmId)
            .spelled(Codec::Member("id"))
            .at("properties.subnets")
            .about("The subnets that use the table."),
        tags(),
    ])
}

fn route_table() -> Table {
    Table::of(
        "azurerm_route",
        "Microsoft.Network/routeTables/routes",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         routeTables/{route_table_name}/routes/{name}",
    )
    .about("A route of a route table.")
    .rows([name(), resource_group_name(), text("route_table_name").required().replaces().same(Same::Caseless)])
    .rows(way())
}

/// Where to and by which way.
pub(super) fn way() -> Vec<Row> {
    vec![
        text("address_prefix").required().at("properties.addressPrefix").about("An address range or a service tag."),
        text("next_hop_type")
            .required()
            .same(Same::Caseless)
            .one_of(&["VirtualNetworkGateway", "VnetLocal", "Internet", "VirtualAppliance", "None"])
            .at("properties.nextHopType"),
        text("next_hop_in_ip_address")
            .at("properties.nextHopIpAddress")
            .about("The address of the appliance; only with next_hop_type = \"VirtualAppliance\"."),
    ]
}

struct RouteTable;

impl Hooks for RouteTable {
    fn validate(&self, config: &Value) -> Vec<Finding> {
        let routes = config.field("route").and_then(Value::as_elements).unwrap_or_default();
        routes.iter().filter_map(|route| misplaced_hop(route, "route")).collect()
    }

    fn renamed(&self, path: &[&str]) -> Option<String> {
        let message = "This argument is named \"bgp_route_propagation_enabled\" and says the opposite.";
        matches!(path, ["disable_bgp_route_propagation"]).then(|| message.to_owned())
    }

    fn lane(&self, id: &str) -> Option<String> {
        Some(format!("network:{id}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Network/routeTables")
    }
}

struct Route;

impl Hooks for Route {
    fn validate(&self, config: &Value) -> Vec<Finding> {
        misplaced_hop(config, "next_hop_in_ip_address").into_iter().collect()
    }

    /// Azure changes one route of a table at a time.
    fn lane(&self, id: &str) -> Option<String> {
        let (table, _) = id.rsplit_once("/routes/")?;
        Some(format!("network:{table}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        let (list, _) = id.rsplit_once('/')?;
        Some(list.to_owned())
    }
}

/// Azure takes an address exactly for an appliance.
fn misplaced_hop(route: &Value, path: &str) -> Option<Finding> {
    let kind = route.field("next_hop_type").and_then(Value::as_str)?;
    let address = route.field("next_hop_in_ip_address").filter(|address| address.is_known())?;
    let is_appliance = kind.eq_ignore_ascii_case("VirtualAppliance");
    let (summary, detail) = match (is_appliance, address.is_null()) {
        (true, true) => ("Missing required argument", "A route by a VirtualAppliance needs next_hop_in_ip_address."),
        (false, false) => {
            ("Invalid combination of arguments", "Only a route by a VirtualAppliance has a next_hop_in_ip_address.")
        }
        _ => return None,
    };
    Some(finding(path, Diagnostic::error(summary, detail)))
}
