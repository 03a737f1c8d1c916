//! JSON text to values that know their place.
//!
//! As in Terraform (hashicorp/hcl, `json`) an error ends the object or array that it is in, and reading goes on behind
//! its closing bracket; each such value is [`JsonKind::Invalid`].

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::{SourceId, Span};
use crate::syntax::cursor::MAX_DEPTH;
use crate::syntax::json_token::{Kind, Scanner, Token};

/// A JSON value with its place.
#[derive(Debug)]
pub struct Json {
    /// The value.
    pub kind: JsonKind,
    /// Its place.
    pub span: Span,
}

/// The forms of JSON values.
#[derive(Debug)]
pub enum JsonKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// As written.
    Number(String),
    /// Decoded.
    String(String),
    /// `[...]`
    Array(Vec<Json>),
    /// `{...}`, in source order; a key may come more than once.
    Object(Vec<(Key, Json)>),
    /// It could not be read, which was told.
    Invalid,
}

/// The name of a property.
#[derive(Debug)]
pub struct Key {
    /// Decoded.
    pub name: String,
    /// Its place, quotes included.
    pub span: Span,
}

/// Reads a text that is one JSON value.
pub fn read(source: SourceId, text: &str) -> (Json, Diagnostics) {
    let mut reader = Reader { source, scanner: Scanner::new(text), depth: 0, found: Diagnostics::new() };
    let value = reader.value();
    let next = reader.scanner.peek();
    if reader.found.is_empty() && next.kind != Kind::End {
        reader.fault(next, "Extraneous data after value", "The JSON value ends before this.");
    }
    (value, reader.found)
}

struct Reader<'a> {
    source: SourceId,
    scanner: Scanner<'a>,
    depth: usize,
    found: Diagnostics,
}

/// An array or object that could not be read: which was told, and what is behind it comes next.
struct Lost;

/// The two kinds of brackets with what their mistakes are called.
#[derive(Clone, Copy)]
struct Brackets {
    open: Kind,
    close: Kind,
    what: &'static str,
}

const OBJECT: Brackets = Brackets { open: Kind::OpenBrace, close: Kind::CloseBrace, what: "object" };
const ARRAY: Brackets = Brackets { open: Kind::OpenBracket, close: Kind::CloseBracket, what: "array" };

