//! A module as its editor has it: read, checked, and what is wrong where.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::place::range;
use crate::config::{self, Configuration, Module};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::templates;
use crate::graph::ConfigGraph;
use crate::plan::{self, Setting};
use crate::provider::{Kind, Registry, Surroundings};
use crate::span::{SourceMap, Span};
use crate::syntax::tree::{Block, Body};
use crate::{access, checks, cli, syntax};

/// One folder, taken as a root module.
pub struct Project {
    /// Its texts, those that are open as they are on the screen.
    pub sources: SourceMap,
    /// What is declared.
    pub configuration: Configuration,
    /// The kinds.
    pub registry: Registry,
    found: Diagnostics,
}

impl Project {
    /// Reads a folder and checks what it declares, as `validate` does.
    pub fn look(folder: &Path, unsaved: &BTreeMap<PathBuf, Arc<str>>) -> Self {
        let mut sources = SourceMap::with_unsaved(unsaved.clone());
        let (configuration, mut found) = cli::loading::read_alone(folder, &mut sources);
        let registry = cli::loading::registry();
        found.extend(checks::refuse_unknown(&configuration.preferences));
        if !found.has_errors() {
            found.extend(config::check_calls(&configuration));
            let graph = found.take(ConfigGraph::build(&configuration));
            if !found.has_errors() {
                found.extend(judged(folder, &configuration, &sources, &graph, &registry));
            }
        }
        Self { sources, configuration, registry, found }
    }

    /// The module.
    pub fn module(&self) -> &Module {
        &self.configuration.root
    }

    /// What is wrong, by file.
    pub fn diagnostics(&self) -> BTreeMap<PathBuf, Vec<Json>> {
        let mut by_file: BTreeMap<PathBuf, Vec<Json>> = BTreeMap::new();
        for diagnostic in &self.found {
            if let Some((path, told)) = self.told(diagnostic) {
                by_file.entry(path).or_default().push(told);
            }
        }
        by_file
    }

    fn told(&self, diagnostic: &Diagnostic) -> Option<(PathBuf, Json)> {
        let place = diagnostic.subject?;
        let source = self.sources.get(place.source)?;
        let severity = if diagnostic.severity == Severity::Error { 1 } else { 2 };
        let told = json!({
            "range": range(&source.text, place.range()),
            "severity": severity,
            "source": "bowline",
            "message": format!("{}\n{}", diagnostic.summary, diagnostic.detail),
        });
        Some((source.path.clone()?, told))
    }

    /// Where something was declared, as the protocol writes it.
    pub fn location(&self, place: Span) -> Option<Json> {
        let source = self.sources.get(place.source)?;
        let uri = super::place::uri_of(source.path.as_deref()?);
        Some(json!({ "uri": uri, "range": range(&source.text, place.range()) }))
    }

    /// A kind or a data source by its name.
    pub fn kind(&self, name: &str, is_data: bool) -> Option<&dyn Kind> {
        self.registry.iter().find_map(|provider| if is_data { provider.data_source(name) } else { provider.kind(name) })
    }
}

fn judged(
    folder: &Path,
    configuration: &Configuration,
    sources: &SourceMap,
    graph: &ConfigGraph,
    registry: &Registry,
) -> Diagnostics {
    let surroundings = Surroundings { folder: folder.to_path_buf(), ..Surroundings::default() };
    let setting = Setting {
        configuration,
        sources,
        graph,
        registry,
        surroundings: &surroundings,
        workspace: "default",
        stand_ins: None,
        validated: false,
    };
    let functions = templates::Surroundings {
        folder: folder.to_path_buf(),
        planning: true,
        plan_time: Some(jiff::Timestamp::now()),
        console: false,
    };
    let mut found = plan::validate(setting, functions.context());
    if !found.has_errors() {
        let foreseen = plan::foresee(setting, functions.context(), BTreeMap::new());
        let findings = checks::run(&access::foreseen(&foreseen), configuration, sources);
        found.extend(checks::diagnostics(&findings, checks::Mode::All));
    }
    found
}

/// The blocks around a byte of a text.
pub struct Around {
    /// Their types, from the outside in.
    pub path: Vec<String>,
    /// The labels of the outermost.
    pub labels: Vec<String>,
}

/// What stands around a byte.
pub fn around(text: &str, at: usize) -> Around {
    let mut sources = SourceMap::default();
    let source = sources.add("", None, text);
    let (body, _) = syntax::parse(source, text);
    let mut around = Around { path: Vec::new(), labels: Vec::new() };
    descend(&body, at, &mut around);
    around
}

fn descend(body: &Body, at: usize, around: &mut Around) {
    let inside = |block: &&Block| block.header.range().end < at && at < block.span.range().end;
    if let Some(block) = body.blocks.iter().find(inside) {
        if around.path.is_empty() {
            around.labels = block.labels.iter().map(|label| label.name.to_string()).collect();
        }
        around.path.push(block.kind.name.to_string());
        descend(&block.body, at, around);
    }
}
