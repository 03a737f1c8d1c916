//! Arbitrary texts, and texts made of the pieces that each reader knows, put to what the fuzz targets put bytes to; and
//! texts that are deep or long, which must end in a value or a diagnostic like any other.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "../fuzz/entries.rs"]
mod entries;

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

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
        format!("%[{}]v", "9".repeat(30)),
        "a: .inf".to_owned(),
        "[".to_owned() + &"77>7e777777,".repeat(500) + "]",
        "x = 1\n".repeat(long / 8),
        "&a [".to_owned() + &"*a,".repeat(deep) + "]",
    ];
    for text in &texts {
        for (_, entry) in entries::ALL {
            entry(text);
        }
    }
}

/// The texts of the repository that somebody could have written: configurations, tests, expressions, formats.
fn corpus() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<_> =
        ["examples", "modules", "tests", "src/eval", "src/syntax"].map(|name| root.join(name)).into();
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if ["tf", "json", "hcl", "txt", "jsonl", "tfvars", "yaml", "tpl", "rs"].contains(&&*ending) {
                let text = std::fs::read_to_string(path).unwrap();
                // Of long files each part is a text of its own.
                texts.extend(text.split("\n\n").filter(|part| part.len() < 4000).map(str::to_owned));
            }
        }
    }
    texts.sort();
    texts
}

/// A place between two characters.
fn place(text: &str, rng: &mut StdRng) -> usize {
    let at = rng.random_range(0..=text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap()
}

fn range(text: &str, rng: &mut StdRng) -> (usize, usize) {
    let (a, b) = (place(text, rng), place(text, rng));
    (a.min(b), a.max(b).min(a.min(b) + 200))
}

/// A text with something taken out, doubled, put in, or exchanged for a part of another text.
fn changed(text: &mut String, corpus: &[String], rng: &mut StdRng) {
    let (from, mut to) = range(text, rng);
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let other = &corpus[rng.random_range(0..corpus.len())];
    let start = place(other, rng);
    let part: String = other[start..].chars().take(rng.random_range(0..80)).collect();
    match rng.random_range(0..5) {
        0 => text.replace_range(from..to, ""),
        1 => {
            let again = text[from..to].to_owned();
            text.insert_str(to, &again);
        }
        2 => text.insert_str(from, PIECES[rng.random_range(0..PIECES.len())]),
        3 => text.replace_range(from..to, &part),
        _ => text.insert_str(from, &part),
    }
}

/// As many as `ARBITRARY_CASES` says, from `ARBITRARY_SEED` on; the first entry that `ARBITRARY_ENTRY` names, or all.
#[test]
fn texts_of_the_repository_that_were_changed_end_so_too() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let only = std::env::var("ARBITRARY_ENTRY").unwrap_or_default();
    let entries: Vec<_> = entries::ALL.into_iter().filter(|(name, _)| only.is_empty() || *name == only).collect();
    let (corpus, mut rng) = (corpus(), StdRng::seed_from_u64(number("ARBITRARY_SEED").unwrap_or(1)));
    for _ in 0..cases() {
        let mut text = corpus[rng.random_range(0..corpus.len())].clone();
        for _ in 0..rng.random_range(1..6) {
            changed(&mut text, &corpus, &mut rng);
        }
        for (name, entry) in &entries {
            let ended = std::panic::catch_unwind(|| entry(&text));
            assert!(ended.is_ok(), "{name} of {text:?}");
        }
    }
}
