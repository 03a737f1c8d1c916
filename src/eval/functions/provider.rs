//! The functions of Terraform's own provider: `provider::terraform::*`.

use std::fmt::Write;

use super::string::text;
use super::{Arguments, Function, FunctionError, Param, Returns, Takes};
use crate::eval::console::is_printable;
use crate::syntax::fmt::format_text;
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
        write_expression(value, &mut out);
        return text(format_text(&out));
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
    for (name, item) in fields {
        write_assignment(name, item, &mut out);
    }
    text(format_text(&out))
}

/// `name = expression` and a line end; the layout is made afterwards.
fn write_assignment(name: &str, item: &Value, out: &mut String) {
    if is_identifier(name) {
        out.push_str(name);
    } else {
        write_quoted(name, out);
    }
    out.push_str(" = ");
    write_expression(item, out);
    out.push('\n');
}

fn write_expression(value: &Value, out: &mut String) {
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
                write_expression(item, out);
            }
            out.push(']');
        }
        ValueKind::Map(_, fields) | ValueKind::Object(fields) => {
            if fields.is_empty() {
                out.push_str("{}");
                return;
            }
            out.push_str("{\n");
            for (name, item) in fields.iter() {
                write_assignment(name, item, out);
            }
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
            c if !is_printable(c) => {
                let code = u32::from(c);
                let _ = if code < 0x1_0000 { write!(out, "\\u{code:04x}") } else { write!(out, "\\U{code:08x}") };
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
