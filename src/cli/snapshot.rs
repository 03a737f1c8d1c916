//! `bowline snapshot`: the plan of a stack from nothing, as a text that is kept beside it and reviewed with it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Exit;
use super::flags::{OutputFlags, VariableFlag, VariableFlags};
use super::invocation::{Invocation, runtime};
use super::loading::{self, SimulateFlags};
use super::meaning::Meaning;
use super::planning::make_telling;
use super::snapshots::{FOLDER, Snapshots, fixed};
use super::variables::Missing;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Options, Plan};
use crate::provider::Registry;
use crate::report::snapshot;
use crate::report::style::Paint;
use crate::simulator;
use crate::state::{Loaded as Recorded, State};

/// Hold the plans of stacks against the snapshots that are kept beside them
///
/// Each folder is planned as if nothing existed yet, on an empty embedded Azure, once for each variable file in it that is
/// not read by itself (dev.tfvars, prod.tfvars), or once if there is none. The plans lie in __snapshots__ of the folder.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bowline snapshot\n  bowline snapshot stacks/payments stacks/network\n  bowline snapshot -accept stacks/payments"
)]
pub struct Arguments {
    /// The stacks' folders; without one, the present one
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Take plans that moved as the snapshots from now on
    #[arg(long)]
    accept: bool,
    /// Plan against the real Azure
    #[arg(long, conflicts_with = "simulate")]
    live: bool,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    simulate: SimulateFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// Runs the command.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let _ = arguments.output.no_color;
    let here = vec![PathBuf::from(".")];
    let folders = if arguments.folders.is_empty() { &here } else { &arguments.folders };
    let start = std::env::current_dir().map_err(|error| {
        Diagnostic::error("Folder not found", format!("The present folder cannot be told: {error}."))
    })?;
    let (mut same, mut other) = (0, 0);
    for folder in folders {
        invocation.change_folder(&start.join(folder))?;
        for (name, good) in stack(folder, arguments, invocation)? {
            let word = if good {
                invocation.out.paint(Paint::Green, if arguments.accept { "accepted" } else { "as it was" })
            } else {
                invocation.out.paint(Paint::Red, "differs")
            };
            invocation.print_line(&format!("{name}... {word}"));
            if good { same += 1 } else { other += 1 }
        }
        invocation.change_folder(&start)?;
    }
    let word = if other == 0 {
        invocation.out.paint(Paint::Green, "Success!")
    } else {
        invocation.out.paint(Paint::Red, "Failure!")
    };
    let kept = if arguments.accept { "accepted" } else { "as they were" };
    invocation.print_line(&format!("\n{word} {same} {kept}, {other} that differ."));
    Ok(if other == 0 { Exit::Success } else { Exit::Failure })
}

/// The snapshots of the stack in the present folder, which the user calls `folder`: name, and whether all is well.
fn stack(
    folder: &Path,
    arguments: &Arguments,
    invocation: &mut Invocation,
) -> Result<Vec<(String, bool)>, Diagnostics> {
    let snapshots = Snapshots::new(arguments.accept);
    let mut results = Vec::new();
    for (name, flags) in variants(&arguments.variables) {
        let path = Path::new(FOLDER).join(format!("{name}.plan"));
        let shown = folder.join(&path);
        let text = text_of(&flags, arguments, invocation)?;
        let compared = text.and_then(|text| snapshots.compare(&path, &text).map_err(Diagnostics::from));
        let good = compared.is_ok();
        results.push((shown.display().to_string(), good));
        if let Err(problems) = compared {
            invocation.report(problems);
        }
    }
    // With variables of the command line others are looked at another time.
    if arguments.variables.0.is_empty() {
        invocation.report(snapshots.orphans(&[PathBuf::from(FOLDER)], false));
    }
    Ok(results)
}

/// Each variable file that is not read by itself, with its name; one nameless plan when there is none, or when the
/// command line gives variables.
fn variants(flags: &VariableFlags) -> Vec<(String, VariableFlags)> {
    let stem = |name: &str| name.split(".tfvars").next().unwrap_or(name).to_owned();
    if !flags.0.is_empty() {
        let last = flags.0.iter().rev().find_map(|flag| match flag {
            VariableFlag::File(path) => path.file_name().map(|name| stem(&name.to_string_lossy())),
            VariableFlag::Value(_) => None,
        });
        return vec![(last.unwrap_or_else(|| "plan".into()), flags.clone())];
    }
    let is_chosen = |name: &String| {
        (name.ends_with(".tfvars") || name.ends_with(".tfvars.json"))
            && !name.contains(".auto.tfvars")
            && !name.starts_with("terraform.tfvars")
            && !name.starts_with('.')
    };
    let entries = std::fs::read_dir(".").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(is_chosen).collect();
    names.sort();
    if names.is_empty() {
        return vec![("plan".into(), VariableFlags::default())];
    }
    names.into_iter().map(|name| (stem(&name), VariableFlags(vec![VariableFlag::File(name.into())]))).collect()
}

/// The plan from nothing as a text, or what went wrong.
fn text_of(
    flags: &VariableFlags,
    arguments: &Arguments,
    invocation: &mut Invocation,
) -> Result<Result<String, Diagnostics>, Diagnostics> {
    let mut loaded = match loading::load(invocation, Some((flags, Missing::Refuse))) {
        Ok(loaded) => loaded,
        Err(problems) => return Ok(Err(problems)),
    };
    if let Err(problems) = loaded.refuse_invalid(invocation) {
        return Ok(Err(problems));
    }
    let recorded = Recorded { state: State::begun(), replayed: None, journal: String::new() };
    let options = Options::default();
    let (plan, found) = runtime()?.block_on(async {
        let azure = if arguments.live || arguments.simulate.simulate.is_some() {
            loaded.simulate(&arguments.simulate).await?
        } else {
            let running = simulator::start(simulator::Options::default())
                .await
                .map_err(|error| Diagnostic::error("Embedded Azure cannot be started", format!("{error}.")))?;
            loaded.surroundings.simulator = Some(running.url());
            Some(running)
        };
        let made = make_telling(&loaded, invocation, recorded, &options, &|_| {}).await;
        if let Some(azure) = azure {
            azure.shutdown().await;
        }
        Ok::<_, Diagnostics>(made)
    })?;
    if found.has_errors() {
        return Ok(Err(found));
    }
    invocation.report(found);
    let meaning = Meaning::of(&plan, &loaded, invocation);
    Ok(Ok(written(&plan, &loaded.registry, &meaning, invocation)))
}

fn written(plan: &Plan, registry: &Registry, meaning: &Meaning, invocation: &Invocation) -> String {
    snapshot::text(plan, registry, &meaning.access, &|found| fixed(found, &invocation.sources))
}
