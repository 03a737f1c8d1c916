//! Text to tokens (hashicorp/hcl, hclsyntax/spec.md). Never fails: what has no meaning becomes a token of its own.

use unicode_ident::{is_xid_continue, is_xid_start};

use crate::syntax::token::{Token, TokenKind};

/// The tokens of a configuration file or of an expression. The last one is [`TokenKind::End`].
pub fn scan(text: &str) -> Vec<Token> {
    Scanner::new(text, Mode::Code { braces: 0 }).run()
}

/// The tokens of a text that is a template as a whole, without quotes around it.
pub fn scan_template(text: &str) -> Vec<Token> {
    Scanner::new(text, Mode::Plain).run()
}

/// Whether a character may start a name.
pub fn is_name_start(c: char) -> bool {
    c == '_' || is_xid_start(c)
}

/// Whether a character may stand inside a name.
pub fn is_name_part(c: char) -> bool {
    c == '-' || is_xid_continue(c)
}

/// Whether the whole text is one name.
pub fn is_name(text: &str) -> bool {
    text.starts_with(is_name_start) && text.chars().all(is_name_part)
}

/// What the characters at hand mean.
enum Mode {
    /// Expressions and blocks; in an interpolation, `braces` counts the open ones.
    Code { braces: usize },
    /// Between quotes.
    Quoted,
    /// In a heredoc that `marker` ends.
    Heredoc { marker: String, at_line_start: bool },
    /// In a template without an end marker.
    Plain,
}

