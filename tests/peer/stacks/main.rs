//! The same stack given to Terraform and to this program: what they refuse, plan, change and record must be the same.
//!
//! - `stacks/*.txt` are scripts on `terraform_data` with Terraform 1.11.4's answers beside them (`*.json`), so that no
//!   Terraform is needed. `PEER_RECORD=1` asks the one that is installed anew; `PEER=name` runs one script.
//! - Random stacks are run through both programs when Terraform is installed: a few, or as many as `PEER_STACKS=500`
//!   says, from `PEER_SEED` on. What differs is printed as a script, to be kept under `stacks/`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod answer;
mod program;
mod random;
mod reduce;
mod script;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use answer::{PANICKED, differences};
use program::{Program, TERRAFORM};
use script::Step;
use serde_json::Value as Json;

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer/stacks");
    let only = std::env::var("PEER").unwrap_or_default();
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt") && path.to_string_lossy().contains(&only))
        .collect();
    found.sort();
    found
}

/// Does something for each item on two threads.
fn side_by_side<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let worker = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(item);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(worker);
        scope.spawn(worker);
    });
}

#[test]
fn stacks_are_answered_as_terraform_answers_them() {
    let record = std::env::var("PEER_RECORD").is_ok();
    let faults = Mutex::new(Vec::new());
    side_by_side(&scripts(), |path| {
        let steps = script::parse(&fs::read_to_string(path).unwrap());
        let answers = path.with_extension("json");
        if record {
            let recorded = Program::terraform().expect("Terraform must be installed to record").run(&steps);
            fs::write(&answers, serde_json::to_string_pretty(&recorded).unwrap() + "\n").unwrap();
        }
        let expected: Vec<Json> = serde_json::from_str(&fs::read_to_string(&answers).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy();
        faults.lock().unwrap().extend(compare(&name, &steps, &expected, &Program::bowline().run(&steps)));
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The differences of all steps in words, except where one is meant.
fn compare(name: &str, steps: &[Step], expected: &[Json], got: &[Json]) -> Vec<String> {
    assert_eq!(steps.len(), expected.len(), "{name}: record the answers anew");
    let mut faults = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let found = differences(&expected[index], &got[index], "");
        match (&step.differs, found.is_empty()) {
            (None, false) => {
                faults.extend(found.iter().map(|f| format!("{name}, step {} ({}): {f}", index + 1, step.line)));
            }
            (Some(why), true) => {
                faults.push(format!("{name}, step {} ({}): does not differ any more: {why}", index + 1, step.line));
            }
            _ => {}
        }
    }
    faults
}

/// Whether an answer tells of a fault of Terraform's own: `replace_triggered_by` of something without instances, or a
/// function that panics.
fn breaks_down(answer: &Json) -> bool {
    let errors = answer["errors"].to_string();
    errors.contains("no change found for") || errors.contains(PANICKED)
}

/// Whether Terraform ends because a condition is about an object that is not there yet, of which `-refresh-only` knows
/// nothing; what else it tells is told here too, and what it leaves out for want of that object.
fn judges_what_is_not_there(step: &Step, expected: &Json, got: &Json) -> bool {
    let refreshes = step.arguments.iter().any(|argument| argument == "-refresh-only");
    let is_that = |error: &Json| error.as_str().is_some_and(|error| error.ends_with("Invalid index"));
    let told = |answer: &Json| answer["errors"].as_array().cloned().unwrap_or_default();
    let (not_there, others): (Vec<Json>, Vec<Json>) = told(expected).into_iter().partition(is_that);
    refreshes && !not_there.is_empty() && others.iter().all(|error| told(got).contains(error))
}

/// Whether Terraform does not destroy what there is because of a fault in what it would not destroy.
fn keeps_what_is_there(step: &Step, expected: &Json, got: &Json) -> bool {
    let destroys = step.command == "destroy" || step.arguments.iter().any(|argument| argument == "-destroy");
    destroys && !expected["errors"].is_null() && got["errors"].is_null()
}

#[test]
fn random_stacks_are_answered_as_terraform_answers_them() {
    let Some(terraform) = Program::terraform() else {
        eprintln!("SKIPPED: {TERRAFORM} is not installed, so random stacks were compared with nothing");
        return;
    };
    let number = |name: &str, otherwise: u64| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let (first, count) = (number("PEER_SEED", 0), number("PEER_STACKS", 10));
    let seeds: Vec<u64> = (first..first + count).collect();
    let faults = Mutex::new(Vec::new());
    side_by_side(&seeds, |seed| {
        let text = random::script(*seed);
        let steps = script::parse(&text);
        let (expected, got) = (terraform.run(&steps), Program::bowline().run(&steps));
        // What comes after a step in which Terraform itself breaks down cannot be compared.
        let comparable = |at: &usize| {
            let (step, expected, got) = (&steps[*at], &expected[*at], &got[*at]);
            !breaks_down(expected)
                && !keeps_what_is_there(step, expected, got)
                && !judges_what_is_not_there(step, expected, got)
        };
        let sound = (0..steps.len()).take_while(comparable).count();
        let found = compare(&format!("seed {seed}"), &steps[..sound], &expected[..sound], &got[..sound]);
        if !found.is_empty() {
            eprintln!("--- seed {seed}\n{text}\n{}", found.join("\n"));
            faults.lock().unwrap().push(*seed);
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} of {count} random stacks differ: seeds {faults:?}", faults.len());
}
