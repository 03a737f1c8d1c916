//! The recorded state as JSON for tools: `output -json`, `show -json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::state::{OutputValue, format};

/// All outputs: `{"name": {"sensitive": .., "type": .., "value": ..}}`, indented.
pub fn outputs(outputs: &BTreeMap<Arc<str>, OutputValue>) -> String {
    let fields: Map<String, Json> = outputs
        .iter()
        .map(|(name, output)| {
            (name.to_string(), json!({ "sensitive": output.sensitive, "type": output.ty, "value": output.value }))
        })
        .collect();
    indented(&fields)
}

/// One value by itself, on one line.
pub fn plain(value: &Json) -> String {
    format!("{value}\n")
}

/// JSON as Terraform's commands indent and escape it.
pub fn indented(value: &impl serde::Serialize) -> String {
    String::from_utf8_lossy(&format::write_json(value)).into_owned()
}
