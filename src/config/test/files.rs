//! Finding test files, and reading one from its top.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::mock::{read_mock_provider, read_override};
use super::run::read_run;
use super::{Override, TestFile, TestProvider};
use crate::config::content::{BlockShape, Shape, label};
use crate::config::folder::read_source;
use crate::config::literal::{flag, text};
use crate::config::module::ProviderBlock;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::{SourceId, SourceMap, Span};
use crate::syntax;
use crate::syntax::tree::{Block, Expression};

const FILE: Shape = Shape {
    arguments: &[],
    blocks: &[
        BlockShape { kind: "run", labels: &["name"] },
        BlockShape::plain("variables"),
        BlockShape { kind: "provider", labels: &["name"] },
        BlockShape { kind: "mock_provider", labels: &["name"] },
        BlockShape::plain("override_resource"),
        BlockShape::plain("override_data"),
        BlockShape::plain("override_module"),
        BlockShape::plain("test"),
    ],
};

const TEST: Shape = Shape { arguments: &["parallel"], blocks: &[] };

const PROVIDER: Shape = Shape { arguments: &["alias"], blocks: &[] };

/// Where test files lie beside the root module's own folder.
#[derive(Debug, Clone)]
pub struct TestFolder<'a> {
    /// Relative to the root module.
    pub path: &'a Path,
    /// It was asked for by name, so that it should be there.
    pub named: bool,
}

/// Reads the test files of a stack, in the order of their names.
pub fn read_test_files(root: &Path, tests: &TestFolder<'_>, sources: &mut SourceMap) -> (Vec<TestFile>, Diagnostics) {
    let mut found = Diagnostics::new();
    let inside = tests.path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        let detail = "The testing directory must be a relative path pointing to a directory local to the configuration \
                      directory.";
        found.push(Diagnostic::error("Invalid testing directory", detail));
        return (Vec::new(), found);
    }
    if tests.named && !root.join(tests.path).is_dir() {
        let detail = format!("Requested test directory {} does not exist.", tests.path.display());
        found.push(Diagnostic::warning("Test directory does not exist", detail));
    }
    let mut paths: Vec<PathBuf> = test_files_in(root, Path::new(""));
    paths.extend(test_files_in(root, tests.path));
    paths.sort();
    paths.dedup();
    let read = |shown: PathBuf| read_test_file(root, &shown, sources, &mut found);
    (paths.into_iter().filter_map(read).collect(), found)
}

/// The test files of one folder, relative to the root module.
fn test_files_in(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
    let is_test =
        |name: &String| (name.ends_with(".tftest.hcl") || name.ends_with(".tftest.json")) && !name.starts_with('.');
    entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(is_test).map(|n| folder.join(n)).collect()
}

fn read_test_file(root: &Path, shown: &Path, sources: &mut SourceMap, found: &mut Diagnostics) -> Option<TestFile> {
    let (source, text) = read_source(&root.join(shown), shown, sources, found)?;
    Some(of_text(root, shown, (source, &text), sources, found))
}

/// Reads the text of a test file.
fn of_text(
    root: &Path,
    shown: &Path,
    (source, text): (SourceId, &str),
    sources: &mut SourceMap,
    found: &mut Diagnostics,
) -> TestFile {
    let json = shown.extension().is_some_and(|extension| extension == "json");
    let parse = if json { syntax::json::parse } else { syntax::parse };
    let body = found.take(parse(source, text));
    let span = body.span.unwrap_or(Span::new(source, 0..text.len()));
    let blocks = FILE.content(body, span, found).all_blocks();
    let folder = shown.parent().map(Path::to_path_buf).unwrap_or_default();
    let file = TestFile { name: shown.to_string_lossy().into_owned(), folder, ..TestFile::default() };
    let mut reader = Reader { file, root, sources, found, variables: None, runs: IndexMap::new(), parallel: false };
    for block in blocks {
        reader.block(block);
    }
    let (mut file, parallel) = (reader.file, reader.parallel);
    file.runs.iter_mut().for_each(|run| run.parallel |= parallel);
    file
}

/// Reads the blocks of one file.
struct Reader<'a> {
    file: TestFile,
    root: &'a Path,
    sources: &'a mut SourceMap,
    found: &'a mut Diagnostics,
    variables: Option<Span>,
    /// Where each run is, also one that could not be read.
    runs: IndexMap<Arc<str>, Span>,
    parallel: bool,
}

impl Reader<'_> {
    fn block(&mut self, block: Block) {
        match &*block.kind.name {
            "run" => self.run(block),
            "variables" => {
                if let Some(first) = self.variables {
                    let detail =
                        format!("This test file already has a variables block defined at {}.", at(self.sources, first));
                    return self.found.error_at(block.header, "Multiple \"variables\" blocks", detail);
                }
                self.variables = Some(block.header);
                self.file.variables = variables(block, self.found);
            }
            "provider" => self.provider(block),
            "mock_provider" => {
                let provider = read_mock_provider(block, self.root, self.sources, self.found);
                self.add_provider(provider);
            }
            "test" => {
                let mut content = TEST.content(block.body, block.header, self.found);
                self.parallel |= content.value("parallel").and_then(|e| flag(&e, self.found)).unwrap_or(false);
            }
            _ => {
                if let Some(own) = read_override(block, self.found) {
                    add_override(&mut self.file.overrides, own, self.sources, self.found);
                }
            }
        }
    }

    fn run(&mut self, block: Block) {
        let (name, span) = (label(&block, 0), block.header);
        let run = read_run(block, self.sources, self.found);
        if let Some(first) = self.runs.get(&name) {
            let detail =
                format!("This test file already has a run named {name} block defined at {}.", at(self.sources, *first));
            return self.found.error_at(span, "Duplicate \"run\" block names", detail);
        }
        self.runs.insert(name, span);
        self.file.runs.push(run);
    }

    fn provider(&mut self, block: Block) {
        let (name, span) = (label(&block, 0), block.header);
        let (mut content, body) = PROVIDER.partial(block.body, span, self.found);
        let alias = content.value("alias").and_then(|e| text(&e, self.found));
        let block = ProviderBlock { name, alias, for_each: None, body, span };
        self.add_provider(TestProvider { block, mock: None });
    }

    fn add_provider(&mut self, provider: TestProvider) {
        let key = |p: &TestProvider| provider_key(&p.block.name, p.block.alias.as_ref().map(|a| &*a.value));
        let own = key(&provider);
        if let Some(first) = self.file.providers.iter().find(|known| key(known) == own) {
            let detail = format!("A provider for {own} is already defined at {}.", at(self.sources, first.block.span));
            return self.found.error_at(provider.block.span, "Duplicate provider block", detail);
        }
        self.file.providers.push(provider);
    }
}

