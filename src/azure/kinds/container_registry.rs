//! `azurerm_container_registry`. Its replicas in other regions are resources of their own to Azure.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Method, Request};
use super::super::session::Azure;
use super::super::wire::{
    ANY_IDENTITIES, Codec, PlanCase, Presence, Row, Rule, Same, Table, block, block_set, blocks, encode, flag,
    identity, integer, json as at, location, normal_location, resource_group_name, tags, text, text_set,
};
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use super::identity::subscription_list;
use crate::value::Value;

/// A registry.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Registry)
}

const REGISTRY: &str = "2023-11-01-preview";

fn table() -> Table {
    Table::of(
        "azurerm_container_registry",
        "Microsoft.ContainerRegistry/registries",
        REGISTRY,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/\
         Microsoft.ContainerRegistry/registries/{name}",
    )
    .about("A container registry.")
    .version(2)
    .rows([
        text("name")
            .required()
            .replaces()
            .about("The name of the registry, unique in the world.")
            .rule(Rule::Pattern("^[a-zA-Z0-9]{5,50}$", "(must be 5 to 50 letters or digits)")),
        resource_group_name(),
        location(),
        text("sku").required().same(Same::Caseless).one_of(&["Basic", "Standard", "Premium"]).at("sku.name"),
        flag("admin_enabled").default_to(false).at("properties.adminUserEnabled"),
        text("admin_username").computed().follows(&["admin_enabled"]).at("admin.username"),
        text("admin_password").computed().sensitive().follows(&["admin_enabled"]).at("admin.password"),
        flag("anonymous_pull_enabled").null_as(false).at("properties.anonymousPullEnabled"),
        policy(
            "azuread_authentication_as_arm_policy_enabled",
            "properties.policies.azureADAuthenticationAsArmPolicy.status",
        )
        .default_to(true),
        flag("data_endpoint_enabled").null_as(false).at("properties.dataEndpointEnabled"),
        text_set("data_endpoint_host_names")
            .computed()
            .follows(&["data_endpoint_enabled", "georeplications"])
            .at("properties.dataEndpointHostNames"),
        policy("export_policy_enabled", "properties.policies.exportPolicy.status").default_to(true),
        policy("quarantine_policy_enabled", "properties.policies.quarantinePolicy.status"),
        integer("retention_policy_in_days").range(0, 365).at("retention"),
        flag("trust_policy_enabled").deprecated("").about("azurerm 4.x's; Azure has taken content trust away."),
        flag("public_network_access_enabled")
            .default_to(true)
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.publicNetworkAccess"),
        text("network_rule_bypass_option")
            .default_to("AzureServices")
            .one_of(&["AzureServices", "None"])
            .at("properties.networkRuleBypassOptions"),
        flag("network_rule_bypass_for_tasks_enabled")
            .default_to(false)
            .at("properties.networkRuleBypassAllowedForTasks"),
        text("role_assignment_mode")
            .default_to("LegacyRegistryPermissions")
            .one_of(&["AbacRepositoryPermissions", "LegacyRegistryPermissions"])
            .at("properties.roleAssignmentMode"),
        flag("zone_redundancy_enabled")
            .default_to(false)
            .replaces()
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.zoneRedundancy"),
        network_rules(),
        encryption(),
        identity(ANY_IDENTITIES),
        replicas(),
        text("login_server").computed().at("properties.loginServer"),
        tags(),
    ])
}

/// Where a policy says `enabled` or `disabled`.
fn policy(name: &'static str, status: &'static str) -> Row {
    flag(name).spelled(Codec::Words("enabled", "disabled")).at(status)
}

fn network_rules() -> Row {
    block(
        "network_rule_set",
        vec![
            text("default_action").default_to("Allow").one_of(&["Allow", "Deny"]).at("defaultAction"),
            block_set(
                "ip_rule",
                vec![
                    text("action").required().one_of(&["Allow"]).at("action"),
                    text("ip_range").required().at("value"),
                ],
            )
            .at("ipRules"),
        ],
    )
    .or_computed()
    .at("properties.networkRuleSet")
}

