//! Workspaces of the local backend: several states for one configuration.
//!
//! The default workspace's state is `terraform.tfstate`; the others' lie in `terraform.tfstate.d/NAME/`. Which one
//! is selected stands in `environment` in the data folder (`.terraform`), where Terraform keeps it too.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::make_parent;
use super::local::failed;
use crate::diagnostic::Diagnostic;

/// The workspaces of a stack on this machine.
#[derive(Debug, Clone)]
pub struct Workspaces {
    state_path: PathBuf,
    folder: PathBuf,
    selection: PathBuf,
}

/// The name of the workspace that always exists.
pub const DEFAULT: &str = "default";

impl Workspaces {
    /// Those of a stack in `folder`, whose data folder is `data`.
    pub fn new(folder: &Path, data: &Path) -> Self {
        Self {
            state_path: folder.join("terraform.tfstate"),
            folder: folder.join("terraform.tfstate.d"),
            selection: data.join("environment"),
        }
    }

    /// The selected workspace. `TF_WORKSPACE`, which the caller asks for first, goes before it.
    pub fn selected(&self) -> Result<String, Diagnostic> {
        match fs::read_to_string(&self.selection) {
            Ok(text) if text.trim().is_empty() => Ok(DEFAULT.into()),
            Ok(text) => Ok(text.trim().into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(DEFAULT.into()),
            Err(error) => Err(failed("Workspace not known", "cannot be read", &self.selection, &error)),
        }
    }

    /// Selects an existing workspace.
    pub fn select(&self, name: &str) -> Result<(), Diagnostic> {
        if !self.exists(name) {
            return Err(missing(name));
        }
        self.choose(name)
    }

    /// Selects a workspace that is known to exist, wherever its state lies.
    pub fn choose(&self, name: &str) -> Result<(), Diagnostic> {
        make_parent(&self.selection)
            .and_then(|()| fs::write(&self.selection, name))
            .map_err(|error| failed("Workspace not selected", "cannot be written", &self.selection, &error))
    }

    /// Makes a workspace and selects it.
    pub fn create(&self, name: &str) -> Result<(), Diagnostic> {
        refuse_name(name)?;
        if self.exists(name) {
            return Err(taken(name));
        }
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)
            .map_err(|error| failed("Workspace not created", "cannot be made", &folder, &error))?;
        self.select(name)
    }

    /// Removes a workspace that is neither the default nor selected. The caller has looked whether its state is
    /// empty.
    pub fn delete(&self, name: &str) -> Result<(), Diagnostic> {
        self.refuse_deletion(name, self.exists(name))?;
        let folder = self.folder.join(name);
        fs::remove_dir_all(&folder)
            .map_err(|error| failed("Workspace not deleted", "cannot be removed", &folder, &error))
    }

    /// Refuses to delete the default workspace, the selected one, and one that is not there.
    pub fn refuse_deletion(&self, name: &str, exists: bool) -> Result<(), Diagnostic> {
        if name == DEFAULT {
            return Err(Diagnostic::error("Workspace not deleted", "The default workspace cannot be deleted."));
        }
        if !exists {
            return Err(missing(name));
        }
        if self.selected()? == name {
            return Err(Diagnostic::error(
                "Workspace not deleted",
                format!("Workspace {name:?} is selected. Select another one first, then delete it."),
            ));
        }
        Ok(())
    }

    /// Every workspace: the default one, then the others by name.
    pub fn list(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names.insert(0, DEFAULT.into());
        names
    }

    /// Whether there is such a workspace.
    pub fn exists(&self, name: &str) -> bool {
        name == DEFAULT || (is_valid_name(name) && self.folder.join(name).is_dir())
    }

    /// The state file of a workspace.
    pub fn state_path(&self, name: &str) -> PathBuf {
        if name == DEFAULT { self.state_path.clone() } else { self.folder.join(name).join("terraform.tfstate") }
    }
}

/// Whether a name is one: it becomes a part of paths and URLs.
pub fn is_valid_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    !name.is_empty() && name.chars().all(plain) && name != "." && name != ".."
}

/// Refuses a name that is none.
pub fn refuse_name(name: &str) -> Result<(), Diagnostic> {
    if is_valid_name(name) {
        return Ok(());
    }
    Err(Diagnostic::error(
        "Invalid workspace name",
        format!("The name {name:?} must work unescaped as a part of an URL: letters, digits, \"-\", \"_\", \".\"."),
    ))
}

/// There is such a workspace already.
pub fn taken(name: &str) -> Diagnostic {
    Diagnostic::error("Workspace exists", format!("Workspace {name:?} already exists."))
}

/// There is no such workspace.
pub fn missing(name: &str) -> Diagnostic {
    Diagnostic::error(
        "Workspace does not exist",
        format!(
            "Workspace {name:?} doesn't exist.\n\nYou can create this workspace with the \"new\" subcommand or include the \"-or-create\" flag with the \"select\" subcommand."
        ),
    )
}
