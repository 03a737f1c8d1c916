//! Functions that make lists and tuples of lists and tuples.

use std::collections::BTreeSet;

use super::super::{Arguments, FunctionError, signature};
use crate::value::{Marks, Type, Value, ValueKind, unify_unsafe};

pub(super) const REMOVED_LIST: &str = "the \"list\" function was deprecated in Terraform v0.12 and is no longer available; use tolist([ ... ]) syntax to write a literal list";
pub(super) const REMOVED_MAP: &str = "the \"map\" function was deprecated in Terraform v0.12 and is no longer available; use tomap({ ... }) syntax to write a literal map";

#[allow(clippy::unnecessary_wraps)]
pub(super) fn same_type(args: &[Value]) -> Result<Type, FunctionError> {
    Ok(args.first().map_or(Type::Dynamic, Value::type_of))
}

pub(super) fn chunklist_type(args: &[Value]) -> Result<Type, FunctionError> {
    Ok(Type::list(same_type(args)?))
}

pub(super) fn chunklist(a: &Arguments) -> Result<Value, FunctionError> {
    let marks = a.get(0)?.marks() | a.get(1)?.marks();
    let size = signature::integer_of(a.get(1)?).map_err(|e| format!("invalid size: {e}"))?;
    let size = usize::try_from(size).map_err(|_| "the size argument must be positive")?;
    let items = a.elements(0)?;
    let list_type = a.element();
    let element = list_type.element().cloned().unwrap_or(Type::Dynamic);
    let chunk = |items: &[Value]| Value::list(element.clone(), items.to_vec());
    let chunks = items.chunks(if size == 0 { items.len().max(1) } else { size }).map(chunk).collect();
    Ok(Value::list(list_type, chunks).marked(marks))
}

pub(super) fn compact(a: &Arguments) -> Result<Value, FunctionError> {
    if !a.get(0)?.is_wholly_known() {
        return Ok(a.unknown());
    }
    let kept = a.elements(0)?.iter().filter(|item| item.as_str().is_some_and(|s| !s.is_empty()));
    Ok(Value::list(Type::String, kept.cloned().collect()))
}

pub(super) fn concat_type(args: &[Value]) -> Result<Type, FunctionError> {
    let types: Vec<Type> = args.iter().map(Value::type_of).collect();
    if types.is_empty() {
        return Err("at least one argument is required".into());
    }
    if types.iter().all(|ty| matches!(ty, Type::List(_)))
        && let Some(unified @ Type::List(_)) = unify_unsafe(&types)
    {
        return Ok(unified);
    }
    let mut items = Vec::new();
    for (i, (arg, ty)) in args.iter().zip(types).enumerate() {
        match ty {
            Type::Tuple(types) => items.extend(types.iter().cloned()),
            Type::List(element) => match arg.as_elements() {
                Some(elements) => items.extend(std::iter::repeat_n((*element).clone(), elements.len())),
                // What follows is not looked at, as in Terraform.
                None => return Ok(Type::Dynamic),
            },
            _ => {
                let message = format!("all arguments must be lists or tuples; got {}", ty.friendly_name());
                return Err(FunctionError::at(i, message));
            }
        }
    }
    Ok(Type::tuple(items))
}

pub(super) fn concat(a: &Arguments) -> Result<Value, FunctionError> {
    let mut marks = Marks::NONE;
    let mut all = Vec::new();
    for i in 0..a.values.len() {
        marks = marks | a.get(i)?.marks();
        match &a.returns {
            Type::List(_) => {
                let converted = a.get(i)?.convert(&a.returns).map_err(|e| FunctionError::at(i, e.message))?;
                all.extend_from_slice(converted.as_elements().unwrap_or_default());
            }
            _ => all.extend_from_slice(a.elements(i)?),
        }
    }
    let value = match &a.returns {
        Type::List(element) => Value::list((**element).clone(), all),
        _ => Value::tuple(all),
    };
    Ok(value.marked(marks))
}

