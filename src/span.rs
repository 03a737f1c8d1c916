//! Where a thing was written: files, byte ranges in them, and lines and columns for people.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use unicode_segmentation::UnicodeSegmentation;

/// One source file (or other text) that a [`SourceMap`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A byte range `[start, end)` in one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The text the range lies in.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// First byte after the range.
    pub end: u32,
}

impl Span {
    /// A span of `range` in `source`; offsets past 4 GiB saturate.
    pub fn new(source: SourceId, range: Range<usize>) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { source, start: clamp(range.start), end: clamp(range.end) }
    }

    /// The smallest span that holds both; `other` is ignored when it lies in another source.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.source != other.source {
            return self;
        }
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The range as `usize`, for slicing the source's text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place as people count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in grapheme clusters, from 1.
    pub column: usize,
    /// Byte offset in the file, from 0.
    pub byte: usize,
}

/// One text with its line starts.
#[derive(Debug)]
pub struct Source {
    /// The name that people see: a path relative to the root module's folder, as Terraform prints it.
    pub name: String,
    /// Where the text came from on disk, when it did.
    pub path: Option<PathBuf>,
    /// The whole text.
    pub text: Arc<str>,
    line_starts: Vec<usize>,
    outline: OnceLock<Outline>,
}

/// The outermost blocks of a text, in order: where each is, and how it begins.
pub type Outline = Vec<(Range<usize>, String)>;

/// Every text that this run has read.
#[derive(Debug, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
    /// Texts that an editor has changed and not saved.
    unsaved: BTreeMap<PathBuf, Arc<str>>,
}

impl SourceMap {
    /// An empty map that takes these texts for what is on disk.
    pub fn with_unsaved(unsaved: BTreeMap<PathBuf, Arc<str>>) -> Self {
        Self { sources: Vec::new(), unsaved }
    }

    /// The text of a file that is open in an editor.
    pub fn unsaved(&self, path: &Path) -> Option<&Arc<str>> {
        self.unsaved.get(path)
    }

    /// Takes in a text under the name that people are to see.
    pub fn add(&mut self, name: impl Into<String>, path: Option<&Path>, text: impl Into<Arc<str>>) -> SourceId {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1))
            .collect();
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        let (name, path) = (name.into(), path.map(Path::to_path_buf));
        self.sources.push(Source { name, path, text, line_starts, outline: OnceLock::new() });
        id
    }

    /// The source behind an id of this map.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    /// All sources in the order in which they were read.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0u32..).map(SourceId).zip(&self.sources)
    }

    /// The text under a span; empty when the span is not of this map.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).and_then(|s| s.text.get(span.range())).unwrap_or_default()
    }

    /// Where a span starts.
    pub fn start(&self, span: Span) -> Option<Position> {
        self.get(span.source).map(|s| s.position(span.start as usize))
    }

    /// Where a span ends.
    pub fn end(&self, span: Span) -> Option<Position> {
        self.get(span.source).map(|s| s.position(span.end as usize))
    }
}

impl Source {
    /// The outermost block around an offset. `read` finds the blocks, which is done once for a text.
    pub fn block_around(&self, byte: usize, read: impl FnOnce(&str) -> Outline) -> Option<&str> {
        let outline = self.outline.get_or_init(|| read(&self.text));
        let next = outline.partition_point(|(range, _)| range.start <= byte);
        let (range, begins) = outline.get(next.checked_sub(1)?)?;
        range.contains(&byte).then_some(begins)
    }

    /// Line, column and byte of an offset.
    pub fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= byte);
        let start = self.line_starts.get(line.wrapping_sub(1)).copied().unwrap_or(0);
        let column = self.text.get(start..byte).map_or(byte - start, |head| head.graphemes(true).count()) + 1;
        Position { line, column, byte }
    }

    /// The text of a line (from 1), without its line end.
    pub fn line(&self, line: usize) -> Option<&str> {
        let start = *self.line_starts.get(line.checked_sub(1)?)?;
        let end = self.line_starts.get(line).map_or(self.text.len(), |next| next - 1);
        self.text.get(start..end.max(start)).map(|l| l.trim_end_matches('\r'))
    }
}
