//! Findings in SARIF 2.1.0, for code scanning (OASIS, Static Analysis Results Interchange Format).

use serde_json::{Value as Json, json};

use crate::checks::{Finding, RULES};
use crate::span::SourceMap;

/// The whole document. What is ignored is in it, with the reason.
pub fn document(findings: &[Finding], sources: &SourceMap) -> Json {
    let rules: Vec<Json> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.name,
                "shortDescription": { "text": rule.title },
                "fullDescription": { "text": rule.reason },
                "help": { "text": rule.fix },
                "defaultConfiguration": { "level": rule.level.word() },
            })
        })
        .collect();
    let results: Vec<Json> = findings.iter().map(|finding| result(finding, sources)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "bowline", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    })
}

fn result(finding: &Finding, sources: &SourceMap) -> Json {
    let mut result = json!({
        "ruleId": finding.rule,
        "level": finding.level.word(),
        "message": { "text": format!("{}: {}", finding.address, finding.message) },
    });
    let Some(fields) = result.as_object_mut() else { return result };
    if let Some(place) = finding.place
        && let Some(source) = sources.get(place.source)
    {
        let (start, end) = (source.position(place.start as usize), source.position(place.end as usize));
        fields.insert(
            "locations".into(),
            json!([{
                "physicalLocation": {
                    "artifactLocation": { "uri": source.name.replace('\\', "/") },
                    "region": {
                        "startLine": start.line,
                        "startColumn": start.column,
                        "endLine": end.line,
                        "endColumn": end.column,
                    },
                },
            }]),
        );
    }
    if let Some(reason) = &finding.ignored {
        fields.insert("suppressions".into(), json!([{ "kind": "inSource", "justification": reason }]));
    }
    result
}
