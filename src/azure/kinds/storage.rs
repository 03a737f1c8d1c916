//! `azurerm_storage_account` and `azurerm_storage_container`

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Method, Request};
use super::super::session::Azure;
use super::super::wire::{
    self, ANY_IDENTITIES, Codec, Off, PlanCase, Presence, Row, Rule, Same, Table, block, blocks, flag, identity,
    integer, json as at, location, resource_group_name, tags, text, text_map, text_set, texts,
};
use super::READ;
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use super::identity::subscription_list;
use super::storage_endpoints::ENDPOINTS;
use super::storage_profiles;
use crate::diagnostic::Diagnostic;
use crate::value::{Fields, Type, Value};

/// The api-version of `Microsoft.Storage`.
const STORAGE: &str = "2023-05-01";

/// A storage account.
pub fn account() -> ArmKind {
    ArmKind::new(account_table(), Account)
}

/// A blob container.
pub fn container() -> ArmKind {
    ArmKind::new(container_table(), Container)
}

fn account_table() -> Table {
    let endpoints = ENDPOINTS.iter().map(|(name, wire)| text(name).computed().at(wire));
    Table::of(
        "azurerm_storage_account",
        "Microsoft.Storage/storageAccounts",
        STORAGE,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Storage/\
         storageAccounts/{name}",
    )
    .about("A storage account.")
    .version(4)
    .rows(kind_of_account())
    .rows(switches())
    .rows([
        identity(ANY_IDENTITIES).off(Off::Says("type", "None")),
        network_rules(),
        blob_properties(),
        routing(),
        sas_policy(),
        customer_managed_key(),
        tags(),
    ])
    .rows(storage_profiles::rows())
    .rows(endpoints)
    .rows(secrets())
}

fn kind_of_account() -> Vec<Row> {
    vec![
        text("name")
            .required()
            .replaces()
            .about("The name of the account, unique in the world.")
            .rule(Rule::Pattern("^[a-z0-9]{3,24}$", "(must be 3 to 24 lowercase letters or digits)")),
        resource_group_name(),
        location(),
        text("account_kind")
            .default_to("StorageV2")
            .one_of(&["Storage", "BlobStorage", "BlockBlobStorage", "FileStorage", "StorageV2"])
            .at("kind"),
        text("account_tier").required().replaces().one_of(&["Standard", "Premium"]).at("split.tier"),
        text("account_replication_type")
            .required()
            .one_of(&["LRS", "ZRS", "GRS", "RAGRS", "GZRS", "RAGZRS"])
            .at("split.replication"),
        text("access_tier").or_computed().one_of(&["Hot", "Cool", "Cold", "Premium"]).at("properties.accessTier"),
        text("edge_zone").replaces().same(Same::Location).at("extendedLocation.name"),
        text("provisioned_billing_model_version").replaces().one_of(&["V2"]).at("split.billing"),
        text("primary_location").computed().same(Same::Location).at("properties.primaryLocation"),
        text("secondary_location").computed().same(Same::Location).at("properties.secondaryLocation"),
    ]
}

fn switches() -> Vec<Row> {
    vec![
        flag("allow_nested_items_to_be_public").default_to(false).at("properties.allowBlobPublicAccess"),
        text("allowed_copy_scope").one_of(&["AAD", "PrivateLink"]).at("properties.allowedCopyScope"),
        flag("cross_tenant_replication_enabled").default_to(false).at("properties.allowCrossTenantReplication"),
        flag("default_to_oauth_authentication").default_to(false).at("properties.defaultToOAuthAuthentication"),
        text("dns_endpoint_type")
            .default_to("Standard")
            .replaces()
            .one_of(&["Standard", "AzureDnsZone"])
            .at("properties.dnsEndpointType"),
        flag("https_traffic_only_enabled").default_to(true).at("properties.supportsHttpsTrafficOnly"),
        flag("infrastructure_encryption_enabled")
            .default_to(false)
            .replaces()
            .at("properties.encryption.requireInfrastructureEncryption"),
        flag("is_hns_enabled").default_to(false).replaces().at("properties.isHnsEnabled"),
        flag("large_file_share_enabled")
            .or_computed()
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.largeFileSharesState"),
        flag("local_user_enabled").default_to(true).at("properties.isLocalUserEnabled"),
        text("min_tls_version")
            .default_to("TLS1_2")
            .one_of(&["TLS1_0", "TLS1_1", "TLS1_2"])
            .at("properties.minimumTlsVersion"),
        flag("nfsv3_enabled").default_to(false).replaces().at("properties.isNfsV3Enabled"),
        flag("public_network_access_enabled")
            .default_to(true)
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.publicNetworkAccess"),
        text("queue_encryption_key_type")
            .default_to("Service")
            .replaces()
            .one_of(&["Service", "Account"])
            .at("properties.encryption.services.queue.keyType"),
        flag("sftp_enabled").default_to(false).at("properties.isSftpEnabled"),
        flag("shared_access_key_enabled").default_to(true).at("properties.allowSharedKeyAccess"),
        text("table_encryption_key_type")
            .default_to("Service")
            .replaces()
            .one_of(&["Service", "Account"])
            .at("properties.encryption.services.table.keyType"),
    ]
}

