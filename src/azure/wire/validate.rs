//! What a configuration may say beyond its types, in azurerm's words.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use regex::Regex;

use super::nature;
use super::plan::{at, path_of};
use super::table::{Row, Rule, Shape, Table};
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;
use crate::value::{Path, Value, ValueKind};

/// Everything that the table's rules find wrong.
pub fn validate(table: &Table, config: &Value) -> Vec<Finding> {
    let mut check = Check { config, findings: Vec::new() };
    check.rows(&table.rows, config, "", &Path::default());
    check.findings
}

struct Check<'a> {
    config: &'a Value,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn rows(&mut self, rows: &[Row], object: &Value, dotted: &str, path: &Path) {
        for row in rows.iter().filter(|row| row.configurable()) {
            let here = path.then_attribute(row.name);
            let name = if dotted.is_empty() { row.name.to_owned() } else { format!("{dotted}.{}", row.name) };
            let Some(value) = object.field(row.name) else { continue };
            for rule in &row.rules {
                self.rule(*rule, &name, value, &here);
            }
            let wrong = nature::wrong(row, value);
            self.findings.extend(wrong.map(|diagnostic| Finding { path: here.clone(), diagnostic }));
            let Shape::Blocks(blocks) = &row.shape else { continue };
            for (position, item) in value.as_elements().unwrap_or_default().iter().enumerate() {
                let inside = if blocks.set { here.clone() } else { here.then_position(position) };
                self.rows(&blocks.rows, item, &name, &inside);
            }
        }
    }

    fn rule(&mut self, rule: Rule, name: &str, value: &Value, path: &Path) {
        let short = name.rsplit('.').next().unwrap_or(name);
        let said = match rule {
            Rule::OneOf(allowed) => each_text(value, |text| not_among(short, allowed, text)),
            Rule::Pattern(pattern, says) => each_text(value, |text| mismatch(short, pattern, says, text)),
            Rule::Range(lowest, highest) => out_of_range(short, lowest, highest, value),
            Rule::AtMost(most) => too_many(short, most, value),
            Rule::AtLeast(least) => too_few(short, least, value),
            Rule::Conflicts(others) => self.conflict(name, others, value),
            Rule::ExactlyOneOf(names) => self.exactly_one(name, names),
            Rule::AtLeastOneOf(names) => self.at_least_one(name, names),
            Rule::With(others) => self.without(name, others, value),
        };
        self.findings.extend(said.map(|diagnostic| Finding { path: path.clone(), diagnostic }));
    }

    fn conflict(&self, name: &str, others: &[&str], value: &Value) -> Option<Diagnostic> {
        let other = others.iter().find(|other| is_given(value) && at(self.config, other).is_some_and(is_given))?;
        Some(Diagnostic::error("Conflicting configuration arguments", format!("\"{name}\": conflicts with {other}")))
    }

    fn exactly_one(&self, name: &str, names: &[&str]) -> Option<Diagnostic> {
        let given: Vec<_> = names.iter().filter(|n| at(self.config, n).is_some_and(is_given)).copied().collect();
        let unknown = names.iter().any(|n| at(self.config, n).is_some_and(|v| !v.is_known()));
        let all = names.join(",");
        match given.len() {
            0 if !unknown && names.first() == Some(&name) => Some(Diagnostic::error(
                "Invalid combination of arguments",
                format!("\"{name}\": one of `{all}` must be specified"),
            )),
            0 | 1 => None,
            _ if given.contains(&name) => Some(Diagnostic::error(
                "Invalid combination of arguments",
                format!("\"{name}\": only one of `{all}` can be specified, but `{}` were specified.", given.join(",")),
            )),
            _ => None,
        }
    }

    fn at_least_one(&self, name: &str, names: &[&str]) -> Option<Diagnostic> {
        let any = names.iter().any(|n| at(self.config, n).is_some_and(|v| is_given(v) || !v.is_known()));
        (!any && names.first() == Some(&name)).then(|| {
            Diagnostic::error(
                "Missing required argument",
                format!("\"{name}\": one of `{}` must be specified", names.join(",")),
            )
        })
    }

    fn without(&self, name: &str, others: &[&str], value: &Value) -> Option<Diagnostic> {
        let missing = others.iter().any(|other| at(self.config, other).is_none_or(|v| v.is_known() && !is_given(v)));
        (is_given(value) && missing).then(|| {
            Diagnostic::error(
                "Missing required argument",
                format!("\"{name}\": all of `{},{}` must be specified", name, others.join(",")),
            )
        })
    }
}

