//! Values as `terraform console` and `terraform output` print them.

use crate::diagnostic::Diagnostics;
use crate::eval::scope::Scope;
use crate::eval::value_of;
use crate::syntax::tree::{Expression, ExpressionKind};
use crate::value::{Fields, Marks, Type, Value, ValueKind};

/// What the console answers to an expression.
pub fn answer(expression: &Expression, scope: &dyn Scope) -> Result<String, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let text = match asked_for_type(expression).map(|inner| (inner, asked_for_type(inner))) {
        // The type of a type.
        Some((_, Some(of_type))) => {
            let mut innermost = of_type;
            while let Some(inner) = asked_for_type(innermost) {
                innermost = inner;
            }
            value_of(innermost, scope, &mut diagnostics);
            "type".to_owned()
        }
        Some((inner, None)) => type_text(&value_of(inner, scope, &mut diagnostics).type_of()),
        None => value_text(&value_of(expression, scope, &mut diagnostics)),
    };
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(text) }
}

/// `x` of `type(x)`, which is a question to the console rather than a function: also in parentheses or `"${...}"`.
fn asked_for_type(expression: &Expression) -> Option<&Expression> {
    match &expression.kind {
        ExpressionKind::Parenthesis(inner) | ExpressionKind::Wrapped(inner) => asked_for_type(inner),
        ExpressionKind::Call(call) if &*call.name.name == "type" && !call.expand_last => match &call.arguments[..] {
            [of] => Some(of),
            _ => None,
        },
        _ => None,
    }
}

/// A value in a form near the language's own, with the type conversions that its parts need.
pub fn value_text(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value, 0);
    text
}

/// A type as the console's `type` prints it.
pub fn type_text(ty: &Type) -> String {
    let mut text = String::new();
    write_type(&mut text, ty, 0);
    text
}

fn write_value(out: &mut String, value: &Value, indent: usize) {
    if !value.is_known() {
        return out.push_str("(known after apply)");
    }
    if value.marks().contains(Marks::SENSITIVE) {
        return out.push_str("(sensitive value)");
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        return out.push_str("(ephemeral value)");
    }
    match value.kind() {
        ValueKind::Unknown(..) => out.push_str("(known after apply)"),
        ValueKind::Null(ty) => out.push_str(&null_text(ty)),
        ValueKind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        ValueKind::Number(n) => out.push_str(&n.to_string()),
        ValueKind::String(s) if s.contains('\n') => write_heredoc(out, s, indent),
        ValueKind::String(s) => out.push_str(&quoted(s)),
        ValueKind::Tuple(items) => write_items(out, items, indent),
        ValueKind::Object(fields) => write_fields(out, fields, indent),
        ValueKind::List(_, items) => wrapped(out, "tolist(", |out| write_items(out, items, indent)),
        ValueKind::Set(_, items) => wrapped(out, "toset(", |out| write_items(out, items, indent)),
        ValueKind::Map(_, fields) => wrapped(out, "tomap(", |out| write_fields(out, fields, indent)),
    }
}

fn wrapped(out: &mut String, conversion: &str, inner: impl FnOnce(&mut String)) {
    out.push_str(conversion);
    inner(out);
    out.push(')');
}

fn null_text(ty: &Type) -> String {
    match ty {
        Type::Dynamic => "null".to_owned(),
        Type::String => "tostring(null)".to_owned(),
        Type::Number => "tonumber(null)".to_owned(),
        Type::Bool => "tobool(null)".to_owned(),
        Type::List(element) => format!("tolist(null) /* of {} */", element.friendly_name()),
        Type::Set(element) => format!("toset(null) /* of {} */", element.friendly_name()),
        Type::Map(element) => format!("tomap(null) /* of {} */", element.friendly_name()),
        Type::Tuple(_) | Type::Object(_) => format!("null /* {} */", ty.friendly_name()),
    }
}

fn write_items(out: &mut String, items: &[Value], indent: usize) {
    out.push('[');
    for item in items {
        new_line(out, indent + 2);
        write_value(out, item, indent + 2);
        out.push(',');
    }
    if !items.is_empty() {
        new_line(out, indent);
    }
    out.push(']');
}

