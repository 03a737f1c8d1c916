//! Reading `run` blocks.

use indexmap::IndexMap;

use super::files::{add_override, at, variables};
use super::mock::read_override;
use super::{PlanOptions, Snapshot, TestCommand, TestModule, TestRun};
use crate::address::ResourceMode;
use crate::config::call::passes;
use crate::config::content::{BlockShape, Content, Shape, label};
use crate::config::declare::NAME_RULE;
use crate::config::endpoint::Endpoint;
use crate::config::literal::{discourage_quotes, flag, list, reference, text, word};
use crate::config::meta::read_check_rules;
use crate::config::source::check_source;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::{SourceMap, Span};
use crate::syntax::scan::is_name;
use crate::syntax::tree::{Block, Expression, Reference};

const RUN: Shape = Shape {
    arguments: &["command", "providers", "expect_failures", "state_key", "parallel"],
    blocks: &[
        BlockShape::plain("plan_options"),
        BlockShape::plain("assert"),
        BlockShape::plain("variables"),
        BlockShape::plain("module"),
        BlockShape::plain("override_resource"),
        BlockShape::plain("override_data"),
        BlockShape::plain("override_module"),
        BlockShape::plain("snapshot"),
    ],
};

const OPTIONS: Shape = Shape { arguments: &["mode", "refresh", "replace", "target"], blocks: &[] };

const MODULE: Shape = Shape { arguments: &["source", "version"], blocks: &[] };

const SNAPSHOT: Shape = Shape { arguments: &["name"], blocks: &[] };

/// Reads a `run` block; what is wrong with a part leaves that part out.
pub(super) fn read_run(block: Block, sources: &SourceMap, found: &mut Diagnostics) -> TestRun {
    let (name, span) = (label(&block, 0), block.header);
    if let Some(label) = block.labels.first().filter(|label| !is_name(&label.name)) {
        found.error_at(label.span, "Invalid run block name", NAME_RULE);
    }
    discourage_quotes(&block.body, &["expect_failures"], found);
    let mut content = RUN.content(block.body, span, found);
    let mut overrides = Vec::new();
    for kind in ["override_resource", "override_data", "override_module"] {
        for block in content.blocks(kind) {
            if let Some(own) = read_override(block, found) {
                add_override(&mut overrides, own, sources, found);
            }
        }
    }
    let options = only(&mut content, "plan_options", sources, found);
    let variables_block = only(&mut content, "variables", sources, found);
    let module = only(&mut content, "module", sources, found);
    let snapshot = only(&mut content, "snapshot", sources, found);
    let mut command = TestCommand::Apply;
    if let Some(expression) = content.value("command") {
        command = read_command(&expression, found);
    }
    TestRun {
        name,
        command,
        options: options.map(|block| read_options(block, found)).unwrap_or_default(),
        variables: variables_block.map_or_else(IndexMap::new, |block| variables(block, found)),
        overrides,
        providers: content.value("providers").map(|e| passes(e, found)).unwrap_or_default(),
        asserts: read_check_rules(content.blocks("assert"), found),
        module: module.and_then(|block| read_module(block, found)),
        expect_failures: content.value("expect_failures").map(|e| read_expected(e, found)).unwrap_or_default(),
        state_key: content.value("state_key").and_then(|e| text(&e, found)),
        parallel: content.value("parallel").and_then(|e| flag(&e, found)).unwrap_or(false),
        snapshot: snapshot.map(|block| read_snapshot(block, found)),
        span,
    }
}

/// The one block of a type; others are told with the place of the first.
fn only(content: &mut Content, kind: &str, sources: &SourceMap, found: &mut Diagnostics) -> Option<Block> {
    let mut blocks = content.blocks(kind).into_iter();
    let first = blocks.next()?;
    for extra in blocks {
        let detail = format!("This run block already has a {kind} block defined at {}.", at(sources, first.header));
        found.error_at(extra.header, format!("Multiple \"{kind}\" blocks"), detail);
    }
    Some(first)
}

fn read_command(expression: &Expression, found: &mut Diagnostics) -> TestCommand {
    match word(expression) {
        Some("apply") => TestCommand::Apply,
        Some("plan") => TestCommand::Plan,
        _ => {
            let detail =
                "The \"command\" argument requires one of the following keywords without quotes: apply or plan.";
            found.error_at(expression.span, "Invalid \"command\" keyword", detail);
            TestCommand::Apply
        }
    }
}

