//! What was fetched: the manifest that Terraform's tools read too, and a checksum of each package.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::cannot_write;
use crate::config::{Configuration, is_local};
use crate::diagnostic::Diagnostic;

/// A package that is here.
#[derive(Debug, Clone)]
pub struct Package {
    /// `source` as the call has it.
    pub source: String,
    /// Which release, of a registry's.
    pub version: Option<String>,
    /// The package.
    pub root: PathBuf,
    /// The module in it.
    pub folder: PathBuf,
    /// Of the package's files.
    pub checksum: String,
}

/// The packages by module: `a.b` for the call `b` in the module that the root calls `a`.
#[derive(Debug, Default)]
pub struct Manifest(BTreeMap<String, Package>);

impl Manifest {
    /// Reads what an earlier run has written; nothing when there is nothing to read.
    pub fn read(store: &Path) -> Self {
        let document = |name: &str| {
            let text = fs::read_to_string(store.join(name)).unwrap_or_default();
            serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default()
        };
        let (modules, checksums) = (document("modules.json"), document("checksums.json"));
        let package = |entry: &serde_json::Value| {
            let key = entry["Key"].as_str()?;
            let package = Package {
                source: entry["Source"].as_str()?.to_owned(),
                version: entry["Version"].as_str().map(str::to_owned),
                root: store.join(key),
                folder: entry["Dir"].as_str()?.into(),
                checksum: checksums[key].as_str()?.to_owned(),
            };
            Some((key.to_owned(), package))
        };
        Self(modules["Modules"].as_array().into_iter().flatten().filter_map(package).collect())
    }

    /// The package of a module.
    pub fn get(&self, key: &str) -> Option<&Package> {
        self.0.get(key)
    }

    /// Takes a package in.
    pub fn keep(&mut self, key: String, package: Package) {
        self.0.insert(key, package);
    }

    /// Writes the manifest of a configuration's modules and the checksums, when anything had to be fetched.
    pub fn write(&self, store: &Path, configuration: &Configuration) -> Result<(), Diagnostic> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut entries = vec![json!({ "Key": "", "Source": "", "Dir": "." })];
        for module in configuration.modules() {
            for (name, child) in &module.children {
                let key = child.path.names().join(".");
                let call = module.calls.get(name);
                let source = call.map(|call| call.source.value.to_string()).unwrap_or_default();
                let folder = child.folder.strip_prefix(".").unwrap_or(&child.folder);
                let mut entry = json!({ "Key": key, "Source": source, "Dir": folder });
                if let Some(version) = self.0.get(&key).and_then(|p| p.version.as_ref()) {
                    entry["Version"] = json!(version);
                }
                if self.0.contains_key(&key) || is_local(&source) {
                    entries.push(entry);
                }
            }
        }
        // Modules that runs of tests name, and what those call.
        for (key, package) in self.0.iter().filter(|(key, _)| key.starts_with("test.")) {
            if !entries.iter().any(|entry| entry["Key"] == **key) {
                let mut entry = json!({ "Key": key, "Source": package.source, "Dir": package.folder });
                if let Some(version) = &package.version {
                    entry["Version"] = json!(version);
                }
                entries.push(entry);
            }
        }
        let checksums: BTreeMap<&String, &String> = self.0.iter().map(|(key, p)| (key, &p.checksum)).collect();
        for (name, document) in [("modules.json", json!({ "Modules": entries })), ("checksums.json", json!(checksums))]
        {
            let path = store.join(name);
            let text = serde_json::to_string_pretty(&document).unwrap_or_default() + "\n";
            fs::create_dir_all(store).and_then(|()| fs::write(&path, text)).map_err(|e| cannot_write(&path, &e))?;
        }
        Ok(())
    }
}

/// SHA-256 over the names and contents of all files below a folder.
pub fn checksum(folder: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    for file in files(folder)? {
        let contents = fs::read(&file)?;
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().into_owned();
        hash.update(format!("{name}\0{}\0", contents.len()));
        hash.update(contents);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Copies all files of a folder to another one.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for file in files(from)? {
        let target = to.join(file.strip_prefix(from).unwrap_or(&file));
        target.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::copy(&file, &target)?;
    }
    Ok(())
}

/// All files below a folder, in order. Links are not followed.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
