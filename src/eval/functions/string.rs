//! Text. Lengths and positions count grapheme clusters.

use unicode_segmentation::UnicodeSegmentation;

use super::{Arguments, Function, FunctionError, Param, Returns, Takes, Template};
use crate::value::{Marks, Type, Value, ValueKind};

const STRING: Returns = Returns::Always(Takes::String);
const BOOL: Returns = Returns::Always(Takes::Bool);
const STR: Param = Param::string("str");
/// More spaces than anybody means to indent by, and few enough for memory.
const MAX_INDENT: i64 = 1 << 16;

pub(super) const TABLE: &[Function] = &[
    Function::new("chomp", &[STR], STRING, |a| text(a.text(0)?.trim_end_matches(['\r', '\n']))),
    Function::new("endswith", &[STR, Param::string("suffix")], BOOL, |a| {
        Ok(Value::bool(a.text(0)?.ends_with(a.text(1)?)))
    }),
    Function::new("indent", &[Param::number("spaces"), STR], STRING, indent),
    Function::new("join", &[Param::string("separator")], STRING, join).variadic(Param::new("lists", Takes::Strings)),
    Function::new("lower", &[STR.dynamic()], STRING, |a| text(a.text(0)?.chars().map(lower).collect::<String>())),
    Function::new("split", &[Param::string("separator"), STR], Returns::Always(Takes::Strings), split),
    Function::new("startswith", &[STR.unknown(), Param::string("prefix")], BOOL, starts_with),
    Function::new("strcontains", &[STR, Param::string("substr")], BOOL, |a| {
        Ok(Value::bool(a.text(0)?.contains(a.text(1)?)))
    }),
    Function::new("strrev", &[STR.dynamic()], STRING, |a| text(a.text(0)?.graphemes(true).rev().collect::<String>())),
    Function::new(
        "substr",
        &[STR.dynamic(), Param::number("offset").dynamic(), Param::number("length").dynamic()],
        STRING,
        substr,
    ),
    Function::new(
        "templatestring",
        &[Param::string("template"), Param::any("vars").dynamic()],
        STRING,
        template_string,
    ),
    Function::new("title", &[STR], STRING, |a| text(title(a.text(0)?))),
    Function::new("trim", &[STR, Param::string("cutset")], STRING, |a| {
        let cutset = a.text(1)?;
        text(a.text(0)?.trim_matches(|c| cutset.contains(c)))
    }),
    Function::new("trimprefix", &[STR, Param::string("prefix")], STRING, |a| {
        let (whole, prefix) = (a.text(0)?, a.text(1)?);
        text(whole.strip_prefix(prefix).unwrap_or(whole))
    }),
    Function::new("trimspace", &[STR], STRING, |a| text(a.text(0)?.trim())),
    Function::new("trimsuffix", &[STR, Param::string("suffix")], STRING, |a| {
        let (whole, suffix) = (a.text(0)?, a.text(1)?);
        text(whole.strip_suffix(suffix).unwrap_or(whole))
    }),
    Function::new("upper", &[STR.dynamic()], STRING, |a| text(a.text(0)?.chars().map(upper).collect::<String>())),
];

#[allow(clippy::unnecessary_wraps)]
pub(super) fn text(s: impl AsRef<str>) -> Result<Value, FunctionError> {
    Ok(Value::string(s.as_ref()))
}

fn indent(a: &Arguments) -> Result<Value, FunctionError> {
    let spaces = a.integer(0)?;
    let count = usize::try_from(spaces).ok().filter(|_| spaces <= MAX_INDENT);
    let count = count.ok_or_else(|| FunctionError::at(0, format!("must be between 0 and {MAX_INDENT}")))?;
    text(a.text(1)?.replace('\n', &format!("\n{}", " ".repeat(count))))
}

fn join(a: &Arguments) -> Result<Value, FunctionError> {
    let separator = a.text(0)?;
    let lists = a.values.get(1..).unwrap_or_default();
    if lists.is_empty() {
        return Err("at least one list is required".into());
    }
    if !lists.iter().all(Value::is_wholly_known) {
        return Ok(a.unknown());
    }
    let mut items = Vec::new();
    for (i, list) in lists.iter().enumerate() {
        for (j, item) in list.as_elements().unwrap_or_default().iter().enumerate() {
            let Some(item) = item.as_str() else {
                let of_list = if lists.len() > 1 { format!(" of list {}", i + 1) } else { String::new() };
                let message = format!("element {j}{of_list} is null; cannot concatenate null values");
                return Err(FunctionError::at(i + 1, message));
            };
            items.push(item);
        }
    }
    text(items.join(separator))
}

