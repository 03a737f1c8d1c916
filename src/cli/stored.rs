//! Reaching the recorded state from a command that needs nothing else.

use std::path::{Path, PathBuf};

use super::backend::{self, Chosen};
use super::flags::{LockFlags, StateFlags};
use super::invocation::Invocation;
use crate::config::Backend as Block;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::{Disk, LocalBackend, Lock, LockRequest, State, Store, Unfinished, Workspaces};

/// The store of the selected workspace, or of the file that `-state` names.
pub fn store(invocation: &Invocation, state: Option<&PathBuf>) -> Result<Store, Diagnostics> {
    if let Some(path) = state {
        return on_disk(LocalBackend::new(path), invocation);
    }
    of_workspace(&invocation.workspace()?, invocation)
}

/// The store of a workspace.
pub fn of_workspace(workspace: &str, invocation: &Invocation) -> Result<Store, Diagnostics> {
    match Chosen::settled(&invocation.data_folder())? {
        None => on_disk(LocalBackend::new(invocation.workspaces().state_path(workspace)), invocation),
        Some(chosen) => chosen_store(&chosen, workspace, invocation),
    }
}

/// The store of a workspace in a backend.
pub fn chosen_store(chosen: &Chosen, workspace: &str, invocation: &Invocation) -> Result<Store, Diagnostics> {
    match chosen.kind.as_str() {
        "local" => on_disk(LocalBackend::new(chosen.local_path(workspace)), invocation),
        "azurerm" => Ok(shared(Store::new(chosen.blob(workspace, &invocation.environment)?), invocation)?),
        "pg" => Ok(shared(Store::new(chosen.row(workspace, &invocation.environment)?), invocation)?),
        "http" => Ok(shared(Store::new(chosen.address(workspace, &invocation.environment)?), invocation)?),
        other => Err(backend::unsupported(other).into()),
    }
}

/// The store of a run that plans. What is simulated never goes to a state that a team shares: it has one of its own, unless
/// `BOWLINE_SIMULATED_STATE=backend` says that the backend is there to rehearse with.
pub fn of_run(
    block: Option<&Block>,
    simulated: bool,
    flags: &StateFlags,
    invocation: &Invocation,
) -> Result<Store, Diagnostics> {
    let rehearses = invocation.variable("BOWLINE_SIMULATED_STATE") == Some("backend");
    if simulated && !rehearses && block.is_some_and(|block| &*block.kind != "local") {
        let own = Workspaces::new(&Path::new(".bowline").join("simulated"), &invocation.data_folder());
        return on_disk(flags.backend(own.state_path(&invocation.workspace()?)), invocation);
    }
    refuse_unsettled(block, invocation)?;
    store_with(invocation, flags)
}

/// The same with all flags.
pub fn store_with(invocation: &Invocation, flags: &StateFlags) -> Result<Store, Diagnostics> {
    let workspace = invocation.workspace()?;
    match Chosen::settled(&invocation.data_folder())? {
        Some(chosen) if chosen.kind != "local" => chosen_store(&chosen, &workspace, invocation),
        Some(chosen) => on_disk(flags.backend(chosen.local_path(&workspace)), invocation),
        None => on_disk(flags.backend(invocation.workspaces().state_path(&workspace)), invocation),
    }
}

/// Refuses to work while what a `backend` block says is not what `init` settled.
fn refuse_unsettled(block: Option<&Block>, invocation: &Invocation) -> Result<(), Diagnostics> {
    let settled = Chosen::settled(&invocation.data_folder())?;
    let (why, block) = match (block, settled) {
        (None, None) => return Ok(()),
        (Some(block), Some(settled)) if settled.fits(block)? => return Ok(()),
        (Some(block), None) => {
            (format!("Initial configuration of the requested backend \"{}\"", block.kind), Some(block))
        }
        (Some(block), Some(_)) => ("Backend configuration block has changed".to_owned(), Some(block)),
        (None, Some(settled)) => (format!("Unsetting the previously set backend \"{}\"", settled.kind), None),
    };
    let mut diagnostic = Diagnostic::error(
        "Backend initialization required, please run \"bowline init\"",
        format!(
            "Reason: {why}\n\nThe \"backend\" is where the state of the stack is kept. It is settled by \"bowline init\", so that \
             no run looks for the state in the wrong place. Your infrastructure and your state have not been changed."
        ),
    );
    if let Some(block) = block {
        diagnostic = diagnostic.at(block.block.header);
    }
    Err(diagnostic.into())
}

/// The disk is sound unless `BOWLINE_DISK_FAULT` asks for a fault, as the tests do.
fn on_disk(backend: LocalBackend, invocation: &Invocation) -> Result<Store, Diagnostics> {
    let disk = disk(invocation)?;
    let encryption = invocation.encryption()?.encryption.clone();
    Ok(Store::new(backend.on(disk.clone())).on(disk).encrypted(encryption))
}

/// The store of a state that others reach too. `BOWLINE_REMOTE_JOURNAL=false` keeps the journal on this machine, for who
/// may write nothing there but the state.
fn shared(store: Store, invocation: &Invocation) -> Result<Store, Diagnostics> {
    let store = store.on(disk(invocation)?).encrypted(invocation.encryption()?.encryption.clone());
    let alone = invocation.variable("BOWLINE_REMOTE_JOURNAL").is_some_and(|text| matches!(text, "0" | "false" | "off"));
    Ok(if alone { store.without_mirror() } else { store })
}

fn disk(invocation: &Invocation) -> Result<Disk, Diagnostic> {
    match invocation.variable("BOWLINE_DISK_FAULT") {
        None => Ok(Disk::default()),
        Some(text) => Disk::faulty(text).ok_or_else(|| {
            let detail = format!("BOWLINE_DISK_FAULT is {text:?}; it must be kill@N, torn@N, error@N or full@N.");
            Diagnostic::error("Unknown disk fault", detail)
        }),
    }
}

/// Takes the lock as the flags say.
pub fn lock(store: &Store, flags: &LockFlags, operation: &str, invocation: &Invocation) -> Result<Lock, Diagnostic> {
    if !flags.lock {
        return Ok(Lock::disabled(operation));
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
        return Err(interrupted(unfinished).into());
    }
    let mut state = loaded.state;
    let result = change(&mut state)?;
    store.save(&lock, &mut state)?;
    lock.release()?;
    Ok(result)
}

/// Why a state is not worked on by hand while it is not known what came of a write.
pub fn interrupted(unfinished: &Unfinished) -> Diagnostic {
    Diagnostic::error(
        "Interrupted run",
        format!(
            "An earlier run was interrupted while it was to {} {}; the state does not say yet what came of it. Run \"apply\" \
             first, which finds out and records it.",
            unfinished.action, unfinished.object
        ),
    )
}
