//! The `-json` line protocol of `plan` and `apply`: one JSON object a line, each with a type.

use serde_json::{Value as Json, json};

use crate::diagnostic::{Diagnostic, Severity};
use crate::span::SourceMap;

/// A line of the protocol.
pub fn line(level: &str, message: &str, kind: &str, fields: Json) -> Json {
    let mut object = json!({
        "@level": level,
        "@message": message,
        "@module": "terraform.ui",
        "@timestamp": jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S.%6f%:z").to_string(),
        "type": kind,
    });
    if let (Some(object), Json::Object(fields)) = (object.as_object_mut(), fields) {
        object.extend(fields);
    }
    object
}

/// A diagnostic as a line.
pub fn diagnostic(diagnostic: &Diagnostic, sources: &SourceMap) -> Json {
    let (level, word) = if diagnostic.severity == Severity::Error { ("error", "Error") } else { ("warn", "Warning") };
    let message = format!("{word}: {}", diagnostic.summary);
    line(level, &message, "diagnostic", json!({ "diagnostic": super::diagnostics::json(diagnostic, sources) }))
}
