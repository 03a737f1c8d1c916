//! `azurerm_postgresql_flexible_server` and `azurerm_postgresql_flexible_server_database`

use serde_json::{Value as Json, json};

use super::super::wire::{
    ANY_IDENTITIES, Codec, Off, PlanCase, Rule, Same, Table, block, flag, identity, integer, json as at, location,
    resource_group_name, tags, text,
};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::identity::subscription_list;
use crate::value::Value;

/// A server.
pub fn server() -> ArmKind {
    ArmKind::new(server_table(), Server)
}

/// A database of a server.
pub fn database() -> ArmKind {
    ArmKind::new(database_table(), Database)
}

const POSTGRESQL: &str = "2024-08-01";

/// What a database server may be called.
pub(super) const SERVER_NAME: Rule = Rule::Pattern(
    "^[a-z0-9]([-a-z0-9]{1,61}[a-z0-9])?$",
    "(must be 3 to 63 lower-case letters, digits or `-`, and begin and end with a letter or digit)",
);

fn server_table() -> Table {
    Table::of(
        "azurerm_postgresql_flexible_server",
        "Microsoft.DBforPostgreSQL/flexibleServers",
        POSTGRESQL,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/\
         Microsoft.DBforPostgreSQL/flexibleServers/{name}",
    )
    .about("A PostgreSQL flexible server.")
    .rows([
        text("name").required().replaces().rule(SERVER_NAME).about("The name of the server, unique in the world."),
        resource_group_name(),
        location(),
        text("version").or_computed().one_of(&["11", "12", "13", "14", "15", "16", "17"]).at("properties.version"),
        text("sku_name").or_computed().at("skuName").about("Such as GP_Standard_D2ds_v5: tier and size."),
        integer("storage_mb").or_computed().at("storageMb"),
        text("storage_tier").or_computed().at("properties.storage.tier"),
        flag("auto_grow_enabled")
            .default_to(false)
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.storage.autoGrow"),
        text("administrator_login").or_computed().replaces().at("properties.administratorLogin"),
        text("administrator_password").sensitive().at("properties.administratorLoginPassword"),
        integer("backup_retention_days").or_computed().range(7, 35).at("properties.backup.backupRetentionDays"),
        flag("geo_redundant_backup_enabled")
            .default_to(false)
            .replaces()
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.backup.geoRedundantBackup"),
        text("zone").or_computed().at("properties.availabilityZone"),
        text("create_mode")
            .replaces()
            .one_of(&["Default", "GeoRestore", "PointInTimeRestore", "Replica", "Update"])
            .at("createMode"),
        text("source_server_id").replaces().same(Same::ArmId).at("sourceServerId"),
        text("delegated_subnet_id").replaces().same(Same::ArmId).at("properties.network.delegatedSubnetResourceId"),
        text("private_dns_zone_id")
            .or_computed()
            .same(Same::ArmId)
            .at("properties.network.privateDnsZoneArmResourceId"),
        flag("public_network_access_enabled")
            .default_to(true)
            .spelled(Codec::Words("Enabled", "Disabled"))
            .at("properties.network.publicNetworkAccess"),
        block(
            "authentication",
            vec![
                flag("active_directory_auth_enabled")
                    .default_to(false)
                    .spelled(Codec::Words("Enabled", "Disabled"))
                    .at("activeDirectoryAuth"),
                flag("password_auth_enabled")
                    .default_to(true)
                    .spelled(Codec::Words("Enabled", "Disabled"))
                    .at("passwordAuth"),
                text("tenant_id").same(Same::Caseless).at("tenantId"),
            ],
        )
        .or_computed()
        .at("properties.authConfig")
        .about("Who may sign in: Entra identities, passwords, or both."),
        block(
            "high_availability",
            vec![
                text("mode").required().one_of(&["SameZone", "ZoneRedundant"]).at("mode"),
                text("standby_availability_zone").at("standbyAvailabilityZone"),
            ],
        )
        .off(Off::Says("mode", "Disabled"))
        .at("properties.highAvailability"),
        block(
            "maintenance_window",
            vec![
                integer("day_of_week").default_to(0).range(0, 6).at("dayOfWeek"),
                integer("start_hour").default_to(0).range(0, 23).at("startHour"),
                integer("start_minute").default_to(0).range(0, 59).at("startMinute"),
            ],
        )
        .off(Off::Says("customWindow", "Disabled"))
        .at("properties.maintenanceWindow"),
        identity(ANY_IDENTITIES),
        text("fqdn").computed().at("properties.fullyQualifiedDomainName"),
        tags(),
    ])
}

