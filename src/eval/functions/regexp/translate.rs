//! From Go's regular expressions to the `regex` crate's, which agree in most but not in all:
//! in Go `\d \w \s \b` know ASCII only, a brace that starts no count is itself, brackets nest only for POSIX
//! classes and know no set operations, every escaped punctuation mark is itself, `\Q..\E` quotes, and counts end
//! at 1000.

/// The largest count in Go.
const MAX_COUNT: u32 = 1000;

/// The classes that brackets in brackets name.
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// What is wrong with an expression, and which part of it is.
pub(super) struct Refusal {
    pub why: String,
    pub part: String,
}

impl Refusal {
    pub(super) fn new(why: impl Into<String>, part: impl Into<String>) -> Self {
        Self { why: why.into(), part: part.into() }
    }
}

/// An expression in the crate's syntax, and what its capture groups are called. The crate is not told, since it
/// takes fewer names and each but once.
pub(super) struct Translated {
    pub pattern: String,
    pub groups: Vec<Option<String>>,
}

/// The expression in the crate's syntax.
pub(super) fn from_go(pattern: &str) -> Result<Translated, Refusal> {
    let out = String::with_capacity(pattern.len() + 8);
    let mut reader =
        Reader { rest: pattern, out, repeated: None, starts: true, groups: Vec::new(), times: 1, open: Vec::new() };
    while let Some(c) = reader.rest.chars().next() {
        if !matches!(c, '{' | '*' | '+' | '?') {
            reader.times = 1;
        }
        match c {
            '\\' => reader.escape()?,
            '[' => reader.class()?,
            '{' => reader.brace()?,
            '*' | '+' | '?' => reader.operator(&c.to_string())?,
            '(' => {
                reader.open.push(1);
                reader.group()?;
            }
            ')' => {
                reader.copy(c);
                reader.times = reader.open.pop().unwrap_or(1);
                reader.count(1);
            }
            '|' => {
                reader.copy(c);
                reader.starts = true;
            }
            _ => reader.copy(c),
        }
    }
    Ok(Translated { pattern: reader.out, groups: reader.groups })
}

struct Reader<'a> {
    rest: &'a str,
    out: String,
    /// The repetition operator just read, with which another one may not be combined.
    repeated: Option<String>,
    /// Whether there is nothing yet that could be repeated.
    starts: bool,
    /// The names of the capture groups so far.
    groups: Vec<Option<String>>,
    /// How often what could be repeated next repeats something in it.
    times: u32,
    /// The same of each group that is open.
    open: Vec<u32>,
}

