//! The state as a file of this machine: replaced atomically, kept in a backup, locked against other Bowlines and
//! against Terraform.
//!
//! Terraform locks the state file itself with a POSIX lock and then writes `.<name>.lock.info` beside it. Bowline
//! takes both that lock and one on the info file. The file is replaced by renaming, which leaves the lock on the
//! old file; therefore the new one is locked before it gets the name. A POSIX lock is lost when its process closes
//! *any* handle of the file, so while the lock is held all reading goes through the locked handle.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::backend::{Backend, Held, LockFailure};
use super::disk::{Disk, LockFile, make_parent};
use super::lock::LockInfo;
use crate::diagnostic::Diagnostic;

/// A state file.
#[derive(Debug)]
pub struct LocalBackend {
    read_path: PathBuf,
    write_path: PathBuf,
    backup_path: Option<PathBuf>,
    backed_up: AtomicBool,
    locked: Arc<Mutex<Option<File>>>,
    disk: Disk,
}

/// The lock on a state file.
struct FileLock {
    info_path: PathBuf,
    info_file: Option<File>,
    state_path: PathBuf,
    made_state_file: bool,
    locked: Arc<Mutex<Option<File>>>,
    disk: Disk,
}

impl LocalBackend {
    /// The state in this file, with its backup beside it.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let backup = suffixed(&path, ".backup");
        Self {
            read_path: path.clone(),
            write_path: path,
            backup_path: Some(backup),
            backed_up: AtomicBool::new(false),
            locked: Arc::default(),
            disk: Disk::default(),
        }
    }

    /// Writes to another file than it reads (`-state-out`).
    #[must_use]
    pub fn writing_to(mut self, path: impl Into<PathBuf>) -> Self {
        self.write_path = path.into();
        self.backup_path = self.backup_path.map(|_| suffixed(&self.write_path, ".backup"));
        self
    }

    /// Keeps the backup elsewhere, or none at all (`-backup=PATH`, `-backup=-`).
    #[must_use]
    pub fn backing_up_to(mut self, path: Option<PathBuf>) -> Self {
        self.backup_path = path;
        self
    }

    /// The same on this disk.
    #[must_use]
    pub fn on(mut self, disk: Disk) -> Self {
        self.disk = disk;
        self
    }

    fn locked(&self) -> MutexGuard<'_, Option<File>> {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn info_path(&self) -> PathBuf {
        let name = self.read_path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        self.read_path.with_file_name(format!(".{name}.lock.info"))
    }

    /// What is at `path`, through the locked handle when that is what it names.
    fn contents(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        if let Some(file) = self.locked().as_mut().filter(|_| path == self.read_path) {
            file.seek(SeekFrom::Start(0))?;
            file.read_to_end(&mut bytes)?;
            return Ok(Some(bytes));
        }
        match File::open(path) {
            Ok(mut file) => file.read_to_end(&mut bytes).map(|_| Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn back_up(&self) -> io::Result<()> {
        let Some(backup) = &self.backup_path else { return Ok(()) };
        if self.backed_up.load(Ordering::Relaxed) {
            return Ok(());
        }
        if let Some(before) = self.contents(&self.write_path)?.filter(|bytes| !bytes.is_empty()) {
            self.disk.replace(backup, &before, None)?;
        }
        self.backed_up.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Backend for LocalBackend {
    fn label(&self) -> String {
        self.read_path.display().to_string()
    }

    fn read(&self) -> Result<Option<Vec<u8>>, Diagnostic> {
        self.contents(&self.read_path)
            .map(|bytes| bytes.filter(|bytes| !bytes.is_empty()))
            .map_err(|error| failed("Unreadable state file", "cannot be read", &self.read_path, &error))
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Diagnostic> {
        self.back_up().map_err(|error| {
            failed("State backup failed", "could not be copied before it is replaced", &self.write_path, &error)
        })?;
        let mut locked = self.locked();
        let keep_lock = locked.is_some() && self.read_path == self.write_path;
        let file = self
            .disk
            .replace(&self.write_path, bytes, keep_lock.then_some(lock_posix as LockFile))
            .map_err(|error| failed("State file not written", "could not be replaced", &self.write_path, &error))?;
        if keep_lock {
            *locked = Some(file);
        }
        Ok(())
    }

    fn try_lock(&self, info: &LockInfo) -> Result<Box<dyn Held>, LockFailure> {
        let cannot = |error: &io::Error| {
            LockFailure::Failed(failed("Error acquiring the state lock", "cannot be locked", &self.read_path, error))
        };
        let info_path = self.info_path();
        make_parent(&info_path).map_err(|e| cannot(&e))?;
        let mut info_file = self.disk.open(&info_path).map_err(|e| cannot(&e))?;
        match info_file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockFailure::Taken(holder(&mut info_file))),
            Err(TryLockError::Error(error)) => return Err(cannot(&error)),
        }
        let made_state_file = !self.read_path.exists();
        let state_file = self.disk.open(&self.read_path).map_err(|e| cannot(&e))?;
        match lock_posix(&state_file) {
            Ok(true) => {}
            Ok(false) => return Err(LockFailure::Taken(holder(&mut info_file))),
            Err(error) => return Err(cannot(&error)),
        }
        write_info(&self.disk, &mut info_file, info).map_err(|e| cannot(&e))?;
        *self.locked() = Some(state_file);
        Ok(Box::new(FileLock {
            info_path,
            info_file: Some(info_file),
            state_path: self.read_path.clone(),
            made_state_file,
            locked: Arc::clone(&self.locked),
            disk: self.disk.clone(),
        }))
    }

    fn force_unlock(&self, id: &str) -> Result<(), Diagnostic> {
        let path = self.info_path();
        let cannot = |why: String| Diagnostic::error("Failed to unlock state", why);
        let mut file = File::open(&path).map_err(|_| cannot(format!("{} is not locked.", self.label())))?;
        match holder(&mut file) {
            Some(info) if info.id == id => {
                fs::remove_file(&path).map_err(|error| cannot(format!("{}: {error}.", path.display())))
            }
            Some(info) => Err(cannot(format!("The lock's ID is {:?}, not {id:?}. Nothing was changed.", info.id))),
            // A holder that ended before it could say who it is: its file is all there is of the lock.
            None => fs::remove_file(&path).map_err(|error| cannot(format!("{}: {error}.", path.display()))),
        }
    }

    fn journal_path(&self) -> PathBuf {
        let name = self.write_path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let file = if name == "terraform.tfstate" { "journal.jsonl".into() } else { format!("{name}.journal.jsonl") };
        self.write_path.with_file_name(".bowline").join(file)
    }
}

impl FileLock {
    fn give_back(&mut self) -> io::Result<()> {
        let Some(info_file) = self.info_file.take() else { return Ok(()) };
        let removed = self.disk.remove(&self.info_path);
        let mut locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = locked.as_ref().and_then(|file| file.metadata().ok()).is_some_and(|meta| meta.len() == 0);
        if self.made_state_file && empty {
            // Made only to have something to lock. If it stays, it reads as an empty state.
            let _ = self.disk.remove(&self.state_path);
        }
        *locked = None;
        drop(info_file);
        removed
    }
}

impl Held for FileLock {
    fn release(mut self: Box<Self>) -> Result<(), Diagnostic> {
        self.give_back().map_err(|error| {
            failed("Error releasing the state lock", "could not be removed; remove it by hand", &self.info_path, &error)
        })
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // `release` tells of failures; here there is nobody left to tell.
        let _ = self.give_back();
    }
}

/// Takes the lock that Terraform takes; `false` when another process has it.
#[cfg(unix)]
fn lock_posix(file: &File) -> io::Result<bool> {
    use rustix::fs::{FlockOperation, fcntl_lock};
    match fcntl_lock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => Ok(false),
        // Some file systems have no such locks; the lock on the info file holds all the same.
        Err(rustix::io::Errno::NOLCK | rustix::io::Errno::NOTSUP | rustix::io::Errno::INVAL) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Elsewhere the lock on the info file is the only one.
#[cfg(not(unix))]
fn lock_posix(_file: &File) -> io::Result<bool> {
    Ok(true)
}

fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn holder(file: &mut File) -> Option<LockInfo> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn write_info(disk: &Disk, file: &mut File, info: &LockInfo) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    disk.write(file, &serde_json::to_vec(info)?)
}

pub(super) fn failed(summary: &str, what: &str, path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(summary, format!("{} {what}: {error}.", path.display()))
}
