//! Answers: errors as summary and place, and where two answers differ.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value as Json, json};

use crate::reduce::masked;

static COLORS: LazyLock<Regex> = LazyLock::new(|| Regex::new("\u{1b}\\[[0-9;]*[A-Za-z]").unwrap());
static HEADING: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[│╷╵]?\s?(Error|Warning): (.*)$").unwrap());
static PLACE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[│╷╵]?\s*on (.+?) line (\d+)").unwrap());

/// What a summary ends with where a function of Terraform's panicked.
pub const PANICKED: &str = " (a panic)";

/// The errors in the text for people: summary and place, in order.
pub fn errors(text: &str) -> Json {
    let text = COLORS.replace_all(text, "");
    let mut found: Vec<(bool, String, String)> = Vec::new();
    for line in text.lines() {
        if let Some(heading) = HEADING.captures(line) {
            found.push((&heading[1] == "Error", tidy(&heading[2]), String::new()));
        } else if let (Some(place), Some((.., at))) = (PLACE.captures(line), found.last_mut())
            && at.is_empty()
        {
            *at = format!("{}:{}", &place[1], &place[2]);
        } else if let (true, Some((_, summary, _))) = (line.contains("panic in function"), found.last_mut()) {
            summary.push_str(PANICKED);
        }
    }
    let mut errors: Vec<(String, String)> =
        found.into_iter().filter(|(is_error, ..)| *is_error).map(|(_, summary, at)| (at, summary)).collect();
    errors.sort();
    errors.into_iter().map(|(at, summary)| json!(format!("{at} {summary}"))).collect()
}

/// The members of a cycle are named in no fixed order.
pub fn tidy(summary: &str) -> String {
    match summary.trim().strip_prefix("Cycle: ") {
        Some(members) => {
            let mut members: Vec<&str> = members.split(", ").collect();
            members.sort_unstable();
            format!("Cycle: {}", members.join(", "))
        }
        None => masked(summary.trim()),
    }
}

/// Where two answers differ, in words.
pub fn differences(want: &Json, got: &Json, path: &str) -> Vec<String> {
    match (want, got) {
        (Json::Object(a), Json::Object(b)) => {
            let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
            names.sort();
            names.dedup();
            names
                .into_iter()
                .flat_map(|name| {
                    let (a, b) = (a.get(name).unwrap_or(&Json::Null), b.get(name).unwrap_or(&Json::Null));
                    differences(a, b, &format!("{path}.{name}"))
                })
                .collect()
        }
        (Json::Array(a), Json::Array(b)) => (0..a.len().max(b.len()))
            .flat_map(|i| {
                let (a, b) = (a.get(i).unwrap_or(&Json::Null), b.get(i).unwrap_or(&Json::Null));
                differences(a, b, &format!("{path}[{i}]"))
            })
            .collect(),
        (Json::Number(a), Json::Number(b)) if a.as_f64() == b.as_f64() => Vec::new(),
        (a, b) if a == b => Vec::new(),
        (a, b) => vec![format!("{path}: want {}, got {}", short(a), short(b))],
    }
}

fn short(value: &Json) -> String {
    let text = value.to_string();
    if text.chars().count() > 300 { format!("{}...", text.chars().take(300).collect::<String>()) } else { text }
}
