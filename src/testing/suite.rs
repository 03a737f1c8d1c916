//! The runs of one file, one after the other or side by side, and the removal of what they made.

use std::sync::Arc;
use std::time::{Duration, Instant};

use indexmap::IndexMap;

use super::doubles::misaimed;
use super::run::{Outcome, Prepared, carry_out};
use super::scope::Runs;
use super::{Bench, Event, FileResult, Progress, RunResult, Status};
use crate::address::ResourceMode;
use crate::config::test::TestRun;
use crate::diagnostic::Diagnostics;
use crate::eval::references::{static_body_references, static_references};
use crate::state::State;
use crate::syntax::tree::{Expression, Step};

/// How often a run that goes on says so.
const REMINDER: Duration = Duration::from_secs(2);

/// What one state of a file holds.
#[derive(Debug, Clone)]
pub struct Left {
    /// The run that last worked on it.
    pub run: Arc<str>,
    /// The objects.
    pub objects: Vec<String>,
}

/// A state that runs share, and the last run that changed it.
struct Shared<'b> {
    state: State,
    last: Option<(usize, Prepared<'b>)>,
}

/// A file while its runs are carried out.
struct Suite<'a, 'b> {
    bench: &'a Bench<'b>,
    runs: Runs,
    states: IndexMap<String, Shared<'b>>,
    results: Vec<RunResult>,
}

/// Carries the runs of a file out.
pub async fn run_file(bench: &Bench<'_>) -> FileResult {
    let file = bench.file;
    let tell = |progress, result: Option<&FileResult>| {
        bench.audience.tell(&Event::File { name: &file.name, progress, result });
    };
    tell(Progress::Starting, None);
    let mut suite = Suite {
        bench,
        runs: Runs { names: file.runs.iter().map(|run| run.name.clone()).collect(), ..Runs::default() },
        states: IndexMap::new(),
        results: Vec::new(),
    };
    suite.carry_out_all().await;
    tell(Progress::TearDown, None);
    let clean = suite.tear_down().await;
    // A file without runs has nothing that could fail.
    let worst = suite.results.iter().map(|run| run.status).max().unwrap_or(Status::Pass);
    let modules = || std::iter::once(bench.configuration).chain(bench.modules.values());
    let found: Diagnostics = file.overrides.iter().filter_map(|own| misaimed(own, modules())).collect();
    let status = if clean { worst } else { Status::Error };
    let result = FileResult { name: file.name.clone(), status, runs: suite.results, found };
    tell(Progress::Complete, Some(&result));
    result
}