fn write_fields(out: &mut String, fields: &Fields, indent: usize) {
    out.push('{');
    for (name, value) in fields {
        new_line(out, indent + 2);
        if name.contains('\n') {
            write_heredoc(out, name, indent + 2);
        } else {
            out.push_str(&quoted(name));
        }
        out.push_str(" = ");
        write_value(out, value, indent + 2);
    }
    if !fields.is_empty() {
        new_line(out, indent);
    }
    out.push('}');
}

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A text of several lines, between words that none of its lines is.
fn write_heredoc(out: &mut String, text: &str, indent: usize) {
    let mut delimiter = "EOT".to_owned();
    while text.split('\n').any(|line| line.trim() == delimiter) {
        delimiter.push('_');
    }
    out.push_str(if indent > 0 { "<<-" } else { "<<" });
    out.push_str(&delimiter);
    for line in text.split('\n').chain([delimiter.as_str()]) {
        new_line(out, indent);
        out.push_str(line);
    }
}

/// A text in quotes, with Go's escapes for what cannot be seen.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    if text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\') {
        out.push_str(text);
        out.push('"');
        return out;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if is_printable(c) => out.push(c),
            c => out.push_str(&escaped(c.into())),
        }
    }
    out.push('"');
    out
}

/// A message in which texts are quoted as Rust does, with Go's escapes instead: Rust escapes a few characters more, and
/// writes others in braces.
pub fn with_escapes_of_go(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let braced = escape.strip_prefix("\\u{").and_then(|digits| digits.split_once('}'));
        let code = braced.and_then(|(digits, after)| Some((u32::from_str_radix(digits, 16).ok()?, after)));
        rest = match (code, escape.strip_prefix("\\0")) {
            (Some((code, after)), _) => {
                match char::from_u32(code).filter(|c| is_printable(*c)) {
                    Some(character) => out.push(character),
                    None => out.push_str(&escaped(code)),
                }
                after
            }
            (None, Some(after)) => {
                out.push_str(&escaped(0));
                after
            }
            (None, None) => {
                let length = 1 + escape.chars().nth(1).map_or(0, char::len_utf8);
                let (pair, after) = escape.split_at(length);
                out.push_str(pair);
                after
            }
        };
    }
    out + rest
}

fn escaped(code: u32) -> String {
    match code {
        ..0x80 => format!("\\x{code:02x}"),
        0x80..0x1_0000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// Whether a character can be seen. After a letter the standard library's `Debug` escapes exactly those that cannot.
pub fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~') || format!("a{c}").escape_debug().nth(1) == Some(c)
}

fn write_type(out: &mut String, ty: &Type, indent: usize) {
    match ty {
        Type::Object(object) if object.attributes.is_empty() => out.push_str("object({})"),
        Type::Object(object) => {
            out.push_str("object({");
            for (name, ty) in &object.attributes {
                new_line(out, indent + 4);
                out.push_str(name);
                out.push_str(": ");
                write_type(out, ty, indent + 4);
                out.push(',');
            }
            new_line(out, indent);
            out.push_str("})");
        }
        Type::Tuple(items) if items.is_empty() => out.push_str("tuple([])"),
        Type::Tuple(items) => {
            out.push_str("tuple([");
            for ty in items.iter() {
                new_line(out, indent + 4);
                write_type(out, ty, indent + 4);
                out.push(',');
            }
            new_line(out, indent);
            out.push_str("])");
        }
        Type::List(element) => write_collection(out, "list(", element, indent),
        Type::Set(element) => write_collection(out, "set(", element, indent),
        Type::Map(element) => write_collection(out, "map(", element, indent),
        _ => out.push_str(&ty.friendly_name()),
    }
}

fn write_collection(out: &mut String, opening: &str, element: &Type, indent: usize) {
    out.push_str(opening);
    if matches!(element, Type::Object(_) | Type::Tuple(_)) {
        new_line(out, indent + 4);
        write_type(out, element, indent + 4);
        out.push(',');
        new_line(out, indent);
    } else {
        write_type(out, element, indent);
    }
    out.push(')');
}
