//! Set algebra.

use super::{Arguments, Function, FunctionError, Param, Returns, Takes};
use crate::value::{Marks, Refinement, Type, Value, ValueKind, unify_unsafe};

const FIRST: Param = Param::new("first_set", Takes::Set).dynamic();
const OTHER: Param = Param::new("other_sets", Takes::Set).dynamic();
const ALGEBRA: Returns = Returns::By(common_type);
/// More combinations than any configuration means, and few enough for memory.
const MAX_PRODUCT: usize = 1 << 22;

pub(super) const TABLE: &[Function] = &[
    Function::new("setintersection", &[FIRST], ALGEBRA, |a| combined(a, intersection)).variadic(OTHER),
    Function::new("setproduct", &[], Returns::By(product_type), product)
        .variadic(Param::any("sets").unknown().marked()),
    Function::new(
        "setsubtract",
        &[Param::new("a", Takes::Set).dynamic(), Param::new("b", Takes::Set).dynamic()],
        ALGEBRA,
        |a| combined(a, difference),
    ),
    Function::new("setunion", &[FIRST], ALGEBRA, union).variadic(OTHER),
];

/// Empty sets of no type yet do not count.
fn common_type(args: &[Value]) -> Result<Type, FunctionError> {
    let is_empty = |value: &Value| value.as_elements().is_some_and(<[Value]>::is_empty);
    let counts = |value: &&Value| !(is_empty(value) && value.type_of() == Type::set(Type::Dynamic));
    let types: Vec<Type> =
        args.iter().filter(counts).map(|value| value.type_of().element().cloned().unwrap_or(Type::Dynamic)).collect();
    if types.is_empty() {
        return Ok(Type::set(Type::Dynamic));
    }
    Ok(Type::set(unify_unsafe(&types).ok_or(INCOMPATIBLE)?))
}

const INCOMPATIBLE: &str = "given sets must all have compatible element types";

/// A null alone has no type that it could share with what has parts; Terraform panics there.
fn refuse_bare_nulls(sets: &[Value]) -> Result<(), FunctionError> {
    let elements = || sets.iter().flat_map(Value::parts).map(Value::type_of);
    let has_parts = |ty: Type| !matches!(ty, Type::Dynamic | Type::String | Type::Number | Type::Bool);
    if elements().any(|ty| ty == Type::Dynamic) && elements().any(has_parts) {
        return Err(INCOMPATIBLE.into());
    }
    Ok(())
}

fn converted(a: &Arguments) -> Result<Vec<Value>, FunctionError> {
    let convert = |(i, value): (usize, &Value)| value.convert(&a.returns).map_err(|e| FunctionError::at(i, e.message));
    a.values.iter().enumerate().map(convert).collect()
}

fn union(a: &Arguments) -> Result<Value, FunctionError> {
    let sets = converted(a)?;
    if !sets.iter().all(Value::is_known) {
        return Ok(a.unknown());
    }
    refuse_bare_nulls(&sets)?;
    let all = sets.iter().flat_map(Value::parts).cloned().collect();
    Ok(Value::set(a.element(), all))
}

fn combined(a: &Arguments, combine: fn(Vec<Value>, &[Value]) -> Vec<Value>) -> Result<Value, FunctionError> {
    let sets = converted(a)?;
    if !sets.iter().all(Value::is_wholly_known) {
        return Ok(a.unknown());
    }
    refuse_bare_nulls(&sets)?;
    let mut sets = sets.iter().map(|set| set.as_elements().unwrap_or_default());
    let first = sets.next().unwrap_or_default().to_vec();
    Ok(Value::set(a.element(), sets.fold(first, combine)))
}

fn intersection(kept: Vec<Value>, other: &[Value]) -> Vec<Value> {
    kept.into_iter().filter(|item| holds(other, item)).collect()
}

fn difference(kept: Vec<Value>, other: &[Value]) -> Vec<Value> {
    kept.into_iter().filter(|item| !holds(other, item)).collect()
}

/// The elements of a set are in canonical order.
fn holds(set: &[Value], wanted: &Value) -> bool {
    set.binary_search_by(|item| item.canonical_order(wanted)).is_ok()
}

fn product_type(args: &[Value]) -> Result<Type, FunctionError> {
    if args.len() < 2 {
        return Err("at least two arguments are required".into());
    }
    let mut ordered = true;
    let mut items = Vec::with_capacity(args.len());
    for (i, arg) in args.iter().enumerate() {
        items.push(match arg.type_of() {
            Type::Set(element) => {
                ordered = false;
                (*element).clone()
            }
            Type::List(element) => (*element).clone(),
            Type::Tuple(types) if types.is_empty() => Type::Dynamic,
            Type::Tuple(types) => {
                unify_unsafe(&types).ok_or_else(|| FunctionError::at(i, "all elements must be of the same type"))?
            }
            _ => return Err(FunctionError::at(i, "a set or a list is required")),
        });
    }
    Ok(if ordered { Type::list(Type::tuple(items)) } else { Type::set(Type::tuple(items)) })
}

fn product(a: &Arguments) -> Result<Value, FunctionError> {
    let marks = a.values.iter().fold(Marks::NONE, |marks, arg| marks | arg.marks());
    let element = a.element();
    let Type::Tuple(types) = &element else { return Ok(a.unknown().marked(marks)) };
    let bounds: Vec<_> = a.values.iter().map(|arg| arg.length_bounds().unwrap_or((0, None))).collect();
    if bounds.iter().any(|(least, most)| Some(*least) != *most) || !a.values.iter().all(Value::is_known) {
        return Ok(unknown_product(a, &bounds).marked(marks));
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for (arg, ty) in a.values.iter().zip(types.iter()) {
        let items = arg.parts().map(|item| item.convert(ty)).collect::<Result<Vec<_>, _>>().map_err(|e| e.message)?;
        if rows.len().saturating_mul(items.len()) > MAX_PRODUCT {
            return Err(format!("the product has more than {MAX_PRODUCT} elements").into());
        }
        let extended = |row: &Vec<Value>, item: &Value| row.iter().chain([item]).cloned().collect();
        rows = rows.iter().flat_map(|row| items.iter().map(move |item| extended(row, item))).collect();
    }
    let tuples: Vec<Value> = rows.into_iter().map(Value::tuple).collect();
    let value = match &a.returns {
        Type::List(_) => Value::list(element.clone(), tuples),
        _ => Value::set(element.clone(), tuples),
    };
    Ok(value.marked(marks))
}

/// How many combinations there can be, while there are few.
fn unknown_product(a: &Arguments, bounds: &[(u64, Option<u64>)]) -> Value {
    let most = bounds.iter().try_fold(1u64, |product, (_, most)| {
        let most = most.filter(|most| *most <= 1024)?;
        Some(product * most).filter(|product| *product <= 2048)
    });
    // As in Terraform nothing is said of a product that can only be empty.
    let Some(most) = most.filter(|most| *most > 0) else { return a.unknown() };
    let least = u64::from(bounds.iter().all(|(least, _)| *least > 0));
    let known = Refinement { not_null: true, min_length: Some(least), max_length: Some(most), ..Refinement::default() };
    match a.unknown().kind() {
        ValueKind::Unknown(ty, _) => Value::unknown_refined(ty.clone(), known),
        _ => a.unknown(),
    }
}
