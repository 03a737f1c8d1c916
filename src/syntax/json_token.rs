//! The words of JSON text. They are taken generously: whoever reads them says what is wrong inside one.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `=`, which JSON does not know, but people do.
    Equals,
    /// `true`, or any other word.
    Word,
    /// In quotes, perhaps without the closing one.
    Text,
    /// Digits and what else numbers are made of.
    Number,
    /// Anything else; nothing is read behind it.
    Invalid,
    /// The end of the text.
    End,
}

/// A token and its place in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it starts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// Takes tokens from a text one after the other.
pub struct Scanner<'a> {
    text: &'a str,
    next: Token,
    last: Token,
}

impl<'a> Scanner<'a> {
    /// At the start of a text, behind its byte order mark.
    pub fn new(text: &'a str) -> Self {
        let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, next: token_at(text, start), last: Token { kind: Kind::End, start, end: start } }
    }

    /// The token that comes next.
    pub fn peek(&self) -> Token {
        self.next
    }

    /// Takes the next token; the end is never taken.
    pub fn read(&mut self) -> Token {
        let token = self.next;
        self.last = token;
        self.next = match token.kind {
            Kind::End => token,
            Kind::Invalid => Token { kind: Kind::End, start: token.end, end: token.end },
            _ => token_at(self.text, token.end),
        };
        token
    }

    /// The token that was taken last.
    pub fn last(&self) -> Token {
        self.last
    }

    /// Takes nothing more.
    pub fn stop(&mut self) {
        let end = self.text.len();
        self.next = Token { kind: Kind::End, start: end, end };
    }

    /// The text of a token.
    pub fn text(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }
}

fn token_at(text: &str, from: usize) -> Token {
    let rest = text.get(from..).unwrap_or_default();
    let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
    let start = from + rest.len() - trimmed.len();
    let while_in = |allowed: fn(char) -> bool| trimmed.find(|c: char| !allowed(c)).unwrap_or(trimmed.len());
    let (kind, length) = match trimmed.chars().next() {
        None => (Kind::End, 0),
        Some('{') => (Kind::OpenBrace, 1),
        Some('}') => (Kind::CloseBrace, 1),
        Some('[') => (Kind::OpenBracket, 1),
        Some(']') => (Kind::CloseBracket, 1),
        Some(',') => (Kind::Comma, 1),
        Some(':') => (Kind::Colon, 1),
        Some('=') => (Kind::Equals, 1),
        Some('"') => (Kind::Text, quoted(trimmed)),
        Some('-' | '+' | '.' | '0'..='9') => {
            (Kind::Number, while_in(|c| matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9')))
        }
        Some('a'..='z' | 'A'..='Z') => (Kind::Word, while_in(|c| c.is_ascii_alphabetic() || c == '_')),
        Some(other) => (Kind::Invalid, other.len_utf8()),
    };
    Token { kind, start, end: start + length }
}

/// The length of a text in quotes: to the closing quote, or to the first control character.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            0..32 => return at,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    text.len()
}
