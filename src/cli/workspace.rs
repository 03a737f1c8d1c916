//! `bowline workspace`

use super::Exit;
use super::flags::parse_bool;
use super::invocation::Invocation;
use super::stored;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Several states for one configuration
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the workspaces; the selected one is marked
    List,
    /// Show the selected workspace
    Show,
    /// Create a workspace and select it
    New {
        /// Its name
        name: String,
    },
    /// Select a workspace
    Select {
        /// Create it when there is none of that name
        #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
              value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
        or_create: bool,
        /// Its name
        name: String,
    },
    /// Delete a workspace
    Delete {
        /// Even when its state still records something
        #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
              value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
        force: bool,
        /// Its name
        name: String,
    },
}

/// Runs one of them.
pub fn run(command: Command, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let workspaces = invocation.workspaces();
    match command {
        Command::List => {
            let selected = invocation.workspace()?;
            for name in workspaces.list() {
                invocation.print_line(&format!("{} {name}", if name == selected { "*" } else { " " }));
            }
            invocation.print_line("");
        }
        Command::Show => invocation.print_line(&invocation.workspace()?),
        Command::New { name } => create(&name, invocation)?,
        Command::Select { or_create, name } => {
            refuse_override(invocation)?;
            if or_create && !workspaces.exists(&name) {
                create(&name, invocation)?;
            } else {
                workspaces.select(&name)?;
                invocation.print_line(&format!("Switched to workspace \"{name}\"."));
            }
        }
        Command::Delete { force, name } => {
            let store = stored::store(invocation, Some(&workspaces.state_path(&name)))?;
            let recorded = store.load()?.state.objects().count();
            if workspaces.exists(&name) && recorded > 0 && !force {
                return Err(not_empty(&name, recorded).into());
            }
            workspaces.delete(&name)?;
            invocation.print_line(&format!("Deleted workspace \"{name}\"!"));
        }
    }
    Ok(Exit::Success)
}

fn create(name: &str, invocation: &Invocation) -> Result<(), Diagnostic> {
    refuse_override(invocation)?;
    invocation.workspaces().create(name)?;
    invocation.print_line(&format!(
        "Created and switched to workspace \"{name}\"!\n\nYou're now on a new, empty workspace. Workspaces isolate \
         their state,\nso if you run \"bowline plan\" Bowline will not see any existing state\nfor this configuration."
    ));
    Ok(())
}

fn refuse_override(invocation: &Invocation) -> Result<(), Diagnostic> {
    match invocation.variable("TF_WORKSPACE") {
        None => Ok(()),
        Some(name) => Err(Diagnostic::error(
            "Workspace chosen by the environment",
            format!("TF_WORKSPACE selects the workspace {name:?}. Unset it to select another one here."),
        )),
    }
}

fn not_empty(name: &str, recorded: usize) -> Diagnostic {
    Diagnostic::error(
        "Workspace is not empty",
        format!(
            "Workspace {name:?} records {recorded} objects; deleting it would leave them standing with nobody managing \
             them. Destroy them first, or give -force to delete the workspace all the same."
        ),
    )
}
