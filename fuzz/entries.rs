//! What is put to arbitrary bytes: everything that reads a text which somebody else may have written. It must end, with
//! a value or with diagnostics that have their place in the text; and what is laid out anew must still be readable.

#![allow(dead_code)] // Each target takes one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bowline::config::test::{TestFolder, read_test_files};
use bowline::diagnostic::Diagnostics;
use bowline::eval::constant::Constants;
use bowline::eval::templates::Surroundings;
use bowline::eval::{self, MapScope, console};
use bowline::span::{SourceId, SourceMap};
use bowline::syntax::{self, fmt, json};
use bowline::value::{Type, Value};

/// One of the entries below.
pub type Entry = fn(&str);

/// Every entry with its name.
pub const ALL: [(&str, Entry); 9] = [
    ("syntax", syntax),
    ("json_syntax", json_syntax),
    ("expression", expression),
    ("template", template),
    ("tfvars", tfvars),
    ("format", format),
    ("functions", functions),
    ("yaml", yaml),
    ("configuration", configuration),
];

/// Texts are UTF-8; other bytes are refused before anything reads them.
pub fn put(entry: Entry, bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        entry(text);
    }
}

fn source(text: &str) -> SourceId {
    SourceMap::default().add("text", None, text)
}

fn assert_placed(found: &Diagnostics, text: &str) {
    for span in found.iter().filter_map(|diagnostic| diagnostic.subject) {
        let (start, end) = (span.start as usize, span.end as usize);
        assert!(start <= end && end <= text.len(), "{start}..{end} is not in a text of {} bytes", text.len());
    }
}

/// A configuration file. What `fmt` makes of it reads as before.
pub fn syntax(text: &str) {
    let (body, found) = syntax::parse(source(text), text);
    assert_placed(&found, text);
    if !found.has_errors() {
        let laid_out = fmt::format(text, &body);
        let (again, found) = syntax::parse(source(&laid_out), &laid_out);
        assert!(!found.has_errors(), "{laid_out:?}");
        assert_eq!(body.attributes.len(), again.attributes.len());
        assert_eq!(body.blocks.len(), again.blocks.len());
    }
}

/// A configuration file in JSON syntax.
pub fn json_syntax(text: &str) {
    let (body, found) = json::parse(source(text), text);
    assert_placed(&found, text);
    for (at, attribute) in body.attributes.into_iter().enumerate() {
        assert_placed(&json::blocks(attribute, at % 3).1, text);
    }
}

/// An expression, and what it is worth.
pub fn expression(text: &str) {
    let (expression, found) = syntax::parse_expression(source(text), text);
    assert_placed(&found, text);
    if !found.has_errors() {
        in_scope(|scope| drop(console::answer(&expression, scope)));
    }
}

/// A template of a file.
pub fn template(text: &str) {
    let (expression, found) = syntax::parse_template(source(text), text);
    assert_placed(&found, text);
    if !found.has_errors() {
        in_scope(|scope| drop(eval::evaluate(&expression, scope)));
    }
}

/// A variable file in either syntax.
pub fn tfvars(text: &str) {
    for (body, found) in [syntax::parse(source(text), text), json::parse_values(source(text), text)] {
        assert_placed(&found, text);
        let surroundings = surroundings();
        let context = surroundings.context();
        let scope = MapScope::refusing(&context, "Variables may not be used here.");
        for attribute in &body.attributes {
            assert_placed(&eval::evaluate(&attribute.value, &scope).1, text);
        }
    }
}

/// The format of `format`, `formatlist`, `formatdate`, `timeadd`.
pub fn format(text: &str) {
    for call in [
        "format(s)",
        "format(s, n, s, l)",
        "format(s, m, null, u)",
        "formatlist(s, l, n)",
        "formatdate(s, \"2006-01-02T15:04:05Z\")",
        "timeadd(\"2006-01-02T15:04:05Z\", s)",
        "timecmp(s, s)",
    ] {
        call_with(call, text);
    }
}

