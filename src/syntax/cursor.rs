//! A place in a sequence of tokens, and what the parser may ask and say there.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::{SourceId, Span};
use crate::syntax::scan::{scan, scan_template};
use crate::syntax::token::{Token, TokenKind};

/// How high a tree may grow, nesting and chains of operators together. Whatever walks it afterwards recurses so deep.
pub const MAX_DEPTH: usize = 200;

/// How deep expressions and blocks may nest: a level takes many calls, and threads have small stacks.
const MAX_NESTING: usize = 100;

/// A part could not be read; the diagnostic has been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// What was read, unless it could not be.
pub type Read<T> = Result<T, Unreadable>;

/// Where a text stands in its source, when it is only a part of it, such as a string in a JSON file.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// The place of the text. Spans inside are counted from its start and do not leave it.
    pub span: Span,
}

impl Origin {
    /// The text is all of the source.
    pub fn whole(source: SourceId, text: &str) -> Self {
        Self { span: Span::new(source, 0..text.len()) }
    }
}

/// The parser's state. The grammar is spread over the modules `body`, `expression`, `collection` and `template`.
pub struct Parser<'a> {
    /// The text that the tokens are of.
    pub text: &'a str,
    /// What was found wrong so far.
    pub diagnostics: Diagnostics,
    /// An error was reported in this top-level item, so the next one in it may be but its echo.
    pub recovering: bool,
    /// The height of the highest expression read inside the one at hand.
    pub height: usize,
    origin: Origin,
    tokens: Vec<Token>,
    position: usize,
    limit: usize,
    last: Token,
    newlines_count: bool,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// At the start of a file or of an expression.
    pub fn new(origin: Origin, text: &'a str) -> Self {
        Self::over(origin, text, scan(text))
    }

    /// At the start of a template without quotes.
    pub fn for_template(origin: Origin, text: &'a str) -> Self {
        Self::over(origin, text, scan_template(text))
    }

    fn over(origin: Origin, text: &'a str, tokens: Vec<Token>) -> Self {
        let limit = tokens.len().saturating_sub(1);
        Self {
            text,
            diagnostics: Diagnostics::new(),
            recovering: false,
            height: 0,
            origin,
            tokens,
            position: 0,
            limit,
            last: Token::new(TokenKind::End, 0, 0),
            newlines_count: true,
            depth: 0,
        }
    }

    /// All tokens, the last of which is [`TokenKind::End`].
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The next token that counts.
    pub fn peek(&self) -> Token {
        self.next_from(self.position).0
    }

    /// The kind of the next token that counts.
    pub fn peek_kind(&self) -> TokenKind {
        self.peek().kind
    }

    /// Takes the next token that counts.
    pub fn read(&mut self) -> Token {
        let (token, position) = self.next_from(self.position);
        self.position = position;
        self.last = token;
        token
    }

    /// Takes the next token if it is of that kind.
    pub fn read_if(&mut self, kind: TokenKind) -> Option<Token> {
        (self.peek_kind() == kind).then(|| self.read())
    }

    /// Takes the next token if it is that word.
    pub fn read_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.read();
        }
        found
    }

    /// Whether the next token is that word.
    pub fn is_word(&self, word: &str) -> bool {
        let next = self.peek();
        next.kind == TokenKind::Identifier && self.text_of(next) == word
    }

    /// The token that was taken last.
    pub fn last(&self) -> Token {
        self.last
    }

    fn next_from(&self, from: usize) -> (Token, usize) {
        let mut position = from;
        while position < self.limit {
            let Some(token) = self.tokens.get(position).copied() else { break };
            match token.kind {
                TokenKind::Comment if self.newlines_count && self.text_of(token).ends_with('\n') => {
                    return (Token { kind: TokenKind::Newline, start: token.end - 1, ..token }, position + 1);
                }
                TokenKind::Comment => {}
                TokenKind::Newline if !self.newlines_count => {}
                _ => return (token, position + 1),
            }
            position += 1;
        }
        (self.end(), self.limit)
    }

    /// The end of what may be read.
    fn end(&self) -> Token {
        let at = self.tokens.get(self.limit).map_or(self.text.len(), |t| t.start as usize);
        Token::new(TokenKind::End, at, at)
    }

    /// Index of the next token, to come back to or to measure progress.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Goes to a token.
    pub fn seek(&mut self, position: usize) {
        self.position = position.min(self.limit);
    }

    /// Makes the text end before a token.
    pub fn limit_to(&mut self, limit: usize) {
        self.limit = limit.min(self.tokens.len().saturating_sub(1));
    }

    /// Reads something in which line ends mean something, or do not.
    pub fn with_newlines<T>(&mut self, count: bool, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.newlines_count, count);
        let result = read(self);
        self.newlines_count = before;
        result
    }

    /// Reads something one level deeper, unless that is too deep.
    pub fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= MAX_NESTING {
            return Err(self.too_deep(self.peek()));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Reports that the text nests too deep.
    pub fn too_deep(&mut self, at: Token) -> Unreadable {
        let detail = format!(
            "This goes too deep (more than {MAX_NESTING} levels, or a chain of more than {MAX_DEPTH} operators). Give parts of it names in a \"locals\" block and refer to them."
        );
        self.fail(at, "Configuration nested too deeply", detail)
    }

    /// The text of a token.
    pub fn text_of(&self, token: Token) -> &'a str {
        token.text(self.text)
    }

    /// The place of a token.
    pub fn span(&self, token: Token) -> Span {
        self.span_of(token.start as usize, token.end as usize)
    }

    /// The place from one token to another.
    pub fn span_between(&self, first: Token, last: Token) -> Span {
        self.span_of(first.start as usize, last.end as usize)
    }

    /// The place from a token to the last one taken.
    pub fn span_from(&self, first: Token) -> Span {
        self.span_between(first, self.last)
    }

    /// The place of a range of the text.
    pub fn span_of(&self, start: usize, end: usize) -> Span {
        let Span { source, start: base, end: limit } = self.origin.span;
        let place = |offset: usize| (base as usize + offset).min(limit as usize);
        Span::new(source, place(start)..place(end).max(place(start)))
    }

    /// The line, from 1, in which a place in the text starts.
    pub fn line_of(&self, span: Span) -> usize {
        let start = (span.start.saturating_sub(self.origin.span.start)) as usize;
        self.text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1
    }

    /// Reports an error at a token, unless it may be the echo of an earlier one.
    pub fn fail(&mut self, at: Token, summary: impl Into<String>, detail: impl Into<String>) -> Unreadable {
        let span = self.span(at);
        self.fail_at(span, None, summary, detail)
    }

    /// Reports an error at a place, unless it may be the echo of an earlier one.
    pub fn fail_at(
        &mut self,
        span: Span,
        context: Option<Span>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Unreadable {
        if !self.recovering {
            let mut diagnostic = Diagnostic::error(summary, detail).at(span);
            diagnostic.context = context;
            self.diagnostics.push(diagnostic);
        }
        self.recovering = true;
        Unreadable
    }

    /// Reports an error that is none that an earlier one could have caused.
    pub fn fail_anew(
        &mut self,
        span: Span,
        context: Option<Span>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Unreadable {
        self.recovering = false;
        self.fail_at(span, context, summary, detail)
    }

    /// Goes behind the line end that ends the item which starts at `start`, past what could not be read, or to the
    /// closing brace of the body that the item is in.
    pub fn skip_item(&mut self, start: usize) {
        let failed_at = self.position;
        self.recovering = true;
        let mut open: Vec<TokenKind> = Vec::new();
        self.position = start.min(self.limit);
        while self.position < self.limit {
            let Some(token) = self.tokens.get(self.position).copied() else { return };
            let ends_line = match token.kind {
                TokenKind::Newline => true,
                TokenKind::Comment => self.text_of(token).ends_with('\n'),
                _ => false,
            };
            if let Some(closer) = token.kind.closer() {
                open.push(closer);
            } else if token.kind.is_closer() {
                match open.iter().rposition(|closer| *closer == token.kind) {
                    Some(opened) => open.truncate(opened),
                    None if token.kind == TokenKind::CloseBrace && self.position + 1 >= failed_at => return,
                    None => {}
                }
            }
            self.position += 1;
            if ends_line && open.is_empty() && self.position >= failed_at {
                return;
            }
        }
    }
}
