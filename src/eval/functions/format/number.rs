//! Numbers in Go's verbs.

use super::FunctionError;
use super::verb::Verb;
use crate::value::Number;

/// `%b %d %o %x %X`
pub(super) fn integer(verb: &Verb, number: &Number) -> Result<String, FunctionError> {
    let radix = match verb.mode {
        'b' => 2,
        'o' => 8,
        'x' | 'X' => 16,
        _ => 10,
    };
    let (negative, digits) =
        number.to_integer_digits(radix).ok_or_else(|| verb.unsupported("an integer is required"))?;
    let mut digits = if verb.mode == 'X' { digits.to_uppercase() } else { digits };
    if verb.precision == Some(0) && digits == "0" {
        digits.clear();
    }
    let prefix = match (verb.sharp, verb.mode) {
        (true, 'b') => "0b",
        (true, 'o') => "0",
        (true, 'x') => "0x",
        (true, 'X') => "0X",
        _ => "",
    };
    let zeros = verb.precision.unwrap_or(0).saturating_sub(digits.len());
    let digits = "0".repeat(zeros) + &digits;
    let sign = sign(verb, negative);
    let missing = verb.width.unwrap_or(0).saturating_sub(sign.len() + prefix.len() + digits.len());
    let fill = |c: &str| c.repeat(missing);
    Ok(if verb.minus {
        format!("{sign}{prefix}{digits}{}", fill(" "))
    } else if verb.zero && verb.precision.is_none() {
        format!("{sign}{prefix}{}{digits}", fill("0"))
    } else {
        format!("{}{sign}{prefix}{digits}", fill(" "))
    })
}

/// `%e %E %f %g %G`
pub(super) fn float(verb: &Verb, number: &Number) -> String {
    let text = match (verb.mode, verb.precision) {
        ('g' | 'G', None) => number.to_general_string(),
        (mode, precision) => number.format(mode.to_ascii_lowercase(), precision.unwrap_or(6)),
    };
    let text = if verb.mode.is_ascii_uppercase() && !number.is_infinite() { text.to_uppercase() } else { text };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let sign = if number.is_infinite() && !negative { "+" } else { sign(verb, negative) };
    let missing = verb.width.unwrap_or(0).saturating_sub(sign.len() + digits.len());
    if verb.zero && !number.is_infinite() {
        format!("{sign}{}{digits}", "0".repeat(missing))
    } else if verb.minus {
        format!("{sign}{digits}{}", " ".repeat(missing))
    } else {
        format!("{}{sign}{digits}", " ".repeat(missing))
    }
}

fn sign(verb: &Verb, negative: bool) -> &'static str {
    match (negative, verb.plus, verb.space) {
        (true, _, _) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        (false, false, false) => "",
    }
}