fn split(a: &Arguments) -> Result<Value, FunctionError> {
    let (separator, whole) = (a.text(0)?, a.text(1)?);
    let parts: Vec<Value> = if separator.is_empty() {
        whole.chars().map(|c| Value::string(c.to_string())).collect()
    } else {
        whole.split(separator).map(Value::string).collect()
    };
    Ok(Value::list(Type::String, parts))
}

/// An unknown string may have a known prefix that decides.
fn starts_with(a: &Arguments) -> Result<Value, FunctionError> {
    let prefix = a.text(1)?;
    let ValueKind::Unknown(_, known) = a.get(0)?.kind() else {
        return Ok(Value::bool(a.text(0)?.starts_with(prefix)));
    };
    let start = known.prefix.as_deref().unwrap_or_default();
    if prefix.is_empty() || start.starts_with(prefix) {
        Ok(Value::bool(true))
    } else if start.len() >= prefix.len() || !prefix.starts_with(start) {
        Ok(Value::bool(false))
    } else {
        Ok(a.unknown())
    }
}

/// A negative offset counts from the end; with one that is, a length of zero takes the rest, as in Terraform.
fn substr(a: &Arguments) -> Result<Value, FunctionError> {
    let (offset, length) = (a.integer(1)?, a.integer(2)?);
    let clusters: Vec<&str> = a.text(0)?.graphemes(true).collect();
    let all = i64::try_from(clusters.len()).unwrap_or(i64::MAX);
    let start = if offset < 0 { (all + offset).max(0) } else { offset };
    if offset >= 0 && length == 0 {
        return text("");
    }
    let rest = clusters.into_iter().skip(usize::try_from(start).unwrap_or(usize::MAX));
    match usize::try_from(length) {
        Ok(length @ 1..) => text(rest.take(length).collect::<String>()),
        _ => text(rest.collect::<String>()),
    }
}

/// The template comes from a variable or the like; the evaluator sees to it that it is not written in place.
fn template_string(a: &Arguments) -> Result<Value, FunctionError> {
    let template = Template { function: "templatestring", name: "<templatestring argument>", text: a.text(0)? };
    let rendered = render(a, &template)?;
    if rendered.is_null() {
        return Err(format!(
            "{}:1,1-{}: Template result is null; The result of the template is null, which is not a valid result for a \
             templatestring call.",
            template.name,
            template.text.graphemes(true).count() + 1
        )
        .into());
    }
    rendered.convert(&Type::String).map_err(|e| format!("invalid template result: {e}").into())
}

/// Renders a template with the variables that are the second argument.
pub(super) fn render(a: &Arguments, template: &Template<'_>) -> Result<Value, FunctionError> {
    a.cx.templates.render(template, a.get(1)?)
}

/// Letters that start a word become title case. Only spaces and ASCII punctuation part words.
fn title(whole: &str) -> String {
    let mut previous = ' ';
    let to_title = |c: char| {
        let starts = parts_words(previous);
        previous = c;
        if starts { title_case(c) } else { c }
    };
    whole.chars().map(to_title).collect()
}

fn parts_words(c: char) -> bool {
    if c.is_ascii() { !(c.is_ascii_alphanumeric() || c == '_') } else { !c.is_alphanumeric() && c.is_whitespace() }
}

/// The one character that a character becomes in title case.
fn title_case(c: char) -> char {
    match c {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        '\u{10d0}'..='\u{10ff}' => c,
        _ => upper(c),
    }
}

/// The one character that a character becomes in upper case; those that become several stay, as in Go.
fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    if let (Some(one), None) = (mapped.next(), mapped.next()) {
        return one;
    }
    let shifted = |by| char::from_u32(u32::from(c) + by).unwrap_or(c);
    match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => shifted(8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => shifted(9),
        _ => c,
    }
}

/// The one character that a character becomes in lower case.
fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Something of a value for a message, unless it must not be shown.
pub(super) fn shown(text: &str, marks: Marks) -> String {
    if marks.contains(Marks::SENSITIVE) {
        "(sensitive value)".into()
    } else if marks.contains(Marks::EPHEMERAL) {
        "(ephemeral value)".into()
    } else {
        format!("{text:?}")
    }
}
