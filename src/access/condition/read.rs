//! Conditions as they are written.

use super::{Attribute, Condition, Operand, Operator, Source};

/// Deeper nesting is not read; Azure's limit on the length of a condition is reached before.
const DEEPEST: usize = 100;

/// What is compared, at the beginning of each operator's name.
const KINDS: [&str; 6] = ["String", "Numeric", "DateTime", "Guid", "Bool", "Ip"];

impl Condition {
    /// Reads a condition; why it cannot be read, in words that go on "it cannot be read: ".
    pub fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text, depth: 0 };
        let condition = reader.any()?;
        match reader.peek() {
            None => Ok(condition),
            Some(_) => Err(format!("{} is more than one condition", reader.excerpt())),
        }
    }
}

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn any(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.all()?];
        while self.takes("||") || self.takes_word("OR") {
            parts.push(self.all()?);
        }
        Ok(only_or(parts, Condition::Any))
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.one()?];
        while self.takes("&&") || self.takes_word("AND") {
            parts.push(self.one()?);
        }
        Ok(only_or(parts, Condition::All))
    }

    fn one(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is nested too deep".into());
        }
        let one = self.unit();
        self.depth -= 1;
        one
    }

    fn unit(&mut self) -> Result<Condition, String> {
        if self.takes("!") || self.takes_word("NOT") {
            return Ok(Condition::Not(Box::new(self.one()?)));
        }
        if self.takes("(") {
            let inner = self.any()?;
            return if self.takes(")") { Ok(inner) } else { Err(format!("a ) is missing at {}", self.excerpt())) };
        }
        if self.takes_word("ActionMatches") {
            return Ok(Condition::Action(texts(self.values()?)));
        }
        if self.takes_word("SubOperationMatches") {
            return Ok(Condition::SubOperation(texts(self.values()?)));
        }
        if self.takes_word("Exists") {
            return Ok(Condition::Exists(self.attribute()?));
        }
        let attribute = self.attribute()?;
        let operator = self.operator()?;
        Ok(Condition::Compare { attribute, operator, values: self.values()? })
    }

    fn attribute(&mut self) -> Result<Attribute, String> {
        let begun = self.excerpt();
        let wrong = || format!("an attribute such as @Resource[...] is expected at {begun}");
        if !self.takes("@") {
            return Err(wrong());
        }
        let (source, rest) = self.rest.split_once('[').ok_or_else(wrong)?;
        let (name, rest) = rest.split_once(']').ok_or_else(wrong)?;
        let source = match source.trim().to_lowercase().as_str() {
            "resource" => Source::Resource,
            "request" => Source::Request,
            "principal" => Source::Principal,
            "environment" => Source::Environment,
            _ => return Err(wrong()),
        };
        self.rest = rest;
        Ok(Attribute { source, name: name.trim().to_owned() })
    }

    fn operator(&mut self) -> Result<Operator, String> {
        let word = self.word();
        let (quantifier, name) = word.split_once(':').unwrap_or(("", word));
        if !KINDS.iter().any(|kind| name.len() > kind.len() && name.starts_with(kind)) {
            return Err(format!("an operator such as StringEquals is expected at {}", self.excerpt()));
        }
        let with_all = quantifier.to_lowercase().ends_with("ofallvalues");
        Ok(Operator { name: name.to_owned(), with_all })
    }

    /// One value, or some in braces.
    fn values(&mut self) -> Result<Vec<Operand>, String> {
        if !self.takes("{") {
            return Ok(vec![self.value()?]);
        }
        let mut values = vec![self.value()?];
        while self.takes(",") {
            values.push(self.value()?);
        }
        if self.takes("}") { Ok(values) } else { Err(format!("a }} is missing at {}", self.excerpt())) }
    }

    fn value(&mut self) -> Result<Operand, String> {
        match self.peek() {
            Some('@') => Ok(Operand::Attribute(self.attribute()?)),
            Some(quote @ ('\'' | '"')) => {
                self.rest = self.rest.get(1..).unwrap_or_default();
                let end = self.rest.find(quote).ok_or_else(|| format!("a {quote} is missing at {}", self.excerpt()))?;
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest.get(1..).unwrap_or_default();
                Ok(Operand::Value(text.to_owned()))
            }
            _ => match self.word() {
                "" => Err(format!("a value is expected at {}", self.excerpt())),
                word => Ok(Operand::Value(word.to_owned())),
            },
        }
    }

    /// Up to a blank, a bracket or a comma.
    fn word(&mut self) -> &'t str {
        self.peek();
        let end = self.rest.find(|c: char| c.is_whitespace() || "(){},'\"@".contains(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn takes(&mut self, sign: &str) -> bool {
        self.peek();
        self.rest.strip_prefix(sign).map(|rest| self.rest = rest).is_some()
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.peek();
        let Some((head, rest)) = self.rest.split_at_checked(word.len()) else { return false };
        let ends = !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        let fits = head.eq_ignore_ascii_case(word) && ends;
        if fits {
            self.rest = rest;
        }
        fits
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    /// Where it is, for a message.
    fn excerpt(&mut self) -> String {
        self.peek();
        let begin: String = self.rest.chars().take(30).collect();
        if begin.is_empty() { "its end".into() } else { format!("{begin:?}") }
    }
}

fn only_or(mut parts: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            join(parts)
        }
    }
}

fn texts(values: Vec<Operand>) -> Vec<String> {
    let text = |operand| match operand {
        Operand::Value(text) => text,
        Operand::Attribute(attribute) => attribute.name,
    };
    values.into_iter().map(text).collect()
}
