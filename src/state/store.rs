//! A backend, its lock and its journal, as a command uses them.
//!
//! The order of a run that changes something: [`Store::lock`], [`Store::load`], plan, [`Store::begin`], append to
//! the [`Journal`] while working, [`Store::save`] with what came of it all. A crash anywhere between leaves a
//! journal that the next [`Store::load`] folds in.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::backend::{Backend, Held, LockFailure};
use super::history::History;
use super::journal::{self, Replayed};
use super::local::failed;
use super::{Disk, Journal, LockInfo, LockRequest, RunStart, State, TERRAFORM_VERSION, Unfinished, Version, format};
use crate::diagnostic::Diagnostic;

/// The recorded state of one workspace.
pub struct Store {
    backend: Box<dyn Backend>,
    disk: Disk,
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
        Self { backend: Box::new(backend), disk: Disk::default() }
    }

    /// The same, with the journal on this disk.
    #[must_use]
    pub fn on(mut self, disk: Disk) -> Self {
        self.disk = disk;
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
        let mut state = format::read(&bytes, &self.backend.label())?;
        let path = self.journal_path();
        let journal = match std::fs::read(&path) {
            Ok(journal) => journal,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed("Unreadable journal", "cannot be read", &path, &error)),
        };
        let mut replayed = match journal.as_slice() {
            // The usual case: a digest of the whole state would be for nothing.
            [] => None,
            left => journal::replay(left, &path, &mut state, &digest(&bytes))?,
        };
        if let Some(replayed) = replayed.as_mut().filter(|_| journal::is_living(&path)) {
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
        let path = self.journal_path();
        self.write_if_changed(lock, state, |digest| journal::seal(&path, digest, &self.disk))?;
        let start = RunStart::new(plan_digest, &state.lineage, state.serial);
        Journal::create(&path, &start, carried, &self.disk)
    }

    /// Ends a run: writes the state, and removes the journal but for the writes of which no end is known.
    pub fn finish(&self, lock: &Lock, state: &mut State, journal: &Journal) -> Result<(), Diagnostic> {
        self.write_if_changed(lock, state, |digest| journal.seal(digest))?;
        let unfinished = journal.unfinished();
        if unfinished.is_empty() {
            return journal::remove(&self.journal_path(), &self.disk);
        }
        let start = RunStart::new("", &state.lineage, state.serial);
        journal::leave(&self.journal_path(), &start, &unfinished, &self.disk)
    }

    /// Writes the state when its contents differ from what is there, and removes the journal, of which all writes
    /// must have their end. The serial goes up by one; a first state gets its lineage. A state that somebody else
    /// wrote meanwhile is not overwritten.
    pub fn save(&self, lock: &Lock, state: &mut State) -> Result<(), Diagnostic> {
        let path = self.journal_path();
        self.write_if_changed(lock, state, |digest| journal::seal(&path, digest, &self.disk))?;
        journal::remove(&path, &self.disk)
    }

    fn write_if_changed(
        &self,
        lock: &Lock,
        state: &mut State,
        seal: impl FnOnce(&str) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let before = self.backend.read()?.unwrap_or_default();
        let recorded = format::read(&before, &self.backend.label())?;
        if recorded.lineage != state.lineage || recorded.serial != state.serial {
            return Err(self.overtaken(&recorded, state));
        }
        if same_contents(&recorded, state) {
            return Ok(());
        }
        if state.lineage.is_empty() {
            state.lineage = uuid::Uuid::new_v4().to_string();
        }
        state.serial += 1;
        TERRAFORM_VERSION.clone_into(&mut state.terraform_version);
        let bytes = format::write(state);
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
        let old = format::read(&bytes, &path.display().to_string())?;
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
        let recorded = self.backend.read()?.map(|bytes| format::read(&bytes, &self.backend.label())).transpose()?;
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
        let bytes = format::write(state);
        self.keep(&Version::of(&before, state, &lock.operation), &bytes)?;
        self.backend.write(&bytes)
    }

    fn journal_path(&self) -> PathBuf {
        self.backend.journal_path()
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::address::{Address, ProviderAddress};
    use crate::state::{Attributes, Change, Entry, Instance, LocalBackend};

    fn store(folder: &Path) -> Store {
        Store::new(LocalBackend::new(folder.join("terraform.tfstate")))
    }

    fn request() -> LockRequest {
        LockRequest { operation: "OperationTypeApply".into(), timeout: Duration::ZERO }
    }

    fn put(text: &str) -> Change {
        Change::Put {
            object: Address::parse(text).unwrap().into(),
            provider: ProviderAddress::default_of("p"),
            instance: Arc::new(Instance {
                attributes: Attributes::from_json(&serde_json::json!({ "id": text })),
                ..Instance::default()
            }),
        }
    }

    fn files(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| name != ".bowline");
        names.sort();
        names
    }

    /// A whole run; with `crash` it ends before anything is saved.
    fn run(folder: &Path, change: Change, crash: bool) {
        let store = store(folder);
        let lock = store.lock(&request(), |_| ()).unwrap();
        let mut state = store.load().unwrap().state;
        let journal = store.begin(&lock, &mut state, "plan", &[]).unwrap();
        state.apply(&change);
        journal.record(&Entry::Change(change)).unwrap();
        if !crash {
            store.finish(&lock, &mut state, &journal).unwrap();
            lock.release().unwrap();
        }
    }

    #[test]
    fn a_run_leaves_state_and_backup_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), put("a.b"), false);
        assert_eq!(files(folder.path()), ["terraform.tfstate"]);
        run(folder.path(), put("a.c"), false);
        assert_eq!(files(folder.path()), ["terraform.tfstate", "terraform.tfstate.backup"]);
        let state = store(folder.path()).load().unwrap().state;
        assert_eq!((state.serial, state.objects().count()), (2, 2));
    }

    #[test]
    fn the_serial_goes_up_only_when_something_changed() {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), put("a.b"), false);
        run(folder.path(), put("a.b"), false);
        assert_eq!(store(folder.path()).load().unwrap().state.serial, 1);
    }

    #[test]
    fn what_a_crashed_run_recorded_is_there_for_the_next() {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), put("a.b"), true);
        let found = store(folder.path()).load().unwrap();
        assert_eq!((found.state.objects().count(), found.replayed.unwrap().changes), (1, 1));
        run(folder.path(), put("a.c"), true);
        run(folder.path(), put("a.d"), false);
        let found = store(folder.path()).load().unwrap();
        assert_eq!(found.state.objects().count(), 3);
        assert_eq!(found.replayed, None);
    }

    #[test]
    fn a_crash_between_saving_and_removing_the_journal_folds_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let journal_path = folder.path().join(".bowline/journal.jsonl");
        run(folder.path(), put("a.b"), true);
        let store = store(folder.path());
        let lock = store.lock(&request(), |_| ()).unwrap();
        let mut state = store.load().unwrap().state;
        let mut journal = std::fs::read(&journal_path).unwrap();
        journal.extend_from_slice(b"{\"sum\":\"torn");
        std::fs::write(&journal_path, &journal).unwrap();
        state.serial += 1;
        state.lineage = "first".into();
        let bytes = format::write(&state);
        journal::seal(&journal_path, &digest(&bytes), &Disk::default()).unwrap();
        std::fs::write(folder.path().join("terraform.tfstate"), &bytes).unwrap();
        lock.release().unwrap();
        assert_eq!(store.load().unwrap().replayed, None);
    }

    #[test]
    fn a_journal_never_goes_into_a_state_that_somebody_else_wrote() {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), put("a.b"), true);
        let other = State { serial: 7, lineage: "other".into(), ..State::new() };
        std::fs::write(folder.path().join("terraform.tfstate"), format::write(&other)).unwrap();
        assert_eq!(store(folder.path()).load().unwrap_err().summary, "Journal of another state");
    }

    #[test]
    fn a_second_writer_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (store(folder.path()), store(folder.path()));
        let lock = first.lock(&request(), |_| ()).unwrap();
        let refusal = second.lock(&request(), |_| ()).unwrap_err();
        assert_eq!(refusal.summary, "Error acquiring the state lock");
        assert!(refusal.detail.contains("OperationTypeApply") && refusal.detail.contains('@'), "{}", refusal.detail);
        lock.release().unwrap();
        second.lock(&request(), |_| ()).unwrap().release().unwrap();
        assert_eq!(files(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn waiting_for_the_lock_ends_when_it_is_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (store(folder.path()), store(folder.path()));
        let lock = first.lock(&request(), |_| ()).unwrap();
        let (told, wait) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                wait.recv().unwrap();
                lock.release().unwrap();
            });
            let patient = LockRequest { timeout: Duration::from_secs(600), ..request() };
            second.lock(&patient, |_| told.send(()).unwrap()).unwrap();
        });
    }

    #[test]
    fn force_unlock_wants_the_id() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        assert!(store.force_unlock("x").is_err());
        let info = LockInfo::new("OperationTypePlan", "terraform.tfstate");
        let path = folder.path().join(".terraform.tfstate.lock.info");
        std::fs::write(&path, serde_json::to_vec(&info).unwrap()).unwrap();
        assert!(store.force_unlock("x").unwrap_err().detail.contains(&info.id));
        store.force_unlock(&info.id).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_state_of_another_lineage_or_an_older_serial_is_not_pushed() {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), put("a.b"), false);
        let store = store(folder.path());
        let lock = Lock::disabled("test");
        let here = store.load().unwrap().state;
        let other = State { lineage: "other".into(), ..here.clone() };
        let older = State { serial: 0, ..here.clone() };
        assert!(store.push(&lock, &other, false).is_err());
        assert!(store.push(&lock, &older, false).is_err());
        store.push(&lock, &State { serial: 5, ..here }, false).unwrap();
        store.push(&lock, &other, true).unwrap();
        assert_eq!(store.load().unwrap().state.lineage, "other");
    }
}
