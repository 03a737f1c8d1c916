//! Values and types as JSON, in the encodings of Terraform's state and of `jsonencode`.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value as Json};

use super::{Fields, Number, Path, Type, Value, ValueKind};

/// A value that JSON cannot carry, or JSON that is not a value of the wanted type.
#[derive(Clone, Debug)]
pub struct JsonError {
    /// Where.
    pub path: Path,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for JsonError {}

fn error<T>(path: &Path, message: impl Into<String>) -> Result<T, JsonError> {
    Err(JsonError { path: path.clone(), message: message.into() })
}

impl Value {
    /// The JSON of a wholly known value of type `ty`, as Terraform records it: where `ty` leaves the type open,
    /// `{"value": .., "type": ..}`. Marks are not recorded.
    pub fn to_json(&self, ty: &Type) -> Result<Json, JsonError> {
        encode(self, Some(ty), &mut Path::default())
    }

    /// The JSON of a wholly known value by its own type, as `jsonencode` has it. Marks are left out.
    pub fn to_plain_json(&self) -> Result<Json, JsonError> {
        encode(self, None, &mut Path::default())
    }

    /// The value of type `ty` that JSON stands for, the reverse of [`Value::to_json`].
    pub fn from_json(json: &Json, ty: &Type) -> Result<Self, JsonError> {
        decode(json, ty, &mut Path::default())
    }

    /// The value that JSON stands for by itself, as `jsondecode` has it: arrays are tuples, objects are objects.
    pub fn from_plain_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::null(Type::Dynamic),
            Json::Bool(b) => Self::bool(*b),
            Json::Number(n) => number(n).map_or_else(|| Self::string(n.to_string()), Self::number),
            Json::String(s) => Self::string(s.as_str()),
            Json::Array(items) => Self::tuple(items.iter().map(Self::from_plain_json).collect()),
            Json::Object(fields) => {
                Self::object_of(fields.iter().map(|(k, v)| (normalized(k), Self::from_plain_json(v))))
            }
        }
    }
}

/// Keys are brought to NFC like every string.
fn normalized(key: &str) -> std::sync::Arc<str> {
    match Value::string(key).kind() {
        ValueKind::String(key) => key.clone(),
        _ => key.into(),
    }
}

fn number(json: &serde_json::Number) -> Option<Number> {
    Number::parse(&json.to_string())
}

fn encode(value: &Value, ty: Option<&Type>, path: &mut Path) -> Result<Json, JsonError> {
    if ty == Some(&Type::Dynamic) {
        let own = value.type_of();
        if value.is_null() && own == Type::Dynamic {
            return Ok(Json::Null);
        }
        let mut wrapped = Map::new();
        wrapped.insert("type".into(), own.to_json());
        wrapped.insert("value".into(), encode(value, Some(&own), path)?);
        return Ok(Json::Object(wrapped));
    }
    let element = ty.and_then(Type::element);
    match value.kind() {
        ValueKind::Null(_) => Ok(Json::Null),
        ValueKind::Unknown(..) => error(path, "value is not known"),
        ValueKind::Bool(b) => Ok(Json::Bool(*b)),
        ValueKind::Number(n) => match serde_json::Number::from_str(&n.to_string()) {
            Ok(n) => Ok(Json::Number(n)),
            Err(_) => error(path, "cannot serialize infinity as JSON"),
        },
        ValueKind::String(s) => Ok(Json::String((**s).to_owned())),
        ValueKind::List(_, items) | ValueKind::Set(_, items) => {
            encode_items(items.iter().map(|item| (item, element)), path)
        }
        ValueKind::Tuple(items) => {
            let types = if let Some(Type::Tuple(types)) = ty { Some(types) } else { None };
            let parts = items.iter().enumerate();
            encode_items(parts.map(|(i, item)| (item, types.and_then(|t| t.get(i)))), path)
        }
        ValueKind::Map(_, fields) | ValueKind::Object(fields) => {
            let mut object = Map::new();
            for (key, item) in fields.iter() {
                let ty = match ty {
                    Some(Type::Object(object)) => object.attributes.get(key),
                    _ => element,
                };
                path.0.push(super::PathStep::Attribute(key.clone()));
                object.insert(key.to_string(), encode(item, ty, path)?);
                path.0.pop();
            }
            Ok(Json::Object(object))
        }
    }
}

