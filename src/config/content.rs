//! What a block may hold, checked: the arguments and nested blocks that its kind knows, each once where it must be.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::Span;
use crate::syntax::json;
use crate::syntax::tree::{Attribute, Block, Body, Expression, Ident};

/// The arguments and nested blocks of a kind of block.
pub struct Shape {
    /// Names of arguments; those that must be there have a `!` at the end.
    pub arguments: &'static [&'static str],
    /// Types of nested blocks.
    pub blocks: &'static [BlockShape],
}

/// A type of nested block and what its labels are called.
pub struct BlockShape {
    /// The type.
    pub kind: &'static str,
    /// One word for each label: `type`, `name`.
    pub labels: &'static [&'static str],
}

impl BlockShape {
    /// A type without labels.
    pub const fn plain(kind: &'static str) -> Self {
        Self { kind, labels: &[] }
    }
}

/// The parts of a body that its [`Shape`] names.
#[derive(Debug, Default)]
pub struct Content {
    arguments: Vec<Attribute>,
    blocks: Vec<Block>,
}

impl Content {
    /// Takes the argument of that name out.
    pub fn take(&mut self, name: &str) -> Option<Attribute> {
        let index = self.arguments.iter().position(|a| &*a.name.name == name)?;
        Some(self.arguments.remove(index))
    }

    /// Takes the value of the argument of that name out.
    pub fn value(&mut self, name: &str) -> Option<Expression> {
        self.take(name).map(|a| a.value)
    }

    /// Takes all blocks of that type out.
    pub fn blocks(&mut self, kind: &str) -> Vec<Block> {
        let (taken, left) = std::mem::take(&mut self.blocks).into_iter().partition(|b| &*b.kind.name == kind);
        self.blocks = left;
        taken
    }

    /// Takes all blocks out, in source order.
    pub fn all_blocks(&mut self) -> Vec<Block> {
        std::mem::take(&mut self.blocks)
    }

    /// Takes the only block of that type out; a second one is an error.
    pub fn block(&mut self, kind: &str, diagnostics: &mut Diagnostics) -> Option<Block> {
        let mut found = self.blocks(kind).into_iter();
        let first = found.next();
        for extra in found {
            let detail = format!("Only one \"{kind}\" block is allowed here; there is one above already.");
            diagnostics.error_at(extra.header, format!("Duplicate {kind} block"), detail);
        }
        first
    }
}

impl Shape {
    /// Takes apart a body that may hold nothing but what the shape names.
    pub fn content(&self, body: Body, header: Span, diagnostics: &mut Diagnostics) -> Content {
        let (content, rest) = self.partial(body, header, diagnostics);
        for attribute in &rest.attributes {
            diagnostics.push(self.unsupported_argument(&attribute.name, rest.json));
        }
        for block in &rest.blocks {
            diagnostics.push(self.unsupported_block(block));
        }
        content
    }

    /// Takes what the shape names out of a body; the rest is for somebody else.
    pub fn partial(&self, body: Body, header: Span, diagnostics: &mut Diagnostics) -> (Content, Body) {
        let mut rest = Body { span: body.span, json: body.json, ..Body::default() };
        let mut content = Content::default();
        let mut blocks = body.blocks;
        for attribute in body.attributes {
            let name = &attribute.name.name;
            if self.argument(name) {
                if content.arguments.iter().any(|known| known.name.name == *name) {
                    let detail =
                        format!("The argument \"{name}\" was already set. Each argument may be set only once.");
                    diagnostics.error_at(attribute.name.span, "Duplicate argument", detail);
                    continue;
                }
                content.arguments.push(attribute);
            } else if let Some(shape) = self.blocks.iter().find(|shape| body.json && *shape.kind == **name) {
                blocks.extend(diagnostics.take(json::blocks(attribute, shape.labels.len())));
            } else {
                rest.attributes.push(attribute);
            }
        }
        for block in blocks {
            match self.blocks.iter().find(|shape| *shape.kind == *block.kind.name) {
                Some(shape) => {
                    if labels_fit(&block, shape, diagnostics) {
                        content.blocks.push(block);
                    }
                }
                None => rest.blocks.push(block),
            }
        }
        let place = match body.span {
            // Where the brace is that the contents follow.
            Some(inside) if !body.json => Span { start: inside.start.saturating_sub(1), ..inside },
            inside => inside.unwrap_or(header),
        };
        self.report_missing(&content, place, diagnostics);
        // A thousand bodies are kept for the whole run.
        rest.attributes.shrink_to_fit();
        rest.blocks.shrink_to_fit();
        (content, rest)
    }

