//! Settling the backend of a stack, and taking the state along when it changes.

use super::backend::Chosen;
use super::invocation::Invocation;
use super::{stored, workspace};
use crate::config::Backend as Block;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::{LockRequest, Store};

/// What the flags of `init` ask for when the backend has changed.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// Take the state along.
    pub migrate: bool,
    /// Leave it where it is.
    pub reconfigure: bool,
}

/// Settles the backend that the configuration asks for.
pub fn initialize(
    block: Option<&Block>,
    additions: &[String],
    wish: Wish,
    invocation: &Invocation,
) -> Result<(), Diagnostics> {
    let data = invocation.data_folder();
    let wanted = block.map(|block| Chosen::configured(block, additions)).transpose()?;
    let before = if wish.reconfigure { None } else { Chosen::settled(&data)? };
    if before == wanted {
        return Ok(());
    }
    // What is only in -backend-config need not be given again while the block stays as it is.
    if let (Some(before), Some(block), true) = (&before, block, additions.is_empty())
        && before.fits(block)?
    {
        return Ok(());
    }
    if before.is_some() && !wish.migrate {
        return Err(Diagnostic::error(
            "Backend configuration changed",
            "A change in the backend configuration has been detected, which may require migrating existing state.\n\nIf \
             you wish to attempt automatic migration of the state, use \"bowline init -migrate-state\".\nIf you wish to \
             store the current configuration with no changes to the state, use \"bowline init -reconfigure\".",
        )
        .into());
    }
    if !wish.reconfigure {
        take_along(before.as_ref(), wanted.as_ref(), wish, invocation)?;
    }
    match &wanted {
        Some(chosen) => {
            chosen.settle(&data)?;
            invocation.print_line(&format!(
                "\nSuccessfully configured the backend \"{}\"! Bowline will automatically\nuse this backend unless the backend \
                 configuration changes.",
                chosen.kind
            ));
        }
        None => {
            Chosen::forget(&data)?;
            invocation.print_line("\nSuccessfully unset the backend. Bowline will now keep the state in a local file.");
        }
    }
    Ok(())
}

/// Copies the states of all workspaces to their new places. Where there is room for one state only, that of the selected
/// workspace is copied there.
fn take_along(
    before: Option<&Chosen>,
    wanted: Option<&Chosen>,
    wish: Wish,
    invocation: &Invocation,
) -> Result<(), Diagnostics> {
    let local = Chosen { kind: "local".into(), settings: std::collections::BTreeMap::default() };
    let (from, to) = (before.unwrap_or(&local), wanted.unwrap_or(&local));
    let names = workspace::of_backend(before, invocation)?;
    if to.kind == "http" {
        let selected = invocation.workspace()?;
        if names.len() > 1 {
            invocation.print_line(&format!(
                "The backend \"http\" keeps one state: that of the workspace \"{selected}\" is copied to it, the others stay."
            ));
        }
        let stores =
            (stored::chosen_store(from, &selected, invocation)?, stored::chosen_store(to, "default", invocation)?);
        copy(&stores.0, &stores.1, wish, invocation)?;
        return if selected == "default" { Ok(()) } else { Ok(invocation.workspaces().choose("default")?) };
    }
    for name in names {
        let stores = (stored::chosen_store(from, &name, invocation)?, stored::chosen_store(to, &name, invocation)?);
        copy(&stores.0, &stores.1, wish, invocation)?;
    }
    Ok(())
}

/// Copies a state to its new place, under both locks.
fn copy(from: &Store, to: &Store, wish: Wish, invocation: &Invocation) -> Result<(), Diagnostics> {
    if from.label() == to.label() {
        return Ok(());
    }
    let request = LockRequest { operation: "migration source state".into(), timeout: std::time::Duration::ZERO };
    let source = from.lock(&request, |_| ())?;
    let found = from.load()?;
    if found.state.lineage.is_empty() && found.state.is_empty() {
        return Ok(source.release()?);
    }
    if let Some(unfinished) = found.unfinished().first() {
        return Err(stored::interrupted(unfinished).into());
    }
    if !wish.migrate && !confirmed(from, to, invocation) {
        return Err(Diagnostic::error(
            "State not migrated",
            format!(
                "There is a state in {}, and the backend is another one now. Give -migrate-state to copy it to {}, or \
                 -reconfigure to leave it where it is.",
                from.label(),
                to.label()
            ),
        )
        .into());
    }
    let request = LockRequest { operation: "migration destination state".into(), ..request };
    let destination = to.lock(&request, |_| ())?;
    let there = to.load()?.state;
    if !there.lineage.is_empty() && there.lineage != found.state.lineage && !there.is_empty() {
        return Err(Diagnostic::error(
            "State not migrated",
            format!(
                "{} holds the state of another stack, of lineage {:?}; {} is of lineage {:?}. Nothing was changed. Choose \
                 another place, or remove what is there.",
                to.label(),
                there.lineage,
                from.label(),
                found.state.lineage
            ),
        )
        .into());
    }
    to.push(&destination, &found.state, there.is_empty())?;
    destination.release()?;
    source.release()?;
    invocation.print_line(&format!("The state was copied from {} to {}.", from.label(), to.label()));
    Ok(())
}

fn confirmed(from: &Store, to: &Store, invocation: &Invocation) -> bool {
    let question = format!(
        "Do you want to copy existing state to the new backend?\n  There is a state in {}. Do you want to copy it to {}?\n  \
         Enter \"yes\" to copy and \"no\" to start with an empty state.\n\n  Enter a value: ",
        from.label(),
        to.label()
    );
    invocation.may_ask(true) && invocation.ask(&question).as_deref() == Some("yes")
}
