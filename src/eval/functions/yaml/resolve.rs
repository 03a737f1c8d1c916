//! What a scalar stands for.

use super::super::encoding::decode_base64;
use super::super::time::Moment;
use crate::value::{Number, Type, Value};

/// A scalar without quotes or tag.
pub(super) fn plain(text: &str) -> Result<Value, String> {
    if let Some(word) = word(text) {
        return Ok(word);
    }
    if text.eq_ignore_ascii_case(".nan") && matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err("floating point NaN is not supported".into());
    }
    if let Some(number) = number(text) {
        return Ok(Value::number(number));
    }
    Ok(Value::string(timestamp(text).unwrap_or_else(|| text.to_owned())))
}

/// A scalar with one of YAML's own tags. In quotes it is a text all the same.
pub(super) fn tagged(text: &str, tag: &str, is_quoted: bool) -> Result<Value, String> {
    let refused = || format!("cannot parse {text:?} as tag:yaml.org,2002:{tag}");
    match tag {
        // The value stays in base64; it must only be valid.
        "binary" => match decode_base64(text) {
            Some(_) => Ok(Value::string(text)),
            None => Err(format!("{}: not valid base64", refused())),
        },
        "str" => Ok(Value::string(text)),
        "null" | "bool" | "int" | "float" | "timestamp" if is_quoted => Ok(Value::string(text)),
        "null" => Ok(Value::null(Type::Dynamic)),
        "bool" => word(text).filter(|v| v.as_bool().is_some()).ok_or_else(refused),
        "int" | "float" => number(text).map(Value::number).ok_or_else(refused),
        "timestamp" => timestamp(text).map(Value::string).ok_or_else(refused),
        _ => Err(format!("unsupported tag \"!!{tag}\"")),
    }
}

fn word(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Value::null(Type::Dynamic)),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(Value::bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Some(Value::bool(false))
        }
        _ => None,
    }
}

/// Decimal, `0x` and `0o` integers, floats and infinities.
fn number(text: &str) -> Option<Number> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Number::from_f64(if negative { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let all = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
            return if all { Number::from_integer_digits(false, digits, radix) } else { None };
        }
    }
    if unsigned.starts_with(['+', '-']) { None } else { Number::parse(text) }
}

/// A date or a date with a time, in the form of RFC 3339.
fn timestamp(text: &str) -> Option<String> {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.trim_start()),
        None => (text, "0:0:0"),
    };
    let padded = |part: &str, width: usize| {
        let plain = !part.is_empty() && part.len() <= width && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| format!("{part:0>width$}"))
    };
    let mut date = date.splitn(3, '-');
    let (year, month, day) = (date.next()?, date.next()?, date.next()?);
    if year.len() != 4 {
        return None;
    }
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let spaced = text.contains(' ');
    if (zone.is_empty() && !spaced && text.contains(['T', 't'])) || (spaced && !zone.is_empty()) {
        return None;
    }
    let mut clock = clock.splitn(3, ':');
    let (hour, minute, second) = (clock.next()?, clock.next()?, clock.next()?);
    let (second, fraction) = second.split_once('.').map_or((second, String::new()), |(s, f)| (s, format!(".{f}")));
    let moment = format!(
        "{}-{}-{}T{}:{}:{}{fraction}{}",
        padded(year, 4)?,
        padded(month, 2)?,
        padded(day, 2)?,
        padded(hour, 2)?,
        padded(minute, 2)?,
        padded(second, 2)?,
        if zone.is_empty() { "Z" } else { zone }
    );
    Moment::parse(&moment).ok().map(|moment| moment.rfc3339())
}
