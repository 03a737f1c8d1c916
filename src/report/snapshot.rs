//! A plan as a text that is kept beside the configuration: what a change of the configuration changes in it is what a
//! reviewer wants to see. What differs from one run to the next is masked.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::plan_text::Detail;
use super::style::Style;
use super::{access_text, plan_text};
use crate::access::AccessChange;
use crate::plan::Plan;
use crate::provider::Registry;

static GUID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b").ok());

static MOMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)").ok());

static LOOPBACK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b127\.0\.0\.1:\d+").ok());

/// The text of a plan. `is_fixed` tells of an id or a moment that it is written in the configuration, or else always the
/// same: it stays.
pub fn text(plan: &Plan, registry: &Registry, access: &[AccessChange], is_fixed: &dyn Fn(&str) -> bool) -> String {
    let body = plan_text::changes(plan, registry, &Style::PLAIN)
        + &access_text::changes(access, Detail::Verbose, &Style::PLAIN);
    let body = masked(&body, is_fixed);
    let lines: Vec<&str> = body.trim().lines().map(str::trim_end).collect();
    // The first line keeps its indentation, so that all headings stand in one column.
    let indent = if body.trim_start_matches('\n').starts_with("  ") { "  " } else { "" };
    format!("{indent}{}\n", lines.join("\n"))
}

/// Ids and moments by number, in the order in which they come: the same one is the same number everywhere.
fn masked(text: &str, is_fixed: &dyn Fn(&str) -> bool) -> String {
    let text = numbered(text, GUID.as_ref(), "id", is_fixed);
    let text = numbered(&text, MOMENT.as_ref(), "time", is_fixed);
    match LOOPBACK.as_ref() {
        Some(address) => address.replace_all(&text, "127.0.0.1:<port>").into_owned(),
        None => text,
    }
}

fn numbered(text: &str, pattern: Option<&Regex>, what: &str, is_fixed: &dyn Fn(&str) -> bool) -> String {
    let Some(pattern) = pattern else { return text.to_owned() };
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let replace = |found: &Captures<'_>| {
        let found = found.get(0).map_or("", |all| all.as_str());
        if is_fixed(found) {
            return found.to_owned();
        }
        let next = numbers.len() + 1;
        format!("<{what} {}>", numbers.entry(found.to_lowercase()).or_insert(next))
    };
    pattern.replace_all(text, replace).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_has_a_number_and_what_is_written_stays() {
        let (a, b) = ("53dc5e8e-cbb1-5a95-a9d1-8d3e48cc4012", "11111111-1111-4111-8111-111111111111");
        let text =
            format!("x {a} {b} {} 2026-11-28T14:40:53Z 2026-11-28T14:40:53.123+02:00 2026-11-28", a.to_uppercase());
        let expected = format!("x <id 1> {b} <id 1> <time 1> <time 2> 2026-11-28");
        assert_eq!(masked(&text, &|id| id == b), expected);
        assert_eq!(masked("http://127.0.0.1:4711/x", &|_| false), "http://127.0.0.1:<port>/x");
    }
}
