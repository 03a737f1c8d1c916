//! User-assigned identities.

use serde_json::Value;

use crate::simulator::answer::Refusal;
use crate::simulator::body;
use crate::simulator::service::{Draft, Outcome, Service, TENANT};

/// `Microsoft.ManagedIdentity/userAssignedIdentities`
pub(in crate::simulator) struct Identities;

impl Service for Identities {
    fn kind(&self) -> &'static str {
        "Microsoft.ManagedIdentity/userAssignedIdentities"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        check_name(&draft.place.name)?;
        let principals = match draft.prior {
            Some(prior) => prior.principals.clone(),
            None => vec![draft.scene.new_principal(&draft.place.key(), "identity")],
        };
        let mut body = draft.body;
        if let Some(principal) = principals.first() {
            body::set(&mut body, "/properties/principalId", Value::from(principal.id.as_str()));
            body::set(&mut body, "/properties/clientId", Value::from(principal.client.as_str()));
        }
        body::set(&mut body, "/properties/tenantId", Value::from(TENANT));
        body::fill(&mut body, "/properties/isolationScope", "None");
        Ok(Outcome { principals, ..Outcome::of(body) })
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let allowed = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if starts && allowed && (3..=128).contains(&name.len()) {
        return Ok(());
    }
    let message = format!(
        "The resource name '{name}' is not valid: 3 to 128 letters, digits, '-' or '_', starting with a letter or a digit."
    );
    Err(Refusal::bad("InvalidResourceName", message))
}
