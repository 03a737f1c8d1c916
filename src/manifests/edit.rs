//! Changing YAML by its places: what is not changed stays as it is, with comments, order and layout.

use std::ops::Range;

use serde_json::{Map, Value as Json};

use super::yaml::{Content, Node};

/// Replaces bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What is there then.
    pub text: String,
}

impl Edit {
    fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { start: range.start, end: range.end, text: text.into() }
    }

    fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::new(at..at, text)
    }

    /// Whether both cannot be made.
    pub fn collides(&self, other: &Self) -> bool {
        let apart = if self.start == self.end || other.start == other.end {
            self.start > other.end || other.start > self.end
        } else {
            self.start >= other.end || other.start >= self.end
        };
        self != other && !apart
    }
}

/// The text with the edits made. Of those that collide the first is made.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_unstable();
    edits.dedup();
    let mut out = String::with_capacity(text.len());
    let crlf = text.contains("\r\n");
    let mut done = 0;
    for edit in edits {
        if edit.start < done {
            continue;
        }
        out.push_str(text.get(done..edit.start).unwrap_or_default());
        if crlf {
            out.push_str(&edit.text.replace('\n', "\r\n"));
        } else {
            out.push_str(&edit.text);
        }
        done = edit.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// Puts another value in the place of a scalar.
pub fn replace(node: &Node, value: &str) -> Option<Edit> {
    let placed = !node.shared && !node.range.is_empty();
    placed.then(|| Edit::new(node.range.clone(), scalar(&Json::String(value.into()))))
}

/// Sets the value at the end of a way of keys, making what is missing on the way. `None` where that cannot be done
/// without changing something else.
pub fn set(file: &str, root: &Node, way: &[&str], value: &str) -> Option<Edit> {
    let (key, rest) = way.split_first()?;
    if root.shared {
        return None;
    }
    let Some(entry) = root.entry(key) else {
        // What is merged in belongs to somebody else too.
        return if root.get(key).is_some() { None } else { add(file, root, key, &nested(rest, value)) };
    };
    if rest.is_empty() {
        return if entry.value.range.is_empty() {
            fill(file, entry.key.range.end, value)
        } else {
            replace(&entry.value, value)
        };
    }
    if entry.value.is_null() && !entry.value.shared {
        return open(file, root, &entry.key, &entry.value, &nested(rest, value));
    }
    set(file, &entry.value, rest, value)
}

/// Gives a key its value, which has none.
fn fill(file: &str, key_end: usize, value: &str) -> Option<Edit> {
    let colon = key_end + file.get(key_end..)?.find(':')?;
    Some(Edit::insert(colon + 1, format!(" {}", scalar(&Json::String(value.into())))))
}

/// Puts the first key below one without a value.
fn open(file: &str, root: &Node, key: &Node, value: &Node, content: &Json) -> Option<Edit> {
    if is_flow(file, root) || !value.range.is_empty() {
        let at = if value.range.is_empty() { return None } else { value.range.clone() };
        return Some(Edit::new(at, content.to_string()));
    }
    let indent = column(file, key.range.start) + 2;
    Some(Edit::insert(line_end(file, key.range.end), format!("\n{}", lines(content, indent).trim_end_matches('\n'))))
}

/// Adds a key behind the others of a mapping.
fn add(file: &str, mapping: &Node, key: &str, value: &Json) -> Option<Edit> {
    let Content::Mapping(entries) = &mapping.content else { return None };
    let Some(last) = entries.last() else {
        return Some(Edit::new(
            mapping.range.clone(),
            Json::Object(Map::from_iter([(key.into(), value.clone())])).to_string(),
        ));
    };
    if is_flow(file, mapping) {
        let end = last.value.range.end.max(last.key.range.end);
        return Some(Edit::insert(end, format!(", {}: {value}", Json::String(key.into()))));
    }
    let first = entries.first()?.key.range.start;
    let whole = Json::Object(Map::from_iter([(key.into(), value.clone())]));
    let text = lines(&whole, column(file, first));
    Some(Edit::insert(content_end(file, mapping), format!("\n{}", text.trim_end_matches('\n'))))
}

/// Takes a key and its value out of a mapping that has others.
pub fn remove(file: &str, mapping: &Node, key: &str) -> Option<Edit> {
    let entries = mapping.entries();
    let at = entries.iter().position(|entry| entry.key.text() == Some(key))?;
    let entry = entries.get(at)?;
    if mapping.shared || entry.value.shared || entries.len() == 1 {
        return None;
    }
    if is_flow(file, mapping) {
        let ranges: Vec<Range<usize>> =
            entries.iter().map(|e| e.key.range.start..e.value.range.end.max(e.key.range.end)).collect();
        return Some(Edit::new(between(&ranges, at, at)?, ""));
    }
    let start = entry.key.range.start;
    let end = after_line(file, end_of(file, &entry.value, entry.key.range.end));
    let line = line_start(file, start);
    if file.get(line..start)?.trim().is_empty() {
        return Some(Edit::new(line..end, ""));
    }
    // The first of an item: "- key: value".
    let next = end + file.get(end..)?.find(|c| c != ' ')?;
    Some(Edit::new(start..next, ""))
}

/// Takes items out of the sequence under a key; with the last of them the key goes too.
pub fn remove_items(file: &str, owner: &Node, key: &str, which: &[usize]) -> Option<Vec<Edit>> {
    let sequence = &owner.entry(key)?.value;
    let items = sequence.items();
    if sequence.shared || which.is_empty() || which.iter().any(|at| items.get(*at).is_none_or(|item| item.shared)) {
        return None;
    }
    if which.len() == items.len() {
        return remove(file, owner, key).map(|edit| vec![edit]);
    }
    if is_flow(file, sequence) {
        let ranges: Vec<Range<usize>> = items.iter().map(|item| item.range.clone()).collect();
        return runs(which).into_iter().map(|(from, to)| Some(Edit::new(between(&ranges, from, to)?, ""))).collect();
    }
    which.iter().map(|at| Some(Edit::new(item_lines(file, items.get(*at)?)?, ""))).collect()
}

/// Neighbouring numbers as ranges.
fn runs(which: &[usize]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for at in which {
        match found.last_mut() {
            Some((_, to)) if *to + 1 == *at => *to = *at,
            _ => found.push((*at, *at)),
        }
    }
    found
}

/// The bytes of entries `from..=to` between brackets, with the comma that goes with them.
fn between(ranges: &[Range<usize>], from: usize, to: usize) -> Option<Range<usize>> {
    match ranges.get(to + 1) {
        Some(next) => Some(ranges.get(from)?.start..next.start),
        None => Some(ranges.get(from.checked_sub(1)?)?.end..ranges.get(to)?.end),
    }
}

/// The lines of an item with its dash.
fn item_lines(file: &str, item: &Node) -> Option<Range<usize>> {
    let line = line_start(file, item.range.start);
    let dash = file.get(line..item.range.start)?.trim();
    (dash == "-").then(|| line..after_line(file, content_end(file, item)))
}

/// Puts a document behind another.
pub fn append_document(file: &str, document: &Range<usize>, content: &Json) -> Option<Edit> {
    if file.get(document.clone())?.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let before = if file.get(..document.end)?.ends_with('\n') { "" } else { "\n" };
    Some(Edit::insert(document.end, format!("{before}---\n{}", lines(content, 0))))
}

fn is_flow(file: &str, node: &Node) -> bool {
    file.get(node.range.clone()).is_some_and(|text| text.starts_with(['{', '[']))
}

/// Where the line ends on which the last thing of a node stands.
fn content_end(file: &str, node: &Node) -> usize {
    end_of(file, node, node.range.start)
}

/// The same for the value of a key, which may be left out.
fn end_of(file: &str, value: &Node, key_end: usize) -> usize {
    let text = file.get(value.range.clone()).unwrap_or_default().trim_end();
    line_end(file, if text.is_empty() { key_end } else { value.range.start + text.len() })
}

fn line_start(file: &str, at: usize) -> usize {
    file.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

fn line_end(file: &str, at: usize) -> usize {
    let length = file.get(at..).and_then(|rest| rest.find('\n')).unwrap_or(file.len().saturating_sub(at));
    let end = at + length;
    if file.get(..end).is_some_and(|text| text.ends_with('\r')) { end - 1 } else { end }
}

/// The start of the line after the one that ends at `end`.
fn after_line(file: &str, end: usize) -> usize {
    file.get(end..).and_then(|rest| rest.find('\n')).map_or(file.len(), |newline| end + newline + 1)
}

fn column(file: &str, at: usize) -> usize {
    file.get(line_start(file, at)..at).map_or(0, |before| before.chars().count())
}

fn nested(way: &[&str], value: &str) -> Json {
    way.iter()
        .rev()
        .fold(Json::String(value.into()), |inner, key| Json::Object(Map::from_iter([((*key).to_owned(), inner)])))
}

/// An object as lines of YAML.
pub fn lines(object: &Json, indent: usize) -> String {
    let mut out = String::new();
    write(object, indent, &mut out);
    out
}

fn write(value: &Json, indent: usize, out: &mut String) {
    let margin = " ".repeat(indent);
    match value {
        Json::Object(fields) => {
            for (key, value) in fields {
                out.push_str(&format!("{margin}{}:", scalar(&Json::String(key.clone()))));
                below(value, indent, out);
            }
        }
        Json::Array(items) => {
            for item in items {
                let mut inner = String::new();
                match item {
                    Json::Object(_) | Json::Array(_) => write(item, indent + 2, &mut inner),
                    other => inner = format!("{margin}  {}\n", scalar(other)),
                }
                // The dash takes the place of the first two blanks.
                out.push_str(&format!("{margin}- {}", inner.get(indent + 2..).unwrap_or_default()));
            }
        }
        other => out.push_str(&format!("{margin}{}\n", scalar(other))),
    }
}

fn below(value: &Json, indent: usize, out: &mut String) {
    match value {
        Json::Object(fields) if !fields.is_empty() => {
            out.push('\n');
            write(value, indent + 2, out);
        }
        Json::Array(items) if !items.is_empty() => {
            out.push('\n');
            write(value, indent, out);
        }
        Json::String(text) if text.contains('\n') => {
            out.push_str(" |\n");
            let margin = " ".repeat(indent + 2);
            out.push_str(
                &text.lines().map(|line| format!("{}\n", format!("{margin}{line}").trim_end())).collect::<String>(),
            );
        }
        other => out.push_str(&format!(" {}\n", scalar(other))),
    }
}

/// A scalar that YAML reads back as what it is: quoted unless it can be nothing but a text.
fn scalar(value: &Json) -> String {
    let Json::String(text) = value else { return value.to_string() };
    let harmless = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "./-_".contains(c))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    if harmless { text.clone() } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::super::yaml::read;
    use super::*;

    fn changed(text: &str, change: impl Fn(&Node) -> Option<Vec<Edit>>) -> String {
        let document = read(text).remove(0).unwrap();
        apply(text, &change(document.root.as_ref().unwrap()).unwrap())
    }

    #[test]
    fn a_value_is_set_where_it_belongs() {
        let put = |text: &str| changed(text, |root| Some(vec![set(text, root, &["m", "l", "k"], "true")?]));
        for (before, after) in [
            ("m: # c\n  l:\n    a: b # d\nz: 1\n", "m: # c\n  l:\n    a: b # d\n    k: \"true\"\nz: 1\n"),
            ("m:\n  l:\n    k: no # why\n", "m:\n  l:\n    k: \"true\" # why\n"),
            ("m:\n  l: # nothing\nz: 1\n", "m:\n  l: # nothing\n    k: \"true\"\nz: 1\n"),
            ("m:\n  l: {}\n", "m:\n  l: {\"k\":\"true\"}\n"),
            ("m: {l: {a: b}}\n", "m: {l: {a: b, \"k\": \"true\"}}\n"),
            ("z: |\n  text\n\n", "z: |\n  text\nm:\n  l:\n    k: \"true\"\n\n"),
            ("z: 1", "z: 1\nm:\n  l:\n    k: \"true\""),
            ("m:\r\n  a: b\r\nz: 1\r\n", "m:\r\n  a: b\r\n  l:\r\n    k: \"true\"\r\nz: 1\r\n"),
        ] {
            assert_eq!(put(before), after, "{before:?}");
        }
    }

    #[test]
    fn items_and_keys_go_with_their_lines_and_nothing_else() {
        let taken = |text: &str, which: &[usize]| changed(text, |root| remove_items(text, root, "e", which));
        for (before, which, after) in [
            (
                "a: 1\ne:\n  # one\n  - n: x\n    v: 1\n  - n: y # two\n  # three\n  - n: z\nb: 2\n",
                &[0, 1][..],
                "a: 1\ne:\n  # one\n  # three\n  - n: z\nb: 2\n",
            ),
            ("a: 1\ne:\n- n: x\n- n: y\nb: 2\n", &[0, 1], "a: 1\nb: 2\n"),
            ("a: 1\ne: [{n: x}, {n: y}, {n: z}]\n", &[1, 2], "a: 1\ne: [{n: x}]\n"),
            ("a: 1\ne: [{n: x}, {n: y}, {n: z}]\n", &[0], "a: 1\ne: [{n: y}, {n: z}]\n"),
            ("a: 1\ne:\n- n: x\n  v: |\n    text\n\n- n: y\n", &[0], "a: 1\ne:\n\n- n: y\n"),
        ] {
            assert_eq!(taken(before, which), after, "{before:?}");
        }
        let text = "- a: 1 # x\n  b: 2\n";
        let out = changed(text, |root| Some(vec![remove(text, root.items().first()?, "a")?]));
        assert_eq!(out, "- b: 2\n");
    }

    #[test]
    fn what_is_written_reads_back() {
        let object = json!({ "a": "1e9-4", "b": ["x", {"c": "true", "d": {}}], "e": "l\nm", "f/g": 1 });
        assert_eq!(lines(&object, 0), "a: \"1e9-4\"\nb:\n- x\n- c: \"true\"\n  d: {}\ne: |\n  l\n  m\nf/g: 1\n");
    }
}