/// `name` or `name.alias`
pub(super) fn provider_key(name: &str, alias: Option<&str>) -> String {
    alias.map_or_else(|| name.to_owned(), |alias| format!("{name}.{alias}"))
}

/// The assignments of a `variables` block.
pub(super) fn variables(block: Block, found: &mut Diagnostics) -> IndexMap<Arc<str>, Expression> {
    for nested in &block.body.blocks {
        let summary = format!("Unexpected \"{}\" block", nested.kind.name);
        found.error_at(nested.header, summary, "Blocks are not allowed here.");
    }
    block.body.attributes.into_iter().map(|attribute| (attribute.name.name, attribute.value)).collect()
}

/// Adds an override unless there is one of the same target.
pub(super) fn add_override(list: &mut Vec<Override>, own: Override, sources: &SourceMap, found: &mut Diagnostics) {
    if let Some(first) = list.iter().find(|known| known.target == own.target) {
        let kind = own.kind.word();
        let detail = format!(
            "An {kind} block targeting {} has already been defined at {}.",
            own.target,
            at(sources, first.span)
        );
        return found.error_at(own.span, format!("Duplicate {kind} block"), detail);
    }
    list.push(own);
}

/// A place for the text of a message: `a.tftest.hcl:3,1-10`.
pub(super) fn at(sources: &SourceMap, span: Span) -> String {
    let name = sources.get(span.source).map_or("", |source| &source.name);
    match (sources.start(span), sources.end(span)) {
        (Some(start), Some(end)) if start.line == end.line => {
            format!("{name}:{},{}-{}", start.line, start.column, end.column)
        }
        (Some(start), Some(end)) => format!("{name}:{},{}-{},{}", start.line, start.column, end.line, end.column),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn read(name: &str, text: &str) -> (TestFile, Diagnostics) {
        let (mut sources, mut found) = (SourceMap::default(), Diagnostics::new());
        let source = sources.add(name, None, text);
        let file = of_text(Path::new("."), Path::new(name), (source, text), &mut sources, &mut found);
        (file, found)
    }

    #[test]
    fn both_syntaxes_say_the_same() {
        let native =
            "variables { x = 1 }\nrun \"a\" {\n  command = plan\n  expect_failures = [var.x]\n  parallel = true\n}\n";
        let json =
            r#"{"variables":{"x":1},"run":{"a":{"command":"plan","expect_failures":["var.x"],"parallel":true}}}"#;
        for (name, text) in [("a.tftest.hcl", native), ("a.tftest.json", json)] {
            let (file, found) = read(name, text);
            assert!(found.is_empty(), "{name}: {found:?}");
            let run = file.runs.first().unwrap();
            assert_eq!((&*run.name, run.command, run.parallel), ("a", super::super::TestCommand::Plan, true));
            assert_eq!((run.expect_failures.len(), file.variables.len()), (1, 1));
        }
    }

    /// Words of test files in any order: whatever is written, it is read to its end, and what is no test file is told.
    fn soup() -> impl Strategy<Value = String> {
        let words = prop::sample::select(vec![
            "run",
            "\"a\"",
            "\"b c\"",
            "{",
            "}",
            "\n",
            "=",
            "command",
            "plan",
            "apply",
            "variables",
            "assert",
            "condition",
            "error_message",
            "expect_failures",
            "[",
            "]",
            "var.x",
            "output.y",
            "module",
            "source",
            "\"./m\"",
            "plan_options",
            "mode",
            "refresh-only",
            "target",
            "mock_provider",
            "mock_resource",
            "defaults",
            "override_resource",
            "values",
            "override_during",
            "override_module",
            "outputs",
            "module.m[0]",
            "null",
            "snapshot",
            "name",
            "state_key",
            "test",
            "parallel",
            "true",
            "1",
            "${",
            "<<E",
            "provider",
            "alias",
            "providers",
            ",",
            "\"",
            "é",
        ]);
        prop::collection::vec(words, 0..60).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in soup()) {
            read("a.tftest.hcl", &text);
        }

        #[test]
        fn any_json_is_read_to_its_end(keys in prop::collection::vec(prop::sample::select(vec![
            "run", "variables", "assert", "mock_provider", "override_data", "target", "values", "command", "module", "snapshot",
        ]), 1..8), leaf in prop::sample::select(vec!["1", "null", "\"plan\"", "[]", "{}", "[{\"a\":1}]", "\"${\""])) {
            let open: String = keys.iter().map(|key| format!("{{\"{key}\":")).collect();
            read("a.tftest.json", &format!("{open}{leaf}{}", "}".repeat(keys.len())));
        }
    }
}
