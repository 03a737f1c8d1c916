//! `azurerm_resource_group`

use async_trait::async_trait;
use serde_json::Value as Json;

use super::super::arm::{Method, Request};
use super::super::wire::{Rule, Table, json, location, tags, text};
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use crate::diagnostic::Diagnostic;
use crate::value::Value;

/// A resource group.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Group)
}

fn table() -> Table {
    Table::of(
        "azurerm_resource_group",
        "Microsoft.Resources/resourceGroups",
        "2023-07-01",
        "/subscriptions/{subscription}/resourceGroups/{name}",
    )
    .about("A resource group.")
    .rows([
        text("name").required().replaces().about("The name of the group.").rule(Rule::Pattern(
            r"^[-\w._()]{0,89}[-\w_()]$",
            "(must be 1 to 90 letters, digits, `-`, `_`, `.`, `(` or `)`, and must not end in a full stop)",
        )),
        location(),
        text("managed_by").at("managedBy").about("The id of the resource that manages the group."),
        tags(),
    ])
}

struct Group;

#[async_trait]
impl Hooks for Group {
    /// A group that still holds something is not deleted, as azurerm's feature
    /// `prevent_deletion_if_contains_resources` has it by default: deleting it would delete what others made.
    async fn delete(&self, call: &Call<'_>, _prior: &Value) -> Result<(), Fault> {
        if call.azure.keep_full_groups {
            let request = Request::new(Method::Get, format!("{}/resources", call.id), "2021-04-01");
            let held = call.azure.client.list(&request, &call.patience).await?;
            if !held.is_empty() {
                return Err(still_holds(call.id, &held).into());
            }
        }
        Ok(call.delete().await?)
    }

    fn list_of(&self, id: &str) -> Option<String> {
        let (group_list, _) = id.rsplit_once('/')?;
        Some(group_list.to_owned())
    }
}

fn still_holds(id: &str, held: &[Json]) -> Diagnostic {
    let names: Vec<_> = held.iter().filter_map(|item| json::get_str(item, "id")).take(10).collect();
    let more = held.len().saturating_sub(names.len());
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    Diagnostic::error(
        "Resource group still holds resources",
        format!(
            "The resource group {id} still holds resources that are not part of this configuration:\n  {}{more}\nDelete \
         or import them first, or set prevent_deletion_if_contains_resources = false in the provider's \
         features {{ resource_group {{ }} }} block.",
            names.join("\n  ")
        ),
    )
}
