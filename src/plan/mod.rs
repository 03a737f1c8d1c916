//! Decide: what to do so that the world becomes what the configuration says.
//!
//! Planning is handed the [`Read`](crate::provider::Read) half of each provider and nothing that writes. Once the
//! reads are in it is deterministic: the same inputs give the same [`Plan`]. The plan is complete, so that whoever
//! carries it out makes no choice, and whoever reads it needs no configuration.
//!
//! One value goes by these names on its way: **Configured** (evaluated from the configuration), **Recorded**
//! (what was written last time), **Observed** (what the service says now), **Desired** (Configured laid over
//! Observed, and what the provider makes of it). Drift is Recorded against Observed, a change Observed against
//! Desired.

mod asking;
mod conditions;
mod data;
mod drift;
pub mod evaluation;
pub mod expand;
mod ignored;
mod imports;
mod inspect;
pub mod instance;
pub mod marks;
mod model;
mod moved;
mod names;
mod orphans;
pub mod outputs;
mod preflight;
pub mod propose;
pub mod provisioners;
mod reading;
pub mod recorded;
mod recovery;
mod rehearsal;
mod relevant;
pub mod saved;
mod selection;
mod sessions;
pub mod stage;
mod strangers;
mod trace;
mod triggers;
mod validate;
pub mod verify;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::{Address, ConfigAddress, ModulePath};
use crate::config::Variable;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::functions::FunctionContext;
use crate::eval::variables::{self, Given};
use crate::graph::{ConfigGraph, ConfigNode};
use crate::provider::Directory;
use crate::state::{ObjectAddress, State, Unfinished};
use crate::value::Value;

pub use conditions::Conditions;
pub use ignored::{Ignored, not_ignored, without_ignored};
pub use inspect::{Inspection, inspect, inspect_planned};
pub use orphans::removed_block;

pub use model::{
    Action, Base, CheckKind, CheckResult, CheckStatus, InstanceChange, Mode, Options, OutputChange, Plan, Reason,
    Target,
};
pub use relevant::{Relevant, relevant_attributes};
pub use selection::Selection;
pub use stage::Setting;
pub use strangers::Stranger;
pub use trace::{Foreseen, foresee, trace};
pub use validate::validate;

use evaluation::Evaluation;
use stage::Stage;
use walk::Planner;

/// What is told while a plan is made.
pub enum Event<'a> {
    /// So many recorded objects are about to be read.
    Refreshing {
        /// How many.
        objects: usize,
    },
    /// One of them is being read.
    Reading {
        /// Which.
        object: &'a ObjectAddress,
        /// Its id as recorded.
        id: Option<&'a str>,
    },
    /// One of them has been read.
    Refreshed {
        /// Which.
        object: &'a ObjectAddress,
        /// Its id as observed; `None` when it is gone.
        id: Option<&'a str>,
    },
    /// A data source is being read.
    Asking {
        /// Which.
        address: &'a Address,
    },
    /// A data source has been read.
    Answered {
        /// Which.
        address: &'a Address,
        /// The id that it gave; `None` also when it could not be read.
        id: Option<&'a str>,
        /// It could be read.
        sound: bool,
    },
    /// An instance has been decided.
    Planned {
        /// What will happen to it.
        change: &'a InstanceChange,
    },
}

/// Where a plan starts from.
pub struct Start<'c> {
    /// What is recorded.
    pub state: State,
    /// The root module's variables as given.
    pub variables: BTreeMap<Arc<str>, Given>,
    /// What functions need to know.
    pub functions: FunctionContext<'c>,
    /// Now, in RFC 3339.
    pub timestamp: String,
    /// Writes of an interrupted run of which the end is not known.
    pub unfinished: Vec<Unfinished>,
    /// Identifies the journal that told of them; empty without one.
    pub journal: String,
}

/// Makes a plan. With an error the plan holds what could be planned all the same.
pub async fn plan<'c>(
    setting: Setting<'c>,
    start: Start<'c>,
    options: &'c Options,
    events: &'c (dyn Fn(Event<'_>) + Sync),
) -> (Plan, Diagnostics) {
    let (plan, _, found) = plan_with_values(setting, start, options, events).await;
    (plan, found)
}

/// [`plan`], with everything that was evaluated for it.
pub async fn plan_with_values<'c>(
    setting: Setting<'c>,
    start: Start<'c>,
    options: &'c Options,
    events: &'c (dyn Fn(Event<'_>) + Sync),
) -> (Plan, Evaluation<'c>, Diagnostics) {
    let Start { state, variables, functions, timestamp, mut unfinished, journal } = start;
    let base = Base { serial: state.serial, lineage: state.lineage.clone(), journal };
    let mut prior = state;
    let (renames, problems) = moved::apply(setting.configuration, &mut prior, &mut unfinished);
    let mut stage = Stage::new(setting, functions, variables, false);
    stage.found.extend(problems);
    stage.conditions.foresee(setting.configuration);
    orphans::still_declared(setting.configuration, &mut stage.found);
    if options.mode == Mode::Normal {
        imports::refuse_homeless(setting.configuration, &mut stage.found);
    }
    let selection = Selection::new(setting.graph, options).with_dependents(&prior, options.mode);
    if selection.is_partial() && options.imports.is_empty() {
        stage.found.push(partial_warning(&left_out(setting.graph, &selection, &prior, options.mode)));
        stage.found.extend(selection.refuse_moves(&renames));
    }
    stage.found.extend(orphans::refuse_strange(setting.registry, &prior, &selection));
    let sound = !stage.found.has_errors();
    let mut planner = Planner::new(stage, options, prior, renames, selection, unfinished, events);
    if sound {
        planner.run().await;
        planner.tell_what_stays_open();
        planner.check_requested();
        if options.mode != Mode::RefreshOnly {
            planner.orphans();
        }
        if options.mode == Mode::Normal {
            planner.confirm().await;
        }
    }
    if options.preflight && !planner.stage.found.has_errors() {
        planner.preflight().await;
    }
    let (mut plan, evaluation, mut found) = planner.into_plan(base, timestamp);
    found.extend(let_go(&plan));
    if let Some(first) = (!plan.errored).then(|| verify::verify(&plan)).and_then(|faults| faults.into_iter().next()) {
        plan.errored = true;
        found.push(contradictory(&first));
    }
    (plan, evaluation, found)
}

