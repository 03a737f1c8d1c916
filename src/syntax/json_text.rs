//! JSON text to values that know their place.

use crate::diagnostic::Diagnostic;
use crate::span::{SourceId, Span};
use crate::syntax::cursor::MAX_DEPTH;

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
}

/// The name of a property.
#[derive(Debug)]
pub struct Key {
    /// Decoded.
    pub name: String,
    /// Its place, quotes included.
    pub span: Span,
}

/// Reads a text that is one JSON value; stops at the first error.
pub fn read(source: SourceId, text: &str) -> Result<Json, Diagnostic> {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut reader = Reader { source, text, position: start, depth: 0 };
    let value = reader.value()?;
    reader.skip_blanks();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.fault("Extra characters after JSON value", "The JSON value ends before this.")),
    }
}

struct Reader<'a> {
    source: SourceId,
    text: &'a str,
    position: usize,
    depth: usize,
}

type Fallible<T> = Result<T, Diagnostic>;

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn span_from(&self, start: usize) -> Span {
        Span::new(self.source, start..self.position)
    }

    fn fault(&self, summary: &str, detail: &str) -> Diagnostic {
        let width = self.rest().chars().next().map_or(0, char::len_utf8);
        Diagnostic::error(summary, detail).at(Span::new(self.source, self.position..self.position + width))
    }

    fn value(&mut self) -> Fallible<Json> {
        self.skip_blanks();
        if self.depth >= MAX_DEPTH {
            return Err(self.fault("Configuration nested too deeply", "This JSON value is nested too deeply."));
        }
        self.depth += 1;
        let start = self.position;
        let kind = match self.peek() {
            Some(b'{') => self.object()?,
            Some(b'[') => self.array()?,
            Some(b'"') => JsonKind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.keyword()?,
            Some(_) => return Err(self.fault("Invalid start of value", "No JSON value starts with this character.")),
            None => return Err(self.fault("Missing JSON value", "Here a JSON value must be, but the text ends.")),
        };
        self.depth -= 1;
        Ok(Json { kind, span: self.span_from(start) })
    }

    fn keyword(&mut self) -> Fallible<JsonKind> {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let kind = match rest.get(..length) {
            Some("true") => JsonKind::Bool(true),
            Some("false") => JsonKind::Bool(false),
            Some("null") => JsonKind::Null,
            _ => {
                let detail = "A word without quotes is true, false or null. A text is put in double quotes.";
                return Err(self.fault("Invalid JSON keyword", detail));
            }
        };
        self.position += length;
        Ok(kind)
    }

    fn number(&mut self) -> Fallible<JsonKind> {
        let rest = self.rest();
        let length = rest.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+' | 'e' | 'E')).unwrap_or(rest.len());
        let digits = rest.get(..length).unwrap_or_default();
        if serde_json::from_str::<serde_json::Number>(digits).is_err() {
            return Err(self.fault("Invalid JSON number", "This is not a JSON number."));
        }
        self.position += length;
        Ok(JsonKind::Number(digits.to_owned()))
    }

    fn string(&mut self) -> Fallible<String> {
        let rest = self.rest();
        let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        match strings.next() {
            Some(Ok(text)) => {
                self.position += strings.byte_offset();
                Ok(text)
            }
            _ => {
                let detail = "This text in quotes is not closed on its line, or has an escape that JSON does not know.";
                Err(self.fault("Invalid JSON string", detail))
            }
        }
    }

    fn array(&mut self) -> Fallible<JsonKind> {
        self.position += 1;
        let mut items = Vec::new();
        loop {
            self.skip_blanks();
            if self.take(b']') {
                return Ok(JsonKind::Array(items));
            }
            items.push(self.value()?);
            self.skip_blanks();
            if !self.take(b',') && self.peek() != Some(b']') {
                return Err(self.missing_separator("array"));
            }
            self.no_trailing_comma(b']')?;
        }
    }

    fn object(&mut self) -> Fallible<JsonKind> {
        self.position += 1;
        let mut properties = Vec::new();
        loop {
            self.skip_blanks();
            if self.take(b'}') {
                return Ok(JsonKind::Object(properties));
            }
            let start = self.position;
            if self.peek() != Some(b'"') {
                let detail = "Here the name of a property must be, in double quotes.";
                return Err(self.fault("Invalid JSON property name", detail));
            }
            let key = Key { name: self.string()?, span: self.span_from(start) };
            self.skip_blanks();
            if !self.take(b':') {
                let detail = "After the name of a property, a colon and its value must follow.";
                return Err(self.fault("Missing property value colon", detail));
            }
            properties.push((key, self.value()?));
            self.skip_blanks();
            if !self.take(b',') && self.peek() != Some(b'}') {
                return Err(self.missing_separator("object"));
            }
            self.no_trailing_comma(b'}')?;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    fn missing_separator(&self, what: &str) -> Diagnostic {
        match self.peek() {
            None => self.fault(&format!("Unclosed {what}"), &format!("The text ends before the {what} does.")),
            Some(_) => {
                self.fault("Missing attribute separator", &format!("Here a comma or the end of the {what} must be."))
            }
        }
    }

    /// A comma has been taken, or the closer is next; a comma right before the closer is an error.
    fn no_trailing_comma(&mut self, closer: u8) -> Fallible<()> {
        let after_comma = self.text.as_bytes().get(self.position.wrapping_sub(1)) == Some(&b',');
        self.skip_blanks();
        if after_comma && self.peek() == Some(closer) {
            return Err(self.fault("Trailing comma", "JSON does not allow a comma after the last item."));
        }
        Ok(())
    }
}
