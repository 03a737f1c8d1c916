//! The text of string literals: escapes; and characters that mean nothing.

use crate::diagnostic::Diagnostic;
use crate::syntax::cursor::Parser;
use crate::syntax::token::{Token, TokenKind};

impl Parser<'_> {
    /// The meaning of text between quotes, in which backslashes and doubled `$${`, `%%{` are escapes.
    pub fn quoted_text(&mut self, token: Token) -> String {
        let raw = self.text_of(token);
        if !raw.contains('\\') {
            return unescape_sequences(raw);
        }
        let mut meaning = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find('\\') {
            let (plain, escape) = rest.split_at(at);
            meaning.push_str(&unescape_sequences(plain));
            let offset = token.start as usize + (raw.len() - escape.len());
            let length = match escaped_character(escape) {
                Ok((character, length)) => {
                    meaning.push(character);
                    length
                }
                Err((detail, length)) => {
                    let span = self.span_of(offset, offset + length);
                    let diagnostic = Diagnostic::error("Invalid escape sequence", detail).at(span);
                    self.diagnostics.push(diagnostic.within(self.span(token)));
                    length
                }
            };
            rest = escape.get(length..).unwrap_or_default();
        }
        meaning.push_str(&unescape_sequences(rest));
        meaning
    }

    /// The meaning of text in a heredoc or a template file, where only `$${` and `%%{` are escapes.
    pub fn plain_text(&self, token: Token) -> String {
        unescape_sequences(self.text_of(token))
    }

    /// Reports everything in the text that is not a word of the language, each kind of operator and quote once.
    pub fn report_unknown(&mut self) {
        let mut told: Vec<&str> = Vec::new();
        let meaningless = |token: &&Token| matches!(token.kind, TokenKind::QuotedNewline | TokenKind::Unknown);
        for token in self.tokens().iter().filter(meaningless).copied().collect::<Vec<_>>() {
            let text = self.text_of(token);
            let diagnostic = match token.kind {
                TokenKind::QuotedNewline => Diagnostic::error(
                    "Invalid multi-line string",
                    "A string in quotes ends on the line on which it starts. Write \\n for a line end, or use a heredoc \
                     (<<EOT).",
                ),
                _ if told.contains(&text) => continue,
                _ => unknown(text),
            };
            if ["&", "|", "~", "^", "'", "`", ";"].contains(&text) {
                told.push(text);
            }
            let span = self.span(token);
            self.diagnostics.push(diagnostic.at(span));
        }
    }
}

/// `$${` is `${` and `%%{` is `%{`.
fn unescape_sequences(text: &str) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    text.replace("$${", "${").replace("%%{", "%{")
}

/// The character that the escape at the start of `text` stands for and the escape's length; or what is wrong with it.
fn escaped_character(text: &str) -> Result<(char, usize), (String, usize)> {
    let Some(selector) = text.chars().nth(1) else {
        return Err(("A backslash must be followed by what it escapes.".to_owned(), text.len()));
    };
    match selector {
        'n' => Ok(('\n', 2)),
        'r' => Ok(('\r', 2)),
        't' => Ok(('\t', 2)),
        '"' => Ok(('"', 2)),
        '\\' => Ok(('\\', 2)),
        'u' => unicode_escape(text, 4),
        'U' => unicode_escape(text, 8),
        other => {
            Err((format!("The symbol \"{other}\" is not a valid escape sequence selector."), 1 + other.len_utf8()))
        }
    }
}

fn unicode_escape(text: &str, digits: usize) -> Result<(char, usize), (String, usize)> {
    let body = text.get(2..).unwrap_or_default();
    let found = body.bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
    if found < digits {
        let selector = if digits == 4 { 'u' } else { 'U' };
        let detail = format!("The escape \\{selector} is followed by {digits} hexadecimal digits.");
        return Err((detail, 2 + found));
    }
    let code = body.get(..digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    match code.and_then(char::from_u32) {
        Some(character) => Ok((character, 2 + digits)),
        // Half of a surrogate pair, or more than Unicode has.
        None => Err((format!("Cannot encode character U+{:x} in UTF-8.", code.unwrap_or_default()), 2 + digits)),
    }
}

fn unknown(text: &str) -> Diagnostic {
    let operator = |detail: &str| Diagnostic::error("Unsupported operator", detail);
    let character = |detail: &str| Diagnostic::error("Invalid character", detail);
    match text {
        "&" => operator("There are no bitwise operators. Did you mean boolean AND (\"&&\")?"),
        "|" => operator("There are no bitwise operators. Did you mean boolean OR (\"||\")?"),
        "~" => operator("There are no bitwise operators. Did you mean boolean NOT (\"!\")?"),
        "^" => operator("There are no bitwise operators."),
        "'" => character("Single quotes are not valid. Put strings in double quotes (\")."),
        "`" => character("The \"`\" character is not valid. For text over several lines, use a heredoc (<<EOT)."),
        ";" => character(
            "The \";\" character is not valid. Separate arguments and blocks by line ends, and items by commas.",
        ),
        "\u{201c}" | "\u{201d}" => character(
            "Curly quotes are not valid here; word processors put them in. Replace them with straight ones (\").",
        ),
        "\u{feff}" => character("A byte order mark is only valid at the very start of a file."),
        _ => character("This character means nothing in this language."),
    }
}
