//! `bowline metadata`

use super::Exit;
use super::invocation::Invocation;
use crate::diagnostic::Diagnostics;
use crate::report::schema_json;

/// Facts about the language, for editors
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print the signatures of all functions as JSON
    Functions {
        /// As JSON; there is no other form
        #[arg(long)]
        json: bool,
    },
}

/// Prints them.
pub fn run(command: &Command, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let Command::Functions { .. } = command;
    invocation.print_line(&schema_json::functions().to_string());
    Ok(Exit::Success)
}
