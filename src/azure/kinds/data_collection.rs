//! `azurerm_monitor_data_collection_endpoint` and `azurerm_monitor_data_collection_rule_association`: where the agents of a
//! cluster ask what to collect, and which rule holds for it.

use super::super::wire::{Codec, PlanCase, Row, Rule, Same, Table, flag, location, resource_group_name, tags, text};
use super::arm_kind::ArmKind;
use super::hooks::{Hooks, Plain};
use crate::value::Value;

/// The version of the service that all parts of data collection are written with.
pub(super) const COLLECTION: &str = "2023-03-11";

/// The name that an association with an endpoint must have, and that no other may have.
const OF_ENDPOINT: &str = "configurationAccessEndpoint";

/// An endpoint.
pub fn endpoint() -> ArmKind {
    ArmKind::new(endpoint_table(), Plain)
}

/// What holds for a resource: a rule, or an endpoint.
pub fn association() -> ArmKind {
    ArmKind::new(association_table(), Association)
}

/// The name of a rule or an endpoint.
pub(super) fn collection_name() -> Row {
    text("name").required().replaces().about("The name of the resource.").rule(Rule::Pattern(
        "^[A-Za-z0-9][A-Za-z0-9-]{1,42}[A-Za-z0-9]$",
        "(must be 3 to 44 letters, digits or `-`, and begin and end with a letter or digit)",
    ))
}

/// The system whose agents it is for.
pub(super) fn agent_kind(kinds: &'static [&'static str]) -> Row {
    text("kind").one_of(kinds).at("kind")
}

fn endpoint_table() -> Table {
    Table::of(
        "azurerm_monitor_data_collection_endpoint",
        "Microsoft.Insights/dataCollectionEndpoints",
        COLLECTION,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/\
         Microsoft.Insights/dataCollectionEndpoints/{name}",
    )
    .about("Where agents ask what to collect, and send it.")
    .rows([
        collection_name(),
        resource_group_name(),
        location(),
        text("description").at("properties.description"),
        agent_kind(&["Linux", "Windows"]),
        flag("public_network_access_enabled")
            .default_to(true)
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.networkAcls.publicNetworkAccess"),
        text("configuration_access_endpoint").computed().at("properties.configurationAccess.endpoint"),
        text("immutable_id").computed().at("properties.immutableId"),
        text("logs_ingestion_endpoint").computed().at("properties.logsIngestion.endpoint"),
        text("metrics_ingestion_endpoint").computed().at("properties.metricsIngestion.endpoint"),
        tags(),
    ])
}

const EITHER: Rule = Rule::ExactlyOneOf(&["data_collection_endpoint_id", "data_collection_rule_id"]);

fn association_table() -> Table {
    Table::of(
        "azurerm_monitor_data_collection_rule_association",
        "Microsoft.Insights/dataCollectionRuleAssociations",
        COLLECTION,
        "{target_resource_id}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{name}",
    )
    .about("The rule, or the endpoint, of data collection that holds for a resource.")
    .rows([
        text("name").replaces().default_to(OF_ENDPOINT).about("The name of the association."),
        text("target_resource_id").required().replaces().same(Same::ArmId).about("The resource that it holds for."),
        text("data_collection_endpoint_id").same(Same::ArmId).rule(EITHER).at("properties.dataCollectionEndpointId"),
        text("data_collection_rule_id").same(Same::ArmId).rule(EITHER).at("properties.dataCollectionRuleId"),
        text("description").at("properties.description"),
    ])
}

struct Association;

impl Hooks for Association {
    /// Azure knows the association with an endpoint by its name alone.
    fn plan(&self, case: &mut PlanCase<'_>) {
        let of_endpoint = case.planned_at("name").and_then(Value::as_str).map(|name| name == OF_ENDPOINT);
        let given = |name: &str| case.planned_at(name).is_some_and(|value| !value.is_null());
        match of_endpoint {
            Some(true) if given("data_collection_rule_id") => case.refuse(
                "data_collection_rule_id",
                "`data_collection_rule_id` is not possible when `name` is `configurationAccessEndpoint`",
                "Give the association with a rule a name of its own.",
            ),
            Some(false) if given("data_collection_endpoint_id") => case.refuse(
                "data_collection_endpoint_id",
                "`data_collection_endpoint_id` is possible only when `name` is `configurationAccessEndpoint`",
                "Leave the name out: an association with an endpoint has no other.",
            ),
            _ => {}
        }
    }
}
