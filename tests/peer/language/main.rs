//! Bowline against Terraform: random expressions put to both, and every answer compared.
//!
//! Without `terraform` on the PATH only the recorded faults are asked again.
//! `PEER_EXPRESSIONS` is how many are tried (200 without it), `PEER_SEED` from where.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::wildcard_imports, missing_docs)]

mod batch;
mod choices;
mod expressions;
mod functions;
mod samples;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use batch::{Answer, Room};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const BATCH: usize = 400;

fn bowline() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_bowline"))
}

fn terraform() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join("terraform")).find(|path| path.is_file())
}

/// Says something that the test harness does not keep to itself.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn random_expressions_are_answered_as_terraform_answers_them() {
    let Some(terraform) = terraform() else {
        return say("SKIPPED: terraform is not on the PATH; random expressions were not compared");
    };
    let (ours, theirs) = (Room::new(&bowline()), Room::new(&terraform));
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("PEER_SEED", 1).to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let strategy = prop::collection::vec(any::<u16>(), 1..120);
    let wanted = usize::try_from(number("PEER_EXPRESSIONS", 200)).unwrap();
    let mut tried = 0;
    let mut different = BTreeMap::new();
    while tried < wanted {
        let mut trees: Vec<_> =
            (0..BATCH.min(wanted - tried)).map(|_| strategy.new_tree(&mut runner).unwrap()).collect();
        tried += trees.len();
        for at in differences(&ours, &theirs, &trees) {
            let expression = smallest(&ours, &theirs, &mut trees[at]);
            let (a, b) = (ours.answers(&[&expression]).remove(0), theirs.answers(&[&expression]).remove(0));
            say(&difference(&expression, &a, &b));
            different.insert(expression, (a, b));
        }
        say(&format!("{tried} expressions, {} differences", different.len()));
    }
    assert!(different.is_empty(), "{} of {tried} expressions are answered differently", different.len());
}

