//! Reading YAML: one document, made into objects, tuples and primitives.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::resolve;
use crate::value::{Fields, Type, Value, ValueKind};

/// Collections nested deeper than this are refused.
const MAX_DEPTH: usize = 500;
/// Aliases may make a document at most so many values large.
const MAX_VALUES: usize = 1 << 20;

/// The parser's words for a colon before a tab, which is as good as one before a space in Terraform.
const TAB_AFTER_COLON: &str = "':' must be followed by a valid YAML whitespace";
/// So many such tabs are looked for in a document.
const MAX_TABS: usize = 100;

/// The value of the one document.
pub(super) fn document(text: &str) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_characters(text)?;
    check_directives(text)?;
    let mut text = Cow::Borrowed(text);
    for _ in 0..MAX_TABS {
        match parse(&text) {
            Err(why) if why.ends_with(TAB_AFTER_COLON) && text.contains(":\t") => {
                text = text.replacen(":\t", ": ", 1).into();
            }
            result => return result,
        }
    }
    parse(&text)
}

fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader {
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        depth: 0,
        values: 0,
        length: text.chars().count(),
        ends_in_line: !text.is_empty() && !text.ends_with(['\n', '\r']),
        indentation: Indentation { lines: text.split('\n').collect(), in_flow: false },
    };
    reader.document()
}

/// YAML has no control characters, and no byte order mark but the one at its start.
fn check_characters(text: &str) -> Result<(), String> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{85}') || !c.is_control() && c != '\u{feff}';
    if text.chars().all(allowed) { Ok(()) } else { Err("control characters are not allowed".into()) }
}

/// Of the directives before a document only the version and the handles of tags are known.
fn check_directives(text: &str) -> Result<(), String> {
    for directive in text.lines().take_while(|line| line.starts_with(['%', '#'])).filter(|line| line.starts_with('%')) {
        match directive.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["%YAML", "1.1", ..] | ["%TAG", ..] => {}
            ["%YAML", ..] => return Err("found incompatible YAML document".into()),
            _ => return Err("found unknown directive name".into()),
        }
    }
    Ok(())
}

struct Reader<'a, I: Iterator<Item = Result<(Event<'a>, Span), ScanError>>> {
    events: I,
    /// The values of anchors and how many values each holds; `None` while an anchor's own value is being read.
    anchors: HashMap<usize, Option<(Value, usize)>>,
    depth: usize,
    values: usize,
    /// How many characters there are, and whether the last line does not end.
    length: usize,
    ends_in_line: bool,
    indentation: Indentation<'a>,
}

/// What stands before a value in its line.
struct Indentation<'a> {
    lines: Vec<&'a str>,
    /// Between brackets or braces, where any white space will do.
    in_flow: bool,
}

impl Indentation<'_> {
    /// The parser lets tabs indent; Terraform's does not, where a key could stand.
    fn check(&self, span: &Span) -> Result<(), String> {
        let (line, column) = (span.start.line(), span.start.col());
        let before = || self.lines.get(line.saturating_sub(1)).into_iter().flat_map(|line| line.chars()).take(column);
        let indents = before().all(|c| matches!(c, ' ' | '\t' | '-' | '?'));
        if self.in_flow || !indents || before().all(|c| c != '\t') {
            return Ok(());
        }
        let line = if line > 1 { line + 1 } else { line };
        Err(at(line, 1, "found character that cannot start any token"))
    }

    fn opens_flow(&self, span: &Span) -> bool {
        let line = self.lines.get(span.start.line().saturating_sub(1));
        line.and_then(|line| line.chars().nth(span.start.col())).is_some_and(|c| matches!(c, '[' | '{'))
    }
}

