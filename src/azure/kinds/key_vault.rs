//! `azurerm_key_vault`

use serde_json::{Value as Json, json};

use super::super::wire::{
    Codec, PlanCase, Row, Rule, Same, Table, block, blocks, flag, integer, json as at, location, resource_group_name,
    tags, text, text_set, texts,
};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
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

impl Hooks for Vault {
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

    fn lower(&self, body: &mut Json, _planned: &Value, creating: bool) {
        if creating && at::get(body, "properties.accessPolicies").is_none() {
            at::set(body, "properties.accessPolicies", json!([]));
        }
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.KeyVault/vaults")
    }
}
