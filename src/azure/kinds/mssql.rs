//! `azurerm_mssql_server` and `azurerm_mssql_database`

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::ArmError;
use super::super::session::Azure;
use super::super::wire::{
    ANY_IDENTITIES, Codec, Same, Table, block, changed, flag, float, identity, integer, json as at, location,
    resource_group_name, tags, text,
};
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use super::identity::subscription_list;
use super::postgresql::SERVER_NAME;
use crate::diagnostic::Diagnostic;
use crate::value::Value;

/// A server.
pub fn server() -> ArmKind {
    ArmKind::new(server_table(), Server)
}

/// A database of a server.
pub fn database() -> ArmKind {
    ArmKind::new(database_table(), Database)
}

const SQL: &str = "2023-08-01";

fn server_table() -> Table {
    Table::of(
        "azurerm_mssql_server",
        "Microsoft.Sql/servers",
        SQL,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Sql/servers/{name}",
    )
    .about("A SQL server.")
    .rows([
        text("name").required().replaces().rule(SERVER_NAME).about("The name of the server, unique in the world."),
        resource_group_name(),
        location(),
        text("version").required().replaces().one_of(&["2.0", "12.0"]).at("properties.version"),
        text("administrator_login").or_computed().replaces().at("properties.administratorLogin"),
        text("administrator_login_password").sensitive().at("properties.administratorLoginPassword"),
        block(
            "azuread_administrator",
            vec![
                text("login_username").required().at("login"),
                text("object_id").required().same(Same::Caseless).at("sid"),
                text("tenant_id").or_computed().same(Same::Caseless).at("tenantId"),
                flag("azuread_authentication_only").or_computed().at("azureADOnlyAuthentication"),
            ],
        )
        .at("properties.administrators")
        .about("The Entra identity that administers the server."),
        text("connection_policy")
            .default_to("Default")
            .one_of(&["Default", "Proxy", "Redirect"])
            .at("connectionType")
            .about("How clients are led to their database."),
        text("minimum_tls_version")
            .default_to("1.2")
            .one_of(&["1.2", "1.3", "Disabled"])
            .at("properties.minimalTlsVersion"),
        flag("public_network_access_enabled")
            .default_to(true)
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.publicNetworkAccess"),
        flag("outbound_network_restriction_enabled")
            .default_to(false)
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.restrictOutboundNetworkAccess"),
        text("primary_user_assigned_identity_id")
            .or_computed()
            .same(Same::ArmId)
            .at("properties.primaryUserAssignedIdentityId"),
        text("transparent_data_encryption_key_vault_key_id").at("properties.keyId"),
        identity(ANY_IDENTITIES),
        text("fully_qualified_domain_name").computed().at("properties.fullyQualifiedDomainName"),
        tags(),
    ])
}

fn database_table() -> Table {
    Table::of("azurerm_mssql_database", "Microsoft.Sql/servers/databases", SQL, "{server_id}/databases/{name}")
        .about("A database of a SQL server.")
        .rows([
            text("name").required().replaces().about("The name of the database."),
            text("server_id").required().replaces().same(Same::ArmId).about("The server."),
            text("sku_name").or_computed().same(Same::Caseless).at("sku.name"),
            text("collation").or_computed().replaces().at("properties.collation"),
            integer("max_size_gb").or_computed().at("maxSizeGb"),
            float("min_capacity").or_computed().at("properties.minCapacity"),
            integer("auto_pause_delay_in_minutes").or_computed().at("properties.autoPauseDelay"),
            text("license_type").or_computed().one_of(&["BasePrice", "LicenseIncluded"]).at("properties.licenseType"),
            flag("zone_redundant").or_computed().at("properties.zoneRedundant"),
            flag("read_scale").or_computed().spelled(Codec::Words("Enabled", "Disabled")).at("properties.readScale"),
            flag("ledger_enabled").default_to(false).replaces().at("properties.isLedgerOn"),
            text("storage_account_type")
                .default_to("Geo")
                .one_of(&["Geo", "GeoZone", "Local", "Zone"])
                .at("properties.requestedBackupStorageRedundancy"),
            text("elastic_pool_id").same(Same::ArmId).at("properties.elasticPoolId"),
            tags(),
        ])
}

struct Server;

#[async_trait]
impl Hooks for Server {
    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        at::remove(answer, "properties.administratorLoginPassword");
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        at::remove(body, "connectionType");
        if at::get(body, "properties.administrators.sid").is_some() {
            at::set(body, "properties.administrators.administratorType", json!("ActiveDirectory"));
        }
    }

    async fn read_more(&self, azure: &Azure, id: &str, answer: &mut Json) -> Result<(), ArmError> {
        let patience = azure.client.patience(std::time::Duration::from_secs(300));
        let policy = azure.client.find(policy_of(id), SQL, &patience).await?;
        if let Some(kind) = policy.and_then(|policy| at::get(&policy.body, "properties.connectionType").cloned()) {
            at::set(answer, "connectionType", kind);
        }
        Ok(())
    }

    async fn write_more(&self, call: &Call<'_>, prior: Option<&Value>, planned: &Value) -> Result<(), Fault> {
        if prior.is_none_or(|prior| changed(prior, planned, "connection_policy")) {
            write_policy(call, planned).await?;
        }
        Ok(())
    }

    fn lane(&self, id: &str) -> Option<String> {
        Some(format!("server:{id}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Sql/servers")
    }
}

/// How clients are led to their database is a resource of its own to Azure.
fn policy_of(server: &str) -> String {
    format!("{server}/connectionPolicies/default")
}

async fn write_policy(call: &Call<'_>, planned: &Value) -> Result<(), Fault> {
    let kind = planned.field("connection_policy").and_then(Value::as_str).unwrap_or("Default");
    call.put_at(&policy_of(call.id), json!({ "properties": { "connectionType": kind } })).await?;
    Ok(())
}

struct Database;

const GIGABYTE: i64 = 1024 * 1024 * 1024;

#[async_trait]
impl Hooks for Database {
    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        if let Some(size) = at::get(answer, "properties.maxSizeBytes").and_then(Json::as_i64) {
            at::set(answer, "maxSizeGb", json!(size / GIGABYTE));
        }
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        if let Some(size) = at::remove(body, "maxSizeGb").and_then(|size| size.as_i64()) {
            at::set(body, "properties.maxSizeBytes", json!(size * GIGABYTE));
        }
    }

    /// A database is where its server is, which must be said all the same.
    async fn create(&self, call: &Call<'_>, mut body: Json, _planned: &Value) -> Result<(), Fault> {
        let server = call.id.rsplit_once("/databases/").map_or(call.id, |(server, _)| server);
        let Some(found) = call.find_at(server).await? else {
            let detail = format!("The server {server} does not exist. Check its id, and that it is made before.");
            return Err(Diagnostic::error("Resource not found", detail).into());
        };
        at::set(&mut body, "location", at::get(&found, "location").cloned().unwrap_or_default());
        call.put(body).await?;
        Ok(())
    }

    /// A server works on one of its databases at a time.
    fn lane(&self, id: &str) -> Option<String> {
        let (server, _) = id.rsplit_once("/databases/")?;
        Some(format!("server:{server}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        let (list, _) = id.rsplit_once('/')?;
        Some(list.to_owned())
    }
}