fn network_rules() -> Row {
    block(
        "network_rules",
        vec![
            text("default_action").required().one_of(&["Allow", "Deny"]).at("defaultAction"),
            text_set("bypass").or_computed().same(Same::Caseless).spelled(Codec::Commas).at("bypass"),
            text_set("ip_rules").or_computed().spelled(Codec::Member("value")).at("ipRules"),
            text_set("virtual_network_subnet_ids")
                .or_computed()
                .same(Same::ArmId)
                .spelled(Codec::Member("id"))
                .at("virtualNetworkRules"),
            blocks(
                "private_link_access",
                vec![
                    text("endpoint_resource_id").required().same(Same::ArmId).at("resourceId"),
                    text("endpoint_tenant_id").or_computed().at("tenantId"),
                ],
            )
            .at("resourceAccessRules"),
        ],
    )
    .or_computed()
    .at("properties.networkAcls")
}

/// The account's blob service, a child of the account: it is read beside the account and written after it.
fn blob_properties() -> Row {
    let retention = |name, wire, mut rows: Vec<Row>| {
        rows.insert(0, integer("days").default_to(7).range(1, 365).at("days"));
        block(name, rows).switched_by("enabled").at(wire)
    };
    block(
        "blob_properties",
        vec![
            flag("change_feed_enabled").default_to(false).at("changeFeed.enabled"),
            integer("change_feed_retention_in_days").range(1, 146_000).at("changeFeed.retentionInDays"),
            retention("container_delete_retention_policy", "containerDeleteRetentionPolicy", Vec::new()),
            cors_rule(),
            text("default_service_version").or_computed().at("defaultServiceVersion"),
            retention(
                "delete_retention_policy",
                "deleteRetentionPolicy",
                vec![flag("permanent_delete_enabled").default_to(false).at("allowPermanentDelete")],
            ),
            flag("last_access_time_enabled").default_to(false).at("lastAccessTimeTrackingPolicy.enable"),
            block("restore_policy", vec![integer("days").required().range(1, 365).at("days")])
                .switched_by("enabled")
                .at("restorePolicy"),
            flag("versioning_enabled").default_to(false).at("isVersioningEnabled"),
        ],
    )
    .or_computed()
    .at("blobService")
}

/// Which pages of other sites may ask the service.
pub(super) fn cors_rule() -> Row {
    blocks(
        "cors_rule",
        vec![
            texts("allowed_headers").required().at("allowedHeaders"),
            texts("allowed_methods").required().same(Same::Unordered).at("allowedMethods"),
            texts("allowed_origins").required().at("allowedOrigins"),
            texts("exposed_headers").required().at("exposedHeaders"),
            integer("max_age_in_seconds").required().at("maxAgeInSeconds"),
        ],
    )
    .at_most(5)
    .at("cors.corsRules")
}

fn routing() -> Row {
    block(
        "routing",
        vec![
            text("choice")
                .default_to("MicrosoftRouting")
                .one_of(&["InternetRouting", "MicrosoftRouting"])
                .at("routingChoice"),
            flag("publish_internet_endpoints").default_to(false).at("publishInternetEndpoints"),
            flag("publish_microsoft_endpoints").default_to(false).at("publishMicrosoftEndpoints"),
        ],
    )
    .or_computed()
    .at("properties.routingPreference")
}

fn sas_policy() -> Row {
    block(
        "sas_policy",
        vec![
            text("expiration_period").required().at("sasExpirationPeriod"),
            text("expiration_action").default_to("Log").one_of(&["Log", "Block"]).at("expirationAction"),
        ],
    )
    .at("properties.sasPolicy")
}