impl<'b> Suite<'_, 'b> {
    /// After an error nothing more of the file is begun, since runs build on one another.
    async fn carry_out_all(&mut self) {
        let runs = &self.bench.file.runs;
        let mut at = 0;
        let mut broken = false;
        while at < runs.len() {
            let group = self.group(at);
            let together = runs.get(at..at + group).unwrap_or_default();
            if broken || self.bench.stop.is_requested() {
                for run in together {
                    self.skip(run);
                }
            } else {
                broken |= self.carry_out_together(at, together).await;
            }
            at += group;
        }
    }

    /// How many runs from there on may be carried out side by side: those that say so, that work on states of their
    /// own, and that do not refer to one another.
    fn group(&self, from: usize) -> usize {
        let runs = self.bench.file.runs.get(from..).unwrap_or_default();
        let mut members: Vec<&TestRun> = Vec::new();
        for run in runs {
            let apart = |other: &&TestRun| key(other) != key(run) && !refers(run, &other.name);
            let fits = members.is_empty() || (run.parallel && members.iter().all(apart));
            if !fits {
                break;
            }
            members.push(run);
            if !run.parallel || providers_refer_to_runs(self.bench) {
                break;
            }
        }
        members.len()
    }

    fn skip(&mut self, run: &TestRun) {
        let result = RunResult {
            name: run.name.clone(),
            status: Status::Skip,
            found: Diagnostics::new(),
            shown: None,
            began: None,
            seconds: None,
        };
        self.tell(run, Progress::Complete, 0, Some(&result));
        self.results.push(result);
    }

    /// True after an error.
    async fn carry_out_together(&mut self, first: usize, together: &[TestRun]) -> bool {
        let states: Vec<State> = together
            .iter()
            .map(|run| self.states.get(&key(run)).map_or_else(State::begun, |shared| shared.state.clone()))
            .collect();
        let this = &*self;
        let tasks = together.iter().zip(states).map(|(run, state)| this.timed(run, state));
        let done = futures::future::join_all(tasks).await;
        let mut broken = false;
        for (at, (run, (outcome, began, seconds))) in (first..).zip(together.iter().zip(done)) {
            broken |= outcome.status == Status::Error;
            self.take_in(at, run, outcome, began, seconds);
        }
        broken
    }

    /// Carries a run out, saying now and then that it goes on.
    async fn timed(&self, run: &TestRun, state: State) -> (Outcome<'b>, jiff::Timestamp, f64) {
        let (began, clock) = (jiff::Timestamp::now(), Instant::now());
        self.tell(run, Progress::Starting, 0, None);
        let work = carry_out(self.bench, run, state, &self.runs);
        tokio::pin!(work);
        loop {
            tokio::select! {
                outcome = &mut work => return (outcome, began, clock.elapsed().as_secs_f64()),
                () = tokio::time::sleep(REMINDER) => {
                    let elapsed = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
                    self.tell(run, Progress::Running, elapsed, None);
                }
            }
        }
    }

    fn take_in(&mut self, at: usize, run: &TestRun, outcome: Outcome<'b>, began: jiff::Timestamp, seconds: f64) {
        self.runs.done.insert(run.name.clone(), outcome.outputs);
        if let Some((state, prepared)) = outcome.applied {
            self.states.insert(key(run), Shared { state, last: Some((at, prepared)) });
        }
        let result = RunResult {
            name: run.name.clone(),
            status: outcome.status,
            found: outcome.found,
            shown: outcome.shown,
            began: Some(began),
            seconds: Some(seconds),
        };
        self.bench.audience.holds(&self.left());
        self.tell(run, Progress::Complete, 0, Some(&result));
        self.results.push(result);
    }

    fn left(&self) -> Vec<Left> {
        let name = |at: usize| self.bench.file.runs.get(at).map(|run| run.name.clone()).unwrap_or_default();
        let left = |shared: &Shared<'_>| {
            let (at, _) = shared.last.as_ref()?;
            Some(Left { run: name(*at), objects: objects(&shared.state) })
        };
        self.states.values().filter_map(left).filter(|left| !left.objects.is_empty()).collect()
    }

    fn tell(&self, run: &TestRun, progress: Progress, elapsed: u64, result: Option<&RunResult>) {
        let file = &self.bench.file.name;
        self.bench.audience.tell(&Event::Run { file, name: &run.name, progress, elapsed, result });
    }

    /// Destroys what there is, the last first. False when something is left.
    async fn tear_down(&mut self) -> bool {
        let mut clean = true;
        let mut states: Vec<Shared<'b>> = std::mem::take(&mut self.states).into_values().collect();
        states.sort_by_key(|shared| std::cmp::Reverse(shared.last.as_ref().map(|(at, _)| *at)));
        for shared in states {
            let Some((at, prepared)) = shared.last else { continue };
            let Some(run) = self.bench.file.runs.get(at).filter(|_| !objects(&shared.state).is_empty()) else {
                continue;
            };
            self.tell(run, Progress::TearDown, 0, None);
            let (state, found) = prepared.destroy(self.bench, shared.state).await;
            let left = objects(&state);
            if found.has_errors() || !left.is_empty() {
                clean = false;
                let file = &self.bench.file.name;
                self.bench.audience.tell(&Event::Cleanup { file, run: &run.name, found: &found, left: &left });
            }
        }
        self.bench.audience.holds(&[]);
        clean
    }
}

/// Which state a run works on.
fn key(run: &TestRun) -> String {
    match (&run.state_key, &run.module) {
        (Some(key), _) => format!("key {}", key.value),
        (None, Some(module)) => format!("module {}", module.source.value),
        (None, None) => String::new(),
    }
}

/// The managed objects in a state.
fn objects(state: &State) -> Vec<String> {
    let managed = state.objects().filter(|(object, ..)| object.address.resource.mode == ResourceMode::Managed);
    managed
        .map(|(object, ..)| match &object.deposed {
            Some(key) => format!("{} ({key})", object.address),
            None => object.address.to_string(),
        })
        .collect()
}

/// Whether a run refers to another one.
fn refers(run: &TestRun, other: &str) -> bool {
    let names = |expression: &Expression| {
        static_references(expression).iter().any(|used| {
            &*used.reference.root.name == "run"
                && matches!(used.steps.first(), Some(Step::Attribute(name)) if &*name.name == other)
        })
    };
    run.variables.values().any(names)
        || run.asserts.iter().any(|rule| names(&rule.condition) || names(&rule.error_message))
}

/// Whether the providers of a file refer to runs: then these are carried out one by one.
fn providers_refer_to_runs(bench: &Bench<'_>) -> bool {
    bench.file.providers.iter().any(|provider| {
        static_body_references(&provider.block.body).iter().any(|used| &*used.reference.root.name == "run")
    })
}
