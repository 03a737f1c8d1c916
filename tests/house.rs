//! The rules of the house: which layer may use which, how long files and functions may be, what no file is called.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers in program order: each may use those before it, and itself.
const LAYERS: &[&str] = &[
    "span",
    "side_by_side",
    "diagnostic",
    "address",
    "value",
    "syntax",
    "config",
    "provider",
    "eval",
    "builtin",
    "azure",
    "kubernetes",
    "state",
    "graph",
    "plan",
    "apply",
    "testing",
    "access",
    "checks",
    "manifests",
    "migrate",
    "report",
    "cli",
];

/// Words import nothing but each other.
const WORDS: &[&str] = &["span", "diagnostic", "address", "value"];

const MOST_LINES: usize = 500;
const MOST_FUNCTION_LINES: usize = 70;

/// Files that are mostly data may be longer.
const TABLES: &[&str] = &["src/azure/kinds/", "src/azure/roles.rs", "src/simulator/services/role_table.rs"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

/// Every source file with its text.
fn texts() -> Vec<(String, String)> {
    sources(&root().join("src")).iter().map(|p| (relative(p), fs::read_to_string(p).unwrap())).collect()
}

/// The first name under `src/` of a file: its layer.
fn layer(path: &str) -> &str {
    path.trim_start_matches("src/").split('/').next().unwrap().trim_end_matches(".rs")
}

/// The layers that a text names as `crate::layer`.
fn used(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>())
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn layers_use_only_what_comes_before_them() {
    let rank: BTreeMap<&str, usize> = LAYERS.iter().enumerate().map(|(i, name)| (*name, i)).collect();
    let mut faults = Vec::new();
    for (path, text) in texts() {
        let own = layer(&path);
        if own == "lib" || own == "main" {
            continue;
        }
        for other in used(&text) {
            let allowed = match (own, other.as_str()) {
                (own, other) if own == other => true,
                (own, other) if WORDS.contains(&own) => WORDS.contains(&other),
                ("simulator", other) => WORDS.contains(&other) || other == "azure",
                ("cli", "simulator") => true,
                (own, other) => rank.get(other).zip(rank.get(own)).is_some_and(|(other, own)| other < own),
            };
            if !allowed {
                faults.push(format!("{path} uses crate::{other}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_simulator_knows_no_table_of_the_engine() {
    for (path, text) in texts().into_iter().filter(|(path, _)| layer(path) == "simulator") {
        for table in ["azure::kinds", "azure::wire", "azure::roles", "azure::provider"] {
            assert!(!text.contains(table), "{path} uses {table}");
        }
    }
}

#[test]
fn files_are_short_and_have_telling_names() {
    let mut faults = Vec::new();
    for (path, text) in texts() {
        let lines = text.lines().count();
        if lines > MOST_LINES && !TABLES.iter().any(|table| path.starts_with(table)) {
            faults.push(format!("{path} has {lines} lines"));
        }
        let name = Path::new(&path).file_stem().unwrap().to_string_lossy().into_owned();
        if ["utils", "util", "common", "helpers", "misc", "core", "manager"].contains(&name.as_str()) {
            faults.push(format!("{path} has a name that tells nothing"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn functions_fit_a_screen() {
    let mut faults = Vec::new();
    for (path, text) in texts() {
        if TABLES.iter().any(|table| path.starts_with(table)) {
            continue;
        }
        for (name, lines) in functions(&text) {
            if lines > MOST_FUNCTION_LINES {
                faults.push(format!("{path}: fn {name} has {lines} lines"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The functions of a text that rustfmt has laid out, with their lengths.
fn functions(text: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<(String, usize, usize)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let word = line.trim_start();
        let indent = line.len() - word.len();
        let declared = word.split_once("fn ").filter(|(before, _)| {
            before.split_whitespace().all(|w| w.starts_with("pub") || ["async", "const"].contains(&w))
        });
        match declared {
            Some((_, name)) if !word.ends_with(';') && !word.ends_with('}') => {
                open.push((name.split(['(', '<']).next().unwrap_or_default().to_owned(), indent, number));
            }
            _ if word.starts_with('}') => {
                if let Some((name, _, start)) = open.pop_if(|(_, at, _)| *at == indent) {
                    found.push((name, number - start + 1));
                }
            }
            _ => {}
        }
    }
    found
}

/// docs/field.md names a test for each fault; each of them is there.
#[test]
fn every_fault_from_the_field_has_its_test() {
    let page = fs::read_to_string(root().join("docs/field.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
        .map(|line| line.rsplit('|').nth(1).unwrap().split('`').skip(1).step_by(2).collect())
        .collect();
    assert!(rows.len() > 60, "only {} rows", rows.len());
    for row in rows {
        let path = root().join(row[0]);
        match row.get(1) {
            Some(name) => {
                let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", row[0]));
                assert!(text.contains(&format!("fn {name}(")), "{} has no {name}", row[0]);
            }
            None => assert!(path.join("transcript.snap").is_file(), "{} is no stack that was played", row[0]),
        }
        if let Some(stack) = row.get(2) {
            assert!(root().join(stack).join("transcript.snap").is_file(), "{stack} is no stack that was played");
        }
    }
}
