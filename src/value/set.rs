//! Sets and their order: that in which Terraform iterates them.

use std::cmp::Ordering;
use std::fmt::Write;

use super::{Marks, Type, Value, ValueKind};

impl Value {
    /// A set: known elements once each, in canonical order; marks of elements move to the set.
    /// The caller sees to it that all elements have the element type.
    pub fn set(element: Type, items: Vec<Value>) -> Self {
        let mut marks = Marks::NONE;
        let mut keyed: Vec<(Key, Value)> = Vec::with_capacity(items.len());
        for item in items {
            let (item, found) = item.without_deep_marks();
            marks = marks | found;
            keyed.push((Key::of(&item), item));
        }
        keyed.sort_by(|(k, a), (l, b)| k.cmp(l).then_with(|| whole_order(a, b)));
        keyed.dedup_by(|(k, a), (l, b)| k == l && a.equal(b) == Some(true) && sign(a) == sign(b));
        let items = keyed.into_iter().map(|(_, item)| item).collect();
        Value::from(ValueKind::Set(element, std::sync::Arc::new(items))).marked(marks)
    }

    /// The order of elements in a set: strings by bytes, numbers by value, false before true, anything else by a
    /// fixed text form; null last, and unknown just before it.
    pub fn canonical_order(&self, other: &Self) -> Ordering {
        Key::of(self).cmp(&Key::of(other)).then_with(|| whole_order(self, other))
    }
}

/// Zero and negative zero are equal, and yet two elements, as in Terraform.
fn sign(value: &Value) -> Option<bool> {
    value.as_number().map(super::Number::is_negative_zero)
}

/// What elements are sorted by first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// Primitives compare by themselves.
    Primitive,
    /// Others by the text form that go-cty hashes, so that sets of objects iterate as in Terraform.
    Text(String),
    Unknown,
    Null,
}

impl Key {
    fn of(value: &Value) -> Self {
        match value.kind() {
            ValueKind::Null(_) => Self::Null,
            ValueKind::Unknown(..) => Self::Unknown,
            ValueKind::Bool(_) | ValueKind::Number(_) | ValueKind::String(_) => Self::Primitive,
            _ => {
                let mut text = String::new();
                write_text(value, &mut text);
                Self::Text(text)
            }
        }
    }
}

fn write_text(value: &Value, text: &mut String) {
    match value.kind() {
        ValueKind::Unknown(..) => text.push('?'),
        ValueKind::Null(_) => text.push('~'),
        ValueKind::Bool(b) => text.push(if *b { 'T' } else { 'F' }),
        ValueKind::Number(n) => text.push_str(&n.to_short_string()),
        ValueKind::String(s) => {
            // Writing to a String cannot fail.
            let _ = write!(text, "{s:?}");
        }
        ValueKind::List(_, items) | ValueKind::Set(_, items) => write_items(items.iter(), '[', ']', text),
        ValueKind::Tuple(items) => write_items(items.iter(), '<', '>', text),
        ValueKind::Object(fields) => write_items(fields.values(), '<', '>', text),
        ValueKind::Map(_, fields) => {
            text.push('{');
            for (key, item) in fields.iter() {
                let _ = write!(text, "{key:?}:");
                write_text(item, text);
                text.push(';');
            }
            text.push('}');
        }
    }
}

fn write_items<'a>(items: impl Iterator<Item = &'a Value>, open: char, close: char, text: &mut String) {
    text.push(open);
    for item in items {
        write_text(item, text);
        text.push(';');
    }
    text.push(close);
}

/// A total order of values, structure by structure; equal only for values that are the same but for marks.
fn whole_order(a: &Value, b: &Value) -> Ordering {
    let items = |a: &[Value], b: &[Value]| {
        let parts = a.iter().zip(b).map(|(a, b)| whole_order(a, b));
        parts.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
    };
    match (a.kind(), b.kind()) {
        (ValueKind::Bool(a), ValueKind::Bool(b)) => a.cmp(b),
        (ValueKind::Number(a), ValueKind::Number(b)) => a.cmp(b).then(b.is_negative_zero().cmp(&a.is_negative_zero())),
        (ValueKind::String(a), ValueKind::String(b)) => a.cmp(b),
        (ValueKind::List(_, a), ValueKind::List(_, b))
        | (ValueKind::Set(_, a), ValueKind::Set(_, b))
        | (ValueKind::Tuple(a), ValueKind::Tuple(b)) => items(a, b),
        (ValueKind::Map(_, a), ValueKind::Map(_, b)) | (ValueKind::Object(a), ValueKind::Object(b)) => {
            let parts = a.iter().zip(b.iter()).map(|((k, a), (l, b))| k.cmp(l).then_with(|| whole_order(a, b)));
            parts.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: &Value) -> u8 {
    match value.kind() {
        ValueKind::Bool(_) => 0,
        ValueKind::Number(_) => 1,
        ValueKind::String(_) => 2,
        ValueKind::List(..) => 3,
        ValueKind::Set(..) => 4,
        ValueKind::Map(..) => 5,
        ValueKind::Tuple(_) => 6,
        ValueKind::Object(_) => 7,
        ValueKind::Unknown(..) => 8,
        ValueKind::Null(_) => 9,
    }
}
