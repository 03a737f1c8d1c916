//! Whether a name that must be unique in all of Azure is free.

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::text;
use crate::simulator::service::Scene;
use crate::simulator::services::{registries, storage, vaults};
use crate::simulator::target::same;

/// The answer to `POST …/checkNameAvailability`; `None` when that is not what is asked, or nobody is there to answer.
pub(in crate::simulator) fn answer(scene: Scene<'_>, question: &str, sent: &Value) -> Option<Value> {
    let (namespace, word) = question.rsplit_once('/')?;
    if !same(word, "checkNameAvailability") {
        return None;
    }
    let name = text(sent, "/name").unwrap_or_default();
    let lower = name.to_lowercase();
    let kind = text(sent, "/type").unwrap_or_default();
    let is = |other: &str| same(namespace.split('/').next().unwrap_or_default(), other);
    let said = if is("Microsoft.Storage") {
        said(scene, storage::check_name(name), &format!("storage|{lower}"), || {
            format!("The storage account named {name} is already taken.")
        })
    } else if is("Microsoft.KeyVault") {
        let unique = format!("vault|{lower}");
        let holder = scene.world.holder(&unique);
        said(scene, vaults::check_name(name), &unique, || {
            holder.map(|holder| vaults::taken(&lower, holder)).unwrap_or_default()
        })
    } else if is("Microsoft.ContainerRegistry") {
        said(scene, registries::check_name(name), &format!("registry|{lower}"), || {
            format!("The registry DNS name {name}.azurecr.io is already in use.")
        })
    } else if is("Microsoft.DBforPostgreSQL") || same(kind, "Microsoft.Sql/servers") {
        let domain = if is("Microsoft.Sql") { "database.windows.net" } else { "postgres.database.azure.com" };
        said(scene, Ok(()), &format!("host|{lower}.{domain}"), || {
            format!("The server name '{name}' already exists. Choose a different name.")
        })
    } else {
        return None;
    };
    let key = if is("Microsoft.Sql") { "available" } else { "nameAvailable" };
    Some(match said {
        None => json!({ "name": name, key: true }),
        Some((reason, message)) => json!({ "name": name, key: false, "reason": reason, "message": message }),
    })
}

/// Why a name cannot be had: it can be none, or another has it.
fn said(
    scene: Scene<'_>,
    form: Result<(), Refusal>,
    unique: &str,
    taken: impl Fn() -> String,
) -> Option<(String, String)> {
    if let Err(refusal) = form {
        return Some((refusal.code, refusal.message));
    }
    scene.world.holder(unique).map(|_| ("AlreadyExists".to_owned(), taken()))
}