impl Reader<'_> {
    fn copy(&mut self, c: char) {
        self.skip(c.len_utf8());
        self.out.push(c);
        self.repeated = None;
    }

    fn skip(&mut self, bytes: usize) {
        self.starts = false;
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn escape(&mut self) -> Result<(), Refusal> {
        self.repeated = None;
        match self.rest.chars().nth(1) {
            Some('Q') => self.quoted(),
            Some(c @ ('b' | 'B')) => {
                self.out.push_str(&format!("(?-u:\\{c})"));
                self.skip(2);
            }
            Some(c @ ('A' | 'z')) => {
                self.out.push_str(&format!("\\{c}"));
                self.skip(2);
            }
            _ => match self.named_class() {
                Some(class) => self.out.push_str(&format!("[{class}]")),
                None => {
                    let c = self.escaped_char()?;
                    self.out.push_str(&literal(c));
                }
            },
        }
        Ok(())
    }

    /// `\d`, `\pL`, `\p{Greek}` and the like, as the inside of a class.
    fn named_class(&mut self) -> Option<String> {
        let c = self.rest.strip_prefix('\\')?.chars().next()?;
        let class = match c {
            'd' => "0-9",
            'w' => "0-9A-Za-z_",
            's' => "\\t\\n\\x0C\\r ",
            'D' => "[^0-9]",
            'W' => "[^0-9A-Za-z_]",
            'S' => "[^\\t\\n\\x0C\\r ]",
            'p' | 'P' => {
                let name = self.rest.get(2..)?;
                let length = if name.starts_with('{') { name.find('}')? + 1 } else { name.chars().next()?.len_utf8() };
                let class = self.rest.get(..2 + length)?.to_owned();
                self.skip(2 + length);
                return Some(class);
            }
            _ => return None,
        };
        self.skip(2);
        Some(class.to_owned())
    }

    /// An escape that stands for one character.
    fn escaped_char(&mut self) -> Result<char, Refusal> {
        let after = self.rest.get(1..).unwrap_or_default();
        let Some(c) = after.chars().next() else {
            return Err(Refusal::new("trailing backslash at end of expression", ""));
        };
        let hex = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        let (found, length) = match c {
            'a' => (Some('\u{7}'), 1),
            'f' => (Some('\u{c}'), 1),
            't' => (Some('\t'), 1),
            'n' => (Some('\n'), 1),
            'r' => (Some('\r'), 1),
            'v' => (Some('\u{b}'), 1),
            'x' => match after.strip_prefix("x{").and_then(|digits| digits.split_once('}')) {
                Some((digits, _)) => (hex(digits), digits.len() + 3),
                None => (after.get(1..3).and_then(hex), 3),
            },
            '0'..='7' => octal(after),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => (Some(c), 1),
            _ => (None, c.len_utf8()),
        };
        let written = self.rest.get(..=length).unwrap_or(self.rest).to_owned();
        self.skip(1 + length);
        found.ok_or_else(|| Refusal::new("invalid escape sequence", written))
    }

    fn quoted(&mut self) {
        self.skip(2);
        let end = self.rest.find("\\E");
        let text = self.rest.get(..end.unwrap_or(self.rest.len())).unwrap_or_default().to_owned();
        self.out.push_str(&regex::escape(&text));
        self.skip(text.len() + end.map_or(0, |_| 2));
    }

    /// `[...]`, in which only `[:name:]` nests.
    fn class(&mut self) -> Result<(), Refusal> {
        self.repeated = None;
        let whole = self.rest.to_owned();
        self.copy('[');
        if self.rest.starts_with('^') {
            self.copy('^');
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if self.rest.is_empty() {
                return Err(Refusal::new("missing closing ]", whole));
            }
            let posix = self.rest.starts_with("[:").then(|| self.rest.find(":]")).flatten();
            if let Some(end) = posix {
                let name = self.rest.get(..end + 2).unwrap_or_default().to_owned();
                if !POSIX.contains(&name.trim_matches(['[', ':', ']', '^'])) {
                    return Err(Refusal::new("invalid character class range", name));
                }
                self.out.push_str(&name);
                self.skip(end + 2);
            } else if let Some(class) = self.named_class() {
                self.out.push_str(&class);
            } else {
                self.range(&whole)?;
            }
        }
        self.copy(']');
        Ok(())
    }

    /// One character of a class, or two with all between them.
    fn range(&mut self, whole: &str) -> Result<(), Refusal> {
        let start = self.rest;
        let low = self.class_char(whole)?;
        self.out.push_str(&literal(low));
        if !self.rest.starts_with('-') || self.rest.starts_with("-]") || self.rest.len() < 2 {
            return Ok(());
        }
        self.skip(1);
        let high = self.class_char(whole)?;
        if high < low {
            let written = start.get(..start.len() - self.rest.len()).unwrap_or_default();
            return Err(Refusal::new("invalid character class range", written));
        }
        self.out.push_str(&format!("-{}", literal(high)));
        Ok(())
    }

    fn class_char(&mut self, whole: &str) -> Result<char, Refusal> {
        match self.rest.chars().next() {
            Some('\\') => self.escaped_char(),
            Some(c) => {
                self.skip(c.len_utf8());
                Ok(c)
            }
            None => Err(Refusal::new("missing closing ]", whole)),
        }
    }

    /// `{n}`, `{n,}`, `{n,m}`, or a brace as itself.
    fn brace(&mut self) -> Result<(), Refusal> {
        let count = self.rest.find('}').and_then(|end| self.rest.get(..=end)).map(str::to_owned);
        let Some((count, (least, most))) = count.and_then(|count| Some((count.clone(), counts(&count)?))) else {
            self.skip(1);
            self.out.push_str("\\{");
            self.repeated = None;
            return Ok(());
        };
        let too_often = self.times.saturating_mul(most.unwrap_or(least)) > MAX_COUNT;
        if least > MAX_COUNT || too_often || most.is_some_and(|most| most < least) {
            return Err(Refusal::new("invalid repeat count", count));
        }
        self.count(most.unwrap_or(least).max(1));
        self.operator(&count)
    }

    /// Counts in counts multiply.
    fn count(&mut self, times: u32) {
        self.times = self.times.saturating_mul(times);
        if let Some(around) = self.open.last_mut() {
            *around = self.times.max(*around);
        }
    }

    /// One repetition operator, with the `?` that makes it reluctant.
    fn operator(&mut self, operator: &str) -> Result<(), Refusal> {
        if self.starts {
            return Err(Refusal::new("missing argument to repetition operator", operator));
        }
        if let Some(before) = &self.repeated {
            return Err(Refusal::new("invalid nested repetition operator", format!("{before}{operator}")));
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

    /// A group's start with its name or its flags, of which Go knows fewer.
    fn group(&mut self) -> Result<(), Refusal> {
        let whole = self.rest;
        self.copy('(');
        self.starts = true;
        let Some(after) = self.rest.strip_prefix('?') else {
            self.groups.push(None);
            return Ok(());
        };
        let refused = |part: String| Refusal::new("invalid or unsupported Perl syntax", part);
        if after.starts_with("<=") || after.starts_with("<!") {
            return Err(refused("(?<".into()));
        }
        if let Some(name) = after.strip_prefix("P<").or_else(|| after.strip_prefix('<')) {
            let end = name.find('>').map(|end| whole.len() - name.len() + end + 1);
            let written = whole.get(..end.unwrap_or(whole.len())).unwrap_or(whole);
            let name = end.and_then(|_| name.split('>').next()).unwrap_or_default();
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err(Refusal::new("invalid named capture", written));
            }
            self.groups.push(Some(name.to_owned()));
            self.skip(written.len() - 1);
            self.starts = true;
            return Ok(());
        }
        let flags: String = after.chars().take_while(|c| !matches!(c, ':' | ')')).collect();
        if let Some(c) = flags.chars().find(|c| !"imsU-".contains(*c)) {
            return Err(refused(format!("(?{c}")));
        }
        self.out.push('?');
        self.skip(1);
        self.out.push_str(&flags);
        self.skip(flags.len());
        if self.rest.starts_with(':') {
            self.copy(':');
        }
        self.starts = true;
        Ok(())
    }
}

/// Up to three octal digits and their length; one alone other than 0 would be a back reference, which RE2 lacks.
fn octal(text: &str) -> (Option<char>, usize) {
    let digits: String = text.chars().take(3).take_while(|c| c.is_digit(8)).collect();
    let alone = digits.len() == 1 && digits != "0";
    let code = u32::from_str_radix(&digits, 8).ok().filter(|_| !alone);
    (code.and_then(char::from_u32), digits.len())
}

/// A character as itself, in and outside of classes.
fn literal(c: char) -> String {
    if c.is_alphanumeric() || c == '_' { c.to_string() } else { format!("\\x{{{:X}}}", u32::from(c)) }
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
