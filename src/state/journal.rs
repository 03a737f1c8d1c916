//! What a run has done so far, line by line, so that a crash at any moment loses nothing.
//!
//! Each line is a JSON object `{"sum":"<CRC-32>","entry":<entry>}`. Before a request that changes something goes
//! out, its intent is on disk; what came of it follows. Appending costs the same whatever the size of the state,
//! and one write-through to disk serves all lines appended before it. At the end of the run the state file is
//! written and the journal removed; one that is found at the start is what a crash left behind.

//!
//! Where a backend has a place for it, the same lines go there too ([`Mirror`]), so that another machine can take them in.
//! With encryption each line is encrypted by itself.

mod entry;
mod lines;
mod pending;
mod place;
mod replay;

use std::fs::{File, TryLockError};
use std::io::{self, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::local::failed;
use crate::diagnostic::Diagnostic;

pub use entry::{Entry, RunStart, WriteAction};
use lines::LineCipher;
pub use pending::Unfinished;
pub use place::{Mirror, Place};
pub use replay::Replayed;
pub(super) use replay::replay;

/// The journal of the present run. Shared by everything that writes at the same time.
pub struct Journal {
    place: Place,
    cipher: Option<LineCipher>,
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
    /// How long the file is up to the last whole line.
    length: u64,
    /// What the mirror was not told yet.
    untold: Vec<u8>,
    /// Why the mirror is told nothing more.
    cut_off: Option<Diagnostic>,
    pending: pending::Pending,
}

impl Journal {
    /// Begins the journal of a run, with the writes of earlier runs that are still without an end. An older journal
    /// at that place must have been replayed and saved: it is replaced.
    pub fn create(place: &Place, start: &RunStart, carried: &[Unfinished]) -> Result<Self, Diagnostic> {
        refuse_living(&place.path)?;
        let start = RunStart { mirrored: place.mirror.is_some(), ..start.clone() };
        let cipher = place.cipher.as_ref().map(LineCipher::new).transpose()?;
        let bytes = lines::written(cipher.as_ref(), entries(&start, carried))?;
        let file = place.replace(&bytes)?;
        // Where files cannot be locked, the lock on the state protects the journal too.
        let _ = file.try_lock();
        let mut progress = Progress { length: bytes.len() as u64, ..Progress::default() };
        entries(&start, carried).for_each(|entry| progress.pending.hear(&entry));
        let progress = Mutex::new(progress);
        Ok(Self { place: place.clone(), cipher, file, progress, synced: Condvar::new() })
    }

    /// Adds a line. It survives the end of this process at once, a loss of power or of this machine after
    /// [`Journal::sync`].
    pub fn append(&self, entry: &Entry) -> Result<Ticket, Diagnostic> {
        let line = lines::line(self.cipher.as_ref(), entry)?;
        let mut progress = self.progress();
        if let Err(error) = self.place.disk.write(&self.file, &line) {
            // Half a line must not stand between two whole ones.
            let _ = self.file.set_len(progress.length);
            let _ = (&self.file).seek(SeekFrom::Start(progress.length));
            return Err(cannot_write(&self.place.path, &error));
        }
        progress.length += line.len() as u64;
        progress.appended += 1;
        if self.place.mirror.is_some() {
            progress.untold.extend(line);
        }
        progress.pending.hear(entry);
        Ok(Ticket(progress.appended))
    }

    /// Returns once the line of this ticket is on disk, and in the mirror. Whoever comes first writes through for all
    /// lines so far; those who come meanwhile wait and are served together by the next one.
    pub fn sync(&self, ticket: Ticket) -> Result<(), Diagnostic> {
        let mut progress = self.progress();
        while progress.synced < ticket.0 {
            if progress.syncing {
                progress = self.synced.wait(progress).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            if let Some(why) = &progress.cut_off {
                return Err(why.clone());
            }
            progress.syncing = true;
            let reached = progress.appended;
            let untold = std::mem::take(&mut progress.untold);
            drop(progress);
            let on_disk = self.place.disk.sync(&self.file).map_err(|error| cannot_write(&self.place.path, &error));
            let told = on_disk.as_ref().ok().map(|()| self.place.tell(&untold));
            progress = self.progress();
            progress.syncing = false;
            match told {
                Some(Ok(())) => progress.synced = progress.synced.max(reached),
                // Whether the mirror has the lines is not known: told again, it might have them twice.
                Some(Err(why)) => progress.cut_off = Some(why),
                None => progress.untold.splice(0..0, untold).for_each(drop),
            }
            self.synced.notify_all();
            on_disk?;
        }
        Ok(())
    }

    /// [`Journal::append`], then [`Journal::sync`].
    pub fn record(&self, entry: &Entry) -> Result<(), Diagnostic> {
        self.sync(self.append(entry)?)
    }

    /// The writes that were begun and of which no end is known.
    pub fn unfinished(&self) -> Vec<Unfinished> {
        self.progress().pending.all()
    }

    /// Notes that all of it is about to be part of a state file whose bytes have this digest. Done before that file
    /// is written, so that a crash between writing it and removing the journal is told from a state that somebody
    /// else wrote.
    pub(super) fn seal(&self, digest: &str) -> Result<(), Diagnostic> {
        self.record(&Entry::Saved { digest: digest.into() })
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// [`Journal::seal`] for a journal that an earlier run left, if there is one.
pub(super) fn seal(place: &Place, digest: &str) -> Result<(), Diagnostic> {
    // A torn line before this one ends here. It is no secret, so it needs no key.
    let mut bytes = b"\n".to_vec();
    bytes.extend(entry::to_line(&Entry::Saved { digest: digest.into() }));
    place.add(&bytes)
}

/// Leaves a journal that tells of nothing but unfinished writes.
pub(super) fn leave(place: &Place, start: &RunStart, unfinished: &[Unfinished]) -> Result<(), Diagnostic> {
    let start = RunStart { mirrored: place.mirror.is_some(), ..start.clone() };
    let cipher = place.cipher.as_ref().map(LineCipher::new).transpose()?;
    place.replace(&lines::written(cipher.as_ref(), entries(&start, unfinished))?).map(drop)
}

fn entries(start: &RunStart, unfinished: &[Unfinished]) -> impl Iterator<Item = Entry> {
    std::iter::once(Entry::Start(start.clone())).chain(unfinished.iter().flat_map(Unfinished::entries))
}

/// Whether a process writes the journal at `path` at this moment: whoever does so holds a lock on it.
pub(super) fn is_living(path: &Path) -> bool {
    matches!(File::open(path).map(|file| file.try_lock()), Ok(Err(TryLockError::WouldBlock)))
}

/// With `-lock=false` the journal is all that tells of another run.
fn refuse_living(path: &Path) -> Result<(), Diagnostic> {
    if !is_living(path) {
        return Ok(());
    }
    Err(Diagnostic::error(
        "Another run is at work",
        format!(
            "Another run writes {} at this moment, though the state is not locked: -lock=false was given. Nothing was \
             changed. Wait for that run to end.",
            path.display()
        ),
    ))
}

fn cannot_write(path: &Path, error: &io::Error) -> Diagnostic {
    failed("Journal not written", "cannot be written, so no further change is begun", path, error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::address::{Address, ProviderAddress};
    use crate::provider::Intent;
    use crate::state::{Attributes, Change, DeposedKey, Disk, Instance, ObjectAddress, State, format};

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
        let id = format!("/subscriptions/s/{number}");
        let intent = Intent { method: "PUT", id, version: "2024-01-01".into(), digest: "00ff".into() };
        let provider = ProviderAddress::default_of("p");
        Entry::Intent { object: address(number).into(), action: WriteAction::Create, provider, intent }
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

    fn at(path: &Path) -> Place {
        Place::new(path, &Disk::default())
    }

    fn written(entries: &[Entry]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".bowline/journal.jsonl");
        let journal = Journal::create(&at(&path), &RunStart::default(), &[]).unwrap();
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
        let [sent] = told.unfinished[0].sent.as_slice() else { panic!("{told:?}") };
        assert_eq!((sent.operation.as_deref(), &*sent.intent.id), (Some("http://x/op"), "/subscriptions/s/1"));
    }

    #[test]
    fn many_writers_share_one_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let journal = Journal::create(&at(&path), &RunStart::default(), &[]).unwrap();
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
        assert_eq!(journal.unfinished(), []);
    }

    #[test]
    fn what_has_no_end_goes_on_into_the_next_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let operation = Entry::Operation { object: address(1).into(), url: "http://x/op".into() };
        let (_, before) = replayed(&written(&[intent(1), operation]));
        let journal = Journal::create(&at(&path), &RunStart::default(), &before.unfinished).unwrap();
        assert_eq!(journal.unfinished(), before.unfinished);
        let (_, after) = replayed(&std::fs::read(&path).unwrap());
        assert_eq!(after.unfinished, before.unfinished);
    }

    #[test]
    fn a_write_that_fails_half_way_leaves_whole_lines_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let place = Place { disk: Disk::faulty("full@8").unwrap(), ..at(&path) };
        // Creating takes four changes: the new file, its bytes, their sync, the name and its folder make five.
        let journal = Journal::create(&place, &RunStart::default(), &[]).unwrap();
        journal.record(&intent(0)).unwrap();
        assert!(journal.append(&intent(1)).is_err());
        let (_, told) = replayed(&std::fs::read(&path).unwrap());
        assert_eq!(told.unfinished.len(), 1);
    }

    #[test]
    fn a_journal_that_is_being_written_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let create = || Journal::create(&at(&path), &RunStart::default(), &[]);
        let first = create().unwrap();
        assert_eq!(create().err().unwrap().summary, "Another run is at work");
        drop(first);
        create().unwrap();
    }
}
