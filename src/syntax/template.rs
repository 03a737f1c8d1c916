//! Templates: quoted, heredoc and whole texts. What the strip markers and the indentation of a `<<-` heredoc do is
//! defined on the tokens (hashicorp/hcl, hclsyntax/spec.md, "Template Literals"): a token of a heredoc's text never
//! holds more than a line, and a marker trims the token next to it and nothing further.

use unicode_segmentation::UnicodeSegmentation;

use crate::span::Span;
use crate::syntax::cursor::{Parser, Read};
use crate::syntax::directive::{self, Directive};
use crate::syntax::token::{Token, TokenKind};
use crate::syntax::tree::{Expression, ExpressionKind, Ident, TemplatePart};
use crate::value::Value;

/// A piece of a template before its directives are matched up.
pub enum Piece {
    /// Text.
    Text(String, Span),
    /// `${x}`
    Interpolation(Expression),
    /// `%{ ... }`
    Directive(Directive, Span),
}

impl Parser<'_> {
    /// Reads `"..."`.
    pub fn quoted_template(&mut self) -> Read<Expression> {
        let open = self.read();
        let pieces = self.pieces(TokenKind::CloseQuote)?;
        self.template(pieces, self.span_from(open))
    }

    /// Reads `<<EOT` or `<<-EOT` and what belongs to it.
    pub fn heredoc(&mut self) -> Read<Expression> {
        let open = self.read();
        let mut pieces = self.pieces(TokenKind::CloseHeredoc)?;
        if self.text_of(open).starts_with("<<-") {
            strip_indentation(&mut pieces);
        }
        self.template(pieces, self.span_from(open))
    }

    /// Reads all of a text that is a template without quotes.
    pub fn whole_template(&mut self) -> Read<Expression> {
        let pieces = self.pieces(TokenKind::End)?;
        self.template(pieces, self.span_of(0, self.text.len()))
    }

    /// Reads a block's label, in which nothing can be interpolated. Goes on behind it even if it is faulty.
    pub fn quoted_label(&mut self) -> Ident {
        let open = self.read();
        let mut label = String::new();
        loop {
            let token = self.read();
            match token.kind {
                TokenKind::CloseQuote => break,
                TokenKind::QuotedText => label.push_str(&self.quoted_text(token)),
                TokenKind::OpenInterpolation | TokenKind::OpenDirective => {
                    let detail = "A label is fixed text. For a literal \"$\" or \"%\" before a brace, double it.";
                    self.fail(token, "Invalid string literal", detail);
                }
                TokenKind::QuotedNewline => {
                    self.fail(token, "Invalid string literal", "A label ends on the line on which it starts.");
                }
                TokenKind::End => {
                    self.fail(open, "Unterminated string literal", "The closing quote of this label is missing.");
                    break;
                }
                _ => {}
            }
        }
        Ident { name: label.into(), span: self.span_from(open) }
    }

    /// Joins pieces to an expression.
    fn template(&mut self, pieces: Vec<Piece>, span: Span) -> Read<Expression> {
        let alone = pieces.len() == 1;
        let mut parts = directive::assemble(self, merge_texts(pieces))?;
        let last = if parts.len() > 1 { None } else { parts.pop() };
        let kind = match last {
            None if parts.is_empty() => ExpressionKind::Literal(Value::string("")),
            None => ExpressionKind::Template(parts),
            Some(TemplatePart::Literal(text, _)) => ExpressionKind::Literal(Value::string(text)),
            Some(TemplatePart::Interpolation(inner)) if alone => ExpressionKind::Wrapped(Box::new(inner)),
            Some(part) => ExpressionKind::Template(vec![part]),
        };
        Ok(Expression { kind, span })
    }

    /// Reads pieces up to and with `closer`, strip markers applied.
    fn pieces(&mut self, closer: TokenKind) -> Read<Vec<Piece>> {
        let first = self.peek();
        let mut pieces = Vec::new();
        let mut trim_next = false;
        loop {
            let token = self.read();
            let trim_this = std::mem::take(&mut trim_next);
            match token.kind {
                kind if kind == closer => return Ok(pieces),
                TokenKind::QuotedText | TokenKind::PlainText => {
                    let text = match token.kind {
                        TokenKind::QuotedText => self.quoted_text(token),
                        _ => self.plain_text(token),
                    };
                    let text = if trim_this { text.trim_start().to_owned() } else { text };
                    pieces.push(Piece::Text(text, self.span(token)));
                }
                TokenKind::OpenInterpolation | TokenKind::OpenDirective => {
                    if self.text_of(token).ends_with('~') {
                        trim_end(&mut pieces);
                    }
                    let (piece, trims) = self.sequence(token, first, closer)?;
                    pieces.push(piece);
                    trim_next = trims;
                }
                _ => {
                    let detail = "The text ends, or the line does, before this string's closing marker.";
                    return Err(self.fail(token, "Unterminated template string", detail));
                }
            }
        }
    }

    /// Reads an interpolation or a directive; tells whether it trims the text behind it.
    fn sequence(&mut self, open: Token, first: Token, closer: TokenKind) -> Read<(Piece, bool)> {
        self.with_newlines(false, |parser| {
            if open.kind == TokenKind::OpenInterpolation {
                let expression = parser.expression()?;
                let trims = parser.interpolation_end(open, first, closer)?;
                return Ok((Piece::Interpolation(expression), trims));
            }
            let (directive, keyword) = directive::read(parser, open)?;
            let close = parser.peek();
            if close.kind != TokenKind::CloseSequence {
                let summary = format!("Extra characters in {} marker", parser.text_of(keyword));
                let detail = "Here the closing brace of the directive must be.";
                let context = parser.span_between(open, close);
                return Err(parser.fail_at(parser.span(close), Some(context), summary, detail));
            }
            parser.read();
            Ok((Piece::Directive(directive, parser.span_from(open)), parser.text_of(close).starts_with('~')))
        })
    }

    fn interpolation_end(&mut self, open: Token, first: Token, closer: TokenKind) -> Read<bool> {
        let close = self.peek();
        let quote = matches!(close.kind, TokenKind::OpenQuote | TokenKind::CloseQuote);
        match close.kind {
            TokenKind::CloseSequence => {
                self.read();
                Ok(self.text_of(close).starts_with('~'))
            }
            _ if close.kind == TokenKind::End || (quote && closer == TokenKind::CloseQuote) => {
                let detail = "The closing brace of this interpolation is missing.";
                Err(self.fail(first, "Unclosed template interpolation sequence", detail))
            }
            _ => {
                let detail = "Here the closing brace of the interpolation must be. If the text is meant for another \
                              language, such as a shell's ${...}, write \"$${\" instead of \"${\".";
                let context = self.span_between(open, close);
                let summary = "Extra characters after interpolation expression";
                Err(self.fail_at(self.span(close), Some(context), summary, detail))
            }
        }
    }
}

