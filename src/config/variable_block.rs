//! Reading `variable` blocks.

use crate::config::content::{BlockShape, Shape, label};
use crate::config::literal::{flag, refuse_references, text, unquoted};
use crate::config::meta::read_check_rules;
use crate::config::variable::Variable;
use crate::diagnostic::Diagnostics;
use crate::span::Span;
use crate::syntax::tree::Block;

const VARIABLE: Shape = Shape {
    arguments: &["description", "default", "type", "sensitive", "ephemeral", "nullable", "deprecated", "const"],
    blocks: &[BlockShape::plain("validation")],
};

/// Names that a `module` block could not set, because they mean something else there.
const RESERVED: [&str; 8] =
    ["source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"];

/// Reads a `variable` block.
pub fn read_variable(block: Block, diagnostics: &mut Diagnostics) -> Variable {
    let (name, span) = (label(&block, 0), block.header);
    if let Some(written) = block.labels.first().filter(|l| RESERVED.contains(&&*l.name)) {
        let detail =
            format!("The variable name \"{name}\" is reserved due to its special meaning inside module blocks.");
        diagnostics.error_at(written.span, "Invalid variable name", detail);
    }
    let json = block.body.json;
    // What was laid over the block comes from another place.
    let within =
        |span: Span| span.source == block.span.source && span.start >= block.span.start && span.end <= block.span.end;
    let moved = |name: &str| block.body.attribute(name).is_some_and(|argument| !within(argument.span));
    let overridden = block.overridden.filter(|_| moved("type") || moved("default"));
    let mut content = VARIABLE.content(block.body, span, diagnostics);
    let validations = read_check_rules(content.blocks("validation"), diagnostics);
    let mut own_flag = |name| content.value(name).and_then(|e| flag(&e, diagnostics));
    let (sensitive, ephemeral, nullable) = (own_flag("sensitive"), own_flag("ephemeral"), own_flag("nullable"));
    Variable {
        name,
        ty: content.value("type").map(|e| unquoted(e, json, diagnostics)),
        default: content.value("default").filter(|e| json || refuse_references(e, diagnostics)),
        description: content.value("description").and_then(|e| text(&e, diagnostics)),
        sensitive: sensitive.unwrap_or(false),
        nullable: nullable.unwrap_or(true),
        ephemeral: ephemeral.unwrap_or(false),
        deprecated: content.value("deprecated").and_then(|e| text(&e, diagnostics)),
        validations,
        span,
        overridden,
    }
}
