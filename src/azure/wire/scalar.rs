//! One attribute's value to JSON and back, in the spelling that its row asks for.

use std::sync::Arc;

use serde_json::{Map, Number as JsonNumber, Value as Json, json};

use super::table::{Codec, Literal, Row, Scalar, Shape};
use crate::value::{Fields, Number, Type, Value, ValueKind};

/// The type of a scalar.
pub fn scalar_type(scalar: Scalar) -> Type {
    match scalar {
        Scalar::Bool => Type::Bool,
        Scalar::Integer | Scalar::Float => Type::Number,
        Scalar::Text => Type::String,
    }
}

/// A table's constant as a value.
pub fn literal(literal: Literal) -> Value {
    match literal {
        Literal::Bool(b) => Value::bool(b),
        Literal::Integer(n) => Value::number(n),
        Literal::Text(s) => Value::string(s),
    }
}

/// A table's constant as JSON.
pub fn literal_json(literal: Literal) -> Json {
    match literal {
        Literal::Bool(b) => json!(b),
        Literal::Integer(n) => json!(n),
        Literal::Text(s) => json!(s),
    }
}

/// What is sent for a known value of a row that is not a block; `None` for null and unknown.
pub fn to_json(row: &Row, value: &Value) -> Option<Json> {
    match (row.codec, plain(value)?) {
        (Codec::Plain, json) => Some(json),
        (Codec::Inverted, Json::Bool(b)) => Some(json!(!b)),
        (Codec::Stringly, json @ (Json::Bool(_) | Json::Number(_))) => Some(json!(json.to_string())),
        (Codec::Words(yes, no), Json::Bool(b)) => Some(json!(if b { yes } else { no })),
        (Codec::Member(name), Json::Array(items)) => {
            Some(items.into_iter().map(|item| json!({ name: item })).collect())
        }
        (Codec::Member(name), item) => Some(json!({ name: item })),
        (Codec::Keys, Json::Array(keys)) => Some(Json::Object(keys_of(&keys))),
        (Codec::Commas, Json::Array(items)) => {
            let items: Vec<_> = items.iter().filter_map(Json::as_str).collect();
            Some(json!(items.join(",")))
        }
        (Codec::Inverted | Codec::Words(..) | Codec::Stringly | Codec::Keys | Codec::Commas | Codec::Single, json) => {
            Some(json)
        }
    }
}

/// What is read into a row that is not a block; `None` when the JSON does not fit.
pub fn from_json(row: &Row, json: &Json) -> Option<Value> {
    match (&row.shape, row.codec) {
        (Shape::One(Scalar::Bool), Codec::Inverted) => Some(Value::bool(!json.as_bool()?)),
        (Shape::One(Scalar::Bool), Codec::Words(yes, _)) => Some(Value::bool(json.as_str()?.eq_ignore_ascii_case(yes))),
        (Shape::One(scalar), Codec::Member(name)) => one(*scalar, json.get(name)?),
        (Shape::One(scalar), _) => one(*scalar, json),
        (Shape::List(scalar), codec) => Some(Value::list(scalar_type(*scalar), many(*scalar, codec, json)?)),
        (Shape::Set(scalar), codec) => Some(set_of(scalar_type(*scalar), many(*scalar, codec, json)?)),
        (Shape::Map, _) => {
            let fields = json.as_object()?.iter().map(|(key, v)| (Arc::from(key.as_str()), as_text(v))).collect();
            Some(Value::map(Type::String, fields))
        }
        (Shape::Blocks(_), _) => None,
    }
}

/// A set, in canonical order and each element once.
pub fn set_of(element: Type, items: Vec<Value>) -> Value {
    Value::set(element, items)
}

fn many(scalar: Scalar, codec: Codec, json: &Json) -> Option<Vec<Value>> {
    match codec {
        Codec::Keys => Some(json.as_object()?.keys().map(|key| Value::string(key.as_str())).collect()),
        Codec::Commas => {
            let items = json.as_str()?.split(',').map(str::trim).filter(|s| !s.is_empty());
            Some(items.map(Value::string).collect())
        }
        Codec::Member(name) => json.as_array()?.iter().map(|item| one(scalar, item.get(name)?)).collect(),
        Codec::Plain | Codec::Inverted | Codec::Words(..) | Codec::Stringly | Codec::Single => {
            json.as_array()?.iter().map(|item| one(scalar, item)).collect()
        }
    }
}

fn one(scalar: Scalar, json: &Json) -> Option<Value> {
    match (scalar, json) {
        (Scalar::Bool, Json::Bool(b)) => Some(Value::bool(*b)),
        (Scalar::Bool, Json::String(s)) => match s.to_ascii_lowercase().as_str() {
            "true" => Some(Value::bool(true)),
            "false" => Some(Value::bool(false)),
            _ => None,
        },
        (Scalar::Integer | Scalar::Float, Json::Number(n)) => number(&n.to_string()),
        (Scalar::Integer | Scalar::Float, Json::String(s)) => number(s),
        (Scalar::Text, Json::String(s)) => Some(Value::string(s.as_str())),
        (Scalar::Text, Json::Bool(_) | Json::Number(_)) => Some(Value::string(json.to_string())),
        _ => None,
    }
}

fn number(text: &str) -> Option<Value> {
    Some(Value::number(Number::parse(text)?))
}

/// Any known value as JSON without more ado; `None` for null and unknown.
fn plain(value: &Value) -> Option<Json> {
    match value.kind() {
        ValueKind::Null(_) | ValueKind::Unknown(..) => None,
        ValueKind::Bool(b) => Some(json!(b)),
        ValueKind::Number(n) => Some(json_number(n)),
        ValueKind::String(s) => Some(json!(s.as_ref())),
        ValueKind::List(_, items) | ValueKind::Set(_, items) | ValueKind::Tuple(items) => {
            Some(items.iter().filter_map(plain).collect())
        }
        ValueKind::Map(_, fields) | ValueKind::Object(fields) => Some(Json::Object(object(fields))),
    }
}

fn json_number(n: &Number) -> Json {
    n.to_string().parse::<JsonNumber>().map_or(Json::Null, Json::Number)
}

fn object(fields: &Fields) -> Map<String, Json> {
    fields.iter().filter_map(|(key, v)| Some((key.to_string(), plain(v)?))).collect()
}

fn keys_of(keys: &[Json]) -> Map<String, Json> {
    keys.iter().filter_map(|key| Some((key.as_str()?.to_owned(), json!({})))).collect()
}

fn as_text(json: &Json) -> Value {
    match json {
        Json::String(s) => Value::string(s.as_str()),
        Json::Null => Value::string(""),
        other => Value::string(other.to_string()),
    }
}
