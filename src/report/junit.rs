//! Tests as `JUnit` XML, as Terraform writes it: what CI systems show.

use std::fmt::Write;

use super::diagnostics;
use super::style::Style;
use crate::diagnostic::{Diagnostics, Severity};
use crate::span::SourceMap;
use crate::testing::{FileResult, RunResult, Status};

/// The whole document.
pub fn document(files: &[FileResult], sources: &SourceMap) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><testsuites>\n");
    for file in files {
        let count = |status: Status| file.runs.iter().filter(|run| run.status == status).count();
        let name = escaped(&file.name);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" skipped=\"{}\" failures=\"{}\" errors=\"{}\">",
            file.runs.len(),
            count(Status::Skip),
            count(Status::Fail),
            count(Status::Error)
        );
        for (at, run) in file.runs.iter().enumerate() {
            let culprit = file.runs.iter().take(at).rev().find(|earlier| earlier.status == Status::Error);
            case(&mut out, &name, run, culprit, sources);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(out: &mut String, file: &str, run: &RunResult, culprit: Option<&RunResult>, sources: &SourceMap) {
    let _ = write!(out, "    <testcase name=\"{}\" classname=\"{file}\"", escaped(&run.name));
    if let (Some(seconds), Some(began)) = (run.seconds, run.began) {
        let _ = write!(out, " time=\"{seconds}\" timestamp=\"{}\"", began.strftime("%Y-%m-%dT%H:%M:%SZ"));
    }
    out.push('>');
    let inner = match run.status {
        Status::Skip => {
            let (message, text) = match culprit {
                Some(culprit) => (
                    "Testcase skipped due to a previous testcase error",
                    format!(
                        "Previous testcase \"{}\" ended in error, which caused the remaining tests in the file to be skipped",
                        culprit.name
                    ),
                ),
                None => {
                    ("Testcase skipped due to an interrupt", "Bowline was interrupted before this testcase".to_owned())
                }
            };
            Some(("skipped", message, text))
        }
        Status::Fail => Some(("failure", "Test run failed", told(&run.found, Severity::Error, sources))),
        Status::Error => Some(("error", "Encountered an error", told(&run.found, Severity::Error, sources))),
        Status::Pass | Status::Pending => None,
    };
    let warnings = told(&run.found, Severity::Warning, sources);
    if let Some((element, message, text)) = &inner {
        let _ = write!(out, "\n      <{element} message=\"{message}\">{}</{element}>", cdata(text));
    }
    if !warnings.is_empty() {
        let _ = write!(out, "\n      <system-err>{}</system-err>", cdata(&warnings));
    }
    out.push_str(if inner.is_some() || !warnings.is_empty() { "\n    </testcase>\n" } else { "</testcase>\n" });
}

/// Diagnostics of one severity as text.
fn told(found: &Diagnostics, severity: Severity, sources: &SourceMap) -> String {
    let of = diagnostics::sorted(found.clone(), sources);
    of.iter().filter(|d| d.severity == severity).map(|d| diagnostics::text(d, sources, &Style::PLAIN)).collect()
}

/// Text that XML takes as it is, but for characters that it cannot hold at all.
fn cdata(text: &str) -> String {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r') || !c.is_control();
    let text: String = text.chars().filter(allowed).collect();
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
