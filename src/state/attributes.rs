//! The attributes of a recorded object: JSON text, decoded only when somebody asks.
//!
//! Text rather than a tree, because most objects of a large state are only carried from one file to the next: this
//! way they cost a scan, and come out as they were.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::value::{JsonError, Path, Type, Value, ValueKind};

/// A valid JSON text, of any indentation.
#[derive(Clone)]
pub struct Attributes(Arc<RawValue>);

impl Attributes {
    /// Takes a JSON value over.
    pub fn from_json(value: &serde_json::Value) -> Self {
        // A `serde_json::Value` has only string keys, so it can always be written.
        serde_json::value::to_raw_value(value).map(|raw| Self(raw.into())).unwrap_or_default()
    }

    /// The attributes of a wholly known object whose schema implies the type `ty`, byte for byte as Terraform
    /// writes them: what the type leaves open becomes `{"value":..,"type":..}`, in this order. Marks are not recorded.
    pub fn encode(object: &Value, ty: &Type) -> Result<Self, JsonError> {
        let mut text = String::new();
        write_value(&mut text, object, Some(ty), &mut Path::default())?;
        Ok(Self::from_text(text).unwrap_or_default())
    }

    /// The object, whose schema implies the type `ty`.
    pub fn decode(&self, ty: &Type) -> Result<Value, JsonError> {
        Value::from_json(&self.to_json(), ty)
    }

    /// Takes a JSON text over; `None` when it is not one.
    pub fn from_text(text: String) -> Option<Self> {
        RawValue::from_string(text).ok().map(|raw| Self(raw.into()))
    }

    /// Parses the text.
    pub fn to_json(&self) -> serde_json::Value {
        // Valid by construction; only nesting beyond serde_json's limit of 128 fails.
        serde_json::from_str(self.0.get()).unwrap_or_default()
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    pub(super) fn raw(&self) -> &RawValue {
        &self.0
    }
}

impl From<&RawValue> for Attributes {
    fn from(raw: &RawValue) -> Self {
        Self(raw.to_owned().into())
    }
}

impl Default for Attributes {
    /// `null`
    fn default() -> Self {
        Self(RawValue::NULL.to_owned().into())
    }
}

impl std::fmt::Debug for Attributes {
    /// Without the contents, which may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attributes({} bytes)", self.0.get().len())
    }
}

fn write_value(out: &mut String, value: &Value, ty: Option<&Type>, path: &mut Path) -> Result<(), JsonError> {
    if ty == Some(&Type::Dynamic) {
        return write_dynamic(out, value, path);
    }
    let element = ty.and_then(Type::element);
    match value.kind() {
        ValueKind::Null(_) => out.push_str("null"),
        ValueKind::Unknown(..) => return Err(JsonError { path: path.clone(), message: "value is not known".into() }),
        ValueKind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        ValueKind::Number(n) if n.is_infinite() => {
            return Err(JsonError { path: path.clone(), message: "cannot serialize infinity as JSON".into() });
        }
        ValueKind::Number(n) => out.push_str(&n.to_string()),
        ValueKind::String(s) => write_string(out, s),
        ValueKind::List(_, items) | ValueKind::Set(_, items) => {
            return write_items(out, items.iter().map(|item| (item, element)), path);
        }
        ValueKind::Tuple(items) => {
            let types = if let Some(Type::Tuple(types)) = ty { Some(types) } else { None };
            let items = items.iter().enumerate().map(|(i, item)| (item, types.and_then(|types| types.get(i))));
            return write_items(out, items, path);
        }
        ValueKind::Map(_, fields) | ValueKind::Object(fields) => {
            out.push('{');
            for (i, (name, field)) in fields.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                write_string(out, name);
                out.push(':');
                let ty = if let Some(Type::Object(object)) = ty { object.attributes.get(name) } else { element };
                write_value(out, field, ty, &mut path.then_attribute(name))?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn write_items<'a>(
    out: &mut String,
    items: impl Iterator<Item = (&'a Value, Option<&'a Type>)>,
    path: &Path,
) -> Result<(), JsonError> {
    out.push('[');
    for (i, (item, ty)) in items.enumerate() {
        out.push_str(if i == 0 { "" } else { "," });
        write_value(out, item, ty, &mut path.then_position(i))?;
    }
    out.push(']');
    Ok(())
}

fn write_dynamic(out: &mut String, value: &Value, path: &mut Path) -> Result<(), JsonError> {
    let own = value.type_of();
    if value.is_null() && own == Type::Dynamic {
        out.push_str("null");
        return Ok(());
    }
    out.push_str("{\"value\":");
    write_value(out, value, Some(&own), path)?;
    let _ = write!(out, ",\"type\":{}}}", own.to_json());
    Ok(())
}

/// Writing to a string cannot fail.
fn write_string(out: &mut String, text: &str) {
    let _ = write!(out, "{}", serde_json::Value::from(text));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn objects_come_back_from_what_is_recorded_of_them() {
        let ty = Type::object([("any", Type::Dynamic), ("list", Type::list(Type::String)), ("none", Type::Dynamic)]);
        let any = Value::tuple(vec![Value::number(1i64), Value::null(Type::Dynamic), Value::string("\"<\n")]);
        let object = Value::object_of([
            ("any", any),
            ("list", Value::list(Type::String, vec![Value::string("x")])),
            ("none", Value::null(Type::Dynamic)),
        ]);
        let attributes = Attributes::encode(&object, &ty).unwrap();
        assert_eq!(
            attributes.text(),
            r#"{"any":{"value":[1,null,"\"<\n"],"type":["tuple",["number","dynamic","string"]]},"list":["x"],"none":null}"#
        );
        let again = attributes.decode(&ty).unwrap();
        assert_eq!(Attributes::encode(&again, &ty).unwrap().text(), attributes.text());
    }

    #[test]
    fn an_unknown_is_refused_with_its_place() {
        let object = Value::object_of([("a", Value::tuple(vec![Value::unknown(Type::String)]))]);
        let error = Attributes::encode(&object, &Type::object([("a", Type::Dynamic)])).unwrap_err();
        assert_eq!(error.path.to_string(), "a[0]");
    }
}
