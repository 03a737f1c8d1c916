//! The flags of commands that plan, and making the plan.

use std::sync::Arc;

use clap::Args;

use super::authors::name_authors;
use super::directory;
use super::flags::{LockFlags, OutputFlags, VariableFlags};
use super::invocation::Invocation;
use super::loading::{Loaded, SimulateFlags};
use crate::address::{Address, ResourceMode};
use crate::checks;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::functions::FunctionContext;
use crate::plan::evaluation::Evaluation;
use crate::plan::{self, Mode, Options, Plan, Start, Target};
use crate::report::plan_text::Detail;
use crate::report::progress::Progress;
use crate::state::Loaded as Recorded;

/// What can be asked of a plan.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools)] // Terraform's flags, independent of one another.
pub struct PlanFlags {
    /// Plan to remove everything recorded
    #[arg(long)]
    pub destroy: bool,
    /// Read what is recorded anew before planning
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true",
          default_missing_value = "true", value_parser = super::flags::parse_bool, action = clap::ArgAction::Set)]
    pub refresh: bool,
    /// Only take in what changed outside
    #[arg(long)]
    pub refresh_only: bool,
    /// Only this resource, instance or module, and what it needs; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<String>,
    /// Not this resource, instance or module, nor what needs it; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub exclude: Vec<String>,
    /// Replace this instance; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub replace: Vec<String>,
    /// How many reads or writes go on at once
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub parallelism: usize,
    /// Ask Azure beforehand whether it would take the changes: permissions, policies, quotas, names
    #[arg(long)]
    pub preflight: bool,
    /// Ask for variables that are not set
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true",
          default_missing_value = "true", value_parser = super::flags::parse_bool, action = clap::ArgAction::Set)]
    pub input: bool,
    /// What becomes of what the checks find: nothing, warnings, warnings also of notes, or errors
    #[arg(long, value_name = "MODE", value_enum, default_value_t = checks::Mode::Warn)]
    pub checks: checks::Mode,
    /// A line for each change, by module and workload
    #[arg(long, conflicts_with = "verbose")]
    pub concise: bool,
    /// Everything of each change, also what stays as it is
    #[arg(long)]
    pub verbose: bool,
    /// Show warnings as one list
    #[arg(long)]
    pub compact_warnings: bool,
    /// Print JSON lines for tools
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub variables: VariableFlags,
    #[command(flatten)]
    pub lock: LockFlags,
    #[command(flatten)]
    pub output: OutputFlags,
    #[command(flatten)]
    pub simulate: SimulateFlags,
}

impl PlanFlags {
    /// How much of each change is told.
    pub fn detail(&self) -> Detail {
        match (self.concise, self.verbose) {
            (true, _) => Detail::Concise,
            (_, true) => Detail::Verbose,
            _ => Detail::Usual,
        }
    }

