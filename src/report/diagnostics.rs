//! Diagnostics for people, in Terraform's layout, and for tools, in Terraform's JSON.

use serde_json::{Map, Value as Json, json};

use super::schema_json;
use super::snippet::{Snippet, snippet, snippet_at};
use super::style::{Paint, Style, wrap};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::functions;
use crate::span::{Position, SourceMap, Span};

/// The order in which they are shown: warnings, then errors; without a place first, then by place.
pub fn sorted(diagnostics: Diagnostics, sources: &SourceMap) -> Diagnostics {
    let mut list: Vec<Diagnostic> = diagnostics.into_iter().collect();
    list.sort_by_cached_key(|diagnostic| {
        let place = diagnostic
            .subject
            .map(|span| (sources.get(span.source).map(|source| source.name.clone()), span.start, span.end));
        (diagnostic.severity == Severity::Error, place, diagnostic.address.clone())
    });
    list.into_iter().collect()
}

/// One diagnostic as text, with its line end.
pub fn text(diagnostic: &Diagnostic, sources: &SourceMap, style: &Style) -> String {
    let (word, rule) = match diagnostic.severity {
        Severity::Error => (Paint::BoldRed, Paint::Red),
        Severity::Warning => (Paint::BoldYellow, Paint::Yellow),
    };
    let kind = if diagnostic.severity == Severity::Error { "Error: " } else { "Warning: " };
    let mut lines = format!("{}{}\n\n", style.paint(word, kind), style.paint(Paint::Bold, &diagnostic.summary));
    lines.push_str(&place(diagnostic, sources, style));
    if !diagnostic.detail.is_empty() {
        let width = if style.framed { style.width.saturating_sub(3) } else { style.width.saturating_sub(1) };
        lines.push_str(&wrap(&diagnostic.detail, width));
    }
    lines.push_str(&related(diagnostic, sources, style));
    let lines = lines.trim_end();
    if !style.framed {
        return format!("\n{lines}\n");
    }
    let bar = style.paint(rule, "│");
    let body: String = lines.lines().map(|line| format!("{}\n", format!("{bar} {line}").trim_end())).collect();
    format!("{}\n{body}{}\n", style.paint(rule, "╷"), style.paint(rule, "╵"))
}