/// What `${~` and `%{~` do to the text before them.
fn trim_end(pieces: &mut [Piece]) {
    if let Some(Piece::Text(text, _)) = pieces.last_mut() {
        text.truncate(text.trim_end().len());
    }
}

/// What `<<-` does: takes away the indentation that all lines have in common. A line that begins with a sequence has
/// none; a blank one has no say.
fn strip_indentation(pieces: &mut [Piece]) {
    let mut common = usize::MAX;
    let mut line_starts = Vec::new();
    let mut at_line_start = true;
    for (index, piece) in pieces.iter().enumerate() {
        if at_line_start {
            match piece {
                Piece::Text(text, _) if text.trim().is_empty() && text.ends_with('\n') => {}
                Piece::Text(text, _) => {
                    common = common.min(indentation(text).graphemes(true).count());
                    line_starts.push(index);
                }
                _ => common = 0,
            }
        }
        at_line_start = matches!(piece, Piece::Text(text, _) if text.ends_with('\n'));
    }
    for index in line_starts {
        if let Some(Piece::Text(text, _)) = pieces.get_mut(index) {
            let cut: usize = text.graphemes(true).take(common).map(str::len).sum();
            text.drain(..cut);
        }
    }
}

fn indentation(text: &str) -> &str {
    &text[..text.len() - text.trim_start().len()]
}

fn merge_texts(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        if let (Some(Piece::Text(before, place)), Piece::Text(text, span)) = (merged.last_mut(), &piece) {
            before.push_str(text);
            *place = place.to(*span);
        } else {
            merged.push(piece);
        }
    }
    merged
}