impl<'a, I: Iterator<Item = Result<(Event<'a>, Span), ScanError>>> Reader<'a, I> {
    fn next(&mut self) -> Result<(Event<'a>, Span), String> {
        match self.events.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(e)) => Err(at(e.marker().line(), e.marker().col() + 1, e.info())),
            None => Err("unexpected end of stream".into()),
        }
    }

    fn document(&mut self) -> Result<Value, String> {
        let value = loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd => return Err(at(span.start.line().max(2), 1, "missing start of document")),
                event => break self.value(event, span)?,
            }
        };
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(value),
                (Event::DocumentEnd | Event::Nothing, _) => {}
                (_, span) => return Err(at(span.start.line(), 1, "unexpected extra content after value")),
            }
        }
    }

    fn value(&mut self, event: Event<'a>, span: Span) -> Result<Value, String> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(at(span.start.line(), 1, "the document is too large"));
        }
        self.indentation.check(&span)?;
        let opens = matches!(event, Event::SequenceStart(..) | Event::MappingStart(..));
        let in_flow = self.indentation.in_flow;
        self.indentation.in_flow |= opens && self.indentation.opens_flow(&span);
        let before = self.values;
        let (anchor, value) = match event {
            Event::Alias(anchor) => return self.alias(anchor, &span),
            Event::Scalar(text, style, anchor, tag) => (anchor, self.scalar(&text, style, tag.as_deref(), &span)?),
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), "seq", &span)?;
                self.open(anchor, &span)?;
                (anchor, self.sequence()?)
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), "map", &span)?;
                self.open(anchor, &span)?;
                (anchor, self.mapping()?)
            }
            _ => return Err(at(span.start.line(), span.start.col() + 1, "unexpected content")),
        };
        self.indentation.in_flow = in_flow;
        if anchor > 0 {
            self.anchors.insert(anchor, Some((value.clone(), self.values - before + 1)));
        }
        Ok(value)
    }

    fn open(&mut self, anchor: usize, span: &Span) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(at(span.start.line(), span.start.col() + 1, "the document is nested too deeply"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, None);
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> Result<Value, String> {
        let here = |why: &str| at(span.start.line(), span.start.col() + 1, why);
        match self.anchors.get(&anchor) {
            Some(Some((value, size))) => {
                self.values += size;
                if self.values > MAX_VALUES {
                    return Err(here("the document is too large"));
                }
                Ok(value.clone())
            }
            Some(None) => Err(here("cannot refer to an anchor from inside its own value")),
            None => Err(here("reference to undefined anchor")),
        }
    }

    fn sequence(&mut self) -> Result<Value, String> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => break,
                (event, span) => items.push(self.value(event, span)?),
            }
        }
        self.depth -= 1;
        Ok(Value::tuple(items))
    }

    fn mapping(&mut self) -> Result<Value, String> {
        let mut fields = Fields::new();
        loop {
            let (event, span) = self.next()?;
            let is_merge = matches!(&event, Event::Scalar(text, _, _, None) if text == "<<");
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let place = (span.start.line(), span.start.col() + 1);
            let key = self.value(event, span)?;
            let (event, span) = self.next()?;
            let item = self.value(event, span)?;
            if is_merge {
                // What comes later stands, also over what the mapping has itself.
                let kind = item.type_of().friendly_name();
                let merged = item.as_fields().ok_or_else(|| format!("cannot merge {kind} into mapping"))?;
                fields.extend(merged.iter().map(|(name, item)| (name.clone(), item.clone())));
            } else {
                fields.insert(key_text(&key, place)?, item);
            }
        }
        self.depth -= 1;
        Ok(Value::object(fields))
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Result<Value, String> {
        let here = |why: String| at(span.start.line(), span.start.col() + 1, &why);
        let in_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if in_block && text.trim_end_matches('\n').is_empty() && tag.is_none() {
            return Ok(Value::null(Type::String));
        }
        // The parser ends the last line where the text does not.
        let reaches_end = in_block && self.ends_in_line && span.end.index() >= self.length;
        let text = if reaches_end { text.strip_suffix('\n').unwrap_or(text) } else { text };
        let is_quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        match tag {
            Some(tag) => resolve::tagged(text, core_tag(tag, span)?, is_quoted).map_err(here),
            None if style == ScalarStyle::Plain => resolve::plain(text).map_err(here),
            None => Ok(Value::string(text)),
        }
    }
}

/// A key is what its value is as text: `0x10` is `16`.
fn key_text(key: &Value, (line, column): (usize, usize)) -> Result<Arc<str>, String> {
    let why = match key.convert(&Type::String).as_ref().map(Value::kind) {
        Ok(ValueKind::String(text)) => return Ok(text.clone()),
        Ok(_) => "mapping key cannot be null",
        Err(_) => "only strings are allowed as mapping keys",
    };
    Err(at(line, column, why))
}

/// What the tags of YAML's own types begin with when they are written out.
const CORE: &str = "tag:yaml.org,2002:";

/// The part of a tag that names a type of YAML's own.
fn core_tag<'t>(tag: &'t Tag, span: &Span) -> Result<&'t str, String> {
    if tag.is_yaml_core_schema() {
        return Ok(&tag.suffix);
    }
    if let Some(name) = tag.suffix.strip_prefix(CORE).filter(|_| tag.handle.is_empty()) {
        return Ok(name);
    }
    let why = format!("unsupported tag {:?}", format!("{}{}", tag.handle, tag.suffix));
    Err(at(span.start.line(), span.start.col() + 1, &why))
}

fn check_tag(tag: Option<&Tag>, allowed: &str, span: &Span) -> Result<(), String> {
    let Some(tag) = tag else { return Ok(()) };
    let name = core_tag(tag, span)?;
    if name == allowed {
        return Ok(());
    }
    let what = if allowed == "seq" { "sequence" } else { "mapping" };
    Err(at(span.start.line(), span.start.col() + 1, &format!("can't interpret {what} as {CORE}{name}")))
}

/// Where and what. Terraform counts the lines from 0, and leaves that one out.
fn at(line: usize, column: usize, why: &str) -> String {
    let why = match why.strip_prefix("while ").and_then(|rest| rest.split_once(", ")) {
        Some((_, why)) => why,
        None => why,
    };
    if line > 1 { format!("on line {}, column {column}: {why}", line - 1) } else { why.to_owned() }
}
