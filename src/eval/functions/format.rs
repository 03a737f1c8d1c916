//! `format` and `formatlist`: Go's verbs, as go-cty has them.

mod number;
mod verb;

use unicode_segmentation::UnicodeSegmentation;

use super::encoding::json_text;
use super::string::text;
use super::{Arguments, Function, FunctionError, Param, Returns, Takes};
use crate::value::{Number, Type, Value, ValueKind};

use verb::{Piece, Verb};

const ARGS: Param = Param::any("args").null().unknown();
/// More than any text is padded to, and few enough for memory.
const MAX_WIDTH: usize = 1 << 16;

pub(super) const TABLE: &[Function] = &[
    Function::new("format", &[Param::string("format")], Returns::Always(Takes::String), format).variadic(ARGS),
    Function::new("formatlist", &[Param::string("format")], Returns::Always(Takes::Strings), format_list)
        .variadic(ARGS),
];

fn format(a: &Arguments) -> Result<Value, FunctionError> {
    let template = a.text(0)?;
    let args = a.values.get(1..).unwrap_or_default();
    if !args.iter().all(Value::is_wholly_known) {
        let known = template.split('%').next().unwrap_or_default();
        return Ok(Value::unknown_with_prefix(if known.len() < template.len() { known } else { "" }));
    }
    text(formatted(template, args)?)
}

fn format_list(a: &Arguments) -> Result<Value, FunctionError> {
    let template = a.text(0)?;
    let args = a.values.get(1..).unwrap_or_default();
    if args.is_empty() {
        return Ok(Value::list(Type::String, vec![text(formatted(template, args)?)?]));
    }
    let Some(length) = common_length(args)? else { return Ok(a.unknown()) };
    let mut results = Vec::with_capacity(length);
    for i in 0..length {
        let of_this = |arg: &Value| match arg.as_elements() {
            Some(items) => items.get(i).cloned().unwrap_or_else(Value::dynamic),
            None => arg.clone(),
        };
        let row: Vec<Value> = args.iter().map(of_this).collect();
        if !row.iter().all(Value::is_wholly_known) {
            results.push(Value::unknown_not_null(Type::String));
            continue;
        }
        let line = formatted(template, &row);
        results.push(text(line.map_err(|e| format!("error on format iteration {i}: {e}"))?)?);
    }
    Ok(Value::list(Type::String, results))
}

/// The length of all lists among the arguments, 1 when there are none, `None` when one is not yet known.
fn common_length(args: &[Value]) -> Result<Option<usize>, FunctionError> {
    let mut chosen: Option<(usize, usize)> = None;
    let mut unknown = false;
    for (i, arg) in args.iter().enumerate() {
        let length = match arg.kind() {
            ValueKind::Null(_) => continue,
            ValueKind::Unknown(Type::Tuple(items), _) => {
                unknown = true;
                items.len()
            }
            ValueKind::Unknown(Type::List(_) | Type::Set(_) | Type::Dynamic, _) => {
                unknown = true;
                continue;
            }
            ValueKind::Set(_, items) if items.len() > 1 && !arg.is_wholly_known() => {
                unknown = true;
                continue;
            }
            _ => match arg.as_elements() {
                Some(items) => items.len(),
                None => continue,
            },
        };
        match chosen {
            None => chosen = Some((i, length)),
            Some((first, expected)) if expected != length => {
                let message = format!(
                    "argument {} has length {length}, which is inconsistent with argument {} of length {expected}",
                    i + 1,
                    first + 1
                );
                return Err(FunctionError::at(i + 1, message));
            }
            Some(_) => {}
        }
    }
    Ok(if unknown { None } else { Some(chosen.map_or(1, |(_, length)| length)) })
}

/// Formats wholly known arguments.
fn formatted(template: &str, args: &[Value]) -> Result<String, FunctionError> {
    let mut out = String::with_capacity(template.len() + 16);
    let mut used = 0;
    for piece in verb::pieces(template)? {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Verb(verb) => {
                used = used.max(verb.argument);
                out.push_str(&verb_text(&verb, args)?);
            }
        }
    }
    if used < args.len() {
        let message = if used == 0 {
            "too many arguments; no verbs in format string".to_owned()
        } else {
            format!("too many arguments; only {used} used by format string")
        };
        return Err(FunctionError::at(used + 1, message));
    }
    Ok(out)
}

fn verb_text(verb: &Verb, args: &[Value]) -> Result<String, FunctionError> {
    let Some(arg) = verb.argument.checked_sub(1).and_then(|i| args.get(i)) else {
        return Err(format!(
            "not enough arguments for {:?} at {}: need index {} but have {} total",
            verb.raw,
            verb.offset,
            verb.argument,
            args.len()
        )
        .into());
    };
    if verb.width.is_some_and(|w| w > MAX_WIDTH) || verb.precision.is_some_and(|p| p > MAX_WIDTH) {
        return Err(verb.unsupported(&format!("widths over {MAX_WIDTH} are not supported")));
    }
    if verb.mode != 'v' && arg.is_null() {
        return Err(verb.unsupported("null value cannot be formatted"));
    }
    match verb.mode {
        'v' => as_is(verb, arg),
        't' => {
            let truth = converted(verb, arg, &Type::Bool)?;
            Ok(if truth.as_bool() == Some(true) { "true" } else { "false" }.into())
        }
        'b' | 'd' | 'o' | 'x' | 'X' => number::integer(verb, &as_number(verb, arg)?),
        'e' | 'E' | 'f' | 'g' | 'G' => Ok(number::float(verb, &as_number(verb, arg)?)),
        's' | 'q' => as_string(verb, arg),
        mode => Err(format!("unsupported format verb {mode:?} in {:?} at offset {}", verb.raw, verb.offset).into()),
    }
}

fn as_is(verb: &Verb, arg: &Value) -> Result<String, FunctionError> {
    let plain = match arg.kind() {
        ValueKind::String(s) if !verb.sharp => s.to_string(),
        ValueKind::Number(n) if !verb.sharp => n.to_general_string(),
        _ => json_text(arg).map_err(|e| verb.unsupported(&e))?,
    };
    Ok(padded(verb, plain))
}

fn as_string(verb: &Verb, arg: &Value) -> Result<String, FunctionError> {
    let converted = converted(verb, arg, &Type::String)?;
    let whole = converted.as_str().unwrap_or_default();
    let cut: String = match verb.precision {
        Some(precision @ 1..) => whole.graphemes(true).take(precision).collect(),
        _ => whole.to_owned(),
    };
    let shown = if verb.mode == 'q' { json_text(&Value::string(cut)).map_err(|e| verb.unsupported(&e))? } else { cut };
    Ok(padded(verb, shown))
}

fn as_number(verb: &Verb, arg: &Value) -> Result<Number, FunctionError> {
    let converted = converted(verb, arg, &Type::Number)?;
    converted.as_number().cloned().ok_or_else(|| verb.unsupported("a number is required"))
}

fn converted(verb: &Verb, arg: &Value, ty: &Type) -> Result<Value, FunctionError> {
    arg.convert(ty).map_err(|e| verb.unsupported(&e.message))
}

/// Brings text to the verb's width, counted in grapheme clusters.
fn padded(verb: &Verb, text: String) -> String {
    let missing = verb.width.unwrap_or(0).saturating_sub(text.graphemes(true).count());
    let padding = (if verb.zero { "0" } else { " " }).repeat(missing);
    if verb.minus { text + &padding } else { padding + &text }
}