/// Elements in the order in which they first come, each once.
pub(super) fn distinct(a: &Arguments) -> Result<Value, FunctionError> {
    if !a.get(0)?.is_wholly_known() {
        return Ok(a.unknown());
    }
    let items = a.elements(0)?;
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|&i, &j| match (items.get(i), items.get(j)) {
        (Some(a), Some(b)) => a.canonical_order(b).then(i.cmp(&j)),
        _ => i.cmp(&j),
    });
    let mut firsts: BTreeSet<usize> = BTreeSet::new();
    let mut last: Option<&Value> = None;
    for i in order {
        let item = items.get(i);
        if last.zip(item).is_none_or(|(a, b)| a.equal(b) != Some(true)) {
            firsts.insert(i);
            last = item;
        }
    }
    let kept = firsts.into_iter().filter_map(|i| items.get(i).cloned()).collect();
    Ok(Value::list(a.element(), kept))
}

pub(super) fn flatten_type(args: &[Value]) -> Result<Type, FunctionError> {
    let Some(list) = args.first() else { return Ok(Type::Dynamic) };
    if !list.is_wholly_known() {
        return Ok(Type::Dynamic);
    }
    if list.as_elements().is_none() {
        return Err("can only flatten lists, sets and tuples".into());
    }
    // The result's own parts make up its type.
    Ok(Type::Dynamic)
}

pub(super) fn flatten(a: &Arguments) -> Result<Value, FunctionError> {
    let mut flat = Flat::default();
    flat.take(a.get(0)?);
    let value = if flat.open { Value::dynamic() } else { Value::tuple(flat.items) };
    Ok(value.marked(flat.marks))
}

/// The elements of nested sequences, and the marks of the sequences.
#[derive(Default)]
struct Flat {
    items: Vec<Value>,
    marks: Marks,
    /// Whether how many there are depends on what is not yet known.
    open: bool,
}

impl Flat {
    fn take(&mut self, sequence: &Value) {
        self.marks = self.marks | sequence.marks();
        self.open |= sequence.length_bounds().is_some_and(|(least, most)| Some(least) != most);
        for item in sequence.parts() {
            match item.kind() {
                ValueKind::List(..) | ValueKind::Set(..) | ValueKind::Tuple(_) => self.take(item),
                ValueKind::Unknown(Type::List(_) | Type::Set(_) | Type::Tuple(_) | Type::Dynamic, _) => {
                    self.open = true;
                    self.marks = self.marks | item.marks();
                }
                _ => self.items.push(item.clone()),
            }
        }
    }
}

pub(super) fn matchkeys_type(args: &[Value]) -> Result<Type, FunctionError> {
    let [values, keys, wanted] = args else { return Ok(Type::Dynamic) };
    match unify_unsafe(&[keys.type_of(), wanted.type_of()]) {
        Some(_) => Ok(values.type_of()),
        None => Err("keys and searchset must be of the same type".into()),
    }
}

pub(super) fn matchkeys(a: &Arguments) -> Result<Value, FunctionError> {
    let (values, keys) = (a.elements(0)?, a.get(1)?);
    if keys.as_elements().map(<[Value]>::len) != Some(values.len()) {
        return Err("length of keys and values should be equal".into());
    }
    let common = unify_unsafe(&[keys.type_of(), a.get(2)?.type_of()]).unwrap_or(Type::Dynamic);
    let convert = |value: &Value| value.convert(&common).map_err(|e| FunctionError::from(e.message));
    let (keys, wanted) = (convert(keys)?, convert(a.get(2)?)?);
    let wanted = wanted.as_elements().unwrap_or_default();
    let nothing = Value::list(a.element(), Vec::new());
    if wanted.is_empty() {
        return Ok(nothing);
    }
    if !a.get(0)?.is_wholly_known() || !keys.is_wholly_known() {
        return Ok(a.unknown());
    }
    // Terraform matches nothing then, and a plan must not differ from it.
    if !wanted.iter().all(Value::is_wholly_known) {
        return Ok(nothing);
    }
    let mut sorted: Vec<&Value> = wanted.iter().collect();
    sorted.sort_by(|a, b| a.canonical_order(b));
    let is_wanted = |key: &Value| sorted.binary_search_by(|item| item.canonical_order(key)).is_ok();
    let pairs = keys.as_elements().unwrap_or_default().iter().zip(values);
    let matched = pairs.filter(|(key, _)| is_wanted(key)).map(|(_, value)| value.clone()).collect();
    Ok(Value::list(a.element(), matched))
}

