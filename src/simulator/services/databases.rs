//! Servers of `PostgreSQL` and of SQL, and the databases in them. Passwords are taken and never told.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, fill, set, text, unset};
use crate::simulator::service::{Draft, Outcome, Scene, Service, TENANT};
use crate::simulator::services::registries::own_identity;
use crate::simulator::target::Place;
use crate::simulator::world::Resource;

/// `Microsoft.DBforPostgreSQL/flexibleServers`
pub(in crate::simulator) struct PostgresServers;

/// `Microsoft.DBforPostgreSQL/flexibleServers/databases`
pub(in crate::simulator) struct PostgresDatabases;

/// `Microsoft.Sql/servers`
pub(in crate::simulator) struct SqlServers;

/// `Microsoft.Sql/servers/databases`
pub(in crate::simulator) struct SqlDatabases;

/// `Microsoft.Sql/servers/connectionPolicies`
pub(in crate::simulator) struct ConnectionPolicies;

const PASSWORD: &str = "/properties/administratorLoginPassword";

/// A server's name is its host's, and so unique in the world.
fn unique(draft: &Draft<'_>, domain: &str) -> Result<String, Refusal> {
    let unique = format!("host|{}.{domain}", draft.place.name.to_lowercase());
    let taken = draft.scene.world.holder(&unique).is_some_and(|holder| holder.key() != draft.place.key());
    if taken {
        let message = format!("The server name '{}' already exists. Choose a different name.", draft.place.name);
        return Err(Refusal::new(409, "NameAlreadyExists", message));
    }
    Ok(unique)
}

/// A new server with passwords needs one, and the answer never has it.
fn take_password(draft: &Draft<'_>, body: &mut Value, is_needed: bool) -> Result<(), Refusal> {
    let has_password = text(body, PASSWORD).is_some_and(|password| password.chars().count() >= 8);
    if draft.prior.is_none() && is_needed && !has_password {
        let message = "The administrator's password must be given, and have at least 8 characters.";
        return Err(Refusal::bad("InvalidAdministratorLoginPassword", message));
    }
    unset(body, PASSWORD);
    Ok(())
}

impl Service for PostgresServers {
    fn kind(&self) -> &'static str {
        "Microsoft.DBforPostgreSQL/flexibleServers"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let unique = unique(&draft, "postgres.database.azure.com")?;
        let is_copy = !body::absent(&body, "/properties/sourceServerResourceId");
        let by_password = text(&body, "/properties/authConfig/passwordAuth") != Some("Disabled");
        take_password(&draft, &mut body, by_password && !is_copy)?;
        if body::absent(&body, "/sku/name") {
            return Err(Refusal::bad("InvalidParameterValue", "The sku of the server must be given."));
        }
        unset(&mut body, "/properties/createMode");
        fill(&mut body, "/properties/version", "16");
        fill(&mut body, "/properties/minorVersion", "4");
        fill(&mut body, "/properties/storage/storageSizeGB", 32);
        fill(&mut body, "/properties/storage/tier", "P4");
        fill(&mut body, "/properties/storage/autoGrow", "Disabled");
        fill(&mut body, "/properties/storage/iops", 120);
        fill(&mut body, "/properties/backup/backupRetentionDays", 7);
        fill(&mut body, "/properties/backup/geoRedundantBackup", "Disabled");
        fill(&mut body, "/properties/network/publicNetworkAccess", "Enabled");
        fill(&mut body, "/properties/availabilityZone", "1");
        fill(&mut body, "/properties/authConfig/activeDirectoryAuth", "Disabled");
        fill(&mut body, "/properties/authConfig/passwordAuth", "Enabled");
        fill(&mut body, "/properties/highAvailability", json!({ "mode": "Disabled", "state": "NotEnabled" }));
        let window = json!({ "customWindow": "Disabled", "dayOfWeek": 0, "startHour": 0, "startMinute": 0 });
        fill(&mut body, "/properties/maintenanceWindow", window);
        fill(&mut body, "/properties/replicationRole", "Primary");
        set(&mut body, "/properties/state", Value::from("Ready"));
        let host = format!("{}.postgres.database.azure.com", draft.place.name.to_lowercase());
        set(&mut body, "/properties/fullyQualifiedDomainName", Value::from(host));
        let principals = own_identity(&draft, &mut body);
        Ok(Outcome { unique: Some(unique), principals, ..Outcome::of(body).lasting(120) })
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(60)))
    }
}

