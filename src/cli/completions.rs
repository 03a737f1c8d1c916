//! `bowline completions`

use clap_complete::Shell;

use super::Exit;
use crate::diagnostic::Diagnostics;

/// Print a shell's completion script
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Which shell
    shell: Shell,
}

/// Prints the script to standard output.
pub fn run(arguments: &Arguments) -> Result<Exit, Diagnostics> {
    clap_complete::generate(arguments.shell, &mut super::parser(), "bowline", &mut std::io::stdout());
    Ok(Exit::Success)
}
