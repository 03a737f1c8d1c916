//! The values given for the root module's variables: environment, files, flags, and at last the user.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::flags::{VariableFlag, VariableFlags};
use super::invocation::Invocation;
use super::loading::refuse_errors;
use crate::config::{self, Configuration, InputOption, InputOrigin, InputValue, Variable};
use crate::diagnostic::Diagnostics;
use crate::eval::templates::Surroundings;
use crate::eval::variables::Given;
use crate::eval::{self, MapScope};

/// Gathers what environment, files and flags say, and asks for what is missing.
pub fn given(
    invocation: &mut Invocation,
    configuration: &Configuration,
    flags: &VariableFlags,
    may_ask: bool,
) -> Result<BTreeMap<Arc<str>, Given>, Diagnostics> {
    let root = &configuration.root;
    let environment: Vec<(String, String)> =
        invocation.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut options: Vec<InputOption> = flags.0.iter().map(option).collect();
    let (mut inputs, mut problems) = config::gather_inputs(root, environment.clone(), &options, &mut invocation.sources);
    let missing = |v: &&Variable| v.default.is_none() && !inputs.contains_key(&v.name);
    if may_ask && !problems.has_errors() && root.variables.values().any(|v| missing(&v)) {
        let asked: Vec<InputOption> = root.variables.values().filter(missing).filter_map(|v| ask(invocation, v)).collect();
        options.extend(asked);
        (inputs, problems) = config::gather_inputs(root, environment, &options, &mut invocation.sources);
    }
    refuse_errors(invocation, problems)?;
    let mut found = config::require_inputs(root, &inputs);
    let functions = Surroundings::default();
    let context = functions.context();
    let scope = MapScope::refusing(&context, "Variables may not be used here.");
    let evaluate = |(name, input): (Arc<str>, InputValue)| {
        let value = found.take(eval::evaluate(&input.value, &scope));
        let (origin, span) = origin(&name, &input);
        (name, Given { value, origin, span })
    };
    let given = inputs.into_iter().map(evaluate).collect();
    refuse_errors(invocation, found)?;
    Ok(given)
}

fn option(flag: &VariableFlag) -> InputOption {
    match flag {
        VariableFlag::Value(text) => InputOption::Var(text.clone()),
        VariableFlag::File(path) => InputOption::VarFile(path.clone()),
    }
}

/// How a value came, in words; the place only where it stands in a file, since a typed value may be a secret.
fn origin(name: &str, input: &InputValue) -> (String, Option<crate::span::Span>) {
    match &input.origin {
        InputOrigin::Environment => (format!("set using the TF_VAR_{name} environment variable"), None),
        InputOrigin::CommandLine => (format!("set using -var=\"{name}=...\""), None),
        InputOrigin::File(file) => (format!("set in {file}"), Some(input.value.span)),
    }
}

fn ask(invocation: &Invocation, variable: &Variable) -> Option<InputOption> {
    let description = variable.description.as_ref().map(|d| format!("  {}\n\n", d.value)).unwrap_or_default();
    let answer = invocation.ask(&format!("var.{}\n{description}  Enter a value: ", variable.name))?;
    invocation.print_line("");
    Some(InputOption::Var(format!("{}={answer}", variable.name)))
}
