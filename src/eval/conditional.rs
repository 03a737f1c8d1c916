//! `condition ? a : b`

use crate::diagnostic::Diagnostics;
use crate::eval::console::quoted;
use crate::eval::fault::Problem;
use crate::eval::scope::Scope;
use crate::eval::value_of;
use crate::syntax::tree::Expression;
use crate::value::{Marks, Refinement, Type, Value, ValueKind, unify_unsafe};

/// Both branches are evaluated, since the result's type depends on both; only the chosen one's faults are told.
/// The result carries the marks of the condition and of both branches, so that a mark never depends on the choice.
pub fn choose(
    whole: &Expression,
    condition: &Expression,
    branches: [&Expression; 2],
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Value {
    let mut found = [Diagnostics::new(), Diagnostics::new()];
    let values = [0, 1].map(|i| value_of(branches[i], scope, &mut found[i]));
    let ty = match common_type(&values) {
        Ok(ty) => ty,
        Err(mismatch) => {
            let detail = format!("The true and false result expressions must have consistent types. {mismatch}.");
            let mut diagnostic = Problem::new(INCONSISTENT, detail).within(whole, whole, scope);
            diagnostic.subject = Some(branches[0].span.to(branches[1].span));
            diagnostics.push(diagnostic);
            return Value::dynamic();
        }
    };
    let (given, condition_marks) = value_of(condition, scope, diagnostics).unmark();
    let marks = condition_marks | values[0].marks() | values[1].marks();
    let refused = match chosen(&given) {
        Ok(Some(choice)) => {
            let i = usize::from(!choice);
            diagnostics.extend(std::mem::take(&mut found[i]));
            let value = if ty == Type::Dynamic { Ok(values[i].clone()) } else { values[i].convert(&ty) };
            return value
                .unwrap_or_else(|error| {
                    let detail = format!("The {choice} result value has the wrong type: {error}.");
                    diagnostics.push(Problem::new(INCONSISTENT, detail).within(branches[i], whole, scope));
                    Value::unknown(ty)
                })
                .marked(marks);
        }
        Ok(None) => return undecided(&values, ty).marked(marks),
        Err(problem) => problem,
    };
    diagnostics.push(refused.within(condition, whole, scope));
    Value::unknown(ty)
}

const INCONSISTENT: &str = "Inconsistent conditional result types";

/// Which branch; `None` while the condition is unknown.
fn chosen(condition: &Value) -> Result<Option<bool>, Problem> {
    if condition.is_null() {
        return Err(Problem::new(
            "Null condition",
            "The condition value is null. Conditions must either be true or false.",
        ));
    }
    match condition.convert(&Type::Bool) {
        Ok(value) => Ok(value.as_bool()),
        Err(_) if !condition.is_known() => Ok(None),
        Err(_) => Err(Problem::new("Incorrect condition type", "The condition expression must be of type bool.")),
    }
}

/// The type that both branches can have; a null that is no more than that takes the other's type, and while one is not known
/// neither is the result's.
fn common_type(values: &[Value; 2]) -> Result<Type, String> {
    let bare_null = |v: &Value| matches!(v.kind(), ValueKind::Null(Type::Dynamic)) && v.marks() == Marks::NONE;
    let [when_true, when_false] = values;
    let (true_type, false_type) = (when_true.type_of(), when_false.type_of());
    if bare_null(when_true) {
        return Ok(false_type);
    }
    if bare_null(when_false) {
        return Ok(true_type);
    }
    if true_type == Type::Dynamic || false_type == Type::Dynamic {
        return Ok(Type::Dynamic);
    }
    unify_unsafe(&[true_type.clone(), false_type.clone()]).ok_or_else(|| mismatch(&true_type, &false_type))
}

/// What is known all the same of a result whose condition is not known: it lies in the hull of both branches.
fn undecided(values: &[Value; 2], ty: Type) -> Value {
    let [a, b] = values;
    if a.is_null() && b.is_null() {
        return Value::null(ty);
    }
    if ty == Type::Dynamic || !(a.is_never_null() && b.is_never_null()) {
        return Value::unknown(ty);
    }
    let mut known = Refinement { not_null: true, ..Refinement::default() };
    if let (Some(x), Some(y)) = (a.as_number(), b.as_number()) {
        let (low, high) = if x < y { (x, y) } else { (y, x) };
        known.lower = Some((low.clone(), true));
        known.upper = Some((high.clone(), true));
    }
    if ty.is_collection()
        && a.type_of() == b.type_of()
        && let (Some((a_least, Some(a_most))), Some((b_least, Some(b_most)))) = (a.length_bounds(), b.length_bounds())
    {
        known.min_length = Some(a_least.min(b_least));
        known.max_length = Some(a_most.max(b_most));
    }
    Value::unknown_refined(ty, known)
}

/// Where two types differ, the first place in order of names.
fn mismatch(when_true: &Type, when_false: &Type) -> String {
    match (when_true, when_false) {
        (Type::Object(a), Type::Object(b)) => {
            for (name, ty) in &a.attributes {
                match b.attributes.get(name) {
                    None => {
                        return format!(
                            "The 'true' value includes object attribute {}, which is absent in the 'false' value",
                            quoted(name)
                        );
                    }
                    Some(other) if other != ty => {
                        return format!("Type mismatch for object attribute {}: {}", quoted(name), mismatch(ty, other));
                    }
                    Some(_) => {}
                }
            }
            if let Some(name) = b.attributes.keys().find(|name| !a.attributes.contains_key(*name)) {
                return format!(
                    "The 'false' value includes object attribute {}, which is absent in the 'true' value",
                    quoted(name)
                );
            }
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() != b.len() => {
            return format!("The 'true' tuple has length {}, but the 'false' tuple has length {}", a.len(), b.len());
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            if let Some((i, (x, y))) = a.iter().zip(b.iter()).enumerate().find(|(_, (x, y))| x != y) {
                return format!("Type mismatch for tuple element {i}: {}", mismatch(x, y));
            }
        }
        (Type::List(a), Type::List(b)) if both_structural(a, b) => {
            return format!("Mismatched list element types: {}", mismatch(a, b));
        }
        (Type::Set(a), Type::Set(b)) if both_structural(a, b) => {
            return format!("Mismatched set element types: {}", mismatch(a, b));
        }
        (Type::Map(a), Type::Map(b)) if both_structural(a, b) => {
            return format!("Mismatched map element types: {}", mismatch(a, b));
        }
        _ => {}
    }
    let (a, b) = (when_true.friendly_name(), when_false.friendly_name());
    if a == b {
        return "At least one deeply-nested attribute or element is not compatible across both the 'true' and the \
                'false' value"
            .to_owned();
    }
    format!("The 'true' value is {a}, but the 'false' value is {b}")
}

fn both_structural(a: &Type, b: &Type) -> bool {
    matches!((a, b), (Type::Object(_), Type::Object(_)) | (Type::Tuple(_), Type::Tuple(_)))
}
