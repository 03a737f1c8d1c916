//! `bowline adopt`: what exists becomes a stack. Reads a resource group, a subscription or a state, and writes the blocks
//! that describe it with `import` blocks beside them; the plan that follows takes everything over and changes nothing.

mod gather;
mod labels;
mod narrow;
mod targets;
mod text;
mod workloads;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Exit;
use super::flags::OutputFlags;
use super::invocation::{Invocation, runtime};
use super::loading::{self, SimulateFlags};
use crate::address::ProviderAddress;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::Recorded;
use crate::value::Value;
use gather::Gatherer;
use labels::Names;
pub use targets::write_missing;
use text::{Output, write};

/// Write the configuration of what exists, to be taken over
///
/// Reads everything in a resource group or a subscription, or what a state records, and writes resource and import
/// blocks for it into the present folder. Plan and apply then take it over without changing anything.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  bowline adopt -resource-group=rg-payments-prod\n  bowline adopt -resource-group=rg-payments-prod -modules --simulate\n  bowline adopt -from-state=old.tfstate -out=adopted"
)]
pub struct Arguments {
    /// Take over what is in this resource group; may be repeated
    #[arg(long, value_name = "NAME")]
    resource_group: Vec<String>,
    /// Take over what is in this subscription; with -resource-group, where that is
    #[arg(long, value_name = "ID", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    subscription: Option<String>,
    /// Take over what this state records
    #[arg(long, value_name = "FILE")]
    from_state: Option<PathBuf>,
    /// Write into this folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Give each workload, an identity with its credentials and grants, a module of its own
    #[arg(long)]
    modules: bool,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    simulate: SimulateFlags,
}

/// An object that is taken over.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// Its kind.
    pub kind: String,
    /// Whose kind it is.
    pub provider: ProviderAddress,
    /// By which it is imported.
    pub id: String,
    /// As it is.
    pub recorded: Recorded,
    /// The arguments that describe it.
    pub config: Value,
    /// What a plan would change all the same.
    pub changes: Vec<String>,
    /// What a state calls it.
    pub label: Option<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    refuse_to_overwrite(&arguments.out)?;
    let state = match &arguments.from_state {
        None => None,
        Some(path) => Some(read_state(path, invocation)?),
    };
    if state.is_none() && arguments.resource_group.is_empty() && arguments.subscription.is_none() {
        let detail = "Say what: -resource-group=NAME, -subscription, or -from-state=FILE.";
        return Err(Diagnostic::error("Nothing to adopt", detail).into());
    }
    let objects = runtime()?.block_on(async {
        let (address, azure) = loading::start_simulator(&arguments.simulate, &invocation.environment).await?;
        let gatherer = Gatherer::open(invocation, address).await?;
        let gathered = match &state {
            Some(state) => gatherer.of_state(state),
            None => gatherer.of_scopes(&arguments.resource_group, arguments.subscription.as_deref()).await,
        };
        if let Some(azure) = azure {
            azure.shutdown().await;
        }
        gathered
    })?;
    let (objects, left) = objects;
    let names = Names::of(&objects);
    let workloads = if arguments.modules { workloads::found(&objects, &names) } else { Vec::new() };
    let output = write(&objects, &names, &workloads);
    save(&arguments.out, &output)?;
    tell(&objects, &left, &output, &arguments.out, invocation);
    Ok(Exit::Success)
}

fn read_state(path: &Path, invocation: &Invocation) -> Result<crate::state::State, Diagnostics> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path)
        .map_err(|error| Diagnostic::error("Unreadable state file", format!("{name} cannot be read: {error}.")))?;
    Ok(invocation.encryption()?.encryption.read_given(&bytes, &name)?)
}

/// Files of these names are somebody's.
fn refuse_to_overwrite(folder: &Path) -> Result<(), Diagnostic> {
    for name in ["adopted.tf", "imports.tf"] {
        let path = folder.join(name);
        if path.exists() {
            let detail = format!("{} exists. Move it away, or give another folder with -out.", path.display());
            return Err(Diagnostic::error("File exists", detail));
        }
    }
    Ok(())
}

fn save(folder: &Path, output: &Output) -> Result<(), Diagnostic> {
    for (name, text) in &output.files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        let written = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, text));
        written.map_err(|error| {
            Diagnostic::error("File cannot be written", format!("{} cannot be written: {error}.", path.display()))
        })?;
    }
    Ok(())
}

fn tell(objects: &[Object], left: &[String], output: &Output, folder: &Path, invocation: &Invocation) {
    let mut kinds: BTreeSet<&str> = BTreeSet::new();
    kinds.extend(objects.iter().map(|object| object.kind.as_str()));
    invocation.print_line(&format!("{} objects of {} kinds:", objects.len(), kinds.len()));
    for kind in kinds {
        let count = objects.iter().filter(|object| object.kind == kind).count();
        invocation.print_line(&format!("  {count:>4} {kind}"));
    }
    let unsettled: Vec<&Object> = objects.iter().filter(|object| !object.changes.is_empty()).collect();
    if !unsettled.is_empty() {
        invocation.print_line("\nThe plan will show a change of these; look at their blocks first:");
        for object in unsettled {
            invocation.print_line(&format!("  {} {}\n    {}", object.kind, object.id, object.changes.join(", ")));
        }
    }
    if !left.is_empty() {
        invocation.print_line("\nNot taken over:");
        for line in left {
            invocation.print_line(&format!("  {line}"));
        }
    }
    if !output.variables.is_empty() {
        invocation.print_line(
            "\nSecrets are not written down. Give their present values to these variables, so that nothing changes:",
        );
        for name in &output.variables {
            invocation.print_line(&format!("  {name}"));
        }
    }
    let names: Vec<&str> = output.files.iter().map(|(name, _)| name.as_str()).collect();
    invocation.print_line(&format!(
        "\nWritten to {}: {}\n\nNext: \"bowline init\" and \"bowline plan\". Once it was applied, imports.tf has served and can go.",
        folder.display(),
        names.join(", ")
    ));
}
