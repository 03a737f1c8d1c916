//! `regex`, `regexall` and `replace`: RE2 expressions as Go reads them, run by the `regex` crate.

mod translate;

use regex::{Captures, Regex};

use super::string::text;
use super::{Arguments, Function, FunctionError, Param, Returns, Takes};
use crate::value::{Fields, Type, Value};

use translate::Refusal;

const PATTERN: Param = Param::string("pattern");

pub(super) const TABLE: &[Function] = &[
    Function::new("regex", &[PATTERN, Param::string("string")], Returns::By(match_type), regex),
    Function::new(
        "regexall",
        &[PATTERN, Param::string("string")],
        Returns::By(|args| match_type(args).map(Type::list)),
        regexall,
    ),
    Function::new(
        "replace",
        &[Param::string("str"), Param::string("substr"), Param::string("replace")],
        Returns::Always(Takes::String),
        replace,
    ),
];

/// An expression and what its capture groups are called.
struct Pattern {
    regex: Regex,
    groups: Vec<Option<String>>,
}

fn compile(pattern: &str) -> Result<Pattern, Refusal> {
    let translated = translate::from_go(pattern)?;
    let regex = Regex::new(&translated.pattern).map_err(|e| match e {
        regex::Error::CompiledTooBig(_) => Refusal::new("expression too large", pattern),
        _ => Refusal::new(in_words_of_go(last_line(&e.to_string())), pattern),
    })?;
    Ok(Pattern { regex, groups: translated.groups })
}

fn compile_argument(pattern: &str) -> Result<Pattern, FunctionError> {
    let refused = |refusal: Refusal| format!("invalid regexp pattern: {} in {}", refusal.why, refusal.part);
    compile(pattern).map_err(|refusal| FunctionError::at(0, refused(refusal)))
}

/// The crate's messages end in a line that says what is wrong, after a picture of where.
fn last_line(message: &str) -> &str {
    message.lines().last().unwrap_or_default().trim_start_matches("error: ")
}

fn in_words_of_go(why: &str) -> &str {
    match why {
        "unclosed group" => "missing closing )",
        "unopened group" => "unexpected )",
        "Unicode property not found" | "Unicode property value not found" => "invalid character class range",
        _ => why,
    }
}

/// A string, or a tuple or object of the capture groups.
fn match_type(args: &[Value]) -> Result<Type, FunctionError> {
    let Some(pattern) = args.first().and_then(Value::as_str) else { return Ok(Type::Dynamic) };
    let groups = compile_argument(pattern)?.groups;
    let named: Vec<&str> = groups.iter().flatten().map(String::as_str).collect();
    if groups.is_empty() {
        Ok(Type::String)
    } else if named.is_empty() {
        Ok(Type::tuple(vec![Type::String; groups.len()]))
    } else if named.len() == groups.len() {
        Ok(Type::object(named.into_iter().map(|name| (name, Type::String))))
    } else {
        Err(FunctionError::at(0, "invalid regexp pattern: cannot mix both named and unnamed capture groups"))
    }
}

/// Of several groups with one name the last counts.
fn match_value(pattern: &Pattern, captures: &Captures) -> Value {
    let group = |i: usize| match captures.get(i) {
        Some(found) => Value::string(found.as_str()),
        None => Value::null(Type::String),
    };
    let groups = pattern.groups.iter().enumerate();
    match pattern.groups.first() {
        None => group(0),
        Some(None) => Value::tuple(groups.map(|(i, _)| group(i + 1)).collect()),
        Some(Some(_)) => {
            let fields: Fields = groups.filter_map(|(i, name)| Some((name.as_deref()?.into(), group(i + 1)))).collect();
            Value::object(fields)
        }
    }
}

fn regex(a: &Arguments) -> Result<Value, FunctionError> {
    let pattern = compile_argument(a.text(0)?)?;
    match pattern.regex.captures(a.text(1)?) {
        Some(captures) => Ok(match_value(&pattern, &captures)),
        None => Err("pattern did not match any part of the given string".into()),
    }
}

fn regexall(a: &Arguments) -> Result<Value, FunctionError> {
    let pattern = compile_argument(a.text(0)?)?;
    let found = pattern.regex.captures_iter(a.text(1)?).map(|captures| match_value(&pattern, &captures));
    Ok(Value::list(a.element(), found.collect()))
}

/// A pattern in slashes is a regular expression, anything else is itself.
fn replace(a: &Arguments) -> Result<Value, FunctionError> {
    let (whole, wanted, replacement) = (a.text(0)?, a.text(1)?, a.text(2)?);
    let inner = if wanted.len() > 1 { wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) } else { None };
    match inner {
        Some(pattern) => {
            let refused = |refusal: Refusal| format!("error parsing regexp: {}: `{}`", refusal.why, refusal.part);
            let pattern = compile(pattern).map_err(refused)?;
            text(pattern.regex.replace_all(whole, |captures: &Captures| expanded(&pattern, captures, replacement)))
        }
        None => text(whole.replace(wanted, replacement)),
    }
}

/// A replacement with `$1`, `$name` and `${name}` filled in; `$$` is a dollar sign.
fn expanded(pattern: &Pattern, captures: &Captures, replacement: &str) -> String {
    let mut out = String::with_capacity(replacement.len());
    let mut rest = replacement;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let Some((name, after)) = reference(rest) else {
            out.push('$');
            continue;
        };
        rest = after;
        let found = match name.parse::<usize>() {
            Ok(number) => captures.get(number),
            Err(_) => {
                let mut named = pattern.groups.iter().enumerate().filter(|(_, group)| group.as_deref() == Some(name));
                named.find_map(|(i, _)| captures.get(i + 1))
            }
        };
        out.push_str(found.map_or("", |found| found.as_str()));
    }
    out.push_str(rest);
    out
}

/// The name that a dollar sign is followed by, and what comes after it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (name, braced) = match text.strip_prefix('{') {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let length = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
    let (name, after) = name.split_at_checked(length).filter(|(name, _)| !name.is_empty())?;
    if braced { after.strip_prefix('}').map(|after| (name, after)) } else { Some((name, after)) }
}
