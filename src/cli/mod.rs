//! The commands, one file each: load, call, report. Flags and exit codes are Terraform's.

mod access;
mod adopt;
mod apply;
mod arguments;
mod authors;
mod backend;
mod completions;
mod console;
mod directory;
mod docs;
mod drift;
mod encryption;
mod examples;
mod export;
mod flags;
mod fmt;
mod force_unlock;
mod graph;
mod import;
mod in_cluster;
mod init;
mod install;
mod interrupts;
mod invocation;
mod loading;
mod lsp;
mod manifests;
mod meaning;
mod metadata;
mod migrate;
mod migration;
mod modules;
mod other_states;
mod output;
mod plan;
mod planning;
mod providers;
mod saving;
mod show;
mod simulator;
mod snapshot;
mod snapshots;
mod stale;
mod state;
mod state_history;
mod state_provider;
mod stored;
mod surveyed;
mod taint;
mod test;
mod validate;
mod variables;
mod version;
mod vessels;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::diagnostic::{Diagnostic, Diagnostics};
use invocation::Invocation;

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// As it should.
    Success,
    /// Not done, or not wholly; diagnostics were given.
    Failure,
    /// With `-detailed-exitcode`: done, and there are changes.
    Changes,
    /// `fmt`: a file cannot be read.
    Unreadable,
    /// `fmt -check`: files are not in the canonical format.
    Unformatted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Failure => Self::FAILURE,
            Exit::Changes | Exit::Unreadable => 2.into(),
            Exit::Unformatted => 3.into(),
        }
    }
}

/// Declarative provisioning of the identity side of Azure Kubernetes Service
///
/// Reads Terraform's language, keeps Terraform's state, and takes Terraform's flags, with one dash or two.
#[derive(Debug, Parser)]
#[command(name = "bowline", bin_name = "bowline", disable_version_flag = true, arg_required_else_help = true)]
struct CommandLine {
    /// Switch to another folder before anything else
    #[arg(long, value_name = "DIR", global = false)]
    chdir: Option<std::path::PathBuf>,
    /// Show the version
    #[arg(long, short = 'v')]
    version: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Version(version::Arguments),
    Validate(validate::Arguments),
    Console(console::Arguments),
    Plan(plan::Arguments),
    Apply(apply::Arguments),
    /// Remove everything that is recorded
    Destroy(apply::Arguments),
    /// Take in what changed outside
    Refresh(apply::Arguments),
    Import(import::Arguments),
    Test(test::Arguments),
    Snapshot(snapshot::Arguments),
    Adopt(adopt::Arguments),
    Export(export::Arguments),
    Fmt(fmt::Arguments),
    Show(show::Arguments),
    Output(output::Arguments),
    #[command(subcommand)]
    State(state::Command),
    /// Mark a resource instance as to be replaced
    Taint(taint::Arguments),
    /// Take the mark off again
    Untaint(taint::Arguments),
    #[command(subcommand)]
    Access(access::Command),
    #[command(subcommand)]
    Migrate(migration::Command),
    #[command(subcommand)]
    Manifests(manifests::Command),
    Graph(graph::Arguments),
    /// Bring the modules that the configuration calls here
    Get(init::GetArguments),
    Modules(modules::Arguments),
    /// Tell which providers the configuration uses, or what their kinds look like
    Providers(providers::Arguments),
    #[command(subcommand)]
    Metadata(metadata::Command),
    #[command(subcommand)]
    Workspace(workspace::Command),
    ForceUnlock(force_unlock::Arguments),
    Simulator(simulator::Arguments),
    Completions(completions::Arguments),
    Drift(drift::Arguments),
    #[command(subcommand)]
    Docs(docs::Command),
    Lsp(lsp::Arguments),
}

/// Runs one command line.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    if completions::answer(&arguments) {
        return ExitCode::SUCCESS;
    }
    let arguments = arguments::normalize(arguments, |name| std::env::var(name).ok());
    let without_color = arguments.iter().any(|a| a == "--no-color" || a == "--no-color=true");
    let mut invocation = Invocation::new(without_color);
    let named = arguments.iter().filter_map(|a| a.to_str()?.strip_prefix("--simulate=")).find(|url| !url.is_empty());
    invocation.simulator = named.map(str::to_owned).or(invocation.simulator);
    let line = match parse(arguments) {
        Ok(line) => line,
        Err(error) => return refuse(&invocation, &error).into(),
    };
    let result = dispatch(line, &mut invocation);
    let exit = result.unwrap_or_else(|diagnostics| {
        invocation.report(diagnostics);
        Exit::Failure
    });
    exit.into()
}

