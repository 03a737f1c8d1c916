//! Values in a saved plan: with their types, marks, unknowns and refinements, which JSON alone does not have.
//!
//! A bool, string or tuple is itself; anything else is an object with one letter for what it is.

use serde_json::{Map, Value as Json, json};

use crate::value::{Fields, Marks, Number, Path, PathStep, Refinement, Type, Value, ValueKind};

/// Writes a value.
pub fn write(value: &Value) -> Json {
    let bare = write_bare(value.kind());
    if value.marks().is_empty() {
        return bare;
    }
    let sensitive = value.marks().contains(Marks::SENSITIVE);
    let ephemeral = value.marks().contains(Marks::EPHEMERAL);
    json!({ "m": u8::from(sensitive) + 2 * u8::from(ephemeral), "v": bare })
}

fn write_bare(kind: &ValueKind) -> Json {
    let all = |items: &[Value]| Json::Array(items.iter().map(write).collect());
    let fields = |fields: &Fields| Json::Object(fields.iter().map(|(k, v)| (k.to_string(), write(v))).collect());
    match kind {
        ValueKind::Null(ty) => json!({ "n": ty.to_json() }),
        ValueKind::Unknown(ty, refinement) => json!({ "u": ty.to_json(), "r": write_refinement(refinement) }),
        ValueKind::Bool(b) => Json::Bool(*b),
        ValueKind::Number(n) => json!({ "#": n.to_string() }),
        ValueKind::String(s) => Json::String(s.to_string()),
        ValueKind::List(ty, items) => json!({ "l": ty.to_json(), "i": all(items) }),
        ValueKind::Set(ty, items) => json!({ "s": ty.to_json(), "i": all(items) }),
        ValueKind::Map(ty, items) => json!({ "p": ty.to_json(), "f": fields(items) }),
        ValueKind::Tuple(items) => all(items),
        ValueKind::Object(items) => json!({ "o": fields(items) }),
    }
}

fn write_refinement(r: &Refinement) -> Json {
    let mut out = Map::new();
    if r.not_null {
        out.insert("not_null".into(), Json::Bool(true));
    }
    if let Some(prefix) = &r.prefix {
        out.insert("prefix".into(), json!(&**prefix));
    }
    for (name, bound) in [("lower", &r.lower), ("upper", &r.upper)] {
        if let Some((n, inclusive)) = bound {
            out.insert(name.into(), json!([n.to_string(), inclusive]));
        }
    }
    for (name, length) in [("min", r.min_length), ("max", r.max_length)] {
        if let Some(length) = length {
            out.insert(name.into(), json!(length));
        }
    }
    Json::Object(out)
}

/// Reads a value that [`write`] wrote; `None` when it is not one.
pub fn read(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Bool(b) => Value::bool(*b),
        Json::String(s) => Value::string(s.as_str()),
        Json::Array(items) => Value::tuple(read_all(items)?),
        Json::Object(object) => return read_object(object),
        Json::Null | Json::Number(_) => return None,
    })
}

fn read_all(items: &[Json]) -> Option<Vec<Value>> {
    items.iter().map(read).collect()
}

fn read_object(object: &Map<String, Json>) -> Option<Value> {
    let ty = |name: &str| object.get(name).and_then(Type::from_json);
    let items = || object.get("i").and_then(Json::as_array).and_then(|items| read_all(items));
    if let Some(marks) = object.get("m").and_then(Json::as_u64) {
        let value = read(object.get("v")?)?;
        let value = if marks & 1 == 1 { value.sensitive() } else { value };
        return Some(if marks & 2 == 2 { value.marked(Marks::EPHEMERAL) } else { value });
    }
    if let Some(ty) = ty("n") {
        return Some(Value::null(ty));
    }
    if let Some(ty) = ty("u") {
        return Some(ValueKind::Unknown(ty, read_refinement(object.get("r")?)?.into()).into());
    }
    if let Some(number) = object.get("#").and_then(Json::as_str) {
        return Number::parse(number).map(Value::number);
    }
    if let Some(ty) = ty("l") {
        return Some(Value::list(ty, items()?));
    }
    if let Some(ty) = ty("s") {
        return Some(Value::set(ty, items()?));
    }
    if let Some(ty) = ty("p") {
        return Some(Value::map(ty, read_fields(object.get("f")?)?));
    }
    object.get("o").and_then(read_fields).map(Value::object)
}

fn read_fields(json: &Json) -> Option<Fields> {
    json.as_object()?.iter().map(|(k, v)| Some((k.as_str().into(), read(v)?))).collect()
}

fn read_refinement(json: &Json) -> Option<Refinement> {
    let bound = |name: &str| {
        let pair = json.get(name)?.as_array()?;
        Some((Number::parse(pair.first()?.as_str()?)?, pair.get(1)?.as_bool()?))
    };
    let length = |name: &str| json.get(name).and_then(Json::as_u64);
    Some(Refinement {
        not_null: json.get("not_null").is_some(),
        prefix: json.get("prefix").and_then(Json::as_str).map(Into::into),
        lower: bound("lower"),
        upper: bound("upper"),
        min_length: length("min"),
        max_length: length("max"),
    })
}

/// Writes a path: names as text, indexes as values in a list.
pub fn write_path(path: &Path) -> Json {
    let step = |step: &PathStep| match step {
        PathStep::Attribute(name) => json!(&**name),
        PathStep::Index(index) => json!([write(index)]),
    };
    Json::Array(path.0.iter().map(step).collect())
}

/// Reads a path.
pub fn read_path(json: &Json) -> Option<Path> {
    let step = |json: &Json| match json {
        Json::String(name) => Some(PathStep::Attribute(name.as_str().into())),
        Json::Array(index) => index.first().and_then(read).map(PathStep::Index),
        _ => None,
    };
    json.as_array()?.iter().map(step).collect::<Option<_>>().map(Path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were() {
        let unknown = Value::unknown_refined(
            Type::String,
            Refinement { not_null: true, prefix: Some("/subscriptions/".into()), ..Refinement::default() },
        );
        let number = Number::parse("0.1").map_or_else(Value::dynamic, Value::number);
        for value in [
            Value::null(Type::list(Type::Number)),
            unknown.clone(),
            Value::tuple(vec![Value::bool(true), number.clone().sensitive()]),
            Value::map(Type::Number, [("k".into(), number.clone())].into_iter().collect()),
            Value::set(Type::String, vec![Value::string("a"), Value::string("b")]),
            Value::object_of([("a", Value::list(Type::String, vec![unknown])), ("n", Value::string("#"))]),
        ] {
            let back = read(&write(&value)).unwrap_or_else(Value::dynamic);
            assert!(back.raw_eq(&value), "{:?}", write(&value));
        }
    }
}
