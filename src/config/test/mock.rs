//! Reading `mock_provider` and `override_*` blocks, and the files of a mock's `source`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::files::{add_override, at};
use super::{Mock, MockKind, Moment, Override, OverrideKind, TestProvider};
use crate::address::ResourceMode;
use crate::config::content::{BlockShape, Content, Shape, label};
use crate::config::endpoint::Endpoint;
use crate::config::folder::read_source;
use crate::config::literal::{reference, refuse_references, text, word};
use crate::config::module::{ProviderBlock, Text};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::{SourceMap, Span};
use crate::syntax;
use crate::syntax::tree::{Block, Body, Expression, ExpressionKind};

const PROVIDER: Shape = Shape { arguments: &["alias", "override_during", "source"], blocks: MOCKED };

/// The files of a mock's `source` hold what its block may hold.
const MOCK_FILE: Shape = Shape { arguments: &[], blocks: MOCKED };

const MOCKED: &[BlockShape] = &[
    BlockShape { kind: "mock_resource", labels: &["type"] },
    BlockShape { kind: "mock_data", labels: &["type"] },
    BlockShape::plain("override_resource"),
    BlockShape::plain("override_data"),
];

const KIND: Shape = Shape { arguments: &["defaults", "override_during"], blocks: &[] };

const OVERRIDE: Shape = Shape { arguments: &["target", "values", "override_during"], blocks: &[] };

const OVERRIDE_MODULE: Shape = Shape { arguments: &["target", "outputs", "override_during"], blocks: &[] };

impl OverrideKind {
    /// The block's type.
    pub fn word(self) -> &'static str {
        match self {
            Self::Resource => "override_resource",
            Self::Data => "override_data",
            Self::Module => "override_module",
        }
    }

    /// What it may target.
    fn targets(self) -> &'static str {
        match self {
            Self::Resource => "resources",
            Self::Data => "data sources",
            Self::Module => "modules",
        }
    }

    fn fits(self, target: &Endpoint) -> bool {
        match (self, &target.resource) {
            (Self::Module, None) => true,
            (Self::Resource, Some((resource, _))) => resource.mode == ResourceMode::Managed,
            (Self::Data, Some((resource, _))) => resource.mode == ResourceMode::Data,
            _ => false,
        }
    }
}

/// Reads a `mock_provider` block, with the files that it names.
pub(super) fn read_mock_provider(
    block: Block,
    root: &Path,
    sources: &mut SourceMap,
    found: &mut Diagnostics,
) -> TestProvider {
    let (name, span) = (label(&block, 0), block.header);
    let mut content = PROVIDER.content(block.body, span, found);
    let alias = content.value("alias").and_then(|e| text(&e, found));
    let moment = content.value("override_during").and_then(|e| read_moment(&e, found)).unwrap_or_default();
    let mut mock = Mock { moment, ..Mock::default() };
    let source = content.value("source").and_then(|e| text(&e, found));
    mock.take(content, sources, found);
    if let Some(source) = source {
        // What the block itself says counts before what it brings in.
        let mut brought = Mock { moment, ..Mock::default() };
        read_source_files(&source, span, root, &mut brought, sources, found);
        mock.complete_with(brought);
    }
    let block = ProviderBlock { name, alias, for_each: None, body: Body::default(), span };
    TestProvider { block, mock: Some(mock) }
}

impl Mock {
    fn take(&mut self, mut content: Content, sources: &SourceMap, found: &mut Diagnostics) {
        for block in content.all_blocks() {
            match &*block.kind.name {
                "mock_resource" => kind(&mut self.resources, block, self.moment, sources, found),
                "mock_data" => kind(&mut self.data, block, self.moment, sources, found),
                _ => {
                    if let Some(own) = read_override(block, found) {
                        add_override(&mut self.overrides, own, sources, found);
                    }
                }
            }
        }
    }

    fn complete_with(&mut self, other: Self) {
        for (name, kind) in other.resources {
            self.resources.entry(name).or_insert(kind);
        }
        for (name, kind) in other.data {
            self.data.entry(name).or_insert(kind);
        }
        for own in other.overrides {
            if !self.overrides.iter().any(|known| known.target == own.target) {
                self.overrides.push(own);
            }
        }
    }
}