fn customer_managed_key() -> Row {
    block(
        "customer_managed_key",
        vec![
            text("key_vault_key_id").required().at("keyvaultproperties.keyidentifier"),
            text("user_assigned_identity_id").required().same(Same::ArmId).at("identity.userAssignedIdentity"),
        ],
    )
    .off(Off::MembersNull)
    .at("properties.encryption")
}

/// Keys and what is made of them, laid in the answer by [`lay_keys`].
fn secrets() -> Vec<Row> {
    let secret = |name, wire| text(name).computed().sensitive().at(wire);
    vec![
        secret("primary_access_key", "keys.primary"),
        secret("secondary_access_key", "keys.secondary"),
        secret("primary_connection_string", "keys.primaryConnection"),
        secret("secondary_connection_string", "keys.secondaryConnection"),
        secret("primary_blob_connection_string", "keys.primaryBlob"),
        secret("secondary_blob_connection_string", "keys.secondaryBlob"),
    ]
}

struct Account;

#[async_trait]
impl Hooks for Account {
    fn renamed(&self, path: &[&str]) -> Option<String> {
        let new = match path {
            ["enable_https_traffic_only"] => "https_traffic_only_enabled",
            ["allow_blob_public_access"] => "allow_nested_items_to_be_public",
            ["enable_blob_encryption" | "enable_file_encryption"] => {
                return Some("Storage is always encrypted; this argument has no successor.".to_owned());
            }
            ["queue_properties" | "static_website"] => {
                return Some(
                    "Bowline does not manage this service of an account: leave the block out, or write it as an \
                     azapi_update_resource of the account's queueServices/default."
                        .to_owned(),
                );
            }
            _ => return None,
        };
        Some(format!("This argument is named \"{new}\" since azurerm 4."))
    }

    /// The name of the sku as its two halves, and the hosts of the endpoints.
    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        if let Some(sku) = at::get_str(answer, "sku.name").map(str::to_owned) {
            let (tier, replication) = sku.split_once('_').unwrap_or((&sku, ""));
            if let Some(plain) = tier.strip_suffix("V2") {
                at::set(answer, "split.billing", json!("V2"));
                at::set(answer, "split.tier", json!(plain));
            } else {
                at::set(answer, "split.tier", json!(tier));
            }
            at::set(answer, "split.replication", json!(replication));
        }
        for (_, wire) in ENDPOINTS.iter().filter(|(_, wire)| wire.starts_with("hosts.")) {
            let url = at::get_str(answer, &wire.replacen("hosts.", "properties.", 1)).map(str::to_owned);
            if let Some(url) = url {
                let host = url.trim_start_matches("https://").trim_end_matches('/').to_owned();
                at::set(answer, wire, json!(host));
            }
        }
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        let half = |body: &Json, name: &str| at::get_str(body, name).unwrap_or_default().to_owned();
        let billing = half(body, "split.billing");
        let sku = format!("{}{billing}_{}", half(body, "split.tier"), half(body, "split.replication"));
        for laid in ["split", "hosts", "keys", "blobService", "fileService"] {
            at::remove(body, laid);
        }
        at::remove(body, "sku");
        at::set(body, "sku.name", json!(sku));
        if at::get(body, "properties.immutableStorageWithVersioning.immutabilityPolicy").is_some() {
            at::set(body, "properties.immutableStorageWithVersioning.enabled", json!(true));
        }
        if at::get(body, "properties.encryption.keyvaultproperties.keyidentifier").is_some() {
            at::set(body, "properties.encryption.keySource", json!("Microsoft.Keyvault"));
        }
    }

    async fn read_more(&self, azure: &Azure, id: &str, answer: &mut Json) -> Result<(), ArmError> {
        lay_keys(azure, id, answer).await;
        let patience = azure.client.patience(std::time::Duration::from_secs(300));
        for service in &SERVICES {
            let found = azure.client.find(format!("{id}/{}", service.path), STORAGE, &patience).await?;
            if let Some(mut properties) = found.and_then(|found| at::get(&found.body, "properties").cloned()) {
                storage_profiles::lift_words(&mut properties);
                at::set(answer, service.laid, properties);
            }
        }
        Ok(())
    }

    async fn write_more(&self, call: &Call<'_>, prior: Option<&Value>, planned: &Value) -> Result<(), Fault> {
        write_services(call, prior, planned).await
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Storage/storageAccounts")
    }
}

