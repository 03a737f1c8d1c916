//! Tells how tests go, on the screen or in JSON lines, and holds plans against their snapshots.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::cli::invocation::Invocation;
use crate::cli::meaning;
use crate::cli::snapshots::{FOLDER, Snapshots, fixed};
use crate::config::test::TestFile;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::provider::Registry;
use crate::report::plan_text::Detail;
use crate::report::test_json::{self, About};
use crate::report::test_text::{self, Counts, conclusion};
use crate::report::{plan_text, snapshot, state_text};
use crate::testing::{Audience, Event, FileResult, Left, PlanOf, Progress, RunResult, Shown, Status};

/// Tells how tests go.
pub struct Teller<'t> {
    invocation: &'t Invocation,
    registry: &'t Registry,
    snapshots: &'t Snapshots,
    json: bool,
    verbose: bool,
    /// What exists at the moment.
    held: Mutex<Vec<Left>>,
}

impl<'t> Teller<'t> {
    /// For this invocation.
    pub fn new(
        invocation: &'t Invocation,
        registry: &'t Registry,
        snapshots: &'t Snapshots,
        json: bool,
        verbose: bool,
    ) -> Self {
        Self { invocation, registry, snapshots, json, verbose, held: Mutex::default() }
    }

    /// Before anything is carried out.
    pub fn begin(&self, files: &[&TestFile]) {
        self.line(|| test_json::abstract_of(files));
    }

    /// After everything was carried out.
    pub fn conclude(&self, results: &[FileResult]) {
        let worst = results.iter().map(|file| file.status).max().unwrap_or(Status::Pass).max(Status::Pass);
        let counts = Counts::of(results);
        let style = if self.json { &crate::report::style::Style::PLAIN } else { &self.invocation.out };
        let text = conclusion(worst == Status::Pass, counts, style);
        self.line(|| test_json::summary(worst, counts, &text));
        self.text(&format!("\n{text}\n"));
    }

    /// Names, or with `-accept` removes, snapshots that no run asked for.
    pub fn orphans(&self, files: &[TestFile], all: bool) {
        if !all {
            return;
        }
        let mut folders: Vec<PathBuf> = files.iter().map(|file| file.folder.join(FOLDER)).collect();
        folders.sort();
        folders.dedup();
        let found = self.snapshots.orphans(&folders, true);
        self.invocation.report(found);
    }

    /// What would be left if the program ended now, in words.
    pub fn what_is_left(&self) -> String {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for left in held.iter() {
            let _ = write!(text, "\nBowline has already created the following resources for {:?}:\n", &*left.run);
            for object in &left.objects {
                let _ = writeln!(text, "  - {object}");
            }
        }
        text
    }

    fn line(&self, line: impl FnOnce() -> serde_json::Value) {
        if self.json {
            self.invocation.print_line(&line().to_string());
        }
    }

    fn text(&self, text: &str) {
        if !self.json {
            self.invocation.print(text);
        }
    }

    fn report(&self, about: About<'_>, found: &Diagnostics) {
        if !self.json {
            return self.invocation.report(found.clone());
        }
        for diagnostic in found {
            self.line(|| test_json::diagnostic(about, diagnostic, &self.invocation.sources));
        }
    }

    fn file(&self, name: &str, progress: Progress, result: Option<&FileResult>) {
        self.line(|| test_json::file(name, progress, result));
        let what = match (progress, result) {
            (Progress::TearDown, _) => "tearing down".to_owned(),
            (_, Some(result)) => test_text::status(result.status, &self.invocation.out),
            _ => "in progress".to_owned(),
        };
        self.text(&format!("{name}... {what}\n"));
        if let Some(result) = result {
            self.report(About { file: name, run: None }, &result.found);
        }
    }

    fn run(&self, about: About<'_>, progress: Progress, elapsed: u64, result: Option<&RunResult>) {
        self.line(|| test_json::run(about, progress, elapsed, result));
        let Some(result) = result else { return };
        let status = test_text::status(result.status, &self.invocation.out);
        self.text(&format!("  run {}... {status}\n", serde_json::Value::from(&*result.name)));
        if let Some(shown) = result.shown.as_ref().filter(|_| self.verbose) {
            self.line(|| test_json::verbose(about, shown, self.registry));
            self.text(&match shown {
                Shown::Plan(plan) => {
                    let style = &self.invocation.out;
                    plan_text::plan(plan, self.registry, &BTreeMap::new(), Detail::Usual, style) + "\n"
                }
                Shown::State(state) => {
                    format!("\n{}\n", state_text::state(state, self.registry, &self.invocation.out))
                }
            });
        }
        self.report(about, &result.found);
        if result.found.iter().any(|d| d.severity == Severity::Warning) {
            self.text("\n");
        }
    }

    fn cleanup(&self, about: About<'_>, found: &Diagnostics, left: &[String]) {
        let run = about.run.unwrap_or_default();
        if !left.is_empty() {
            self.line(|| test_json::cleanup(about, left));
        }
        if !self.json && found.has_errors() {
            error_text(&test_text::cannot_destroy(about.file, run, &self.invocation.err));
        }
        self.report(about, found);
        if !self.json && !left.is_empty() {
            error_text(&test_text::left_behind(about.file, run, left, &self.invocation.err));
        }
    }
}

/// Nobody can be told that standard error is closed.
fn error_text(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

impl Audience for Teller<'_> {
    fn tell(&self, event: &Event<'_>) {
        match event {
            Event::File { name, progress, result } => self.file(name, *progress, *result),
            Event::Run { file, name, progress, elapsed, result } => {
                self.run(About { file, run: Some(name) }, *progress, *elapsed, *result);
            }
            Event::Cleanup { file, run, found, left } => {
                self.cleanup(About { file, run: Some(run) }, found, left);
            }
        }
    }

    fn snapshot(&self, of: &PlanOf<'_>) -> Diagnostics {
        let access = meaning::access_of(of.plan, of.setting, of.functions.context());
        let sources = &self.invocation.sources;
        let text = snapshot::text(of.plan, self.registry, &access, &|found| fixed(found, sources));
        let name = of.snapshot.name.as_ref().map_or(of.run, |name| &name.value);
        let path = snapshot_folder(of.file).join(format!("{name}.plan"));
        match self.snapshots.compare(&path, &text) {
            Ok(()) => Diagnostics::new(),
            Err(problem) => Diagnostic::at(problem, of.snapshot.span).into(),
        }
    }

    fn holds(&self, left: &[Left]) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = left.to_vec();
    }
}

/// Where the snapshots of a test file lie: in a folder of its name.
fn snapshot_folder(file: &TestFile) -> PathBuf {
    let name = Path::new(&file.name).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.split(".tftest").next().unwrap_or_default().to_owned();
    file.folder.join(FOLDER).join(stem)
}
