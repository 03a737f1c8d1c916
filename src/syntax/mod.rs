//! Text to syntax tree.
//!
//! The reader is our own, not that of an HCL crate: people get every syntax error of a file at its place and in
//! Terraform's words, what Terraform accepts is accepted (duplicate object keys, a byte order mark, long chains of
//! operators), and a file is read several times faster. Scanner → tokens → [`tree`].

mod body;
mod collection;
mod cursor;
mod directive;
mod expression;
pub mod fmt;
pub mod json;
mod json_text;
mod json_token;
mod literal;
pub mod scan;
mod template;
#[cfg(test)]
mod tests;
pub mod token;
pub mod tree;

use crate::diagnostic::Diagnostics;
use crate::span::{SourceId, Span};
use crate::syntax::cursor::{Origin, Parser, Read};
use crate::syntax::token::TokenKind;
use crate::syntax::tree::{Body, Expression, ExpressionKind, Reference};

/// Reads a configuration file in native syntax. What could be read is in the body even if there are errors;
/// an expression that could not be is [`ExpressionKind::Invalid`].
pub fn parse(source: SourceId, text: &str) -> (Body, Diagnostics) {
    let mut parser = Parser::new(Origin::whole(source, text), text);
    parser.report_unknown();
    let body = parser.file();
    (body, parser.diagnostics)
}

/// Reads a text that is one expression.
pub fn parse_expression(source: SourceId, text: &str) -> (Expression, Diagnostics) {
    expression_at(Origin::whole(source, text), text)
}

/// The same for a text that stands at a place in a source, such as in quotes.
pub fn parse_expression_at(place: Span, text: &str) -> (Expression, Diagnostics) {
    expression_at(Origin { span: place }, text)
}

/// Reads a text that is a template as a whole, such as a file for `templatefile`.
pub fn parse_template(source: SourceId, text: &str) -> (Expression, Diagnostics) {
    template_at(Origin::whole(source, text), text)
}

/// Reads a text that names something: a root name and steps with literal keys, as in `azurerm_subnet.a["x"]`.
pub fn parse_traversal(source: SourceId, text: &str) -> (Option<Reference>, Diagnostics) {
    parse_traversal_at(Span::new(source, 0..text.len()), text)
}

/// The same for a text that stands at a place in a source, such as in quotes.
pub fn parse_traversal_at(place: Span, text: &str) -> (Option<Reference>, Diagnostics) {
    let (expression, mut diagnostics) = expression_at(Origin { span: place }, text);
    match expression.kind {
        ExpressionKind::Reference(reference) => (Some(reference), diagnostics),
        _ => {
            if !diagnostics.has_errors() {
                let detail = "Here only names, attributes and indexes may stand, such as module.a[\"x\"].output.";
                diagnostics.error_at(expression.span, "Invalid reference", detail);
            }
            (None, diagnostics)
        }
    }
}

/// Reads an expression that stands somewhere in a source.
fn expression_at(origin: Origin, text: &str) -> (Expression, Diagnostics) {
    let mut parser = Parser::new(origin, text);
    parser.report_unknown();
    let expression = parser.with_newlines(false, |parser| {
        let expression = parser.expression()?;
        let next = parser.peek();
        if next.kind == TokenKind::End {
            return Ok(expression);
        }
        let detail = "The expression ends before this.";
        Err(parser.fail(next, "Extra characters after expression", detail))
    });
    finish(expression, origin, parser)
}

/// Reads a template that stands somewhere in a source.
fn template_at(origin: Origin, text: &str) -> (Expression, Diagnostics) {
    let mut parser = Parser::for_template(origin, text);
    parser.report_unknown();
    let template = parser.whole_template();
    finish(template, origin, parser)
}

fn finish(read: Read<Expression>, origin: Origin, parser: Parser<'_>) -> (Expression, Diagnostics) {
    let expression = read.unwrap_or(Expression { kind: ExpressionKind::Invalid, span: origin.span });
    (expression, parser.diagnostics)
}
