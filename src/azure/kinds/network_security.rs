//! `azurerm_network_security_group` and `azurerm_network_security_rule`

use super::super::wire::{
    Codec, Row, Rule, Same, Table, block_set, integer, location, name, resource_group_name, tags, text, text_set,
};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::identity::subscription_list;
use super::network::NETWORK;

/// A group of rules.
pub fn group() -> ArmKind {
    ArmKind::new(group_table(), Group)
}

/// A rule of a group that is a resource of its own.
pub fn rule() -> ArmKind {
    ArmKind::new(rule_table(), SecurityRule)
}

fn group_table() -> Table {
    let mut rows = vec![text("name").required().at("name")];
    rows.extend(conditions());
    Table::of(
        "azurerm_network_security_group",
        "Microsoft.Network/networkSecurityGroups",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         networkSecurityGroups/{name}",
    )
    .about("A network security group.")
    .tells_of(&["azurerm_network_security_rule"])
    .rows([
        name(),
        resource_group_name(),
        location(),
        block_set("security_rule", rows)
            .or_computed()
            .at("properties.securityRules")
            .about("Rules written inside the group. Use azurerm_network_security_rule or this, not both."),
        tags(),
    ])
}

fn rule_table() -> Table {
    const SOURCE: Rule = Rule::ExactlyOneOf(&[
        "source_address_prefix",
        "source_address_prefixes",
        "source_application_security_group_ids",
    ]);
    const DESTINATION: Rule = Rule::ExactlyOneOf(&[
        "destination_address_prefix",
        "destination_address_prefixes",
        "destination_application_security_group_ids",
    ]);
    let exclusive = |row: Row| match row.name {
        "source_address_prefix" | "source_address_prefixes" => row.rule(SOURCE),
        "source_application_security_group_ids" => row.rule(SOURCE).rule(Rule::AtMost(10)),
        "destination_address_prefix" | "destination_address_prefixes" => row.rule(DESTINATION),
        "destination_application_security_group_ids" => row.rule(DESTINATION).rule(Rule::AtMost(10)),
        "source_port_range" => row.rule(Rule::Conflicts(&["source_port_ranges"])),
        "source_port_ranges" => row.rule(Rule::Conflicts(&["source_port_range"])),
        "destination_port_range" => row.rule(Rule::Conflicts(&["destination_port_ranges"])),
        "destination_port_ranges" => row.rule(Rule::Conflicts(&["destination_port_range"])),
        _ => row,
    };
    Table::of(
        "azurerm_network_security_rule",
        "Microsoft.Network/networkSecurityGroups/securityRules",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         networkSecurityGroups/{network_security_group_name}/securityRules/{name}",
    )
    .about("A rule of a network security group.")
    .rows([
        name(),
        resource_group_name(),
        text("network_security_group_name").required().replaces().same(Same::Caseless),
    ])
    .rows(conditions().into_iter().map(exclusive))
}

/// What a rule says, whether it is written inside its group or on its own.
pub(super) fn conditions() -> Vec<Row> {
    let groups = |name, wire| text_set(name).same(Same::ArmId).spelled(Codec::Member("id")).at(wire);
    vec![
        text("description").at("properties.description").rule(Rule::Pattern("^.{0,140}$", "(at most 140 letters)")),
        text("protocol")
            .required()
            .same(Same::Caseless)
            .one_of(&["*", "Ah", "Esp", "Icmp", "Tcp", "Udp"])
            .at("properties.protocol"),
        text("access").required().same(Same::Caseless).one_of(&["Allow", "Deny"]).at("properties.access"),
        text("direction").required().same(Same::Caseless).one_of(&["Inbound", "Outbound"]).at("properties.direction"),
        integer("priority")
            .required()
            .range(100, 4096)
            .at("properties.priority")
            .about("The lowest number goes first."),
        text("source_port_range").at("properties.sourcePortRange"),
        text_set("source_port_ranges").at("properties.sourcePortRanges"),
        text("source_address_prefix").at("properties.sourceAddressPrefix"),
        text_set("source_address_prefixes").at("properties.sourceAddressPrefixes"),
        groups("source_application_security_group_ids", "properties.sourceApplicationSecurityGroups"),
        text("destination_port_range").at("properties.destinationPortRange"),
        text_set("destination_port_ranges").at("properties.destinationPortRanges"),
        text("destination_address_prefix").at("properties.destinationAddressPrefix"),
        text_set("destination_address_prefixes").at("properties.destinationAddressPrefixes"),
        groups("destination_application_security_group_ids", "properties.destinationApplicationSecurityGroups"),
    ]
}

struct Group;

impl Hooks for Group {
    fn lane(&self, id: &str) -> Option<String> {
        Some(format!("network:{id}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Network/networkSecurityGroups")
    }
}

struct SecurityRule;

impl Hooks for SecurityRule {
    /// Azure changes one rule of a group at a time.
    fn lane(&self, id: &str) -> Option<String> {
        let (group, _) = id.rsplit_once("/securityRules/")?;
        Some(format!("network:{group}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        let (list, _) = id.rsplit_once('/')?;
        Some(list.to_owned())
    }
}
