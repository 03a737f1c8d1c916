//! Reading YAML with the place of everything in it, document by document: one that cannot be read hides no other.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span as Place};
use serde_json::Value as Json;

/// Collections nested deeper than this are refused.
const MAX_DEPTH: usize = 200;
/// Aliases may make a document at most so many nodes large.
const MAX_NODES: usize = 1 << 18;

/// One document of a file.
#[derive(Debug)]
pub struct Document {
    /// Its bytes in the file: what is between the lines `---`.
    pub range: Range<usize>,
    /// What it says; `None` when it says nothing.
    pub root: Option<Node>,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its bytes in the file. A mapping or sequence without brackets reaches from its first key or item to the end of
    /// its last; what is left out is empty, right after its key's colon or dash.
    pub range: Range<usize>,
    /// What it is.
    pub content: Content,
    /// It has an anchor, lies in what has one, or stands for it: to change it is to change it elsewhere.
    pub shared: bool,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Content {
    /// A text, number, boolean or null.
    Scalar {
        /// The text without quotes.
        text: Box<str>,
        /// Without quotes and not a block, so that it may be a number, a boolean or null.
        plain: bool,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and their values, in order.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: Node,
    /// Its value.
    pub value: Node,
}

/// Why a document cannot be read.
#[derive(Debug)]
pub struct Fault {
    /// Where.
    pub at: usize,
    /// What is wrong.
    pub why: String,
    /// The document holds `{{`, which templates do.
    pub template: bool,
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar that Kubernetes takes as a text: quoted, or not like a number, a boolean or null.
    pub fn string(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, plain } if !*plain || !is_other(text) => Some(text),
            _ => None,
        }
    }

    /// Whether nothing is said.
    pub fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true } if ["", "~", "null", "Null", "NULL"].contains(&&**text))
    }

    /// The value as JSON, as Kubernetes reads it.
    pub fn to_json(&self) -> Json {
        match &self.content {
            Content::Scalar { text, plain } if *plain => match &**text {
                "true" | "True" | "TRUE" => Json::Bool(true),
                "false" | "False" | "FALSE" => Json::Bool(false),
                _ if self.is_null() => Json::Null,
                text if is_other(text) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
                text => text.into(),
            },
            Content::Scalar { text, .. } => (**text).into(),
            Content::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Content::Mapping(entries) => {
                let member = |entry: &Entry| Some((entry.key.text()?.to_owned(), entry.value.to_json()));
                Json::Object(entries.iter().filter_map(member).collect())
            }
        }
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence.
    pub fn items(&self) -> &[Self] {
        match &self.content {
            Content::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The entry of that key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key.text() == Some(key))
    }

    /// The value of a key, also where it is merged in with `<<`.
    pub fn get(&self, key: &str) -> Option<&Self> {
        if let Some(entry) = self.entry(key) {
            return Some(&entry.value);
        }
        let merged = &self.entry("<<")?.value;
        merged.get(key).or_else(|| merged.items().iter().find_map(|item| item.get(key)))
    }

    /// The value at the end of a way of keys.
    pub fn at(&self, way: &[&str]) -> Option<&Self> {
        way.iter().try_fold(self, |node, key| node.get(key))
    }
}

/// Whether YAML reads a plain scalar as something else than a text.
fn is_other(text: &str) -> bool {
    let number = text.parse::<f64>().is_ok() && text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    number || ["", "~", "null", "true", "false"].contains(&text.to_ascii_lowercase().as_str())
}

/// The documents of a text, each read by itself.
pub fn read(text: &str) -> Vec<Result<Document, Fault>> {
    ranges(text).into_iter().map(|range| document(text, range)).collect()
}

