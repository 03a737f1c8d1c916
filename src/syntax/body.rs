//! Files and blocks: `name = value` and `type "label" { ... }`.
//!
//! An error ends the argument or block that it is in, and reading goes on behind it. Inside one top-level block the
//! first error is reported, as Terraform does; unlike in Terraform the next top-level block is read afresh, and a
//! brace that is missing does not swallow the rest of the file.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::syntax::cursor::{Parser, Read, Unreadable};
use crate::syntax::token::{Token, TokenKind};
use crate::syntax::tree::{Attribute, Block, Body, Expression, ExpressionKind, Ident};

/// The words that start a block at the top of a Terraform file. One of them at the start of a line, in a file in which
/// a brace is missing, is taken for the start of the next block.
const TOP_LEVEL: [&str; 16] = [
    "action",
    "check",
    "data",
    "ephemeral",
    "import",
    "list",
    "locals",
    "module",
    "moved",
    "output",
    "provider",
    "removed",
    "resource",
    "run",
    "terraform",
    "variable",
];

impl Parser<'_> {
    /// Reads all of a file.
    pub fn file(&mut self) -> Body {
        let mut body = Body { span: Some(self.span_of(0, self.text.len())), ..Body::default() };
        let mut names = Names::default();
        let mut bounded = false;
        loop {
            while self.read_if(TokenKind::Newline).is_some() {}
            let start = self.position();
            if self.peek_kind() == TokenKind::End {
                break;
            }
            self.recovering = false;
            let known = (self.diagnostics.len(), body.attributes.len(), body.blocks.len());
            if bounded {
                self.bounded_item(start, &mut body, &mut names);
                continue;
            }
            self.top_level_item(start, &mut body, &mut names);
            let swallowed = self.recovering && self.peek_kind() == TokenKind::End;
            if swallowed && self.next_top_level(start).is_some() {
                // Read it again, but not past where the next block seems to start.
                bounded = true;
                self.diagnostics = std::mem::take(&mut self.diagnostics).into_iter().take(known.0).collect();
                body.attributes.truncate(known.1);
                body.blocks.truncate(known.2);
                names.0.retain(|_, index| *index < known.1);
                self.seek(start);
            }
        }
        body
    }

    /// Reads a top-level item that ends before the next top-level block at the latest.
    fn bounded_item(&mut self, start: usize, body: &mut Body, names: &mut Names) {
        let next = self.next_top_level(start);
        if let Some(limit) = next {
            self.limit_to(limit);
        }
        self.top_level_item(start, body, names);
        self.limit_to(usize::MAX);
        if let (Some(next), true) = (next, self.recovering) {
            self.seek(next.max(start + 1));
        }
    }

    fn top_level_item(&mut self, start: usize, body: &mut Body, names: &mut Names) {
        let readable = self.body_item(body, names).is_ok();
        if !readable {
            self.skip_item(start);
        }
        let lost = !readable || !matches!(self.peek_kind(), TokenKind::Identifier | TokenKind::Newline);
        if self.recovering && lost {
            self.seek(self.next_top_level(self.position().max(start + 1) - 1).unwrap_or(usize::MAX));
        }
    }

    /// Index of the first token after `start` that looks like the start of a top-level block.
    fn next_top_level(&self, start: usize) -> Option<usize> {
        let opens_block = |index: usize| {
            let next = self.tokens().get(index + 1).map(|t| t.kind);
            matches!(next, Some(TokenKind::OpenQuote | TokenKind::OpenBrace))
        };
        let at_line_start = |token: Token| {
            let before = token.start as usize;
            before == 0 || self.text.as_bytes().get(before - 1) == Some(&b'\n')
        };
        (start + 1..self.tokens().len()).find(|index| {
            self.tokens().get(*index).is_some_and(|token| {
                token.kind == TokenKind::Identifier
                    && at_line_start(*token)
                    && opens_block(*index)
                    && TOP_LEVEL.contains(&self.text_of(*token))
            })
        })
    }

    /// Reads what stands between a block's braces, and the closing one.
    fn block_body(&mut self, open: Token) -> Body {
        let mut body = Body::default();
        let mut names = Names::default();
        let end = loop {
            let start = self.position();
            match self.peek_kind() {
                TokenKind::Newline => {
                    self.read();
                }
                TokenKind::CloseBrace => break self.read().start,
                TokenKind::End => {
                    let detail = "The file ends before this block's closing brace. Perhaps another brace is missing \
                                  or misplaced further down.";
                    self.fail(open, "Unclosed configuration block", detail);
                    break self.peek().start;
                }
                _ => {
                    if self.body_item(&mut body, &mut names).is_err() {
                        self.skip_item(start);
                    }
                    if self.position() == start {
                        self.read();
                    }
                }
            }
        };
        body.span = Some(self.span_of(open.end as usize, end as usize));
        body
    }

    fn body_item(&mut self, body: &mut Body, names: &mut Names) -> Read<()> {
        let name = self.peek();
        match name.kind {
            TokenKind::Identifier => {}
            TokenKind::OpenQuote => {
                return Err(self.fail(name, "Invalid argument name", "Write the name of an argument without quotes."));
            }
            _ => {
                let detail = "Here an argument (name = value) or a block (type \"label\" { ... }) must start.";
                return Err(self.fail(name, "Argument or block definition required", detail));
            }
        }
        self.read();
        match self.peek_kind() {
            TokenKind::Equals => {
                let attribute = self.attribute(name, true)?;
                self.add_attribute(attribute, body, names)
            }
            TokenKind::OpenQuote | TokenKind::OpenBrace | TokenKind::Identifier => {
                let block = self.block(name)?;
                body.blocks.push(block);
                self.block_end()
            }
            _ => {
                let detail = "Here an argument (name = value) or a block (type \"label\" { ... }) must be. To set an \
                              argument, put an equals sign between its name and its value.";
                Err(self.fail(name, "Argument or block definition required", detail))
            }
        }
    }

    /// Keeps an attribute; of two with the same name, the first.
    fn add_attribute(&mut self, attribute: ReadAttribute, body: &mut Body, names: &mut Names) -> Read<()> {
        let ReadAttribute { attribute, complete } = attribute;
        match names.0.get(&*attribute.name.name).and_then(|index| body.attributes.get(*index)) {
            Some(first) => {
                let line = self.line_of(first.span);
                let detail = format!(
                    "The argument \"{}\" was already set on line {line}; set it only once.",
                    attribute.name.name
                );
                self.diagnostics.error_at(attribute.name.span, "Attribute redefined", detail);
            }
            None => {
                names.0.insert(attribute.name.name.clone(), body.attributes.len());
                body.attributes.push(attribute);
            }
        }
        complete
    }

    /// Reads `= value` and, unless it is in a block on one line, the line end.
    fn attribute(&mut self, name: Token, ends_line: bool) -> Read<ReadAttribute> {
        self.read();
        let value_start = self.peek();
        let value = self.expression();
        let span = self.span_from(name);
        let (value, complete) = match value {
            Ok(value) if ends_line => (value, self.line_end()),
            Ok(value) => (value, Ok(())),
            Err(unreadable) => {
                (Expression { kind: ExpressionKind::Invalid, span: self.span(value_start) }, Err(unreadable))
            }
        };
        Ok(ReadAttribute { attribute: Attribute { name: self.ident(name), value, span }, complete })
    }

    fn line_end(&mut self) -> Read<()> {
        let next = self.peek();
        match next.kind {
            TokenKind::Newline | TokenKind::End => {
                self.read();
                Ok(())
            }
            TokenKind::Comma => {
                let detail = "Arguments stand on lines of their own, without commas between them.";
                Err(self.fail(next, "Unexpected comma after argument", detail))
            }
            _ => {
                let detail = "Nothing may follow an argument on its line.";
                Err(self.fail(next, "Missing newline after argument", detail))
            }
        }
    }

    fn block(&mut self, kind: Token) -> Read<Block> {
        let mut labels = Vec::new();
        let mut header = self.span(kind);
        let open = loop {
            let next = self.peek();
            match next.kind {
                TokenKind::OpenBrace => break self.read(),
                TokenKind::OpenQuote => {
                    let label = self.quoted_label();
                    header = header.to(label.span);
                    labels.push(label);
                }
                TokenKind::Identifier => {
                    self.read();
                    header = header.to(self.span(next));
                    labels.push(self.ident(next));
                }
                _ => return Err(self.no_block_body(kind, next)),
            }
        };
        let body = match self.peek_kind() {
            TokenKind::Newline | TokenKind::CloseBrace | TokenKind::End => {
                self.nested(|parser| Ok(parser.block_body(open)))?
            }
            _ => self.single_line_body(open)?,
        };
        Ok(Block { kind: self.ident(kind), labels, body, header, span: self.span_from(kind), overridden: None })
    }

    fn no_block_body(&mut self, kind: Token, next: Token) -> Unreadable {
        let detail = match next.kind {
            TokenKind::Equals => "A block has no equals sign between its header and its opening brace.",
            TokenKind::Newline => "A block's opening brace stands on the same line as its type and labels.",
            _ => "Here a label in quotes or the block's opening brace must be.",
        };
        let context = self.span_between(kind, next);
        self.fail_at(self.span(next), Some(context), "Invalid block definition", detail)
    }

    /// Reads a block's only argument, on the line of its braces, and the closing brace.
    fn single_line_body(&mut self, open: Token) -> Read<Body> {
        let name = self.read();
        if name.kind != TokenKind::Identifier {
            let detail = "Here an argument (name = value) or a block (type \"label\" { ... }) must start.";
            return Err(self.fail(name, "Argument or block definition required", detail));
        }
        if !matches!(
            self.peek_kind(),
            TokenKind::Equals | TokenKind::OpenQuote | TokenKind::OpenBrace | TokenKind::Identifier
        ) {
            let detail = "Here an argument (name = value) must be.";
            return Err(self.fail(name, "Argument or block definition required", detail));
        }
        if self.peek_kind() != TokenKind::Equals {
            let detail = format!(
                "A block on one line holds one argument. Put an equals sign and a value behind \"{}\" or, if it is a \
                 nested block, put it on a line of its own.",
                self.text_of(name)
            );
            return Err(self.fail(name, "Argument definition required", detail));
        }
        let ReadAttribute { attribute, complete } = self.attribute(name, false)?;
        complete?;
        let close = self.peek();
        if close.kind != TokenKind::CloseBrace {
            let detail = match close.kind {
                TokenKind::Comma => "A block on one line holds one argument; put several on lines of their own.",
                TokenKind::Newline => {
                    "The block has an argument on the line of its opening brace, so it must end on that line."
                }
                _ => "Here the closing brace of the block must be.",
            };
            return Err(self.fail(close, "Invalid single-argument block definition", detail));
        }
        self.read();
        let span = Some(self.span_of(open.end as usize, close.start as usize));
        Ok(Body { attributes: vec![attribute], span, ..Body::default() })
    }

    fn block_end(&mut self) -> Read<()> {
        let next = self.peek();
        if matches!(next.kind, TokenKind::Newline | TokenKind::End) {
            self.read();
            return Ok(());
        }
        Err(self.fail(next, "Missing newline after block definition", "Nothing may follow a block on its last line."))
    }

    /// A name token with its place.
    pub fn ident(&self, token: Token) -> Ident {
        Ident { name: self.text_of(token).into(), span: self.span(token) }
    }
}

/// An attribute that was read, and whether its line was read to the end.
struct ReadAttribute {
    attribute: Attribute,
    complete: Read<()>,
}

/// The index of each attribute of a body.
#[derive(Default)]
struct Names(FxHashMap<Arc<str>, usize>);
