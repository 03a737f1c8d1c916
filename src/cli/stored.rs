//! Reaching the recorded state from a command that needs nothing else.

use std::path::PathBuf;

use super::flags::{LockFlags, StateFlags};
use super::invocation::Invocation;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::{Disk, LocalBackend, Lock, LockRequest, State, Store};

/// The store of the selected workspace, or of the file that `-state` names.
pub fn store(invocation: &Invocation, state: Option<&PathBuf>) -> Result<Store, Diagnostic> {
    let path = match state {
        Some(path) => path.clone(),
        None => invocation.workspaces().state_path(&invocation.workspace()?),
    };
    on_disk(LocalBackend::new(path), invocation)
}

/// The same with all flags.
pub fn store_with(invocation: &Invocation, flags: &StateFlags) -> Result<Store, Diagnostic> {
    let path = invocation.workspaces().state_path(&invocation.workspace()?);
    on_disk(flags.backend(path), invocation)
}

/// The disk is sound unless `BOWLINE_DISK_FAULT` asks for a fault, as the tests do.
fn on_disk(backend: LocalBackend, invocation: &Invocation) -> Result<Store, Diagnostic> {
    let disk = match invocation.variable("BOWLINE_DISK_FAULT") {
        None => Disk::default(),
        Some(text) => Disk::faulty(text).ok_or_else(|| {
            let detail = format!("BOWLINE_DISK_FAULT is {text:?}; it must be kill@N, torn@N, error@N or full@N.");
            Diagnostic::error("Unknown disk fault", detail)
        })?,
    };
    Ok(Store::new(backend.on(disk.clone())).on(disk))
}

/// Takes the lock as the flags say.
pub fn lock(store: &Store, flags: &LockFlags, operation: &str, invocation: &Invocation) -> Result<Lock, Diagnostic> {
    if !flags.lock {
        return Ok(Lock::disabled());
    }
    let request = LockRequest { operation: operation.into(), timeout: flags.lock_timeout };
    store.lock(&request, |holder| {
        if !invocation.json {
            invocation
                .print_line(&format!("Waiting for the state lock, held by {} since {}...", holder.who, holder.created));
        }
    })
}

/// Changes the state under its lock and saves it.
pub fn change<T>(
    store: &Store,
    flags: &LockFlags,
    operation: &str,
    invocation: &Invocation,
    change: impl FnOnce(&mut State) -> Result<T, Diagnostics>,
) -> Result<T, Diagnostics> {
    let lock = lock(store, flags, operation, invocation)?;
    let loaded = store.load()?;
    if let Some(unfinished) = loaded.unfinished().first() {
        return Err(Diagnostic::error(
            "Interrupted run",
            format!(
                "An earlier run was interrupted while it was to {} {}; the state does not say yet what came of it. Run \
                 \"apply\" first, which finds out and records it.",
                unfinished.action, unfinished.object
            ),
        )
        .into());
    }
    let mut state = loaded.state;
    let result = change(&mut state)?;
    store.save(&lock, &mut state)?;
    lock.release()?;
    Ok(result)
}
