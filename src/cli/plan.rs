//! `bowline plan`: what would change, and why. Changes nothing.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::Exit;
use super::flags::StateFlags;
use super::interrupts::Interrupts;
use super::invocation::{Invocation, runtime};
use super::meaning::Meaning;
use super::planning::{PlanFlags, make};
use super::variables::Missing;
use super::{adopt, loading, saving, stored};
use crate::checks;
use crate::diagnostic::Diagnostics;
use crate::report::progress::Progress;

/// Show what would change, and why
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bowline plan\n  bowline plan -out=plan.out -var-file=prod.tfvars\n  bowline plan -checks=error -sarif=findings.sarif\n  bowline plan -concise -report=plan.html\n  bowline plan --simulate"
)]
pub struct Arguments {
    #[command(flatten)]
    flags: PlanFlags,
    /// Save the plan to this file, for "apply" and "show"
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write what the checks find to this file, in SARIF
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    /// Write a report for people who were not there to this file: one page of HTML
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write resource blocks for what import blocks take over and nothing describes yet to this new file
    #[arg(long, value_name = "FILE")]
    generate_config_out: Option<PathBuf>,
    /// Exit with 2 when there are changes
    #[arg(long)]
    detailed_exitcode: bool,
    /// Read the state from this file
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let flags = &arguments.flags;
    invocation.json = flags.json;
    invocation.compact_warnings = flags.compact_warnings;
    let progress = Arc::new(Progress::new(invocation.out, invocation.json));
    let options = flags.options()?;
    let may_ask = invocation.may_ask(flags.input);
    let mut loaded = loading::load(invocation, Some((&flags.variables, Missing::of(may_ask))))?;
    let state = StateFlags::of_file(arguments.state.as_ref(), &flags.lock);
    let block = loaded.configuration.root.backend.as_ref();
    let store = stored::of_run(block, flags.simulate.simulate.is_some(), &state, invocation)?;
    let lock = stored::lock(&store, &flags.lock, "OperationTypePlan", invocation)?;
    let recorded = loaded.recorded(&store, invocation)?;
    if let Some(out) = &arguments.generate_config_out {
        let written = runtime()?.block_on(async {
            let azure = loaded.simulate(&flags.simulate).await?;
            let written = adopt::write_missing(out, &loaded, invocation, &recorded.state).await;
            if let Some(azure) = azure {
                azure.shutdown().await;
            }
            written
        })?;
        if written {
            loaded = loading::load(invocation, Some((&flags.variables, Missing::of(may_ask))))?;
            loaded.refuse_invalid(invocation)?;
        }
    }
    let before = arguments.out.is_some().then(|| recorded.state.clone());
    let (mut plan, mut found) = runtime()?.block_on(async {
        let interrupts = Interrupts::listen();
        let azure = loaded.simulate(&flags.simulate).await?;
        let planning = make(&loaded, invocation, recorded, &options, &progress);
        let result = interrupts.unless_stopped(planning).await?;
        if let Some(azure) = azure {
            azure.shutdown().await;
        }
        Ok::<_, Diagnostics>(result)
    })?;
    lock.release()?;
    let meaning = Meaning::of(&plan, &loaded, invocation);
    found.extend(checks::diagnostics(&meaning.findings, flags.checks));
    meaning.show(&plan, &loaded, flags.detail(), &progress);
    if let Some(path) = &arguments.sarif {
        saving::sarif(path, &meaning.findings, invocation)?;
    }
    if let Some(path) = &arguments.report {
        saving::text(path, &meaning.report(&plan, &loaded, invocation))?;
    }
    // A plan that the checks refuse is whole, and must not be applied all the same.
    plan.errored |= found.has_errors();
    invocation.report(found);
    // What could be planned before an error can be shown too; it cannot be applied.
    if let Some((out, before)) = arguments.out.as_ref().zip(before) {
        saving::save(out, &plan, &before, &loaded, invocation)?;
    }
    if plan.errored {
        return Ok(Exit::Failure);
    }
    if !flags.json && plan.has_changes() {
        invocation.print(&next_step(arguments.out.as_ref(), invocation));
    }
    let exit = if arguments.detailed_exitcode && plan.has_changes() { Exit::Changes } else { Exit::Success };
    // The process ends here. To free every value first, one by one, takes a twentieth of the whole run.
    std::mem::forget((plan, loaded));
    Ok(exit)
}

/// What to do with a plan that has changes.
fn next_step(out: Option<&PathBuf>, invocation: &Invocation) -> String {
    use crate::report::plan_text::{prose, rule};
    let style = &invocation.out;
    let text = match out {
        Some(path) => {
            let path = path.display();
            format!(
                "\nSaved the plan to: {path}\n\nTo perform exactly these actions, run the following command to apply:\n    \
                 bowline apply \"{path}\"\n"
            )
        }
        None => prose(
            style,
            &[
                "Note: You didn't use the -out option to save this plan, so Bowline can't guarantee to take exactly these \
               actions if you run \"bowline apply\" now.",
            ],
        ),
    };
    rule(style) + &text
}
