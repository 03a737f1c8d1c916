//! Where a journal lies: a file of this machine, and where the backend has room for it a second place that other
//! machines reach.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cannot_write;
use super::entry::{Entry, from_line};
use super::lines;
use crate::diagnostic::Diagnostic;
use crate::state::disk::Disk;
use crate::state::encryption::AesGcm;
use crate::state::local::failed;

/// A second place for a journal. Each call has happened wholly when it returns.
pub trait Mirror: Send + Sync {
    /// All of it; `None` when there is none.
    fn read(&self) -> Result<Option<Vec<u8>>, Diagnostic>;

    /// Puts other bytes in its place.
    fn replace(&self, bytes: &[u8]) -> Result<(), Diagnostic>;

    /// Adds bytes at its end.
    fn append(&self, bytes: &[u8]) -> Result<(), Diagnostic>;

    /// Removes it; one that is not there is removed already.
    fn remove(&self) -> Result<(), Diagnostic>;
}

/// Where a journal lies, and how its lines are encrypted.
#[derive(Clone)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// Its disk.
    pub disk: Disk,
    /// The second place.
    pub mirror: Option<Arc<dyn Mirror>>,
    /// What encrypts new lines.
    pub cipher: Option<Arc<AesGcm>>,
    /// What may decrypt those of earlier runs.
    pub methods: Vec<Arc<AesGcm>>,
}

impl Place {
    /// A file alone, in clear.
    pub fn new(path: &Path, disk: &Disk) -> Self {
        Self { path: path.into(), disk: disk.clone(), mirror: None, cipher: None, methods: Vec::new() }
    }

    /// What an earlier run left, as it is written; empty when there is nothing.
    ///
    /// The mirror decides, since a run begins there first and ends there last. The file has what the mirror has and maybe
    /// more, if both are of the same run. A file whose mirror is gone was taken in by another machine.
    pub fn read(&self) -> Result<Vec<u8>, Diagnostic> {
        let file = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed("Unreadable journal", "cannot be read", &self.path, &error)),
        };
        let Some(mirror) = &self.mirror else { return Ok(file) };
        match mirror.read()?.filter(|bytes| !bytes.is_empty()) {
            Some(bytes) if lines::beginning(&bytes) == lines::beginning(&file) => Ok(file),
            Some(bytes) => Ok(bytes),
            None if self.was_mirrored(&file)? => Ok(Vec::new()),
            None => Ok(file),
        }
    }

    /// What was read, in clear.
    pub fn opened(&self, bytes: &[u8]) -> Result<Vec<u8>, Diagnostic> {
        lines::opened(bytes, &self.methods, &self.path)
    }

    fn was_mirrored(&self, file: &[u8]) -> Result<bool, Diagnostic> {
        let clear = self.opened(file)?;
        let first = clear.split(|byte| *byte == b'\n').next().and_then(from_line);
        Ok(matches!(first, Some(Entry::Start(start)) if start.mirrored))
    }

    /// Puts a journal in the place of an earlier one.
    pub(super) fn replace(&self, bytes: &[u8]) -> Result<File, Diagnostic> {
        if let Some(mirror) = &self.mirror {
            mirror.replace(bytes)?;
        }
        self.disk.replace(&self.path, bytes, None).map_err(|error| cannot_write(&self.path, &error))
    }

    /// Tells the mirror, if there is one.
    pub(super) fn tell(&self, bytes: &[u8]) -> Result<(), Diagnostic> {
        match &self.mirror {
            Some(mirror) if !bytes.is_empty() => mirror.append(bytes),
            _ => Ok(()),
        }
    }

    /// Adds to what an earlier run left, wherever it left something.
    pub(super) fn add(&self, bytes: &[u8]) -> Result<(), Diagnostic> {
        if let Some(mirror) = &self.mirror
            && mirror.read()?.is_some()
        {
            mirror.append(bytes)?;
        }
        if !self.path.exists() {
            return Ok(());
        }
        let added = || {
            let mut file = self.disk.open(&self.path)?;
            file.seek(SeekFrom::End(0))?;
            self.disk.write(&file, bytes)?;
            self.disk.sync(&file)
        };
        added().map_err(|error| cannot_write(&self.path, &error))
    }

    /// Removes the journal, if there is one.
    pub fn remove(&self) -> Result<(), Diagnostic> {
        let removed = self.disk.remove(&self.path);
        removed.map_err(|error| failed("Journal not removed", "cannot be removed", &self.path, &error))?;
        self.mirror.as_ref().map_or(Ok(()), |mirror| mirror.remove())
    }
}
