//! Objects whose last operation failed, or is still under way though nobody waits for it any more: what Azure says of them
//! is noted beside what is recorded, so that the next run takes up what was left undone.

use serde_json::Value as Json;

use super::super::wire::json;

/// What is noted beside an object whose last operation failed; Terraform's providers keep an object of JSON there.
pub(super) const UNDONE: &[u8] = br#"{"bowline":"undone"}"#;

/// What is noted beside an object that Azure is still making: whoever began it was out of time, or is no more.
pub(super) const UNDER_WAY: &[u8] = br#"{"bowline":"under way"}"#;

/// [`UNDONE`] or [`UNDER_WAY`] for an answer that says so.
pub(super) fn undone(answer: &Json) -> Vec<u8> {
    let state = json::get_str(answer, "properties.provisioningState").unwrap_or_default();
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(state));
    if is(&["Failed", "Canceled"]) {
        UNDONE.to_vec()
    } else if is(&["Creating"]) {
        UNDER_WAY.to_vec()
    } else {
        Vec::new()
    }
}
