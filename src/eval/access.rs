//! References, and the steps that lead into a value: attributes, indexes and splats.

use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::eval::fault::Problem;
use crate::eval::scope::{OFFERED_STEPS, ResolvedStep, Scope};
use crate::eval::value_of;
use crate::span::Span;
use crate::syntax::tree::{Expression, Reference, Step};
use crate::value::{Marks, Refinement, Type, Value, ValueKind};

/// A root name and its steps. The scope is asked for as much as it can answer at once; the rest is stepped into.
pub fn reference(whole: &Expression, reference: &Reference, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
    let mut offered = Vec::with_capacity(OFFERED_STEPS);
    let mut keys: Vec<Option<Value>> = Vec::new();
    for step in reference.steps.iter().take(OFFERED_STEPS) {
        let (resolved, key) = offer(step, scope, diagnostics);
        keys.push(key);
        let Some(resolved) = resolved else { break };
        offered.push(resolved);
    }
    let (value, taken) = match scope.resolve(reference, &offered) {
        Ok((value, taken)) => (value, taken.min(offered.len())),
        Err(mut diagnostic) => {
            diagnostic.subject.get_or_insert(whole.span);
            diagnostics.push(diagnostic);
            return Value::dynamic();
        }
    };
    keys.drain(..taken.min(keys.len()));
    let before = reference.steps[..taken].last().map_or(reference.root.span, step_end);
    Walk { whole, scope, in_splat: false }.steps(value, &reference.steps[taken..], &keys, before, diagnostics)
}

