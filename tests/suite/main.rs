//! Stacks in, transcripts out: each folder under `tests/stacks` and `tests/kinds` is a configuration and a script,
//! run through the real binary against the embedded Azure; what it printed is a snapshot beside it. Folders are
//! discovered, so none can be forgotten.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod authorisation;
mod azure;
mod before;
mod cluster;
mod crash;
mod integrations;
mod language_server;
mod migration;
mod migration_back;
mod play;
mod pods;
mod random_faults;
mod script;
mod secrets;
mod sovereign;
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
        [": Refreshing state...", ": Reading...", ": Read complete after", ": Read failed after"]
            .iter()
            .any(|w| line.contains(w))
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

/// The tests that examples and modules come with pass as they are.
#[test]
fn examples_and_modules_pass_their_own_tests() {
    let only = std::env::var("STACK").unwrap_or_default();
    let tested = |parent: &str| {
        let all = fs::read_dir(root().join(parent)).unwrap().map(|entry| entry.unwrap().path());
        let mut tested: Vec<PathBuf> =
            all.filter(|path| path.join("tests").is_dir() && path.to_string_lossy().contains(&only)).collect();
        tested.sort();
        tested
    };
    let (examples, modules) = (tested("examples"), tested("modules"));
    assert!(!only.is_empty() || (!examples.is_empty() && !modules.is_empty()));
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let examples = examples.iter().map(|path| (name(path), Workplace::with_modules(path, &root().join("modules"))));
    let modules = modules.iter().map(|path| (name(path), Workplace::in_modules(&root().join("modules"), &name(path))));
    for (name, workplace) in examples.chain(modules) {
        for arguments in [vec!["init"], vec!["test", "-no-color"]] {
            let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
            let ran = workplace.bowline(&arguments, &[], "");
            assert_eq!(ran.code, 0, "{name}: {arguments:?}\n{}", ran.text);
        }
        assert!(!workplace.root().join("terraform.tfstate").exists(), "{name}: a test has written the stack's state");
    }
}

/// Whatever the graph allows: ten steps at a time, and no two writes where Azure takes one.
#[test]
fn ten_at_a_time_no_write_meets_another() {
    let workplace = Workplace::copy_of(&root().join("tests/stacks/field-writers"));
    fs::create_dir_all(workplace.root().join(".bowline")).unwrap();
    let azure = azure::Server::start(&workplace);
    let run = |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let environment =
            [("BOWLINE_SIMULATOR".to_owned(), azure.url()), ("TF_CLI_ARGS_apply".to_owned(), String::new())];
        let ran = workplace.bowline(&arguments, &environment, "");
        assert_eq!(ran.code, 0, "{arguments:?}\n{}", ran.text);
    };
    run(&["apply", "--simulate", "-auto-approve", "-parallelism=10"]);
    run(&["apply", "--simulate", "-auto-approve", "-parallelism=10", "-var=nodes=2"]);
    let answer = azure.ask("GET", "/simulator/writes", "");
    let writes: serde_json::Value = serde_json::from_str(answer.split_once('\n').unwrap().1).unwrap();
    let writes = writes["value"].as_array().unwrap();
    assert!(writes.len() > 14, "{writes:?}");
    let refused: Vec<_> = writes.iter().filter(|write| write["status"].as_u64().unwrap() >= 400).collect();
    assert!(refused.is_empty(), "{refused:?}");
}
