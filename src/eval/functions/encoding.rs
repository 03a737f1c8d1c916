//! JSON, base64, gzip, CSV, URLs and character sets.

mod charset;
mod csv;
mod deflate;
mod gzip;
mod huffman;
mod json;
mod package_merge;

use std::fmt::Write;

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::string::text;
use super::{Arguments, Function, FunctionError, Param, Returns, Takes};
use crate::value::{Type, Value, ValueKind};

const STRING: Returns = Returns::Always(Takes::String);
const STR: Param = Param::string("str");
/// As Go decodes: bits beyond the last byte are not looked at.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&ALPHABET, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
/// What a URL's query keeps as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b' ');

pub(super) const TABLE: &[Function] = &[
    Function::new("base64decode", &[STR], STRING, |a| {
        let encoded = a.text(0)?;
        let decoded = decode_base64(encoded).ok_or_else(|| format!("failed to decode base64 data {encoded:?}"))?;
        text(String::from_utf8(decoded).map_err(|_| "the result of decoding the provided string is not valid UTF-8")?)
    }),
    Function::new("base64encode", &[STR], STRING, |a| text(STANDARD.encode(a.text(0)?))),
    Function::new("base64gunzip", &[STR], STRING, gzip::gunzip),
    Function::new("base64gzip", &[STR], STRING, |a| text(STANDARD.encode(gzip::gzip(a.text(0)?.as_bytes())))),
    Function::new("csvdecode", &[STR], Returns::By(csv::row_type), csv::decode),
    Function::new("jsondecode", &[STR], Returns::By(json::decoded_type), |a| json::decode(a.text(0)?)).or_null(),
    Function::new("jsonencode", &[Param::any("val").null().unknown().dynamic()], STRING, encode_json),
    Function::new("textdecodebase64", &[Param::string("source"), Param::string("encoding")], STRING, charset::decode),
    Function::new("textencodebase64", &[Param::string("string"), Param::string("encoding")], STRING, charset::encode),
    Function::new("urldecode", &[STR], STRING, url_decode),
    Function::new("urlencode", &[STR], STRING, |a| {
        text(utf8_percent_encode(a.text(0)?, QUERY).to_string().replace(' ', "+"))
    }),
];

/// Base64 with line breaks allowed, as in Go.
pub(super) fn decode_base64(encoded: &str) -> Option<Vec<u8>> {
    let joined: String = encoded.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    LENIENT.decode(joined).ok()
}

fn url_decode(a: &Arguments) -> Result<Value, FunctionError> {
    let encoded = a.text(0)?;
    let bytes = encoded.as_bytes();
    for (i, _) in encoded.match_indices('%') {
        let escape = encoded.get(i..(i + 3).min(bytes.len())).unwrap_or("%");
        if escape.len() != 3 || !escape.bytes().skip(1).all(|b| b.is_ascii_hexdigit()) {
            return Err(format!("failed to decode URL {encoded:?}: invalid URL escape {escape:?}").into());
        }
    }
    let spaced = encoded.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    text(decoded.map_err(|_| "the result of decoding the provided string is not valid UTF-8")?)
}

/// What is not yet known is text that starts as its type tells.
fn encode_json(a: &Arguments) -> Result<Value, FunctionError> {
    let value = a.get(0)?;
    if value.is_wholly_known() {
        return text(json_text(value)?);
    }
    if !value.is_never_null() {
        return Ok(a.unknown());
    }
    Ok(Value::unknown_with_prefix(match value.type_of() {
        Type::String => "\"",
        Type::Object(_) | Type::Map(_) => "{",
        Type::Tuple(_) | Type::List(_) | Type::Set(_) => "[",
        Type::Dynamic | Type::Bool | Type::Number => "",
    }))
}

/// JSON as Go writes it: no spaces, keys in order, and `<`, `>`, `&` and the two line separators escaped.
pub(super) fn json_text(value: &Value) -> Result<String, String> {
    let mut out = String::new();
    write_json(value, &mut out)?;
    Ok(out)
}

fn write_json(value: &Value, out: &mut String) -> Result<(), String> {
    match value.kind() {
        ValueKind::Null(_) => out.push_str("null"),
        ValueKind::Unknown(..) => return Err("value is not known".into()),
        ValueKind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        ValueKind::Number(n) if n.is_infinite() => return Err("cannot serialize infinity as JSON".into()),
        ValueKind::Number(n) => out.push_str(&n.to_string()),
        ValueKind::String(s) => write_json_string(s, out),
        ValueKind::List(_, items) | ValueKind::Set(_, items) | ValueKind::Tuple(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json(item, out)?;
            }
            out.push(']');
        }
        ValueKind::Map(_, fields) | ValueKind::Object(fields) => {
            out.push('{');
            for (i, (key, item)) in fields.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json_string(key, out);
                out.push(':');
                write_json(item, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn write_json_string(s: &str, out: &mut String) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}
