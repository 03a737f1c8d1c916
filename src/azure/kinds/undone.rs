//! Objects whose last operation failed: what Azure says of them is noted beside what is recorded, so that the next run
//! takes up what was left undone.

use serde_json::Value as Json;

use super::super::wire::json;

/// What is noted beside an object whose last operation failed; Terraform's providers keep an object of JSON there.
pub(super) const UNDONE: &[u8] = br#"{"bowline":"undone"}"#;

/// [`UNDONE`] for an answer that says so.
pub(super) fn undone(answer: &Json) -> Vec<u8> {
    let state = json::get_str(answer, "properties.provisioningState").unwrap_or_default();
    if ["Failed", "Canceled"].iter().any(|word| word.eq_ignore_ascii_case(state)) {
        UNDONE.to_vec()
    } else {
        Vec::new()
    }
}
