//! Functions of maps and objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::string::shown;
use super::super::{Arguments, FunctionError};
use crate::value::{Fields, Marks, Type, Value, ValueKind};

pub(super) fn keys_type(args: &[Value]) -> Result<Type, FunctionError> {
    match args.first().map(Value::type_of) {
        Some(Type::Map(_)) => Ok(Type::list(Type::String)),
        Some(Type::Object(object)) => Ok(Type::tuple(vec![Type::String; object.attributes.len()])),
        _ => Err(FunctionError::at(0, "must have map or object type")),
    }
}

/// The names of an unknown object are known all the same.
pub(super) fn keys(a: &Arguments) -> Result<Value, FunctionError> {
    let map = a.get(0)?;
    let strings = |keys: &mut dyn Iterator<Item = &Arc<str>>| keys.map(|k| Value::string(k.clone())).collect();
    let keys = match map.kind() {
        ValueKind::Map(_, fields) => Value::list(Type::String, strings(&mut fields.keys())),
        ValueKind::Object(fields) => Value::tuple(strings(&mut fields.keys())),
        ValueKind::Unknown(Type::Object(object), _) => Value::tuple(strings(&mut object.attributes.keys())),
        _ => a.unknown(),
    };
    Ok(keys.marked(map.marks()))
}

pub(super) fn values_type(args: &[Value]) -> Result<Type, FunctionError> {
    match args.first().map(Value::type_of) {
        Some(Type::Map(element)) => Ok(Type::List(element)),
        Some(Type::Object(object)) => Ok(Type::tuple(object.attributes.values().cloned().collect())),
        _ => Err("values() requires a map as the first argument".into()),
    }
}

pub(super) fn values(a: &Arguments) -> Result<Value, FunctionError> {
    let map = a.get(0)?;
    let items: Vec<Value> = map.parts().cloned().collect();
    let values = match &a.returns {
        Type::List(element) => Value::list((**element).clone(), items),
        _ => Value::tuple(items),
    };
    Ok(values.marked(map.marks()))
}

pub(super) fn lookup_type(args: &[Value]) -> Result<Type, FunctionError> {
    let (map, key, default) = match args {
        [map, key] => (map, key, None),
        [map, key, default] => (map, key, Some(default)),
        _ => return Err(format!("lookup() takes two or three arguments, got {}", args.len()).into()),
    };
    match map.type_of() {
        Type::Object(object) => match (key.as_str(), default) {
            (None, _) => Ok(Type::Dynamic),
            (Some(key), default) => match (object.attributes.get(key), default) {
                (Some(ty), _) => Ok(ty.clone()),
                (None, Some(default)) => Ok(default.type_of()),
                (None, None) => Err(FunctionError::at(0, format!("the given object has no attribute {key:?}"))),
            },
        },
        Type::Map(element) => match default {
            Some(default) if default.convert(&element).is_err() => {
                Err(FunctionError::at(2, "the default value must have the same type as the map elements"))
            }
            _ => Ok((*element).clone()),
        },
        _ => Err(FunctionError::at(0, "lookup() requires a map as the first argument")),
    }
}

pub(super) fn lookup(a: &Arguments) -> Result<Value, FunctionError> {
    let (map, key) = (a.get(0)?, a.get(1)?);
    let marks = map.marks() | key.marks();
    let name = a.text(1)?;
    if let Some(found) = map.field(name) {
        return Ok(found.clone().marked(marks));
    }
    match a.values.get(2) {
        Some(default) => Ok(default.convert(&a.returns).map_err(|e| e.message)?.marked(marks)),
        None => Err(format!("lookup failed to find key {}", shown(name, key.marks())).into()),
    }
}

