//! Functions that pick or ask for an element, or count elements.

use unicode_segmentation::UnicodeSegmentation;

use super::super::{Arguments, FunctionError};
use crate::value::{Number, Refinement, Type, Value, ValueKind, unify_unsafe};

pub(super) fn alltrue(a: &Arguments) -> Result<Value, FunctionError> {
    for item in a.elements(0)? {
        match item.kind() {
            ValueKind::Unknown(..) => return Ok(a.unknown()),
            ValueKind::Bool(true) => {}
            _ => return Ok(Value::bool(false)),
        }
    }
    Ok(Value::bool(true))
}

pub(super) fn anytrue(a: &Arguments) -> Result<Value, FunctionError> {
    let items = a.elements(0)?;
    if items.iter().any(|item| item.as_bool() == Some(true)) {
        return Ok(Value::bool(true));
    }
    Ok(if items.iter().all(Value::is_known) { Value::bool(false) } else { a.unknown() })
}

pub(super) fn coalesce_type(args: &[Value]) -> Result<Type, FunctionError> {
    let types: Vec<Type> = args.iter().map(Value::type_of).collect();
    unify_unsafe(&types).ok_or_else(|| "all arguments must have the same type".into())
}

/// The first that is neither null nor, where the result is a string, empty.
pub(super) fn coalesce(a: &Arguments) -> Result<Value, FunctionError> {
    for arg in a.values {
        let arg = arg.convert(&a.returns).map_err(|e| e.message)?;
        if !arg.is_known() {
            return Ok(a.unknown());
        }
        let skipped = arg.is_null() || (a.returns == Type::String && arg.as_str() == Some(""));
        if !skipped {
            return Ok(arg);
        }
    }
    Err("no non-null, non-empty-string arguments".into())
}

pub(super) fn coalescelist_type(args: &[Value]) -> Result<Type, FunctionError> {
    let mut types = Vec::with_capacity(args.len());
    for arg in args {
        if !arg.is_known() {
            return Ok(Type::Dynamic);
        }
        let ty = arg.type_of();
        if !matches!(ty, Type::List(_) | Type::Tuple(_)) {
            return Err("coalescelist arguments must be lists or tuples".into());
        }
        types.push(ty);
    }
    let first = types.first().ok_or("at least one argument is required")?;
    Ok(if types.iter().all(|ty| ty == first) { first.clone() } else { Type::Dynamic })
}

pub(super) fn coalescelist(a: &Arguments) -> Result<Value, FunctionError> {
    for arg in a.values {
        if !arg.is_known() {
            return Ok(a.unknown());
        }
        if arg.as_elements().is_some_and(|items| !items.is_empty()) {
            return Ok(arg.clone());
        }
    }
    Err("no non-null arguments".into())
}

pub(super) fn contains(a: &Arguments) -> Result<Value, FunctionError> {
    let wanted = a.get(1)?;
    let items = a.get(0)?.as_elements().ok_or("argument must be list, tuple, or set")?;
    let mut unknown = false;
    for item in items {
        match wanted.equal(item) {
            Some(true) => return Ok(Value::bool(true)),
            Some(false) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { a.unknown() } else { Value::bool(false) })
}

/// The position of the first element that is equal.
pub(super) fn index(a: &Arguments) -> Result<Value, FunctionError> {
    let wanted = a.get(1)?;
    let (ValueKind::List(_, items) | ValueKind::Tuple(items)) = a.get(0)?.kind() else {
        return Err("argument must be a list or tuple".into());
    };
    if items.is_empty() {
        return Err("cannot search an empty list".into());
    }
    for (i, item) in items.iter().enumerate() {
        match item.equal(wanted) {
            Some(true) => return Ok(Value::number(Number::from(i))),
            Some(false) => {}
            None => return Ok(a.unknown()),
        }
    }
    Err("item not found".into())
}

pub(super) fn length_type(args: &[Value]) -> Result<Type, FunctionError> {
    match args.first().map(Value::type_of) {
        Some(Type::Bool | Type::Number) => {
            Err("argument must be a string, a collection type, or a structural type".into())
        }
        _ => Ok(Type::Number),
    }
}

pub(super) fn length(a: &Arguments) -> Result<Value, FunctionError> {
    let value = a.get(0)?;
    let count = match value.kind() {
        ValueKind::String(s) => Value::number(s.graphemes(true).count()),
        ValueKind::Unknown(Type::String, known) => {
            let least = known.prefix.as_ref().map_or(0, |prefix| prefix.graphemes(true).count());
            between(Number::from(least), None)
        }
        _ => match value.length_bounds() {
            Some((least, Some(most))) if least == most => Value::number(count(most)),
            Some((least, most)) => between(count(least), most.map(count)),
            None => Value::unknown_not_null(Type::Number),
        },
    };
    Ok(count.marked(value.marks()))
}

fn count(n: u64) -> Number {
    Number::from(usize::try_from(n).unwrap_or(usize::MAX))
}

fn between(least: Number, most: Option<Number>) -> Value {
    let known = Refinement {
        not_null: true,
        lower: Some((least, true)),
        upper: most.map(|most| (most, true)),
        ..Refinement::default()
    };
    Value::unknown_refined(Type::Number, known)
}

/// A position that wraps around at both ends.
fn wrapped(index: &Value, length: usize) -> Result<usize, FunctionError> {
    let index = super::super::signature::integer_of(index).map_err(|e| format!("invalid index: {e}"))?;
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    if length == 0 {
        return Err("cannot use element function with an empty list".into());
    }
    usize::try_from(index.rem_euclid(length)).map_err(|e| e.to_string().into())
}

pub(super) fn element_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [list, index] = args else { return Ok(Type::Dynamic) };
    match list.type_of() {
        Type::List(element) => Ok((*element).clone()),
        Type::Tuple(_) if !index.is_known() => Ok(Type::Dynamic),
        Type::Tuple(items) => {
            let at = wrapped(index, items.len())?;
            // In lists a negative index counts from the end; in tuples Terraform knows none, unless it is the first.
            if at > 0 && index.as_number().is_some_and(Number::is_negative) {
                return Err("cannot use element function with a negative index".into());
            }
            Ok(items.get(at).cloned().unwrap_or(Type::Dynamic))
        }
        ty => Err(format!("cannot read elements from {}", ty.friendly_name()).into()),
    }
}

pub(super) fn element(a: &Arguments) -> Result<Value, FunctionError> {
    let list = a.get(0)?;
    let items = list.as_elements().unwrap_or_default();
    let at = wrapped(a.get(1)?, items.len())?;
    Ok(items.get(at).cloned().unwrap_or_else(|| a.unknown()).marked(list.marks()))
}

const ONE: &str = "must be a list, set, or tuple value with either zero or one elements";

pub(super) fn one_type(args: &[Value]) -> Result<Type, FunctionError> {
    match args.first().map(Value::type_of) {
        Some(Type::List(element) | Type::Set(element)) => Ok((*element).clone()),
        Some(Type::Tuple(items)) if items.len() <= 1 => Ok(items.first().cloned().unwrap_or(Type::Dynamic)),
        _ => Err(FunctionError::at(0, ONE)),
    }
}

pub(super) fn one(a: &Arguments) -> Result<Value, FunctionError> {
    let list = a.get(0)?;
    if list.length_bounds().is_some_and(|(least, most)| Some(least) != most) {
        return Ok(a.unknown());
    }
    match a.elements(0)? {
        [] => Ok(Value::null(a.returns.clone())),
        [only] => Ok(only.clone()),
        _ => Err(FunctionError::at(0, ONE)),
    }
}