fn encode_items<'a>(
    items: impl Iterator<Item = (&'a Value, Option<&'a Type>)>,
    path: &mut Path,
) -> Result<Json, JsonError> {
    let mut array = Vec::new();
    for (i, (item, ty)) in items.enumerate() {
        path.0.push(super::PathStep::Index(Value::number(Number::from(i))));
        array.push(encode(item, ty, path)?);
        path.0.pop();
    }
    Ok(Json::Array(array))
}

fn decode(json: &Json, ty: &Type, path: &mut Path) -> Result<Value, JsonError> {
    match (json, ty) {
        (Json::Null, _) => Ok(Value::null(ty.without_optional())),
        (_, Type::Dynamic) => decode_dynamic(json, path),
        (Json::Bool(b), Type::Bool) => Ok(Value::bool(*b)),
        (Json::Bool(b), Type::String) => Ok(Value::string(b.to_string())),
        (Json::Number(n), Type::Number) => {
            number(n).map_or_else(|| error(path, "a number is required"), |n| Ok(Value::number(n)))
        }
        (Json::Number(n), Type::String) => Ok(Value::string(n.to_string())),
        (Json::String(s), Type::String) => Ok(Value::string(s.as_str())),
        (Json::String(s), Type::Number) => {
            Number::parse(s).map_or_else(|| error(path, "a number is required"), |n| Ok(Value::number(n)))
        }
        (Json::String(s), Type::Bool) if s == "true" || s == "false" => Ok(Value::bool(s == "true")),
        (Json::Array(items), Type::List(element)) => {
            let items = decode_items(items.iter().map(|item| (item, &**element)), path)?;
            Ok(Value::list(one_type(element, items.iter()), items))
        }
        (Json::Array(items), Type::Set(element)) => {
            let items = decode_items(items.iter().map(|item| (item, &**element)), path)?;
            Ok(Value::set(one_type(element, items.iter()), items))
        }
        (Json::Array(items), Type::Tuple(types)) => {
            if items.len() != types.len() {
                return error(path, format!("a tuple with {} elements is required", types.len()));
            }
            Ok(Value::tuple(decode_items(items.iter().zip(types.iter()), path)?))
        }
        (Json::Object(object), Type::Map(element)) => {
            let mut fields = Fields::new();
            for (key, item) in object {
                let key = normalized(key);
                path.0.push(super::PathStep::Index(Value::string(key.clone())));
                fields.insert(key, decode(item, element, path)?);
                path.0.pop();
            }
            Ok(Value::map(one_type(element, fields.values()), fields))
        }
        (Json::Object(object), Type::Object(want)) => decode_object(object, want, path),
        _ => error(path, format!("{} is required", ty.constraint_name())),
    }
}

/// `{"value": .., "type": ..}`
fn decode_dynamic(json: &Json, path: &mut Path) -> Result<Value, JsonError> {
    let parts = json.as_object().and_then(|o| Some((o.get("value")?, o.get("type")?)));
    let Some((value, ty)) = parts else {
        return error(path, "a value with its type is required");
    };
    match Type::from_json(ty) {
        Some(ty) => decode(value, &ty, path),
        None => error(path, "invalid type"),
    }
}

fn decode_items<'a>(
    items: impl Iterator<Item = (&'a Json, &'a Type)>,
    path: &mut Path,
) -> Result<Vec<Value>, JsonError> {
    let mut values = Vec::new();
    for (i, (item, ty)) in items.enumerate() {
        path.0.push(super::PathStep::Index(Value::number(Number::from(i))));
        values.push(decode(item, ty, path)?);
        path.0.pop();
    }
    Ok(values)
}

