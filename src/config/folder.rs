//! The configuration files of one folder.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::{SourceId, SourceMap, Span};
use crate::syntax;
use crate::syntax::tree::Body;

/// The bodies of a folder's files, in the order of their names.
#[derive(Debug, Default)]
pub struct FolderFiles {
    /// Of normal files.
    pub primary: Vec<Body>,
    /// Of override files.
    pub overrides: Vec<Body>,
}

/// Reads and parses all configuration files of a folder. `shown` is the folder's path as people are to see it.
pub fn read_folder(
    folder: &Path,
    shown: &Path,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> io::Result<FolderFiles> {
    let mut files = FolderFiles::default();
    for name in file_names(folder)? {
        let path = folder.join(&name);
        let shown = shown.join(&name);
        let Some((source, text)) = read_source(&path, &shown, sources, diagnostics) else { continue };
        let parse = if name.ends_with(".json") { syntax::json::parse } else { syntax::parse };
        let body = diagnostics.take(parse(source, &text));
        if is_override(&name) {
            files.overrides.push(body);
        } else {
            files.primary.push(body);
        }
    }
    Ok(files)
}

/// Reads a text file into the source map; what cannot be read is reported.
pub fn read_source(
    path: &Path,
    shown: &Path,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<(SourceId, std::sync::Arc<str>)> {
    let shown = shown.to_string_lossy().into_owned();
    let read = sources.unsaved(path).map_or_else(|| fs::read(path), |text| Ok(text.as_bytes().to_vec()));
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(error) => {
            let detail = format!("The configuration file \"{shown}\" could not be read: {error}.");
            diagnostics.push(Diagnostic::error("Failed to read file", detail));
            return None;
        }
    };
    let (text, broken) = match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(valid))
        }
    };
    let source = sources.add(shown, Some(path), text);
    if let Some(at) = broken {
        let detail = "All input files must be UTF-8 encoded. Make sure that your editor saves them so.";
        diagnostics.error_at(Span::new(source, at..at + 1), "Invalid character encoding", detail);
    }
    sources.get(source).map(|added| (source, added.text.clone()))
}

/// The names of the folder's configuration files, sorted. A `.tofu` file stands in for the `.tf` file of its name.
fn file_names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        let Some(name) = path.file_name().and_then(OsStr::to_str) else { continue };
        let hidden = name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'));
        if !hidden && stem(name).is_some() && !path.is_dir() {
            names.push(name.to_owned());
        }
    }
    names.sort();
    let preferred: HashSet<String> = names.iter().filter(|name| name.contains(".tofu")).cloned().collect();
    names.retain(|name| {
        let rival = name.strip_suffix(".tf").map(|stem| format!("{stem}.tofu"));
        let rival = rival.or_else(|| name.strip_suffix(".tf.json").map(|stem| format!("{stem}.tofu.json")));
        !rival.is_some_and(|rival| preferred.contains(&rival))
    });
    Ok(names)
}

/// The name without the ending of configuration files; `None` for other files.
fn stem(name: &str) -> Option<&str> {
    [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().find_map(|ending| name.strip_suffix(ending))
}

fn is_override(name: &str) -> bool {
    stem(name).is_some_and(|stem| stem == "override" || stem.ends_with("_override"))
}