/// `with ADDRESS, on FILE line N, in BLOCK:`, the source lines and the values used, each block with an empty line.
fn place(diagnostic: &Diagnostic, sources: &SourceMap, style: &Style) -> String {
    let mut out = String::new();
    if let Some(address) = &diagnostic.address {
        out.push_str(&format!("  with {address},\n"));
    }
    if let Some(snippet) = snippet(diagnostic, sources) {
        let context = snippet.context.as_ref().map(|context| format!(", in {context}")).unwrap_or_default();
        out.push_str(&format!("  on {} line {}{context}:\n", snippet.file, snippet.start.line));
        out.push_str(&code(&snippet, style));
        out.push_str(&used_values(diagnostic, style));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// The other places that belong to it, each with what is there: `terraform_data.a, on FILE line N, in BLOCK:`.
fn related(diagnostic: &Diagnostic, sources: &SourceMap, style: &Style) -> String {
    let place = |(span, what): &(Span, String)| {
        let snippet = snippet_at(*span, None, sources)?;
        let context = snippet.context.as_ref().map(|context| format!(", in {context}")).unwrap_or_default();
        let place = format!("on {} line {}{context}", snippet.file, snippet.start.line);
        Some(format!("\n\n  {what}, {place}:\n{}", code(&snippet, style).trim_end_matches('\n')))
    };
    diagnostic.related.iter().filter_map(place).collect()
}

/// The numbered lines; the part at fault is underlined, or marked by carets below where nothing can be underlined.
fn code(snippet: &Snippet<'_>, style: &Style) -> String {
    let mut out = String::new();
    let mut offset = 0;
    for (number, line) in (snippet.first_line..).zip(snippet.code.split('\n')) {
        let clamp = |byte: usize| byte.saturating_sub(offset).min(line.len());
        let (from, to) = (clamp(snippet.highlight.start), clamp(snippet.highlight.end));
        offset += line.len() + 1;
        let parts = (line.get(..from), line.get(from..to), line.get(to..));
        let (Some(before), Some(fault), Some(after)) = parts else {
            out.push_str(&format!("{number:4}: {line}\n"));
            continue;
        };
        if fault.is_empty() || style.color {
            let fault = if fault.is_empty() { String::new() } else { style.paint(Paint::Underline, fault) };
            out.push_str(&format!("{number:4}: {before}{fault}{after}\n"));
        } else {
            out.push_str(&format!("{number:4}: {line}\n      {}\n", carets(before, fault)));
        }
    }
    out
}

/// Carets under `fault`; tabs before it stay tabs, so that both lines move alike.
fn carets(before: &str, fault: &str) -> String {
    use unicode_width::UnicodeWidthStr;
    let indent: String = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let wide = before.width().saturating_sub(before.chars().count());
    let trimmed = fault.trim_end();
    let length = UnicodeWidthStr::width(if trimmed.is_empty() { fault } else { trimmed }).max(1);
    format!("{indent}{}{}", " ".repeat(wide), "^".repeat(length))
}

fn used_values(diagnostic: &Diagnostic, style: &Style) -> String {
    if diagnostic.values.is_empty() && diagnostic.function.is_none() {
        return String::new();
    }
    let bar = style.paint(Paint::Faint, "│");
    let mut out = format!("    {}\n", style.paint(Paint::Faint, "├────────────────"));
    if let Some(function) = &diagnostic.function {
        let name = style.paint(Paint::Bold, function);
        out.push_str(&format!("    {bar} while calling {name}({})\n", parameters(function)));
    }
    for value in sorted_values(diagnostic) {
        out.push_str(&format!("    {bar} {} {}\n", style.paint(Paint::Bold, &value.traversal), value.statement));
    }
    out
}

/// The names of a function's parameters: `list, value...`.
fn parameters(function: &str) -> String {
    let Some(function) = functions::lookup(function) else { return String::new() };
    let variadic = function.variadic.iter().map(|param| format!("{}...", param.name));
    let names: Vec<String> = function.params.iter().map(|param| param.name.to_owned()).chain(variadic).collect();
    names.join(", ")
}

fn sorted_values(diagnostic: &Diagnostic) -> Vec<&crate::diagnostic::UsedValue> {
    let mut values: Vec<_> = diagnostic.values.iter().collect();
    values.sort_by(|a, b| a.traversal.cmp(&b.traversal));
    values.dedup();
    values
}

/// Of several warnings with the same summary only the first, which then says how many more there are. Conditions that
/// failed are told one by one: each says something else.
pub fn consolidated(diagnostics: Diagnostics) -> Diagnostics {
    let mut kept: Vec<Diagnostic> = Vec::new();
    let mut more: Vec<usize> = Vec::new();
    for diagnostic in diagnostics {
        let same = |earlier: &Diagnostic| {
            diagnostic.severity == Severity::Warning
                && earlier.severity == Severity::Warning
                && diagnostic.condition.is_none()
                && diagnostic.subject.is_some()
                && earlier.subject.is_some()
                && earlier.summary == diagnostic.summary
        };
        if let Some(at) = kept.iter().position(same) {
            if let Some(count) = more.get_mut(at) {
                *count += 1;
            }
        } else {
            kept.push(diagnostic);
            more.push(0);
        }
    }
    for (diagnostic, more) in kept.iter_mut().zip(more) {
        match more {
            0 => {}
            1 => diagnostic.detail.push_str("\n\n(and one more similar warning elsewhere)"),
            more => diagnostic.detail.push_str(&format!("\n\n(and {more} more similar warnings elsewhere)")),
        }
    }
    kept.into_iter().collect()
}

/// All warnings in one list (`-compact-warnings`); the caller sees to it that there are only warnings.
pub fn compact(warnings: &Diagnostics, sources: &SourceMap, style: &Style) -> String {
    let mut groups: Vec<(&Diagnostic, usize)> = Vec::new();
    for warning in warnings {
        match groups.iter_mut().find(|(first, _)| first.summary == warning.summary) {
            Some((_, more)) => *more += 1,
            None => groups.push((warning, 0)),
        }
    }
    let mut lines = format!("{}\n\n", style.paint(Paint::BoldYellow, "Warnings:"));
    for (warning, more) in groups {
        lines.push_str(&format!("- {}\n", warning.summary));
        let others = if more == 0 { String::new() } else { format!(" (and {more} more)") };
        if let Some(snippet) = snippet(warning, sources) {
            lines.push_str(&format!("  on {} line {}{others}\n", snippet.file, snippet.start.line));
        } else if more > 0 {
            lines.push_str(&format!("  ({} occurrences of this warning)\n", more + 1));
        }
    }
    lines.push_str("\nTo see the full warning notes, run this command without -compact-warnings.\n");
    format!("\n{lines}")
}

/// One diagnostic as Terraform's JSON, as in `validate -json` and in the `-json` line protocol.
pub fn json(diagnostic: &Diagnostic, sources: &SourceMap) -> Json {
    let mut object = Map::new();
    let severity = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
    object.insert("severity".into(), severity.into());
    object.insert("summary".into(), diagnostic.summary.clone().into());
    object.insert("detail".into(), diagnostic.detail.clone().into());
    if let Some(address) = &diagnostic.address {
        object.insert("address".into(), address.clone().into());
    }
    if let Some(snippet) = snippet(diagnostic, sources) {
        object.insert("range".into(), range_json(&snippet));
        object.insert("snippet".into(), snippet_json(diagnostic, &snippet));
    }
    let related: Vec<Json> = diagnostic
        .related
        .iter()
        .filter_map(|(span, what)| {
            let snippet = snippet_at(*span, None, sources)?;
            Some(json!({ "message": what, "range": range_json(&snippet), "snippet": code_json(&snippet) }))
        })
        .collect();
    if !related.is_empty() {
        object.insert("related".into(), related.into());
    }
    Json::Object(object)
}

fn range_json(snippet: &Snippet<'_>) -> Json {
    json!({
        "filename": snippet.file,
        "start": position_json(snippet.start),
        "end": position_json(snippet.end),
    })
}

fn position_json(position: Position) -> Json {
    json!({ "line": position.line, "column": position.column, "byte": position.byte })
}

fn snippet_json(diagnostic: &Diagnostic, snippet: &Snippet<'_>) -> Json {
    let values: Vec<Json> = sorted_values(diagnostic)
        .into_iter()
        .map(|value| json!({ "traversal": value.traversal, "statement": value.statement }))
        .collect();
    let mut object = code_json(snippet);
    let Some(fields) = object.as_object_mut() else { return object };
    fields.insert("values".into(), values.into());
    if let Some(function) = &diagnostic.function {
        let mut call = json!({ "called_as": function });
        if let (Some(call), Some(found)) = (call.as_object_mut(), functions::lookup(function)) {
            call.insert("signature".into(), schema_json::call_signature(found));
        }
        fields.insert("function_call".into(), call);
    }
    object
}

fn code_json(snippet: &Snippet<'_>) -> Json {
    json!({
        "context": snippet.context,
        "code": snippet.code,
        "start_line": snippet.first_line,
        "highlight_start_offset": snippet.highlight.start,
        "highlight_end_offset": snippet.highlight.end,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::diagnostic::UsedValue;

    const SOURCE: &str = "resource \"terraform_data\" \"b\" {\n  input = tonumber(\n    var.s\n  )\n\tbogus = 1\n}\n";

    fn at(part: &str) -> (SourceMap, Span) {
        let mut sources = SourceMap::default();
        let id = sources.add("main.tf", None, SOURCE);
        let start = SOURCE.find(part).unwrap();
        (sources, Span::new(id, start..start + part.len()))
    }

    #[test]
    fn the_part_at_fault_is_marked_under_its_line() {
        let (sources, span) = at("bogus");
        let diagnostic = Diagnostic::error("Unsupported argument", "An argument named \"bogus\" is not expected here.")
            .at(span)
            .for_address("terraform_data.b");
        let expected = [
            "",
            "Error: Unsupported argument",
            "",
            "  with terraform_data.b,",
            "  on main.tf line 5, in resource \"terraform_data\" \"b\":",
            "   5: \tbogus = 1",
            "      \t^^^^^",
            "",
            "An argument named \"bogus\" is not expected here.",
            "",
        ];
        assert_eq!(text(&diagnostic, &sources, &Style::PLAIN), expected.join("\n"));
    }

    #[test]
    fn a_frame_stands_beside_every_line_and_values_below_the_code() {
        let (sources, span) = at("var.s");
        let (_, whole) = at("tonumber(\n    var.s\n  )");
        let mut diagnostic =
            Diagnostic::warning("Invalid function argument", "word ".repeat(20)).at(span).within(whole);
        diagnostic.function = Some("max".into());
        diagnostic.values = vec![UsedValue { traversal: "var.s".into(), statement: "has a sensitive value".into() }];
        let expected = [
            "╷",
            "│ Warning: Invalid function argument",
            "│",
            "│   on main.tf line 3, in resource \"terraform_data\" \"b\":",
            "│    2:   input = tonumber(",
            "│    3:     var.s",
            "│           ^^^^^",
            "│    4:   )",
            "│     ├────────────────",
            "│     │ while calling max(numbers...)",
            "│     │ var.s has a sensitive value",
            "│",
            "│ word word word word word word word word word word word word word word word",
            "│ word word word word word",
            "╵",
            "",
        ];
        let framed = Style { framed: true, ..Style::PLAIN };
        assert_eq!(text(&diagnostic, &sources, &framed), expected.join("\n"));
    }

    #[test]
    fn what_is_missing_is_marked_by_one_caret() {
        let (sources, span) = at("= 1");
        let empty = Span { end: span.start, ..span };
        let shown = text(&Diagnostic::error("x", "").at(empty), &sources, &Style::PLAIN);
        assert!(shown.ends_with("      \t      ^\n"), "{shown:?}");
    }

    #[test]
    fn tools_get_ranges_and_the_code() {
        let (sources, span) = at("bogus");
        let document = json(&Diagnostic::error("Unsupported argument", "d").at(span), &sources);
        assert_eq!(
            document,
            json!({
                "severity": "error",
                "summary": "Unsupported argument",
                "detail": "d",
                "range": {
                    "filename": "main.tf",
                    "start": { "line": 5, "column": 2, "byte": 67 },
                    "end": { "line": 5, "column": 7, "byte": 72 },
                },
                "snippet": {
                    "context": "resource \"terraform_data\" \"b\"",
                    "code": "\tbogus = 1",
                    "start_line": 5,
                    "highlight_start_offset": 1,
                    "highlight_end_offset": 6,
                    "values": [],
                },
            })
        );
    }

    #[test]
    fn other_places_follow_with_what_is_there() {
        let (sources, span) = at("bogus");
        let mut diagnostic = Diagnostic::error("Cycle", "In a circle.");
        diagnostic.related = vec![(span, "terraform_data.b needs terraform_data.a".into())];
        let expected = [
            "",
            "Error: Cycle",
            "",
            "In a circle.",
            "",
            "  terraform_data.b needs terraform_data.a, on main.tf line 5, in resource \"terraform_data\" \"b\":",
            "   5: \tbogus = 1",
            "      \t^^^^^",
            "",
        ];
        assert_eq!(text(&diagnostic, &sources, &Style::PLAIN), expected.join("\n"));
        let document = json(&diagnostic, &sources);
        assert_eq!(document.pointer("/related/0/range/start/line"), Some(&json!(5)));
        assert_eq!(document.pointer("/related/0/snippet/code"), Some(&json!("\tbogus = 1")));
    }

    #[test]
    fn similar_warnings_are_shown_once() {
        let (sources, span) = at("bogus");
        let warning = || Diagnostic::warning("Deprecated", "d").at(span);
        let found = consolidated([warning(), warning(), Diagnostic::error("e", ""), warning()].into_iter().collect());
        let details: Vec<_> = found.iter().map(|d| d.detail.as_str()).collect();
        assert_eq!(details, ["d\n\n(and 2 more similar warnings elsewhere)", ""]);
        let list = compact(&[warning(), warning()].into_iter().collect(), &sources, &Style::PLAIN);
        assert!(list.contains("- Deprecated\n  on main.tf line 5 (and 1 more)\n"), "{list}");
    }

    #[test]
    fn warnings_come_first_and_then_errors_by_place() {
        let (sources, late) = at("bogus");
        let (_, early) = at("input");
        let found = [
            Diagnostic::error("late", "").at(late),
            Diagnostic::error("early", "").at(early),
            Diagnostic::error("nowhere", ""),
            Diagnostic::warning("warning", "").at(late),
        ];
        let order = sorted(found.into_iter().collect(), &sources);
        let summaries: Vec<_> = order.iter().map(|d| d.summary.as_str()).collect();
        assert_eq!(summaries, ["warning", "nowhere", "early", "late"]);
    }
}
