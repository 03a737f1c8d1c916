//! Tests for tools: the lines of Terraform's `test -json` (hashicorp/terraform, internal/command/views/json).

use serde_json::{Map, Value as Json, json};

use super::test_text::Counts;
use super::{plan_json, schema_json, state_json, ui_json};
use crate::config::test::TestFile;
use crate::diagnostic::Diagnostic;
use crate::provider::Registry;
use crate::span::SourceMap;
use crate::testing::{FileResult, Progress, RunResult, Shown, Status};

/// Terraform's word for a status.
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Skip => "skip",
        Status::Pass => "pass",
        Status::Fail => "fail",
        Status::Error => "error",
    }
}

/// The word that people see.
fn shown(of: Status) -> &'static str {
    if of == Status::Error { "fail" } else { status(of) }
}

fn progress(progress: Progress) -> &'static str {
    match progress {
        Progress::Starting => "starting",
        Progress::Running => "running",
        Progress::TearDown => "teardown",
        Progress::Complete => "complete",
    }
}

fn doing(progress: Progress) -> &'static str {
    if progress == Progress::TearDown { "tearing down" } else { "in progress" }
}

/// Which file and run a line is about.
#[derive(Clone, Copy)]
pub struct About<'a> {
    /// The file.
    pub file: &'a str,
    /// The run, of a line that is about one.
    pub run: Option<&'a str>,
}

impl About<'_> {
    fn fields(self, mut fields: Json) -> Json {
        if let Some(object) = fields.as_object_mut() {
            object.insert("@testfile".into(), self.file.into());
            if let Some(run) = self.run {
                object.insert("@testrun".into(), run.into());
            }
        }
        fields
    }
}

/// What is going to be carried out.
pub fn abstract_of(files: &[&TestFile]) -> Json {
    let runs: usize = files.iter().map(|file| file.runs.len()).sum();
    let plural = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let names = |file: &TestFile| file.runs.iter().map(|run| Json::from(&*run.name)).collect::<Json>();
    let list: Map<String, Json> = files.iter().map(|file| (file.name.clone(), names(file))).collect();
    let message = format!("Found {} and {}", plural(files.len(), "file"), plural(runs, "run block"));
    ui_json::line("info", &message, "test_abstract", json!({ "test_abstract": list }))
}

/// A file begins, ends or removes what it made.
pub fn file(name: &str, at: Progress, result: Option<&FileResult>) -> Json {
    let mut fields = json!({ "path": name, "progress": progress(at) });
    if let (Some(fields), Some(result)) = (fields.as_object_mut(), result) {
        fields.insert("status".into(), status(result.status).into());
    }
    let what = result.map_or(doing(at), |result| shown(result.status));
    let about = About { file: name, run: None };
    ui_json::line("info", &format!("{name}... {what}"), "test_file", about.fields(json!({ "test_file": fields })))
}

/// A run begins, goes on, ends, or what it made is removed.
pub fn run(about: About<'_>, at: Progress, elapsed: u64, result: Option<&RunResult>) -> Json {
    let name = about.run.unwrap_or_default();
    let mut fields = json!({ "path": about.file, "run": name, "progress": progress(at) });
    if let Some(fields) = fields.as_object_mut() {
        match result {
            Some(result) => fields.insert("status".into(), status(result.status).into()),
            None => fields.insert("elapsed".into(), elapsed.into()),
        };
    }
    let what = result.map_or(doing(at), |result| shown(result.status));
    let message = format!("  {}... {what}", Json::from(name));
    ui_json::line("info", &message, "test_run", about.fields(json!({ "test_run": fields })))
}

/// What a run leaves to be shown, with `-verbose`.
pub fn verbose(about: About<'_>, of: &Shown, registry: &Registry) -> Json {
    let (what, kind, document) = match of {
        Shown::Plan(plan) => ("plan", "test_plan", plan_json::plan(plan, registry, None, &[])),
        Shown::State(state) => ("state", "test_state", state_json::state(state, registry)),
    };
    let mut fields = Map::new();
    fields.insert(format!("{what}_format_version"), document.get("format_version").cloned().unwrap_or(Json::Null));
    let values = document.get("values").unwrap_or(&Json::Null);
    for (name, from) in [
        ("output_changes", &document),
        ("resource_changes", &document),
        ("resource_drift", &document),
        ("relevant_attributes", &document),
        ("root_module", values),
        ("outputs", values),
    ] {
        if let Some(value) = from.get(name) {
            fields.insert(name.into(), value.clone());
        }
    }
    let schemas = schema_json::providers(registry, |_| None);
    fields.insert("provider_format_version".into(), schemas.get("format_version").cloned().unwrap_or(Json::Null));
    fields.insert("provider_schemas".into(), schemas.get("provider_schemas").cloned().unwrap_or(Json::Null));
    let message = format!("-verbose flag enabled, printing {what}");
    let mut inner = Map::new();
    inner.insert(kind.into(), fields.into());
    ui_json::line("info", &message, kind, about.fields(inner.into()))
}

/// A diagnostic of a file or a run.
pub fn diagnostic(about: About<'_>, diagnostic: &Diagnostic, sources: &SourceMap) -> Json {
    about.fields(ui_json::diagnostic(diagnostic, sources))
}

/// What could not be removed.
pub fn cleanup(about: About<'_>, left: &[String]) -> Json {
    let name = about.run.map_or_else(|| about.file.to_owned(), |run| format!("{}/{run}", about.file));
    let message =
        format!("Bowline left some resources in state after executing {name}, they need to be cleaned up manually.");
    let failed: Vec<Json> = left.iter().map(|object| json!({ "instance": object })).collect();
    let fields = json!({ "test_cleanup": { "failed_resources": failed } });
    ui_json::line("error", &message, "test_cleanup", about.fields(fields))
}

/// The last line.
pub fn summary(worst: Status, counts: Counts, message: &str) -> Json {
    let fields = json!({ "test_summary": {
        "status": status(worst),
        "passed": counts.passed,
        "failed": counts.failed,
        "errored": counts.errored,
        "skipped": counts.skipped,
    } });
    ui_json::line("info", message, "test_summary", fields)
}
