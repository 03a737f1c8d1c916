//! Just enough of the language to write calls in a table: literals, lists, objects, calls, `/` and `-`.

use super::{FunctionContext, FunctionError, lookup};
use crate::value::{Fields, Number, Type, Value};

type Answer = Result<Value, (String, FunctionError)>;

pub(super) fn evaluate(text: &str, cx: &FunctionContext) -> Answer {
    let mut reader = Reader { rest: text, cx };
    let value = reader.quotient()?;
    assert_eq!(reader.rest, "", "in {text}");
    Ok(value)
}

struct Reader<'a> {
    rest: &'a str,
    cx: &'a FunctionContext<'a>,
}

impl Reader<'_> {
    fn take(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start_matches(' ');
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest.trim_start_matches(' ');
                true
            }
            None => false,
        }
    }

    fn word(&mut self, part: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(|c| !part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }

    fn quotient(&mut self) -> Answer {
        let mut value = self.term()?;
        while self.take("/") {
            let divisor = self.term()?;
            let quotient = value.as_number().unwrap().divide(divisor.as_number().unwrap()).unwrap();
            value = Value::number(quotient);
        }
        Ok(value)
    }

    fn term(&mut self) -> Answer {
        if self.take("-") {
            return Ok(Value::number(self.term()?.as_number().unwrap().negate()));
        }
        if self.rest.starts_with('"') {
            return Ok(Value::string(self.string()));
        }
        if self.take("[") {
            let items = self.items("]")?;
            return Ok(Value::tuple(items));
        }
        if self.take("{") {
            return self.object();
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let mut number = self.word(|c| c.is_ascii_alphanumeric() || c == '.');
            if number.ends_with('e') {
                number += &self.rest[..1];
                self.rest = &self.rest[1..];
                number += &self.word(|c| c.is_ascii_digit());
            }
            return Ok(Value::number(Number::parse(&number).unwrap()));
        }
        let name = self.word(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
        match name.as_str() {
            "null" => Ok(Value::null(Type::Dynamic)),
            "true" | "false" => Ok(Value::bool(name == "true")),
            _ => {
                assert!(self.take("("), "{name} before {}", self.rest);
                let args = self.items(")")?;
                lookup(&name).unwrap().call(&args, self.cx).map_err(|e| (name, e))
            }
        }
    }

    fn items(&mut self, end: &str) -> Result<Vec<Value>, (String, FunctionError)> {
        let mut items = Vec::new();
        while !self.take(end) {
            items.push(self.quotient()?);
            self.take(",");
        }
        Ok(items)
    }

    fn object(&mut self) -> Answer {
        let mut fields = Fields::new();
        while !self.take("}") {
            let key = if self.rest.starts_with('"') { self.string() } else { self.word(char::is_alphanumeric) };
            assert!(self.take("="));
            fields.insert(key.into(), self.quotient()?);
            self.take(",");
        }
        Ok(Value::object(fields))
    }

    fn string(&mut self) -> String {
        let mut out = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[i + 1..];
                    return out;
                }
                '\\' => match chars.next().unwrap().1 {
                    'n' => out.push('\n'),
                    'r' => out.push('\r'),
                    't' => out.push('\t'),
                    'u' => {
                        let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                        out.push(char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap());
                    }
                    other => out.push(other),
                },
                c => out.push(c),
            }
        }
        panic!("unterminated string")
    }
}
