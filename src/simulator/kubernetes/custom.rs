//! Custom resources: what their definition's schema wants of them.

use serde_json::{Value, json};

use crate::simulator::body::text;
use crate::simulator::kubernetes::catalog::Kind;
use crate::simulator::kubernetes::status::Cause;

/// Adds what of a custom resource is not as its definition says.
pub(super) fn check(kind: &Kind, sent: &Value, causes: &mut Vec<Cause>) {
    let schema = kind.definition.as_ref().and_then(|version| version.pointer("/schema/openAPIV3Schema"));
    let Some(schema) = schema else { return };
    required(schema, sent, "", causes);
    let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    for (name, schema) in
        members.into_iter().filter(|(name, _)| !matches!(name.as_str(), "metadata" | "kind" | "apiVersion"))
    {
        if let Some(value) = sent.get(name) {
            value_of(schema, value, name, causes);
        }
    }
}

fn required(schema: &Value, value: &Value, field: &str, causes: &mut Vec<Cause>) {
    let names = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for name in names.into_iter().filter(|name| value.get(*name).is_none()) {
        causes.push(Cause::required(&beneath(field, name), ""));
    }
}

fn beneath(field: &str, name: &str) -> String {
    if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") }
}

fn value_of(schema: &Value, value: &Value, field: &str, causes: &mut Vec<Cause>) {
    if value.is_null() && schema.get("nullable") == Some(&json!(true)) {
        return;
    }
    let wanted = text(schema, "/type").unwrap_or_default();
    let is_number_or_text = schema.get("x-kubernetes-int-or-string") == Some(&json!(true));
    let fits = match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => !is_number_or_text || value.is_number() || value.is_string(),
    };
    if !fits {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let message = format!("Invalid value: \"{found}\": {field} in body must be of type {wanted}: \"{found}\"");
        causes.push(Cause { reason: "FieldValueTypeInvalid", message, field: field.to_owned() });
        return;
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let words: Vec<String> =
            allowed.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        causes.push(Cause::unsupported(
            field,
            &value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            &words,
        ));
    }
    match value {
        Value::Object(members) => {
            required(schema, value, field, causes);
            for (name, value) in members {
                let below = schema
                    .get("properties")
                    .and_then(|all| all.get(name))
                    .or_else(|| schema.get("additionalProperties"));
                if let Some(below) = below.filter(|below| below.is_object()) {
                    value_of(below, value, &beneath(field, name), causes);
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in (0..).zip(items) {
                if let Some(below) = schema.get("items") {
                    value_of(below, item, &format!("{field}[{at}]"), causes);
                }
            }
        }
        _ => {}
    }
}