impl Service for PostgresDatabases {
    fn kind(&self) -> &'static str {
        "Microsoft.DBforPostgreSQL/flexibleServers/databases"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        fill(&mut body, "/properties/charset", "UTF8");
        fill(&mut body, "/properties/collation", "en_US.utf8");
        Ok(Outcome::of(body).lasting(10))
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(10)))
    }

    fn occupies(&self, place: &Place) -> String {
        place.parent.clone()
    }
}

impl Service for SqlServers {
    fn kind(&self) -> &'static str {
        "Microsoft.Sql/servers"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let unique = unique(&draft, "database.windows.net")?;
        let by_identity = body::flag(&body, "/properties/administrators/azureADOnlyAuthentication") == Some(true);
        take_password(&draft, &mut body, !by_identity)?;
        fill(&mut body, "/properties/version", "12.0");
        fill(&mut body, "/properties/minimalTlsVersion", "1.2");
        fill(&mut body, "/properties/publicNetworkAccess", "Enabled");
        fill(&mut body, "/properties/restrictOutboundNetworkAccess", "Disabled");
        if by_identity && draft.prior.is_none() {
            // Azure gives such a server an administrator by password that nobody can use.
            fill(&mut body, "/properties/administratorLogin", "CloudSA00000000");
        }
        if !body::absent(&body, "/properties/administrators/sid") {
            fill(&mut body, "/properties/administrators/tenantId", TENANT);
            fill(&mut body, "/properties/administrators/principalType", "Application");
            fill(&mut body, "/properties/administrators/azureADOnlyAuthentication", false);
        }
        set(&mut body, "/kind", Value::from("v12.0"));
        set(&mut body, "/properties/state", Value::from("Ready"));
        let host = format!("{}.database.windows.net", draft.place.name.to_lowercase());
        set(&mut body, "/properties/fullyQualifiedDomainName", Value::from(host));
        let principals = own_identity(&draft, &mut body);
        Ok(Outcome { unique: Some(unique), principals, ..Outcome::of(body).lasting(60) })
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(30)))
    }
}

impl Service for SqlDatabases {
    fn kind(&self) -> &'static str {
        "Microsoft.Sql/servers/databases"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        fill(&mut body, "/sku/name", "GP_Gen5_2");
        let tier = match text(&body, "/sku/name").unwrap_or_default() {
            name if name.starts_with("GP") => "GeneralPurpose",
            name if name.starts_with("BC") => "BusinessCritical",
            name if name.starts_with("HS") => "Hyperscale",
            "Basic" => "Basic",
            name if name.starts_with('S') => "Standard",
            _ => "Premium",
        };
        set(&mut body, "/sku/tier", Value::from(tier));
        fill(&mut body, "/properties/collation", "SQL_Latin1_General_CP1_CI_AS");
        fill(&mut body, "/properties/maxSizeBytes", 34_359_738_368_u64);
        fill(&mut body, "/properties/zoneRedundant", false);
        fill(&mut body, "/properties/readScale", "Disabled");
        fill(&mut body, "/properties/isLedgerOn", false);
        fill(&mut body, "/properties/requestedBackupStorageRedundancy", "Geo");
        set(&mut body, "/properties/status", Value::from("Online"));
        set(&mut body, "/properties/databaseId", Value::from(draft.scene.guid(&draft.place.key(), "database")));
        Ok(Outcome::of(body).lasting(30))
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(10)))
    }
}

impl Service for ConnectionPolicies {
    fn kind(&self) -> &'static str {
        "Microsoft.Sql/servers/connectionPolicies"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let kind = text(&draft.body, "/properties/connectionType").unwrap_or("Default");
        if !["Default", "Proxy", "Redirect"].contains(&kind) {
            return Err(Refusal::bad("InvalidConnectionType", format!("The connection type '{kind}' is not valid.")));
        }
        Ok(Outcome::of(json!({ "properties": { "connectionType": kind } })))
    }

    fn built_in(&self, _scene: Scene<'_>, place: &Place) -> Option<Value> {
        Some(json!({ "id": place.id, "name": place.name, "properties": { "connectionType": "Default" } }))
    }
}
