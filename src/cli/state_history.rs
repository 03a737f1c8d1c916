//! `bowline state history` and `bowline state restore`

use super::Exit;
use super::flags::{StateFlags, parse_bool};
use super::invocation::Invocation;
use super::stored;
use crate::diagnostic::Diagnostics;
use crate::state::{State, Version};

/// The arguments of `state history`.
#[derive(Debug, clap::Args)]
pub struct History {
    #[command(flatten)]
    state: StateFlags,
    /// Print JSON
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    json: bool,
}

/// The arguments of `state restore`.
#[derive(Debug, clap::Args)]
pub struct Restore {
    #[command(flatten)]
    state: StateFlags,
    /// The version's serial, as "state history" tells it
    serial: u64,
}

/// Lists the versions, newest first.
pub fn history(arguments: &History, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let versions = stored::store_with(invocation, &arguments.state)?.history()?;
    if arguments.json {
        invocation.print_line(&serde_json::to_string(&versions).unwrap_or_default());
        return Ok(Exit::Success);
    }
    for Version { serial, who, created, operation, added, changed, removed, .. } in versions.iter().rev() {
        invocation.print_line(&format!(
            "{serial:>5}  {created}  {who}  {operation}: {added} added, {changed} changed, {removed} removed"
        ));
    }
    Ok(Exit::Success)
}

/// Records once more what a version said, as the next one.
pub fn restore(arguments: &Restore, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let store = stored::store_with(invocation, &arguments.state)?;
    let serial = arguments.serial;
    stored::change(&store, &arguments.state.lock, "state-restore", invocation, |state: &mut State| {
        *state = store.restored(state, serial)?;
        Ok(())
    })?;
    invocation.print_line(&format!(
        "The state says again what version {serial} said. Nothing but the state was changed: run \"bowline plan\" to see \
         where what exists differs from it."
    ));
    Ok(Exit::Success)
}