/// Steps on any other expression.
pub fn steps_on(
    whole: &Expression,
    source: &Expression,
    steps: &[Step],
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Value {
    let mut found = Diagnostics::new();
    let value = value_of(source, scope, &mut found);
    // Of what failed there are no elements to speak of.
    let splat = |step: &Step| matches!(step, Step::Splat { .. } | Step::AttributeSplat { .. });
    let splat = steps.iter().position(splat).filter(|_| found.has_errors());
    diagnostics.extend(found);
    let walk = Walk { whole, scope, in_splat: false };
    let value = walk.steps(value, &steps[..splat.unwrap_or(steps.len())], &[], source.span, diagnostics);
    if splat.is_some() { Value::dynamic() } else { value }
}

/// A step in the form that a scope can use, if its key is known; and the key's value, so that it is evaluated once.
fn offer(step: &Step, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> (Option<ResolvedStep>, Option<Value>) {
    match step {
        Step::Attribute(name) => (Some(ResolvedStep::Attribute(name.name.clone())), None),
        Step::LegacyIndex(index, _) => (Some(ResolvedStep::Index(legacy_key(*index))), None),
        Step::Index(key) => {
            let key = value_of(key, scope, diagnostics);
            let plain = matches!(key.kind(), ValueKind::String(_) | ValueKind::Number(_) | ValueKind::Bool(_));
            let resolved = (plain && key.marks().is_empty()).then(|| ResolvedStep::Index(key.clone()));
            (resolved, Some(key))
        }
        Step::Splat { .. } | Step::AttributeSplat { .. } => (None, None),
    }
}

/// The key of `.0`.
pub fn legacy_key(key: u64) -> Value {
    Value::number(usize::try_from(key).unwrap_or(usize::MAX))
}

/// A walk into a value for one expression.
struct Walk<'a> {
    whole: &'a Expression,
    scope: &'a dyn Scope,
    /// On the elements of a splat: no name in the expression stands for them.
    in_splat: bool,
}

impl Walk<'_> {
    /// Takes all `steps`, which stand after `before`; `keys` are the values of index keys that were evaluated already.
    fn steps(
        &self,
        mut value: Value,
        steps: &[Step],
        keys: &[Option<Value>],
        mut before: Span,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        for (i, step) in steps.iter().enumerate() {
            let known_key = keys.get(i).and_then(Clone::clone);
            let result = match step {
                Step::Attribute(name) => attribute(&value, &name.name),
                Step::LegacyIndex(key, _) => index(&value, &legacy_key(*key)),
                Step::Index(key) => {
                    let value_of_key = known_key.unwrap_or_else(|| value_of(key, self.scope, diagnostics));
                    index(&value, &value_of_key)
                }
                Step::Splat { each, span } | Step::AttributeSplat { each, span } => {
                    value = self.splat(&value, each, *span, diagnostics);
                    before = *span;
                    continue;
                }
            };
            let at = self.place(before, step);
            before = at;
            value = match result {
                Ok(value) => value,
                Err(problem) => {
                    let mut diagnostic = problem.within(self.whole, self.whole, self.scope);
                    diagnostic.subject = Some(at);
                    if self.in_splat {
                        diagnostic.values.clear();
                    }
                    diagnostics.push(diagnostic);
                    return Value::dynamic();
                }
            };
        }
        value
    }

    /// A step with its dot or brackets.
    fn place(&self, before: Span, step: &Step) -> Span {
        let (from, end) = (before.range().end, step_end(step).range().end);
        Span::new(before.source, from.min(end)..end.min(self.whole.span.range().end.max(from)))
    }

    /// `source[*].each`: the steps on each element; anything but a sequence counts as a sequence of one, null of none.
    fn splat(&self, source: &Value, each: &[Step], marker: Span, diagnostics: &mut Diagnostics) -> Value {
        let (source, marks) = source.clone().unmark();
        let sequence = is_sequence(&source);
        match source.kind() {
            ValueKind::Null(_) if !sequence => return Value::tuple(Vec::new()).marked(marks),
            ValueKind::Null(_) => {
                let detail = "Splat expressions (with the * symbol) cannot be applied to null sequences.";
                let mut diagnostic =
                    Problem::new("Splat of null value", detail).within(self.whole, self.whole, self.scope);
                let start = self.whole.span.range().start;
                diagnostic.subject = Some(Span::new(marker.source, start..marker.range().start.max(start)));
                diagnostics.push(diagnostic);
                return Value::dynamic();
            }
            ValueKind::Unknown(Type::Dynamic, _) => return Value::dynamic().marked(marks),
            ValueKind::Unknown(ty, known) if sequence => {
                return self.splat_unknown(ty, known, each, marker, diagnostics).marked(marks);
            }
            _ => {}
        }
        let Some(items) = source.as_elements() else {
            let item = self.on_element(source.clone(), each, marker, diagnostics);
            let may_be_null = !source.is_known() && !source.is_never_null();
            let result = if may_be_null { Value::dynamic() } else { Value::tuple(vec![item]) };
            return result.marked(marks);
        };
        let mut found = Diagnostics::new();
        let each_of = |item: &Value| self.on_element(item.clone(), each, marker, &mut found);
        let values: Vec<Value> = items.iter().map(each_of).collect();
        if found.has_errors() {
            diagnostics.extend(found);
            let ty = self.result_type(&source.type_of(), each, marker, &mut Diagnostics::new());
            return Value::unknown(ty).marked(marks);
        }
        diagnostics.extend(found);
        let result = match source.kind() {
            ValueKind::Tuple(_) => Value::tuple(values),
            _ if values.is_empty() => {
                let ty = self.result_type(&source.type_of(), each, marker, diagnostics);
                Value::list(ty.element().cloned().unwrap_or(Type::Dynamic), values)
            }
            _ => list_of(values),
        };
        result.marked(marks)
    }

    fn on_element(&self, item: Value, each: &[Step], marker: Span, diagnostics: &mut Diagnostics) -> Value {
        Walk { in_splat: true, ..*self }.steps(item, each, &[], marker, diagnostics)
    }

    fn splat_unknown(
        &self,
        ty: &Type,
        known: &Refinement,
        each: &[Step],
        marker: Span,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        let result = self.result_type(ty, each, marker, diagnostics);
        if let Type::Tuple(_) = ty {
            return Value::unknown(result).refined_not_null();
        }
        let of_set = matches!(ty, Type::Set(_));
        let refinement = Refinement {
            not_null: true,
            min_length: known.min_length.map(|least| if of_set { least.min(1) } else { least }),
            max_length: known.max_length,
            ..Refinement::default()
        };
        Value::unknown_refined(result, refinement)
    }

    /// The type of what `each` makes of a sequence's elements.
    fn result_type(&self, sequence: &Type, each: &[Step], marker: Span, diagnostics: &mut Diagnostics) -> Type {
        let mut of = |item: &Type| self.on_element(Value::unknown(item.clone()), each, marker, diagnostics).type_of();
        match sequence {
            Type::Tuple(items) => Type::tuple(items.iter().map(of).collect()),
            Type::List(element) | Type::Set(element) => Type::list(of(element)),
            _ => Type::Dynamic,
        }
    }
}

