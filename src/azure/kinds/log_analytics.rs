//! `azurerm_log_analytics_workspace`

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Method, Request};
use super::super::session::Azure;
use super::super::wire::{
    Codec, ONE_IDENTITY, PlanCase, Row, Rule, Same, Table, flag, float, identity, integer, json as at, location,
    resource_group_name, tags, text,
};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::identity::subscription_list;
use super::other_names::{OtherName, follow};
use crate::value::Value;

/// A workspace.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Workspace)
}

const WORKSPACES: &str = "2023-09-01";

fn table() -> Table {
    Table::of(
        "azurerm_log_analytics_workspace",
        "Microsoft.OperationalInsights/workspaces",
        WORKSPACES,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/\
         Microsoft.OperationalInsights/workspaces/{name}",
    )
    .about("A Log Analytics workspace.")
    .version(3)
    .rows([
        text("name").required().replaces().about("The name of the workspace.").rule(Rule::Pattern(
            "^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$",
            "(must be 4 to 63 letters, digits or `-`, and begin and end with a letter or digit)",
        )),
        resource_group_name(),
        location(),
        text("sku")
            .or_computed()
            .same(Same::Caseless)
            .one_of(&[
                "CapacityReservation",
                "Free",
                "LACluster",
                "PerGB2018",
                "PerNode",
                "Premium",
                "Standalone",
                "Standard",
                "Unlimited",
            ])
            .at("properties.sku.name"),
        integer("retention_in_days").or_computed().range(7, 730).at("properties.retentionInDays"),
        float("daily_quota_gb").default_to(-1).at("properties.workspaceCapping.dailyQuotaGb"),
        integer("reservation_capacity_in_gb_per_day").at("properties.sku.capacityReservationLevel"),
        access("internet_ingestion_access_type", "properties.publicNetworkAccessForIngestion"),
        access("internet_query_access_type", "properties.publicNetworkAccessForQuery"),
        flag("allow_resource_only_permissions")
            .default_to(true)
            .at("properties.features.enableLogAccessUsingOnlyResourcePermissions"),
        flag("local_authentication_enabled")
            .default_to(true)
            .spelled(Codec::Inverted)
            .at("properties.features.disableLocalAuth"),
        flag("immediate_data_purge_on_30_days_enabled").at("properties.features.immediatePurgeDataOn30Days"),
        flag("cmk_for_query_forced").at("properties.forceCmkForQuery"),
        text("data_collection_rule_id").same(Same::ArmId).at("properties.defaultDataCollectionRuleResourceId"),
        identity(ONE_IDENTITY),
        text("workspace_id").computed().at("properties.customerId").about("What agents call the workspace."),
        text("primary_shared_key").computed().sensitive().at("keys.primarySharedKey"),
        text("secondary_shared_key").computed().sensitive().at("keys.secondarySharedKey"),
        tags(),
    ])
    .rows(NAMES.iter().map(OtherName::row))
}

fn access(name: &'static str, wire: &'static str) -> Row {
    text(name).default_to("Enabled").one_of(&["Enabled", "Disabled", "SecuredByPerimeter"]).at(wire)
}

/// azurerm 4.x's names.
const NAMES: [OtherName; 3] = [
    OtherName::words("internet_ingestion_enabled", "internet_ingestion_access_type", "Enabled", "Disabled"),
    OtherName::words("internet_query_enabled", "internet_query_access_type", "Enabled", "Disabled"),
    OtherName::opposite("local_authentication_disabled", "local_authentication_enabled"),
];

struct Workspace;

#[async_trait]
impl Hooks for Workspace {
    fn plan(&self, case: &mut PlanCase<'_>) {
        follow(case, &NAMES);
        let sku = case.planned_at("sku").and_then(Value::as_str).map(str::to_ascii_lowercase);
        // azurerm records 0 for none.
        let reserved = case.planned_at("reservation_capacity_in_gb_per_day").and_then(Value::as_number);
        let reserves = reserved.is_some_and(|reserved| reserved.to_string() != "0");
        if sku.is_some_and(|sku| sku != "capacityreservation") && reserves {
            case.refuse(
                "reservation_capacity_in_gb_per_day",
                "`reservation_capacity_in_gb_per_day` can only be used with the `CapacityReservation` SKU",
                "Set sku = \"CapacityReservation\" or leave the reservation out.",
            );
        }
    }

    async fn read_more(&self, azure: &Azure, id: &str, answer: &mut Json) -> Result<(), ArmError> {
        let request = Request::new(Method::Post, format!("{id}/sharedKeys"), "2020-08-01");
        let patience = azure.client.patience(std::time::Duration::from_secs(60));
        // Whoever may not have the keys works without them; what is recorded stays.
        if let Ok(keys) = azure.client.send(&request, &patience).await {
            at::set(answer, "keys", keys.body);
        }
        Ok(())
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        at::remove(body, "keys");
        if let Some(Json::Object(identities)) = at::remove(body, "identity.userAssignedIdentities") {
            let blank = identities.into_iter().map(|(id, _)| (id, json!({}))).collect();
            at::set(body, "identity.userAssignedIdentities", Json::Object(blank));
        }
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.OperationalInsights/workspaces")
    }
}
