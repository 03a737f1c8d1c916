//! Unary and binary operators.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::fault::Problem;
use crate::eval::scope::Scope;
use crate::eval::value_of;
use crate::syntax::tree::{BinaryOperator, Expression, UnaryOperator};
use crate::value::{Number, Type, Value, ValueKind};

/// `-a` and `!a`
pub fn unary(
    whole: &Expression,
    operator: UnaryOperator,
    operand: &Expression,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Value {
    let ty = match operator {
        UnaryOperator::Negate => Type::Number,
        UnaryOperator::Not => Type::Bool,
    };
    let mut found = Diagnostics::new();
    let given = value_of(operand, scope, &mut found);
    let converted = operand_as(&given, &ty, &Side { name: "unary", operand, whole }, scope, &mut found);
    let (value, marks) = converted.unwrap_or_else(|| Value::unknown(ty.clone())).unmark();
    if found.has_errors() {
        diagnostics.extend(found);
        return Value::unknown(ty);
    }
    diagnostics.extend(found);
    let result = match (operator, value.kind()) {
        (_, ValueKind::Null(_)) => {
            diagnostics.push(null_operand(whole, scope));
            Value::unknown(ty)
        }
        (UnaryOperator::Not, ValueKind::Bool(b)) => Value::bool(!b),
        (UnaryOperator::Negate, ValueKind::Number(n)) => Value::number(n.negate()),
        _ => Value::unknown(ty).refined_not_null(),
    };
    result.marked(marks)
}

/// `a + b` and its like.
pub fn binary(
    whole: &Expression,
    operator: BinaryOperator,
    operands: [&Expression; 2],
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Value {
    let result = result_type(operator);
    let mut unfit = Diagnostics::new();
    let mut found = [Diagnostics::new(), Diagnostics::new()];
    let mut values = [const { None }; 2];
    for (i, name) in ["left", "right"].into_iter().enumerate() {
        let given = value_of(operands[i], scope, &mut found[i]);
        let side = Side { name, operand: operands[i], whole };
        values[i] = match operand_type(operator) {
            Some(ty) => operand_as(&given, &ty, &side, scope, &mut unfit),
            None => Some(given),
        };
    }
    let [Some(left), Some(right)] = values else {
        diagnostics.extend(unfit);
        diagnostics.extend(found.into_iter().flatten());
        return Value::unknown(result);
    };
    let ((left, left_marks), (right, right_marks)) = (left.unmark(), right.unmark());
    let marks = left_marks | right_marks;
    if let Some((value, side)) = decided(operator, &left, &right, &found, scope.decides_early()) {
        diagnostics.extend(std::mem::take(&mut found[side]));
        return value.marked(marks);
    }
    let failed = found.iter().any(Diagnostics::has_errors);
    diagnostics.extend(found.into_iter().flatten());
    if failed {
        return Value::unknown(result).marked(marks);
    }
    match operate(operator, &left, &right) {
        Ok(value) => value.marked(marks),
        Err(why) => {
            diagnostics.push(operation_failed(&why, whole, scope));
            Value::unknown(result).marked(marks)
        }
    }
}

/// One operand in its operation.
struct Side<'a> {
    name: &'static str,
    operand: &'a Expression,
    whole: &'a Expression,
}

fn operand_as(
    given: &Value,
    ty: &Type,
    side: &Side<'_>,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    match given.convert(ty) {
        Ok(value) => Some(value),
        Err(error) => {
            let detail = format!("Unsuitable value for {} operand: {error}.", side.name);
            diagnostics.push(Problem::new("Invalid operand", detail).within(side.operand, side.whole, scope));
            None
        }
    }
}

fn null_operand(whole: &Expression, scope: &dyn Scope) -> Diagnostic {
    operation_failed(NULL_OPERAND, whole, scope)
}

fn operation_failed(why: &str, whole: &Expression, scope: &dyn Scope) -> Diagnostic {
    Problem::new("Operation failed", format!("Error during operation: {why}.")).at(whole, scope)
}

const NULL_OPERAND: &str = "argument must not be null";

/// What both operands must be; `None` where anything goes.
fn operand_type(operator: BinaryOperator) -> Option<Type> {
    match operator {
        BinaryOperator::Equal | BinaryOperator::NotEqual => None,
        BinaryOperator::And | BinaryOperator::Or => Some(Type::Bool),
        _ => Some(Type::Number),
    }
}

fn result_type(operator: BinaryOperator) -> Type {
    match operator {
        BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo
        | BinaryOperator::Add
        | BinaryOperator::Subtract => Type::Number,
        _ => Type::Bool,
    }
}

