//! Flags that several commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::state::LocalBackend;
use crate::value::duration;

/// Where the state lies and how it is locked.
#[derive(Debug, Clone, Args)]
pub struct StateFlags {
    /// Read the state from this file, and write it there too
    #[arg(long, value_name = "PATH")]
    pub state: Option<PathBuf>,
    /// Write the state to this file instead
    #[arg(long, value_name = "PATH")]
    pub state_out: Option<PathBuf>,
    /// Keep the previous state in this file; "-" keeps none
    #[arg(long, value_name = "PATH")]
    pub backup: Option<PathBuf>,
    /// Terraform's flag for states that another release wrote; nothing here depends on it
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", value_parser = parse_bool, action = ArgAction::Set)]
    pub ignore_remote_version: bool,
    #[command(flatten)]
    pub lock: LockFlags,
}

/// How the state is locked.
#[derive(Debug, Clone, Args)]
pub struct LockFlags {
    /// Lock the state while working
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true",
          default_missing_value = "true", value_parser = parse_bool, action = ArgAction::Set)]
    pub lock: bool,
    /// How long to wait for another run's lock: 30s, 5m
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    pub lock_timeout: Duration,
}

/// How output for people looks.
#[derive(Debug, Clone, Copy, Args)]
pub struct OutputFlags {
    /// Without colours
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = ArgAction::Set, value_name = "BOOL")]
    pub no_color: bool,
}

/// A value for an input variable, from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableFlag {
    /// `-var name=value`
    Value(String),
    /// `-var-file path`
    File(PathBuf),
}

/// `-var` and `-var-file`, in the order in which they were given: the last one decides.
#[derive(Debug, Clone, Default)]
pub struct VariableFlags(pub Vec<VariableFlag>);

impl StateFlags {
    /// Those of a command that has no more than `-state` and `-lock`.
    pub fn of_file(state: Option<&PathBuf>, lock: &LockFlags) -> Self {
        Self { state: state.cloned(), state_out: None, backup: None, ignore_remote_version: false, lock: lock.clone() }
    }

    /// Those of a command that reads and locks nothing.
    pub fn reading(state: Option<&PathBuf>) -> Self {
        Self::of_file(state, &LockFlags { lock: false, lock_timeout: Duration::ZERO })
    }

    /// The backend that the flags ask for; `path` is where the state of the selected workspace lies.
    pub fn backend(&self, path: PathBuf) -> LocalBackend {
        let mut backend = LocalBackend::new(self.state.clone().unwrap_or(path));
        if let Some(out) = &self.state_out {
            backend = backend.writing_to(out);
        }
        match &self.backup {
            None => backend,
            Some(path) => backend.backing_up_to((path.as_os_str() != "-").then(|| path.clone())),
        }
    }
}

impl FromArgMatches for VariableFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut placed: Vec<(usize, VariableFlag)> = Vec::new();
        let indices = |name: &str| matches.indices_of(name).into_iter().flatten();
        let values = matches.get_many::<String>("var").into_iter().flatten();
        placed.extend(indices("var").zip(values.cloned().map(VariableFlag::Value)));
        let files = matches.get_many::<PathBuf>("var_file").into_iter().flatten();
        placed.extend(indices("var_file").zip(files.cloned().map(VariableFlag::File)));
        placed.sort_by_key(|(index, _)| *index);
        Ok(Self(placed.into_iter().map(|(_, flag)| flag).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for VariableFlags {
    fn augment_args(command: Command) -> Command {
        command
            .arg(
                Arg::new("var")
                    .long("var")
                    .value_name("NAME=VALUE")
                    .action(ArgAction::Append)
                    .help("Set an input variable of the root module"),
            )
            .arg(
                Arg::new("var_file")
                    .long("var-file")
                    .value_name("FILE")
                    .action(ArgAction::Append)
                    .value_parser(clap::value_parser!(PathBuf))
                    .help("Set the input variables that the file names"),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The spellings that Terraform takes for a truth value.
pub fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("must be true or false".into()),
    }
}

/// A duration as Terraform takes it: `0`, `30s`, `1h15m`.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    duration::parse(text).ok_or_else(|| format!("{text:?} is no duration; write for example 30s or 5m"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::Parser;

    use super::*;

    #[test]
    fn variables_keep_the_order_of_the_command_line() {
        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            variables: VariableFlags,
        }
        let line = Line::parse_from(["b", "--var", "a=1", "--var-file=f", "--var=a=-2"]);
        assert_eq!(
            line.variables.0,
            [VariableFlag::Value("a=1".into()), VariableFlag::File("f".into()), VariableFlag::Value("a=-2".into())]
        );
    }
}
