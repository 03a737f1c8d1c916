//! Numbers.

mod float;

use super::{Arguments, Function, FunctionError, Param, Returns, Takes};
use crate::value::{Number, Value};

const NUMBER: Returns = Returns::Always(Takes::Number);
const NUM: Param = Param::number("num");
const NUMBERS: Param = Param::number("numbers").dynamic();

pub(super) const TABLE: &[Function] = &[
    Function::new("abs", &[NUM.dynamic()], NUMBER, |a| Ok(Value::number(a.number(0)?.abs()))),
    Function::new("ceil", &[NUM], NUMBER, |a| Ok(Value::number(rounded(a.number(0)?, 1)))),
    Function::new("floor", &[NUM], NUMBER, |a| Ok(Value::number(rounded(a.number(0)?, -1)))),
    Function::new("log", &[NUM, Param::number("base")], NUMBER, |a| {
        from_f64(float::ln(double(a, 0)?) / float::ln(double(a, 1)?), "log")
    }),
    Function::new("max", &[], NUMBER, |a| extreme(a, std::cmp::Ordering::Greater)).variadic(NUMBERS),
    Function::new("min", &[], NUMBER, |a| extreme(a, std::cmp::Ordering::Less)).variadic(NUMBERS),
    Function::new("parseint", &[Param::any("number"), Param::number("base")], Returns::By(parseint_type), parseint),
    Function::new("pow", &[NUM, Param::number("power")], NUMBER, |a| {
        from_f64(float::pow(double(a, 0)?, double(a, 1)?), "pow")
    }),
    Function::new("range", &[], Returns::Always(Takes::Numbers), range).variadic(Param::number("params")),
    Function::new("signum", &[NUM], NUMBER, |a| Ok(Value::number(a.integer(0)?.signum()))),
    Function::new("sum", &[Param::any("list")], NUMBER, sum),
];

/// A number as a double, which must not become infinite by that.
fn double(a: &Arguments, i: usize) -> Result<f64, FunctionError> {
    let number = a.number(i)?;
    let double = number.to_f64();
    if double.is_infinite() && !number.is_infinite() {
        return Err(format!("value must be between {:.6} and {:.6} inclusive", f64::MIN, f64::MAX).into());
    }
    Ok(double)
}

/// The integer next to a number, away from zero where `towards` has the number's sign.
fn rounded(n: &Number, towards: i64) -> Number {
    if n.is_infinite() || (n.is_integer() && !n.is_zero()) {
        return n.clone();
    }
    // Adding zero turns a negative zero into the plain one, as Go's integers have but one.
    let whole = n.truncate().add(&Number::ZERO).unwrap_or_else(|_| n.clone());
    let away = !n.is_zero() && n.is_negative() == (towards < 0);
    if away { whole.add(&Number::from(towards)).unwrap_or(whole) } else { whole }
}

fn from_f64(f: f64, name: &str) -> Result<Value, FunctionError> {
    match Number::from_f64(f) {
        Some(n) => Ok(Value::number(n)),
        None => Err(format!("the {name} of these numbers is not a number").into()),
    }
}

fn extreme(a: &Arguments, wanted: std::cmp::Ordering) -> Result<Value, FunctionError> {
    let mut best = a.values.first().ok_or("must pass at least one number")?;
    for i in 1..a.values.len() {
        let (held, next) = (best.as_number(), a.number(i)?);
        if held.is_some_and(|held| next.compare(held) == wanted) {
            best = a.get(i)?;
        }
    }
    Ok(best.clone())
}

fn parseint_type(args: &[Value]) -> Result<crate::value::Type, FunctionError> {
    let ty = args.first().map_or(crate::value::Type::Dynamic, Value::type_of);
    if ty == crate::value::Type::String {
        return Ok(crate::value::Type::Number);
    }
    Err(FunctionError::at(0, format!("first argument must be a string, not {}", ty.friendly_name())))
}