/// The last part of a step that has a place of its own, with the bracket that closes it.
fn step_end(step: &Step) -> Span {
    match step {
        Step::Attribute(name) => name.span,
        Step::LegacyIndex(_, span) | Step::Splat { span, .. } | Step::AttributeSplat { span, .. } => *span,
        Step::Index(key) => Span::new(key.span.source, key.span.range().start..key.span.range().end + 1),
    }
}

fn is_sequence(value: &Value) -> bool {
    match value.kind() {
        ValueKind::List(..) | ValueKind::Set(..) | ValueKind::Tuple(_) => true,
        ValueKind::Null(ty) | ValueKind::Unknown(ty, _) => {
            matches!(ty, Type::List(_) | Type::Set(_) | Type::Tuple(_))
        }
        _ => false,
    }
}

/// A list of values that have one type; a tuple when, against expectation, they do not.
fn list_of(values: Vec<Value>) -> Value {
    let ty = values.first().map_or(Type::Dynamic, Value::type_of);
    if values.iter().skip(1).all(|value| value.type_of() == ty) {
        Value::list(ty, values)
    } else {
        Value::tuple(values)
    }
}

/// `value.name`
pub fn attribute(value: &Value, name: &Arc<str>) -> Result<Value, Problem> {
    let marks = value.marks();
    match value.kind() {
        ValueKind::Null(_) => {
            return Err(Problem::new(
                "Attempt to get attribute from null value",
                "This value is null, so it does not have any attributes.",
            ));
        }
        ValueKind::Object(fields) | ValueKind::Map(_, fields) => {
            if let Some(field) = fields.get(name) {
                return Ok(field.clone().marked(marks));
            }
        }
        ValueKind::Unknown(Type::Object(object), _) => {
            if let Some(ty) = object.attributes.get(name) {
                return Ok(Value::unknown(ty.clone()).marked(marks));
            }
        }
        ValueKind::Unknown(Type::Map(element), _) => return Ok(Value::unknown((**element).clone()).marked(marks)),
        ValueKind::Unknown(Type::Dynamic, _) => return Ok(Value::dynamic().marked(marks)),
        _ => {}
    }
    Err(no_attribute(value, name))
}

/// Why a value has no such attribute.
fn no_attribute(value: &Value, name: &str) -> Problem {
    const SUMMARY: &str = "Unsupported attribute";
    let detail = match value.type_of() {
        Type::Map(_) => {
            let detail = format!("This map does not have an element with the key \"{name}\".");
            return Problem::new("Missing map element", detail);
        }
        Type::Object(_) => format!("This object does not have an attribute named \"{name}\"."),
        Type::List(element) if matches!(*element, Type::Object(_)) => {
            let has = matches!(&*element, Type::Object(object) if object.attributes.contains_key(name));
            let which = if has { format!("attribute \"{name}\"") } else { "an attribute".to_owned() };
            format!(
                "Can't access attributes on a list of objects. Did you mean to access {which} for a specific element \
                 of the list, or across all elements of the list?"
            )
        }
        Type::Set(element) if matches!(*element, Type::Object(_)) => {
            "Can't access attributes on a set of objects. Did \
             you mean to access an attribute across all elements of the set?"
                .to_owned()
        }
        ty if ty.is_primitive() => {
            format!("Can't access attributes on a primitive-typed value ({}).", ty.friendly_name())
        }
        _ => "This value does not have any attributes.".to_owned(),
    };
    Problem::new(SUMMARY, detail)
}