fn encryption() -> Row {
    block(
        "encryption",
        vec![
            text("key_vault_key_id").required().at("keyVaultProperties.keyIdentifier"),
            text("identity_client_id").required().same(Same::Caseless).at("keyVaultProperties.identity"),
        ],
    )
    .at("properties.encryption")
}

fn replicas() -> Row {
    blocks("georeplications", replica_rows()).at("replicas").about("Replicas in other regions (Premium).")
}

fn replica_rows() -> Vec<Row> {
    vec![
        text("location").required().same(Same::Location).at("location"),
        flag("global_endpoint_routing_enabled")
            .twin("regional_endpoint_enabled")
            .told_in_v5(Presence::Required)
            .service_fills()
            .at("properties.regionEndpointEnabled")
            .about("Whether requests are routed to this replica (azurerm 5.x's name)."),
        flag("regional_endpoint_enabled")
            .twin("global_endpoint_routing_enabled")
            .service_fills()
            .deprecated("global_endpoint_routing_enabled")
            .at("properties.regionEndpointEnabled")
            .about("azurerm 4.x's name for global_endpoint_routing_enabled."),
        flag("zone_redundancy_enabled")
            .default_to(false)
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.zoneRedundancy"),
        tags(),
    ]
}

struct Registry;

#[async_trait]
impl Hooks for Registry {
    fn plan(&self, case: &mut PlanCase<'_>) {
        let sku = case.planned_at("sku").and_then(Value::as_str).unwrap_or("Premium");
        if sku.eq_ignore_ascii_case("Premium") {
            return;
        }
        let asks = |name: &str, plain: Option<bool>| {
            let value = case.planned_at(name).filter(|value| value.is_known() && !value.is_null());
            value.is_some_and(|value| match value.as_elements() {
                Some(items) => !items.is_empty(),
                None => value.as_bool() != plain,
            })
        };
        let premium = [
            ("georeplications", None),
            ("encryption", None),
            ("zone_redundancy_enabled", Some(false)),
            ("data_endpoint_enabled", Some(false)),
            ("export_policy_enabled", Some(true)),
            ("public_network_access_enabled", Some(true)),
        ];
        let refused: Vec<_> = premium.into_iter().filter(|(name, plain)| asks(name, *plain)).collect();
        for (name, _) in refused {
            case.refuse(
                name,
                format!("`{name}` needs the Premium SKU"),
                "Set sku = \"Premium\"; Azure has this for no other registry.",
            );
        }
    }

