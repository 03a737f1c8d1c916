//! Modules that `init` has put beside the stack: the manifest that Terraform and Bowline keep of them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::address::ModulePath;

/// Which module call's contents are in which folder, relative to the root module's.
#[derive(Debug, Default)]
pub struct Installed(HashMap<String, PathBuf>);

#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "Modules", default)]
    modules: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "Key")]
    key: String,
    #[serde(rename = "Dir")]
    folder: PathBuf,
    #[serde(rename = "Source", default)]
    source: String,
    #[serde(rename = "Version", default)]
    version: String,
}

/// The folders in which the manifests are, Bowline's own first.
const DATA: [&str; 2] = [".bowline", ".terraform"];

/// The modules that a manifest under a root folder tells of; one that is missing or damaged tells of none.
fn entries(root: &Path, data: &str) -> Vec<Entry> {
    let text = fs::read_to_string(root.join(data).join("modules").join("modules.json")).unwrap_or_default();
    serde_json::from_str::<Manifest>(&text).map(|manifest| manifest.modules).unwrap_or_default()
}

/// Where the module in a folder was brought from, and in which version (`""` for one without versions).
pub fn installed_source(root: &Path, folder: &Path) -> Option<(String, String)> {
    let is_it = |entry: &Entry| entry.folder.components().eq(folder.components());
    let found = DATA.iter().flat_map(|data| entries(root, data)).find(is_it)?;
    Some((found.source, found.version))
}

impl Installed {
    /// Reads the manifests under a root folder.
    pub fn read(root: &Path) -> Self {
        let mut installed = HashMap::new();
        for entry in DATA.iter().flat_map(|data| entries(root, data)) {
            installed.entry(entry.key).or_insert(entry.folder);
        }
        Self(installed)
    }

    /// The folder of the module at a path in the tree.
    pub fn folder(&self, path: &ModulePath) -> Option<PathBuf> {
        self.0.get(&path.names().join(".")).cloned()
    }
}
