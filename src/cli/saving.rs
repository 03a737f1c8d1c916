//! Saved plans: writing one with the files that it was made from, and putting those files back to apply it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::invocation::Invocation;
use super::loading::Loaded;
use crate::checks::Finding;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::Plan;
use crate::plan::saved::{self, SavedPlan};
use crate::report::sarif;
use crate::state::State;

/// Saves a plan, readable for its owner only: it holds the values of sensitive variables.
/// `recorded` is the state that it was made from.
pub fn save(
    path: &Path,
    plan: &Plan,
    recorded: &State,
    loaded: &Loaded,
    invocation: &Invocation,
) -> Result<(), Diagnostics> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let files: BTreeMap<String, String> = invocation
        .sources
        .iter()
        .filter_map(|(_, source)| {
            let path = source.path.as_ref()?;
            Some((absolute(path).to_string_lossy().into_owned(), source.text.to_string()))
        })
        .collect();
    let saved = SavedPlan {
        plan: plan.clone(),
        files,
        folder: absolute(&loaded.configuration.root.folder).to_string_lossy().into_owned(),
        workspace: loaded.workspace.clone(),
        recorded: recorded.digests(),
    };
    let bytes = invocation.encryption()?.encryption.plan.encrypt(saved::write(&saved)?, None)?;
    let fail = |error: std::io::Error| {
        Diagnostic::error("Plan cannot be saved", format!("{} cannot be written: {error}.", path.display()))
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A temporary file is made for its owner only.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    file.write_all(&bytes).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}

/// Reads a saved plan.
pub fn read(path: &Path, invocation: &Invocation) -> Result<SavedPlan, Diagnostics> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    let name = path.display().to_string();
    let encryption = &invocation.encryption()?.encryption;
    Ok(saved::read(&encryption.plan.decrypt(&bytes, &name)?.bytes, &name)?)
}

/// Terraform tells a file that is not there as two errors, without details.
fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostics {
    let summary = format!("Failed to load \"{}\" as a plan file", path.display());
    if error.kind() == std::io::ErrorKind::NotFound {
        let why = format!("stat {}: no such file or directory", path.display());
        return [Diagnostic::error(summary, ""), Diagnostic::error(why, "")].into_iter().collect();
    }
    Diagnostic::error(summary, format!("{} cannot be opened: {error}.", path.display())).into()
}

/// The files of a saved plan, laid out again in a folder of their own that goes away with this.
pub struct Unpacked {
    /// Keeps the folder.
    _folder: tempfile::TempDir,
    /// The root module's folder.
    pub root: PathBuf,
}

/// Lays the files of a saved plan out again.
pub fn unpack(saved: &SavedPlan) -> Result<Unpacked, Diagnostic> {
    let fail = |error: std::io::Error| {
        Diagnostic::error(
            "Saved plan cannot be unpacked",
            format!("Its files cannot be laid out in a folder: {error}."),
        )
    };
    let folder = tempfile::tempdir().map_err(fail)?;
    let inside = |path: &str| folder.path().join(path.trim_start_matches('/'));
    for (path, text) in &saved.files {
        let path = inside(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(fail)?;
        }
        fs::write(&path, text).map_err(fail)?;
    }
    let root = inside(&saved.folder);
    fs::create_dir_all(&root).map_err(fail)?;
    Ok(Unpacked { root, _folder: folder })
}

/// Writes what the checks found, for code scanning.
pub fn sarif(path: &Path, findings: &[Finding], invocation: &Invocation) -> Result<(), Diagnostic> {
    let document = sarif::document(findings, &invocation.sources);
    text(path, &format!("{document:#}\n"))
}

/// Writes a text that anybody may read.
pub fn text(path: &Path, text: &str) -> Result<(), Diagnostic> {
    fs::write(path, text).map_err(|error| {
        Diagnostic::error("File cannot be written", format!("{} cannot be written: {error}.", path.display()))
    })
}
