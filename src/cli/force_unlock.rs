//! `bowline force-unlock`

use super::Exit;
use super::flags::parse_bool;
use super::invocation::Invocation;
use super::stored;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Break the lock of a run that is certainly over
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Do not ask
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    force: bool,
    /// The lock's ID, as the refusal of a run showed it
    id: String,
}

/// Breaks the lock of that ID.
pub fn run(arguments: &Arguments, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let store = stored::store(invocation, None)?;
    if !arguments.force {
        let answer = invocation.ask(
            "Do you really want to force-unlock?\n  Bowline will remove the lock on the state.\n  This will allow \
             others to write it, even though a run may still be at work.\n  Only 'yes' will be accepted to \
             confirm.\n\n  Enter a value: ",
        );
        if answer.as_deref() != Some("yes") {
            return Err(Diagnostic::error("Force-unlock cancelled", "Nothing was changed.").into());
        }
    }
    store.force_unlock(&arguments.id)?;
    invocation.print_line("Bowline state has been successfully unlocked!");
    Ok(Exit::Success)
}