/// `collection[key]`
pub fn index(collection: &Value, key: &Value) -> Result<Value, Problem> {
    if collection.is_null() {
        return Err(Problem::new(
            "Attempt to index null value",
            "This value is null, so it does not have any indices.",
        ));
    }
    if key.is_null() {
        return Err(invalid_index("Can't use a null value as an indexing key."));
    }
    let unknown = |ty: &Type| Ok(Value::unknown(ty.clone()).marked(collection.marks() | key.marks()));
    if matches!(key.kind(), ValueKind::Unknown(Type::Dynamic, _)) {
        return Ok(Value::dynamic().marked(collection.marks() | key.marks()));
    }
    let is_marked = collection.marks() != Marks::NONE;
    match collection.kind() {
        ValueKind::List(element, items) => match position(key)? {
            None => unknown(element),
            Some(at) => item(items, &at, is_marked).map(|v| v.marked(collection.marks() | key.marks())),
        },
        ValueKind::Tuple(items) => match position(key)? {
            None => unknown(&Type::Dynamic),
            Some(at) => item(items, &at, is_marked).map(|v| v.marked(collection.marks() | key.marks())),
        },
        ValueKind::Map(element, fields) => match name(key)? {
            None => unknown(element),
            Some(name) => {
                let found = fields.get(&*name).ok_or_else(|| not_in_collection("."))?;
                Ok(found.clone().marked(collection.marks() | key.marks()))
            }
        },
        ValueKind::Object(fields) => match name(key)? {
            None => unknown(&Type::Dynamic),
            Some(name) => {
                // As in Terraform, the name of an object's attribute gives nothing away.
                let found = fields.get(&*name).ok_or_else(|| no_such_name(key))?;
                Ok(found.clone().marked(collection.marks()))
            }
        },
        ValueKind::Unknown(ty, _) => index_unknown(ty, key, unknown),
        ValueKind::Set(..) => Err(invalid_index(
            "Elements of a set are identified only by their value and don't have any separate index or key to select \
             with, so it's only possible to perform operations across all elements of the set.",
        )),
        _ => Err(invalid_index("This value does not have any indices.")),
    }
}

/// An element of a collection of which only the type is known.
fn index_unknown(ty: &Type, key: &Value, unknown: impl Fn(&Type) -> Result<Value, Problem>) -> Result<Value, Problem> {
    match ty {
        Type::Dynamic => unknown(&Type::Dynamic),
        Type::List(element) => position(key).and_then(|_| unknown(element)),
        Type::Map(element) => name(key).and_then(|_| unknown(element)),
        Type::Tuple(types) => match position(key)? {
            None => unknown(&Type::Dynamic),
            Some(at) => {
                let placeholders: Vec<Value> = types.iter().cloned().map(Value::unknown).collect();
                item(&placeholders, &at, false).and_then(|found| unknown(&found.type_of()))
            }
        },
        // As in Terraform, which does not look for the name here.
        Type::Object(_) => name(key).and_then(|_| unknown(&Type::Dynamic)),
        Type::Set(_) => Err(invalid_index(
            "Elements of a set are identified only by their value and don't have any separate index or key to select \
             with, so it's only possible to perform operations across all elements of the set.",
        )),
        _ => Err(invalid_index("This value does not have any indices.")),
    }
}

fn invalid_index(detail: impl Into<String>) -> Problem {
    Problem::new("Invalid index", detail)
}

fn not_in_collection(why: impl std::fmt::Display) -> Problem {
    invalid_index(format!("The given key does not identify an element in this collection value{why}"))
}

fn no_such_name(key: &Value) -> Problem {
    not_in_collection(match key.as_number() {
        Some(_) => ". An object only supports looking up attributes by name, not by numeric index.",
        None => ".",
    })
}

/// A key as a position, unconverted beyond the type; `None` while it is unknown.
fn position(key: &Value) -> Result<Option<Value>, Problem> {
    let key = key.convert(&Type::Number).map_err(|error| not_in_collection(format!(": {error}.")))?;
    Ok(key.is_known().then_some(key))
}

fn name(key: &Value) -> Result<Option<Arc<str>>, Problem> {
    let key = key.convert(&Type::String).map_err(|error| not_in_collection(format!(": {error}.")))?;
    Ok(key.as_str().map(Arc::from))
}

/// The element at a known position. How many there are is not told of what is marked.
fn item(items: &[Value], position: &Value, is_marked: bool) -> Result<Value, Problem> {
    let Some(number) = position.as_number() else { return Ok(Value::dynamic()) };
    let wanted = number.to_usize();
    if let Some(found) = wanted.and_then(|i| items.get(i)) {
        return Ok(found.clone());
    }
    Err(not_in_collection(if !number.is_integer() {
        ": indexing a sequence requires a whole number, but the given index has a fractional part."
    } else if number.is_negative() {
        ": a negative number is not a valid index for a sequence."
    } else if is_marked || wanted != Some(items.len()) {
        // Terraform says more only of the position just behind the last.
        "."
    } else if items.is_empty() {
        ": the collection has no elements."
    } else {
        ": the given index is greater than or equal to the length of the collection."
    }))
}
