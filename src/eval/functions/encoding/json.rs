//! `jsondecode`.

use serde_json::error::Category;

use super::super::FunctionError;
use crate::value::{Number, Type, Value, ValueKind};

/// What the start alone tells of a text that is not wholly known.
pub(super) fn decoded_type(args: &[Value]) -> Result<Type, FunctionError> {
    let Some(ValueKind::Unknown(_, known)) = args.first().map(Value::kind) else { return Ok(Type::Dynamic) };
    let start = known.prefix.as_deref().unwrap_or_default().trim_start_matches([' ', '\t', '\r', '\n']);
    Ok(match start.chars().next() {
        Some('"') => Type::String,
        Some('-' | '0'..='9') => Type::Number,
        Some('t' | 'f') => Type::Bool,
        None | Some('{' | '[' | 'n') => Type::Dynamic,
        Some(other) => {
            return Err(FunctionError::at(0, format!("a JSON document cannot begin with the character {other:?}")));
        }
    })
}

/// The value of a JSON text; lone surrogates become U+FFFD, as in Go.
pub(in super::super) fn decode(json: &str) -> Result<Value, FunctionError> {
    let parsed = parse(json).or_else(|e| {
        let mended = without_lone_surrogates(json);
        if mended == json { Err(e) } else { parse(&mended) }
    });
    let parsed = parsed?;
    if all_numbers_fit(&parsed) { Ok(Value::from_plain_json(&parsed)) } else { Err("a number is required".into()) }
}

/// Whether every number has an exponent that a number can have.
fn all_numbers_fit(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::Number(number) => Number::parse(&number.to_string()).is_some(),
        serde_json::Value::Array(items) => items.iter().all(all_numbers_fit),
        serde_json::Value::Object(fields) => fields.values().all(all_numbers_fit),
        _ => true,
    }
}

/// The first value of a text. What follows must not be another one; a closing bracket too many ends the text.
fn parse(json: &str) -> Result<serde_json::Value, FunctionError> {
    const EXTRANEOUS: &str = "extraneous data after JSON object";
    let mut values = serde_json::Deserializer::from_str(json).into_iter();
    let value = match values.next() {
        Some(Ok(value)) => value,
        Some(Err(e)) if e.to_string().starts_with("trailing characters") || after_zero(&e, json) => {
            return Err(EXTRANEOUS.into());
        }
        Some(Err(e)) => return Err(in_words_of_go(&e, json).into()),
        None => return Err("EOF".into()),
    };
    let rest = json.get(values.byte_offset()..).unwrap_or_default().trim_start();
    if rest.is_empty() || rest.starts_with(['}', ']']) { Ok(value) } else { Err(EXTRANEOUS.into()) }
}

/// Whether a number goes on after a leading zero, which Go reads as two numbers.
fn after_zero(error: &serde_json::Error, json: &str) -> bool {
    let line = json.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let before = line.get(..error.column().saturating_sub(1)).unwrap_or_default();
    error.to_string().starts_with("invalid number") && before.ends_with('0')
}

/// What Go's decoder says where `serde_json` says something else of the same fault.
fn in_words_of_go(error: &serde_json::Error, json: &str) -> String {
    if error.classify() == Category::Eof {
        let between = json.trim_end().ends_with(['{', '[', ',', ':', '}', ']', '"']) || json.trim().is_empty();
        let in_text = error.to_string().contains("string");
        let in_number = error.to_string().contains("value") && !between;
        return if in_text || in_number { "unexpected EOF" } else { "EOF" }.to_owned();
    }
    let line = json.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let at = line.as_bytes().get(..error.column().saturating_sub(1)).unwrap_or_default().len();
    let found = line.get(at..).and_then(|rest| rest.chars().next()).unwrap_or('\u{fffd}');
    let shown = quoted(found);
    let text = error.to_string();
    let place = match text.split(" at line").next().unwrap_or_default() {
        "expected value" => " looking for beginning of value",
        "trailing comma" if found == '}' => " looking for beginning of object key string",
        "trailing comma" => " looking for beginning of value",
        "key must be a string" if line.get(..at).is_some_and(|before| before.trim_end().ends_with(',')) => {
            " looking for beginning of object key string"
        }
        "key must be a string" => "",
        "expected `:`" => " after object key",
        "expected `,` or `]`" => " after array element",
        "expected `,` or `}`" => " after object key:value pair",
        "invalid escape" => " in string escape code",
        "invalid number" => " in numeric literal",
        "expected ident" => return misspelt(line, at),
        "control character (\\u0000-\\u001F) found while parsing a string" => " in string literal",
        other => return format!("invalid JSON: {other}"),
    };
    format!("invalid character {shown}{place}")
}

/// A character as Go quotes it.
fn quoted(character: char) -> String {
    if character == '\'' { "'\\''".to_owned() } else { format!("{character:?}") }
}

/// What Go says of a word that begins like `true`, `false` or `null` and goes on otherwise. `at` is in the word.
fn misspelt(line: &str, at: usize) -> String {
    let lowercase = |byte: &u8| byte.is_ascii_lowercase();
    let before = line.as_bytes().get(..at).unwrap_or_default();
    let start = at - before.iter().rev().take_while(|byte| lowercase(byte)).count();
    let word = line.get(start..).unwrap_or_default();
    let literal =
        ["true", "false", "null"].into_iter().find(|literal| word.starts_with(&literal[..1])).unwrap_or("true");
    let differs = word.chars().zip(literal.chars()).find(|(found, wanted)| found != wanted);
    let Some((found, wanted)) = differs else { return "unexpected EOF".to_owned() };
    format!("invalid character {} in literal {literal} (expecting '{wanted}')", quoted(found))
}

fn without_lone_surrogates(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let unit = |from: usize| {
            let digits = escape.get(from..from + 6)?.strip_prefix("\\u")?;
            u16::from_str_radix(digits, 16).ok()
        };
        let taken = match (unit(0), unit(6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str("\\ufffd");
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            _ => escape.char_indices().nth(2).map_or(escape.len(), |(i, _)| i),
        };
        out.push_str(escape.get(..taken).unwrap_or_default());
        rest = escape.get(taken..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}
