//! Runs, crashes and other writers, on a real folder.

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
    journal::seal(&store.journal(), &digest(&bytes)).unwrap();
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
