//! What came of carrying out a plan.

use crate::plan::{Action, CheckResult};
use crate::state::{ObjectAddress, State};

/// What came of carrying out a plan.
#[derive(Debug)]
pub struct Applied {
    /// What is to be recorded.
    pub state: State,
    /// Each step that was to be done, in the order in which they ended.
    pub steps: Vec<(ObjectAddress, Action, StepResult)>,
    /// How the conditions came out.
    pub checks: Vec<CheckResult>,
    /// The user asked to stop, or the journal could not be written, before all was begun.
    pub stopped: bool,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepResult {
    /// Done and recorded.
    Done,
    /// Failed; the diagnostics tell how.
    Failed,
    /// Not begun: what it needs failed, or the user wanted to stop.
    Skipped {
        /// What failed.
        because: String,
    },
}

impl Applied {
    /// How many objects were made, changed and removed.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |wanted: fn(Action) -> bool| {
            self.steps.iter().filter(|(_, action, result)| *result == StepResult::Done && wanted(*action)).count()
        };
        (count(|a| a == Action::Create), count(|a| a == Action::Update), count(|a| a == Action::Delete))
    }
}
