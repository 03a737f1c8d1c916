//! Writing YAML: block style, two spaces, every string and key in double quotes but for texts of several lines,
//! which are literal blocks where YAML can write them so.

use crate::value::{Value, ValueKind};

/// Lines of quoted text are broken at the first space past this column.
const WIDTH: usize = 80;

/// The longest key, in bytes, that is written without a question mark.
const MAX_SIMPLE_KEY: usize = 128;

/// One document.
pub(super) fn document(value: &Value) -> Result<String, String> {
    let mut writer = Writer { out: String::new(), open_ended: false };
    writer.node(value, 0, 2)?;
    writer.end_line();
    if writer.open_ended {
        writer.out.push_str("...\n");
    }
    Ok(writer.out)
}

struct Writer {
    out: String,
    /// Whether the document's end must be marked, or what comes after might belong to it.
    open_ended: bool,
}

impl Writer {
    fn end_line(&mut self) {
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn indent(&mut self, indent: usize) {
        self.end_line();
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// A value whose first line goes on where the output stands; further lines start at `indent`, those of a text
    /// at `text_indent`.
    fn node(&mut self, value: &Value, indent: usize, text_indent: usize) -> Result<(), String> {
        self.open_ended = false;
        match value.kind() {
            ValueKind::Null(_) => self.plain("null", indent),
            ValueKind::Bool(b) => self.plain(if *b { "true" } else { "false" }, indent),
            ValueKind::Number(n) => self.plain(&n.to_string(), indent),
            ValueKind::String(s) => self.text(s, text_indent),
            ValueKind::Unknown(..) => return Err("value is not known".into()),
            ValueKind::List(_, items) | ValueKind::Set(_, items) | ValueKind::Tuple(items) => {
                if items.is_empty() {
                    self.out.push_str("[]");
                }
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        self.indent(indent);
                    }
                    self.out.push_str("- ");
                    self.node(item, indent + 2, indent + 2)?;
                }
            }
            ValueKind::Map(_, fields) | ValueKind::Object(fields) => {
                if fields.is_empty() {
                    self.out.push_str("{}");
                }
                for (i, (key, item)) in fields.iter().enumerate() {
                    if i > 0 {
                        self.indent(indent);
                    }
                    self.entry(key, item, indent)?;
                }
            }
        }
        Ok(())
    }

    /// A plain scalar that is a document of its own leaves the end open.
    fn plain(&mut self, text: &str, indent: usize) {
        self.open_ended = indent == 0 && self.out.is_empty();
        self.out.push_str(text);
    }

    fn entry(&mut self, key: &str, item: &Value, indent: usize) -> Result<(), String> {
        let simple = !key.contains('\n') && key.len() <= MAX_SIMPLE_KEY;
        if simple {
            self.quoted(key, None);
            self.out.push(':');
        } else {
            self.out.push_str("? ");
            self.text(key, indent + 2);
            self.indent(indent);
            self.out.push(':');
        }
        let below = match item.kind() {
            ValueKind::List(..) | ValueKind::Set(..) | ValueKind::Tuple(_) => Some(indent),
            ValueKind::Map(..) | ValueKind::Object(_) => Some(indent + 2),
            _ => None,
        };
        match below.filter(|_| item.parts().next().is_some()) {
            Some(below) if simple => self.indent(below),
            _ => self.out.push(' '),
        }
        self.node(item, below.unwrap_or(indent), indent + 2)
    }

    fn text(&mut self, text: &str, indent: usize) {
        if text.contains('\n') && can_be_literal(text) {
            self.literal(text, indent);
        } else {
            self.quoted(text, Some(indent));
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.out.push('|');
        if text.starts_with([' ', '\n']) {
            self.out.push('2');
        }
        if !text.ends_with('\n') {
            self.out.push('-');
        } else if text.len() == 1 || text.ends_with("\n\n") {
            self.out.push('+');
        }
        self.out.push('\n');
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.out.extend(std::iter::repeat_n(' ', indent));
            }
            self.out.push_str(line);
        }
    }

    /// Text in double quotes; long lines are broken at single spaces and go on at the indent, if one is given.
    fn quoted(&mut self, text: &str, indent: Option<usize>) {
        let mut column = self.out.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        let mut after_space = false;
        self.out.push('"');
        let mut chars = text.chars().enumerate().peekable();
        while let Some((i, c)) = chars.next() {
            if c == ' ' {
                let folds = indent.filter(|_| !after_space && column > WIDTH && i > 0 && chars.peek().is_some());
                if let Some(indent) = folds {
                    self.indent(indent);
                    column = indent;
                    if chars.peek().is_some_and(|(_, next)| *next == ' ') {
                        self.out.push('\\');
                        column += 1;
                    }
                } else {
                    self.out.push(' ');
                    column += 1;
                }
                after_space = true;
                continue;
            }
            after_space = false;
            let written = quoted_char(c);
            column += written.chars().count();
            self.out.push_str(&written);
        }
        self.out.push('"');
    }
}

fn quoted_char(c: char) -> String {
    match (escape(c), u32::from(c)) {
        (Some(name), _) => format!("\\{name}"),
        (None, _) if is_printable(c) => c.to_string(),
        (None, code @ ..=0xff) => format!("\\x{code:02X}"),
        (None, code @ ..=0xffff) => format!("\\u{code:04X}"),
        (None, code) => format!("\\U{code:08X}"),
    }
}

/// The letter of a character's escape.
fn escape(c: char) -> Option<char> {
    Some(match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => return None,
    })
}

/// What the emitter writes as it is: no tab, and nothing beyond the basic plane.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// No space at the end of a line or of the text, and nothing that needs an escape.
fn can_be_literal(text: &str) -> bool {
    !text.ends_with(' ')
        && !text.contains(" \n")
        && text.chars().all(|c| c == '\n' || (is_printable(c) && escape(c).is_none_or(|e| e == '"' || e == '\\')))
}
