//! Try: carry out the runs of test files, on states that are kept in memory only, and remove again what they make.
//!
//! A file's runs come one after the other; each plans, and applies unless it says otherwise, and then its assertions
//! are evaluated with what came of that. Whatever was made is destroyed when the file ends, the last first.

mod doubles;
mod expected;
mod fill;
mod given;
mod mock;
mod module;
mod run;
mod scope;
mod suite;

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::apply::Stop;
use crate::config::Configuration;
use crate::config::test::{Snapshot, TestFile};
use crate::diagnostic::Diagnostics;
use crate::eval::variables::Given;
use crate::plan::Plan;
use crate::provider::{Registry, Surroundings};
use crate::span::SourceMap;
use crate::state::State;

pub use suite::{Left, run_file};

/// What came of a run, a file, or all of them; the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Status {
    /// Not begun.
    #[default]
    Pending,
    /// Left out, because one before it could not be carried out.
    Skip,
    /// As it should be.
    Pass,
    /// An assertion does not hold.
    Fail,
    /// It could not be carried out.
    Error,
}

/// How far a run or a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It begins.
    Starting,
    /// It has been going on for a while.
    Running,
    /// What it made is being destroyed.
    TearDown,
    /// It has ended.
    Complete,
}

/// What a run came to.
#[derive(Debug, Clone)]
pub struct RunResult {
    /// Its name.
    pub name: Arc<str>,
    /// Passed, or not.
    pub status: Status,
    /// What there is to say.
    pub found: Diagnostics,
    /// What was planned or what is recorded, to be shown where that is wanted.
    pub shown: Option<Shown>,
    /// When it began.
    pub began: Option<jiff::Timestamp>,
    /// How long it took, in seconds.
    pub seconds: Option<f64>,
}

/// What a run leaves to be shown.
#[derive(Debug, Clone)]
pub enum Shown {
    /// Of a run that only plans.
    Plan(Box<Plan>),
    /// Of a run that applies.
    State(Box<State>),
}

/// What a file came to.
#[derive(Debug, Clone)]
pub struct FileResult {
    /// Its name.
    pub name: String,
    /// The worst of its runs, or an error where something was left behind.
    pub status: Status,
    /// Its runs.
    pub runs: Vec<RunResult>,
    /// What there is to say of the file as a whole.
    pub found: Diagnostics,
}

/// What is told while tests go on.
pub enum Event<'a> {
    /// A file begins, ends, or removes what it made.
    File {
        /// Which.
        name: &'a str,
        /// How far it is.
        progress: Progress,
        /// What it came to, when it has ended.
        result: Option<&'a FileResult>,
    },
    /// A run begins, ends, goes on, or what it made is removed.
    Run {
        /// In which file.
        file: &'a str,
        /// Which.
        name: &'a str,
        /// How far it is.
        progress: Progress,
        /// Since when, in milliseconds.
        elapsed: u64,
        /// What it came to, when it has ended.
        result: Option<&'a RunResult>,
    },
    /// Something could not be removed.
    Cleanup {
        /// In which file.
        file: &'a str,
        /// By the run that last worked on it.
        run: &'a str,
        /// Why.
        found: &'a Diagnostics,
        /// What is left.
        left: &'a [String],
    },
}

/// Who hears of the tests and judges what is not for this layer to judge.
pub trait Audience: Sync {
    /// Hears what goes on.
    fn tell(&self, event: &Event<'_>);

    /// Holds a plan against the snapshot that its run asks for. An error among what is found fails the run.
    fn snapshot(&self, of: &PlanOf<'_>) -> Diagnostics;

    /// Hears what exists now and would be left behind if the program ended at once.
    fn holds(&self, left: &[Left]);
}

/// A plan that is held against a snapshot, and what it was made from.
pub struct PlanOf<'a> {
    /// The test file.
    pub file: &'a TestFile,
    /// The run's name.
    pub run: &'a str,
    /// What the run says of its snapshot.
    pub snapshot: &'a Snapshot,
    /// The plan.
    pub plan: &'a Plan,
    /// What it is a plan for, with what stands in for providers.
    pub setting: crate::plan::Setting<'a>,
    /// What functions need to know.
    pub functions: &'a crate::eval::templates::Surroundings,
}

/// What the runs of a file are given.
pub struct Bench<'b> {
    /// The file.
    pub file: &'b TestFile,
    /// The module under test.
    pub configuration: &'b Configuration,
    /// The modules that runs name, by run.
    pub modules: &'b IndexMap<Arc<str>, Configuration>,
    /// All texts.
    pub sources: &'b SourceMap,
    /// The providers there are.
    pub registry: &'b Registry,
    /// What providers may look at.
    pub surroundings: &'b Surroundings,
    /// `terraform.workspace`
    pub workspace: &'b str,
    /// The folder that functions work in.
    pub folder: &'b Path,
    /// Where the journal of what is being done may be kept while it is done.
    pub scratch: &'b Path,
    /// What environment, files and command line give for variables.
    pub globals: &'b IndexMap<Arc<str>, Given>,
    /// Who hears of it.
    pub audience: &'b dyn Audience,
    /// Whether the user wants to stop.
    pub stop: &'b Stop,
    /// How many reads or writes go on at once.
    pub parallelism: usize,
}
