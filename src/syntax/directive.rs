//! Template directives: `%{ if }`, `%{ else }`, `%{ endif }`, `%{ for }`, `%{ endfor }`, and their nesting.

use std::vec::IntoIter;

use crate::span::Span;
use crate::syntax::cursor::{Parser, Read};
use crate::syntax::template::Piece;
use crate::syntax::token::{Token, TokenKind};
use crate::syntax::tree::{Expression, Ident, TemplateFor, TemplatePart};

/// One directive by itself.
pub enum Directive {
    /// `%{ if c }`
    If(Expression),
    /// `%{ else }`
    Else,
    /// `%{ endif }`
    EndIf,
    /// `%{ for k, v in c }`
    For {
        /// `k` in `k, v`.
        key_name: Option<Ident>,
        /// `v`.
        value_name: Ident,
        /// After `in`.
        collection: Expression,
    },
    /// `%{ endfor }`
    EndFor,
}

impl Directive {
    fn keyword(&self) -> &'static str {
        match self {
            Self::If(_) => "if",
            Self::Else => "else",
            Self::EndIf => "endif",
            Self::For { .. } => "for",
            Self::EndFor => "endfor",
        }
    }
}

const KEYWORDS: [&str; 5] = ["if", "for", "else", "endif", "endfor"];

/// Reads a directive behind its opening, up to its closing brace; gives its keyword too.
pub fn read(parser: &mut Parser<'_>, open: Token) -> Read<(Directive, Token)> {
    let keyword = parser.peek();
    if keyword.kind != TokenKind::Identifier {
        let context = parser.span_between(open, keyword);
        let detail = "A directive (%{) starts with a keyword: if, else, endif, for or endfor.";
        return Err(parser.fail_at(parser.span(keyword), Some(context), "Invalid template directive", detail));
    }
    parser.read();
    let directive = match parser.text_of(keyword) {
        "if" => Directive::If(parser.expression()?),
        "else" => Directive::Else,
        "endif" => Directive::EndIf,
        "for" => read_for(parser, open)?,
        "endfor" => Directive::EndFor,
        other => {
            let nearest = KEYWORDS.iter().find(|known| strsim::levenshtein(known, other) < 3);
            let hint = nearest.map(|known| format!(" Did you mean \"{known}\"?")).unwrap_or_default();
            let detail = format!("\"{other}\" is not a valid template control keyword.{hint}");
            return Err(parser.fail(keyword, "Invalid template control keyword", detail));
        }
    };
    Ok((directive, keyword))
}

fn read_for(parser: &mut Parser<'_>, open: Token) -> Read<Directive> {
    let name = |parser: &mut Parser<'_>, detail: &str| match parser.read_if(TokenKind::Identifier) {
        Some(token) => Ok(parser.ident(token)),
        None => {
            let next = parser.peek();
            let context = parser.span_between(open, next);
            Err(parser.fail_at(parser.span(next), Some(context), "Invalid 'for' directive", detail))
        }
    };
    let first = name(parser, "After \"for\", the name of a variable must follow.")?;
    let (key_name, value_name) = match parser.read_if(TokenKind::Comma) {
        Some(_) => (Some(first), name(parser, "After the comma, the name of the value's variable must follow.")?),
        None => (None, first),
    };
    if !parser.read_word("in") {
        let next = parser.peek();
        let detail = "After the names of the variables, \"in\" must follow.";
        return Err(parser.fail(next, "Invalid 'for' directive", detail));
    }
    Ok(Directive::For { key_name, value_name, collection: parser.expression()? })
}

/// Nests the pieces of a template by their directives. One without its counterpart is reported, and the rest is read
/// as if it were not there.
pub fn assemble(parser: &mut Parser<'_>, pieces: Vec<Piece>) -> Read<Vec<TemplatePart>> {
    let mut pieces = pieces.into_iter();
    let mut parts = Vec::new();
    loop {
        let (found, ending) = sequence(parser, &mut pieces)?;
        if parts.is_empty() {
            parts = found;
        } else {
            parts.extend(found);
        }
        let Some((directive, span)) = ending else { return Ok(parts) };
        let summary = format!("Unexpected {} directive", directive.keyword());
        parser.diagnostics.error_at(span, summary, "There is no directive before it that it could belong to.");
    }
}

/// Parts, and the directive that ended them unless the template did.
type Sequence = (Vec<TemplatePart>, Option<(Directive, Span)>);

/// Reads parts up to a directive that does not start one, which is given back.
fn sequence(parser: &mut Parser<'_>, pieces: &mut IntoIter<Piece>) -> Read<Sequence> {
    let mut parts = Vec::new();
    while let Some(piece) = pieces.next() {
        parts.push(match piece {
            Piece::Text(text, span) => TemplatePart::Literal(text.into(), span),
            Piece::Interpolation(expression) => TemplatePart::Interpolation(expression),
            Piece::Directive(Directive::If(condition), start) => {
                let (when_true, when_false, end) = parser.nested(|parser| branches(parser, pieces, start))?;
                TemplatePart::If { condition: condition.into(), when_true, when_false, span: start.to(end) }
            }
            Piece::Directive(Directive::For { key_name, value_name, collection }, start) => {
                let (body, ending) = parser.nested(|parser| sequence(parser, pieces))?;
                let span = match ending {
                    Some((Directive::EndFor, end)) => start.to(end),
                    other => report_unfinished(parser, other, "for", start),
                };
                let repeated = TemplateFor { key_name, value_name, collection, body, opening: start, span };
                TemplatePart::For(repeated.into())
            }
            Piece::Directive(ending, span) => return Ok((parts, Some((ending, span)))),
        });
    }
    // A large configuration keeps many templates of two or three parts.
    parts.shrink_to_fit();
    Ok((parts, None))
}

/// Reads what stands between `%{ if }` and `%{ endif }`: both branches and the place of the end.
fn branches(
    parser: &mut Parser<'_>,
    pieces: &mut IntoIter<Piece>,
    start: Span,
) -> Read<(Vec<TemplatePart>, Vec<TemplatePart>, Span)> {
    let (when_true, mut ending) = sequence(parser, pieces)?;
    let mut when_false = Vec::new();
    if let Some((Directive::Else, _)) = ending {
        (when_false, ending) = sequence(parser, pieces)?;
    }
    let end = match ending {
        Some((Directive::EndIf, end)) => end,
        other => report_unfinished(parser, other, "if", start),
    };
    Ok((when_true, when_false, end))
}

/// Reports what stands where the end of a directive should be; gives the directive's own place.
fn report_unfinished(parser: &mut Parser<'_>, ending: Option<(Directive, Span)>, keyword: &str, start: Span) -> Span {
    let line = parser.line_of(start);
    let (span, summary, detail) = match ending {
        Some((directive, span)) => (
            span,
            format!("Unexpected {} directive", directive.keyword()),
            format!("The \"{keyword}\" directive on line {line} is not closed yet by \"end{keyword}\"."),
        ),
        None => (
            parser.span(parser.last()),
            "Unexpected end of template".to_owned(),
            format!("The \"{keyword}\" directive on line {line} has no \"end{keyword}\"."),
        ),
    };
    parser.diagnostics.error_at(span, summary, detail);
    start
}
