//! The source lines under a diagnostic.

use crate::diagnostic::Diagnostic;
use crate::span::{Outline, Position, Source, SourceMap, Span};
use crate::syntax;
use crate::syntax::tree::{Block, Ident};

/// Whole lines of a source, with the part at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet<'a> {
    /// The file's name for people.
    pub file: &'a str,
    /// Where the part at fault starts.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// The block around it, as it begins: `resource "azurerm_subnet" "a"`.
    pub context: Option<String>,
    /// The lines, without the last line end.
    pub code: &'a str,
    /// The number of the first line.
    pub first_line: usize,
    /// The part at fault as byte offsets in `code`.
    pub highlight: std::ops::Range<usize>,
}

/// The lines that a diagnostic is about; `None` when it has no place.
pub fn snippet<'a>(diagnostic: &Diagnostic, sources: &'a SourceMap) -> Option<Snippet<'a>> {
    snippet_at(diagnostic.subject?, diagnostic.context, sources)
}

/// The lines of a place, with those of the wider one around it.
pub fn snippet_at(subject: Span, context: Option<Span>, sources: &SourceMap) -> Option<Snippet<'_>> {
    let source = sources.get(subject.source)?;
    let shown = context.map_or(subject, |context| subject.to(context)).range();
    let text = &*source.text;
    // Something is to be marked even where something is missing.
    let end = if subject.end == subject.start { subject.range().end + 1 } else { subject.range().end };
    let (from, to) = (line_start(text, shown.start), line_end(text, shown.end.max(shown.start + 1)));
    let code = text.get(from..to)?.trim_end_matches('\r');
    let within = |byte: usize| byte.saturating_sub(from).min(code.len());
    Some(Snippet {
        file: &source.name,
        start: source.position(subject.start as usize),
        end: source.position(end),
        context: enclosing_block(source, subject),
        code,
        first_line: source.position(from).line,
        highlight: within(subject.start as usize)..within(end),
    })
}

/// The start of the line that holds `byte`.
fn line_start(text: &str, byte: usize) -> usize {
    let before = text.as_bytes().get(..byte.min(text.len())).unwrap_or_default();
    before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)
}

/// The end of the line that holds the last byte before `end`.
fn line_end(text: &str, end: usize) -> usize {
    let from = end.saturating_sub(1).min(text.len());
    let after = text.as_bytes().get(from..).unwrap_or_default();
    after.iter().position(|b| *b == b'\n').map_or(text.len(), |at| from + at)
}

/// The outermost block around a place, in native syntax.
fn enclosing_block(source: &Source, subject: Span) -> Option<String> {
    if source.name.ends_with(".json") {
        return None;
    }
    let outline = |text: &str| {
        let (body, _) = syntax::parse(subject.source, text);
        let label = |label: &Ident| format!(" {}", serde_json::Value::from(&*label.name));
        let begins =
            |block: &Block| format!("{}{}", block.kind.name, block.labels.iter().map(label).collect::<String>());
        let mut outline: Outline = body.blocks.iter().map(|block| (block.span.range(), begins(block))).collect();
        outline.sort_by_key(|(range, _)| range.start);
        outline
    };
    source.block_around(subject.range().start, outline).map(str::to_owned)
}
