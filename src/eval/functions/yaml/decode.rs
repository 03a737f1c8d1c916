//! Reading YAML: one document, made into objects, tuples and primitives.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::resolve;
use crate::value::{Fields, Type, Value, ValueKind};

/// Collections nested deeper than this are refused.
const MAX_DEPTH: usize = 500;
/// Aliases may make a document at most so many values large.
const MAX_VALUES: usize = 1 << 20;

/// The value of the one document.
pub(super) fn document(text: &str) -> Result<Value, String> {
    let mut reader = Reader { events: Parser::new_from_str(text), anchors: HashMap::new(), depth: 0, values: 0 };
    reader.document()
}

struct Reader<'a, I: Iterator<Item = Result<(Event<'a>, Span), ScanError>>> {
    events: I,
    /// The values of anchors and how many values each holds; `None` while an anchor's own value is being read.
    anchors: HashMap<usize, Option<(Value, usize)>>,
    depth: usize,
    values: usize,
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
                Event::StreamEnd => return Err(at(1, 1, "missing start of document")),
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
        let before = self.values;
        let (anchor, value) = match event {
            Event::Alias(anchor) => return self.alias(anchor, &span),
            Event::Scalar(text, style, anchor, tag) => (anchor, scalar(&text, style, tag.as_deref(), &span)?),
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
        let mut merged: Vec<Value> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let place = (span.start.line(), span.start.col() + 1);
            let key = self.value(event, span)?;
            let (event, span) = self.next()?;
            let item = self.value(event, span)?;
            if is_merge {
                merged.push(item);
                continue;
            }
            fields.insert(key_text(&key, place)?, item);
        }
        self.depth -= 1;
        for source in &merged {
            merge(source, &mut fields)?;
        }
        Ok(Value::object(fields))
    }
}

/// A key is what its value is as text: `0x10` is `16`. Terraform counts the lines from 0 here, and leaves that one out.
fn key_text(key: &Value, (line, column): (usize, usize)) -> Result<Arc<str>, String> {
    let why = match key.convert(&Type::String).as_ref().map(Value::kind) {
        Ok(ValueKind::String(text)) => return Ok(text.clone()),
        Ok(_) => "mapping key cannot be null",
        Err(_) => "only strings are allowed as mapping keys",
    };
    Err(if line > 1 { at(line - 1, column, why) } else { why.to_owned() })
}

/// `<<: *x`, or `<<: [*x, *y]`: what the mapping does not have itself, earlier sources first.
fn merge(source: &Value, fields: &mut Fields) -> Result<(), String> {
    if let Some(found) = source.as_fields() {
        for (key, item) in found {
            fields.entry(key.clone()).or_insert_with(|| item.clone());
        }
        return Ok(());
    }
    match source.as_elements() {
        Some(sources) => sources.iter().try_for_each(|source| merge(source, fields)),
        None => Err("can only merge mapping values".into()),
    }
}

/// The part of a tag that names a type of YAML's own.
fn core_tag<'t>(tag: &'t Tag, span: &Span) -> Result<&'t str, String> {
    if tag.is_yaml_core_schema() {
        return Ok(&tag.suffix);
    }
    if tag.handle == "!" && tag.suffix.is_empty() {
        return Ok("str");
    }
    Err(at(
        span.start.line(),
        span.start.col() + 1,
        &format!("unsupported tag {:?}", format!("{}{}", tag.handle, tag.suffix)),
    ))
}

fn check_tag(tag: Option<&Tag>, allowed: &str, span: &Span) -> Result<(), String> {
    let Some(tag) = tag else { return Ok(()) };
    if tag.handle == "!" && tag.suffix.is_empty() {
        return Ok(());
    }
    let name = core_tag(tag, span)?;
    if name == allowed {
        return Ok(());
    }
    Err(at(span.start.line(), span.start.col() + 1, &format!("tag !!{name} does not fit the value")))
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Result<Value, String> {
    let here = |why: String| at(span.start.line(), span.start.col() + 1, &why);
    match tag {
        Some(tag) => resolve::tagged(text, core_tag(tag, span)?).map_err(here),
        None if style == ScalarStyle::Plain => resolve::plain(text).map_err(here),
        None => Ok(Value::string(text)),
    }
}

/// Where and what.
fn at(line: usize, column: usize, why: &str) -> String {
    format!("on line {line}, column {column}: {why}")
}
