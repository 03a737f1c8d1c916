//! `bowline output`

use std::path::PathBuf;

use super::Exit;
use super::flags::{OutputFlags, parse_bool};
use super::invocation::Invocation;
use super::stored;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report::{outputs, state_json};
use crate::state::{OutputValue, State};
use crate::value::Value;

/// Show the root module's outputs as last recorded
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  bowline output\n  bowline output -raw oidc_issuer_url\n  bowline output -json")]
pub struct Arguments {
    /// As JSON
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    json: bool,
    /// One string, number or bool as it is, without quotes or line end
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    raw: bool,
    /// Read the state from this file
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
    #[command(flatten)]
    output: OutputFlags,
    /// Only this one, sensitive or not
    name: Option<String>,
}

/// Shows one or all.
pub fn run(arguments: &Arguments, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let _ = arguments.output;
    let state = stored::store(invocation, arguments.state.as_ref())?.load()?.state;
    match &arguments.name {
        // Scripts ask for outputs before anything was applied.
        Some(_) if state.outputs.is_empty() && !arguments.json => invocation.report(no_outputs().into()),
        Some(name) => invocation.print(&one(arguments, &state, name)?),
        None if arguments.raw => {
            return Err(Diagnostic::error(
                "Output name required",
                "-raw shows a single output. Give its name after the flag.",
            )
            .into());
        }
        None if arguments.json => invocation.print(&state_json::outputs(&state.outputs)),
        None if state.outputs.is_empty() => invocation.report(no_outputs().into()),
        None => invocation.print(&outputs::recorded(&state.outputs)),
    }
    Ok(Exit::Success)
}

fn one(arguments: &Arguments, state: &State, name: &str) -> Result<String, Diagnostic> {
    let output = state.outputs.get(name).ok_or_else(|| not_found(name))?;
    if arguments.json {
        return Ok(state_json::plain(&output.value));
    }
    let value = decoded(output, name)?;
    if !arguments.raw {
        return Ok(format!("{}\n", outputs::value(&value)));
    }
    raw(&value).ok_or_else(|| {
        Diagnostic::error(
            "Unsupported value for raw output",
            format!(
                "The -raw option only supports strings, numbers, and boolean values, but output value {name:?} is {}.\n\nUse \
                 the -json option for machine-readable representations of output values that have complex types.",
                if value.is_null() { "null".into() } else { value.type_of().friendly_name() }
            ),
        )
    })
}

fn decoded(output: &OutputValue, name: &str) -> Result<Value, Diagnostic> {
    let shown = OutputValue { sensitive: false, ..output.clone() };
    shown.decode().ok_or_else(|| {
        Diagnostic::error("Damaged state file", format!("The recorded value of output {name:?} does not fit its type."))
    })
}

fn raw(value: &Value) -> Option<String> {
    let number = value.as_number().map(ToString::to_string);
    value.as_str().map(str::to_owned).or(number).or_else(|| value.as_bool().map(|b| b.to_string()))
}

fn not_found(name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Output \"{name}\" not found"),
        "The output variable requested could not be found in the state file. If you recently added this to your \
         configuration, be sure to run `apply`, since the state won't be updated with new output variables until that \
         command is run.",
    )
}

fn no_outputs() -> Diagnostic {
    Diagnostic::warning(
        "No outputs found",
        "The state file either has no outputs defined, or all the defined outputs are empty. Please define an output in \
         your configuration with the `output` keyword and run `bowline apply` for it to become available.",
    )
}
