//! Whether names that must be unique in all of Azure are free: those that become part of a host's name.

use serde_json::{Value as Json, json};

use super::{Deed, Flight, Unanswered, Write, each};
use crate::azure::arm::ArmError;
use crate::azure::wire::json::get_str;
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;
use crate::value::Path;

/// A type whose names are taken all over Azure, and the version in which that is asked.
struct Unique {
    arm_type: &'static str,
    version: &'static str,
}

const VAULT: &str = "Microsoft.KeyVault/vaults";

const UNIQUE: [Unique; 5] = [
    Unique { arm_type: "Microsoft.Storage/storageAccounts", version: "2023-05-01" },
    Unique { arm_type: VAULT, version: "2023-07-01" },
    Unique { arm_type: "Microsoft.ContainerRegistry/registries", version: "2023-07-01" },
    Unique { arm_type: "Microsoft.DBforPostgreSQL/flexibleServers", version: "2024-08-01" },
    Unique { arm_type: "Microsoft.Sql/servers", version: "2021-11-01" },
];

/// Names that Azure would not give.
pub(super) async fn objections(flight: &Flight<'_>) -> Vec<(usize, Finding)> {
    let new = flight.writes.iter().filter(|write| write.deed == Deed::Create);
    let asked = new.filter_map(|write| Some((write, UNIQUE.iter().find(|unique| write.id.is_type(unique.arm_type))?)));
    // What this run removes first gives its name back.
    let asked = asked.filter(|(write, _)| !flight.is_given_back(write));
    let asked = asked.map(|(write, unique)| async move { (write, unique, taken(flight, write, unique).await) });
    let answers = each(asked.collect()).await;
    let mut unanswered = Unanswered::default();
    let mut found = Vec::new();
    for (write, unique, answer) in answers {
        match answer {
            Ok(Some(message)) => found.push(objection(write, unique, &message)),
            Ok(None) => {}
            Err(error) => found.extend(unanswered.tell(write.at, "whether the name is free", &error)),
        }
    }
    found
}

/// Why a name cannot be had; `None` when it is free.
async fn taken(flight: &Flight<'_>, write: &Write<'_>, unique: &Unique) -> Result<Option<String>, ArmError> {
    let namespace = unique.arm_type.split('/').next().unwrap_or_default();
    let subscription = write.id.subscription().unwrap_or(&flight.azure.subscription);
    let path = format!("/subscriptions/{subscription}/providers/{namespace}/checkNameAvailability");
    let answer =
        flight.post(&path, unique.version, json!({ "name": write.id.name(), "type": unique.arm_type })).await?;
    // SQL calls it by the shorter name.
    let is_free = answer.get("nameAvailable").or_else(|| answer.get("available")).and_then(Json::as_bool);
    if is_free != Some(false) || (unique.arm_type == VAULT && is_recovered(flight, write).await?) {
        return Ok(None);
    }
    let reason = get_str(&answer, "reason").unwrap_or("Unavailable");
    Ok(Some(get_str(&answer, "message").filter(|text| !text.is_empty()).unwrap_or(reason).to_owned()))
}

/// Whether a vault's name is taken only by a deleted vault that making it recovers.
async fn is_recovered(flight: &Flight<'_>, write: &Write<'_>) -> Result<bool, ArmError> {
    let (Some(subscription), Some(location)) = (write.id.subscription(), get_str(&write.body, "location")) else {
        return Ok(false);
    };
    let path = format!(
        "/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{}",
        write.id.name()
    );
    let found = match flight.get(&path, "2023-07-01").await {
        Err(error) if error.is_not_found() => return Ok(false),
        other => other?,
    };
    let was_here = get_str(&found, "properties.vaultId").is_some_and(|id| id.eq_ignore_ascii_case(write.id.as_str()));
    Ok(was_here && flight.azure.deleted_vaults.recover)
}

fn objection(write: &Write<'_>, unique: &Unique, message: &str) -> (usize, Finding) {
    let message = message.trim_end_matches('.');
    let detail = format!(
        "Azure would refuse the name {:?}: {message}. Names of {} are given once in all of Azure: choose another one.{}",
        write.id.name(),
        unique.arm_type,
        if unique.arm_type == VAULT {
            " The name of a deleted vault is free again once that vault has been purged."
        } else {
            ""
        }
    );
    let diagnostic = Diagnostic::error("Name not available", detail);
    (write.at, Finding { path: Path::attribute("name"), diagnostic })
}
