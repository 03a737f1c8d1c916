//! The defaults of `optional(type, default)` in a type constraint, laid into a value before it is converted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::unify::unify_unsafe;
use super::{Fields, Type, Value, ValueKind};

/// Defaults for the parts of values of one type constraint.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// Of an object's optional attributes: what stands in for one that is missing or null.
    pub attributes: BTreeMap<Arc<str>, Value>,
    /// The defaults inside attributes of an object, or inside positions of a tuple (`"0"`, `"1"`, ...).
    pub parts: BTreeMap<Arc<str>, Defaults>,
    /// The defaults inside every element of a list, set or map.
    pub elements: Option<Box<Defaults>>,
}

impl Defaults {
    /// Whether there is nothing to fill in.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.parts.is_empty() && self.elements.is_none()
    }

    /// The value with every missing or null optional attribute filled in. Nulls and unknowns stay as they are.
    pub fn apply(&self, value: &Value) -> Value {
        if self.is_empty() {
            return value.clone();
        }
        let filled = match value.kind() {
            ValueKind::Tuple(items) => Value::tuple(self.items(items)),
            ValueKind::List(element, items) => collection(self.items(items), element, Value::list, Value::tuple),
            ValueKind::Set(element, items) => collection(self.items(items), element, Value::set, Value::tuple),
            ValueKind::Object(fields) => Value::object(self.fields(fields)),
            ValueKind::Map(element, fields) => {
                let fields = self.fields(fields);
                let (keys, values): (Vec<Arc<str>>, Vec<Value>) = fields.into_iter().unzip();
                let keyed = |items: Vec<Value>| keys.iter().cloned().zip(items).collect::<Fields>();
                collection(
                    values,
                    element,
                    |element, items| Value::map(element, keyed(items)),
                    |items| Value::object(keyed(items)),
                )
            }
            _ => return value.clone(),
        };
        filled.marked(value.marks())
    }

    fn part(&self, name: &str) -> Option<&Defaults> {
        self.elements.as_deref().or_else(|| self.parts.get(name))
    }

    fn items(&self, items: &[Value]) -> Vec<Value> {
        let fill = |(i, item): (usize, &Value)| {
            let part = self.elements.as_deref().or_else(|| self.parts.get(i.to_string().as_str()));
            part.map_or_else(|| item.clone(), |defaults| defaults.apply(item))
        };
        items.iter().enumerate().map(fill).collect()
    }

    fn fields(&self, fields: &Fields) -> Fields {
        let fill = |(name, item): (&Arc<str>, &Value)| {
            let filled = self.part(name).map_or_else(|| item.clone(), |defaults| defaults.apply(item));
            (name.clone(), filled)
        };
        let mut filled: Fields = fields.iter().map(fill).collect();
        for (name, default) in &self.attributes {
            if filled.get(name).is_none_or(Value::is_null) {
                let default = self.parts.get(name).map_or_else(|| default.clone(), |part| part.apply(default));
                filled.insert(name.clone(), default);
            }
        }
        filled
    }
}

/// Filled elements as a collection of one type, or as the structure that can hold different ones.
fn collection(
    items: Vec<Value>,
    element: &Type,
    same: impl FnOnce(Type, Vec<Value>) -> Value,
    different: impl FnOnce(Vec<Value>) -> Value,
) -> Value {
    if items.is_empty() {
        return same(element.clone(), items);
    }
    let types: Vec<Type> = items.iter().map(Value::type_of).collect();
    let converted = unify_unsafe(&types).and_then(|unified| {
        let items: Result<Vec<Value>, _> = items.iter().map(|item| item.convert(&unified)).collect();
        Some((unified, items.ok()?))
    });
    match converted {
        Some((unified, items)) => same(unified, items),
        None => different(items),
    }
}
