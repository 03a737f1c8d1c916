//! Text in other character sets, under their IANA names.

mod hz;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::Encoding;
use serde::Deserialize;

use super::super::string::text;
use super::super::{Arguments, FunctionError};
use crate::value::Value;

/// How a character set is written.
enum Charset {
    Utf8,
    /// With a byte order mark when written, big end first.
    Utf16,
    Utf16Be,
    Utf16Le,
    Page(&'static CodePage),
    Table(&'static Encoding),
    Hz,
}

/// A character set of one byte for each character.
#[derive(Deserialize)]
#[serde(from = "Row")]
struct CodePage {
    name: String,
    aliases: Vec<String>,
    /// The character of each byte; [`char::REPLACEMENT_CHARACTER`] where there is none.
    characters: Vec<char>,
}

/// A row of `code_pages.json`.
#[derive(Deserialize)]
struct Row {
    name: String,
    aliases: Vec<String>,
    /// The byte that the first character stands for. Those before it are ASCII.
    from: u8,
    characters: String,
}

impl From<Row> for CodePage {
    fn from(row: Row) -> Self {
        let characters = (0..row.from).map(char::from).chain(row.characters.chars()).collect();
        Self { name: row.name, aliases: row.aliases, characters }
    }
}

static PAGES: LazyLock<Vec<CodePage>> =
    LazyLock::new(|| serde_json::from_str(include_str!("code_pages.json")).unwrap_or_default());

/// The character sets of several bytes: the label under which the crate knows each, the name by which IANA registered
/// it, and what else it is called there.
const TABLES: &[(&str, &str, &[&str])] = &[
    ("shift_jis", "Shift_JIS", &["ms_kanji", "csshiftjis"]),
    ("euc-jp", "Extended_UNIX_Code_Packed_Format_for_Japanese", &["euc-jp", "cseucpkdfmtjapanese"]),
    ("iso-2022-jp", "ISO-2022-JP", &["csiso2022jp"]),
    ("euc-kr", "EUC-KR", &["cseuckr"]),
    ("big5", "Big5", &["csbig5"]),
    ("gbk", "GBK", &["cp936", "ms936", "windows-936", "csgbk"]),
    ("gb18030", "GB18030", &["csgb18030"]),
];

fn charset(a: &Arguments) -> Result<(Charset, &'static str), FunctionError> {
    let name = a.text(1)?;
    let lower = name.to_ascii_lowercase();
    let unicode = match lower.as_str() {
        "utf-8" | "csutf8" => Some((Charset::Utf8, "UTF-8")),
        "utf-16" | "csutf16" => Some((Charset::Utf16, "UTF-16")),
        "utf-16be" | "csutf16be" => Some((Charset::Utf16Be, "UTF-16BE")),
        "utf-16le" | "csutf16le" => Some((Charset::Utf16Le, "UTF-16LE")),
        "hz-gb-2312" => Some((Charset::Hz, "HZ-GB-2312")),
        _ => None,
    };
    let is_called = |(_, registered, aliases): &&(&str, &str, &[&str])| {
        registered.eq_ignore_ascii_case(&lower) || aliases.contains(&lower.as_str())
    };
    let table = || {
        let (label, registered, _) = TABLES.iter().find(is_called)?;
        Some((Charset::Table(Encoding::for_label(label.as_bytes())?), *registered))
    };
    let page = || PAGES.iter().find(|page| page.is_called(name)).map(|page| (Charset::Page(page), page.name.as_str()));
    unicode.or_else(page).or_else(table).ok_or_else(|| {
        let message = format!("{name:?} is not a supported IANA encoding name or alias in this Bowline version");
        FunctionError::at(1, message)
    })
}

impl CodePage {
    fn is_called(&self, name: &str) -> bool {
        self.aliases.iter().chain([&self.name]).any(|own| own.eq_ignore_ascii_case(name))
    }

    fn encode(&self, text: &str) -> Option<Vec<u8>> {
        let byte = |wanted: char| {
            let at = self.characters.iter().position(|character| *character == wanted)?;
            u8::try_from(at).ok().filter(|_| wanted != char::REPLACEMENT_CHARACTER)
        };
        text.chars().map(byte).collect()
    }

    fn decode(&self, bytes: &[u8]) -> Option<String> {
        bytes.iter().map(|byte| self.characters.get(usize::from(*byte)).copied()).collect()
    }
}

pub(super) fn encode(a: &Arguments) -> Result<Value, FunctionError> {
    let (charset, name) = charset(a)?;
    let source = a.text(0)?;
    let encoded = match charset {
        Charset::Utf8 => Some(source.as_bytes().to_vec()),
        Charset::Utf16 => {
            Some([0xfe, 0xff].into_iter().chain(source.encode_utf16().flat_map(u16::to_be_bytes)).collect())
        }
        Charset::Utf16Be => Some(source.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        Charset::Utf16Le => Some(source.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        Charset::Page(page) => page.encode(source),
        Charset::Table(encoding) => {
            let (bytes, _, unmappable) = encoding.encode(source);
            if unmappable { None } else { Some(bytes.into_owned()) }
        }
        Charset::Hz => hz::encode(source),
    };
    let refused = || format!("the given string contains characters that cannot be represented in {name}");
    text(STANDARD.encode(encoded.ok_or_else(|| FunctionError::at(0, refused()))?))
}

pub(super) fn decode(a: &Arguments) -> Result<Value, FunctionError> {
    let (charset, name) = charset(a)?;
    let source = a.text(0)?;
    let bytes = super::decode_base64(source).ok_or_else(|| invalid_base64(source))?;
    let decoded = match charset {
        Charset::Utf8 => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Charset::Utf16 => match bytes.as_slice() {
            [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
            [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
            unmarked => utf16(unmarked, u16::from_be_bytes),
        },
        Charset::Utf16Be => utf16(&bytes, u16::from_be_bytes),
        Charset::Utf16Le => utf16(&bytes, u16::from_le_bytes),
        Charset::Page(page) => page.decode(&bytes),
        Charset::Table(encoding) => {
            encoding.decode_without_bom_handling_and_without_replacement(&bytes).map(Into::into)
        }
        Charset::Hz => hz::decode(&bytes),
    };
    let refused = || format!("the given string contains symbols that are not defined for {name}");
    // A replacement character is refused too, whether it was written so or stands for what is none.
    let sound = decoded.filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
    text(sound.ok_or_else(|| FunctionError::at(0, refused()))?)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units = bytes.chunks(2).map(|pair| pair.try_into().ok().map(unit)).collect::<Option<Vec<u16>>>()?;
    String::from_utf16(&units).ok()
}

fn invalid_base64(source: &str) -> FunctionError {
    let is_symbol = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '\r' | '\n');
    // A text that ends too early is at fault from its last group of four on.
    let offset = source.find(|c| !is_symbol(c)).unwrap_or(source.len() / 4 * 4);
    FunctionError::at(0, format!("the given value has an invalid base64 symbol at offset {offset}"))
}

#[cfg(test)]
mod tests {
    use super::PAGES;

    #[test]
    fn every_code_page_has_a_character_for_each_byte() {
        assert_eq!(PAGES.len(), 45);
        for page in PAGES.iter() {
            assert_eq!(page.characters.len(), 256, "{}", page.name);
        }
    }
}