fn read_options(block: Block, found: &mut Diagnostics) -> PlanOptions {
    let mut content = OPTIONS.content(block.body, block.header, found);
    let mut options = PlanOptions::default();
    if let Some(mode) = content.value("mode") {
        match word(&mode) {
            Some("normal") => {}
            Some("refresh-only") => options.refresh_only = true,
            _ => {
                let detail = "The \"mode\" argument requires one of the following keywords without quotes: normal or \
                              refresh-only";
                found.error_at(mode.span, "Invalid \"mode\" keyword", detail);
            }
        }
    }
    options.refresh = content.value("refresh").and_then(|e| flag(&e, found)).unwrap_or(true);
    if options.refresh_only && !options.refresh {
        let detail = "The \"refresh-only\" mode does nothing but refresh, so \"refresh\" cannot be false with it.";
        found.error_at(block.header, "Incompatible plan options", detail);
    }
    let mut addresses = |name| content.value(name).map(|e| read_references(e, found)).unwrap_or_default();
    (options.replace, options.targets) = (addresses("replace"), addresses("target"));
    for (of, span) in &options.replace {
        let instance = Endpoint::read(of).ok().and_then(|end| end.resource);
        if instance.is_none_or(|(resource, _)| resource.mode != ResourceMode::Managed) {
            let detail = "It must be the address of one instance: azurerm_subnet.a or azurerm_subnet.a[\"x\"].";
            found.error_at(*span, "Invalid replace address", detail);
        }
    }
    for problem in options.targets.iter().filter_map(|(of, _)| Endpoint::read(of).err()) {
        found.push(problem);
    }
    options
}

fn read_references(expression: Expression, found: &mut Diagnostics) -> Vec<(Reference, Span)> {
    let read = |item: Expression| {
        let span = item.span;
        Some((reference(item, found)?, span))
    };
    let mut problems = Diagnostics::new();
    let items = list(expression, &mut problems);
    let references = items.into_iter().filter_map(read).collect();
    found.extend(problems);
    references
}

fn read_module(block: Block, found: &mut Diagnostics) -> Option<TestModule> {
    let span = block.header;
    let mut content = MODULE.content(block.body, span, found);
    let version = content.value("version").and_then(|e| text(&e, found));
    let Some(source) = content.value("source") else {
        let detail = "You must specify a source attribute when executing alternate modules during test executions.";
        found.error_at(span, "Missing \"source\" attribute for module block", detail);
        return None;
    };
    let source = text(&source, found)?;
    check_source(&source, version.as_ref(), found);
    Some(TestModule { source, version, span })
}

/// What may fail: variables, outputs, checks, resources.
fn read_expected(expression: Expression, found: &mut Diagnostics) -> Vec<(Reference, Span)> {
    let mut expected = read_references(expression, found);
    expected.retain(|(of, span)| {
        let root = &*of.root.name;
        let fits = match root {
            "var" | "output" | "check" => of.steps.len() == 1,
            "local" | "module" | "each" | "count" | "path" | "terraform" | "self" | "run" => false,
            _ => Endpoint::read(of).is_ok_and(|end| end.module.is_empty()),
        };
        if !fits {
            let detail = format!(
                "You cannot expect failures from {}. You can only expect failures from checkable objects such as input \
                 variables, output values, check blocks, managed resources and data sources.",
                written(of)
            );
            found.push(Diagnostic::error("Invalid `expect_failures` reference", detail).at(*span));
        }
        fits
    });
    expected
}

/// A reference by its names.
fn written(reference: &Reference) -> String {
    use crate::syntax::tree::Step;
    let names = reference.steps.iter().map_while(|step| match step {
        Step::Attribute(name) => Some(format!(".{}", name.name)),
        _ => None,
    });
    format!("{}{}", reference.root.name, names.collect::<String>())
}

fn read_snapshot(block: Block, found: &mut Diagnostics) -> Snapshot {
    let span = block.header;
    let mut content = SNAPSHOT.content(block.body, span, found);
    let name = content.value("name").and_then(|e| text(&e, found));
    if let Some(name) = name.as_ref().filter(|name| !is_name(&name.value)) {
        found.error_at(name.span, "Invalid snapshot name", NAME_RULE);
    }
    Snapshot { name, span }
}