fn dispatch(line: CommandLine, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    if let Some(folder) = &line.chdir {
        invocation.change_folder(folder)?;
    }
    match line.command {
        None => version::run(&version::Arguments::default(), invocation),
        Some(Command::Version(arguments)) => version::run(&arguments, invocation),
        Some(Command::Console(arguments)) => console::run(&arguments, invocation),
        Some(Command::Validate(arguments)) => validate::run(&arguments, invocation),
        Some(Command::Plan(arguments)) => plan::run(&arguments, invocation),
        Some(Command::Apply(arguments)) => apply::run(&arguments, invocation),
        Some(Command::Destroy(arguments)) => apply::run(&arguments.destroying(), invocation),
        Some(Command::Refresh(arguments)) => apply::run(&arguments.refreshing(), invocation),
        Some(Command::Import(arguments)) => import::run(&arguments, invocation),
        Some(Command::Test(arguments)) => test::run(&arguments, invocation),
        Some(Command::Snapshot(arguments)) => snapshot::run(&arguments, invocation),
        Some(Command::Adopt(arguments)) => adopt::run(&arguments, invocation),
        Some(Command::Export(arguments)) => export::run(&arguments, invocation),
        Some(Command::Fmt(arguments)) => fmt::run(&arguments, invocation),
        Some(Command::Show(arguments)) => show::run(&arguments, invocation),
        Some(Command::Output(arguments)) => output::run(&arguments, invocation),
        Some(Command::State(command)) => state::run(command, invocation),
        Some(Command::Init(arguments)) => init::run(&arguments, invocation),
        Some(Command::Get(arguments)) => init::get(&arguments, invocation),
        Some(Command::Modules(arguments)) => modules::run(&arguments, invocation),
        Some(Command::Taint(arguments)) => taint::run(&arguments, true, invocation),
        Some(Command::Untaint(arguments)) => taint::run(&arguments, false, invocation),
        Some(Command::Access(command)) => access::run(&command, invocation),
        Some(Command::Migrate(command)) => migration::run(&command, invocation),
        Some(Command::Manifests(command)) => manifests::run(&command, invocation),
        Some(Command::Graph(arguments)) => graph::run(&arguments, invocation),
        Some(Command::Providers(arguments)) => providers::run(&arguments, invocation),
        Some(Command::Metadata(command)) => metadata::run(&command, invocation),
        Some(Command::Workspace(command)) => workspace::run(command, invocation),
        Some(Command::ForceUnlock(arguments)) => force_unlock::run(&arguments, invocation),
        Some(Command::Simulator(arguments)) => simulator::run(&arguments, invocation),
        Some(Command::Completions(arguments)) => completions::run(&arguments),
        Some(Command::Drift(arguments)) => drift::run(&arguments, invocation),
        Some(Command::Docs(command)) => docs::run(&command, invocation),
        Some(Command::Lsp(arguments)) => lsp::run(&arguments),
    }
}

/// The parser of the whole command line; a flag that is repeated counts as it was given last, as in Terraform.
fn parser() -> clap::Command {
    fn finished(command: clap::Command) -> clap::Command {
        completions::completed(command.args_override_self(true)).mut_subcommands(finished)
    }
    examples::added(finished(CommandLine::command()))
}

fn parse(arguments: Vec<OsString>) -> Result<CommandLine, clap::Error> {
    CommandLine::from_arg_matches(&parser().try_get_matches_from(arguments)?)
}

/// Tells what is wrong with a command line, or shows the help that was asked for.
fn refuse(invocation: &Invocation, error: &clap::Error) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp => {
            print!("{error}");
            return Exit::Success;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::InvalidSubcommand => {
            eprint!("{error}");
            return Exit::Failure;
        }
        _ => {}
    }
    let text = error.to_string();
    let (message, help) = text.split_once("\n\nUsage:").unwrap_or((&text, ""));
    let detail = message.strip_prefix("error: ").unwrap_or(message).trim_end();
    let usage = help.trim().lines().next().map(|line| format!("\n\nUsage: {line}")).unwrap_or_default();
    let mut diagnostic = Diagnostic::error("Failed to parse command-line flags", format!("{detail}{usage}"));
    if error.kind() == ErrorKind::UnknownArgument && !detail.contains("--") {
        let of_output = usage.contains("bowline output");
        diagnostic.summary = if of_output { "Unexpected argument" } else { "Too many command line arguments" }.into();
    }
    invocation.report(diagnostic.into());
    Exit::Failure
}
