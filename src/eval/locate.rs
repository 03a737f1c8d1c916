//! From a path in a decoded value back to where it was written.

use crate::span::Span;
use crate::syntax::tree::{Block, Body, Expression, ExpressionKind, ObjectItem, ObjectKey};
use crate::value::{Path, PathStep, Value};

/// The place of the innermost argument or block on a path into the value of a body; `fallback` when nothing on the
/// path was written.
pub fn locate(body: &Body, path: &Path, fallback: Span) -> Span {
    in_body(body, &path.0, fallback)
}

fn in_body(body: &Body, steps: &[PathStep], fallback: Span) -> Span {
    let Some((PathStep::Attribute(name), rest)) = steps.split_first() else { return fallback };
    if let Some(attribute) = body.attribute(name) {
        return in_expression(&attribute.value, rest);
    }
    let position = match rest.first() {
        Some(PathStep::Index(key)) => key.as_number().and_then(crate::value::Number::to_usize),
        _ => None,
    };
    let label = match rest.first() {
        Some(PathStep::Index(key)) => key.as_str(),
        _ => None,
    };
    let rest = if matches!(rest.first(), Some(PathStep::Index(_))) { rest.get(1..).unwrap_or_default() } else { rest };
    let written: Vec<&Block> = body.blocks.iter().filter(|block| makes(block, name)).collect();
    let labelled = written.iter().find(|block| block.labels.first().is_some_and(|l| Some(&*l.name) == label));
    // Behind a dynamic block positions cannot be told apart: its content stands for all of them.
    match labelled.or_else(|| position.and_then(|p| written.get(p))).or_else(|| written.last()) {
        Some(block) => in_block(block, rest),
        None => fallback,
    }
}

/// Whether a block is, or makes, blocks of a type.
fn makes(block: &Block, name: &str) -> bool {
    &*block.kind.name == name
        || &*block.kind.name == "dynamic" && block.labels.first().is_some_and(|l| &*l.name == name)
}

fn in_block(block: &Block, steps: &[PathStep]) -> Span {
    let content = block.body.blocks_of("content").next().filter(|_| &*block.kind.name == "dynamic");
    in_body(&content.unwrap_or(block).body, steps, block.header)
}

fn in_expression(expression: &Expression, steps: &[PathStep]) -> Span {
    let Some((step, rest)) = steps.split_first() else { return expression.span };
    let inner = match (&expression.kind, step) {
        (ExpressionKind::Parenthesis(inner), _) => return in_expression(inner, steps),
        (ExpressionKind::Object(items), PathStep::Attribute(name)) => field(items, name),
        (ExpressionKind::Object(items), PathStep::Index(key)) => match key.as_str() {
            Some(key) => field(items, key),
            // In JSON the only block of a type may stand without the brackets of a list.
            None => return in_expression(expression, rest),
        },
        (ExpressionKind::Tuple(items), PathStep::Index(key)) => {
            key.as_number().and_then(crate::value::Number::to_usize).and_then(|i| items.get(i))
        }
        _ => None,
    };
    inner.map_or(expression.span, |inner| in_expression(inner, rest))
}

fn field<'a>(items: &'a [ObjectItem], wanted: &str) -> Option<&'a Expression> {
    let is_wanted = |item: &&ObjectItem| match &item.key {
        ObjectKey::Name(name) => &*name.name == wanted,
        ObjectKey::Expression(key) | ObjectKey::Property(key) => {
            matches!(&key.kind, ExpressionKind::Literal(key) if Value::as_str(key) == Some(wanted))
        }
    };
    items.iter().find(is_wanted).map(|item| &item.value)
}