fn parseint(a: &Arguments) -> Result<Value, FunctionError> {
    let text = a.text(0)?;
    let base = u32::try_from(a.integer_at(1, "")?).ok().filter(|base| (2..=62).contains(base));
    let base = base.ok_or_else(|| FunctionError::at(1, "base must be a whole number between 2 and 62 inclusive"))?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = if base <= 36 { plain_digits(digits, base) } else { wide_digits(digits, base) };
    match number {
        Some(n) => Ok(Value::number(if negative && !n.is_zero() { n.negate() } else { n })),
        None => Err(FunctionError::at(0, format!("cannot parse {text:?} as a base {base} integer"))),
    }
}

fn plain_digits(digits: &str, base: u32) -> Option<Number> {
    let all = !digits.is_empty() && digits.chars().all(|c| c.is_digit(base));
    if all { Number::from_integer_digits(false, digits, base) } else { None }
}

/// Digits of bases over 36, where capital letters are worth more than small ones.
fn wide_digits(digits: &str, base: u32) -> Option<Number> {
    if digits.is_empty() {
        return None;
    }
    let base = Number::from(i64::from(base));
    digits.bytes().try_fold(Number::ZERO.with_full_precision(), |sum, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            b'A'..=b'Z' => byte - b'A' + 36,
            _ => return None,
        };
        let digit = Number::from(i64::from(digit));
        if digit.compare(&base).is_ge() {
            return None;
        }
        sum.multiply(&base).and_then(|product| product.add(&digit)).ok()
    })
}

fn range(a: &Arguments) -> Result<Value, FunctionError> {
    const TOO_MANY: &str = "more than 1024 values were generated; either decrease the difference between start and end or use a smaller step";
    let zero = Number::ZERO.with_full_precision();
    let (start, end, step) = match a.values.len() {
        1 => (zero.clone(), a.number(0)?.clone(), None),
        2 => (a.number(0)?.clone(), a.number(1)?.clone(), None),
        3 => (a.number(0)?.clone(), a.number(1)?.clone(), Some(a.number(2)?.clone())),
        _ => return Err("must have one, two, or three arguments".into()),
    };
    let down = match &step {
        Some(step) => step.is_negative(),
        None => end.compare(&start).is_lt(),
    };
    if step.is_some() {
        if down && end.compare(&start).is_gt() {
            return Err(FunctionError::at(1, "end must be less than start when step is negative"));
        }
        if !down && end.compare(&start).is_lt() {
            return Err(FunctionError::at(1, "end must be greater than start when step is positive"));
        }
    }
    let step = step.unwrap_or_else(|| Number::from(if down { -1i64 } else { 1 }));
    let mut numbers = Vec::new();
    let mut next = start;
    while if down { next.compare(&end).is_gt() } else { next.compare(&end).is_lt() } {
        if numbers.len() >= 1024 {
            return Err(TOO_MANY.into());
        }
        let following = next.add(&step).map_err(|_| TOO_MANY)?;
        numbers.push(Value::number(std::mem::replace(&mut next, following)));
    }
    Ok(Value::list(crate::value::Type::Number, numbers))
}

fn sum(a: &Arguments) -> Result<Value, FunctionError> {
    let list = a.get(0)?;
    let (Some((least, _)), true) = (list.length_bounds(), list.is_known()) else {
        return Err(FunctionError::at(0, "cannot sum noniterable"));
    };
    if least == 0 {
        return Err(FunctionError::at(0, "cannot sum an empty list"));
    }
    let Some(items) = list.as_elements() else {
        let name = list.type_of().friendly_name();
        return Err(FunctionError::at(0, format!("argument must be list, set, or tuple. Received {name}")));
    };
    if !list.is_wholly_known() {
        return Ok(a.unknown());
    }
    let mut total: Option<Number> = None;
    for item in items {
        let converted = item.convert(&crate::value::Type::Number).ok();
        let Some(n) = converted.as_ref().and_then(Value::as_number) else {
            return Err(FunctionError::at(0, "argument must be list, set, or tuple of number values"));
        };
        total = Some(match total {
            None => n.clone(),
            Some(sum) => sum.add(n).map_err(|_| "can't compute sum of opposing infinities")?,
        });
    }
    total.map(Value::number).ok_or_else(|| FunctionError::at(0, "cannot sum an empty list"))
}
