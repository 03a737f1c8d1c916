//! `bowline show`

use std::path::{Path, PathBuf};

use super::Exit;
use super::flags::OutputFlags;
use super::invocation::Invocation;
use super::meaning::{self, Meaning};
use super::{loading, saving, stored};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::saved::{self, SavedPlan};
use crate::report::plan_text::Detail;
use crate::report::{access_text, plan_json, plan_text, state_json, state_text};
use crate::span::SourceMap;
use crate::state::State;
use crate::state::encryption::Envelope;

/// Show the recorded state, a state file or a saved plan
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  bowline show\n  bowline show plan.out\n  bowline show -json plan.out\n  bowline show -report=plan.html plan.out"
)]
pub struct Arguments {
    /// As JSON
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = super::flags::parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    json: bool,
    /// Write a report on a saved plan to this file instead: one page of HTML
    #[arg(long, value_name = "FILE", requires = "path")]
    report: Option<PathBuf>,
    /// A line for each change of a plan, by module and workload
    #[arg(long, conflicts_with = "verbose")]
    concise: bool,
    /// Everything of each change of a plan, also what stays as it is
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    output: OutputFlags,
    /// A saved plan or a state file; without it, the recorded state
    path: Option<PathBuf>,
}

/// Shows it.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    match &arguments.path {
        None => {
            let state = stored::store(invocation, None)?.load()?.state;
            show_state(&state, arguments.json, invocation);
        }
        Some(path) => {
            let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error.to_string()))?;
            let name = path.display().to_string();
            let encryption = invocation.encryption()?.encryption.clone();
            if bytes.starts_with(GZIP) || Envelope::parse(&bytes).is_some_and(|envelope| !envelope.is_of_state()) {
                let plan = encryption.plan.decrypt(&bytes, &name)?;
                show_plan(&saved::read(&plan.bytes, &name)?, arguments, invocation)?;
            } else if arguments.report.is_some() {
                return Err(Diagnostic::error(
                    "No saved plan",
                    format!("{name} is a state. A report is about a plan: make one with \"bowline plan -out\"."),
                )
                .into());
            } else {
                show_state(&encryption.read_given(&bytes, &name)?, arguments.json, invocation);
            }
        }
    }
    Ok(Exit::Success)
}

/// How compressed files begin: saved plans are, states are not.
const GZIP: &[u8] = &[0x1f, 0x8b];

fn show_plan(saved: &SavedPlan, arguments: &Arguments, invocation: &mut Invocation) -> Result<(), Diagnostics> {
    if let Some(path) = &arguments.report {
        return Ok(saving::text(path, &meaning::report_saved(saved, invocation)?)?);
    }
    let registry = loading::registry();
    let Meaning { access, after, .. } = meaning::of_saved(saved, invocation)?;
    if !arguments.json {
        let detail = match (arguments.concise, arguments.verbose) {
            (true, _) => Detail::Concise,
            (_, true) => Detail::Verbose,
            _ => Detail::Usual,
        };
        let workloads = after.workloads();
        invocation.print(&plan_text::plan(&saved.plan, &registry, &workloads, detail, &invocation.out));
        invocation.print(&access_text::changes(&access, detail, &invocation.out));
        return Ok(());
    }
    let unpacked = saving::unpack(saved)?;
    // It was sound when the plan was made from it.
    let (configuration, _) = loading::read_saved(&unpacked.root, &mut SourceMap::default(), &saved.plan);
    invocation.print_line(&plan_json::plan(&saved.plan, &registry, Some(&configuration), &access).to_string());
    Ok(())
}

fn show_state(state: &State, json: bool, invocation: &Invocation) {
    let registry = loading::registry();
    match (json, state.is_empty()) {
        (true, true) => invocation.print_line(&state_json::nothing().to_string()),
        (true, false) => invocation.print_line(&state_json::state(state, &registry).to_string()),
        (false, true) => invocation.print_line("The state file is empty. No resources are represented."),
        (false, false) => invocation.print(&state_text::state(state, &registry, &invocation.out)),
    }
}

fn unreadable(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error(
        "Failed to read the given file as a state or plan file",
        format!("{} cannot be read: {why}.", path.display()),
    )
}
