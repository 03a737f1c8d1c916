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
}

impl Installed {
    /// Reads the manifests under a root folder, Bowline's own first; one that is missing or damaged installs nothing.
    pub fn read(root: &Path) -> Self {
        let mut installed = HashMap::new();
        for data in [".bowline", ".terraform"] {
            let text = fs::read_to_string(root.join(data).join("modules").join("modules.json")).unwrap_or_default();
            let Ok(manifest) = serde_json::from_str::<Manifest>(&text) else { continue };
            for entry in manifest.modules {
                installed.entry(entry.key).or_insert(entry.folder);
            }
        }
        Self(installed)
    }

    /// The folder of the module at a path in the tree.
    pub fn folder(&self, path: &ModulePath) -> Option<PathBuf> {
        self.0.get(&path.names().join(".")).cloned()
    }
}
