//! Drift by itself, for people and for tools.

use serde_json::{Value as Json, json};

use super::plan_json::resource_change;
use super::plan_text;
use super::style::{Paint, Style};
use crate::plan::{Ignored, InstanceChange, Stranger};
use crate::provider::Registry;

/// What changed outside. `looked_at` is how many objects are recorded.
pub fn text(
    drift: &[InstanceChange],
    ignored: &[Ignored],
    strangers: &[Stranger],
    looked_at: usize,
    registry: &Registry,
    style: &Style,
) -> String {
    let mut text = String::new();
    for change in drift {
        text += &format!("\n{}", plan_text::drifted(change, registry, style, false));
    }
    for Ignored { address, reason } in ignored {
        text += &format!(
            "\n{}",
            style.paint(Paint::Faint, format!("  # {address} has changed, which is ignored: {reason}\n"))
        );
    }
    for stranger in strangers {
        let name = style.paint(Paint::Bold, format!("# {}", stranger.beside));
        text += &format!(
            "\n  {name} is not alone\n  # Azure also has {},\n  # which is recorded nowhere here\n",
            stranger.words
        );
        text += &format!("  # {}\n", stranger.id);
    }
    let objects = if looked_at == 1 { "object" } else { "objects" };
    let sum = match drift.len() {
        0 if !strangers.is_empty() => {
            style.paint(Paint::Bold, format!("Nothing recorded has changed in {looked_at} {objects}."))
        }
        0 => style.paint(Paint::BoldGreen, format!("No drift in {looked_at} {objects}.")),
        count => style.paint(Paint::Bold, format!("Drift in {count} of {looked_at} {objects}.")),
    };
    let also = if drift.is_empty() {
        ""
    } else {
        " \"bowline plan\" shows what would be undone; \"bowline apply -refresh-only\" accepts it."
    };
    format!("{text}\n{sum}{also}\n")
}

/// The same for tools.
pub fn json(drift: &[InstanceChange], ignored: &[Ignored], strangers: &[Stranger]) -> Json {
    let drifted = |change: &InstanceChange| {
        let mut entry = resource_change(change);
        if let Some(fields) = entry.as_object_mut() {
            fields.insert("changed_by".into(), json!(change.notes.first()));
        }
        entry
    };
    let left_out = |one: &Ignored| json!({ "address": one.address.to_string(), "reason": &*one.reason });
    let stranger = |one: &Stranger| json!({ "beside": one.beside.to_string(), "id": one.id, "description": one.words });
    json!({
        "format_version": "1.0",
        "drift": drift.iter().map(drifted).collect::<Vec<_>>(),
        "ignored": ignored.iter().map(left_out).collect::<Vec<_>>(),
        "unrecorded": strangers.iter().map(stranger).collect::<Vec<_>>(),
    })
}