/// An error of `try` without the places in it, which Bowline does not tell there.
fn without_places(error: &str) -> String {
    let mut parts = error.split(" (at main.tf:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once(')').map_or(part, |(_, after)| after))
}

/// Whether two answers to an expression differ.
fn differ(expression: &str, ours: &Answer, theirs: &Answer) -> bool {
    if !expression.contains("<<") {
        return answers_differ(ours, theirs);
    }
    // An argument that is a heredoc is pointed at from its marker on here, and from its first line of text on there.
    let unplaced = |answer: &Answer| {
        let errors = answer.errors.iter().map(|error| error.split(" [at ").next().unwrap_or_default().to_owned());
        Answer { errors: errors.collect(), ..answer.clone() }
    };
    answers_differ(&unplaced(ours), &unplaced(theirs))
}

/// Where Terraform itself breaks down, any answer will do.
fn answers_differ(ours: &Answer, theirs: &Answer) -> bool {
    let broken = theirs.errors.iter().any(|error| error.contains("panic in function implementation"));
    // Tuples and objects of several types beside an empty list or map are converted as without it.
    let converted = theirs.errors.iter().any(|error| error.contains(" types must all match for conversion to"));
    let comparable = |answer: &Answer| {
        let errors = answer.errors.iter().map(|error| comparable(error)).collect();
        Answer { errors, ..answer.clone() }
    };
    let (ours, theirs) = (comparable(ours), comparable(theirs));
    let same = ours.errors.len() == theirs.errors.len()
        && ours.errors.iter().zip(&theirs.errors).all(|(ours, theirs)| ours == theirs || is_hidden(ours, theirs));
    !(broken || converted || same && Answer { errors: Vec::new(), ..ours } == Answer { errors: Vec::new(), ..theirs })
}

/// Whether an error is Terraform's, but for what is sensitive: Terraform shows that in some of them.
fn is_hidden(ours: &str, theirs: &str) -> bool {
    let mut parts = ours.split("(sensitive value)");
    let Some(mut rest) = parts.next().and_then(|start| theirs.strip_prefix(start)) else { return false };
    let mut hidden = 0;
    for part in parts {
        let Some((_, after)) = rest.split_once(part).filter(|_| !part.is_empty()) else { return false };
        (rest, hidden) = (after, hidden + 1);
    }
    hidden > 0 && rest.is_empty()
}

/// An error without what differs on purpose or by chance: the program's name, the words of the parser, and which of
/// an object's wrong attributes is named first.
fn comparable(error: &str) -> String {
    let error = error.replace("Bowline version", "Terraform version").replace("value is has an", "value has an");
    // Which of several faults of an object is told is chance in Terraform.
    for part in [": element \"", "required attribute \"", "template variable name \""] {
        if let (Some((before, rest)), Some((_, places))) = (error.split_once(part), error.rsplit_once(" [at "))
            && rest.contains('"')
        {
            return format!("{before}{part} [at {places}");
        }
    }
    let error = without_places(&error);
    // A key that came of something sensitive is not told.
    if let Some((before, rest)) = error.split_once("Two different items produced the key \"")
        && let Some((_, after)) = rest.split_once('"')
    {
        return format!("{before}Two different items produced the key{after}");
    }
    for words in ["invalid tfvars syntax: ", "invalid template: ", "files/bad.tpl:"] {
        if let (Some((before, _)), Some((_, place))) = (error.split_once(words), error.split_once(" [at ")) {
            return format!("{before}{words} [at {place}");
        }
    }
    error
}

fn texts(trees: &[impl ValueTree<Value = Vec<u16>>]) -> Vec<String> {
    trees.iter().map(|tree| expressions::expression(&tree.current())).collect()
}

fn differences(ours: &Room, theirs: &Room, trees: &[impl ValueTree<Value = Vec<u16>>]) -> Vec<usize> {
    let texts = texts(trees);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (a, b) = (ours.answers(&texts), theirs.answers(&texts));
    (0..texts.len()).filter(|at| differ(texts[*at], &a[*at], &b[*at])).collect()
}

/// The smallest expression found that is still answered differently.
fn smallest(ours: &Room, theirs: &Room, tree: &mut impl ValueTree<Value = Vec<u16>>) -> String {
    let differs = |text: &str| differ(text, &ours.answers(&[text])[0], &theirs.answers(&[text])[0]);
    let mut best = expressions::expression(&tree.current());
    let (mut steps, limit) = (0, number("PEER_SHRINK", 40));
    let mut going = tree.simplify();
    while going && steps < limit {
        let text = expressions::expression(&tree.current());
        if text == best {
            going = tree.simplify();
            continue;
        }
        steps += 1;
        going = if differs(&text) {
            best = text;
            tree.simplify()
        } else {
            tree.complicate()
        };
    }
    best
}

/// What differs between two answers.
fn difference(expression: &str, ours: &Answer, theirs: &Answer) -> String {
    let list = |answer: &Answer, other: &Answer| -> Vec<String> {
        let value = (answer.value != other.value).then(|| answer.value.clone());
        let ty = (answer.ty != other.ty).then(|| answer.ty.clone());
        let errors = answer.errors.iter().filter(|error| !other.errors.contains(error)).cloned();
        value.into_iter().chain(ty).chain(errors).collect()
    };
    format!("{expression}\n   bowline   {:?}\n   terraform {:?}", list(ours, theirs), list(theirs, ours))
}

/// What Terraform answered to an expression that was once answered differently.
#[derive(serde::Serialize, serde::Deserialize)]
struct Recorded {
    expression: String,
    #[serde(flatten)]
    answer: Answer,
}

const FOUND: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peer/language/found.jsonl");

fn recorded() -> Vec<Recorded> {
    let text = std::fs::read_to_string(FOUND).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// With `PEER_RECORD` set, the answers are Terraform's of today instead: lines in the file need no more than their
/// expression.
#[test]
fn faults_once_found_stay_mended() {
    let recorded = recorded();
    let expressions: Vec<&str> = recorded.iter().map(|case| case.expression.as_str()).collect();
    if std::env::var_os("PEER_RECORD").is_some() {
        let answers = Room::new(&terraform().expect("recording needs terraform")).answers(&expressions);
        let lines = expressions.iter().zip(answers).map(|(expression, answer)| {
            let expression = (*expression).to_owned();
            serde_json::to_string(&Recorded { expression, answer }).unwrap() + "\n"
        });
        return std::fs::write(FOUND, lines.collect::<String>()).unwrap();
    }
    let answers = Room::new(&bowline()).answers(&expressions);
    let wrong: Vec<String> = recorded
        .iter()
        .zip(&answers)
        .filter(|(case, ours)| differ(&case.expression, ours, &case.answer))
        .map(|(case, ours)| difference(&case.expression, ours, &case.answer))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
