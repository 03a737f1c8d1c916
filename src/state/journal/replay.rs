//! A left-over journal, folded into the state it builds on.

use std::path::Path;

use super::entry::{Entry, RunStart, from_line};
use super::pending::{Pending, Unfinished};
use crate::diagnostic::Diagnostic;
use crate::state::State;

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
    let entries = entries(bytes, path)?;
    let start = match entries.first() {
        None => return Ok(None),
        Some(Entry::Start(start)) => start.clone(),
        Some(_) => return Err(damaged(path, 1)),
    };
    let mut pending = Pending::default();
    for entry in &entries {
        pending.hear(entry);
    }
    let unfinished = pending.all();
    let saved = entries.iter().any(|entry| matches!(entry, Entry::Saved { digest: saved } if saved == digest));
    if saved {
        // The changes are in the state file already; what has no end has none there either.
        return Ok((!unfinished.is_empty()).then_some(Replayed { start, changes: 0, unfinished }));
    }
    if start.lineage != state.lineage || start.serial != state.serial {
        return Err(foreign(path, &start, state));
    }
    let mut changes = 0;
    for entry in &entries {
        if let Entry::Change(change) = entry {
            state.apply(change);
            changes += 1;
        }
    }
    Ok(Some(Replayed { start, changes, unfinished }))
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
