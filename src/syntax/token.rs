//! The words of HCL native syntax.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// The `"` that starts a template.
    OpenQuote,
    /// The `"` that ends it.
    CloseQuote,
    /// `<<EOT` or `<<-EOT` with its line end.
    OpenHeredoc,
    /// The marker that ends a heredoc, with the blanks before it.
    CloseHeredoc,
    /// `${` or `${~`
    OpenInterpolation,
    /// `%{` or `%{~`
    OpenDirective,
    /// The `}` or `~}` that ends an interpolation or a directive.
    CloseSequence,
    /// Text between quotes, as written.
    QuotedText,
    /// Text in a heredoc or a template file, at most one line.
    PlainText,
    /// A line end between quotes, which is not allowed.
    QuotedNewline,
    /// A name.
    Identifier,
    /// A number as written.
    Number,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `=`
    Equals,
    /// `==`
    EqualTo,
    /// `!=`
    NotEqualTo,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `!`
    Bang,
    /// `.`
    Dot,
    /// `,`
    Comma,
    /// `::`
    DoubleColon,
    /// `...`
    Ellipsis,
    /// `=>`
    FatArrow,
    /// `?`
    Question,
    /// `:`
    Colon,
    /// A comment; one that runs to the end of its line includes the line end.
    Comment,
    /// A line end.
    Newline,
    /// The end of the text.
    End,
    /// Something that means nothing in this language.
    Unknown,
}

impl TokenKind {
    /// The kind that closes what this one opens.
    pub fn closer(self) -> Option<Self> {
        Some(match self {
            Self::OpenBrace => Self::CloseBrace,
            Self::OpenBracket => Self::CloseBracket,
            Self::OpenParen => Self::CloseParen,
            Self::OpenQuote => Self::CloseQuote,
            Self::OpenHeredoc => Self::CloseHeredoc,
            Self::OpenInterpolation | Self::OpenDirective => Self::CloseSequence,
            _ => return None,
        })
    }

    /// Whether this kind closes something.
    pub fn is_closer(self) -> bool {
        matches!(
            self,
            Self::CloseBrace
                | Self::CloseBracket
                | Self::CloseParen
                | Self::CloseQuote
                | Self::CloseHeredoc
                | Self::CloseSequence
        )
    }
}

/// A token: its kind and its bytes in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

impl Token {
    /// A token of `kind` over `start..end`; offsets past 4 GiB saturate.
    pub fn new(kind: TokenKind, start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { kind, start: clamp(start), end: clamp(end) }
    }

    /// Its part of the text it was scanned from.
    pub fn text(self, source: &str) -> &str {
        source.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}