/// What is between the lines that separate documents.
fn ranges(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut offset) = (0, 0);
    for line in text.split_inclusive('\n') {
        let end = offset + line.len();
        let separates = |mark| {
            line.strip_prefix(mark).is_some_and(|rest: &str| rest.is_empty() || rest.starts_with(char::is_whitespace))
        };
        if separates("---") || separates("...") {
            found.push(start..offset);
            // What is written behind the dashes belongs to the document.
            let rest = line.get(3..).unwrap_or_default().trim();
            start = if rest.is_empty() || rest.starts_with('#') { end } else { offset + 3 };
        }
        offset = end;
    }
    found.push(start..text.len());
    found.retain(|range| text.get(range.clone()).is_some_and(|part| !part.trim().is_empty()));
    found
}

fn document(text: &str, range: Range<usize>) -> Result<Document, Fault> {
    let part = text.get(range.clone()).unwrap_or_default();
    let template = part.contains("{{");
    let mut reader = Reader {
        events: Parser::new_from_str(part),
        offsets: Offsets::new(part, range.start),
        anchors: HashMap::new(),
        depth: 0,
        nodes: 0,
    };
    match reader.root() {
        Ok(root) => Ok(Document { range, root }),
        Err((at, why)) => Err(Fault { at, why, template }),
    }
}

/// From characters of a document to bytes of its file.
struct Offsets {
    start: usize,
    /// Where each character begins, unless each is one byte.
    bytes: Option<Vec<usize>>,
}

impl Offsets {
    fn new(part: &str, start: usize) -> Self {
        let bytes = (!part.is_ascii()).then(|| part.char_indices().map(|(at, _)| at).chain([part.len()]).collect());
        Self { start, bytes }
    }

    fn byte(&self, character: usize) -> usize {
        let byte = match &self.bytes {
            None => character,
            Some(bytes) => bytes.get(character).or(bytes.last()).copied().unwrap_or_default(),
        };
        self.start + byte
    }

    fn range(&self, place: &Place) -> Range<usize> {
        self.byte(place.start.index())..self.byte(place.end.index())
    }
}

type Failure = (usize, String);

struct Reader<'a, I: Iterator<Item = Result<(Event<'a>, Place), ScanError>>> {
    events: I,
    offsets: Offsets,
    anchors: HashMap<usize, Option<Node>>,
    depth: usize,
    nodes: usize,
}

impl<'a, I: Iterator<Item = Result<(Event<'a>, Place), ScanError>>> Reader<'a, I> {
    fn next(&mut self) -> Result<(Event<'a>, Range<usize>), Failure> {
        match self.events.next() {
            Some(Ok((event, place))) => Ok((event, self.offsets.range(&place))),
            Some(Err(error)) => Err((self.offsets.byte(error.marker().index()), error.info().to_owned())),
            None => Err((self.offsets.start, "it ends too early".into())),
        }
    }

    fn root(&mut self) -> Result<Option<Node>, Failure> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(root),
                (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing, _) => {}
                (event, range) if root.is_none() => root = Some(self.node(event, range, false)?),
                (_, range) => return Err((range.start, "something stands behind the end of the document".into())),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, range: Range<usize>, shared: bool) -> Result<Node, Failure> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err((range.start, "the document is too large".into()));
        }
        match event {
            Event::Alias(anchor) => self.alias(anchor, range),
            Event::Scalar(text, style, anchor, _) => {
                let text = if range.is_empty() { "" } else { &*text };
                let content = Content::Scalar { text: text.into(), plain: style == ScalarStyle::Plain };
                let node = Node { range, content, shared: shared || anchor > 0 };
                Ok(self.kept(anchor, node))
            }
            Event::SequenceStart(anchor, _) => self.collection(anchor, range, shared, Self::sequence),
            Event::MappingStart(anchor, _) => self.collection(anchor, range, shared, Self::mapping),
            _ => Err((range.start, "this is not expected here".into())),
        }
    }

    fn collection(
        &mut self,
        anchor: usize,
        range: Range<usize>,
        shared: bool,
        read: fn(&mut Self, Range<usize>, bool) -> Result<Node, Failure>,
    ) -> Result<Node, Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err((range.start, "the document is nested too deeply".into()));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, None);
        }
        let node = read(self, range, shared || anchor > 0)?;
        self.depth -= 1;
        Ok(self.kept(anchor, node))
    }

    fn kept(&mut self, anchor: usize, node: Node) -> Node {
        if anchor > 0 {
            self.anchors.insert(anchor, Some(node.clone()));
        }
        node
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> Result<Node, Failure> {
        match self.anchors.get(&anchor) {
            Some(Some(node)) => {
                self.nodes += size(node);
                Ok(node.clone())
            }
            _ => Err((range.start, "the anchor that this refers to is not complete".into())),
        }
    }

    fn sequence(&mut self, start: Range<usize>, shared: bool) -> Result<Node, Failure> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            let (event, range) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let end =
                    if start.is_empty() { items.last().map_or(start.end, |item| item.range.end) } else { range.end };
                return Ok(Node { range: start.start..end, content: Content::Sequence(items), shared });
            }
            items.push(self.node(event, range, shared)?);
        }
    }

    fn mapping(&mut self, start: Range<usize>, shared: bool) -> Result<Node, Failure> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, range) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                let end = entries.last().map_or(start.end, |entry| entry.value.range.end.max(entry.key.range.end));
                let end = if start.is_empty() { end } else { range.end };
                return Ok(Node { range: start.start..end, content: Content::Mapping(entries), shared });
            }
            let key = self.node(event, range, shared)?;
            if key.text().is_none() {
                return Err((key.range.start, "a key must be a text".into()));
            }
            if entries.iter().any(|entry| entry.key.text() == key.text()) && key.text() != Some("<<") {
                return Err((key.range.start, format!("the key {:?} is there twice", key.text().unwrap_or_default())));
            }
            let (event, range) = self.next()?;
            let value = self.node(event, range, shared)?;
            entries.push(Entry { key, value });
        }
    }
}

