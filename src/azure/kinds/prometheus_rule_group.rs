//! `azurerm_monitor_alert_prometheus_rule_group`: what is recorded and told of a cluster's metrics.

use super::super::wire::{
    Row, Rule, Same, Table, block, blocks, flag, integer, location, resource_group_name, tags, text, text_map, texts,
};
use super::arm_kind::ArmKind;
use super::hooks::Plain;

/// Rules that are evaluated together.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Plain)
}

/// A length of time as ISO 8601 writes it, of the units that the service takes.
const SPAN: Rule = Rule::Pattern(
    r"^PT(\d+H)?(\d+M)?(\d+S)?$",
    "(must be a time span of ISO 8601 in hours, minutes and seconds, such as PT5M)",
);

fn table() -> Table {
    Table::of(
        "azurerm_monitor_alert_prometheus_rule_group",
        "Microsoft.AlertsManagement/prometheusRuleGroups",
        "2023-03-01",
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/\
         Microsoft.AlertsManagement/prometheusRuleGroups/{name}",
    )
    .about("Rules about the metrics of a workspace.")
    .rows([
        text("name").required().replaces().about("The name of the group.").rule(Rule::Pattern(
            r"^[^:@/#{}%&+*<>?]{1,260}$",
            "(must be 1 to 260 characters, none of `:`, `@`, `/`, `#`, `{`, `}`, `%`, `&`, `+`, `*`, `<`, `>`, `?`)",
        )),
        resource_group_name(),
        location(),
        text("cluster_name").at("properties.clusterName").about("The cluster whose metrics the rules are about."),
        text("description").at("properties.description"),
        flag("rule_group_enabled").at("properties.enabled"),
        text("interval").or_computed().rule(SPAN).at("properties.interval").about("How often they are evaluated."),
        texts("scopes").required().at_most(1).same(Same::ArmId).at("properties.scopes").about("The workspace."),
        blocks("rule", rules()).required().at("properties.rules"),
        tags(),
    ])
}

fn rules() -> Vec<Row> {
    let action = vec![
        text("action_group_id").required().same(Same::ArmId).at("actionGroupId"),
        text_map("action_properties").at("actionProperties"),
    ];
    let resolution =
        vec![flag("auto_resolved").at("autoResolved"), text("time_to_resolve").rule(SPAN).at("timeToResolve")];
    vec![
        text("expression").required().at("expression").about("What is evaluated, in PromQL."),
        text("alert").at("alert").about("The name of an alert."),
        text("record").at("record").about("The name under which the result is recorded."),
        flag("enabled").at("enabled"),
        text("for").rule(SPAN).at("for").about("How long it must hold."),
        integer("severity").range(0, 4).at("severity"),
        text_map("annotations").at("annotations"),
        text_map("labels").at("labels"),
        blocks("action", action).at("actions"),
        block("alert_resolution", resolution).at("resolveConfiguration"),
    ]
}
