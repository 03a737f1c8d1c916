//! The disk, as state, journal and lock use it. Every operation that changes something goes through here, so that
//! one fault switch can make any of them fail, tear or be the last one of the process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A disk; by default a sound one.
#[derive(Debug, Clone, Default)]
pub struct Disk(Option<Arc<Fault>>);

/// A lock that a new file is given before it gets its name; `false` when another process has it.
pub(super) type LockFile = fn(&File) -> io::Result<bool>;

#[derive(Debug)]
struct Fault {
    what: What,
    /// Which operation, counted from 1.
    at: u64,
    done: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// The process is killed before the operation.
    Kill,
    /// A write gets half-way, and the process is killed.
    Torn,
    /// The operation fails, once.
    Error,
    /// From here on nothing more fits on the disk.
    Full,
}

impl Disk {
    /// A disk with a fault at its n-th change: `kill@3`, `torn@3`, `error@3`, or `full@3` for a disk that is full from
    /// then on. `None` for any other text.
    pub fn faulty(text: &str) -> Option<Self> {
        let (word, at) = text.split_once('@')?;
        let what = match word {
            "kill" => What::Kill,
            "torn" => What::Torn,
            "error" => What::Error,
            "full" => What::Full,
            _ => return None,
        };
        Some(Self(Some(Arc::new(Fault { what, at: at.parse().ok()?, done: AtomicU64::new(0) }))))
    }

    /// Puts a file with these bytes under `path` in one step, durable when this returns; gives the new file's handle,
    /// which stands at its end.
    pub(super) fn replace(&self, path: &Path, bytes: &[u8], lock: Option<LockFile>) -> io::Result<File> {
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        make_parent(path)?;
        let folder = parent(path);
        self.strike(Some((None, bytes)))?;
        let mut temporary = tempfile::Builder::new().prefix(".bowline-").tempfile_in(folder)?;
        self.strike(Some((Some(temporary.as_file()), bytes)))?;
        temporary.write_all(bytes)?;
        self.sync(temporary.as_file())?;
        if let Some(lock) = lock {
            lock(temporary.as_file())?;
        }
        self.strike(None)?;
        let file = temporary.persist(path).map_err(|error| error.error)?;
        self.sync_folder(folder)?;
        Ok(file)
    }

    /// [`Disk::replace`] without waiting until it is durable.
    pub(super) fn replace_soon(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        make_parent(path)?;
        let mut temporary = tempfile::Builder::new().prefix(".bowline-").tempfile_in(parent(path))?;
        self.strike(Some((Some(temporary.as_file()), bytes)))?;
        temporary.write_all(bytes)?;
        temporary.persist(path).map(drop).map_err(|error| error.error)
    }

    /// Opens a file for reading and writing, made when missing, for the owner only: states hold secrets.
    pub(super) fn open(&self, path: &Path) -> io::Result<File> {
        self.strike(Some((None, b"")))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    }

    /// Writes where the file stands.
    pub(super) fn write(&self, mut file: &File, bytes: &[u8]) -> io::Result<()> {
        self.strike(Some((Some(file), bytes)))?;
        file.write_all(bytes)
    }

    /// Returns once what was written is durable.
    pub(super) fn sync(&self, file: &File) -> io::Result<()> {
        self.strike(None)?;
        file.sync_data()
    }

    /// Makes a rename or a new name in the folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.strike(None)?;
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }

    /// Removes a file; one that is not there is removed already.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        self.strike(None)?;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Counts a change, and lets it go wrong when it is its turn. A change that needs room tells what would be
    /// written, and where.
    fn strike(&self, room: Option<(Option<&File>, &[u8])>) -> io::Result<()> {
        let Some(fault) = &self.0 else { return Ok(()) };
        let number = fault.done.fetch_add(1, Ordering::Relaxed) + 1;
        let half = || {
            if let Some((Some(mut file), bytes)) = room {
                // What the half came to is of no interest: the process or the write is over.
                let _ = file.write_all(bytes.get(..bytes.len() / 2).unwrap_or_default());
            }
        };
        match fault.what {
            What::Kill if number == fault.at => kill(),
            What::Torn if number == fault.at => {
                half();
                kill()
            }
            What::Error if number == fault.at => Err(io::Error::other("input/output error (injected)")),
            What::Full if number >= fault.at && room.is_some() => {
                half();
                Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on device (injected)"))
            }
            _ => Ok(()),
        }
    }
}

/// Ends the process as `kill -9` does.
#[cfg(unix)]
fn kill() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

#[cfg(not(unix))]
fn kill() -> ! {
    std::process::abort()
}

pub(super) fn make_parent(path: &Path) -> io::Result<()> {
    fs::create_dir_all(parent(path))
}

/// The folder of a file; `.` for a bare name.
pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