fn kind(
    kinds: &mut IndexMap<Arc<str>, MockKind>,
    block: Block,
    moment: Moment,
    sources: &SourceMap,
    found: &mut Diagnostics,
) {
    let (name, word, span) = (label(&block, 0), block.kind.name.clone(), block.header);
    let mut content = KIND.content(block.body, span, found);
    let defaults = content.value("defaults").and_then(|e| object_of(e, &word, "defaults", found));
    let moment = content.value("override_during").and_then(|e| read_moment(&e, found)).unwrap_or(moment);
    if let Some(first) = kinds.get(&name) {
        let detail = format!("A {word} block for {name} has already been defined at {}.", at(sources, first.span));
        // Terraform has two names for it: in one file, and in two of a folder.
        let what = if first.span.source == span.source { word.to_string() } else { word.replace('_', " ") };
        return found.error_at(span, format!("Duplicate {what} block"), detail);
    }
    kinds.insert(name, MockKind { defaults, moment, span });
}

/// Reads an `override_*` block; `None` without a target that fits.
pub(super) fn read_override(block: Block, found: &mut Diagnostics) -> Option<Override> {
    let kind = match &*block.kind.name {
        "override_resource" => OverrideKind::Resource,
        "override_data" => OverrideKind::Data,
        _ => OverrideKind::Module,
    };
    let (word, span) = (kind.word(), block.header);
    let (shape, argument) =
        if kind == OverrideKind::Module { (OVERRIDE_MODULE, "outputs") } else { (OVERRIDE, "values") };
    let mut content = shape.content(block.body, span, found);
    let values = content.value(argument).and_then(|e| object_of(e, word, argument, found));
    let moment = content.value("override_during").and_then(|e| read_moment(&e, found));
    let Some(target) = content.value("target") else {
        let detail = format!("{word} blocks must specify a target address.");
        found.error_at(span, "Missing target attribute", detail);
        return None;
    };
    let target_span = target.span;
    let target = match Endpoint::read(&reference(target, found)?) {
        Ok(target) => target,
        Err(problem) => {
            found.push(problem);
            return None;
        }
    };
    if !kind.fits(&target) {
        let detail = format!("You can only target {} from {word} blocks, not {target}.", kind.targets());
        found.error_at(target_span, "Invalid override target", detail);
        return None;
    }
    Some(Override { kind, target, target_span, values, moment, span })
}

/// An object of literals.
fn object_of(expression: Expression, block: &str, argument: &str, found: &mut Diagnostics) -> Option<Expression> {
    if !refuse_references(&expression, found) {
        return None;
    }
    if matches!(expression.kind, ExpressionKind::Object(_) | ExpressionKind::Invalid) {
        return Some(expression);
    }
    let article = if argument.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let detail = format!("{block} blocks must specify {article} {argument} attribute that is an object.");
    found.error_at(expression.span, format!("Invalid {argument} attribute"), detail);
    None
}

fn read_moment(expression: &Expression, found: &mut Diagnostics) -> Option<Moment> {
    match word(expression) {
        Some("plan") => Some(Moment::Plan),
        Some("apply") => Some(Moment::Apply),
        _ => {
            let detail = "The override_during attribute must be a value of plan or apply.";
            found.error_at(expression.span, "Invalid override_during value", detail);
            None
        }
    }
}

/// Reads the `.tfmock.hcl` and `.tfmock.json` files of a folder, relative to the root module.
fn read_source_files(
    source: &Text,
    place: Span,
    root: &Path,
    mock: &mut Mock,
    sources: &mut SourceMap,
    found: &mut Diagnostics,
) {
    let folder = Path::new(&*source.value);
    let entries = match std::fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) => {
            let detail = format!("The folder {} that holds mock data cannot be read: {error}.", folder.display());
            found.push(Diagnostic::error("Failed to read mock data directory", detail).at(place));
            return;
        }
    };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with(".tfmock.hcl") || name.ends_with(".tfmock.json")).collect();
    names.sort();
    for name in names {
        let shown: PathBuf = folder.components().skip_while(|c| *c == std::path::Component::CurDir).collect();
        let shown = shown.join(&name);
        let Some((id, text)) = read_source(&root.join(folder).join(&name), &shown, sources, found) else { continue };
        let parse = if name.ends_with(".json") { syntax::json::parse } else { syntax::parse };
        let body = found.take(parse(id, &text));
        let span = body.span.unwrap_or(Span::new(id, 0..text.len()));
        let content = MOCK_FILE.content(body, span, found);
        mock.take(content, sources, found);
    }
}