    /// The options of the plan; every flag that is wrong is told.
    pub fn options(&self) -> Result<Options, Diagnostics> {
        let mut found = Diagnostics::new();
        let mode = match (self.destroy, self.refresh_only) {
            (true, true) => {
                let detail = "-destroy and -refresh-only cannot be used together.";
                found.push(Diagnostic::error("Incompatible plan mode options", detail));
                Mode::Destroy
            }
            (true, false) => Mode::Destroy,
            (false, true) => Mode::RefreshOnly,
            (false, false) => Mode::Normal,
        };
        if self.refresh_only && !self.refresh {
            let detail = "-refresh-only does nothing but refresh, so it cannot be used with -refresh=false.";
            found.push(Diagnostic::error("Incompatible refresh options", detail));
        }
        let mut targets = |texts: &[String], what: &str| {
            let parse = |text: &String| {
                let target = Target::parse(text);
                if target.is_none() {
                    found.push(Diagnostic::error(
                        format!("Invalid {what} {text:?}"),
                        "It must be the address of a resource, an instance or a module: azurerm_subnet.a, \
                         azurerm_subnet.a[\"x\"], module.m.",
                    ));
                }
                target
            };
            texts.iter().filter_map(parse).collect::<Vec<_>>()
        };
        let (targets, excludes) = (targets(&self.target, "target"), targets(&self.exclude, "exclude"));
        let mut replace = Vec::new();
        for text in &self.replace {
            match Address::parse(text) {
                Some(address) if address.resource.mode == ResourceMode::Managed => replace.push(address),
                _ => found.push(Diagnostic::error(
                    format!("Invalid force-replace address {text:?}"),
                    "It must be the address of one instance: azurerm_subnet.a or azurerm_subnet.a[\"x\"].",
                )),
            }
        }
        if !replace.is_empty() && mode != Mode::Normal {
            let detail = "-replace says what to make anew, and this plan makes nothing.";
            found.push(Diagnostic::error("Unsupported plan mode", detail));
        }
        if found.has_errors() {
            return Err(found);
        }
        Ok(Options {
            mode,
            refresh: self.refresh,
            targets,
            excludes,
            replace,
            imports: Vec::new(),
            parallelism: self.parallelism.max(1),
            preflight: self.preflight,
        })
    }
}

/// Makes a plan of what is loaded and recorded, and shows how it goes on.
pub async fn make(
    loaded: &Loaded,
    invocation: &Invocation,
    recorded: Recorded,
    options: &Options,
    progress: &Arc<Progress>,
) -> (Plan, Diagnostics) {
    progress.hear(&loaded.surroundings.holdups);
    let result = make_telling(loaded, invocation, recorded, options, &|event| progress.planning(&event)).await;
    progress.planned();
    result
}

/// What everything comes to in a plan, without the plan.
pub async fn evaluate<'c>(
    loaded: &'c Loaded,
    invocation: &'c Invocation,
    recorded: Recorded,
    options: &'c Options,
    functions: FunctionContext<'c>,
) -> (Evaluation<'c>, Diagnostics) {
    fn silence(_: plan::Event<'_>) {}
    let unfinished = recorded.unfinished().to_vec();
    let start = Start {
        state: recorded.state,
        variables: loaded.variables.clone(),
        functions,
        timestamp: String::new(),
        unfinished,
        journal: recorded.journal,
    };
    let (_, evaluation, found) = plan::plan_with_values(loaded.setting(invocation), start, options, &silence).await;
    (evaluation, found)
}

/// The same, telling somebody else how it goes.
pub async fn make_telling(
    loaded: &Loaded,
    invocation: &Invocation,
    recorded: Recorded,
    options: &Options,
    events: &(dyn Fn(plan::Event<'_>) + Sync),
) -> (Plan, Diagnostics) {
    let now = jiff::Timestamp::now();
    let functions = loaded.functions(Some(now));
    let unfinished = recorded.unfinished().to_vec();
    let before = recorded.state.clone();
    let start = Start {
        state: recorded.state,
        variables: loaded.variables.clone(),
        functions: functions.context(),
        timestamp: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        unfinished,
        journal: recorded.journal,
    };
    let (mut plan, evaluation, found) =
        plan::plan_with_values(loaded.setting(invocation), start, options, events).await;
    // The process ends soon. To free every value first, one by one, takes a twenty-fifth of a whole run.
    std::mem::forget(evaluation);
    if options.mode == Mode::Normal && !plan.drift.is_empty() {
        let (drift, _) = plan::without_ignored(std::mem::take(&mut plan.drift), &loaded.configuration.preferences);
        plan.drift = drift;
        // A plan is as good without the log; "bowline drift" says why it cannot be read.
        let _ = name_authors(&mut plan.drift, loaded, invocation, &before).await;
    }
    if options.mode != Mode::RefreshOnly && options.refresh && !plan.errored {
        plan.directory = directory::look_up(&plan, loaded, invocation, &before).await;
    }
    (plan, found)
}
