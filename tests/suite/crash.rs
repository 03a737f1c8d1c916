//! Runs that are killed, and disks that fail. Whatever happens when, the next run finds out what there is: the world,
//! the state and those of a run without accident agree, nothing is left without a record, nothing is made twice.
//!
//! `cargo test` takes a few of the points at which a run can be cut short. All of them, and 2,000 random instants:
//! `cargo test --release --test suite -- --ignored cut_short`.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::azure::Server;
use crate::workplace::{Ran, Workplace};

/// How a run is cut short.
#[derive(Debug, Clone)]
enum Accident {
    /// At the n-th change of state, journal or lock on the disk: `kill`, `torn`, `full`, `error`.
    Disk(&'static str, u64),
    /// Killed while Azure has the n-th request: before it is carried out (`hold`) or after (`hold_answer`).
    Request(&'static str, u64),
    /// Killed after so much time.
    Instant(Duration),
}

/// What is done to a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Make,
    Change,
    Remove,
}

impl Run {
    fn arguments(self) -> Vec<&'static str> {
        match self {
            Self::Make => vec!["apply", "--simulate", "-auto-approve"],
            Self::Change => vec!["apply", "--simulate", "-auto-approve", "-var", "generation=2"],
            Self::Remove => vec!["destroy", "--simulate", "-auto-approve"],
        }
    }

    fn plan(self) -> Vec<&'static str> {
        match self {
            Self::Change => vec!["plan", "--simulate", "-detailed-exitcode", "-var", "generation=2"],
            _ => vec!["plan", "--simulate", "-detailed-exitcode"],
        }
    }
}

/// A stack with its Azure.
struct Stack {
    workplace: Workplace,
    azure: Server,
}

/// What there is after a run: ids in Azure and in the state, without what differs from run to run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome {
    world: Vec<String>,
    state: Vec<String>,
}

impl Stack {
    fn new() -> Self {
        let workplace = Workplace::empty();
        workplace.write("main.tf", include_str!("crash/main.tf"));
        fs::create_dir_all(workplace.root().join(".bowline")).unwrap();
        let azure = Server::start(&workplace);
        Self { workplace, azure }
    }

    fn bowline(&self, arguments: &[&str], more: &[(&str, String)]) -> Ran {
        self.workplace.bowline(&owned(arguments), &self.environment(more), "")
    }

    fn environment(&self, more: &[(&str, String)]) -> Vec<(String, String)> {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        std::iter::once(("BOWLINE_SIMULATOR".to_owned(), self.azure.url())).chain(more).collect()
    }

    /// A run that must come to its end.
    fn whole(&self, run: Run, told: &str) {
        let ran = self.bowline(&run.arguments(), &[]);
        assert_eq!(ran.code, 0, "{told}: {run:?} after it:\n{}", ran.text);
    }

    /// A run with an accident. `false` when it was over before that could happen.
    fn cut_short(&self, run: Run, accident: &Accident) -> bool {
        match accident {
            Accident::Disk(word, at) => {
                let ran = self.bowline(&run.arguments(), &[("BOWLINE_DISK_FAULT", format!("{word}@{at}"))]);
                assert!(!ran.text.contains("panicked"), "{accident:?}:\n{}", ran.text);
                ran.code != 0
            }
            Accident::Request(effect, at) => {
                let rules = format!("{{\"rules\": [{{\"skip\": {at}, \"times\": 1, \"effect\": \"{effect}\"}}]}}");
                self.azure.ask("POST", "/simulator/faults", &rules);
                let mut running = self.workplace.begin(&owned(&run.arguments()), &self.environment(&[]), "");
                let held = crate::workplace::wait(|| {
                    let over = running.is_over();
                    if self.azure.holds() { Some(true) } else { over.then_some(false) }
                });
                running.kill();
                running.join();
                self.azure.ask("POST", "/simulator/faults", "{}");
                held
            }
            Accident::Instant(time) => {
                let mut running = self.workplace.begin(&owned(&run.arguments()), &self.environment(&[]), "");
                std::thread::sleep(*time);
                running.kill();
                running.join().1.code == -1
            }
        }
    }

    fn outcome(&self) -> Outcome {
        let answer = self.azure.ask("GET", "/simulator/world", "");
        let world: Value = serde_json::from_str(answer.split_once('\n').unwrap().1).unwrap();
        let world: Vec<String> = world["value"].as_array().unwrap().iter().map(id_of).collect();
        let pulled = self.bowline(&["state", "pull"], &[]).text;
        let state: Value = serde_json::from_str(&pulled).unwrap_or_default();
        let instances = state["resources"].as_array().cloned().unwrap_or_default();
        let state: Vec<(String, String)> = instances
            .iter()
            .flat_map(|resource| {
                let name = format!("{}.{}", resource["type"], resource["name"]).replace('"', "");
                let ids = resource["instances"].as_array().unwrap().iter().map(|i| id_of(&i["attributes"]));
                ids.map(|id| (name.clone(), id)).collect::<Vec<_>>()
            })
            .collect();
        let there: BTreeSet<&String> = world.iter().collect();
        for (name, id) in state.iter().filter(|(name, _)| !name.starts_with("terraform_data")) {
            assert!(there.contains(id), "{name} is recorded and does not exist: {id}");
        }
        let mut outcome = Outcome {
            world: world.iter().map(|id| masked(id)).collect(),
            state: state.iter().map(|(name, id)| format!("{name} {}", masked(id))).collect(),
        };
        outcome.world.sort();
        outcome.state.sort();
        outcome
    }