impl Reader<'_> {
    fn span(&self, token: Token) -> Span {
        Span::new(self.source, token.start..token.end)
    }

    fn fault(&mut self, at: Token, summary: &str, detail: &str) -> Lost {
        self.found.push(Diagnostic::error(summary, detail).at(self.span(at)));
        Lost
    }

    fn value(&mut self) -> Json {
        let first = self.scanner.peek();
        let read = match first.kind {
            Kind::OpenBrace => self.nested(first, Self::object),
            Kind::OpenBracket => self.nested(first, Self::array),
            Kind::Text => self.text(),
            Kind::Number => self.number(),
            Kind::Word => self.word(),
            _ => Err(self.no_value(first)),
        };
        let start = first.start;
        let end = if read.is_ok() { self.scanner.last().end.max(first.start) } else { first.end };
        Json { kind: read.unwrap_or(JsonKind::Invalid), span: Span::new(self.source, start..end) }
    }

    fn no_value(&mut self, at: Token) -> Lost {
        match at.kind {
            Kind::End => self.fault(at, "Missing value", "Here a JSON value must be, but the text ends."),
            Kind::CloseBrace => self.fault(at, "Missing JSON value", "Here a JSON value must be."),
            Kind::CloseBracket => self.fault(at, "Missing array element value", "Here a JSON value must be."),
            _ => self.fault(at, "Invalid start of value", "No JSON value starts with this."),
        }
    }

    fn nested(&mut self, first: Token, read: fn(&mut Self) -> Result<JsonKind, Lost>) -> Result<JsonKind, Lost> {
        if self.depth >= MAX_DEPTH {
            let lost = self.fault(first, "Configuration nested too deeply", "This JSON value is nested too deeply.");
            self.scanner.stop();
            return Err(lost);
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn word(&mut self) -> Result<JsonKind, Lost> {
        let token = self.scanner.read();
        Ok(match self.scanner.text(token) {
            "true" => JsonKind::Bool(true),
            "false" => JsonKind::Bool(false),
            "null" => JsonKind::Null,
            _ => {
                let detail = "A word without quotes is true, false or null. A text is put in double quotes.";
                return Err(self.fault(token, "Invalid JSON keyword", detail));
            }
        })
    }

    fn number(&mut self) -> Result<JsonKind, Lost> {
        let token = self.scanner.read();
        let digits = self.scanner.text(token);
        match serde_json::from_str::<serde_json::Number>(digits) {
            Ok(_) => Ok(JsonKind::Number(digits.to_owned())),
            Err(_) => Err(self.fault(token, "Invalid JSON number", "This is not a JSON number.")),
        }
    }

    fn text(&mut self) -> Result<JsonKind, Lost> {
        let token = self.scanner.read();
        match serde_json::from_str::<String>(self.scanner.text(token)) {
            Ok(text) => Ok(JsonKind::String(text)),
            Err(error) => {
                // The place within the line, which the token does not leave.
                let start = (token.start + error.column()).min(token.end);
                let at = Token { start, end: (start + 1).min(token.end), ..token };
                let at = if at.start < at.end { at } else { token };
                let detail = "This text in quotes is not closed on its line, or has an escape that JSON does not know.";
                Err(self.fault(at, "Invalid JSON string", detail))
            }
        }
    }

    fn array(&mut self) -> Result<JsonKind, Lost> {
        let open = self.scanner.read();
        let mut items = Vec::new();
        while self.scanner.peek().kind != Kind::CloseBracket {
            items.push(self.value());
            if !self.another(ARRAY, open)? {
                break;
            }
        }
        self.scanner.read();
        Ok(JsonKind::Array(items))
    }

    fn object(&mut self) -> Result<JsonKind, Lost> {
        let open = self.scanner.read();
        let mut properties = Vec::new();
        while self.scanner.peek().kind != Kind::CloseBrace {
            let key = self.value();
            let JsonKind::String(name) = key.kind else {
                self.found.error_at(key.span, "Invalid object property name", "The name of a property is a text.");
                return Err(Lost);
            };
            let key = Key { name, span: key.span };
            let colon = self.scanner.read();
            if colon.kind != Kind::Colon {
                return Err(self.no_colon(colon));
            }
            properties.push((key, self.value()));
            if !self.another(OBJECT, open)? {
                break;
            }
        }
        self.scanner.read();
        Ok(JsonKind::Object(properties))
    }

    fn no_colon(&mut self, found: Token) -> Lost {
        self.skip(OBJECT, found);
        match found.kind {
            Kind::CloseBrace | Kind::Comma => {
                let detail = "After the name of a property, a colon and its value must follow.";
                self.fault(found, "Missing object value", detail)
            }
            Kind::Equals => {
                let detail =
                    "In JSON, a colon stands between the name of a property and its value, not an equals sign.";
                self.fault(found, "Missing property value colon", detail)
            }
            _ => {
                let detail = "A colon must stand between the name of a property and its value.";
                self.fault(found, "Missing property value colon", detail)
            }
        }
    }

    /// Takes the comma behind an item. False where the closing bracket comes next.
    fn another(&mut self, of: Brackets, open: Token) -> Result<bool, Lost> {
        let next = self.scanner.peek();
        let other = if of.close == Kind::CloseBrace { Kind::CloseBracket } else { Kind::CloseBrace };
        match next.kind {
            kind if kind == of.close => Ok(false),
            Kind::Comma => {
                self.scanner.read();
                if self.scanner.peek().kind == of.close {
                    let summary = format!("Trailing comma in {}", of.what);
                    return Err(self.fault(next, &summary, "JSON does not allow a comma after the last item."));
                }
                Ok(true)
            }
            Kind::End => {
                let detail = format!("The text ends before this {} does.", of.what);
                Err(self.fault(open, "Unclosed object", &detail))
            }
            kind if kind == other => {
                self.scanner.read();
                let (summary, right) = match of.close {
                    Kind::CloseBrace => ("Mismatched braces", "a brace, not a bracket"),
                    _ => {
                        self.skip(of, next);
                        ("Mismatched brackets", "a bracket, not a brace")
                    }
                };
                let detail = format!("A JSON {} is closed with {right}.", of.what);
                let at = self.scanner.peek();
                Err(self.fault(at, summary, &detail))
            }
            Kind::Colon if of.close == Kind::CloseBracket => {
                self.skip_from_next(of);
                let at = self.scanner.peek();
                Err(self.fault(at, "Invalid array value", "The values of an array have no names."))
            }
            _ => {
                self.skip_from_next(of);
                let at = self.scanner.peek();
                let detail = format!("Here a comma or the end of the {} must be.", of.what);
                Err(self.fault(at, "Missing attribute seperator comma", &detail))
            }
        }
    }

    fn skip_from_next(&mut self, of: Brackets) {
        let next = self.scanner.read();
        self.skip(of, next);
    }

    /// Goes on to where the object or array seems to end, from a token that was taken.
    fn skip(&mut self, of: Brackets, from: Token) {
        let (mut token, mut open) = (from, 1_usize);
        loop {
            match token.kind {
                Kind::End => return,
                kind if kind == of.open => open += 1,
                kind if kind == of.close => {
                    open = open.saturating_sub(1);
                    if open <= 1 {
                        return;
                    }
                }
                _ => {}
            }
            token = self.scanner.read();
        }
    }
}