/// Functions that read texts.
pub fn functions(text: &str) {
    for call in [
        "regexall(s, s)",
        "regex(s, \"abc äöü 123\")",
        "replace(\"a.b.c\", \"/${s}/\", s)",
        "jsondecode(s)",
        "csvdecode(s)",
        "cidrsubnet(s, 4, 2)",
        "cidrhost(s, 5)",
        "cidrnetmask(s)",
        "parseint(s, 36)",
        "tonumber(s)",
        "base64decode(s)",
        "base64gunzip(s)",
        "urldecode(s)",
        "textdecodebase64(s, \"UTF-16LE\")",
        "textencodebase64(s, s)",
        "templatestring(s, { a = 1 })",
        "provider::terraform::decode_tfvars(s)",
        "title(strrev(substr(s, 1, 3)))",
        "indent(3, chomp(trimspace(s)))",
        "rsadecrypt(s, s)",
        "uuidv5(s, s)",
    ] {
        call_with(call, text);
    }
}

/// YAML. What it says, written again, says the same.
pub fn yaml(text: &str) {
    call_with("yamldecode(s)", text);
    in_scope_with(text, |scope| {
        let value = evaluated("yamldecode(s)", scope);
        let again = evaluated("yamldecode(yamlencode(yamldecode(s)))", scope);
        if let (Some(value), Some(again)) = (value, again) {
            // The null of an empty block is a text's; written again it is no more than a null.
            // An infinity is written as Terraform writes it, which YAML takes for a text.
            let told = |value| {
                console::value_text(value)
                    .replace("tostring(null)", "null")
                    .replace("\"+Inf\"", "+Inf")
                    .replace("\"-Inf\"", "-Inf")
            };
            assert_eq!(told(&value), told(&again));
        }
    });
}

/// A folder whose files all say the same: what a module, an override and a test are read from.
pub fn configuration(text: &str) {
    let folder = std::env::temp_dir().join(format!("bowline-arbitrary-{}", std::process::id()));
    if std::fs::create_dir_all(&folder).is_err() {
        return;
    }
    for name in ["main.tf", "override.tf", "a.tftest.hcl"] {
        drop(std::fs::write(folder.join(name), text));
    }
    let surroundings = surroundings();
    let context = surroundings.context();
    let mut sources = SourceMap::default();
    let mut early = Constants::new(&context, Box::new(|_, _| (BTreeMap::default(), Diagnostics::new())));
    drop(bowline::config::load(&folder, &mut sources, &mut early));
    let tests = TestFolder { path: Path::new("tests"), named: false };
    drop(read_test_files(&folder, &tests, &mut sources));
    drop(std::fs::remove_dir_all(&folder));
}

fn call_with(call: &str, text: &str) {
    in_scope_with(text, |scope| drop(evaluated(call, scope)));
}

fn evaluated(call: &str, scope: &MapScope<'_>) -> Option<Value> {
    let (expression, found) = syntax::parse_expression(source(call), call);
    assert!(!found.has_errors(), "{call}");
    let (value, found) = eval::evaluate(&expression, scope);
    (!found.has_errors()).then_some(value)
}

/// As while planning: what takes long on purpose (`bcrypt`) is unknown then.
fn surroundings() -> Surroundings {
    Surroundings { folder: PathBuf::from("/nonexistent"), planning: true, ..Surroundings::default() }
}

fn in_scope(then: impl FnOnce(&MapScope<'_>)) {
    in_scope_with("text", then);
}

fn in_scope_with(text: &str, then: impl FnOnce(&MapScope<'_>)) {
    let surroundings = surroundings();
    let context = surroundings.context();
    let numbers = [1i64, 2, 3].map(Value::number).to_vec();
    let fields = [("a".into(), Value::string("x")), ("b".into(), Value::bool(true))];
    let scope = MapScope::new(&context)
        .with("s", Value::string(text))
        .with("n", Value::number(12i64))
        .with("l", Value::list(Type::Number, numbers))
        .with("m", Value::object(fields.into_iter().collect()))
        .with("u", Value::unknown(Type::String))
        .with("secret", Value::string("hidden").sensitive());
    then(&scope);
}
