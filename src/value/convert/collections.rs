//! Conversion of values that have parts.

use std::sync::Arc;

use super::super::unify::{unify_unsafe, unify_with};
use super::super::{Fields, Number, PathStep, Type, Value, ValueKind};
use super::{ConversionError, Safety, Steps, convert_value, error, possible};

/// What kind of collection parts are put into. Of a map Terraform lets the values decide what their type is while
/// one of them is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collection {
    /// A list or a set.
    Sequence,
    /// A map.
    Map,
}

/// The element type of a collection made from parts of these types: `want`, or what they unify to where any type
/// will do. `None` when the parts do not fit.
pub(super) fn element_type<'a>(
    parts: impl ExactSizeIterator<Item = &'a Type> + Clone,
    want: &Type,
    safety: Safety,
    into: Collection,
) -> Option<Type> {
    if parts.len() == 0 {
        return Some(want.clone());
    }
    let element = if *want == Type::Dynamic {
        let types: Vec<Type> = parts.clone().cloned().collect();
        let unified = unify_with(&types, safety)?;
        let open = unified == Type::Dynamic && types.iter().any(|t| *t != Type::Dynamic);
        if open && into == Collection::Sequence {
            return None;
        }
        unified
    } else {
        want.clone()
    };
    let mut last = None;
    for part in parts {
        if last != Some(part) && !possible(part, &element, safety) {
            return None;
        }
        last = Some(part);
    }
    Some(element)
}

pub(super) fn convert(value: &Value, got: &Type, want: &Type, steps: &mut Steps) -> Result<Value, ConversionError> {
    match (value.kind(), got, want) {
        (ValueKind::Set(_, items), Type::Set(element), Type::List(want)) => {
            if items.len() > 1 && !items.iter().all(Value::is_wholly_known) {
                return Ok(Value::unknown(Type::list(
                    if **want == Type::Dynamic { &**element } else { &**want }.clone(),
                )));
            }
            let items = items.iter().map(|item| (item, &**element));
            unplaced(list(items, element, want, &mut Vec::new()), steps)
        }
        (ValueKind::Set(_, items), Type::Set(element), Type::Set(want)) => {
            let items = items.iter().map(|item| (item, &**element));
            unplaced(set(items, element, want, &mut Vec::new()), steps)
        }
        (ValueKind::List(_, items), Type::List(element), Type::List(want)) => {
            list(items.iter().map(|item| (item, &**element)), element, want, steps)
        }
        (ValueKind::List(_, items), Type::List(element), Type::Set(want)) => {
            set(items.iter().map(|item| (item, &**element)), element, want, steps)
        }
        (ValueKind::Tuple(items), Type::Tuple(types), Type::List(want)) => {
            let element =
                element_type(types.iter(), want, Safety::Unsafe, Collection::Sequence).unwrap_or(Type::Dynamic);
            list(items.iter().zip(types.iter()), &element, &element, steps)
        }
        (ValueKind::Tuple(items), Type::Tuple(types), Type::Set(want)) => {
            let element =
                element_type(types.iter(), want, Safety::Unsafe, Collection::Sequence).unwrap_or(Type::Dynamic);
            set(items.iter().zip(types.iter()), &element, &element, steps)
        }
        (ValueKind::Map(_, fields), Type::Map(element), Type::Map(want)) => {
            map(fields.iter().map(|(key, item)| (key, item, &**element)), element, want, steps)
        }
        (ValueKind::Object(fields), Type::Object(object), Type::Map(want)) => {
            let element = element_type(object.attributes.values(), want, Safety::Unsafe, Collection::Map)
                .unwrap_or(Type::Dynamic);
            let parts = fields.iter().zip(object.attributes.values());
            map(parts.map(|((key, item), got)| (key, item, got)), &element, &element, steps)
        }
        (ValueKind::Tuple(items), Type::Tuple(types), Type::Tuple(want)) => {
            tuple(items.iter().zip(types.iter()).zip(want.iter()), steps)
        }
        (ValueKind::Object(_) | ValueKind::Map(..), _, Type::Object(_)) => object(value, got, want, steps),
        _ => error(steps, super::mismatch_message(got, want)),
    }
}

/// The elements of a set have no place: what is wrong with one is told of the set.
fn unplaced(converted: Result<Value, ConversionError>, steps: &Steps) -> Result<Value, ConversionError> {
    converted.or_else(|fault| error(steps, fault.message))
}

/// Converts one part, with its step on the path.
fn part(item: &Value, step: PathStep, got: &Type, want: &Type, steps: &mut Steps) -> Result<Value, ConversionError> {
    if got == want {
        return Ok(item.clone());
    }
    steps.push(step);
    let converted = convert_value(item, got, want, steps);
    steps.pop();
    converted
}