    fn renamed(&self, path: &[&str]) -> Option<String> {
        match path {
            ["retention_policy"] => Some("This block is the argument \"retention_policy_in_days\".".to_owned()),
            ["trust_policy"] => Some("Azure has taken content trust away: leave this argument out.".to_owned()),
            _ => None,
        }
    }

    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        let policy = "properties.policies.retentionPolicy";
        if at::get_str(answer, &format!("{policy}.status")).is_some_and(|word| word.eq_ignore_ascii_case("enabled"))
            && let Some(days) = at::get(answer, &format!("{policy}.days")).cloned()
        {
            at::set(answer, "retention", days);
        }
        let is_encrypted = at::get_str(answer, "properties.encryption.status").is_some_and(|word| word == "enabled");
        if !is_encrypted {
            at::remove(answer, "properties.encryption");
        }
    }

    fn lower(&self, body: &mut Json, planned: &Value, _creating: bool) {
        for laid in ["admin", "replicas", "retention"] {
            at::remove(body, laid);
        }
        // The tier says again what the name says.
        if let (Some(name), Some(_)) = (at::get(body, "sku.name").cloned(), at::get(body, "sku.tier")) {
            at::set(body, "sku.tier", name);
        }
        let days = planned.field("retention_policy_in_days").and_then(Value::as_number).map(ToString::to_string);
        if let Some(days) = days.and_then(|days| days.parse::<u32>().ok()).filter(|days| *days > 0) {
            at::set(body, "properties.policies.retentionPolicy", json!({ "days": days, "status": "enabled" }));
        } else if at::get(body, "properties.policies.retentionPolicy").is_some() {
            at::set(body, "properties.policies.retentionPolicy.status", json!("disabled"));
        }
        if at::get(body, "properties.encryption.keyVaultProperties").is_some() {
            at::set(body, "properties.encryption.status", json!("enabled"));
        }
    }

    async fn read_more(&self, azure: &Azure, id: &str, answer: &mut Json) -> Result<(), ArmError> {
        if at::get(answer, "properties.adminUserEnabled") == Some(&Json::Bool(true)) {
            lay_admin(azure, id, answer).await;
        } else {
            at::set(answer, "admin", json!({ "username": "", "password": "" }));
        }
        let is_premium = at::get_str(answer, "sku.name").is_some_and(|sku| sku.eq_ignore_ascii_case("Premium"));
        if is_premium {
            let patience = azure.client.patience(std::time::Duration::from_secs(300));
            let list = Request::new(Method::Get, format!("{id}/replications"), REGISTRY);
            let mut replicas = azure.client.list(&list, &patience).await?;
            // The registry's own region is among them, and is none that was asked for.
            let home = at::get_str(answer, "location").map(normal_location);
            replicas.retain(|replica| at::get_str(replica, "location").map(normal_location) != home);
            at::set(answer, "replicas", Json::Array(replicas));
        }
        Ok(())
    }

    /// Replicas go before a registry stops being Premium, and come after it has become so.
    async fn update(
        &self,
        call: &Call<'_>,
        before: &Json,
        body: Json,
        prior: &Value,
        planned: &Value,
    ) -> Result<(), Fault> {
        remove_replicas(call, prior, planned).await?;
        if body != *before {
            call.put(body).await?;
        }
        self.write_more(call, Some(prior), planned).await
    }

    async fn write_more(&self, call: &Call<'_>, prior: Option<&Value>, planned: &Value) -> Result<(), Fault> {
        write_replicas(call, prior, planned).await
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.ContainerRegistry/registries")
    }
}

/// Asks for the administrator's name and password; where they are refused, what is recorded stays.
async fn lay_admin(azure: &Azure, id: &str, answer: &mut Json) {
    let request = Request::new(Method::Post, format!("{id}/listCredentials"), REGISTRY);
    let patience = azure.client.patience(std::time::Duration::from_secs(60));
    let Ok(given) = azure.client.send(&request, &patience).await else { return };
    let password = given.body.pointer("/passwords/0/value").cloned().unwrap_or_default();
    let username = given.body.get("username").cloned().unwrap_or_default();
    at::set(answer, "admin", json!({ "username": username, "password": password }));
}

fn replicas_of(value: &Value) -> &[Value] {
    value.field("georeplications").and_then(Value::as_elements).unwrap_or_default()
}

fn region(replica: &Value) -> Option<String> {
    replica.field("location").and_then(Value::as_str).map(normal_location)
}

async fn remove_replicas(call: &Call<'_>, prior: &Value, planned: &Value) -> Result<(), Fault> {
    let stay: Vec<_> = replicas_of(planned).iter().filter_map(region).collect();
    for gone in replicas_of(prior).iter().filter_map(region).filter(|region| !stay.contains(region)) {
        call.delete_at(&format!("{}/replications/{gone}", call.id)).await?;
    }
    Ok(())
}

async fn write_replicas(call: &Call<'_>, prior: Option<&Value>, planned: &Value) -> Result<(), Fault> {
    let before = prior.map(replicas_of).unwrap_or_default();
    for replica in replicas_of(planned) {
        let Some(at_region) = region(replica) else { continue };
        let old = before.iter().find(|old| region(old).as_ref() == Some(&at_region));
        if old.is_some_and(|old| super::super::wire::equal(old, replica)) {
            continue;
        }
        let mut body = json!({});
        encode(&replica_rows(), &mut body, replica, None);
        call.put_at(&format!("{}/replications/{at_region}", call.id), body).await?;
    }
    Ok(())
}
