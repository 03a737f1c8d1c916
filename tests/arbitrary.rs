//! Arbitrary texts, and texts made of the pieces that each reader knows, put to what the fuzz targets put bytes to; and
//! texts that are deep or long, which must end in a value or a diagnostic like any other.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "../fuzz/entries.rs"]
mod entries;

use proptest::prelude::*;

/// What texts are put together of, so that some of them get past the first character.
const PIECES: &[&str] = &[
    "a",
    "b.c",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "\"",
    "${",
    "%{",
    "~}",
    "}",
    "%{ if a }",
    "%{ else }",
    "%{ endif }",
    "%{ for x in l }",
    "%{ endfor }",
    "<<E\n",
    "<<-E\n",
    "\nE\n",
    "\n",
    "\r\n",
    "=",
    "==",
    "=>",
    "!",
    "!=",
    "<",
    ">",
    "&&",
    "||",
    "?",
    ":",
    "::",
    ",",
    ".",
    "...",
    ".*",
    "[*]",
    "+",
    "-",
    "*",
    "/",
    "%",
    "#",
    "//",
    "/*",
    "*/",
    "1",
    "0",
    "1e9",
    "9999999999",
    "-1",
    ".5",
    "null",
    "true",
    "for x in l : x",
    "for k, v in m : k => v",
    "if",
    "in",
    "s",
    "n",
    "l",
    "m",
    "u",
    "secret",
    "merge(m, m)",
    "format(\"%s\", l)",
    "upper(s)",
    "try(",
    "\\",
    "\\n",
    "\\u00e9",
    "\\U0001F600",
    "é",
    "\u{1F468}\u{200D}\u{1F469}",
    "\u{feff}",
    "\t",
    "%d",
    "%-5s",
    "%05.2f",
    "%[2]v",
    "%#v",
    "%*d",
    "%%",
    "YYYY",
    "MM",
    "'",
    "Z",
    "h",
    "- ",
    "? ",
    "&x",
    "*x",
    "!!str ",
    "|\n",
    ">-\n",
    "---",
    "{a: 1}",
    "variable \"v\" {",
    "type = list(string)",
    "resource \"a\" \"b\" {}",
    "run \"r\" {\n",
    "mock_provider \"p\" {\n",
    "override_resource {\n",
    "module \"m\" {\n",
    "import {\n",
    "moved {\n",
    "target = a.b\n",
    "lifecycle {\n",
    "\"a\":",
    "[1,2]",
];

fn texts() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat());
    prop_oneof![4 => pieces, 1 => any::<String>()]
}

/// As many as `ARBITRARY_CASES` says.
fn cases() -> u32 {
    std::env::var("ARBITRARY_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(600)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_ends_in_a_value_or_a_diagnostic(text in texts(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        for (_, entry) in entries::ALL {
            entry(&text);
            entries::put(entry, &bytes);
        }
    }
}

#[test]
fn depth_and_length_end_in_a_diagnostic_too() {
    let deep = 20_000;
    let long = 20_000;
    let nested = |open: &str, close: &str| open.repeat(deep) + "1" + &close.repeat(deep);
    let texts = [
        nested("[", "]"),
        nested("(", ")"),
        nested("{a=", "}"),
        nested("\"${", "}\""),
        nested("%{ if true }", "%{ endif }"),
        nested("f(", ")"),
        nested("{\"a\":", "}"),
        nested("true ? ", " : 1"),
        "a {\n".repeat(deep) + &"}\n".repeat(deep),
        "-".repeat(long),
        "!".repeat(long),
        "a".repeat(long),
        "1+".repeat(long) + "1",
        "a.".repeat(long) + "a",
        "[0]".repeat(long),
        "\"".repeat(long),
        "- ".repeat(deep),
        "(?:".repeat(2000) + &")".repeat(2000),
        format!("%{}d", "9".repeat(30)),
        "%99999999d".to_owned(),
        "x = 1\n".repeat(long / 8),
        "&a [".to_owned() + &"*a,".repeat(deep) + "]",
    ];
    for text in &texts {
        for (_, entry) in entries::ALL {
            entry(text);
        }
    }
}
