//! What was found in manifests, for people and for tools.

use serde_json::{Value as Json, json};

use super::style::{Paint, Style, wrap};
use crate::checks::Level;
use crate::manifests::{Finding, Report};
use crate::span::SourceMap;

/// One finding: its place, the line, what is wrong and what to do.
pub fn finding(finding: &Finding, sources: &SourceMap, style: &Style) -> String {
    let rule = finding.rule;
    let paint = match rule.level {
        Level::Error => Paint::BoldRed,
        Level::Warning => Paint::BoldYellow,
        Level::Note => Paint::Bold,
    };
    let level = style.paint(paint, rule.level.word());
    let title = style.paint(Paint::Bold, rule.title);
    let mut out = format!("{}: {level}: {title} [{}]\n", place(finding, sources), rule.name);
    out.push_str(&code(finding, sources));
    let mut told = vec![finding.message.clone(), rule.reason.to_owned()];
    told.push(format!("What to do: {}", finding.advice.as_deref().unwrap_or(rule.fix)));
    if finding.changes.is_some() {
        told.push("-fix does that.".into());
    }
    let text = wrap(&told.join(" "), style.width.saturating_sub(2));
    out.push_str(&text.lines().map(|line| format!("  {line}\n")).collect::<String>());
    out
}

/// `FILE:LINE:COLUMN`
fn place(finding: &Finding, sources: &SourceMap) -> String {
    let Some(source) = sources.get(finding.place.source) else { return String::new() };
    let start = source.position(finding.place.start as usize);
    format!("{}:{}:{}", source.name, start.line, start.column)
}

/// The line with carets under the place; where the line may show a secret, the place alone.
fn code(finding: &Finding, sources: &SourceMap) -> String {
    let Some(source) = sources.get(finding.place.source) else { return String::new() };
    let start = source.position(finding.place.start as usize);
    let (Some(line), fault) = (source.line(start.line), sources.text(finding.place)) else { return String::new() };
    let fault = fault.lines().next().unwrap_or_default().trim_end();
    let before: String = line.chars().take(start.column - 1).collect();
    let shown = if finding.secret { format!("{}{fault}", " ".repeat(before.chars().count())) } else { line.to_owned() };
    let indent: String = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let carets = "^".repeat(fault.chars().count().max(1));
    format!("{:5} | {}\n      | {indent}{carets}\n", start.line, shown.trim_end())
}

/// What came of the whole.
pub fn summary(report: &Report, files: usize) -> String {
    let count = |level: Level| report.findings.iter().filter(|f| f.ignored.is_none() && f.rule.level == level).count();
    let counted = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let found = [Level::Error, Level::Warning, Level::Note]
        .into_iter()
        .map(|level| (count(level), level.word()))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| counted(number, word))
        .collect::<Vec<_>>()
        .join(", ");
    let found = if found.is_empty() { "nothing found".to_owned() } else { found };
    let ignored = report.findings.iter().filter(|finding| finding.ignored.is_some()).count();
    let ignored = if ignored > 0 { format!(" ({ignored} ignored with a reason)") } else { String::new() };
    let mut out = format!("{} in {}: {found}{ignored}.\n", counted(report.objects, "object"), counted(files, "file"));
    if report.others > 0 {
        let documents = counted(report.others, "document");
        out.push_str(&format!("Left out, being no Kubernetes objects: {documents}.\n"));
    }
    if !report.unknown.is_empty() {
        let kinds: Vec<&str> = report.unknown.iter().map(String::as_str).collect();
        out.push_str(&format!("Not looked into, since these kinds are not known here: {}.\n", kinds.join(", ")));
    }
    out
}

/// The same for tools.
pub fn json(report: &Report, files: usize, sources: &SourceMap) -> Json {
    let one = |finding: &Finding| {
        let source = sources.get(finding.place.source);
        let position = source.map(|source| source.position(finding.place.start as usize));
        json!({
            "rule": finding.rule.name,
            "level": finding.rule.level.word(),
            "file": source.map(|source| &*source.name),
            "line": position.map(|position| position.line),
            "column": position.map(|position| position.column),
            "object": finding.object,
            "title": finding.rule.title,
            "message": finding.message,
            "reason": finding.rule.reason,
            "fix": finding.advice.as_deref().unwrap_or(finding.rule.fix),
            "fixable": finding.changes.is_some(),
            "ignored": finding.ignored,
        })
    };
    json!({
        "format_version": "1.0",
        "files": files,
        "objects": report.objects,
        "other_documents": report.others,
        "unknown_kinds": report.unknown,
        "findings": report.findings.iter().map(one).collect::<Vec<_>>(),
    })
}
