//! Values in the JSON of plans: what is known of them, which parts are not known, which are sensitive.
//!
//! The shapes are Terraform's: in objects and maps only what is `true` inside is written, in sequences every
//! element has its place.

use serde_json::{Map, Value as Json};

use crate::value::{Marks, Value, ValueKind};

/// What is known: unknown attributes are left out, unknown elements of sequences are null. `None` when the whole
/// is unknown.
pub fn known(value: &Value) -> Option<Json> {
    Some(match value.kind() {
        ValueKind::Unknown(..) => return None,
        ValueKind::List(_, items) | ValueKind::Set(_, items) | ValueKind::Tuple(items) => {
            items.iter().map(|item| known(item).unwrap_or(Json::Null)).collect()
        }
        ValueKind::Map(_, fields) | ValueKind::Object(fields) => {
            let known = |(name, field): (&std::sync::Arc<str>, &Value)| Some((name.to_string(), known(field)?));
            Json::Object(fields.iter().filter_map(known).collect())
        }
        // What JSON cannot carry (an infinite number) cannot be planned either.
        _ => value.to_plain_json().unwrap_or(Json::Null),
    })
}

/// Which parts are unknown.
pub fn unknown(value: &Value) -> Json {
    flags(value, &|value| (!value.is_known()).then_some(Json::Bool(true)))
}

/// Which parts are sensitive.
pub fn sensitive(value: &Value) -> Json {
    flags(value, &|value| {
        if value.marks().contains(Marks::SENSITIVE) {
            return Some(Json::Bool(true));
        }
        if value.is_known() {
            return None;
        }
        let ty = value.type_of();
        let is_structure = matches!(ty, crate::value::Type::Object(_) | crate::value::Type::Map(_));
        let is_sequence = ty.is_collection() || matches!(ty, crate::value::Type::Tuple(_));
        Some(match (is_structure, is_sequence) {
            (true, _) => Json::Object(Map::new()),
            (_, true) => Json::Array(Vec::new()),
            _ => Json::Bool(false),
        })
    })
}

/// `decided` may answer for a whole value; else its parts are looked at.
fn flags(value: &Value, decided: &dyn Fn(&Value) -> Option<Json>) -> Json {
    if let Some(answer) = decided(value) {
        return answer;
    }
    match value.kind() {
        ValueKind::List(_, items) | ValueKind::Set(_, items) | ValueKind::Tuple(items) => {
            items.iter().map(|item| flags(item, decided)).collect()
        }
        ValueKind::Map(_, fields) | ValueKind::Object(fields) => {
            let parts = fields.iter().map(|(name, field)| (name.to_string(), flags(field, decided)));
            Json::Object(parts.filter(|(_, flag)| *flag != Json::Bool(false)).collect())
        }
        _ => Json::Bool(false),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::Type;

    #[test]
    fn unknown_and_sensitive_parts_keep_their_places() {
        let value = Value::object_of([
            ("a", Value::string("x")),
            ("b", Value::tuple(vec![Value::unknown(Type::String), Value::number(1i64)])),
            ("c", Value::unknown(Type::String)),
            ("d", Value::object_of([("e", Value::string("hush").sensitive())])),
            ("f", Value::null(Type::list(Type::String))),
            ("g", Value::list(Type::String, vec![])),
            ("h", Value::unknown(Type::list(Type::String))),
        ]);
        assert_eq!(known(&value), Some(json!({ "a": "x", "b": [null, 1], "d": { "e": "hush" }, "f": null, "g": [] })));
        assert_eq!(unknown(&value), json!({ "b": [true, false], "c": true, "d": {}, "g": [], "h": true }));
        assert_eq!(sensitive(&value), json!({ "b": [false, false], "d": { "e": true }, "g": [], "h": [] }));
        assert_eq!(known(&Value::dynamic()), None);
    }
}
