//! Conflicts of server-side apply: who manages what the manifest sets, and what can be done.

use std::collections::BTreeMap;

use super::super::super::failure::Failure;
use super::form::Identity;
use crate::diagnostic::Diagnostic;

/// The words for a conflict; `None` for another failure.
pub(super) fn diagnostic(identity: &Identity, failure: &Failure) -> Option<Diagnostic> {
    let status = failure.status().filter(|status| status.code == 409)?;
    let mut fields: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for cause in status.details.iter().flat_map(|details| &details.causes) {
        if cause.reason == "FieldManagerConflict" {
            fields.entry(manager(&cause.message)).or_default().push(cause.field.trim_start_matches('.'));
        }
    }
    if fields.is_empty() {
        return None;
    }
    let lines: Vec<String> =
        fields.iter().map(|(manager, fields)| format!("  - {manager} manages {}", fields.join(", "))).collect();
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    let detail = format!(
        "The manifest of the {identity} sets what others manage in the cluster:\n{}\nLeave these out of the manifest, and they \
         stay as they are there; or take them over with field_manager {{ force_conflicts = true }}, after which {} must no \
         longer write them. If it was you who applied them as {}, go on with field_manager {{ name = \"{}\" }}.",
        lines.join("\n"),
        names.join(" and "),
        names.join(" or "),
        names.first().copied().unwrap_or_default(),
    );
    Some(Diagnostic::error("Conflict with another field manager", detail))
}

/// The manager in `conflict with "kubectl" using v1`.
fn manager(message: &str) -> String {
    message.split('"').nth(1).unwrap_or(message).to_owned()
}
