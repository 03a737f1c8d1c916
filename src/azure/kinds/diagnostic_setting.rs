//! `azurerm_monitor_diagnostic_setting`

use serde_json::{Value as Json, json};

use super::super::wire::{PlanCase, Row, Rule, Same, Table, block_set, json as at, text};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use crate::value::Value;

/// Where the logs and metrics of a resource go.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Setting)
}

const SOURCES: Rule = Rule::AtLeastOneOf(&["enabled_log", "enabled_metric"]);
const DESTINATIONS: Rule = Rule::AtLeastOneOf(&[
    "log_analytics_workspace_id",
    "storage_account_id",
    "eventhub_authorization_rule_id",
    "partner_solution_id",
]);

fn table() -> Table {
    Table::of(
        "azurerm_monitor_diagnostic_setting",
        "Microsoft.Insights/diagnosticSettings",
        "2021-05-01-preview",
        "{target_resource_id}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    )
    .about("Where the logs and metrics of a resource go.")
    .rows([
        text("name").required().replaces().about("The name of the setting.").rule(Rule::Pattern(
            r"^[^<>*%&:\\?+/]{1,260}$",
            r"(must be 1 to 260 characters, none of `<`, `>`, `*`, `%`, `&`, `:`, `\`, `?`, `+`, `/`)",
        )),
        text("target_resource_id").required().replaces().same(Same::ArmId).about("The resource that they are of."),
        destination("log_analytics_workspace_id", "properties.workspaceId"),
        destination("storage_account_id", "properties.storageAccountId"),
        destination("eventhub_authorization_rule_id", "properties.eventHubAuthorizationRuleId"),
        destination("partner_solution_id", "properties.marketplacePartnerId"),
        text("eventhub_name").at("properties.eventHubName"),
        text("log_analytics_destination_type")
            .or_computed()
            .one_of(&["Dedicated", "AzureDiagnostics"])
            .at("properties.logAnalyticsDestinationType"),
        block_set("enabled_log", vec![text("category").at("category"), text("category_group").at("categoryGroup")])
            .rule(SOURCES)
            .at("logs"),
        block_set("enabled_metric", vec![text("category").required().at("category")]).rule(SOURCES).at("metrics"),
    ])
}

fn destination(name: &'static str, wire: &'static str) -> Row {
    text(name).same(Same::ArmId).rule(DESTINATIONS).at(wire)
}

struct Setting;

const LISTS: [(&str, &str); 2] = [("logs", "properties.logs"), ("metrics", "properties.metrics")];

impl Hooks for Setting {
    fn renamed(&self, path: &[&str]) -> Option<String> {
        match path {
            ["log"] => Some("This block is named \"enabled_log\".".to_owned()),
            ["metric"] => Some("This block is named \"enabled_metric\"; leave out what is not enabled.".to_owned()),
            _ => None,
        }
    }

    fn plan(&self, case: &mut PlanCase<'_>) {
        // Azure answers nothing for a setting that has never been one way or the other.
        let open = case.planned_at("log_analytics_destination_type").is_some_and(|kind| !kind.is_known());
        if open && !case.is_configured("log_analytics_destination_type") {
            case.set("log_analytics_destination_type", Value::string(""));
        }
    }

    /// Azure lists what is off too.
    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        for (laid, wire) in LISTS {
            let Some(mut list) = at::get(answer, wire).and_then(Json::as_array).cloned() else { continue };
            list.retain(|entry| at::get(entry, "enabled") == Some(&Json::Bool(true)));
            at::set(answer, laid, Json::Array(list));
        }
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        for (laid, wire) in LISTS {
            let mut list = at::remove(body, laid).unwrap_or_else(|| json!([]));
            for entry in list.as_array_mut().into_iter().flatten() {
                at::set(entry, "enabled", json!(true));
            }
            at::set(body, wire, list);
        }
    }

    /// azurerm records the resource and the name of the setting with a bar between them.
    fn address(&self, recorded: &str) -> String {
        match recorded.split_once('|') {
            Some((target, name)) => format!("{target}/providers/Microsoft.Insights/diagnosticSettings/{name}"),
            None => recorded.to_owned(),
        }
    }

    fn recorded_id(&self, address: &str) -> String {
        let (target, name) = address.rsplit_once('/').unwrap_or((address, ""));
        let cut = target.to_ascii_lowercase().rfind("/providers/microsoft.insights/diagnosticsettings");
        match cut.and_then(|cut| target.get(..cut)) {
            Some(target) => format!("{target}|{name}"),
            None => address.to_owned(),
        }
    }
}