/// For `&&` and `||`, the value that one side alone decides, and which side's diagnostics go with it: an error on
/// the other side does not matter then. Either side may decide; with an unknown on both, a sound left side does.
/// An unknown that comes of no error keeps the whole unknown, unless a side may decide `early`.
fn decided(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
    found: &[Diagnostics; 2],
    early: bool,
) -> Option<(Value, usize)> {
    let deciding = match operator {
        BinaryOperator::And => false,
        BinaryOperator::Or => true,
        _ => return None,
    };
    if left.is_null() || right.is_null() {
        return None;
    }
    let unknown = || Value::unknown(Type::Bool).refined_not_null();
    let settles = |other: &Value, side: usize| early || other.is_known() || found[side].has_errors();
    match (left.as_bool(), right.as_bool()) {
        (Some(b), _) if b == deciding && settles(right, 1) => Some((Value::bool(deciding), 0)),
        (_, Some(b)) if b == deciding && settles(left, 0) => Some((Value::bool(deciding), 1)),
        (None, Some(_)) => Some((unknown(), 0)),
        (Some(_), None) => Some((unknown(), 1)),
        (None, None) if !found[0].has_errors() => Some((unknown(), 0)),
        _ => None,
    }
}

/// The operation on operands of the right type, without marks of their own.
fn operate(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, String> {
    match operator {
        BinaryOperator::Equal => Ok(left.equals(right)),
        BinaryOperator::NotEqual => Ok(negated(left.equals(right))),
        _ if left.is_null() || right.is_null() => Err(NULL_OPERAND.to_owned()),
        BinaryOperator::And => Ok(Value::bool(left.as_bool() == Some(true) && right.as_bool() == Some(true))),
        BinaryOperator::Or => Ok(Value::bool(left.as_bool() == Some(true) || right.as_bool() == Some(true))),
        BinaryOperator::Greater => Ok(ordered(right, left, false)),
        BinaryOperator::GreaterOrEqual => Ok(ordered(right, left, true)),
        BinaryOperator::Less => Ok(ordered(left, right, false)),
        BinaryOperator::LessOrEqual => Ok(ordered(left, right, true)),
        _ => calculate(operator, left, right),
    }
}

fn negated(value: Value) -> Value {
    let (value, marks) = value.unmark();
    match value.as_bool() {
        Some(b) => Value::bool(!b).marked(marks),
        None => value.marked(marks),
    }
}

fn calculate(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, String> {
    let (Some(left), Some(right)) = (left.as_number(), right.as_number()) else {
        return Ok(Value::unknown(Type::Number).refined_not_null());
    };
    let (result, not_a_number) = match operator {
        BinaryOperator::Add => (left.add(right), "can't compute sum of opposing infinities"),
        BinaryOperator::Subtract => (left.subtract(right), "can't subtract infinity from itself"),
        BinaryOperator::Multiply => (left.multiply(right), "can't multiply zero by infinity"),
        BinaryOperator::Divide => (left.divide(right), "can't divide zero by zero or infinity by infinity"),
        _ => (left.modulo(right), "can't use modulo with zero and infinity"),
    };
    result.map(Value::number).map_err(|_| not_a_number.to_owned())
}

/// Whether `low` is below `high`, or also equal to it. What is known of the bounds of unknowns may be enough.
fn ordered(low: &Value, high: &Value, or_equal: bool) -> Value {
    if let (Some(low), Some(high)) = (low.as_number(), high.as_number()) {
        return Value::bool(low < high || or_equal && low == high);
    }
    let (low, high) = (Bounds::of(low), Bounds::of(high));
    if low.surely_below(&high, or_equal) {
        return Value::bool(true);
    }
    if high.surely_below(&low, !or_equal) {
        return Value::bool(false);
    }
    Value::unknown(Type::Bool).refined_not_null()
}

/// Between what a number lies; the flag tells whether it may also be the bound itself.
struct Bounds {
    lower: Option<(Number, bool)>,
    upper: Option<(Number, bool)>,
}

impl Bounds {
    fn of(value: &Value) -> Self {
        match value.kind() {
            ValueKind::Number(n) => Self { lower: Some((n.clone(), true)), upper: Some((n.clone(), true)) },
            ValueKind::Unknown(_, known) => Self { lower: known.lower.clone(), upper: known.upper.clone() },
            _ => Self { lower: None, upper: None },
        }
    }

    fn surely_below(&self, other: &Self, or_equal: bool) -> bool {
        let (Some((upper, upper_reached)), Some((lower, lower_reached))) = (&self.upper, &other.lower) else {
            return false;
        };
        upper < lower || upper == lower && (or_equal || !(*upper_reached && *lower_reached))
    }
}
