//! The keys that disks are encrypted with.

use serde_json::Value;

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, fill, set};
use crate::simulator::service::{Draft, Outcome, Service};
use crate::simulator::services::registries::own_identity;

/// `Microsoft.Compute/diskEncryptionSets`
pub(in crate::simulator) struct EncryptionSets;

impl Service for EncryptionSets {
    fn kind(&self) -> &'static str {
        "Microsoft.Compute/diskEncryptionSets"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let url = body::text(&body, "/properties/activeKey/keyUrl").unwrap_or_default();
        if !url.starts_with("https://") || !url.contains("/keys/") {
            let message = format!("Key encryption key Url '{url}' is not a valid versioned Key Vault key Url.");
            return Err(Refusal::bad("InvalidParameter", message));
        }
        fill(&mut body, "/properties/rotationToLatestKeyVersionEnabled", false);
        fill(&mut body, "/properties/encryptionType", "EncryptionAtRestWithCustomerKey");
        let principals = own_identity(&draft, &mut body);
        set(&mut body, "/properties/provisioningState", Value::from("Succeeded"));
        Ok(Outcome { principals, ..Outcome::of(body).lasting(5) })
    }
}
