//! Places as the protocol counts them: lines from 0, columns in UTF-16 units, files as URIs.

use std::ops::Range;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::{Value as Json, json};

/// What is not written as it is in the path of a URI.
const RESERVED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');

/// The file of a URI; `None` for what is on no disk.
pub fn path_of(uri: &str) -> Option<PathBuf> {
    let path = uri.strip_prefix("file://")?;
    percent_decode_str(path).decode_utf8().ok().map(|path| PathBuf::from(path.as_ref()))
}

/// The URI of a file.
pub fn uri_of(path: &Path) -> String {
    format!("file://{}", utf8_percent_encode(&path.to_string_lossy(), RESERVED))
}

/// The folder of a file: its module.
pub fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The byte at a position; the end of the line or of the text for one beyond.
pub fn offset(text: &str, position: &Json) -> usize {
    let number = |name: &str| position.get(name).and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok());
    let (Some(line), Some(character)) = (number("line"), number("character")) else { return 0 };
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let rest = rest.split('\n').next().unwrap_or_default();
    let mut units = 0;
    for (at, c) in rest.char_indices() {
        if units >= character {
            return start + at;
        }
        units += c.len_utf16();
    }
    start + rest.len()
}

/// The position of a byte.
pub fn position(text: &str, at: usize) -> Json {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count();
    let last = before.rsplit('\n').next().unwrap_or_default();
    json!({ "line": line, "character": last.encode_utf16().count() })
}

/// The range between two bytes.
pub fn range(text: &str, bytes: Range<usize>) -> Json {
    json!({ "start": position(text, bytes.start), "end": position(text, bytes.end) })
}

/// The word of letters, digits, `_`, `-` and `.` around a byte, and where it is.
pub fn word_at(text: &str, at: usize) -> (&str, Range<usize>) {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
    let start = before.trim_end_matches(part).len();
    let end = at + (after.len() - after.trim_start_matches(part).len());
    (text.get(start..end).unwrap_or_default(), start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_units_of_utf16() {
        let text = "a = \"𝄞é\"\nb";
        for (line, character, byte) in
            [(0, 0, 0), (0, 5, 5), (0, 7, 9), (0, 8, 11), (0, 99, 12), (1, 0, 13), (9, 0, 14)]
        {
            assert_eq!(offset(text, &json!({ "line": line, "character": character })), byte, "{line}:{character}");
        }
        assert_eq!(position(text, 9), json!({ "line": 0, "character": 7 }));
        assert_eq!(position(text, 13), json!({ "line": 1, "character": 0 }));
    }

    #[test]
    fn uris_name_files() {
        let path = Path::new("/a folder/ü#.tf");
        assert_eq!(uri_of(path), "file:///a%20folder/%C3%BC%23.tf");
        assert_eq!(path_of(&uri_of(path)).as_deref(), Some(path));
        assert_eq!(path_of("untitled:1"), None);
        assert_eq!(word_at("x = var.name + 1", 9), ("var.name", 4..12));
    }
}
