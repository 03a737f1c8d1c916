//! `bowline workspace`

use super::Exit;
use super::backend::{Chosen, no_workspaces};
use super::flags::parse_bool;
use super::invocation::Invocation;
use super::stored;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::{LockRequest, State, azurerm, workspace};

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
    let place = Place::of(invocation)?;
    match command {
        Command::List => {
            let selected = invocation.workspace()?;
            for name in place.names(invocation)? {
                invocation.print_line(&format!("{} {name}", if name == selected { "*" } else { " " }));
            }
            invocation.print_line("");
        }
        Command::Show => invocation.print_line(&invocation.workspace()?),
        Command::New { name } => create(&place, &name, invocation)?,
        Command::Select { or_create, name } => {
            refuse_override(invocation)?;
            let exists = place.names(invocation)?.contains(&name);
            if !exists && or_create {
                create(&place, &name, invocation)?;
            } else if !exists {
                return Err(workspace::missing(&name).into());
            } else {
                invocation.workspaces().choose(&name)?;
                invocation.print_line(&format!("Switched to workspace \"{name}\"."));
            }
        }
        Command::Delete { force, name } => {
            let exists = place.names(invocation)?.contains(&name);
            invocation.workspaces().refuse_deletion(&name, exists)?;
            let recorded = stored::of_workspace(&name, invocation)?.load()?.state.objects().count();
            if recorded > 0 && !force {
                return Err(not_empty(&name, recorded).into());
            }
            place.delete(&name, invocation)?;
            invocation.print_line(&format!("Deleted workspace \"{name}\"!"));
        }
    }
    Ok(Exit::Success)
}

/// The workspaces of a backend; without one, those of this folder.
pub fn of_backend(chosen: Option<&Chosen>, invocation: &Invocation) -> Result<Vec<String>, Diagnostics> {
    match chosen {
        Some(chosen) if chosen.kind == "http" => Ok(vec![workspace::DEFAULT.to_owned()]),
        Some(chosen) if chosen.kind != "local" => Place::Remote(chosen.clone()).names(invocation),
        _ => Ok(invocation.workspaces().list()),
    }
}

/// Where the workspaces' states lie.
enum Place {
    Local,
    Remote(Chosen),
}

impl Place {
    fn of(invocation: &Invocation) -> Result<Self, Diagnostics> {
        let settled = Chosen::settled(&invocation.data_folder())?;
        Ok(settled.filter(|chosen| chosen.kind != "local").map_or(Self::Local, Self::Remote))
    }

    /// Every workspace: the default one, then the others by name.
    fn names(&self, invocation: &Invocation) -> Result<Vec<String>, Diagnostics> {
        let Self::Remote(chosen) = self else { return Ok(invocation.workspaces().list()) };
        let mut names = match chosen.kind.as_str() {
            "azurerm" => {
                azurerm::workspaces(&chosen.container(&invocation.environment)?, &chosen.blob_name(workspace::DEFAULT))?
            }
            "pg" => chosen.database(&invocation.environment)?.workspaces()?,
            _ => return Err(no_workspaces().into()),
        };
        names.sort();
        names.insert(0, workspace::DEFAULT.to_owned());
        Ok(names)
    }

    fn create(&self, name: &str, invocation: &Invocation) -> Result<(), Diagnostics> {
        let Self::Remote(chosen) = self else { return Ok(invocation.workspaces().create(name)?) };
        workspace::refuse_name(name)?;
        if self.names(invocation)?.iter().any(|taken| taken == name) {
            return Err(workspace::taken(name).into());
        }
        let store = stored::chosen_store(chosen, name, invocation)?;
        let request = LockRequest { operation: "workspace new".into(), timeout: std::time::Duration::ZERO };
        let lock = store.lock(&request, |_| ())?;
        store.push(&lock, &State::begun(), true)?;
        lock.release()?;
        Ok(invocation.workspaces().choose(name)?)
    }

    fn delete(&self, name: &str, invocation: &Invocation) -> Result<(), Diagnostics> {
        match self {
            Self::Local => Ok(invocation.workspaces().delete(name)?),
            Self::Remote(chosen) if chosen.kind == "pg" => Ok(chosen.row(name, &invocation.environment)?.remove()?),
            Self::Remote(chosen) => Ok(chosen.blob(name, &invocation.environment)?.remove()?),
        }
    }
}

fn create(place: &Place, name: &str, invocation: &Invocation) -> Result<(), Diagnostics> {
    refuse_override(invocation)?;
    place.create(name, invocation)?;
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
