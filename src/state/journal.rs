//! What a run has done so far, line by line, so that a crash at any moment loses nothing.
//!
//! Each line is a JSON object `{"sum":"<CRC-32>","entry":<entry>}`. Before a request that changes something goes
//! out, its intent is on disk; what came of it follows. Appending costs the same whatever the size of the state,
//! and one write-through to disk serves all lines appended before it. At the end of the run the state file is
//! written and the journal removed; one that is found at the start is what a crash left behind.

mod entry;
mod replay;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::local::{failed, make_parent, parent, private_file, sync_folder};
use crate::diagnostic::Diagnostic;

pub use entry::{Entry, RunStart, WriteAction};
pub(super) use replay::replay;
pub use replay::{Replayed, Unfinished};

/// The journal of the present run. Shared by everything that writes at the same time.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    progress: Mutex<Progress>,
    synced: Condvar,
}

/// Which line an [`Journal::append`] wrote, to wait for with [`Journal::sync`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

#[derive(Debug, Default)]
struct Progress {
    appended: u64,
    synced: u64,
    syncing: bool,
}

impl Journal {
    /// Begins the journal of a run. An older one at `path` must have been replayed and saved: it is replaced.
    pub fn create(path: &Path, start: &RunStart) -> Result<Self, Diagnostic> {
        let cannot = |error: io::Error| cannot_write(path, &error);
        make_parent(path).map_err(cannot)?;
        let file = private_file().truncate(true).open(path).map_err(cannot)?;
        sync_folder(parent(path)).map_err(cannot)?;
        let journal = Self { path: path.into(), file, progress: Mutex::default(), synced: Condvar::new() };
        journal.append(&Entry::Start(start.clone()))?;
        Ok(journal)
    }

    /// Adds a line. It survives the end of this process at once, a loss of power after [`Journal::sync`].
    pub fn append(&self, entry: &Entry) -> Result<Ticket, Diagnostic> {
        let line = entry::to_line(entry);
        let mut progress = self.progress();
        (&self.file).write_all(&line).map_err(|error| cannot_write(&self.path, &error))?;
        progress.appended += 1;
        Ok(Ticket(progress.appended))
    }

