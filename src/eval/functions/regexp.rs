//! `regex`, `regexall` and `replace`: RE2 expressions as Go reads them, run by the `regex` crate.

mod translate;

use regex::Regex;

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

fn compile(pattern: &str) -> Result<Regex, Refusal> {
    let translated = translate::from_go(pattern)?;
    Regex::new(&translated).map_err(|e| match e {
        regex::Error::CompiledTooBig(_) => Refusal::new("expression too large", pattern),
        _ => Refusal::new(last_line(&e.to_string()), pattern),
    })
}

fn compile_argument(pattern: &str) -> Result<Regex, FunctionError> {
    let refused = |refusal: Refusal| format!("invalid regexp pattern: {} in {}", refusal.why, refusal.part);
    compile(pattern).map_err(|refusal| FunctionError::at(0, refused(refusal)))
}

/// The crate's messages end in a line that says what is wrong, after a picture of where.
fn last_line(message: &str) -> String {
    message.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// A string, or a tuple or object of the capture groups.
fn match_type(args: &[Value]) -> Result<Type, FunctionError> {
    let Some(pattern) = args.first().and_then(Value::as_str) else { return Ok(Type::Dynamic) };
    let regex = compile_argument(pattern)?;
    let groups: Vec<Option<&str>> = regex.capture_names().skip(1).collect();
    let named: Vec<&str> = groups.iter().copied().flatten().collect();
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

fn match_value(regex: &Regex, captures: &regex::Captures) -> Value {
    let group = |i: usize| match captures.get(i) {
        Some(found) => Value::string(found.as_str()),
        None => Value::null(Type::String),
    };
    if captures.len() == 1 {
        return group(0);
    }
    let mut names = regex.capture_names().enumerate().skip(1).peekable();
    match names.peek() {
        Some((_, Some(_))) => {
            let fields: Fields = names.filter_map(|(i, name)| Some((name?.into(), group(i)))).collect();
            Value::object(fields)
        }
        _ => Value::tuple(names.map(|(i, _)| group(i)).collect()),
    }
}

fn regex(a: &Arguments) -> Result<Value, FunctionError> {
    let regex = compile_argument(a.text(0)?)?;
    match regex.captures(a.text(1)?) {
        Some(captures) => Ok(match_value(&regex, &captures)),
        None => Err("pattern did not match any part of the given string".into()),
    }
}

fn regexall(a: &Arguments) -> Result<Value, FunctionError> {
    let regex = compile_argument(a.text(0)?)?;
    let found = regex.captures_iter(a.text(1)?).map(|captures| match_value(&regex, &captures));
    Ok(Value::list(a.element(), found.collect()))
}

/// A pattern in slashes is a regular expression, anything else is itself.
fn replace(a: &Arguments) -> Result<Value, FunctionError> {
    let (whole, wanted, replacement) = (a.text(0)?, a.text(1)?, a.text(2)?);
    let inner = if wanted.len() > 1 { wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) } else { None };
    match inner {
        Some(pattern) => {
            let refused = |refusal: Refusal| format!("error parsing regexp: {}: `{}`", refusal.why, refusal.part);
            let regex = compile(pattern).map_err(refused)?;
            text(regex.replace_all(whole, replacement))
        }
        None => text(whole.replace(wanted, replacement)),
    }
}
