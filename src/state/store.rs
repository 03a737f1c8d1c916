//! A backend, its lock and its journal, as a command uses them.
//!
//! The order of a run that changes something: [`Store::lock`], [`Store::load`], plan, [`Store::begin`], append to
//! the [`Journal`] while working, [`Store::save`] with what came of it all. A crash anywhere between leaves a
//! journal that the next [`Store::load`] folds in.

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::backend::{Backend, Held, LockFailure};
use super::history::History;
use super::journal::{self, Replayed};
use super::local::failed;
use super::{
    Disk, Encryption, Journal, LockInfo, LockRequest, RunStart, State, TERRAFORM_VERSION, Unfinished, Version, format,
};
use crate::diagnostic::Diagnostic;

/// The recorded state of one workspace.
pub struct Store {
    backend: Box<dyn Backend>,
    disk: Disk,
    encryption: Encryption,
    mirrors: bool,
}

/// What [`Store::load`] found.
#[derive(Debug)]
pub struct Loaded {
    /// The state, with a left-over journal folded in.
    pub state: State,
    /// What the journal of an interrupted run told, if one was left over.
    pub replayed: Option<Replayed>,
    /// Identifies the bytes of that journal; empty when there was nothing to take in.
    pub journal: String,
}

/// Proof that this process may write.
pub struct Lock {
    held: Option<Box<dyn Held>>,
    operation: String,
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.held.is_some() { "Lock(held)" } else { "Lock(disabled)" })
    }
}

impl Loaded {
    /// The writes that an interrupted run began and did not see to their end.
    pub fn unfinished(&self) -> &[Unfinished] {
        self.replayed.as_ref().map_or(&[], |replayed| &replayed.unfinished)
    }
}

impl Lock {
    /// What `-lock=false` asks for, for that operation.
    pub fn disabled(operation: &str) -> Self {
        Self { held: None, operation: operation.to_owned() }
    }

    /// Gives the lock back.
    pub fn release(self) -> Result<(), Diagnostic> {
        self.held.map_or(Ok(()), Held::release)
    }
}

impl Store {
    /// The state at a backend.
    pub fn new(backend: impl Backend + 'static) -> Self {
        Self { backend: Box::new(backend), disk: Disk::default(), encryption: Encryption::default(), mirrors: true }
    }

    /// The same, with the journal on this disk.
    #[must_use]
    pub fn on(mut self, disk: Disk) -> Self {
        self.disk = disk;
        self
    }

    /// The same, with state, journal and history encrypted.
    #[must_use]
    pub fn encrypted(mut self, encryption: Encryption) -> Self {
        self.encryption = encryption;
        self
    }

    /// The same, with the journal on this machine only.
    #[must_use]
    pub fn without_mirror(mut self) -> Self {
        self.mirrors = false;
        self
    }

    /// What to call it in a message.
    pub fn label(&self) -> String {
        self.backend.label()
    }