    fn argument(&self, name: &str) -> bool {
        self.argument_names().any(|known| known == name)
    }

    fn argument_names(&self) -> impl Iterator<Item = &'static str> {
        self.arguments.iter().map(|name| name.trim_end_matches('!'))
    }

    fn report_missing(&self, content: &Content, place: Span, diagnostics: &mut Diagnostics) {
        let start = Span { end: place.start, ..place };
        for name in self.arguments.iter().filter_map(|name| name.strip_suffix('!')) {
            if !content.arguments.iter().any(|a| &*a.name.name == name) {
                let detail = format!("The argument \"{name}\" is required, but no definition was found.");
                diagnostics.error_at(start, "Missing required argument", detail);
            }
        }
    }

    fn unsupported_argument(&self, name: &Ident, json: bool) -> Diagnostic {
        if json {
            let known = self.argument_names().chain(self.blocks.iter().map(|b| b.kind));
            let hint = did_you_mean(&name.name, known);
            let detail = format!("No argument or block type is named \"{}\".{hint}", name.name);
            return Diagnostic::error("Extraneous JSON object property", detail).at(name.span);
        }
        let kinds = || self.blocks.iter().map(|b| b.kind);
        let hint = if kinds().any(|kind| kind == &*name.name) {
            format!(" Did you mean to define a block of type \"{}\"?", name.name)
        } else {
            did_you_mean(&name.name, self.argument_names())
        };
        let detail = format!("An argument named \"{}\" is not expected here.{hint}", name.name);
        Diagnostic::error("Unsupported argument", detail).at(name.span)
    }

    fn unsupported_block(&self, block: &Block) -> Diagnostic {
        let kind = &block.kind.name;
        let hint = if self.argument(kind) {
            format!(" Did you mean to define argument \"{kind}\"? If so, use the equals sign to assign it a value.")
        } else {
            did_you_mean(kind, self.blocks.iter().map(|b| b.kind))
        };
        let detail = format!("Blocks of type \"{kind}\" are not expected here.{hint}");
        Diagnostic::error("Unsupported block type", detail).at(block.kind.span)
    }
}

fn labels_fit(block: &Block, shape: &BlockShape, diagnostics: &mut Diagnostics) -> bool {
    let (kind, expected) = (shape.kind, shape.labels);
    if let Some(extra) = block.labels.get(expected.len()) {
        let detail = match expected {
            [] => format!("No labels are expected for {kind} blocks."),
            _ => format!("Only {} labels ({}) are expected for {kind} blocks.", expected.len(), expected.join(", ")),
        };
        diagnostics.error_at(extra.span, format!("Extraneous label for {kind}"), detail);
        return false;
    }
    if let Some(missing) = expected.get(block.labels.len()) {
        let detail = format!("All {kind} blocks must have {} labels ({}).", expected.len(), expected.join(", "));
        let place = block.body.span.map_or(block.header, |body| Span {
            start: body.start.saturating_sub(1),
            end: body.start,
            ..body
        });
        diagnostics
            .push(Diagnostic::error(format!("Missing {missing} for {kind}"), detail).at(place).within(block.header));
        return false;
    }
    true
}

/// ` Did you mean "x"?` with the known name that is nearest to what was written, if one is near.
pub fn did_you_mean<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(written, known).map(|name| format!(" Did you mean \"{name}\"?")).unwrap_or_default()
}

/// The known name that is at most two edits away, the first of the nearest.
pub fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (strsim::levenshtein(written, name), name))
        .filter(|(distance, _)| *distance < 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// A label's text.
pub fn label(block: &Block, index: usize) -> Arc<str> {
    block.labels.get(index).map(|l| l.name.clone()).unwrap_or_default()
}