/// A plan that must not be: a fault of this program, which is told before it can do harm.
fn contradictory(fault: &str) -> Diagnostic {
    Diagnostic::error(
        "Plan contradicts itself",
        format!(
            "This is a fault of Bowline, not of your configuration: {fault}. Nothing was changed; please report it."
        ),
    )
}

/// What stays as it is and is nobody's any more.
fn let_go(plan: &Plan) -> Option<Diagnostic> {
    let names: Vec<String> = plan
        .changes
        .iter()
        .filter(|change| change.action == Action::Forget)
        .map(|change| {
            format!(" - {}", ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() })
        })
        .collect();
    let detail = format!(
        "If you apply this plan, Bowline will discard its tracking information for the following objects, but it will not \
         delete them:\n{}\n\nAfter applying this plan, Bowline will no longer manage these objects. You will need to \
         import them into Bowline to manage them again.",
        names.join("\n")
    );
    (!names.is_empty()).then(|| Diagnostic::warning("Some objects will no longer be managed by Bowline", detail))
}

fn partial_warning(left_out: &BTreeSet<String>) -> Diagnostic {
    const NAMED: usize = 20;
    let mut detail = "You are creating a plan with the -target or -exclude option, which means that the result of this \
                      plan may not represent all of the changes requested by the current configuration.\n\nThese options \
                      are not for routine use, and are provided only for exceptional situations such as recovering from \
                      errors or mistakes."
        .to_owned();
    if !left_out.is_empty() {
        let names: Vec<&str> = left_out.iter().take(NAMED).map(String::as_str).collect();
        let more = left_out.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        detail += &format!("\n\nLeft out: {}{more}.", names.join(", "));
    }
    Diagnostic::warning("Resource targeting is in effect", detail)
}

/// What takes no part in a run: of what is written, whole modules by their name; of what is to be destroyed, what is
/// recorded.
fn left_out(graph: &ConfigGraph, selection: &Selection, prior: &State, mode: Mode) -> BTreeSet<String> {
    if mode == Mode::Destroy {
        let outside = prior.objects().filter(|(object, ..)| !selection.has_instance(&object.address));
        return outside.map(|(object, ..)| object.to_string()).collect();
    }
    let written = graph.dag.nodes().filter_map(|(id, node)| match node {
        ConfigNode::Resource(address) => Some((id, address)),
        _ => None,
    });
    let (inside, outside): (Vec<_>, Vec<_>) = written.partition(|(id, _)| selection.has_node(*id));
    let busy: BTreeSet<&ModulePath> = inside.iter().map(|(_, address)| &address.module).collect();
    let name = |(_, address): (_, &ConfigAddress)| {
        let whole = !address.module.is_root() && !busy.contains(&address.module);
        if whole { address.module.to_string() } else { address.to_string() }
    };
    outside.into_iter().map(name).collect()
}

impl<'c> Planner<'c> {
    /// Warns of what `-replace` names and nothing has.
    fn check_requested(&mut self) {
        let missing: Vec<&Address> = self
            .options
            .replace
            .iter()
            .filter(|a| !self.changes.contains_key(&ObjectAddress::from((*a).clone())))
            .collect();
        for address in missing {
            self.stage.found.push(Diagnostic::warning(
                "Incompletely-matched force-replace resource instance",
                format!("The -replace option names {address}, which this plan does not have."),
            ));
        }
    }

    fn into_plan(self, base: Base, timestamp: String) -> (Plan, Evaluation<'c>, Diagnostics) {
        let outputs = self.outputs();
        let drift = self.drift(&outputs);
        let strangers = self.strangers();
        let implied_order = self.implied_order();
        let variables = self.root_variables();
        let decided = if self.options.mode == Mode::RefreshOnly { BTreeMap::new() } else { self.changes };
        let changes = decided.into_values().map(|change| *change).collect();
        let plan = Plan {
            changes,
            drift,
            strangers,
            outputs,
            checks: self.stage.conditions.into_results(),
            prior: self.prior,
            settled: self.settled,
            base,
            variables,
            options: self.options.clone(),
            timestamp,
            implied_order,
            directory: Directory::default(),
            errored: self.stage.found.has_errors(),
        };
        (plan, self.stage.evaluation, self.stage.found)
    }

    /// The root module's variables: as given, not converted, or by default. What is ephemeral is in no plan.
    fn root_variables(&self) -> BTreeMap<Arc<str>, Value> {
        let functions = self.stage.evaluation.functions();
        let value = |variable: &Variable| match self.stage.given.get(&variable.name) {
            Some(given) => Some(given.value.clone()),
            None => variables::prepare(variable, functions).0.default,
        };
        let declared = self.stage.configuration.root.variables.values().filter(|variable| !variable.ephemeral);
        declared.filter_map(|variable| Some((variable.name.clone(), value(variable)?))).collect()
    }
}