    /// Becomes the only writer, waiting as long as the request allows. `waiting` is told once, when waiting begins.
    pub fn lock(&self, request: &LockRequest, waiting: impl FnOnce(&LockInfo)) -> Result<Lock, Diagnostic> {
        let info = LockInfo::new(&request.operation, &self.backend.label());
        let begun = Instant::now();
        let mut waiting = Some(waiting);
        let mut pause = Duration::from_millis(50);
        loop {
            let holder = match self.backend.try_lock(&info) {
                Ok(held) => return Ok(Lock { held: Some(held), operation: request.operation.clone() }),
                Err(LockFailure::Failed(diagnostic)) => return Err(diagnostic),
                Err(LockFailure::Taken(holder)) => holder,
            };
            let left = request.timeout.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(LockInfo::refusal(holder.as_ref()));
            }
            if let Some(waiting) = waiting.take() {
                waiting(&holder.unwrap_or_default());
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    /// Breaks the lock of that id.
    pub fn force_unlock(&self, id: &str) -> Result<(), Diagnostic> {
        self.backend.force_unlock(id)
    }

    /// Reads the state and folds a left-over journal in. Changes nothing on disk: the journal is left where it is
    /// until the state is saved.
    pub fn load(&self) -> Result<Loaded, Diagnostic> {
        let bytes = self.backend.read()?.unwrap_or_default();
        let mut state = self.encryption.read_state(&bytes, &self.backend.label())?.0;
        let place = self.journal();
        let path = &place.path;
        let journal = place.read()?;
        let mut replayed = match journal.as_slice() {
            // The usual case: a digest of the whole state would be for nothing.
            [] => None,
            left => journal::replay(&place.opened(left)?, path, &mut state, &digest(&bytes))?,
        };
        if let Some(replayed) = replayed.as_mut().filter(|_| journal::is_living(path)) {
            // Whoever reads without the lock looks on while another run is at work: its writes will have their end.
            replayed.unfinished.clear();
        }
        let journal = replayed.as_ref().map(|_| digest(&journal)).unwrap_or_default();
        Ok(Loaded { state, replayed, journal })
    }

    /// Begins the journal of a run on `state`, which is what was loaded and what was found since: what the state file
    /// does not say yet is saved first. `carried` are writes of earlier runs that are still without an end. From here
    /// on a crash loses nothing that was appended.
    pub fn begin(
        &self,
        lock: &Lock,
        state: &mut State,
        plan_digest: &str,
        carried: &[Unfinished],
    ) -> Result<Journal, Diagnostic> {
        let place = self.journal();
        self.write_if_changed(lock, state, |digest| journal::seal(&place, digest))?;
        let start = RunStart::new(plan_digest, &state.lineage, state.serial);
        Journal::create(&place, &start, carried)
    }

    /// Ends a run: writes the state, and removes the journal but for the writes of which no end is known.
    pub fn finish(&self, lock: &Lock, state: &mut State, journal: &Journal) -> Result<(), Diagnostic> {
        self.write_if_changed(lock, state, |digest| journal.seal(digest))?;
        let unfinished = journal.unfinished();
        if unfinished.is_empty() {
            return self.journal().remove();
        }
        let start = RunStart::new("", &state.lineage, state.serial);
        journal::leave(&self.journal(), &start, &unfinished)
    }

    /// Writes the state when its contents differ from what is there, and removes the journal, of which all writes
    /// must have their end. The serial goes up by one; a first state gets its lineage. A state that somebody else
    /// wrote meanwhile is not overwritten.
    pub fn save(&self, lock: &Lock, state: &mut State) -> Result<(), Diagnostic> {
        let place = self.journal();
        self.write_if_changed(lock, state, |digest| journal::seal(&place, digest))?;
        place.remove()
    }

    fn write_if_changed(
        &self,
        lock: &Lock,
        state: &mut State,
        seal: impl FnOnce(&str) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let before = self.backend.read()?.unwrap_or_default();
        let (recorded, is_current) = self.encryption.read_state(&before, &self.backend.label())?;
        if recorded.lineage != state.lineage || recorded.serial != state.serial {
            return Err(self.overtaken(&recorded, state));
        }
        if is_current && same_contents(&recorded, state) {
            return Ok(());
        }
        if state.lineage.is_empty() {
            state.lineage = uuid::Uuid::new_v4().to_string();
        }
        state.serial += 1;
        TERRAFORM_VERSION.clone_into(&mut state.terraform_version);
        let bytes = self.encryption.write_state(state, &before)?;
        seal(&digest(&bytes))?;
        self.keep(&Version::of(&recorded, state, &lock.operation), &bytes)?;
        self.backend.write(&bytes)
    }

    fn keep(&self, version: &Version, bytes: &[u8]) -> Result<(), Diagnostic> {
        let history = History::beside(&self.journal_path(), &self.disk);
        let path = history.file(version.serial);
        history.keep(version, bytes).map_err(|error| failed("History not written", "cannot be written", &path, &error))
    }

    /// The last versions of the state that were written from this machine, oldest first.
    pub fn history(&self) -> Result<Vec<Version>, Diagnostic> {
        let path = self.journal_path();
        let versions = History::beside(&path, &self.disk).versions();
        versions.map_err(|error| failed("History not read", "and its history cannot be read", &path, &error))
    }

    /// What a version said, to be saved as a new one.
    pub fn restored(&self, present: &State, serial: u64) -> Result<State, Diagnostic> {
        let history = History::beside(&self.journal_path(), &self.disk);
        let path = history.file(serial);
        let bytes = history.read(serial).map_err(|error| {
            failed("No such version", "is not there; \"bowline state history\" tells what is", &path, &error)
        })?;
        let (old, _) = self.encryption.read_state(&bytes, &path.display().to_string())?;
        if !present.lineage.is_empty() && old.lineage != present.lineage {
            return Err(Diagnostic::error(
                "Version of another state",
                format!(
                    "{} is of lineage {:?}, and the state is of lineage {:?}. Nothing was changed.",
                    path.display(),
                    old.lineage,
                    present.lineage
                ),
            ));
        }
        Ok(State { serial: present.serial, lineage: present.lineage.clone(), ..old })
    }

    /// Writes a state as it is, lineage and serial included (`state push`). Without `force` it must follow what is
    /// there: the same lineage, no smaller serial.
    pub fn push(&self, lock: &Lock, state: &State, force: bool) -> Result<(), Diagnostic> {
        let bytes = self.backend.read()?.unwrap_or_default();
        let recorded = match bytes.as_slice() {
            [] => None,
            bytes => Some(self.encryption.read_state(bytes, &self.backend.label())?.0),
        };
        if let Some(recorded) = recorded.as_ref().filter(|_| !force) {
            if recorded.lineage != state.lineage {
                return Err(refused_push(&format!(
                    "its lineage {:?} is not the lineage {:?} of {}",
                    state.lineage,
                    recorded.lineage,
                    self.label()
                )));
            }
            if recorded.serial > state.serial || (recorded.serial == state.serial && !same_contents(recorded, state)) {
                return Err(refused_push(&format!(
                    "its serial {} is not newer than the serial {} of {}",
                    state.serial,
                    recorded.serial,
                    self.label()
                )));
            }
        }
        let before = recorded.unwrap_or_default();
        let bytes = self.encryption.write_state(state, &bytes)?;
        self.keep(&Version::of(&before, state, &lock.operation), &bytes)?;
        self.backend.write(&bytes)
    }

    /// A state as it would be written here: what a run that cannot reach the backend leaves.
    pub fn written(&self, state: &State) -> Result<Vec<u8>, Diagnostic> {
        self.encryption.write_state(state, &[])
    }

    /// Reads the bytes of a state that somebody gives: in clear, or as this place or [`Store::written`] encrypted it.
    pub fn read(&self, bytes: &[u8], name: &str) -> Result<State, Diagnostic> {
        self.encryption.read_given(bytes, name)
    }

    fn journal_path(&self) -> PathBuf {
        self.backend.journal_path()
    }

    fn journal(&self) -> journal::Place {
        journal::Place {
            path: self.journal_path(),
            disk: self.disk.clone(),
            mirror: if self.mirrors { self.backend.mirror() } else { None },
            cipher: self.encryption.of_journals().cloned(),
            methods: self.encryption.sealers.clone(),
        }
    }

    fn overtaken(&self, recorded: &State, state: &State) -> Diagnostic {
        Diagnostic::error(
            "State changed by somebody else",
            format!(
                "{} is now serial {} of lineage {:?}; this run began with serial {} of lineage {:?}. It was not \
                 overwritten. What this run did is kept in {}.",
                self.label(),
                recorded.serial,
                recorded.lineage,
                state.serial,
                state.lineage,
                self.journal_path().display(),
            ),
        )
    }
}

fn digest(bytes: &[u8]) -> String {
    use sha2::Digest;
    let hash = sha2::Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn refused_push(why: &str) -> Diagnostic {
    Diagnostic::error(
        "Failed to write state",
        format!("The state was not pushed: {why}. Give -force to replace it all the same."),
    )
}

/// Whether two states say the same, whatever their serials and writers.
fn same_contents(a: &State, b: &State) -> bool {
    let mut b = b.clone();
    b.serial = a.serial;
    b.lineage.clone_from(&a.lineage);
    b.terraform_version.clone_from(&a.terraform_version);
    format::write(a) == format::write(&b)
}
