//! Valid JSON text, indented anew without being parsed.

use std::io;

use super::write::write_escaped;

/// Writes `json`, which stands at `depth`, with two spaces for each level.
pub(super) fn write_indented<W: ?Sized + io::Write>(writer: &mut W, json: &str, depth: usize) -> io::Result<()> {
    let mut depth = depth;
    let mut rest = json;
    while let Some(first) = rest.bytes().next() {
        rest = match first {
            b'"' => {
                let (string, tail) = rest.split_at(string_length(rest));
                write_escaped(writer, string)?;
                tail
            }
            b'{' | b'[' => {
                let tail = rest.get(1..).unwrap_or_default().trim_ascii_start();
                writer.write_all(&[first])?;
                if tail.starts_with(['}', ']']) {
                    writer.write_all(tail.as_bytes().get(..1).unwrap_or_default())?;
                    tail.get(1..).unwrap_or_default()
                } else {
                    depth += 1;
                    new_line(writer, depth)?;
                    tail
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                new_line(writer, depth)?;
                writer.write_all(&[first])?;
                rest.get(1..).unwrap_or_default()
            }
            b',' => {
                writer.write_all(b",")?;
                new_line(writer, depth)?;
                rest.get(1..).unwrap_or_default()
            }
            b':' => {
                writer.write_all(b": ")?;
                rest.get(1..).unwrap_or_default()
            }
            b' ' | b'\n' | b'\r' | b'\t' => rest.trim_ascii_start(),
            _ => {
                let word = rest.find([',', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(rest.len());
                let (word, tail) = rest.split_at(word);
                writer.write_all(word.as_bytes())?;
                tail
            }
        };
    }
    Ok(())
}

/// The length of the string that `json` starts with, quotes included.
fn string_length(json: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

fn new_line<W: ?Sized + io::Write>(writer: &mut W, depth: usize) -> io::Result<()> {
    const SPACES: [u8; 64] = [b' '; 64];
    writer.write_all(b"\n")?;
    let mut left = depth * 2;
    while left > 0 {
        let now = left.min(SPACES.len());
        writer.write_all(SPACES.get(..now).unwrap_or_default())?;
        left -= now;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn any_spacing_becomes_terraforms() {
        for (json, expected) in [
            ("1.50", "1.50"),
            ("{ }", "{}"),
            ("[\n]", "[]"),
            (
                r#"{"a":[1,{"b":null}],"c":{}}"#,
                "{\n    \"a\": [\n      1,\n      {\n        \"b\": null\n      }\n    ],\n    \"c\": {}\n  }",
            ),
            (" { \"a\" :\t\"x,\\\"{<\" } ", "{\n    \"a\": \"x,\\\"{\\u003c\"\n  }"),
        ] {
            let mut written = Vec::new();
            write_indented(&mut written, json, 1).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), expected);
        }
    }
}
