//! `bowline completions`: a shell's script, which asks this program for every word; so it knows the addresses, the
//! workspaces and the variables of the stack in the present folder.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::Write;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};

use super::invocation::Invocation;
use super::{Exit, arguments, loading, stored};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::SourceMap;

/// The script asks by this variable of the environment.
const ASKED: &str = "BOWLINE_COMPLETE";

/// Print a shell's completion script
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Which shell
    shell: clap_complete::Shell,
}

/// Prints the script to standard output.
pub fn run(arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let shells = Shells::builtins();
    let name = arguments.shell.to_string();
    let Some(shell) = shells.completer(&name) else {
        let known: Vec<&str> = shells.names().collect();
        let detail = format!("There are completions for {}.", known.join(", "));
        return Err(Diagnostic::error(format!("No completions for {name}"), detail).into());
    };
    let mut script = Vec::new();
    let written = shell.write_registration(ASKED, "bowline", "bowline", "bowline", &mut script);
    written
        .and_then(|()| std::io::stdout().lock().write_all(&script))
        .map_err(|error| Diagnostic::error("Script not written", format!("{error}.")))?;
    Ok(Exit::Success)
}

/// Answers a shell that asks for the rest of a word; false when nobody asks.
pub fn answer(given: &[OsString]) -> bool {
    if std::env::var_os(ASKED).is_none_or(|shell| shell.is_empty()) {
        return false;
    }
    // Flags may be typed with one dash.
    let typed = given.iter().position(|word| word == "--").map_or(0, |at| at + 2);
    let (script, line) = given.split_at(typed.min(given.len()));
    let words = script.iter().cloned().chain(line.iter().cloned().map(arguments::two_dashes));
    let folder = std::env::current_dir().ok();
    let asking = CompleteEnv::with_factory(super::parser).var(ASKED).bin("bowline");
    asking.try_complete(words, folder.as_deref()).unwrap_or(false)
}

/// Adds to a command what its arguments can be completed with.
pub fn completed(command: clap::Command) -> clap::Command {
    let of_workspace = matches!(command.get_name(), "select" | "delete");
    command.mut_args(|argument| match argument.get_id().as_str() {
        "name" if of_workspace => argument.add(ArgValueCompleter::new(|word: &OsStr| matching(word, workspaces()))),
        "target" | "exclude" | "replace" | "address" | "addresses" | "place" | "to" => {
            argument.add(ArgValueCompleter::new(|word: &OsStr| matching(word, addresses())))
        }
        "var" => argument.add(ArgValueCompleter::new(|word: &OsStr| matching(word, variables()))),
        _ => argument,
    })
}

fn matching(word: &OsStr, known: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let start = word.to_string_lossy();
    known.into_iter().filter(|one| one.starts_with(&*start)).map(CompletionCandidate::new).collect()
}

/// What is recorded, and what is written in the root module.
fn addresses() -> BTreeSet<String> {
    let invocation = Invocation::new(true);
    let recorded = stored::store(&invocation, None).and_then(|store| Ok(store.load()?));
    let mut known = BTreeSet::new();
    if let Ok(recorded) = &recorded {
        known.extend(recorded.state.objects().map(|(object, ..)| object.address.to_string()));
    }
    let (configuration, _) = loading::read_alone(std::path::Path::new("."), &mut SourceMap::default());
    known.extend(configuration.root.resources.keys().map(ToString::to_string));
    known.extend(configuration.root.calls.keys().map(|name| format!("module.{name}")));
    known
}

fn variables() -> Vec<String> {
    let (configuration, _) = loading::read_alone(std::path::Path::new("."), &mut SourceMap::default());
    configuration.root.variables.keys().map(|name| format!("{name}=")).collect()
}

fn workspaces() -> Vec<String> {
    Invocation::new(true).workspaces().list()
}