fn size(node: &Node) -> usize {
    let below: usize = match &node.content {
        Content::Scalar { .. } => 0,
        Content::Sequence(items) => items.iter().map(size).sum(),
        Content::Mapping(entries) => entries.iter().map(|entry| 1 + size(&entry.value)).sum(),
    };
    1 + below
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn place<'t>(text: &'t str, root: &Node, way: &[&str]) -> &'t str {
        text.get(root.at(way).unwrap().range.clone()).unwrap()
    }

    #[test]
    fn everything_has_its_place_in_the_file() {
        let text = "a: 1\n---\n# é\nb: {c: \"d\", e: [1, 2]}\nf:\n  g:\n  h: |\n    i\n    j\n";
        let documents: Vec<Document> = read(text).into_iter().map(Result::unwrap).collect();
        assert_eq!(documents.len(), 2);
        let root = documents.get(1).unwrap().root.as_ref().unwrap();
        assert_eq!(place(text, root, &["b"]), "{c: \"d\", e: [1, 2]}");
        assert_eq!(place(text, root, &["b", "c"]), "\"d\"");
        assert_eq!(place(text, root, &["f", "g"]), "");
        assert_eq!(place(text, root, &["f", "h"]), "i\n    j\n");
        assert!(root.at(&["f", "g"]).unwrap().is_null());
    }

    #[test]
    fn anchors_and_merges_are_followed_and_known_as_shared() {
        let text = "base: &b\n  x: 1\nuse:\n  <<: *b\n  y: 2\n";
        let root = read(text).remove(0).unwrap().root.unwrap();
        assert_eq!(root.at(&["use", "x"]).unwrap().text(), Some("1"));
        assert!(root.at(&["use", "x"]).unwrap().shared);
        assert!(!root.at(&["use", "y"]).unwrap().shared);
    }

    #[test]
    fn one_bad_document_hides_no_other() {
        let read = read("a: b: c\n---\nname: {{ .Values.name }}\n---\nk: v\n---\nk: 1\nk: 2\n");
        let faults: Vec<(usize, bool)> =
            read.iter().filter_map(|document| document.as_ref().err().map(|f| (f.at, f.template))).collect();
        assert_eq!(faults, [(4, false), (19, true), (55, false)]);
        assert!(read.get(2).unwrap().is_ok());
    }
}
