//! `bowline drift`: what changed outside since it was recorded, and who did it. Reads only, locks nothing: a reader's
//! credentials are enough.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::Exit;
use super::authors::name_authors;
use super::flags::{OutputFlags, StateFlags, VariableFlags};
use super::interrupts::Interrupts;
use super::invocation::{Invocation, runtime};
use super::loading::{self, Loaded, SimulateFlags};
use super::planning::make;
use super::stored;
use super::variables::Missing;
use crate::diagnostic::Diagnostics;
use crate::plan::{self, Ignored, InstanceChange, Mode, Options, Stranger};
use crate::report::drift_text;
use crate::report::progress::Progress;
use crate::state::State;

/// Tell what changed outside, and who did it
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bowline drift\n  bowline drift -json\n  bowline drift -activity=false\n\nExits with 0 without drift, with 2 when there is some, with 1 when it \
                  failed. Drift that is of no interest is left out by blocks in bowline.hcl:\n  drift \"module.cluster.*\" {\n    attributes = [\"tags\"]\n    reason     = \"our \
                  policy sets them\"\n  }"
)]
pub struct Arguments {
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
    /// Ask Azure's activity log who did it
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true",
          default_missing_value = "true", value_parser = super::flags::parse_bool, action = clap::ArgAction::Set)]
    activity: bool,
    /// Read the state from this file
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
    /// How many reads go on at once
    #[arg(long, value_name = "N", default_value_t = 10)]
    parallelism: usize,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    simulate: SimulateFlags,
}

/// Runs the command.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let _ = arguments.output;
    let mut loaded = loading::load(invocation, Some((&arguments.variables, Missing::Refuse)))?;
    loaded.refuse_invalid(invocation)?;
    let state = StateFlags::reading(arguments.state.as_ref());
    let block = loaded.configuration.root.backend.as_ref();
    let recorded = stored::of_run(block, arguments.simulate.simulate.is_some(), &state, invocation)?.load()?;
    let options = Options { mode: Mode::RefreshOnly, parallelism: arguments.parallelism.max(1), ..Options::default() };
    let state = recorded.state.clone();
    let (differs, found, unreadable) = runtime()?.block_on(async {
        let interrupts = Interrupts::listen();
        let azure = loaded.simulate(&arguments.simulate).await?;
        // Lines about each read are for whoever waits for a plan.
        let progress = Arc::new(Progress::silent());
        let planning = make(&loaded, invocation, recorded, &options, &progress);
        let (plan, found) = interrupts.unless_stopped(planning).await?;
        let (mut drift, ignored) = plan::without_ignored(plan.drift, &loaded.configuration.preferences);
        let strangers = plan::not_ignored(plan.strangers, &loaded.configuration.preferences);
        let unreadable = if arguments.activity && !drift.is_empty() {
            name_authors(&mut drift, &loaded, invocation, &state).await
        } else {
            None
        };
        if let Some(azure) = azure {
            azure.shutdown().await;
        }
        Ok::<_, Diagnostics>((Differs { drift, ignored, strangers }, found, unreadable))
    })?;
    let failed = found.has_errors();
    show(arguments, invocation, &loaded, &state, &differs, unreadable);
    invocation.report(found);
    Ok(match (failed, differs.drift.is_empty() && differs.strangers.is_empty()) {
        (true, _) => Exit::Failure,
        (_, true) => Exit::Success,
        (_, false) => Exit::Changes,
    })
}

/// What there is otherwise than recorded.
struct Differs {
    drift: Vec<InstanceChange>,
    ignored: Vec<Ignored>,
    strangers: Vec<Stranger>,
}

fn show(
    arguments: &Arguments,
    invocation: &Invocation,
    loaded: &Loaded,
    state: &State,
    Differs { drift, ignored, strangers }: &Differs,
    unreadable: Option<String>,
) {
    if arguments.json {
        invocation.print_line(&drift_text::json(drift, ignored, strangers).to_string());
        return;
    }
    let looked_at = state.objects().count();
    invocation.print(&drift_text::text(drift, ignored, strangers, looked_at, &loaded.registry, &invocation.out));
    if let Some(why) = unreadable {
        invocation.print_line(&format!("\nWho did it is not known: the activity log cannot be read ({why})."));
    }
}
