//! From Go's regular expressions to the `regex` crate's, which agree in most but not in all:
//! in Go `\d \w \s \b` know ASCII only, a brace that starts no count is itself, brackets nest only for POSIX
//! classes, every escaped punctuation mark is itself, `\Q..\E` quotes, and counts end at 1000.

/// The largest count in Go.
const MAX_COUNT: u32 = 1000;

/// The expression in the crate's syntax, or what Go has against it.
pub(super) fn from_go(pattern: &str) -> Result<String, String> {
    let mut reader = Reader { rest: pattern, out: String::with_capacity(pattern.len() + 8), repeated: None };
    while let Some(c) = reader.rest.chars().next() {
        match c {
            '\\' => reader.escape(false)?,
            '[' => reader.class()?,
            '{' => reader.brace()?,
            '*' | '+' | '?' => reader.repetition(c)?,
            '(' => reader.group()?,
            _ => reader.copy(c),
        }
    }
    Ok(reader.out)
}

struct Reader<'a> {
    rest: &'a str,
    out: String,
    /// The repetition operator just read, with which another one may not be combined.
    repeated: Option<String>,
}

impl Reader<'_> {
    fn copy(&mut self, c: char) {
        self.skip(c.len_utf8());
        self.out.push(c);
        self.repeated = None;
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        self.repeated = None;
        let mut chars = self.rest.chars();
        chars.next();
        let Some(c) = chars.next() else { return Err("trailing backslash at end of expression".into()) };
        if c == 'Q' && !in_class {
            self.quoted();
            return Ok(());
        }
        let replacement = match c {
            'd' => if in_class { "0-9" } else { "[0-9]" }.to_owned(),
            'w' => if in_class { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }.to_owned(),
            's' => if in_class { "\\t\\n\\x0C\\r " } else { "[\\t\\n\\x0C\\r ]" }.to_owned(),
            'D' => "[^0-9]".to_owned(),
            'W' => "[^0-9A-Za-z_]".to_owned(),
            'S' => "[^\\t\\n\\x0C\\r ]".to_owned(),
            'b' | 'B' if !in_class => format!("(?-u:\\{c})"),
            '0'..='7' => return self.octal(),
            'A' | 'z' if !in_class => format!("\\{c}"),
            'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' | 'p' | 'P' => format!("\\{c}"),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => literal(c),
            c => return Err(format!("invalid escape sequence \\{c}")),
        };
        self.out.push_str(&replacement);
        self.skip(1 + c.len_utf8());
        Ok(())
    }

    /// `\012`; a single digit other than 0 would be a back reference, which RE2 does not have.
    fn octal(&mut self) -> Result<(), String> {
        let digits: String = self.rest.chars().skip(1).take(3).take_while(|c| c.is_digit(8)).collect();
        if digits.len() == 1 && digits != "0" {
            return Err(format!("invalid escape sequence \\{digits}"));
        }
        let code = u32::from_str_radix(&digits, 8).map_err(|e| e.to_string())?;
        self.out.push_str(&format!("\\x{{{code:X}}}"));
        self.skip(1 + digits.len());
        Ok(())
    }

    fn quoted(&mut self) {
        self.skip(2);
        let end = self.rest.find("\\E");
        let text = self.rest.get(..end.unwrap_or(self.rest.len())).unwrap_or_default().to_owned();
        self.out.push_str(&regex::escape(&text));
        self.skip(text.len() + end.map_or(0, |_| 2));
    }

    /// `[...]`, in which only `[:name:]` nests.
    fn class(&mut self) -> Result<(), String> {
        self.repeated = None;
        let whole = self.rest.to_owned();
        let missing = || format!("missing closing ] in {whole}");
        self.skip(1);
        self.out.push('[');
        if self.rest.starts_with('^') {
            self.skip(1);
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let c = self.rest.chars().next().ok_or_else(missing)?;
            match c {
                ']' if !first => {
                    self.copy(']');
                    return Ok(());
                }
                '\\' => self.escape(true)?,
                '[' if self.rest.starts_with("[:") && self.rest.contains(":]") => {
                    let end = self.rest.find(":]").map_or(0, |at| at + 2);
                    let name = self.rest.get(..end).unwrap_or_default().to_owned();
                    self.out.push_str(&name);
                    self.skip(end);
                }
                '-' => self.copy('-'),
                c => {
                    self.out.push_str(&literal(c));
                    self.skip(c.len_utf8());
                }
            }
            first = false;
        }
    }

    /// `{n}`, `{n,}`, `{n,m}`, or a brace as itself.
    fn brace(&mut self) -> Result<(), String> {
        let count = self.rest.find('}').and_then(|end| self.rest.get(..=end)).map(str::to_owned);
        let Some((count, (least, most))) = count.and_then(|c| Some((c.clone(), counts(&c)?))) else {
            self.skip(1);
            self.out.push_str("\\{");
            self.repeated = None;
            return Ok(());
        };
        if least > MAX_COUNT || most.is_some_and(|most| most > MAX_COUNT || most < least) {
            return Err(format!("invalid repeat count in {count}"));
        }
        self.operator(&count)
    }

    fn repetition(&mut self, c: char) -> Result<(), String> {
        self.operator(&c.to_string())
    }

    /// One repetition operator, with the `?` that makes it reluctant.
    fn operator(&mut self, operator: &str) -> Result<(), String> {
        if let Some(before) = &self.repeated {
            return Err(format!("invalid nested repetition operator in {before}{operator}"));
        }
        self.skip(operator.len());
        self.out.push_str(operator);
        let mut written = operator.to_owned();
        if self.rest.starts_with('?') {
            self.skip(1);
            self.out.push('?');
            written.push('?');
        }
        self.repeated = Some(written);
        Ok(())
    }

    /// A group's start with its flags, of which Go knows fewer.
    fn group(&mut self) -> Result<(), String> {
        self.copy('(');
        let Some(after) = self.rest.strip_prefix('?') else { return Ok(()) };
        let flags: String = after.chars().take_while(|c| !matches!(c, ':' | ')' | '<' | 'P')).collect();
        if let Some(c) = flags.chars().find(|c| !"imsU-".contains(*c)) {
            return Err(format!("invalid or unsupported Perl syntax in (?{c}"));
        }
        self.out.push('?');
        self.skip(1);
        self.out.push_str(&flags);
        self.skip(flags.len());
        if self.rest.starts_with("<=") || self.rest.starts_with("<!") {
            return Err("invalid or unsupported Perl syntax in (?<".into());
        }
        Ok(())
    }
}

/// A character as itself, in and outside of classes.
fn literal(c: char) -> String {
    if c.is_ascii_punctuation() && c != '_' { format!("\\x{:02X}", u32::from(c)) } else { c.to_string() }
}

fn counts(brace: &str) -> Option<(u32, Option<u32>)> {
    let inner = brace.strip_prefix('{')?.strip_suffix('}')?;
    let number = |text: &str| {
        let all_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        all_digits.then(|| text.parse().unwrap_or(u32::MAX))
    };
    match inner.split_once(',') {
        None => number(inner).map(|n| (n, Some(n))),
        Some((least, "")) => number(least).map(|n| (n, None)),
        Some((least, most)) => Some((number(least)?, Some(number(most)?))),
    }
}
