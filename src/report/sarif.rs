//! Findings in SARIF 2.1.0, for code scanning (OASIS, Static Analysis Results Interchange Format).

use serde_json::{Value as Json, json};

use crate::checks::{self, Level};
use crate::manifests;
use crate::span::{SourceMap, Span};

/// What the checks of a plan found. What is ignored is in it, with the reason.
pub fn document(findings: &[checks::Finding], sources: &SourceMap) -> Json {
    let rules = checks::RULES.iter().map(|rule| described(rule.name, rule.level, [rule.title, rule.reason, rule.fix]));
    let results = findings.iter().map(|finding| {
        let message = format!("{}: {}", finding.address, finding.message);
        let ignored = finding.ignored.as_deref();
        result(finding.rule, finding.level, &message, location(finding.place, sources), ignored)
    });
    whole(&rules.collect::<Vec<_>>(), &results.collect::<Vec<_>>())
}

/// What was found in manifests.
pub fn of_manifests(findings: &[manifests::Finding], sources: &SourceMap) -> Json {
    let rules =
        manifests::RULES.iter().map(|rule| described(rule.name, rule.level, [rule.title, rule.reason, rule.fix]));
    let results = findings.iter().map(|finding| {
        let ignored = finding.ignored.as_deref();
        let place = location(Some(finding.place), sources);
        result(finding.rule.name, finding.rule.level, &finding.message, place, ignored)
    });
    whole(&rules.collect::<Vec<_>>(), &results.collect::<Vec<_>>())
}

fn whole(rules: &[Json], results: &[Json]) -> Json {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "bowline", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    })
}

fn described(name: &str, level: Level, [title, reason, fix]: [&str; 3]) -> Json {
    json!({
        "id": name,
        "shortDescription": { "text": title },
        "fullDescription": { "text": reason },
        "help": { "text": fix },
        "defaultConfiguration": { "level": level.word() },
    })
}

fn result(rule: &str, level: Level, message: &str, locations: Option<Json>, ignored: Option<&str>) -> Json {
    let mut result = json!({ "ruleId": rule, "level": level.word(), "message": { "text": message } });
    let Some(fields) = result.as_object_mut() else { return result };
    if let Some(locations) = locations {
        fields.insert("locations".into(), locations);
    }
    if let Some(reason) = ignored {
        fields.insert("suppressions".into(), json!([{ "kind": "inSource", "justification": reason }]));
    }
    result
}

fn location(place: Option<Span>, sources: &SourceMap) -> Option<Json> {
    let place = place?;
    let source = sources.get(place.source)?;
    let (start, end) = (source.position(place.start as usize), source.position(place.end as usize));
    Some(json!([{
        "physicalLocation": {
            "artifactLocation": { "uri": source.name.replace('\\', "/") },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        },
    }]))
}