    /// Nothing but state, backup and world is left on the disk.
    fn assert_tidy(&self, told: &str) {
        let names = |folder: &str| -> Vec<String> {
            let entries = fs::read_dir(self.workplace.root().join(folder)).unwrap().flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        };
        let left: Vec<String> = names(".bowline").into_iter().filter(|name| name.ends_with("journal.jsonl")).collect();
        assert!(left.is_empty(), "{told}: {left:?} is left");
        assert!(!names(".").iter().any(|name| name.ends_with(".lock.info")), "{told}: the lock is left");
    }
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(ToString::to_string).collect()
}

fn id_of(object: &Value) -> String {
    object["id"].as_str().unwrap_or_default().to_lowercase()
}

/// Without the names that Azure or chance gave.
fn masked(id: &str) -> String {
    let guid = regex::Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    guid.replace_all(id, "[guid]").into_owned()
}

/// What the three runs come to when nothing happens, and how long the first one takes.
fn without_accident() -> ([Outcome; 3], Duration) {
    let stack = Stack::new();
    let begun = Instant::now();
    stack.whole(Run::Make, "nothing");
    let time = begun.elapsed();
    let made = stack.outcome();
    assert!(made.world.len() > 10 && made.state.len() > 10, "{made:?}");
    stack.whole(Run::Change, "nothing");
    let changed = stack.outcome();
    stack.whole(Run::Remove, "nothing");
    ([made, changed, stack.outcome()], time)
}

/// Lets the accident happen to each run of a stack's life, and holds what comes after it against `expected`. Gives how
/// many runs it happened to.
fn survive(accident: &Accident, expected: &[Outcome; 3]) -> u64 {
    let stack = Stack::new();
    let mut struck = 0;
    for (run, expected) in [Run::Make, Run::Change, Run::Remove].into_iter().zip(expected) {
        let told = format!("{accident:?} while {run:?}");
        struck += u64::from(stack.cut_short(run, accident));
        stack.whole(run, &told);
        assert_eq!(stack.outcome(), *expected, "{told}");
        stack.assert_tidy(&told);
        if run != Run::Remove {
            let plan = stack.bowline(&run.plan(), &[]);
            assert_eq!(plan.code, 0, "{told}: something is left to do:\n{}", plan.text);
        }
    }
    struck
}

#[test]
fn a_run_that_is_cut_short_is_recovered() {
    let (expected, time) = without_accident();
    let mut chance = StdRng::seed_from_u64(1);
    for accident in [
        Accident::Disk("kill", chance.random_range(1..40)),
        Accident::Disk("kill", chance.random_range(40..80)),
        Accident::Disk("torn", chance.random_range(1..80)),
        Accident::Disk("full", chance.random_range(1..80)),
        Accident::Disk("error", chance.random_range(1..80)),
        Accident::Request("hold", chance.random_range(1..30)),
        Accident::Request("hold_answer", chance.random_range(1..30)),
        Accident::Request("hold_answer", chance.random_range(30..60)),
        Accident::Instant(time.mul_f64(chance.random_range(0.0..1.0))),
    ] {
        survive(&accident, &expected);
    }
}

/// Every point on the disk and every request.
#[test]
#[ignore = "takes minutes"]
fn every_point_at_which_a_run_is_cut_short_is_recovered() {
    let (expected, _) = without_accident();
    for (kind, make) in [
        ("kill", Accident::Disk as fn(&'static str, u64) -> Accident),
        ("torn", Accident::Disk),
        ("full", Accident::Disk),
        ("error", Accident::Disk),
        ("hold", Accident::Request),
        ("hold_answer", Accident::Request),
    ] {
        // Behind the last point of a run nothing can happen to it any more; some faults before it do no harm.
        let (mut accidents, mut harmless) = (0, 0);
        for at in 1.. {
            let struck = survive(&make(kind, at), &expected);
            accidents += struck;
            harmless = if struck > 0 { 0 } else { harmless + 1 };
            if harmless == 5 {
                break;
            }
        }
        eprintln!("{kind}: {accidents} accidents survived");
    }
}

/// Runs that are killed at random instants.
#[test]
#[ignore = "takes minutes; CRASHES=n kills n runs, SEED=n at other instants"]
fn random_instants_at_which_a_run_is_cut_short_are_recovered() {
    let number = |name: &str, default: u64| std::env::var(name).ok().map_or(default, |text| text.parse().unwrap());
    let (crashes, seed) = (number("CRASHES", 2000), number("SEED", 1));
    let (expected, time) = without_accident();
    let mut chance = StdRng::seed_from_u64(seed);
    let mut killed = 0;
    while killed < crashes {
        killed += survive(&Accident::Instant(time.mul_f64(chance.random_range(0.0..1.0))), &expected);
    }
    eprintln!("{killed} runs killed at random instants and recovered");
}