pub(super) fn reverse_type(args: &[Value]) -> Result<Type, FunctionError> {
    match same_type(args)? {
        Type::Tuple(items) => Ok(Type::tuple(items.iter().rev().cloned().collect())),
        Type::List(element) | Type::Set(element) => Ok(Type::List(element)),
        ty => {
            let message = format!("can only reverse list or tuple values, not {}", ty.friendly_name());
            Err(FunctionError::at(0, message))
        }
    }
}

pub(super) fn reverse(a: &Arguments) -> Result<Value, FunctionError> {
    let items: Vec<Value> = a.elements(0)?.iter().rev().cloned().collect();
    let value = match &a.returns {
        Type::List(element) => Value::list((**element).clone(), items),
        _ => Value::tuple(items),
    };
    Ok(value.marked(a.get(0)?.marks()))
}

pub(super) fn slice_type(args: &[Value]) -> Result<Type, FunctionError> {
    let ty = same_type(args)?;
    match &ty {
        Type::Set(_) => {
            let message = "cannot slice a set, because its elements do not have indices; explicitly convert to a list if the ordering of the result is not important";
            return Err(FunctionError::at(0, message));
        }
        Type::List(_) | Type::Tuple(_) => {}
        _ => return Err(FunctionError::at(0, "must be a list or tuple value")),
    }
    let bounds = slice_bounds(args)?;
    match (&ty, bounds) {
        (Type::Tuple(items), Some((start, end))) => Ok(Type::tuple(items.get(start..end).unwrap_or_default().to_vec())),
        (Type::Tuple(_), None) => Ok(Type::Dynamic),
        _ => Ok(ty),
    }
}

pub(super) fn slice(a: &Arguments) -> Result<Value, FunctionError> {
    let list = a.get(0)?;
    let Some((start, end)) = slice_bounds(a.values)? else { return Ok(a.unknown()) };
    let items = a.elements(0)?.get(start..end).unwrap_or_default().to_vec();
    let value = match &a.returns {
        Type::List(element) => Value::list((**element).clone(), items),
        _ => Value::tuple(items),
    };
    Ok(value.marked(list.marks()))
}

/// Both indices, checked against each other and the length as far as they are known.
fn slice_bounds(args: &[Value]) -> Result<Option<(usize, usize)>, FunctionError> {
    let [list, start, end] = args else { return Ok(None) };
    let length = list.length_bounds().and_then(|(least, most)| most.filter(|most| *most == least));
    let start = slice_index(start, 1, "start", length)?;
    let end = slice_index(end, 2, "end", length)?;
    match (start, end) {
        (Some(start), Some(end)) if start > end => {
            Err(FunctionError::at(1, "start index must not be greater than end index"))
        }
        (Some(start), Some(end)) => Ok(Some((start, end))),
        _ => Ok(None),
    }
}

fn slice_index(value: &Value, i: usize, name: &str, length: Option<u64>) -> Result<Option<usize>, FunctionError> {
    if !value.is_known() {
        return Ok(None);
    }
    let index = signature::integer_at(value, i, &format!("invalid {name} index: "))?;
    let Ok(index) = usize::try_from(index) else {
        return Err(FunctionError::at(i, format!("{name} index must not be less than zero")));
    };
    if length.is_some_and(|length| u64::try_from(index).is_ok_and(|index| index > length)) {
        let message = format!("{name} index must not be greater than the length of the list");
        return Err(FunctionError::at(i, message));
    }
    Ok(Some(index))
}

pub(super) fn sort(a: &Arguments) -> Result<Value, FunctionError> {
    let list = a.get(0)?;
    if !list.is_wholly_known() {
        return Ok(same_length(list, a.unknown()));
    }
    let mut sorted = Vec::new();
    for (i, item) in a.elements(0)?.iter().enumerate() {
        let text =
            item.as_str().ok_or_else(|| format!("given list element {i} is null; a null string cannot be sorted"))?;
        sorted.push((text, item));
    }
    sorted.sort_by_key(|(text, _)| *text);
    Ok(Value::list(Type::String, sorted.into_iter().map(|(_, item)| item.clone()).collect()))
}

/// An unknown list that is as long as another.
fn same_length(list: &Value, unknown: Value) -> Value {
    let Some((least, most)) = list.length_bounds() else { return unknown };
    unknown.refined(crate::value::Refinement {
        not_null: true,
        min_length: Some(least),
        max_length: most,
        ..crate::value::Refinement::default()
    })
}