/// A service of an account, which is a child of the account: it is read beside it and written after it.
struct ChildService {
    path: &'static str,
    /// Where it is laid in the account's answer.
    laid: &'static str,
    /// The block that is about it.
    block: &'static str,
    row: fn() -> Row,
}

const SERVICES: [ChildService; 2] = [
    ChildService { path: "blobServices/default", laid: "blobService", block: "blob_properties", row: blob_properties },
    ChildService {
        path: "fileServices/default",
        laid: "fileService",
        block: "share_properties",
        row: storage_profiles::share_properties,
    },
];

async fn write_services(call: &Call<'_>, prior: Option<&Value>, planned: &Value) -> Result<(), Fault> {
    for service in &SERVICES {
        let wanted = planned.field(service.block).is_some_and(|b| b.as_elements().is_some_and(|b| !b.is_empty()));
        let moved = prior.is_none_or(|prior| wire::changed(prior, planned, service.block));
        if !wanted || !moved {
            continue;
        }
        let id = format!("{}/{}", call.id, service.path);
        let found = call.find_at(&id).await?.unwrap_or_else(|| json!({}));
        let mut properties = at::get(&found, "properties").cloned().unwrap_or_else(|| json!({}));
        storage_profiles::lift_words(&mut properties);
        let mut body = json!({ service.laid: properties });
        wire::encode(&[(service.row)()], &mut body, planned, prior);
        let mut properties = at::remove(&mut body, service.laid).unwrap_or_default();
        storage_profiles::lower_words(&mut properties);
        call.put_at(&id, json!({ "properties": properties })).await?;
    }
    Ok(())
}

/// Asks for the account's keys. Where they are refused (keys are off, a read-only lock, a missing right) nothing is
/// laid, and what is recorded stays.
async fn lay_keys(azure: &Azure, id: &str, answer: &mut Json) {
    let request = Request::new(Method::Post, format!("{id}/listKeys"), STORAGE);
    let patience = azure.client.patience(std::time::Duration::from_secs(60));
    let Ok(given) = azure.client.send(&request, &patience).await else { return };
    let name = id.rsplit('/').next().unwrap_or_default();
    let blob = at::get_str(answer, "properties.primaryEndpoints.blob").unwrap_or_default().to_owned();
    let suffix = blob.split_once(".blob.").map_or("core.windows.net", |(_, suffix)| suffix).trim_end_matches('/');
    for (position, which) in ["primary", "secondary"].into_iter().enumerate() {
        let key = given.body.pointer(&format!("/keys/{position}/value")).and_then(Json::as_str);
        let Some(key) = key else { continue };
        let all = format!("DefaultEndpointsProtocol=https;AccountName={name};AccountKey={key};EndpointSuffix={suffix}");
        let blobs = format!("DefaultEndpointsProtocol=https;BlobEndpoint={blob};AccountName={name};AccountKey={key}");
        at::set(answer, &format!("keys.{which}"), json!(key));
        at::set(answer, &format!("keys.{which}Connection"), json!(all));
        at::set(answer, &format!("keys.{which}Blob"), json!(blobs));
    }
}

fn container_table() -> Table {
    Table::of(
        "azurerm_storage_container",
        "Microsoft.Storage/storageAccounts/blobServices/containers",
        STORAGE,
        "{storage_account_id}/blobServices/default/containers/{name}",
    )
    .about("A blob container.")
    .version(2)
    .rows([
        text("name").required().replaces().about("The name of the container.").rule(Rule::Pattern(
            r"^\$root$|^\$web$|^[a-z0-9](-?[a-z0-9])+$",
            "(must be 3 to 63 lowercase letters, digits or single `-`)",
        )),
        text("storage_account_id")
            .or_computed()
            .told_in_v5(Presence::Required)
            .replaces()
            .same(Same::ArmId)
            .rule(Rule::ExactlyOneOf(&["storage_account_id", "storage_account_name"]))
            .about("The account that holds it."),
        text("storage_account_name")
            .deprecated("storage_account_id")
            .about("azurerm 4.x's way to name the account, which is then looked for in the subscription."),
        text("container_access_type").default_to("private").one_of(&["blob", "container", "private"]).at("access"),
        text("default_encryption_scope").or_computed().replaces().at("properties.defaultEncryptionScope"),
        flag("encryption_scope_override_enabled")
            .default_to(true)
            .replaces()
            .spelled(Codec::Inverted)
            .at("properties.denyEncryptionScopeOverride"),
        flag("has_immutability_policy").computed().at("properties.hasImmutabilityPolicy"),
        flag("has_legal_hold").computed().at("properties.hasLegalHold"),
        text_map("metadata").or_computed().at("properties.metadata"),
        text("resource_manager_id").former().computed().same(Same::ArmId).at("id"),
        text("url").computed().at("url"),
    ])
}

