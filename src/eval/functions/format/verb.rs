//! Reading a format string.

use super::FunctionError;

/// A part of a format string.
pub(super) enum Piece<'a> {
    /// To be copied.
    Text(&'a str),
    /// To be replaced.
    Verb(Verb<'a>),
}

/// `%`, flags, width, precision, argument index, letter.
#[allow(clippy::struct_excessive_bools)]
pub(super) struct Verb<'a> {
    /// As it is written.
    pub raw: &'a str,
    /// Where in the format string, in bytes.
    pub offset: usize,
    /// Which argument, from 1.
    pub argument: usize,
    /// The letter.
    pub mode: char,
    pub zero: bool,
    pub sharp: bool,
    pub plus: bool,
    pub minus: bool,
    pub space: bool,
    pub width: Option<usize>,
    pub precision: Option<usize>,
}

impl Verb<'_> {
    pub(super) fn unsupported(&self, why: &str) -> FunctionError {
        format!("unsupported value for {:?} at {}: {why}", self.raw, self.offset).into()
    }
}

/// Takes a format string apart.
pub(super) fn pieces(format: &str) -> Result<Vec<Piece<'_>>, FunctionError> {
    let mut pieces = Vec::new();
    let mut next_argument = 1;
    let mut rest = 0;
    while let Some(found) = format.get(rest..).and_then(|tail| tail.find('%')) {
        let start = rest + found;
        pieces.push(Piece::Text(format.get(rest..start).unwrap_or_default()));
        if format.as_bytes().get(start + 1) == Some(&b'%') {
            pieces.push(Piece::Text("%"));
            rest = start + 2;
            continue;
        }
        let verb = Reader { format, at: start + 1 }.verb(start, next_argument)?;
        next_argument = verb.argument.saturating_add(1);
        rest = start + verb.raw.len();
        pieces.push(Piece::Verb(verb));
    }
    pieces.push(Piece::Text(format.get(rest..).unwrap_or_default()));
    Ok(pieces)
}

struct Reader<'a> {
    format: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn verb(mut self, start: usize, argument: usize) -> Result<Verb<'a>, FunctionError> {
        let mut verb = Verb {
            raw: "",
            offset: start,
            argument,
            mode: ' ',
            zero: false,
            sharp: false,
            plus: false,
            minus: false,
            space: false,
            width: None,
            precision: None,
        };
        while let Some(flag) = self.peek() {
            match flag {
                b'0' => verb.zero = true,
                b'#' => verb.sharp = true,
                b'+' => verb.plus = true,
                b'-' => verb.minus = true,
                b' ' => verb.space = true,
                _ => break,
            }
            self.at += 1;
        }
        verb.width = self.digits();
        if self.take(b'.') {
            verb.precision = Some(self.digits().unwrap_or(0));
        }
        if self.take(b'[') {
            if self.peek() == Some(b'0') {
                return Err(self.unrecognized());
            }
            verb.argument = self.digits().ok_or_else(|| self.unrecognized())?;
            if !self.take(b']') {
                return Err(self.unrecognized());
            }
        }
        let letter = self.peek().filter(u8::is_ascii_alphabetic).ok_or_else(|| self.unrecognized())?;
        self.at += 1;
        verb.mode = char::from(letter);
        verb.raw = self.format.get(start..self.at).unwrap_or_default();
        Ok(verb)
    }

    fn peek(&self) -> Option<u8> {
        self.format.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = self.format.get(start..self.at).filter(|digits| !digits.is_empty())?;
        Some(digits.parse().unwrap_or(usize::MAX))
    }

    fn unrecognized(&self) -> FunctionError {
        match self.format.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("unrecognized format character {c:?} at offset {}", self.at).into(),
            None => format!("invalid format string starting at offset {}", self.at).into(),
        }
    }
}
