//! What is laid upon other resources: locks and diagnostic settings.

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, fill, text};
use crate::simulator::service::{Draft, Outcome, Service};

/// `Microsoft.Authorization/locks`
pub(in crate::simulator) struct Locks;

/// `Microsoft.Insights/diagnosticSettings`
pub(in crate::simulator) struct DiagnosticSettings;

impl Service for Locks {
    fn kind(&self) -> &'static str {
        "Microsoft.Authorization/locks"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let level = text(&draft.body, "/properties/level").unwrap_or_default();
        if !["CanNotDelete", "ReadOnly", "NotSpecified"].contains(&level) {
            let message = format!("The lock level '{level}' is not valid: it must be CanNotDelete or ReadOnly.");
            return Err(Refusal::bad("InvalidLockLevel", message));
        }
        let mut properties = json!({ "level": level });
        if let Some(notes) = text(&draft.body, "/properties/notes") {
            if notes.chars().count() > 512 {
                return Err(Refusal::bad("InvalidLockNotes", "The notes of a lock have at most 512 characters."));
            }
            body::set(&mut properties, "/notes", Value::from(notes));
        }
        Ok(Outcome::of(json!({ "properties": properties })))
    }
}

/// Where a setting may send to.
const DESTINATIONS: [&str; 4] =
    ["workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId"];

impl Service for DiagnosticSettings {
    fn kind(&self) -> &'static str {
        "Microsoft.Insights/diagnosticSettings"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    /// Kept are whole entries: each has a retention policy, though Azure heeds none any more.
    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        if DESTINATIONS.iter().all(|name| body::absent(&body, &format!("/properties/{name}"))) {
            return Err(Refusal::bad("BadRequest", "At least one data sink needs to be specified."));
        }
        for list in ["logs", "metrics"] {
            let pointer = format!("/properties/{list}");
            fill(&mut body, &pointer, json!([]));
            let entries = body.pointer_mut(&pointer).and_then(Value::as_array_mut);
            for entry in entries.into_iter().flatten() {
                fill(entry, "/retentionPolicy", json!({ "enabled": false, "days": 0 }));
            }
        }
        Ok(Outcome::of(body))
    }

    fn statuses(&self) -> (u16, u16) {
        (200, 200)
    }
}
