//! Where a state lies. Calls block: a caller inside an async task moves them to a blocking thread.

use std::path::PathBuf;
use std::sync::Arc;

use super::journal::Mirror;
use super::lock::LockInfo;
use crate::diagnostic::Diagnostic;

/// One place for the state of one workspace.
pub trait Backend: Send + Sync {
    /// What to call the place in a message: `terraform.tfstate`, an URL.
    fn label(&self) -> String;

    /// The bytes as last written; `None` when nothing ever was.
    fn read(&self) -> Result<Option<Vec<u8>>, Diagnostic>;

    /// Replaces the bytes: after a failure or a crash at any moment, either the old or the new ones are there in
    /// full. The bytes that were there before the first write of this run are kept as a backup.
    fn write(&self, bytes: &[u8]) -> Result<(), Diagnostic>;

    /// Tries to become the only writer, without waiting.
    fn try_lock(&self, info: &LockInfo) -> Result<Box<dyn Held>, LockFailure>;

    /// Breaks the lock of that id.
    fn force_unlock(&self, id: &str) -> Result<(), Diagnostic>;

    /// The local file that keeps what a run has done until it is part of the state.
    fn journal_path(&self) -> PathBuf;

    /// Where the journal is kept too, so that another machine can take it in.
    fn mirror(&self) -> Option<Arc<dyn Mirror>> {
        None
    }
}

/// A lock that is held. Dropping it releases it too, but cannot tell of a failure.
pub trait Held: Send {
    /// Gives the lock back.
    fn release(self: Box<Self>) -> Result<(), Diagnostic>;
}

/// Why there is no lock.
#[derive(Debug)]
pub enum LockFailure {
    /// Somebody else is at work; what is known of them.
    Taken(Option<LockInfo>),
    /// Locking itself failed.
    Failed(Diagnostic),
}
