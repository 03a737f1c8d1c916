//! The parser by what it makes of texts: trees, faults as Terraform 1.11.4 reports them, and a second opinion.
#![allow(clippy::unwrap_used, clippy::panic)]

mod differential;
mod faults;
mod shown;
mod trees;

use crate::diagnostic::Diagnostics;
use crate::span::{SourceId, SourceMap};

/// The source that a text stands in.
fn source(text: &str) -> (SourceId, SourceMap) {
    let mut sources = SourceMap::default();
    (sources.add("main.tf", None, text), sources)
}

/// `line: summary` for each.
fn listed(diagnostics: &Diagnostics, sources: &SourceMap) -> Vec<String> {
    let line = |d: &crate::diagnostic::Diagnostic| d.subject.and_then(|s| sources.start(s)).map_or(0, |p| p.line);
    diagnostics.iter().map(|d| format!("{}: {}", line(d), d.summary)).collect()
}