fn position(i: usize) -> PathStep {
    PathStep::Index(Value::number(Number::from(i)))
}

/// The elements in the type wanted, and that type.
fn alike<'a>(
    items: impl Iterator<Item = (&'a Value, &'a Type)>,
    got: &Type,
    want: &Type,
    mismatch: &str,
    steps: &mut Steps,
) -> Result<(Type, Vec<Value>), ConversionError> {
    let converted = items.enumerate().map(|(i, (item, got))| part(item, position(i), got, want, steps));
    let converted = converted.collect::<Result<Vec<_>, _>>()?;
    one_type(converted, got, want, mismatch, steps)
}

fn list<'a>(
    items: impl Iterator<Item = (&'a Value, &'a Type)>,
    got: &Type,
    want: &Type,
    steps: &mut Steps,
) -> Result<Value, ConversionError> {
    alike(items, got, want, "element types must all match for conversion to list", steps)
        .map(|(element, items)| Value::list(element, items))
}

fn set<'a>(
    items: impl Iterator<Item = (&'a Value, &'a Type)>,
    got: &Type,
    want: &Type,
    steps: &mut Steps,
) -> Result<Value, ConversionError> {
    alike(items, got, want, "element types must all match for conversion to set", steps)
        .map(|(element, items)| Value::set(element, items))
}

fn map<'a>(
    parts: impl Iterator<Item = (&'a Arc<str>, &'a Value, &'a Type)>,
    got: &Type,
    want: &Type,
    steps: &mut Steps,
) -> Result<Value, ConversionError> {
    let (mut keys, mut items) = (Vec::new(), Vec::new());
    for (key, item, got) in parts {
        items.push(part(item, PathStep::Index(Value::string(key.clone())), got, want, steps)?);
        keys.push(key.clone());
    }
    let (element, items) = one_type(items, got, want, "attribute types must all match for conversion to map", steps)?;
    Ok(Value::map(element, keys.into_iter().zip(items).collect()))
}

/// Brings converted elements to one type, which they need not have where the wanted type has `any` inside.
fn one_type(
    items: Vec<Value>,
    got: &Type,
    want: &Type,
    mismatch: &str,
    steps: &mut Steps,
) -> Result<(Type, Vec<Value>), ConversionError> {
    let want = want.without_optional();
    if !want.has_dynamic() {
        return Ok((want, items));
    }
    if items.is_empty() {
        return Ok((if want == Type::Dynamic { got.clone() } else { want }, items));
    }
    let types: Vec<Type> = items.iter().map(Value::type_of).collect();
    let Some(element) = unify_unsafe(&types) else {
        return error(steps, "collection elements cannot be unified");
    };
    let unified = items.into_iter().zip(&types).enumerate();
    let items = unified.map(|(i, (item, got))| part(&item, position(i), got, &element, steps));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    if !element.has_dynamic() {
        return Ok((element, items));
    }
    // With `any` left inside, the elements must have come to one type all the same.
    let mut settled = items.iter().map(Value::type_of).filter(|ty| *ty != Type::Dynamic);
    let Some(first) = settled.next() else { return Ok((element, items)) };
    if settled.any(|ty| ty != first) {
        return error(steps, mismatch);
    }
    Ok((first, items))
}

fn tuple<'a>(
    parts: impl Iterator<Item = ((&'a Value, &'a Type), &'a Type)>,
    steps: &mut Steps,
) -> Result<Value, ConversionError> {
    let items = parts.enumerate().map(|(i, ((item, got), want))| part(item, position(i), got, want, steps));
    Ok(Value::tuple(items.collect::<Result<_, _>>()?))
}

/// An object or map as an object: what it has too much is dropped, optional attributes that it lacks are null.
fn object(value: &Value, got: &Type, want: &Type, steps: &mut Steps) -> Result<Value, ConversionError> {
    let Type::Object(object) = want else {
        return error(steps, super::mismatch_message(got, want));
    };
    let mut fields = Fields::new();
    for (name, want_type) in &object.attributes {
        let converted = match (value.field(name), got) {
            (Some(item), Type::Map(element)) => {
                part(item, PathStep::Index(Value::string(name.clone())), element, want_type, steps)?
            }
            (Some(item), Type::Object(got)) => {
                let got_type = got.attributes.get(name).unwrap_or(&Type::Dynamic);
                part(item, PathStep::Attribute(name.clone()), got_type, want_type, steps)?
            }
            _ if object.optional.contains(name) => Value::null(want_type.without_optional()),
            _ => return error(steps, format!("map has no element for required attribute {name:?}")),
        };
        fields.insert(name.clone(), converted);
    }
    Ok(Value::object(fields))
}
