//! Stacks in, transcripts out: each folder under `tests/stacks` and `tests/kinds` is a configuration and a script,
//! run through the real binary against the embedded Azure; what it printed is a snapshot beside it. Folders are
//! discovered, so none can be forgotten.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod azure;
mod crash;
mod play;
mod script;
mod secrets;
mod workplace;

use std::fs;
use std::path::{Path, PathBuf};

use workplace::Workplace;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// The folders below `parent` that hold a file of that name, in order.
fn folders_with(parent: &Path, file: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(parent) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.join(file).is_file() {
                found.push(path.clone());
            }
            found.extend(folders_with(&path, file));
        }
    }
    found.sort();
    found
}

/// Reads go on side by side and end in any order: neighbouring lines about them are sorted.
fn with_reads_in_order(text: &str) -> String {
    let is_read = |line: &str| {
        [": Refreshing state...", ": Reading...", ": Read complete after"].iter().any(|w| line.contains(w))
    };
    let mut lines: Vec<&str> = text.split('\n').collect();
    for run in lines.chunk_by_mut(|a, b| is_read(a) == is_read(b)) {
        if run.first().is_some_and(|line| is_read(line)) {
            run.sort_unstable();
        }
    }
    lines.join("\n")
}

#[test]
fn stacks_print_what_they_printed() {
    let folders: Vec<PathBuf> = ["tests/stacks", "tests/kinds"]
        .iter()
        .flat_map(|parent| folders_with(&root().join(parent), "script"))
        .collect();
    assert!(!folders.is_empty());
    let only = std::env::var("STACK").unwrap_or_default();
    let mut differ = Vec::new();
    for folder in folders.iter().filter(|f| f.to_string_lossy().contains(&only)) {
        let text = with_reads_in_order(&play::transcript(folder, &root()));
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            settings.bind(|| insta::assert_snapshot!("transcript", text));
        }));
        if result.is_err() {
            differ.push(name);
        }
    }
    assert!(differ.is_empty(), "transcripts differ: {}", differ.join(", "));
}

/// Whatever is applied plans to no change and is gone after a destroy.
#[test]
fn examples_settle_and_leave_nothing() {
    let only = std::env::var("STACK").unwrap_or_default();
    let examples = folders_with(&root().join("examples"), "main.tf");
    assert!(!examples.is_empty());
    for example in examples.iter().filter(|f| f.to_string_lossy().contains(&only)) {
        let name = example.file_name().unwrap().to_string_lossy().into_owned();
        let workplace = Workplace::with_modules(example, &root().join("modules"));
        let run = |arguments: &[&str], code: i32| {
            let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            let ran = workplace.bowline(&arguments, &[], "");
            assert_eq!(ran.code, code, "{name}: {arguments:?}\n{}", ran.text);
            ran.text
        };
        run(&["init"], 0);
        run(&["validate"], 0);
        run(&["apply", "--simulate", "-auto-approve", "-no-color"], 0);
        run(&["plan", "--simulate", "-detailed-exitcode", "-no-color"], 0);
        run(&["destroy", "--simulate", "-auto-approve", "-no-color"], 0);
        assert_eq!(run(&["state", "list"], 0), "", "{name}: something is still recorded");
        let world = azure::ask(&workplace, "GET", "/simulator/world", "");
        assert!(azure::is_empty(&world), "{name}: something is left in Azure:\n{world}");
    }
}
