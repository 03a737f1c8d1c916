//! Reading `module` blocks.

use crate::config::content::{BlockShape, Shape, label};
use crate::config::literal::{discourage_quotes, entries, is_literal, provider, references, text};
use crate::config::meta::read_repetition;
use crate::config::module::{EarlyTexts, ModuleCall, ProviderPass, Text};
use crate::config::resource::ProviderRef;
use crate::config::resource_block::unescape;
use crate::config::source::check_source;
use crate::diagnostic::Diagnostics;
use crate::syntax::tree::{Block, Expression};

const CALL: Shape = Shape {
    arguments: &["source!", "version", "count", "for_each", "depends_on", "providers"],
    blocks: &[BlockShape::plain("lifecycle"), BlockShape::plain("_")],
};

const LIFECYCLE: Shape = Shape { arguments: &["enabled"], blocks: &[] };

/// Reads a `module` block; `None` when nobody can tell which module it calls.
pub fn read_call(block: Block, diagnostics: &mut Diagnostics) -> Option<ModuleCall> {
    let (name, span) = (label(&block, 0), block.header);
    discourage_quotes(&block.body, &["depends_on"], diagnostics);
    let (mut content, mut body) = CALL.partial(block.body, span, diagnostics);
    unescape(&mut content, &mut body);
    let lifecycle = content.block("lifecycle", diagnostics);
    let enabled = lifecycle.and_then(|l| LIFECYCLE.content(l.body, l.header, diagnostics).value("enabled"));
    let repetition = read_repetition(&mut content, diagnostics);
    let version = content.value("version").and_then(|e| early_text(e, diagnostics));
    let providers = content.value("providers").map(|e| passes(e, diagnostics)).unwrap_or_default();
    let depends_on = content.value("depends_on").map(|e| references(e, diagnostics)).unwrap_or_default();
    let source = content.value("source").and_then(|e| early_text(e, diagnostics))?;
    let (source, source_expression) = source;
    let (version, version_expression) = version.unzip();
    let early = EarlyTexts { source: source_expression, version: version_expression.flatten() };
    if early.is_empty() {
        check_source(&source, version.as_ref(), diagnostics);
    }
    Some(ModuleCall { name, source, version, early, body, repetition, enabled, providers, depends_on, span })
}

/// A text, and when it is no literal the expression that it will be found from; until then it is empty.
fn early_text(expression: Expression, diagnostics: &mut Diagnostics) -> Option<(Text, Option<Expression>)> {
    if is_literal(&expression) {
        return Some((text(&expression, diagnostics)?, None));
    }
    Some((Text { value: "".into(), span: expression.span }, Some(expression)))
}

/// `{ child = parent }`, where a child may have an alias: `azurerm.dns = azurerm.hub`.
pub(super) fn passes(expression: Expression, diagnostics: &mut Diagnostics) -> Vec<ProviderPass> {
    let pass = |(child, parent): (ProviderRef, Expression)| {
        Some(ProviderPass { child, parent: provider(parent, diagnostics)? })
    };
    let mut found = Diagnostics::new();
    let pairs = provider_entries(expression, &mut found);
    let passes = pairs.into_iter().filter_map(pass).collect();
    diagnostics.extend(found);
    passes
}

/// The entries of the object, their keys read as provider references.
fn provider_entries(expression: Expression, diagnostics: &mut Diagnostics) -> Vec<(ProviderRef, Expression)> {
    use crate::syntax::tree::{ExpressionKind, ObjectKey};
    let ExpressionKind::Object(items) = expression.kind else {
        // Not an object that is written out: `entries` says so.
        entries(expression, diagnostics);
        return Vec::new();
    };
    let read = |item: crate::syntax::tree::ObjectItem| {
        let child = match item.key {
            ObjectKey::Name(name) => ProviderRef { name: name.name, alias: None, key: None, span: name.span },
            ObjectKey::Expression(key) | ObjectKey::Property(key) => provider(*key, diagnostics)?,
        };
        Some((child, item.value))
    };
    items.into_iter().filter_map(read).collect()
}
