//! `bowline test` beside `terraform test`, on stacks of `terraform_data`: which runs pass, what is told of those that do
//! not and with which values, in what order, in text and in JSON.
//!
//! `testing/*.txt` hold the stacks: `-- NAME` begins a file, `$ ARGUMENTS` is what both programs are given.

use std::fs;
use std::path::Path;

use regex::Regex;
use serde_json::Value as Json;

use crate::{Place, Ran, skipped, terraform};

/// A stack and the commands that are compared on it.
struct Case {
    name: String,
    files: Vec<(String, String)>,
    commands: Vec<String>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer/testing");
    let only = std::env::var("PEER").unwrap_or_default();
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.to_string_lossy().contains(&only)).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| read(&path.file_stem().unwrap().to_string_lossy(), &fs::read_to_string(path).unwrap()))
        .collect()
}

fn read(name: &str, text: &str) -> Case {
    let mut case = Case { name: name.into(), files: Vec::new(), commands: Vec::new() };
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("-- ") {
            case.files.push((name.into(), String::new()));
        } else if let Some(command) = line.strip_prefix("$ ") {
            case.commands.push(command.into());
        } else if let Some((_, text)) = case.files.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    assert!(!case.commands.is_empty(), "{name} compares nothing");
    case
}

/// A folder with the files of a case, one for each program.
fn place(case: &Case) -> Place {
    let place = Place::new("");
    for (name, text) in &case.files {
        fs::create_dir_all(place.path().join(name).parent().unwrap()).unwrap();
        place.write(name, text);
    }
    place
}

/// Without what differs from run to run, and without the program's name.
fn masked(text: &str) -> String {
    let id = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap().replace_all(text, "[id]").into_owned();
    let made_up = Regex::new("is \"[a-z0-9]{8}\"").unwrap().replace_all(&id, "is [made up]").into_owned();
    made_up.replace("Terraform", "Bowline")
}

/// What must be the same in text: how each file and run ends, the last line, what is found wrong, and the values told.
fn told(ran: &Ran) -> Vec<String> {
    let results = Regex::new(r"^(  run )?\S.*\.\.\. (in progress|tearing down|pass|fail|skip)$").unwrap();
    let lines: Vec<String> = masked(&ran.text).lines().map(|line| line.trim_end().to_owned()).collect();
    let is_result =
        |line: &&String| results.is_match(line) || line.starts_with("Success!") || line.starts_with("Failure!");
    let is_value = |line: &&String| line.starts_with("    │ ");
    let is_found = |line: &&String| line.starts_with("Error: ") || line.starts_with("Warning: ");
    let mut told = vec![format!("exit {}", ran.code)];
    told.extend(lines.iter().filter(is_result).cloned());
    told.extend(lines.iter().filter(is_found).cloned());
    told.extend(lines.iter().filter(is_value).cloned());
    told
}

/// What must be the same in JSON: each line but the first, without moments, and of diagnostics what is wrong where.
fn events(ran: &Ran) -> Vec<String> {
    let event = |line: &str| {
        let event: Json = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let diagnostic = &event["diagnostic"];
        let parts = [
            &event["@level"],
            &event["@message"],
            &event["@testfile"],
            &event["@testrun"],
            &event["test_abstract"],
            &event["test_file"],
            &event["test_run"],
            &event["test_cleanup"],
            &event["test_summary"],
            &diagnostic["summary"],
            // Where Terraform gives a warning no place, Bowline may.
            if event["@level"] == "warn" { &Json::Null } else { &diagnostic["range"]["start"]["line"] },
            if event["@level"] == "warn" { &Json::Null } else { &diagnostic["snippet"]["values"] },
        ];
        let shown: Vec<String> = parts.iter().filter(|part| !part.is_null()).map(ToString::to_string).collect();
        masked(&format!("{} {}", event["type"], shown.join(" ")))
    };
    ran.text.lines().filter(|line| !line.contains("\"type\":\"version\"")).map(event).collect()
}

#[test]
fn tests_come_out_as_in_terraform() {
    if terraform::program().is_none() {
        return skipped("results of tests", "no terraform on PATH");
    }
    let mut differ = Vec::new();
    for case in cases() {
        let (ours, theirs) = (place(&case), place(&case));
        ours.bowline(&["init"]);
        theirs.terraform(&["init", "-input=false"]);
        for command in &case.commands {
            let arguments: Vec<&str> = command.split(' ').collect();
            let json = arguments.contains(&"-json");
            let told = |ran: &Ran| if json { events(ran) } else { told(ran) };
            let (ran, expected) = (ours.bowline(&arguments), theirs.terraform(&arguments));
            if told(&ran) != told(&expected) {
                differ.push(format!(
                    "{} $ {command}\n==== terraform\n{}\n==== bowline\n{}\n",
                    case.name,
                    told(&expected).join("\n"),
                    told(&ran).join("\n")
                ));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
