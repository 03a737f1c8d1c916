//! Federated credentials of user-assigned identities. Issuer, subject and audience are compared to the byte.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body;
use crate::simulator::service::{Draft, Outcome, Service};
use crate::simulator::target::{Key, Place, same};

/// How many credentials an identity may have.
const LIMIT: usize = 20;
/// How long an issuer, a subject or an audience may be, in characters.
const LONGEST: usize = 600;

/// `Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials`
pub(in crate::simulator) struct Credentials;

impl Service for Credentials {
    fn kind(&self) -> &'static str {
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        check_name(&draft.place.name)?;
        let issuer = required(&draft.body, "issuer")?;
        let subject = required(&draft.body, "subject")?;
        let audience = audience(&draft.body)?;
        check_others(&draft, issuer, subject)?;
        let properties = json!({"issuer": issuer, "subject": subject, "audiences": [audience]});
        Ok(Outcome::of(json!({ "properties": properties })))
    }

    fn overlap(&self, place: &Place) -> Option<Refusal> {
        let message = format!(
            "Too many Federated Identity Credentials are written concurrently for the managed identity '{}'. \
             Concurrent Federated Identity Credentials writes under the same managed identity are not supported.",
            place.parent.to_lowercase()
        );
        let code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";
        Some(Refusal::new(409, code, message).again_after(Duration::from_secs(4)))
    }
}

/// The pattern of the specification: a letter or digit, then 2 to 119 more, or '-' or '_'.
fn check_name(name: &str) -> Result<(), Refusal> {
    let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let allowed = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if starts && allowed && (3..=120).contains(&name.len()) {
        return Ok(());
    }
    let message = format!(
        "The Federated Identity Credential name '{name}' is invalid: it must match ^[a-zA-Z0-9]{{1}}[a-zA-Z0-9-_]{{2,119}}$."
    );
    Err(Refusal::bad("BadRequest", message))
}

fn required<'a>(body: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    let text = body::text(body, &format!("/properties/{name}")).unwrap_or_default();
    let fault = if text.is_empty() {
        "is required and must not be empty"
    } else if text.chars().count() > LONGEST {
        "must not be longer than 600 characters"
    } else if name == "issuer" && !text.starts_with("https://") {
        "must be an address that starts with https://"
    } else {
        return Ok(text);
    };
    Err(Refusal::bad("BadRequest", format!("The property '{name}' of the Federated Identity Credential {fault}.")))
}

fn audience(body: &Value) -> Result<&str, Refusal> {
    match body.pointer("/properties/audiences").and_then(Value::as_array).map(Vec::as_slice) {
        Some([Value::String(audience)]) if !audience.is_empty() && audience.chars().count() <= LONGEST => Ok(audience),
        _ => Err(Refusal::bad("BadRequest", "A Federated Identity Credential must have exactly one audience.")),
    }
}

/// No two credentials of an identity may have the same issuer and subject, and there may be 20 of them.
fn check_others(draft: &Draft<'_>, issuer: &str, subject: &str) -> Result<(), Refusal> {
    let mut others = 0;
    for other in draft.scene.world.children(&Key::of(&draft.place.parent), "federatedIdentityCredentials") {
        if same(&other.id, &draft.place.id) || other.key() == draft.place.key() {
            continue;
        }
        others += 1;
        let has = |pointer, text| body::text(&other.body, pointer) == Some(text);
        if has("/properties/issuer", issuer) && has("/properties/subject", subject) {
            let message = format!(
                "Issuer and subject combination already exists for this Managed Identity, in the credential '{}'.",
                body::text(&other.body, "/name").unwrap_or_default()
            );
            return Err(Refusal::bad("BadRequest", message));
        }
    }
    if others >= LIMIT {
        let message = format!("Too many Federated Identity Credentials: a managed identity can have at most {LIMIT}.");
        return Err(Refusal::bad("TooManyFederatedIdentityCredentials", message));
    }
    Ok(())
}
