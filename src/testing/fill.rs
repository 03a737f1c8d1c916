//! Values for what a provider would have decided, where a mock or an override decides in its place.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::provider::{Block, NestedBlock, Nesting};
use crate::value::{Fields, Path, Type, Value};

/// What becomes of attributes that a provider decides.
#[derive(Clone, Copy)]
pub enum Gaps<'a> {
    /// They are not known yet.
    Unknown,
    /// They get the values given, or made up.
    Filled {
        /// An object: what to give to which attribute.
        values: Option<&'a Value>,
        /// What made-up values follow from, so that they are the same in every run.
        seed: &'a str,
    },
}

/// A value given that does not fit its attribute.
#[derive(Debug, Clone)]
pub struct Misfit {
    /// Which.
    pub path: Path,
    /// The attribute's type.
    pub wanted: Type,
    /// Why not.
    pub why: String,
}

/// The object with the attributes that a provider decides, and that are null or unknown in it, treated as `gaps` says.
pub fn complete(block: &Block, object: &Value, gaps: Gaps<'_>, misfits: &mut Vec<Misfit>) -> Value {
    within(block, object, gaps, &Path::default(), misfits)
}

fn within(block: &Block, object: &Value, gaps: Gaps<'_>, path: &Path, misfits: &mut Vec<Misfit>) -> Value {
    let Some(fields) = object.as_fields() else { return object.clone() };
    let mut completed = Fields::new();
    for (name, value) in fields {
        let path = path.then_attribute(name);
        let value = if let Some(attribute) = block.attributes.get(&**name) {
            if attribute.computed && (value.is_null() || !value.is_known()) {
                filled(&attribute.ty, gaps, name, &path, misfits)
            } else {
                value.clone()
            }
        } else if let Some(nested) = block.blocks.get(&**name) {
            blocks(nested, value, gaps.inside(name), &path, misfits)
        } else {
            value.clone()
        };
        completed.insert(name.clone(), value);
    }
    Value::object(completed)
}

fn blocks(nested: &NestedBlock, value: &Value, gaps: Gaps<'_>, path: &Path, misfits: &mut Vec<Misfit>) -> Value {
    let one = nested.block.implied_type();
    let mut each = |item: &Value| within(&nested.block, item, gaps, path, misfits);
    match (nested.nesting, value.as_elements(), value.as_fields()) {
        (Nesting::List, Some(items), _) => Value::list(one, items.iter().map(&mut each).collect()),
        (Nesting::Set, Some(items), _) => {
            let items: Vec<Value> = items.iter().map(&mut each).collect();
            Value::tuple(items).convert(&Type::set(one)).unwrap_or_else(|_| value.clone())
        }
        (Nesting::Map, _, Some(items)) => {
            Value::map(one, items.iter().map(|(key, item)| (key.clone(), each(item))).collect())
        }
        (Nesting::Single | Nesting::Group, _, Some(_)) => each(value),
        _ if nested.computed && !value.is_known() => match gaps {
            Gaps::Unknown => value.clone(),
            Gaps::Filled { .. } => generated(&nested.implied_type(), gaps, path),
        },
        _ => value.clone(),
    }
}

impl Gaps<'_> {
    /// For what is inside a block of that name: its values are those of an object under it, or of the first in a list.
    fn inside(self, name: &Arc<str>) -> Self {
        match self {
            Gaps::Unknown => Gaps::Unknown,
            Gaps::Filled { values, seed } => {
                let inner = values.and_then(|values| values.field(name));
                let first = inner.and_then(Value::as_elements).and_then(<[Value]>::first);
                Gaps::Filled { values: first.or(inner), seed }
            }
        }
    }
}

fn filled(ty: &Type, gaps: Gaps<'_>, name: &str, path: &Path, misfits: &mut Vec<Misfit>) -> Value {
    let Gaps::Filled { values, .. } = gaps else { return Value::unknown(ty.clone()) };
    let Some(given) = values.and_then(|values| values.field(name)) else { return generated(ty, gaps, path) };
    given.convert(ty).unwrap_or_else(|error| {
        misfits.push(Misfit { path: path.clone(), wanted: ty.clone(), why: error.to_string() });
        Value::unknown(ty.clone())
    })
}

/// A value of a type: eight letters and digits for a text, zero, false, nothing in what holds others.
fn generated(ty: &Type, gaps: Gaps<'_>, path: &Path) -> Value {
    match ty {
        Type::String => Value::string(word(gaps, path)),
        Type::Number => Value::number(0usize),
        Type::Bool => Value::bool(false),
        Type::List(element) => Value::list((**element).clone(), Vec::new()),
        Type::Set(_) => Value::tuple(Vec::new()).convert(ty).unwrap_or_else(|_| Value::null(ty.clone())),
        Type::Map(element) => Value::map((**element).clone(), Fields::new()),
        Type::Object(object) => {
            let field =
                |(name, ty): (&Arc<str>, &Type)| (name.clone(), generated(ty, gaps, &path.then_attribute(name)));
            Value::object(object.attributes.iter().map(field).collect())
        }
        _ => Value::null(ty.clone()),
    }
}

/// Eight letters and digits that follow from the seed and the path.
fn word(gaps: Gaps<'_>, path: &Path) -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let seed = if let Gaps::Filled { seed, .. } = gaps { seed } else { "" };
    let digest = Sha256::digest(format!("{seed}\n{path}"));
    let letter = |byte: &u8| LETTERS.get(usize::from(*byte) % LETTERS.len()).copied().map_or('x', char::from);
    digest.iter().take(8).map(letter).collect()
}
