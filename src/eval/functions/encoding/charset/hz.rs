//! HZ-GB-2312: the characters of GB 2312 in seven bits, between `~{` and `~}`.

use encoding_rs::GBK;

/// The bytes of GB 2312 among those of GBK, which has more.
const ROWS: std::ops::RangeInclusive<u8> = 0xa1..=0xf7;
const CELLS: std::ops::RangeInclusive<u8> = 0xa1..=0xfe;

/// `None` with a character that GB 2312 does not have. As in Terraform, the text may end between braces, and a tilde
/// does not end what was begun.
pub(super) fn encode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut open = false;
    for character in text.chars() {
        if character == '~' {
            out.extend(b"~~");
        } else if character.is_ascii() {
            if std::mem::take(&mut open) {
                out.extend(b"~}");
            }
            out.extend(u8::try_from(character));
        } else {
            let mut buffer = [0; 4];
            let (bytes, _, unmappable) = GBK.encode(character.encode_utf8(&mut buffer));
            let [row, cell] = *bytes else { return None };
            if unmappable || !ROWS.contains(&row) || !CELLS.contains(&cell) {
                return None;
            }
            if !std::mem::replace(&mut open, true) {
                out.extend(b"~{");
            }
            out.extend([row & 0x7f, cell & 0x7f]);
        }
    }
    Some(out)
}

/// `None` where the bytes stand for nothing.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let (mut rest, mut open) = (bytes, false);
    loop {
        rest = match rest {
            [] => return Some(text),
            [b'~', b'{', rest @ ..] => {
                open = true;
                rest
            }
            [b'~', b'}', rest @ ..] => {
                open = false;
                rest
            }
            [b'~', b'~', rest @ ..] => {
                text.push('~');
                rest
            }
            [b'~', b'\n', rest @ ..] => rest,
            [b'~', ..] => return None,
            [row, cell, rest @ ..] if open => {
                let pair = [row | 0x80, cell | 0x80];
                text.push_str(&GBK.decode_without_bom_handling_and_without_replacement(&pair)?);
                rest
            }
            [ascii @ ..=0x7f, rest @ ..] if !open => {
                text.push(char::from(*ascii));
                rest
            }
            _ => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn chinese_stands_between_braces() {
        for (text, bytes) in [("日本", "~{HU1>"), ("日~a", "~{HU~~~}a"), ("日a日", "~{HU~}a~{HU"), ("a~b\n", "a~~b\n")]
        {
            assert_eq!(encode(text), Some(bytes.into()), "{text}");
            assert_eq!(decode(bytes.as_bytes()).as_deref(), Some(text));
        }
        assert_eq!(encode("丂"), None);
        assert_eq!(decode(b"~{H"), None);
        assert_eq!(decode(b"~x"), None);
    }
}
