//! Key vaults, and what is left of deleted ones: the name stays taken until the vault is purged or recovered.

use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::body::{self, fill, set, text};
use crate::simulator::clock::written;
use crate::simulator::operations::Style;
use crate::simulator::service::{Acted, Draft, Outcome, Scene, Service, TENANT};
use crate::simulator::target::{Key, Place};
use crate::simulator::world::{Change, Resource};

/// `Microsoft.KeyVault/vaults`
pub(in crate::simulator) struct Vaults;

/// `Microsoft.KeyVault/locations/deletedVaults`
pub(in crate::simulator) struct DeletedVaults;

/// The kind of deleted vaults in Azure's spelling.
const DELETED: &str = "Microsoft.KeyVault/locations/deletedVaults";

impl Service for Vaults {
    fn kind(&self) -> &'static str {
        "Microsoft.KeyVault/vaults"
    }

    fn style(&self) -> Style {
        Style::State
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        check_name(&draft.place.name)?;
        let name = draft.place.name.to_lowercase();
        let unique = format!("vault|{name}");
        let remains = deleted_id(draft.place.subscription(), &draft.location(), &name);
        let is_recovery = text(&draft.body, "/properties/createMode") == Some("recover");
        let mut also = Vec::new();
        match draft.scene.world.holder(&unique) {
            Some(holder) if holder.key() == draft.place.key() => {}
            Some(holder) if holder.kind == DELETED && is_recovery => also.push(Change::Remove(Key::of(&remains))),
            Some(holder) if holder.kind == DELETED => {
                return Err(Refusal::new(409, "ConflictError", taken(&name, holder)));
            }
            Some(holder) => return Err(Refusal::new(409, "VaultAlreadyExists", taken(&name, holder))),
            None => {}
        }
        let body = completed(&draft)?;
        let outcome = Outcome { unique: Some(unique), also, ..Outcome::of(body) };
        // The name has to be registered first.
        Ok(if draft.prior.is_none() { outcome.lasting(15) } else { outcome })
    }

    fn statuses(&self) -> (u16, u16) {
        (200, 200)
    }

    fn remains(&self, scene: Scene<'_>, vault: &Resource) -> Vec<Change> {
        if !scene.faults.soft_delete {
            return Vec::new();
        }
        let name = text(&vault.body, "/name").unwrap_or_default().to_lowercase();
        let location = text(&vault.body, "/location").unwrap_or_default();
        let id = deleted_id(vault.id.split('/').nth(2).unwrap_or_default(), location, &name);
        let body = json!({
            "properties": {
                "vaultId": vault.id,
                "location": location,
                "deletionDate": written(scene.now),
                "purgeProtectionEnabled": body::flag(&vault.body, "/properties/enablePurgeProtection"),
                "tags": vault.body.get("tags"),
            }
        });
        let unique = Some(format!("vault|{name}"));
        vec![Change::Put(Box::new(Resource { unique, ..Resource::new(id, DELETED, body, scene.now) }))]
    }
}

impl Service for DeletedVaults {
    fn kind(&self) -> &'static str {
        DELETED
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, _draft: Draft<'_>) -> Result<Outcome, Refusal> {
        Err(Refusal::new(
            405,
            "MethodNotAllowed",
            "A deleted vault can be read, purged, or recovered by making it again.",
        ))
    }

    fn act(&self, _scene: Scene<'_>, vault: &Resource, action: &str, _sent: &Value) -> Result<Acted, Refusal> {
        if !action.eq_ignore_ascii_case("purge") {
            return Err(Refusal::new(404, "InvalidResourceType", format!("A deleted vault has no action '{action}'.")));
        }
        if body::flag(&vault.body, "/properties/purgeProtectionEnabled") == Some(true) {
            return Err(Refusal::new(409, "MethodNotAllowed", "The vault is protected from being purged."));
        }
        Ok((Answer::empty(200), vec![Change::Remove(vault.key())]))
    }

    fn missing(&self, place: &Place) -> Refusal {
        Refusal::new(
            404,
            "DeletedVaultNotFound",
            format!("The specified deleted vault '{}' does not exist.", place.name),
        )
    }
}

/// What is said of a name that another vault has, or had.
pub(super) fn taken(name: &str, holder: &Resource) -> String {
    if holder.kind == DELETED {
        return format!(
            "A vault with the name '{name}' already exists in deleted state. You need to either recover or purge \
             existing key vault."
        );
    }
    format!("The vault name '{name}' is already in use. Vault names are globally unique.")
}

fn deleted_id(subscription: &str, location: &str, name: &str) -> String {
    format!("/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{name}")
}

/// Refuses what can be no vault's name.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    let allowed = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !name.contains("--");
    let ends = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.ends_with('-');
    if allowed && ends && (3..=24).contains(&name.len()) {
        return Ok(());
    }
    let message = format!(
        "The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The \
         name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens."
    );
    Err(Refusal::bad("VaultNameNotValid", message))
}

fn completed(draft: &Draft<'_>) -> Result<Value, Refusal> {
    let mut body = draft.body.clone();
    body::without_nulls(&mut body);
    body::unset(&mut body, "/properties/createMode");
    for required in ["tenantId", "sku"] {
        if body::absent(&body, &format!("/properties/{required}")) {
            let message = format!("The parameter {required} is not specified.");
            return Err(Refusal::bad("BadRequest", message));
        }
    }
    let was_protected =
        draft.prior_body().and_then(|prior| body::flag(prior, "/properties/enablePurgeProtection")) == Some(true);
    if was_protected && body::flag(&body, "/properties/enablePurgeProtection") == Some(false) {
        let message = "The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge \
                       protection for a vault is an irreversible action.";
        return Err(Refusal::bad("BadRequest", message));
    }
    fill(&mut body, "/properties/tenantId", TENANT);
    fill(&mut body, "/properties/accessPolicies", json!([]));
    fill(&mut body, "/properties/enabledForDeployment", false);
    fill(&mut body, "/properties/enableSoftDelete", true);
    fill(&mut body, "/properties/softDeleteRetentionInDays", 90);
    fill(&mut body, "/properties/enableRbacAuthorization", false);
    fill(&mut body, "/properties/publicNetworkAccess", "Enabled");
    let uri = format!("https://{}.vault.azure.net/", draft.place.name.to_lowercase());
    set(&mut body, "/properties/vaultUri", Value::from(uri));
    set(&mut body, "/properties/provisioningState", Value::from("Succeeded"));
    Ok(body)
}
