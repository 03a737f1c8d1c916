//! What the names in an expression stand for, in words, for diagnostics. Nothing sensitive is ever told.

use crate::diagnostic::UsedValue;
use crate::eval::access::{attribute, index, legacy_key};
use crate::eval::references::{StaticReference, static_references};
use crate::eval::scope::{OFFERED_STEPS, ResolvedStep, Scope};
use crate::syntax::tree::{Expression, Step};
use crate::value::{Fields, Marks, Type, Value, ValueKind};

/// Which values a fault is about: only then is it worth telling that they are so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reveal {
    /// Something is not known yet.
    pub unknown: bool,
    /// Something is sensitive.
    pub sensitive: bool,
}

/// What each reference in an expression stands for, in order of their text.
pub fn used_values(expression: &Expression, scope: &dyn Scope, reveal: Reveal) -> Vec<UsedValue> {
    let mut values: Vec<UsedValue> =
        static_references(expression).iter().filter_map(|reference| used_value(reference, scope, reveal)).collect();
    values.sort_by(|a, b| a.traversal.cmp(&b.traversal));
    values.dedup();
    values
}

/// The longest part of a reference that has a value.
fn used_value(reference: &StaticReference<'_>, scope: &dyn Scope, reveal: Reveal) -> Option<UsedValue> {
    let steps: Vec<ResolvedStep> = reference.steps.iter().map_while(resolved).collect();
    let found = |length: usize| Some((steps.get(..length)?, value_at(reference, steps.get(..length)?, scope)?));
    let (steps, value) = (1..=steps.len()).rev().find_map(found)?;
    Some(UsedValue { traversal: written(reference, steps), statement: statement(&value, reveal)? })
}

fn resolved(step: &Step) -> Option<ResolvedStep> {
    match step {
        Step::Attribute(name) => Some(ResolvedStep::Attribute(name.name.clone())),
        Step::LegacyIndex(key, _) => Some(ResolvedStep::Index(legacy_key(*key))),
        Step::Index(key) => match &key.kind {
            crate::syntax::tree::ExpressionKind::Literal(key) => Some(ResolvedStep::Index(key.clone())),
            _ => None,
        },
        Step::Splat { .. } | Step::AttributeSplat { .. } => None,
    }
}

fn value_at(reference: &StaticReference<'_>, steps: &[ResolvedStep], scope: &dyn Scope) -> Option<Value> {
    let offered = &steps[..steps.len().min(OFFERED_STEPS)];
    let (value, taken) = scope.resolve(reference.reference, offered).ok()?;
    steps.get(taken..)?.iter().try_fold(value, |value, step| match step {
        ResolvedStep::Attribute(name) => attribute(&value, name).ok(),
        ResolvedStep::Index(key) => index(&value, key).ok(),
    })
}

fn written(reference: &StaticReference<'_>, steps: &[ResolvedStep]) -> String {
    let mut text = reference.reference.root.name.to_string();
    for step in steps {
        match step {
            ResolvedStep::Attribute(name) => {
                text.push('.');
                text.push_str(name);
            }
            ResolvedStep::Index(key) => match (key.as_str(), key.as_number()) {
                (Some(key), _) => text.extend(["[", &serde_json::Value::from(key).to_string(), "]"]),
                (_, Some(key)) => text.extend(["[", &key.to_string(), "]"]),
                _ => text.push_str("[...]"),
            },
        }
    }
    text
}

/// What a value is, in words that follow its name; `None` when there is nothing to tell.
pub fn statement(value: &Value, reveal: Reveal) -> Option<String> {
    if value.marks().contains(Marks::SENSITIVE) {
        return reveal.sensitive.then(|| "has a sensitive value".to_owned());
    }
    if let ValueKind::Unknown(ty, _) = value.kind() {
        return match (ty, reveal.unknown) {
            (Type::Dynamic, true) => Some("will be known only after apply".to_owned()),
            (Type::Dynamic, false) => None,
            (ty, true) => Some(format!("is a {}, known only after apply", ty.friendly_name())),
            (ty, false) => Some(format!("is a {}", ty.friendly_name())),
        };
    }
    Some(format!("is {}", compact(value)))
}

/// A value in a few words.
fn compact(value: &Value) -> String {
    if value.marks().contains(Marks::EPHEMERAL) {
        return "(ephemeral value)".to_owned();
    }
    match value.kind() {
        ValueKind::Null(_) => "null".to_owned(),
        ValueKind::Unknown(..) => "(not yet known)".to_owned(),
        ValueKind::Bool(b) => b.to_string(),
        ValueKind::Number(n) => n.to_string(),
        ValueKind::String(s) => serde_json::Value::from(&**s).to_string(),
        ValueKind::Object(fields) => match (fields.len(), fields.keys().next()) {
            (0, _) => "object with no attributes".to_owned(),
            (1, Some(name)) => format!("object with 1 attribute {}", serde_json::Value::from(&**name)),
            (count, _) => format!("object with {count} attributes"),
        },
        ValueKind::List(..) | ValueKind::Set(..) | ValueKind::Map(..) | ValueKind::Tuple(_) => {
            let length = value.as_elements().map(<[_]>::len).or_else(|| value.as_fields().map(Fields::len));
            let name = value.type_of().friendly_name();
            match length.unwrap_or_default() {
                0 => format!("empty {name}"),
                1 => format!("{name} with 1 element"),
                count => format!("{name} with {count} elements"),
            }
        }
    }
}
