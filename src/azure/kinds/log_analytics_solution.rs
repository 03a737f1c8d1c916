//! `azurerm_log_analytics_solution`: what a workspace makes of what it is sent, such as `ContainerInsights`.

use serde_json::Value as Json;

use super::super::wire::{Same, Table, block, json as at, location, resource_group_name, tags, text};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use crate::value::Value;

/// A solution.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Solution)
}

fn table() -> Table {
    Table::of(
        "azurerm_log_analytics_solution",
        "Microsoft.OperationsManagement/solutions",
        "2015-11-01-preview",
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/\
         Microsoft.OperationsManagement/solutions/{solution_name}({workspace_name})",
    )
    .about("A solution on a Log Analytics workspace.")
    .version(1)
    .rows([
        text("solution_name").required().replaces().about("The solution, such as ContainerInsights."),
        text("workspace_name").required().replaces().about("The name of the workspace."),
        text("workspace_resource_id").required().replaces().same(Same::ArmId).at("properties.workspaceResourceId"),
        resource_group_name(),
        location(),
        block(
            "plan",
            vec![
                text("publisher").required().replaces().at("publisher"),
                text("product").required().replaces().at("product"),
                text("promotion_code").replaces().at("promotionCode"),
                text("name").computed().at("name"),
            ],
        )
        .required()
        .replaces()
        .at("plan"),
        tags(),
    ])
}

struct Solution;

impl Hooks for Solution {
    /// The plan is named as the solution is.
    fn lower(&self, body: &mut Json, planned: &Value, _creating: bool) {
        let name = |argument: &str| planned.field(argument).and_then(Value::as_str).unwrap_or_default().to_owned();
        at::set(body, "plan.name", Json::String(format!("{}({})", name("solution_name"), name("workspace_name"))));
    }
}