struct Container;

const ACCESS: [(&str, &str); 3] = [("private", "None"), ("blob", "Blob"), ("container", "Container")];

#[async_trait]
impl Hooks for Container {
    /// The name of an account is that of another one, or no name any more because its id is there.
    fn plan(&self, case: &mut PlanCase<'_>) {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let name = "storage_account_name";
        match (text(case.prior_at(name)), text(case.planned_at(name))) {
            (Some(before), Some(now)) if before != now => {
                case.replace(name);
                for follows in ["storage_account_id", "id"] {
                    case.set(follows, Value::unknown(Type::String));
                }
            }
            // The id says the same.
            (Some(before), None) if !case.is_configured(name) && !case.changes("storage_account_id") => {
                case.set(name, Value::string(before));
            }
            _ => {}
        }
    }

    /// azurerm 4.x records a container that it finds by the name of its account by the address of its blobs.
    fn place(&self, value: &Value) -> Option<String> {
        let text = |name: &str| value.field(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let id = text("id")?;
        let id = if id.starts_with("https://") { text("resource_manager_id")? } else { id };
        Some(id.to_owned())
    }

    async fn locate(&self, azure: &Azure, planned: &Value) -> Result<Option<String>, Fault> {
        let text = |name: &str| planned.field(name).and_then(Value::as_str).unwrap_or_default();
        let (account, name) = (text("storage_account_name"), text("name"));
        let list = format!("/subscriptions/{}/providers/Microsoft.Storage/storageAccounts", azure.subscription);
        let request = Request::new(Method::Get, list, STORAGE);
        let accounts = azure.client.list(&request, &azure.client.patience(READ)).await?;
        let is_it = |found: &&Json| at::get_str(found, "name").is_some_and(|found| found.eq_ignore_ascii_case(account));
        let id = accounts.iter().find(is_it).and_then(|found| at::get_str(found, "id"));
        let id = id.ok_or_else(|| {
            let detail = format!(
                "The subscription {} has no storage account {account:?}. Name the account of the container by \
                 storage_account_id, which may be of another subscription.",
                azure.subscription
            );
            Diagnostic::error("Storage account not found", detail)
        })?;
        Ok(Some(format!("{id}/blobServices/default/containers/{name}")))
    }

    fn finish(&self, fields: &mut Fields, prior: Option<&Value>) {
        let recorded = prior
            .and_then(|prior| prior.field("id"))
            .filter(|id| id.as_str().is_some_and(|id| id.starts_with("https://")));
        if let Some(recorded) = recorded {
            fields.insert("id".into(), recorded.clone());
        }
    }

    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        let access = at::get_str(answer, "properties.publicAccess").unwrap_or("None").to_owned();
        if let Some((word, _)) = ACCESS.iter().find(|(_, azure)| azure.eq_ignore_ascii_case(&access)) {
            at::set(answer, "access", json!(word));
        }
    }

    async fn read_more(&self, azure: &Azure, id: &str, answer: &mut Json) -> Result<(), ArmError> {
        let segments: Vec<_> = at::get_str(answer, "id").unwrap_or(id).split('/').collect();
        if let (Some(account), Some(name)) = (segments.get(8), segments.get(12)) {
            let url = format!("https://{account}.blob.{}/{name}", azure.storage_domain);
            at::set(answer, "url", json!(url));
        }
        Ok(())
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        let access = at::remove(body, "access");
        at::remove(body, "url");
        let word = access.as_ref().and_then(Json::as_str).unwrap_or("private");
        if let Some((_, azure)) = ACCESS.iter().find(|(ours, _)| *ours == word) {
            at::set(body, "properties.publicAccess", json!(azure));
        }
    }

    fn list_of(&self, id: &str) -> Option<String> {
        let (list, _) = id.rsplit_once('/')?;
        Some(list.to_owned())
    }
}
