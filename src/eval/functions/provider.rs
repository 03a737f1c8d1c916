//! The functions of Terraform's own provider: `provider::terraform::*`.

use std::fmt::Write;

use super::string::text;
use super::{Arguments, Function, FunctionError, Param, Returns, Takes};
use crate::value::{Value, ValueKind};

pub(super) const TABLE: &[Function] = &[
    Function::new("decode_tfvars", &[Param::string("src")], Returns::Always(Takes::Any), decode_tfvars),
    Function::new(
        "encode_expr",
        &[Param::any("value").unknown().dynamic()],
        Returns::Always(Takes::String),
        encode_expr,
    ),
    Function::new(
        "encode_tfvars",
        &[Param::any("value").unknown().dynamic()],
        Returns::Always(Takes::String),
        encode_tfvars,
    ),
];

fn decode_tfvars(a: &Arguments) -> Result<Value, FunctionError> {
    a.cx.templates.decode_tfvars(a.text(0)?)
}

/// What is not yet known is text that starts as its type tells.
fn encode_expr(a: &Arguments) -> Result<Value, FunctionError> {
    let value = a.get(0)?;
    if value.is_wholly_known() {
        let mut out = String::new();
        write_expression(value, 0, &mut out);
        return text(out);
    }
    if !value.is_never_null() || value.is_known() {
        return Ok(a.unknown());
    }
    Ok(Value::unknown_with_prefix(match value.type_of() {
        crate::value::Type::String => "\"",
        crate::value::Type::Object(_) | crate::value::Type::Map(_) => "{",
        crate::value::Type::Tuple(_) | crate::value::Type::List(_) | crate::value::Type::Set(_) => "[",
        _ => "",
    }))
}

fn encode_tfvars(a: &Arguments) -> Result<Value, FunctionError> {
    let value = a.get(0)?;
    if !value.is_wholly_known() {
        return Ok(a.unknown());
    }
    let Some(fields) = value.as_fields() else {
        let rule = "must be an object whose attribute names will become the encoded variable names";
        return Err(format!("invalid value to encode: {rule}").into());
    };
    if let Some(name) = fields.keys().find(|name| !is_identifier(name)) {
        let rule = "must be a valid identifier, per Terraform's rules for input variable declarations";
        return Err(format!("invalid variable name {name:?}: {rule}").into());
    }
    let mut out = String::new();
    for line in aligned(fields.iter().map(|(name, item)| (name.to_string(), item)), 0) {
        out.push_str(&line);
        out.push('\n');
    }
    text(out)
}

/// Assignments whose equals signs stand below each other, as the canonical format has them.
fn aligned<'a>(entries: impl Iterator<Item = (String, &'a Value)>, indent: usize) -> Vec<String> {
    let entries: Vec<(String, String)> = entries
        .map(|(name, item)| {
            let mut expression = String::new();
            write_expression(item, indent, &mut expression);
            (name, expression)
        })
        .collect();
    let mut lines = Vec::new();
    let mut start = 0;
    while start < entries.len() {
        // An entry of several lines stands alone.
        let run = entries.get(start..).unwrap_or_default();
        let length =
            run.iter().position(|(_, e)| e.contains('\n')).map_or(run.len(), |at| if at == 0 { 1 } else { at });
        let run = run.get(..length).unwrap_or_default();
        let width = run.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, expression) in run {
            let padding = " ".repeat(width.saturating_sub(name.chars().count()));
            lines.push(format!("{}{name}{padding} = {expression}", " ".repeat(indent)));
        }
        start += length;
    }
    lines
}

fn write_expression(value: &Value, indent: usize, out: &mut String) {
    match value.kind() {
        ValueKind::Null(_) | ValueKind::Unknown(..) => out.push_str("null"),
        ValueKind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        ValueKind::Number(n) => out.push_str(&n.to_string()),
        ValueKind::String(s) => write_quoted(s, out),
        ValueKind::List(_, items) | ValueKind::Set(_, items) | ValueKind::Tuple(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write_expression(item, indent, out);
            }
            out.push(']');
        }
        ValueKind::Map(_, fields) | ValueKind::Object(fields) => {
            if fields.is_empty() {
                out.push_str("{}");
                return;
            }
            let key = |name: &str| {
                if is_identifier(name) {
                    name.to_owned()
                } else {
                    let mut quoted = String::new();
                    write_quoted(name, &mut quoted);
                    quoted
                }
            };
            out.push_str("{\n");
            for line in aligned(fields.iter().map(|(name, item)| (key(name), item)), indent + 2) {
                out.push_str(&line);
                out.push('\n');
            }
            out.push_str(&" ".repeat(indent));
            out.push('}');
        }
    }
}

fn write_quoted(s: &str, out: &mut String) {
    out.push('"');
    let mut chars = s.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' if chars.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}
