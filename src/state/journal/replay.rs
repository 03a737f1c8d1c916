//! A left-over journal, folded into the state it builds on.

use std::path::Path;

use super::entry::{Entry, RunStart, WriteAction, from_line};
use crate::diagnostic::Diagnostic;
use crate::provider::Intent;
use crate::state::{Change, ObjectAddress, State};

/// A write of which the journal tells the beginning but not the end: it may have happened or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The object.
    pub object: ObjectAddress,
    /// What was being done to it.
    pub action: WriteAction,
    /// The last request that was about to be sent.
    pub intent: Intent,
    /// Where the service said to ask for the end of that request.
    pub operation: Option<String>,
}

/// What a left-over journal told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// The run that left it.
    pub start: RunStart,
    /// How many changes were folded in.
    pub changes: usize,
    /// The writes without an end, in the order in which they began.
    pub unfinished: Vec<Unfinished>,
}

/// Folds the journal's bytes into `state`, which was read from a file with that digest; `None` when there is nothing
/// to fold in. A torn line at the end of what a run wrote is what a crash in the middle of writing leaves, and nothing
/// was done on the strength of it. Damage anywhere else is refused.
pub fn replay(bytes: &[u8], path: &Path, state: &mut State, digest: &str) -> Result<Option<Replayed>, Diagnostic> {
    let mut entries = entries(bytes, path)?.into_iter();
    let start = match entries.next() {
        None => return Ok(None),
        Some(Entry::Start(start)) => start,
        Some(_) => return Err(damaged(path, 1)),
    };
    if entries.as_slice().iter().any(|entry| matches!(entry, Entry::Saved { digest: saved } if saved == digest)) {
        return Ok(None);
    }
    if start.lineage != state.lineage || start.serial != state.serial {
        return Err(foreign(path, &start, state));
    }
    let mut replayed = Replayed { start, changes: 0, unfinished: Vec::new() };
    entries.for_each(|entry| fold(entry, state, &mut replayed));
    Ok(Some(replayed))
}

fn entries(bytes: &[u8], path: &Path) -> Result<Vec<Entry>, Diagnostic> {
    let mut entries = Vec::new();
    let mut torn = None;
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if line == b"\n" {
            continue;
        }
        let entry = line.strip_suffix(b"\n").and_then(from_line);
        match (&entry, torn) {
            // A run that saves after a crash writes behind the torn line.
            (Some(Entry::Saved { .. }), _) => torn = None,
            (_, Some(line)) => return Err(damaged(path, line)),
            (None, None) => torn = Some(number + 1),
            (Some(_), None) => {}
        }
        entries.extend(entry);
    }
    Ok(entries)
}

fn fold(entry: Entry, state: &mut State, replayed: &mut Replayed) {
    let unfinished = &mut replayed.unfinished;
    match entry {
        Entry::Start(_) | Entry::Saved { .. } => {}
        Entry::Intent { object, action, intent } => {
            // A later request of the same write says more about where it stood than an earlier one.
            unfinished.retain(|earlier| earlier.object != object);
            unfinished.push(Unfinished { object, action, intent, operation: None });
        }
        Entry::Operation { object, url } => {
            if let Some(pending) = unfinished.iter_mut().find(|pending| pending.object == object) {
                pending.operation = Some(url);
            }
        }
        Entry::Change(change) => {
            if let Change::Put { object, .. } | Change::Remove { object } = &change {
                unfinished.retain(|pending| pending.object != *object);
            }
            state.apply(&change);
            replayed.changes += 1;
        }
        Entry::Settled { object } => unfinished.retain(|pending| pending.object != object),
    }
}

fn damaged(path: &Path, line: usize) -> Diagnostic {
    Diagnostic::error(
        "Damaged journal",
        format!(
            "{} holds what an interrupted run has done, and line {line} of it cannot be read. Nothing was changed. \
             Move the file away to go on without it; then compare the plan with what exists, since steps of that run \
             may be missing from the state.",
            path.display()
        ),
    )
}

fn foreign(path: &Path, start: &RunStart, state: &State) -> Diagnostic {
    Diagnostic::error(
        "Journal of another state",
        format!(
            "{} was left by a run of {} (begun {}) on serial {} of lineage {:?}, but the state is now serial {} of \
             lineage {:?}: it was replaced meanwhile. Nothing was changed. Restore the state of that time, or move the \
             journal away to go on without it.",
            path.display(),
            start.who,
            start.created,
            start.serial,
            start.lineage,
            state.serial,
            state.lineage,
        ),
    )
}