fn database_table() -> Table {
    Table::of(
        "azurerm_postgresql_flexible_server_database",
        "Microsoft.DBforPostgreSQL/flexibleServers/databases",
        POSTGRESQL,
        "{server_id}/databases/{name}",
    )
    .about("A database of a PostgreSQL flexible server.")
    .rows([
        text("name").required().replaces().about("The name of the database."),
        text("server_id").required().replaces().same(Same::ArmId).about("The server."),
        text("charset").default_to("UTF8").replaces().same(Same::Caseless).at("properties.charset"),
        text("collation").default_to("en_US.utf8").replaces().same(Same::Caseless).at("properties.collation"),
    ])
}

struct Server;

/// azurerm's words for the tiers, which it joins with the size.
const TIERS: [(&str, &str); 3] = [("B", "Burstable"), ("GP", "GeneralPurpose"), ("MO", "MemoryOptimized")];

/// What azurerm has beside the properties: its name here, and where it is sent when a server is made.
const AT_CREATION: [(&str, &str); 2] =
    [("createMode", "properties.createMode"), ("sourceServerId", "properties.sourceServerResourceId")];

impl Hooks for Server {
    fn plan(&self, case: &mut PlanCase<'_>) {
        let by_password = case.planned_at("authentication.password_auth_enabled").and_then(Value::as_bool);
        let is_new = case.prior.is_none() && !case.is_configured("create_mode");
        if is_new && by_password != Some(false) && !case.is_configured("administrator_password") {
            case.refuse(
                "administrator_login",
                "`administrator_login` and `administrator_password` are required",
                "A new server needs both, unless authentication has password_auth_enabled = false.",
            );
        }
    }

    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        at::remove(answer, "properties.administratorLoginPassword");
        let (tier, name) = (at::get_str(answer, "sku.tier"), at::get_str(answer, "sku.name"));
        if let (Some(tier), Some(name)) = (tier, name)
            && let Some((short, _)) = TIERS.iter().find(|(_, long)| long.eq_ignore_ascii_case(tier))
        {
            let sku = format!("{short}_{name}");
            at::set(answer, "skuName", json!(sku));
        }
        if let Some(size) = at::get(answer, "properties.storage.storageSizeGB").and_then(Json::as_i64) {
            at::set(answer, "storageMb", json!(size * 1024));
        }
        if at::get_str(answer, "properties.maintenanceWindow.customWindow") == Some("Disabled") {
            at::remove(answer, "properties.maintenanceWindow");
        }
    }

    fn lower(&self, body: &mut Json, _planned: &Value, creating: bool) {
        if let Some(sku) = at::remove(body, "skuName").and_then(|sku| sku.as_str().map(str::to_owned))
            && let Some((short, name)) = sku.split_once('_')
            && let Some((_, tier)) = TIERS.iter().find(|(tier, _)| *tier == short)
        {
            at::set(body, "sku", json!({ "name": name, "tier": tier }));
        }
        if let Some(size) = at::remove(body, "storageMb").and_then(|size| size.as_i64()) {
            at::set(body, "properties.storage.storageSizeGB", json!(size / 1024));
        }
        if at::get(body, "properties.maintenanceWindow.dayOfWeek").is_some() {
            at::set(body, "properties.maintenanceWindow.customWindow", json!("Enabled"));
        }
        for (laid, member) in AT_CREATION {
            if let Some(value) = at::remove(body, laid).filter(|_| creating) {
                at::set(body, member, value);
            }
        }
    }

    fn lane(&self, id: &str) -> Option<String> {
        Some(format!("server:{id}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.DBforPostgreSQL/flexibleServers")
    }
}

struct Database;

impl Hooks for Database {
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
