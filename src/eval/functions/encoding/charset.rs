//! Text in other character sets, under their IANA names.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::Encoding;

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
    /// The first so many code points, one byte each.
    FirstBytes(u32),
    Table(&'static Encoding),
}

/// IANA names and aliases whose WHATWG label is another, or which WHATWG reads in another way.
const ALIASES: &[(&str, &str)] = &[
    ("csshiftjis", "shift_jis"),
    ("ms_kanji", "shift_jis"),
    ("cseucpkdfmtjapanese", "euc-jp"),
    ("csiso2022jp", "iso-2022-jp"),
    ("cseuckr", "euc-kr"),
    ("csbig5", "big5"),
    ("cskoi8r", "koi8-r"),
    ("cp936", "gbk"),
    ("ms936", "gbk"),
    ("windows-936", "gbk"),
    ("ibm866", "ibm866"),
    ("cp866", "ibm866"),
    ("866", "ibm866"),
    ("csibm866", "ibm866"),
    ("mac", "macintosh"),
];

/// Names that both know and understand in the same way.
const SHARED: &[&str] = &[
    "iso-8859-2",
    "latin2",
    "l2",
    "iso_8859-2",
    "iso-8859-3",
    "latin3",
    "iso_8859-3",
    "iso-8859-4",
    "latin4",
    "iso_8859-4",
    "iso-8859-5",
    "cyrillic",
    "iso_8859-5",
    "iso-8859-6",
    "arabic",
    "iso_8859-6",
    "iso-8859-7",
    "greek",
    "iso_8859-7",
    "iso-8859-8",
    "hebrew",
    "iso_8859-8",
    "iso-8859-10",
    "latin6",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "koi8-r",
    "koi8-u",
    "macintosh",
    "shift_jis",
    "euc-jp",
    "iso-2022-jp",
    "euc-kr",
    "big5",
    "gbk",
    "gb18030",
];

fn charset(a: &Arguments) -> Result<(Charset, String), FunctionError> {
    let name = a.text(1)?;
    let lower = name.to_ascii_lowercase();
    let alias = ALIASES.iter().find(|(alias, _)| *alias == lower).map(|(_, label)| *label);
    let found = match lower.as_str() {
        "utf-8" | "csutf8" => Some(Charset::Utf8),
        "utf-16" | "csutf16" => Some(Charset::Utf16),
        "utf-16be" | "csutf16be" => Some(Charset::Utf16Be),
        "utf-16le" | "csutf16le" => Some(Charset::Utf16Le),
        "us-ascii" | "ascii" | "ansi_x3.4-1968" | "iso646-us" | "us" | "ibm367" | "cp367" => {
            Some(Charset::FirstBytes(0x80))
        }
        "iso-8859-1" | "iso_8859-1:1987" | "iso_8859-1" | "latin1" | "l1" | "ibm819" | "cp819" | "csisolatin1" => {
            Some(Charset::FirstBytes(0x100))
        }
        _ => alias
            .or_else(|| SHARED.iter().find(|label| **label == lower).copied())
            .and_then(|label| Encoding::for_label(label.as_bytes()))
            .map(Charset::Table),
    };
    match found {
        Some(charset) => Ok((charset, registered(&lower).map_or_else(|| name.to_uppercase(), str::to_owned))),
        None => {
            let message = format!("{name:?} is not a supported IANA encoding name or alias in this Bowline version");
            Err(FunctionError::at(1, message))
        }
    }
}

/// The name by which IANA registered an encoding, where that is not its usual name in capitals.
fn registered(lower: &str) -> Option<&'static str> {
    let label = ALIASES.iter().find(|(alias, _)| *alias == lower).map_or(lower, |(_, label)| *label);
    Some(match label {
        "shift_jis" => "Shift_JIS",
        "big5" => "Big5",
        "macintosh" => "macintosh",
        "euc-jp" => "Extended_UNIX_Code_Packed_Format_for_Japanese",
        "iso-8859-1" | "latin1" | "l1" => "ISO_8859-1:1987",
        "iso-8859-2" => "ISO_8859-2:1987",
        "iso-8859-3" => "ISO_8859-3:1988",
        "iso-8859-4" => "ISO_8859-4:1988",
        "iso-8859-5" => "ISO_8859-5:1988",
        "iso-8859-6" => "ISO_8859-6:1987",
        "iso-8859-7" => "ISO_8859-7:1987",
        "iso-8859-8" => "ISO_8859-8:1988",
        "windows-1250" => "windows-1250",
        "windows-1251" => "windows-1251",
        "windows-1252" => "windows-1252",
        "windows-1253" => "windows-1253",
        "windows-1254" => "windows-1254",
        "windows-1255" => "windows-1255",
        "windows-1256" => "windows-1256",
        "windows-1257" => "windows-1257",
        "windows-1258" => "windows-1258",
        "windows-874" => "windows-874",
        _ => return None,
    })
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
        Charset::FirstBytes(limit) => {
            source.chars().map(|c| u8::try_from(u32::from(c)).ok().filter(|_| u32::from(c) < limit)).collect()
        }
        Charset::Table(encoding) => {
            let (bytes, _, unmappable) = encoding.encode(source);
            if unmappable { None } else { Some(bytes.into_owned()) }
        }
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
        Charset::FirstBytes(limit) => {
            bytes.iter().map(|b| char::from_u32(u32::from(*b)).filter(|c| u32::from(*c) < limit)).collect()
        }
        Charset::Table(encoding) => {
            encoding.decode_without_bom_handling_and_without_replacement(&bytes).map(Into::into)
        }
    };
    let refused = || format!("the given string contains symbols that are not defined for {name}");
    text(decoded.ok_or_else(|| FunctionError::at(0, refused()))?)
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
