//! Storage accounts, with their services and containers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::body::{self, fill, set, text};
use crate::simulator::operations::Style;
use crate::simulator::service::{Acted, Draft, Outcome, Scene, Service};
use crate::simulator::target::{Key, Place};
use crate::simulator::world::{Change, Resource};

/// `Microsoft.Storage/storageAccounts`
pub(in crate::simulator) struct Accounts;

/// `Microsoft.Storage/storageAccounts/blobServices/containers`
pub(in crate::simulator) struct Containers;

/// The services that every account has.
const SERVICES: &[&str] = &["blobServices", "fileServices", "queueServices", "tableServices"];

impl Service for Accounts {
    fn kind(&self) -> &'static str {
        "Microsoft.Storage/storageAccounts"
    }

    fn style(&self) -> Style {
        Style::Location
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let name = &draft.place.name;
        check_name(name)?;
        // Names are unique in all of Azure.
        let unique = format!("storage|{name}");
        if draft.scene.world.holder(&unique).is_some_and(|holder| holder.key() != draft.place.key()) {
            return Err(Refusal::new(
                409,
                "StorageAccountAlreadyTaken",
                format!("The storage account named {name} is already taken."),
            ));
        }
        let body = completed(&draft)?;
        let also = if draft.prior.is_some() { Vec::new() } else { services(&draft) };
        let outcome = Outcome { unique: Some(unique), also, ..Outcome::of(body) };
        // A later write is done at once.
        Ok(if draft.prior.is_some() { outcome } else { outcome.lasting(20) })
    }

    fn act(&self, scene: Scene<'_>, resource: &Resource, action: &str, _sent: &Value) -> Result<Acted, Refusal> {
        match action.to_ascii_lowercase().as_str() {
            "listkeys" | "regeneratekey" => Ok((Answer::json(200, keys(scene, resource)), Vec::new())),
            _ => Err(Refusal::new(404, "InvalidResourceType", format!("A storage account has no action '{action}'."))),
        }
    }
}

/// Refuses what can be no account's name.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    let allowed = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if allowed && (3..=24).contains(&name.len()) {
        return Ok(());
    }
    let message = format!(
        "{name} is not a valid storage account name. Storage account name must be between 3 and 24 \
         characters in length and use numbers and lower-case letters only."
    );
    Err(Refusal::bad("AccountNameInvalid", message))
}

impl Service for Containers {
    fn kind(&self) -> &'static str {
        "Microsoft.Storage/storageAccounts/blobServices/containers"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        check_container(&draft.place.name)?;
        let mut body = draft.body;
        fill(&mut body, "/properties/publicAccess", "None");
        fill(&mut body, "/properties/leaseStatus", "Unlocked");
        fill(&mut body, "/properties/leaseState", "Available");
        fill(&mut body, "/properties/defaultEncryptionScope", "$account-encryption-key");
        fill(&mut body, "/properties/denyEncryptionScopeOverride", false);
        fill(&mut body, "/properties/hasImmutabilityPolicy", false);
        fill(&mut body, "/properties/hasLegalHold", false);
        Ok(Outcome::of(body))
    }

    fn missing(&self, _place: &Place) -> Refusal {
        Refusal::new(404, "ContainerNotFound", "The specified container does not exist.")
    }
}

fn check_container(name: &str) -> Result<(), Refusal> {
    let allowed = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let ends = !name.starts_with('-') && !name.ends_with('-') && !name.contains("--");
    if allowed && ends && (3..=63).contains(&name.len()) {
        return Ok(());
    }
    Err(Refusal::bad("ContainerOperationFailure", "The specified resource name contains invalid characters."))
}

fn completed(draft: &Draft<'_>) -> Result<Value, Refusal> {
    let mut body = draft.body.clone();
    body::without_nulls(&mut body);
    let prior = draft.prior_body();
    for kept in ["/kind", "/sku", "/properties/accessTier"] {
        body::keep(&mut body, prior, kept);
    }
    for required in ["/sku/name", "/kind"] {
        if text(&body, required).is_none_or(str::is_empty) {
            let message = format!("The property '{}' is required.", required.trim_start_matches('/').replace('/', "."));
            return Err(Refusal::bad("InvalidRequestPropertyName", message));
        }
    }
    let name = &draft.place.name;
    let tier = text(&body, "/sku/name").and_then(|sku| sku.split('_').next()).unwrap_or("Standard").to_owned();
    set(&mut body, "/sku/tier", Value::from(tier));
    fill(&mut body, "/properties/accessTier", "Hot");
    fill(&mut body, "/properties/supportsHttpsTrafficOnly", true);
    fill(&mut body, "/properties/minimumTlsVersion", "TLS1_0");
    fill(
        &mut body,
        "/properties/networkAcls",
        json!({"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": []}),
    );
    let encrypted = json!({"enabled": true, "keyType": "Account"});
    let encryption = json!({"keySource": "Microsoft.Storage", "services": {"blob": encrypted, "file": encrypted}});
    fill(&mut body, "/properties/encryption", encryption);
    set(&mut body, "/properties/primaryLocation", Value::from(draft.location()));
    set(&mut body, "/properties/statusOfPrimary", Value::from("available"));
    set(&mut body, "/properties/provisioningState", Value::from("Succeeded"));
    let endpoint = |service: &str| format!("https://{name}.{service}.core.windows.net/");
    let endpoints = json!({
        "blob": endpoint("blob"), "dfs": endpoint("dfs"), "file": endpoint("file"),
        "queue": endpoint("queue"), "table": endpoint("table"), "web": endpoint("z6.web"),
    });
    set(&mut body, "/properties/primaryEndpoints", endpoints);
    Ok(body)
}

/// The services that come with an account, each named `default`.
fn services(draft: &Draft<'_>) -> Vec<Change> {
    let service = |word: &&str| {
        let id = format!("{}/{word}/default", draft.place.id);
        let kind = format!("Microsoft.Storage/storageAccounts/{word}");
        let body = json!({"properties": {"deleteRetentionPolicy": {"enabled": false}, "cors": {"corsRules": []}}});
        Change::Put(Box::new(Resource::new(id, &kind, body, draft.scene.now)))
    };
    SERVICES.iter().map(service).collect()
}

/// Two keys that follow from the account.
fn keys(scene: Scene<'_>, account: &Resource) -> Value {
    let key = |number: u8| {
        let half = |part: &str| scene.guid(&Key::of(&account.id), &format!("key {number} {part}"));
        let value = STANDARD.encode(format!("{}{}", half("a"), half("b")));
        json!({"keyName": format!("key{number}"), "value": value, "permissions": "FULL"})
    };
    json!({"keys": [key(1), key(2)]})
}