    /// Returns once the line of this ticket is on disk. Whoever comes first writes through for all lines so far;
    /// those who come meanwhile wait and are served together by the next one.
    pub fn sync(&self, ticket: Ticket) -> Result<(), Diagnostic> {
        let mut progress = self.progress();
        while progress.synced < ticket.0 {
            if progress.syncing {
                progress = self.synced.wait(progress).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            progress.syncing = true;
            let reached = progress.appended;
            drop(progress);
            let result = self.file.sync_data();
            progress = self.progress();
            progress.syncing = false;
            if result.is_ok() {
                progress.synced = progress.synced.max(reached);
            }
            self.synced.notify_all();
            result.map_err(|error| cannot_write(&self.path, &error))?;
        }
        Ok(())
    }

    /// [`Journal::append`], then [`Journal::sync`].
    pub fn record(&self, entry: &Entry) -> Result<(), Diagnostic> {
        self.sync(self.append(entry)?)
    }

    /// Removes the journal: all it holds is in the state file.
    pub fn finish(self) -> Result<(), Diagnostic> {
        drop(self.file);
        remove(&self.path)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes in the journal at `path`, if there is one, that all of it is part of the state file whose bytes have this
/// digest. Done before that file is written, so that a crash between writing it and removing the journal is told
/// from a state that somebody else wrote.
pub(super) fn seal(path: &Path, digest: &str) -> Result<(), Diagnostic> {
    let cannot = |error: io::Error| cannot_write(path, &error);
    let mut file = match OpenOptions::new().append(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(cannot)?,
    };
    // A torn line before this one ends here.
    file.write_all(b"\n").map_err(cannot)?;
    file.write_all(&entry::to_line(&Entry::Saved { digest: digest.into() })).map_err(cannot)?;
    file.sync_data().map_err(cannot)
}

/// Removes the journal at `path`, if there is one.
pub(super) fn remove(path: &Path) -> Result<(), Diagnostic> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("Journal not removed", "cannot be removed", path, &error))
        }
        _ => Ok(()),
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Diagnostic {
    failed("Journal not written", "cannot be written, so no further change is begun", path, error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::address::{Address, ProviderAddress};
    use crate::provider::Intent;
    use crate::state::{Attributes, Change, DeposedKey, Instance, ObjectAddress, State, format};

    fn address(number: u8) -> Address {
        Address::parse(&format!("module.m[\"k\"].a.b[{number}]")).unwrap()
    }

    fn put(number: u8, id: &str) -> Change {
        let instance = Instance {
            attributes: Attributes::from_json(&serde_json::json!({ "id": id, "size": 1.50 })),
            private: vec![1, 2],
            tainted: number == 3,
            ..Instance::default()
        };
        Change::Put {
            object: address(number).into(),
            provider: ProviderAddress::default_of("p"),
            instance: Arc::new(instance),
        }
    }

    fn intent(number: u8) -> Entry {
        let intent = Intent { method: "PUT", id: format!("/subscriptions/s/{number}"), digest: "00ff".into() };
        Entry::Intent { object: address(number).into(), action: WriteAction::Create, intent }
    }

    fn change() -> impl Strategy<Value = Change> {
        let key = DeposedKey::parse("0000000a").unwrap();
        let other = key.clone();
        prop_oneof![
            (0u8..4, "[a-z\"\n<é]{0,8}").prop_map(|(number, id)| put(number, &id)),
            (0u8..4).prop_map(|number| Change::Remove { object: address(number).into() }),
            (0u8..4).prop_map(move |number| Change::Depose { address: address(number), key: key.clone() }),
            (0u8..4).prop_map(move |number| Change::Restore { address: address(number), key: other.clone() }),
        ]
    }

    fn written(entries: &[Entry]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".bowline/journal.jsonl");
        let journal = Journal::create(&path, &RunStart::default()).unwrap();
        for entry in entries {
            journal.record(entry).unwrap();
        }
        std::fs::read(path).unwrap()
    }

    fn replayed(bytes: &[u8]) -> (State, Replayed) {
        let mut state = State::new();
        let replayed = replay(bytes, Path::new("j"), &mut state, "").unwrap();
        (state, replayed.unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_journal_cut_off_anywhere_gives_the_changes_whose_lines_are_whole(
            changes in prop::collection::vec(change(), 0..12),
            cut in any::<prop::sample::Index>(),
        ) {
            let entries: Vec<_> = changes.iter().cloned().map(Entry::Change).collect();
            let bytes = written(&entries);
            let first = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
            let kept = &bytes[..first + cut.index(bytes.len() - first + 1)];
            let whole = kept.split(|b| *b == b'\n').count() - 2;

            let mut expected = State::new();
            for change in &changes[..whole] {
                expected.apply(change);
            }
            let (state, found) = replayed(kept);
            prop_assert_eq!(format::write(&state), format::write(&expected));
            prop_assert_eq!(found.changes, whole);
        }

        #[test]
        fn a_flipped_bit_before_the_last_line_is_noticed(at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let mut bytes = written(&[Entry::Change(put(0, "x")), Entry::Change(put(1, "y"))]);
            let last = bytes[..bytes.len() - 1].iter().rposition(|b| *b == b'\n').unwrap();
            bytes[at.index(last)] ^= 1 << bit;
            prop_assert!(replay(&bytes, Path::new("j"), &mut State::new(), "").is_err());
        }
    }

    #[test]
    fn writes_without_an_end_are_told_with_their_last_request() {
        let object = ObjectAddress::from(address(1));
        let operation = Entry::Operation { object: object.clone(), url: "http://x/op".into() };
        let (_, told) = replayed(&written(&[
            intent(0),
            intent(1),
            operation,
            Entry::Change(put(0, "x")),
            intent(2),
            Entry::Settled { object: address(2).into() },
        ]));
        assert_eq!(told.unfinished.len(), 1);
        assert_eq!(told.unfinished[0].object, object);
        assert_eq!(told.unfinished[0].operation.as_deref(), Some("http://x/op"));
        assert_eq!(told.unfinished[0].intent.id, "/subscriptions/s/1");
    }

    #[test]
    fn many_writers_share_one_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let journal = Journal::create(&path, &RunStart::default()).unwrap();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let journal = &journal;
                scope.spawn(move || {
                    for _ in 0..20 {
                        journal.record(&intent(number)).unwrap();
                        journal.record(&Entry::Change(put(number, "x"))).unwrap();
                    }
                });
            }
        });
        let (state, told) = replayed(&std::fs::read(&path).unwrap());
        assert_eq!((state.objects().count(), told.changes, told.unfinished.len()), (8, 160, 0));
        journal.finish().unwrap();
        assert!(!path.exists());
    }
}
