//! Conversion of values to types, by the rules and in the words of go-cty.
//!
//! Whether a conversion exists is decided by the types alone ([`convertible`]); a value may fail all the same
//! (`"a"` to number).

mod collections;
mod mismatch;
mod replace;

use std::fmt;

use collections::Collection;

use super::{Number, Path, Refinement, Type, Value, ValueKind};

pub use mismatch::mismatch_message;

/// Why a value does not become a type.
#[derive(Clone, Debug)]
pub struct ConversionError {
    /// Where in the value.
    pub path: Path,
    /// What is wrong there: `a number is required`.
    pub message: String,
}

impl fmt::Display for ConversionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConversionError {}

/// Which conversions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Those that no value can fail, as number to string.
    Safe,
    /// Also those that some values fail, as string to number.
    Unsafe,
}

impl Value {
    /// The value as a value of `want`, which may be a constraint: `any` parts take the value's own type and
    /// `optional` attributes that are missing become null. Marks stay where they are.
    pub fn convert(&self, want: &Type) -> Result<Value, ConversionError> {
        if *want == Type::Dynamic {
            return Ok(self.clone());
        }
        let got = self.type_of();
        if got == *want {
            return Ok(self.clone());
        }
        if !possible(&got, want, Safety::Unsafe) {
            let message = mismatch_message(&got, want);
            return Err(ConversionError { path: Path::default(), message });
        }
        convert_value(self, &got, want, &mut Vec::new())
    }
}

/// Whether values of `got` become values of `want`, or already are.
fn possible(got: &Type, want: &Type, safety: Safety) -> bool {
    got == want || convertible(got, want, safety)
}

/// Whether there is a conversion from `got` to another type `want`.
pub fn convertible(got: &Type, want: &Type, safety: Safety) -> bool {
    let is_unsafe = safety == Safety::Unsafe;
    match (got, want) {
        (_, Type::Dynamic) | (Type::Bool | Type::Number, Type::String) => true,
        (Type::Dynamic, _) | (Type::String, Type::Bool | Type::Number) => is_unsafe,
        (Type::List(got), Type::Set(want)) => is_unsafe && possible(got, want, safety),
        (Type::List(got) | Type::Set(got), Type::List(want))
        | (Type::Set(got), Type::Set(want))
        | (Type::Map(got), Type::Map(want)) => possible(got, want, safety),
        (Type::Tuple(items), Type::List(want) | Type::Set(want)) => {
            collections::element_type(items.iter(), want, safety, Collection::Sequence).is_some()
        }
        (Type::Object(object), Type::Map(want)) => {
            collections::element_type(object.attributes.values(), want, safety, Collection::Map).is_some()
        }
        (Type::Tuple(got), Type::Tuple(want)) => {
            got.len() == want.len() && got.iter().zip(want.iter()).all(|(g, w)| possible(g, w, safety))
        }
        (Type::Object(got), Type::Object(want)) => {
            want.attributes.iter().all(|(name, want_type)| match got.attributes.get(name) {
                Some(got_type) => possible(got_type, want_type, safety),
                None => want.optional.contains(name),
            })
        }
        (Type::Map(element), Type::Object(want)) => {
            is_unsafe && want.attributes.values().all(|t| possible(element, t, safety))
        }
        _ => false,
    }
}

/// Steps to the value at hand, for errors.
type Steps = Vec<super::PathStep>;

fn error<T>(steps: &Steps, message: impl Into<String>) -> Result<T, ConversionError> {
    Err(ConversionError { path: Path(steps.clone()), message: message.into() })
}

/// Converts a value of type `got`, which is known to be convertible.
fn convert_value(value: &Value, got: &Type, want: &Type, steps: &mut Steps) -> Result<Value, ConversionError> {
    if *want == Type::Dynamic || got == want {
        return Ok(value.clone());
    }
    let marks = value.marks();
    let converted = match value.kind() {
        ValueKind::Unknown(_, refinement) => convert_unknown(refinement, got, want),
        ValueKind::Null(_) => Value::null(replace::dynamic_parts(got, &want.without_optional())),
        ValueKind::String(text) => convert_string(text, want, steps)?,
        ValueKind::Bool(b) => Value::string(if *b { "true" } else { "false" }),
        ValueKind::Number(n) => Value::string(n.to_string()),
        _ => collections::convert(value, got, want, steps)?,
    };
    Ok(converted.marked(marks))
}

/// The number that a text stands for; infinity has a name, as in Go.
fn number_of(text: &str) -> Option<Number> {
    match text {
        "inf" | "Inf" | "+inf" | "+Inf" => Number::from_f64(f64::INFINITY),
        "-inf" | "-Inf" => Number::from_f64(f64::NEG_INFINITY),
        _ => Number::parse(text),
    }
}

fn convert_string(text: &str, want: &Type, steps: &Steps) -> Result<Value, ConversionError> {
    if *want == Type::Number {
        return match number_of(text) {
            Some(n) => Ok(Value::number(n)),
            None => error(steps, "a number is required"),
        };
    }
    match text {
        "true" | "1" => Ok(Value::bool(true)),
        "false" | "0" => Ok(Value::bool(false)),
        "True" | "TRUE" => error(steps, "a bool is required; to convert from string, use lowercase \"true\""),
        "False" | "FALSE" => error(steps, "a bool is required; to convert from string, use lowercase \"false\""),
        _ => error(steps, "a bool is required"),
    }
}

/// What is known of an unknown value that survives its conversion.
fn convert_unknown(known: &Refinement, got: &Type, want: &Type) -> Value {
    let target = replace::dynamic_parts(got, &want.without_optional());
    let mut refinement = Refinement { not_null: known.not_null, ..Refinement::default() };
    let exactly = |n: usize| u64::try_from(n).ok();
    match (got, &target) {
        (Type::Object(object), Type::Map(_)) => {
            refinement.min_length = exactly(object.attributes.len());
            refinement.max_length = refinement.min_length;
        }
        (Type::Tuple(items), Type::List(_)) => {
            refinement.min_length = exactly(items.len());
            refinement.max_length = refinement.min_length;
        }
        (Type::Tuple(items), Type::Set(_)) => {
            refinement.min_length = exactly(items.len().min(1));
            refinement.max_length = exactly(items.len());
        }
        (Type::List(_) | Type::Set(_) | Type::Map(_), Type::List(_) | Type::Map(_)) => {
            refinement.min_length = known.min_length;
            refinement.max_length = known.max_length;
        }
        (Type::List(_) | Type::Set(_), Type::Set(_)) => {
            refinement.min_length = known.min_length.map(|n| n.min(1));
            refinement.max_length = known.max_length;
        }
        _ => {}
    }
    Value::unknown_refined(target, refinement)
}