/// A finding at a dotted path.
pub fn finding(path: &str, diagnostic: Diagnostic) -> Finding {
    Finding { path: path_of(path), diagnostic }
}

/// Whether a configuration gives a value: known, not null, not an absent block.
fn is_given(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Null(_) | ValueKind::Unknown(..) => false,
        ValueKind::List(_, items) | ValueKind::Set(_, items) => !items.is_empty(),
        _ => true,
    }
}

fn each_text(value: &Value, check: impl Fn(&str) -> Option<Diagnostic>) -> Option<Diagnostic> {
    match value.as_elements() {
        Some(items) => items.iter().filter_map(Value::as_str).find_map(check),
        None => check(value.as_str()?),
    }
}

fn not_among(name: &str, allowed: &[&str], text: &str) -> Option<Diagnostic> {
    let quoted: Vec<_> = allowed.iter().map(|a| format!("{a:?}")).collect();
    (!allowed.contains(&text)).then(|| {
        Diagnostic::error(
            format!("expected {name} to be one of [{}], got {text}", quoted.join(" ")),
            format!("The argument `{name}` takes one of {}.", allowed.join(", ")),
        )
    })
}

/// The patterns of the tables as they were asked for. Reading a pattern takes a thousand times as long as trying it, and
/// a stack has thousands of names to be tried.
static PATTERNS: LazyLock<Mutex<Patterns>> = LazyLock::new(Mutex::default);

type Patterns = HashMap<&'static str, Option<Arc<Regex>>>;

fn compiled(pattern: &'static str) -> Option<Arc<Regex>> {
    let mut known = PATTERNS.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(pattern).or_insert_with(|| Regex::new(pattern).ok().map(Arc::new)).clone()
}

fn mismatch(name: &str, pattern: &'static str, says: &str, text: &str) -> Option<Diagnostic> {
    let fits = compiled(pattern).is_some_and(|pattern| pattern.is_match(text));
    (!fits).then(|| {
        Diagnostic::error(format!("invalid value for {name} {says}"), format!("{text:?} is not allowed here."))
    })
}

fn out_of_range(name: &str, lowest: i64, highest: i64, value: &Value) -> Option<Diagnostic> {
    let number: f64 = value.as_number()?.to_string().parse().ok()?;
    #[allow(clippy::cast_precision_loss)] // The limits in the tables are small.
    let fits = number >= lowest as f64 && number <= highest as f64;
    (!fits).then(|| {
        Diagnostic::error(
            format!("expected {name} to be in the range ({lowest} - {highest}), got {number}"),
            format!("The argument `{name}` takes a number from {lowest} to {highest}."),
        )
    })
}

fn too_many(name: &str, most: usize, value: &Value) -> Option<Diagnostic> {
    let count = value.as_elements()?.len();
    (count > most).then(|| {
        let items = if most == 1 { "item" } else { "items" };
        Diagnostic::error(
            "Too many list items",
            format!("Attribute {name} supports {most} {items} maximum, but config has {count} declared."),
        )
    })
}

fn too_few(name: &str, least: usize, value: &Value) -> Option<Diagnostic> {
    let count = value.as_elements()?.len();
    (count < least).then(|| {
        let items = if least == 1 { "item" } else { "items" };
        Diagnostic::error(
            "Not enough list items",
            format!("Attribute {name} requires {least} {items} minimum, but config has only {count} declared."),
        )
    })
}