struct Scanner<'a> {
    text: &'a str,
    position: usize,
    tokens: Vec<Token>,
    modes: Vec<Mode>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, mode: Mode) -> Self {
        // A byte order mark at the very start says nothing.
        let position = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, position, tokens: Vec::with_capacity(text.len() / 4 + 1), modes: vec![mode] }
    }

    fn run(mut self) -> Vec<Token> {
        while self.position < self.text.len() {
            match self.modes.last() {
                Some(Mode::Quoted) => self.quoted(),
                Some(Mode::Heredoc { .. } | Mode::Plain) => self.line_of_text(),
                Some(Mode::Code { .. }) | None => self.code(),
            }
        }
        self.push(TokenKind::End, 0);
        self.tokens
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        self.tokens.push(Token::new(kind, self.position, self.position + length));
        self.position += length;
    }

    fn code(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        match first {
            ' ' | '\t' => self.position += 1,
            '#' => self.line_comment(),
            '"' => {
                self.push(TokenKind::OpenQuote, 1);
                self.modes.push(Mode::Quoted);
            }
            '0'..='9' => self.push(TokenKind::Number, number_length(rest)),
            c if is_name_start(c) => {
                let length = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
                self.push(TokenKind::Identifier, length);
            }
            '{' | '}' | '~' => self.brace(rest),
            _ if rest.starts_with("//") => self.line_comment(),
            _ if rest.starts_with("/*") => self.block_comment(rest),
            _ => match heredoc_opening(rest) {
                Some((length, marker)) => {
                    self.push(TokenKind::OpenHeredoc, length);
                    self.modes.push(Mode::Heredoc { marker: marker.to_owned(), at_line_start: true });
                }
                None => {
                    let (kind, length) = symbol(rest).unwrap_or((TokenKind::Unknown, first.len_utf8()));
                    self.push(kind, length);
                }
            },
        }
    }

    /// Braces, which in an interpolation may be the ones that end it.
    fn brace(&mut self, rest: &str) {
        let outermost = self.modes.len() == 1;
        let Some(Mode::Code { braces }) = self.modes.last_mut() else { return };
        let ends_sequence = !outermost && *braces == 0;
        if rest.starts_with('{') {
            *braces += 1;
            self.push(TokenKind::OpenBrace, 1);
        } else if rest.starts_with("~}") && ends_sequence {
            self.modes.pop();
            self.push(TokenKind::CloseSequence, 2);
        } else if rest.starts_with('~') {
            self.push(TokenKind::Unknown, 1);
        } else if ends_sequence {
            self.modes.pop();
            self.push(TokenKind::CloseSequence, 1);
        } else {
            *braces = braces.saturating_sub(1);
            self.push(TokenKind::CloseBrace, 1);
        }
    }

    fn line_comment(&mut self) {
        let rest = self.rest();
        self.push(TokenKind::Comment, rest.find('\n').map_or(rest.len(), |end| end + 1));
    }

    fn block_comment(&mut self, rest: &str) {
        match rest.get(2..).and_then(|inner| inner.find("*/")) {
            Some(end) => self.push(TokenKind::Comment, end + 4),
            // Unclosed: the two characters are read as operators, and the parser objects to them.
            None => self.push(TokenKind::Slash, 1),
        }
    }

    /// `${`, `%{` and their strip markers, if the rest starts with one.
    fn sequence_opening(&mut self, rest: &str) -> bool {
        let kind = match rest.get(..2) {
            Some("${") => TokenKind::OpenInterpolation,
            Some("%{") => TokenKind::OpenDirective,
            _ => return false,
        };
        if let Some(Mode::Heredoc { at_line_start, .. }) = self.modes.last_mut() {
            *at_line_start = false;
        }
        self.push(kind, if rest[2..].starts_with('~') { 3 } else { 2 });
        self.modes.push(Mode::Code { braces: 0 });
        true
    }

    fn quoted(&mut self) {
        let rest = self.rest();
        if rest.starts_with('"') {
            self.modes.pop();
            return self.push(TokenKind::CloseQuote, 1);
        }
        let line_ends = rest.find(|c| c != '\r' && c != '\n').unwrap_or(rest.len());
        if line_ends > 0 {
            return self.push(TokenKind::QuotedNewline, line_ends);
        }
        if !self.sequence_opening(rest) {
            // At least one character, whatever it is: the scanner must get on.
            let least = rest.chars().next().map_or(0, char::len_utf8);
            self.push(TokenKind::QuotedText, text_length(rest, true).max(least));
        }
    }

    /// Text of a heredoc or a plain template up to the next sequence or over the next line end.
    fn line_of_text(&mut self) {
        let rest = self.rest();
        if self.sequence_opening(rest) {
            return;
        }
        let length = text_length(rest, false);
        let ends_line = rest[length..].starts_with('\n');
        let length = if ends_line { length + 1 } else { length };
        if let Some(Mode::Heredoc { marker, at_line_start }) = self.modes.last_mut() {
            let line = rest[..length].trim_end_matches(['\n', '\r']);
            if ends_line && *at_line_start && line.trim() == marker {
                self.modes.pop();
                // The line end is left for the code that follows.
                return self.push(TokenKind::CloseHeredoc, line.len());
            }
            *at_line_start = ends_line;
        }
        self.push(TokenKind::PlainText, length);
    }
}

/// The operator or punctuation that the text starts with, and its length.
fn symbol(text: &str) -> Option<(TokenKind, usize)> {
    use TokenKind as T;
    let bytes = text.as_bytes();
    let (first, second) = (bytes.first()?, bytes.get(1).unwrap_or(&0));
    let pair = match (first, second) {
        (b'.', b'.') if text.starts_with("...") => return Some((T::Ellipsis, 3)),
        (b'=', b'=') => T::EqualTo,
        (b'!', b'=') => T::NotEqualTo,
        (b'<', b'=') => T::LessOrEqual,
        (b'>', b'=') => T::GreaterOrEqual,
        (b'&', b'&') => T::And,
        (b'|', b'|') => T::Or,
        (b':', b':') => T::DoubleColon,
        (b'=', b'>') => T::FatArrow,
        (b'\r', b'\n') => T::Newline,
        _ => return single_symbol(*first).map(|kind| (kind, 1)),
    };
    Some((pair, 2))
}

fn single_symbol(byte: u8) -> Option<TokenKind> {
    use TokenKind as T;
    Some(match byte {
        b'\n' => T::Newline,
        b'[' => T::OpenBracket,
        b']' => T::CloseBracket,
        b'(' => T::OpenParen,
        b')' => T::CloseParen,
        b'.' => T::Dot,
        b',' => T::Comma,
        b'*' => T::Star,
        b'/' => T::Slash,
        b'%' => T::Percent,
        b'+' => T::Plus,
        b'-' => T::Minus,
        b'=' => T::Equals,
        b'<' => T::Less,
        b'>' => T::Greater,
        b'!' => T::Bang,
        b'?' => T::Question,
        b':' => T::Colon,
        _ => return None,
    })
}