/// Attributes that the type does not have are refused, those that are missing are null if they may be.
fn decode_object(object: &Map<String, Json>, want: &super::ObjectType, path: &mut Path) -> Result<Value, JsonError> {
    let known =
        |key: &String| want.attributes.contains_key(key.as_str()) || want.attributes.contains_key(&normalized(key));
    if let Some(key) = object.keys().find(|key| !known(key)) {
        return error(path, format!("unsupported attribute {key:?}"));
    }
    let mut fields = Fields::with_capacity(want.attributes.len());
    for (name, ty) in &want.attributes {
        path.0.push(super::PathStep::Attribute(name.clone()));
        let item = object.get(&**name).or_else(|| object.iter().find(|(k, _)| normalized(k) == *name).map(|(_, v)| v));
        let value = match item {
            Some(item) => decode(item, ty, path)?,
            None if want.optional.contains(name) => Value::null(ty.without_optional()),
            None => return error(path, format!("attribute {name:?} is required")),
        };
        path.0.pop();
        fields.insert(name.clone(), value);
    }
    Ok(Value::object(fields))
}

/// The element type of decoded elements: the wanted one, or where that is open the first element's own.
fn one_type<'a>(want: &Type, mut items: impl Iterator<Item = &'a Value>) -> Type {
    let want = want.without_optional();
    if want.has_dynamic() { items.next().map_or(want, Value::type_of) } else { want }
}

impl Type {
    /// Terraform's JSON of a type: `"string"`, `["list", "string"]`, `["object", {"a": "number"}]`.
    pub fn to_json(&self) -> Json {
        let pair = |kind: &str, inner: Json| Json::Array(vec![kind.into(), inner]);
        match self {
            Self::Dynamic => "dynamic".into(),
            Self::Bool => "bool".into(),
            Self::Number => "number".into(),
            Self::String => "string".into(),
            Self::List(t) => pair("list", t.to_json()),
            Self::Set(t) => pair("set", t.to_json()),
            Self::Map(t) => pair("map", t.to_json()),
            Self::Tuple(items) => pair("tuple", items.iter().map(Self::to_json).collect()),
            Self::Object(object) => {
                let attributes: Map<String, Json> =
                    object.attributes.iter().map(|(name, t)| (name.to_string(), t.to_json())).collect();
                let mut parts = vec!["object".into(), Json::Object(attributes)];
                if !object.optional.is_empty() {
                    parts.push(object.optional.iter().map(|name| Json::from(&**name)).collect());
                }
                Json::Array(parts)
            }
        }
    }

    /// The type that Terraform's JSON stands for; `None` when it is none.
    pub fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::String(name) => match name.as_str() {
                "dynamic" => Some(Self::Dynamic),
                "bool" => Some(Self::Bool),
                "number" => Some(Self::Number),
                "string" => Some(Self::String),
                _ => None,
            },
            Json::Array(parts) => {
                let (kind, inner) = (parts.first()?.as_str()?, parts.get(1)?);
                match kind {
                    "list" => Self::from_json(inner).map(Self::list),
                    "set" => Self::from_json(inner).map(Self::set),
                    "map" => Self::from_json(inner).map(Self::map),
                    "tuple" => inner.as_array()?.iter().map(Self::from_json).collect::<Option<_>>().map(Self::tuple),
                    "object" => object_type(inner, parts.get(2)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

fn object_type(attributes: &Json, optional: Option<&Json>) -> Option<Type> {
    let mut object = super::ObjectType::default();
    for (name, json) in attributes.as_object()? {
        object.attributes.insert(normalized(name), Type::from_json(json)?);
    }
    if let Some(names) = optional {
        object.optional = names.as_array()?.iter().map(|n| n.as_str().map(normalized)).collect::<Option<_>>()?;
    }
    Some(Type::Object(std::sync::Arc::new(object)))
}
