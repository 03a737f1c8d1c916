//! `bowline docs`: the reference of the kinds, from the tables that the engine works with, and the manual pages, from
//! the help of the commands.

use std::fs;
use std::path::{Path, PathBuf};

use super::invocation::Invocation;
use super::{Exit, loading};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::Kind;
use crate::report::kind_docs;

/// Write the reference of the kinds, or manual pages
#[derive(Debug, clap::Subcommand)]
#[command(
    after_help = "Examples:\n  bowline docs show azurerm_kubernetes_cluster\n  bowline docs kinds docs/kinds\n  bowline docs man /usr/local/share/man/man1"
)]
pub enum Command {
    /// Print the reference of one kind or data source
    #[command(
        after_help = "Examples:\n  bowline docs show azurerm_federated_identity_credential\n  bowline docs show data.azurerm_subscription"
    )]
    Show {
        /// Its name; data.NAME for a data source
        name: String,
    },
    /// Write a page of Markdown for each kind and data source
    #[command(after_help = "Examples:\n  bowline docs kinds docs/kinds")]
    Kinds {
        /// The folder to write to
        folder: PathBuf,
    },
    /// Write a manual page for each command
    #[command(after_help = "Examples:\n  bowline docs man /usr/local/share/man/man1")]
    Man {
        /// The folder to write to
        folder: PathBuf,
    },
}

/// Runs one of them.
pub fn run(command: &Command, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    match command {
        Command::Show { name } => show(name, invocation)?,
        Command::Kinds { folder } => kinds(folder, invocation)?,
        Command::Man { folder } => manual(folder, invocation)?,
    }
    Ok(Exit::Success)
}

fn show(name: &str, invocation: &Invocation) -> Result<(), Diagnostic> {
    let registry = loading::registry();
    let found = registry.iter().find_map(|provider| match name.strip_prefix("data.") {
        Some(name) => provider.data_source(name).map(|kind| kind_docs::page(kind, true)),
        None => provider.kind(name).map(|kind| kind_docs::page(kind, false)),
    });
    let Some(page) = found else {
        let detail = format!("There is no kind \"{name}\". \"bowline providers schema -json\" lists all of them.");
        return Err(Diagnostic::error("Unknown kind", detail));
    };
    invocation.print(&page);
    Ok(())
}

fn kinds(folder: &Path, invocation: &Invocation) -> Result<(), Diagnostic> {
    let registry = loading::registry();
    let mut index = String::from("# Kinds\n");
    let mut count = 0;
    for provider in registry.iter() {
        index += &format!("\n## {}\n\n", provider.name());
        for (kinds, is_data) in [(provider.kinds(), false), (provider.data_sources(), true)] {
            let mut kinds: Vec<&dyn Kind> = kinds;
            kinds.sort_by_key(|kind| kind.name().to_owned());
            for kind in kinds {
                let name = if is_data { format!("data.{}", kind.name()) } else { kind.name().to_owned() };
                write(&folder.join(format!("{name}.md")), kind_docs::page(kind, is_data).as_bytes())?;
                index += &format!("- [{name}]({name}.md)\n");
                count += 1;
            }
        }
    }
    write(&folder.join("README.md"), index.as_bytes())?;
    invocation.print_line(&format!("{count} pages written to {}.", folder.display()));
    Ok(())
}

fn manual(folder: &Path, invocation: &Invocation) -> Result<(), Diagnostic> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    clap_mangen::generate_to(super::parser(), folder).map_err(|error| unwritable(folder, &error))?;
    invocation.print_line(&format!("Manual pages written to {}.", folder.display()));
    Ok(())
}

fn write(path: &Path, text: &[u8]) -> Result<(), Diagnostic> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).and_then(|()| fs::write(path, text)).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("File cannot be written", format!("{} cannot be written: {error}.", path.display()))
}