/// Digits, dots and exponents, as long as the whole does not end in a dot: `1...` is `1` and an ellipsis.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    let mut accepted = 0;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'0'..=b'9' => end += 1,
            b'.' => {
                end += 1;
                continue;
            }
            b'e' | b'E' => {
                let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
                if !bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                    break;
                }
                end += 2 + sign;
            }
            _ => break,
        }
        accepted = end;
    }
    accepted
}

/// `<<NAME` or `<<-NAME` up to and with the line end: its length and the name.
fn heredoc_opening(text: &str) -> Option<(usize, &str)> {
    let after = text.strip_prefix("<<")?;
    let after = after.strip_prefix('-').unwrap_or(after);
    let name_length = after.find(|c| !is_name_part(c))?;
    let (name, line_end) = after.split_at(name_length);
    if !is_name(name) {
        return None;
    }
    let line_end_length = if line_end.starts_with("\r\n") {
        2
    } else if line_end.starts_with('\n') {
        1
    } else {
        return None;
    };
    Some((text.len() - line_end.len() + line_end_length, name))
}

/// Text up to the end of the line, to `${` or `%{` (doubled, `$${` and `%%{`, they are text) and, when `quoted`,
/// to a quote; a backslash between quotes keeps the next character.
fn text_length(text: &str, quoted: bool) -> usize {
    let mut previous = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\n' => return at,
            '\r' if quoted => return at,
            _ if escaped => {
                (escaped, previous) = (false, None);
                continue;
            }
            '\\' if quoted => escaped = true,
            '"' if quoted => return at,
            '$' | '%' if previous != Some(c) && text[at + 1..].starts_with('{') => return at,
            _ => {}
        }
        previous = Some(c);
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        scan(text).into_iter().map(|t| format!("{:?} {:?}", t.kind, t.text(text))).collect()
    }

    #[test]
    fn a_number_never_ends_in_a_dot() {
        assert_eq!(shown("1..."), [r#"Number "1""#, r#"Ellipsis "...""#, r#"End """#]);
        assert_eq!(shown("1.5e-3x"), [r#"Number "1.5e-3""#, r#"Identifier "x""#, r#"End """#]);
        assert_eq!(shown("1e+"), [r#"Number "1""#, r#"Identifier "e""#, r#"Plus "+""#, r#"End """#]);
    }

    #[test]
    fn braces_in_an_interpolation_do_not_end_it() {
        assert_eq!(
            shown(r#""${{}}~""#),
            [
                r#"OpenQuote "\"""#,
                r#"OpenInterpolation "${""#,
                r#"OpenBrace "{""#,
                r#"CloseBrace "}""#,
                r#"CloseSequence "}""#,
                r#"QuotedText "~""#,
                r#"CloseQuote "\"""#,
                r#"End """#,
            ]
        );
    }

    #[test]
    fn only_a_single_dollar_opens_an_interpolation() {
        assert_eq!(
            shown(r#""$${a}$$${b}\"""#)[1],
            r#"QuotedText "$${a}$$${b}\\\"""#,
            "escaped sequences and escaped quotes stay in the text"
        );
    }

    #[test]
    fn a_heredoc_ends_at_its_marker_on_a_line_of_its_own() {
        assert_eq!(
            shown("<<-E\r\n E x\r\n  E\r\n"),
            [
                r#"OpenHeredoc "<<-E\r\n""#,
                r#"PlainText " E x\r\n""#,
                r#"CloseHeredoc "  E""#,
                r#"Newline "\r\n""#,
                r#"End """#,
            ]
        );
    }

    #[test]
    fn an_interpolation_keeps_a_line_from_being_the_marker() {
        assert_eq!(shown("<<E\n${a}E\nE\n").iter().filter(|t| t.starts_with("PlainText")).count(), 1);
    }
}
