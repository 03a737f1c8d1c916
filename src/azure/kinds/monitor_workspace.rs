//! `azurerm_monitor_workspace`: where Prometheus' metrics of a cluster are kept.

use super::super::wire::{Codec, Rule, Table, flag, location, resource_group_name, tags, text};
use super::arm_kind::ArmKind;
use super::hooks::Plain;

/// A workspace for metrics.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Plain)
}

fn table() -> Table {
    Table::of(
        "azurerm_monitor_workspace",
        "Microsoft.Monitor/accounts",
        "2023-04-03",
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Monitor/accounts/{name}",
    )
    .about("A workspace for metrics.")
    .rows([
        text("name").required().replaces().about("The name of the workspace.").rule(Rule::Pattern(
            "^[A-Za-z0-9][A-Za-z0-9-]{2,42}[A-Za-z0-9]$",
            "(must be 4 to 44 letters, digits or `-`, and begin and end with a letter or digit)",
        )),
        resource_group_name(),
        location(),
        flag("public_network_access_enabled")
            .default_to(true)
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.publicNetworkAccess"),
        text("default_data_collection_endpoint_id")
            .computed()
            .at("properties.defaultIngestionSettings.dataCollectionEndpointResourceId"),
        text("default_data_collection_rule_id")
            .computed()
            .at("properties.defaultIngestionSettings.dataCollectionRuleResourceId"),
        text("query_endpoint").computed().at("properties.metrics.prometheusQueryEndpoint"),
        tags(),
    ])
}
