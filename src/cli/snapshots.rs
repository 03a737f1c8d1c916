//! The files that hold snapshots of plans: comparing with one, accepting what moved, and finding those that nobody asks
//! for any more.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::azure::roles;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::simulator;
use crate::span::SourceMap;

/// The folder that snapshots lie in, beside what they are of.
pub const FOLDER: &str = "__snapshots__";

/// The ending of a snapshot's name.
const ENDING: &str = "plan";

/// The snapshots of a run of the program.
#[derive(Debug)]
pub struct Snapshots {
    accept: bool,
    used: Mutex<BTreeSet<PathBuf>>,
}

impl Snapshots {
    /// None looked at yet. With `accept`, what moved is written.
    pub fn new(accept: bool) -> Self {
        Self { accept, used: Mutex::default() }
    }

    /// Holds a text against the snapshot in a file.
    ///
    /// # Errors
    /// That it differs, with the difference; that there is none yet; or that the file cannot be read or written.
    pub fn compare(&self, path: &Path, text: &str) -> Result<(), Diagnostic> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_path_buf());
        let shown = path.display();
        let kept = match fs::read_to_string(path) {
            Ok(kept) => Some(kept.replace("\r\n", "\n")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                let detail = format!("{shown} cannot be read: {error}.");
                return Err(Diagnostic::error("Snapshot cannot be read", detail));
            }
        };
        if kept.as_deref() == Some(text) {
            return Ok(());
        }
        if self.accept {
            return write(path, text);
        }
        Err(match kept {
            None => Diagnostic::error(
                "Snapshot missing",
                format!("There is no {shown} yet. Write it with -accept, read it, and commit it."),
            ),
            Some(kept) => Diagnostic::error(
                "Snapshot moved",
                format!(
                    "The plan is no longer as it is in {shown}:\n\n{}\nIf this is what you want, run again with -accept, and \
                     commit the file.",
                    difference(&kept, text)
                ),
            ),
        })
    }

    /// The snapshots in these folders that were not asked for: named, and removed where what moved is accepted. With
    /// `nested`, those one folder further down too.
    pub fn orphans(&self, folders: &[PathBuf], nested: bool) -> Diagnostics {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = Diagnostics::new();
        let mut paths = Vec::new();
        for folder in folders {
            if nested {
                entries(folder)
                    .into_iter()
                    .filter(|path| path.is_dir())
                    .for_each(|inner| paths.extend(entries(&inner)));
            } else {
                paths.extend(entries(folder));
            }
        }
        let is_snapshot = |path: &PathBuf| path.extension().is_some_and(|ending| ending == ENDING) && path.is_file();
        for path in paths.into_iter().filter(is_snapshot).filter(|path| !used.contains(path)) {
            let shown = path.display();
            if self.accept {
                let removed = fs::remove_file(&path);
                if let Err(error) = removed {
                    let detail = format!("{shown} cannot be removed: {error}.");
                    found.push(Diagnostic::error("Orphaned snapshot cannot be removed", detail));
                }
            } else {
                let detail = format!("Nothing asks for {shown} any more. Delete it, or run again with -accept.");
                found.push(Diagnostic::warning("Orphaned snapshot", detail));
            }
        }
        found
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn write(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.map_err(|error| {
        Diagnostic::error("Snapshot cannot be written", format!("{} cannot be written: {error}.", path.display()))
    })
}

/// A unified diff, set in so that nobody wraps its lines.
pub fn difference(before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    let text = diff.unified_diff().context_radius(3).to_string();
    text.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n").collect()
}

/// Whether an id or a moment is always the same: it is written in the configuration, it names a built-in role, or it is
/// the embedded Azure's own.
pub fn fixed(found: &str, sources: &SourceMap) -> bool {
    let lower = found.to_lowercase();
    roles::by_guid(&lower).is_some()
        || [simulator::SUBSCRIPTION, simulator::TENANT].contains(&&*lower)
        || sources.iter().any(|(_, source)| source.text.to_lowercase().contains(&lower))
}
