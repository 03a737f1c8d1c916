//! `azurerm_key_vault`

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::ArmError;

use super::super::wire::{
    Codec, PlanCase, Presence, Row, Rule, Same, Table, block, blocks, flag, integer, json as at, location,
    resource_group_name, tags, text, text_set, texts,
};
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use super::identity::subscription_list;
use crate::value::Value;

/// A Key Vault.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Vault)
}

fn table() -> Table {
    Table::of(
        "azurerm_key_vault",
        "Microsoft.KeyVault/vaults",
        "2023-07-01",
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.KeyVault/vaults/{name}",
    )
    .about("A Key Vault.")
    .tells_of(&["azurerm_key_vault_access_policy"])
    .version(2)
    .constant("properties.sku.family", "A")
    .constant("properties.enableSoftDelete", true)
    .rows([
        text("name")
            .required()
            .replaces()
            .about("The name of the vault, unique in the world.")
            .rule(Rule::Pattern("^[a-zA-Z0-9-]{3,24}$", "(must be 3 to 24 letters, digits or `-`)")),
        resource_group_name(),
        location(),
        text("tenant_id")
            .required()
            .same(Same::Caseless)
            .at("properties.tenantId")
            .about("The directory of its callers."),
        text("sku_name").required().same(Same::Caseless).one_of(&["standard", "premium"]).at("properties.sku.name"),
        flag("rbac_authorization_enabled")
            .twin("enable_rbac_authorization")
            .told_in_v5(Presence::Required)
            .service_fills()
            .at("properties.enableRbacAuthorization")
            .about("Whether roles decide who may read, instead of access policies (azurerm 5.x's name)."),
        flag("enable_rbac_authorization")
            .twin("rbac_authorization_enabled")
            .service_fills()
            .deprecated("rbac_authorization_enabled")
            .rule(Rule::Conflicts(&["rbac_authorization_enabled"]))
            .at("properties.enableRbacAuthorization")
            .about("azurerm 4.x's name for rbac_authorization_enabled."),
        flag("enabled_for_deployment").null_as(false).at("properties.enabledForDeployment"),
        flag("enabled_for_disk_encryption").null_as(false).at("properties.enabledForDiskEncryption"),
        flag("enabled_for_template_deployment").null_as(false).at("properties.enabledForTemplateDeployment"),
        flag("purge_protection_enabled").at("properties.enablePurgeProtection"),
        integer("soft_delete_retention_days").default_to(90).range(7, 90).at("properties.softDeleteRetentionInDays"),
        flag("public_network_access_enabled")
            .default_to(true)
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.publicNetworkAccess"),
        access_policy(),
        network_acls(),
        text("vault_uri").computed().at("properties.vaultUri"),
        tags(),
    ])
}

fn access_policy() -> Row {
    let permissions = |name, wire| texts(name).same(Same::Unordered).at(wire);
    blocks(
        "access_policy",
        vec![
            text("tenant_id").required().same(Same::Caseless).at("tenantId"),
            text("object_id").required().same(Same::Caseless).at("objectId"),
            text("application_id").same(Same::Caseless).at("applicationId"),
            permissions("certificate_permissions", "permissions.certificates"),
            permissions("key_permissions", "permissions.keys"),
            permissions("secret_permissions", "permissions.secrets"),
            permissions("storage_permissions", "permissions.storage"),
        ],
    )
    .or_computed()
    .at_most(1024)
    .at("properties.accessPolicies")
}

fn network_acls() -> Row {
    block(
        "network_acls",
        vec![
            text("default_action").required().one_of(&["Allow", "Deny"]).at("defaultAction"),
            text("bypass").required().one_of(&["AzureServices", "None"]).at("bypass"),
            text_set("ip_rules").spelled(Codec::Member("value")).at("ipRules"),
            text_set("virtual_network_subnet_ids")
                .same(Same::ArmId)
                .spelled(Codec::Member("id"))
                .at("virtualNetworkRules"),
        ],
    )
    .or_computed()
    .at("properties.networkAcls")
}

struct Vault;

#[async_trait]
impl Hooks for Vault {
    fn renamed(&self, path: &[&str]) -> Option<String> {
        let message = "Whom a vault writes to about its certificates is not managed here: leave the block out; those that \
                       are there stay.";
        matches!(path, ["contact"]).then(|| message.to_owned())
    }

    fn plan(&self, case: &mut PlanCase<'_>) {
        let on = |value: Option<&Value>| value.and_then(Value::as_bool) == Some(true);
        if on(case.prior_at("purge_protection_enabled")) && !on(case.planned_at("purge_protection_enabled")) {
            case.refuse(
                "purge_protection_enabled",
                "Purge protection cannot be turned off",
                "Azure keeps the purge protection of a vault for good once it is on. Set purge_protection_enabled = true.",
            );
        }
        if case.changes("soft_delete_retention_days") && case.prior_at("soft_delete_retention_days").is_some() {
            case.refuse(
                "soft_delete_retention_days",
                "The retention of deleted objects cannot be changed",
                "Azure sets the soft_delete_retention_days of a vault once, when the vault is made. Set the number that \
                 it has, or make another vault with -replace.",
            );
        }
    }

    /// A vault without rules lets everybody in, and azurerm records that as rules.
    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        if at::get(answer, "properties.networkAcls").is_none() {
            let open = json!({ "bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": [] });
            at::set(answer, "properties.networkAcls", open);
        }
    }

    fn lower(&self, body: &mut Json, _planned: &Value, creating: bool) {
        if creating {
            at::set(body, "properties.createMode", json!("default"));
        }
        if creating && at::get(body, "properties.accessPolicies").is_none() {
            at::set(body, "properties.accessPolicies", json!([]));
        }
    }

    /// The name of a deleted vault stays taken until it is purged: the vault is recovered, and then made as wanted.
    async fn create(&self, call: &Call<'_>, body: Json, _planned: &Value) -> Result<(), Fault> {
        match call.put(body.clone()).await {
            Err(error) if call.azure.deleted_vaults.recover && is_kept(&error) => {
                let mut recovery = body.clone();
                at::set(&mut recovery, "properties.createMode", json!("recover"));
                call.put(recovery).await?;
                Ok(call.put(body).await.map(drop)?)
            }
            written => Ok(written.map(drop)?),
        }
    }

    async fn delete(&self, call: &Call<'_>, prior: &Value) -> Result<(), Fault> {
        call.delete().await?;
        let is_protected = prior.field("purge_protection_enabled").and_then(Value::as_bool) == Some(true);
        if !call.azure.deleted_vaults.purge || is_protected {
            return Ok(());
        }
        let text = |name: &str| prior.field(name).and_then(Value::as_str).unwrap_or_default();
        let subscription = call.id.split('/').nth(2).unwrap_or_default();
        let (location, name) = (text("location"), text("name"));
        let kept = format!(
            "/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{name}"
        );
        match call.post_at(&kept, "purge", Json::Null).await {
            // Nothing was kept, or it is purged already.
            Err(error) if error.is_not_found() => Ok(()),
            purged => Ok(purged.map(drop)?),
        }
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.KeyVault/vaults")
    }
}

/// Whether a vault is refused because a deleted one has its name.
fn is_kept(error: &ArmError) -> bool {
    error.service().is_some_and(|error| error.code == "ConflictError" && error.message.contains("deleted state"))
}