pub(super) fn merge_type(args: &[Value]) -> Result<Type, FunctionError> {
    let types: Vec<Type> = args.iter().map(Value::type_of).collect();
    let Some(first) = types.first() else { return Ok(Type::object::<Arc<str>>([])) };
    let mut attributes: BTreeMap<Arc<str>, Type> = BTreeMap::new();
    let mut known = true;
    for (arg, ty) in args.iter().zip(&types) {
        match ty {
            Type::Dynamic => return Ok(Type::Dynamic),
            Type::Object(object) if !arg.is_null() => {
                attributes.extend(object.attributes.iter().map(|(k, t)| (k.clone(), t.clone())));
            }
            Type::Object(_) => {}
            Type::Map(element) => match arg.as_fields() {
                Some(fields) => attributes.extend(fields.keys().map(|k| (k.clone(), (**element).clone()))),
                None => known &= arg.is_null(),
            },
            _ => return Err(format!("arguments must be maps or objects, got {:?}", ty.friendly_name()).into()),
        }
    }
    if types.iter().all(|ty| ty == first) {
        return Ok(first.clone());
    }
    Ok(if known { Type::object(attributes) } else { Type::Dynamic })
}

#[allow(clippy::unnecessary_wraps)]
pub(super) fn merge(a: &Arguments) -> Result<Value, FunctionError> {
    let mut marks = Marks::NONE;
    let mut merged = Fields::new();
    for arg in a.values.iter().filter(|arg| !arg.is_null()) {
        marks = marks | arg.marks();
        let fields = arg.as_fields().into_iter().flatten();
        merged.extend(fields.map(|(k, v)| (k.clone(), v.clone())));
    }
    let value = match &a.returns {
        Type::Map(element) => Value::map((**element).clone(), merged),
        _ => Value::object(merged),
    };
    Ok(value.marked(marks))
}

pub(super) fn transpose(a: &Arguments) -> Result<Value, FunctionError> {
    let map = a.get(0)?;
    if !map.is_wholly_known() {
        return Ok(a.unknown());
    }
    let mut turned: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
    for (key, list) in map.as_fields().into_iter().flatten() {
        if list.is_null() {
            return Err("input must not contain null list".into());
        }
        for item in list.as_elements().unwrap_or_default() {
            let ValueKind::String(item) = item.kind() else {
                return Err("input list must not contain null string".into());
            };
            turned.entry(item.clone()).or_default().push(Value::string(key.clone()));
        }
    }
    let lists = turned.into_iter().map(|(key, names)| (key, Value::list(Type::String, names)));
    Ok(Value::map(Type::list(Type::String), lists.collect()))
}

fn mismatch(keys: usize, values: usize) -> FunctionError {
    format!("number of keys ({keys}) does not match number of values ({values})").into()
}

pub(super) fn zipmap_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [keys, values] = args else { return Ok(Type::Dynamic) };
    let types = match values.type_of() {
        Type::List(element) => return Ok(Type::Map(element)),
        Type::Tuple(types) => types,
        _ => return Err("values argument must be a list or tuple value".into()),
    };
    if !keys.is_wholly_known() {
        return Ok(Type::Dynamic);
    }
    let names = keys.as_elements().unwrap_or_default();
    if names.len() != types.len() {
        return Err(mismatch(names.len(), types.len()));
    }
    let mut attributes = BTreeMap::new();
    for (i, (name, ty)) in names.iter().zip(types.iter()).enumerate() {
        let name = name.as_str().ok_or_else(|| format!("keys list has null value at index {i}"))?;
        attributes.insert(Arc::from(name), ty.clone());
    }
    Ok(Type::object(attributes))
}

pub(super) fn zipmap(a: &Arguments) -> Result<Value, FunctionError> {
    let (keys, values) = (a.get(0)?, a.get(1)?);
    let mut marks = keys.marks() | values.marks();
    if !keys.is_wholly_known() {
        return Ok(a.unknown().marked(marks));
    }
    let (names, items) = (a.elements(0)?, a.elements(1)?);
    if names.len() != items.len() {
        return Err(mismatch(names.len(), items.len()));
    }
    let mut zipped = Fields::new();
    for (i, (name, item)) in names.iter().zip(items).enumerate() {
        marks = marks | name.marks();
        let name = name.as_str().ok_or_else(|| format!("keys list has null value at index {i}"))?;
        zipped.insert(name.into(), item.clone());
    }
    let value = match &a.returns {
        Type::Map(element) => Value::map((**element).clone(), zipped),
        _ => Value::object(zipped),
    };
    Ok(value.marked(marks))
}
