//! Conversion of types, and marks.

use super::{Arguments, Function, FunctionError, Param, Returns, Takes};
use crate::value::{Marks, Type, Value, ValueKind};

/// What the conversions take.
const V: &[Param] = &[Param::any("v").null().marked().dynamic()];
const VALUE: &[Param] = &[Param::any("value").null().unknown().dynamic().marked()];

pub(super) const TABLE: &[Function] = &[
    Function::new("ephemeralasnull", VALUE, Returns::By(own_type), |a| Ok(ephemeral_as_null(a.get(0)?))).or_null(),
    Function::new("flip_sensitive", VALUE, Returns::By(own_type), |a| {
        let value = a.get(0)?.clone();
        if value.marks().contains(Marks::SENSITIVE) { Ok(without_sensitive(value)) } else { Ok(value.sensitive()) }
    })
    .or_null(),
    Function::new("issensitive", VALUE, Returns::Always(Takes::Bool), issensitive),
    Function::new("nonsensitive", VALUE, Returns::By(own_type), |a| Ok(without_sensitive(a.get(0)?.clone()))).or_null(),
    Function::new("sensitive", VALUE, Returns::By(own_type), |a| Ok(a.get(0)?.clone().sensitive())).or_null(),
    Function::new("tobool", V, Returns::By(|a| to(a, Type::Bool)), |a| converted(a, &Type::Bool)).or_null(),
    Function::new("tolist", V, Returns::By(|a| to(a, Type::list(Type::Dynamic))), |a| {
        converted(a, &Type::list(Type::Dynamic))
    })
    .or_null(),
    Function::new("tomap", V, Returns::By(|a| to(a, Type::map(Type::Dynamic))), |a| {
        converted(a, &Type::map(Type::Dynamic))
    })
    .or_null(),
    Function::new("tonumber", V, Returns::By(|a| to(a, Type::Number)), |a| converted(a, &Type::Number)).or_null(),
    Function::new("toset", V, Returns::By(|a| to(a, Type::set(Type::Dynamic))), |a| {
        converted(a, &Type::set(Type::Dynamic))
    })
    .or_null(),
    Function::new("tostring", V, Returns::By(|a| to(a, Type::String)), |a| converted(a, &Type::String)).or_null(),
];

fn own_type(args: &[Value]) -> Result<Type, FunctionError> {
    Ok(args.first().map_or(Type::Dynamic, Value::type_of))
}

/// The type of the result, or why there is none.
fn to(args: &[Value], want: Type) -> Result<Type, FunctionError> {
    let Some(value) = args.first() else { return Ok(want) };
    let converted = match value.kind() {
        // Of an unknown collection Terraform forgets here what it is a collection of.
        ValueKind::Unknown(got, _) if *got != want => value.convert(&want).map(|_| Value::unknown(want.clone())),
        // Only the type counts here; what a value may fail on its own comes later.
        ValueKind::Null(_) | ValueKind::Unknown(..) => value.convert(&want),
        _ => Value::unknown(value.type_of()).convert(&want),
    };
    match converted {
        Ok(converted) => Ok(converted.type_of()),
        Err(e) => Err(FunctionError::at(0, no_conversion(&value.type_of(), &want, &e.message))),
    }
}

fn no_conversion(got: &Type, want: &Type, message: &str) -> String {
    match (got, want) {
        (Type::Tuple(_), Type::List(_)) => "cannot convert tuple to list of any single type".into(),
        (Type::Tuple(_), Type::Set(_)) => "cannot convert tuple to set of any single type".into(),
        (Type::Object(_), Type::Map(_)) => "cannot convert object to map of any single type".into(),
        _ if message.is_empty() => "cannot convert".into(),
        _ => format!("cannot convert {} to {}", got.friendly_name(), want.constraint_name()),
    }
}

fn converted(a: &Arguments, want: &Type) -> Result<Value, FunctionError> {
    let value = a.get(0)?;
    value.convert(want).map_err(|e| {
        let message = match (value.kind(), want) {
            _ if value.contains_marked(Marks::SENSITIVE) => {
                format!(
                    "cannot convert this sensitive {} to {}",
                    value.type_of().friendly_name(),
                    want.constraint_name()
                )
            }
            (ValueKind::String(s), Type::Number) => {
                format!("cannot convert {s:?} to number; given string must be a decimal representation of a number")
            }
            (ValueKind::String(s), Type::Bool) => {
                format!("cannot convert {s:?} to bool; only the strings \"true\" or \"false\" are allowed")
            }
            _ => no_conversion(&value.type_of(), want, &e.message),
        };
        FunctionError::at(0, message)
    })
}

fn without_sensitive(value: Value) -> Value {
    let (bare, marks) = value.unmark();
    bare.marked(marks.without(Marks::SENSITIVE))
}

/// What is not yet known may still turn out sensitive.
fn issensitive(a: &Arguments) -> Result<Value, FunctionError> {
    let value = a.get(0)?;
    if value.marks().contains(Marks::SENSITIVE) {
        return Ok(Value::bool(true));
    }
    Ok(if value.is_known() { Value::bool(false) } else { a.unknown() })
}

/// Every ephemeral value becomes a null of its type.
fn ephemeral_as_null(value: &Value) -> Value {
    if !value.contains_marked(Marks::EPHEMERAL) {
        return value.clone();
    }
    value.clone().transform(&mut |_, part| {
        if part.marks().contains(Marks::EPHEMERAL) {
            let marks = part.marks().without(Marks::EPHEMERAL);
            Value::null(part.type_of()).marked(marks)
        } else {
            part
        }
    })
}
