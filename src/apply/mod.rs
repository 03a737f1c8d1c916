//! Do: carry a plan out. No decision is made here; what cannot be done as planned is an error, not another plan.
//!
//! One loop owns the state and everything evaluated. It hands ready steps to tasks, ten at a time by default and one
//! at a time for each [`Lane`](crate::provider::Lane), and takes in what they come to: the journal first, then the
//! state in memory, then the values that waiting steps refer to. A failed step stops what depends on it and nothing
//! else; nothing is rolled back.

mod anew;
mod consistent;
mod order;
mod outcome;
mod outputs;
mod prepare;
mod provision;
mod run;
mod step;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::functions::FunctionContext;
use crate::eval::variables::Given;
use crate::plan::evaluation::Evaluation;
use crate::plan::{Action, Plan, Setting};
use crate::state::{Journal, ObjectAddress};

pub use outcome::{Applied, StepResult};

/// What is told while a plan is carried out.
#[derive(Debug)]
pub enum Event<'a> {
    /// A step begins.
    Started {
        /// On which object.
        object: &'a ObjectAddress,
        /// What it does: create, update, delete or read.
        action: Action,
        /// The object's id, when there is one already.
        id: Option<&'a str>,
    },
    /// What a step is at.
    Progress {
        /// Whose.
        object: &'a ObjectAddress,
        /// For people.
        text: &'a str,
    },
    /// A provisioner's command printed a line.
    Output {
        /// Whose.
        object: &'a ObjectAddress,
        /// `local-exec`
        provisioner: &'a str,
        /// The line.
        text: &'a str,
    },
    /// A step ended.
    Ended {
        /// Whose.
        object: &'a ObjectAddress,
        /// What it did.
        action: Action,
        /// The object's id afterwards.
        id: Option<&'a str>,
        /// Without an error.
        sound: bool,
    },
    /// A step will not be done, because another one failed.
    Skipped {
        /// Whose.
        object: &'a ObjectAddress,
        /// What it would have done.
        action: Action,
        /// Which one failed.
        because: &'a str,
    },
}

/// Whether the user wants to stop. Shared with whoever listens for signals.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicU8>);

impl Stop {
    /// Asks to finish what runs and begin nothing more.
    pub fn request(&self) {
        self.0.store(1, Ordering::Relaxed);
    }

    /// Whether that was asked.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// Who is told.
pub type Events = Arc<dyn Fn(Event<'_>) + Send + Sync>;

/// What applying needs beside the plan.
pub struct Means<'c> {
    /// The root module's variables as given.
    pub variables: BTreeMap<Arc<str>, Given>,
    /// What functions need to know.
    pub functions: FunctionContext<'c>,
    /// Where each step is recorded before and after it is done.
    pub journal: Arc<Journal>,
    /// Who is told.
    pub events: Events,
    /// Whether the user wants to stop.
    pub stop: Stop,
}

/// Carries a plan out. The state that comes back holds all that was done, also after an error.
pub async fn apply<'c>(setting: Setting<'c>, plan: &'c Plan, means: Means<'c>) -> (Applied, Diagnostics) {
    let (applied, _, found) = apply_with_values(setting, plan, means).await;
    (applied, found)
}

/// [`apply`], with everything that was evaluated in the end.
pub async fn apply_with_values<'c>(
    setting: Setting<'c>,
    plan: &'c Plan,
    means: Means<'c>,
) -> (Applied, Evaluation<'c>, Diagnostics) {
    let (applied, evaluation, mut found) = run::Runner::new(setting, plan, means).run().await;
    if !plan.options.targets.is_empty() || !plan.options.excludes.is_empty() {
        found.push(incomplete());
    }
    (applied, evaluation, found)
}

/// What follows a plan of a part of the configuration.
fn incomplete() -> Diagnostic {
    let detail = "The plan was created with the -target or -exclude option in effect, so some changes requested in the \
                  configuration may have been ignored and the output values may not be fully updated. Run \"bowline \
                  plan\" to see whether other changes are pending.\n\nThese options are not for routine use, and are \
                  provided only for exceptional situations such as recovering from errors or mistakes.";
    Diagnostic::warning("Applied changes may be incomplete", detail)
}
