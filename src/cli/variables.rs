//! The values given for the root module's variables: environment, files, flags, and at last the user.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::flags::{VariableFlag, VariableFlags};
use super::invocation::Invocation;
use super::loading::refuse_errors;
use crate::config::{self, Configuration, InputOption, InputOrigin, InputValue, Module, Variable};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::constant::Gather;
use crate::eval::templates::Surroundings;
use crate::eval::variables::{self, Given};
use crate::eval::{self, MapScope};
use crate::plan::Plan;
use crate::span::SourceMap;
use crate::value::Value;

/// What becomes of a variable that has no default and is given no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The user is asked for it.
    Ask,
    /// It is an error.
    Refuse,
    /// It is unknown: the console works all the same.
    Unknown,
}

impl Missing {
    /// Whether the user may be asked decides.
    pub fn of(may_ask: bool) -> Self {
        if may_ask { Self::Ask } else { Self::Refuse }
    }
}

/// Gathers what environment, files and flags say, and asks for what is missing.
pub fn given(
    invocation: &mut Invocation,
    configuration: &Configuration,
    flags: &VariableFlags,
    missing: Missing,
) -> Result<BTreeMap<Arc<str>, Given>, Diagnostics> {
    let root = &configuration.root;
    let environment: Vec<(String, String)> =
        invocation.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut options: Vec<InputOption> = flags.0.iter().map(option).collect();
    let (mut inputs, mut problems) =
        config::gather_inputs(root, environment.clone(), &options, &mut invocation.sources)?;
    let unset = |v: &&Variable| v.default.is_none() && !inputs.contains_key(&v.name);
    let unset: Vec<&Variable> = root.variables.values().filter(unset).collect();
    if missing == Missing::Ask && !problems.has_errors() && !unset.is_empty() {
        options.extend(unset.iter().filter_map(|variable| ask(invocation, variable)));
        (inputs, problems) = config::gather_inputs(root, environment, &options, &mut invocation.sources)?;
    }
    if missing != Missing::Unknown {
        problems.extend(config::require_inputs(root, &inputs));
    }
    refuse_errors(invocation, problems)?;
    let (given, found) = evaluated(inputs);
    let mut given: BTreeMap<Arc<str>, Given> = given.into_iter().collect();
    if missing == Missing::Unknown {
        let unknown = || Given { value: Value::dynamic(), origin: String::new(), span: None };
        given.extend(unset.iter().map(|variable| (variable.name.clone(), unknown())));
    }
    refuse_errors(invocation, found)?;
    Ok(given)
}

/// What environment and files give, for a module that is read on the side. What is missing is told where it is used.
pub fn of_folder(
    root: &Module,
    environment: &BTreeMap<String, String>,
    sources: &mut SourceMap,
) -> Result<BTreeMap<Arc<str>, Given>, Diagnostics> {
    let environment: Vec<(String, String)> =
        environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let (inputs, problems) = config::gather_inputs(root, environment, &[], sources)?;
    if problems.has_errors() {
        return Err(problems);
    }
    let (given, found) = evaluated(inputs);
    if found.has_errors() { Err(found) } else { Ok(given.into_iter().collect()) }
}

/// What is given for the variables of a root module of which only the declarations are read. Nobody is asked.
pub fn early<'a>(environment: &'a BTreeMap<String, String>, flags: &'a VariableFlags) -> Gather<'a> {
    Box::new(|root, sources| {
        let options: Vec<InputOption> = flags.0.iter().map(option).collect();
        let environment = environment.iter().map(|(name, value)| (name.clone(), value.clone()));
        let (inputs, mut found) = match config::gather_inputs(root, environment, &options, sources) {
            Ok(gathered) => gathered,
            Err(found) => return (BTreeMap::default(), found),
        };
        let values = found.take(evaluated(inputs));
        (values.into_iter().collect(), found)
    })
}

/// The values that a saved plan holds, for its configuration.
pub fn planned(plan: &Plan) -> BTreeMap<Arc<str>, Given> {
    let given = |value: &Value| Given { value: value.clone(), origin: "in the saved plan".into(), span: None };
    plan.variables.iter().map(|(name, value)| (name.clone(), given(value))).collect()
}

/// Refuses another value on the command line than a saved plan was made with: the plan would not be what is asked for.
pub fn refuse_other_values(
    invocation: &mut Invocation,
    configuration: &Configuration,
    flags: &VariableFlags,
    plan: &Plan,
) -> Result<(), Diagnostics> {
    if flags.0.is_empty() {
        return Ok(());
    }
    let with = given(invocation, configuration, flags, Missing::Unknown)?;
    let without = given(invocation, configuration, &VariableFlags::default(), Missing::Unknown)?;
    let functions = Surroundings::default();
    let other = |(name, given): (&Arc<str>, &Given)| {
        let variable = configuration.root.variables.get(name).filter(|variable| !variable.ephemeral)?;
        let planned = plan.variables.get(name)?;
        let same = |value: &Value| value.raw_eq_unmarked(planned);
        let (prepared, _) = variables::prepare(variable, &functions.context());
        let (value, _) = variables::value_of_variable(variable, &prepared, Some(given.clone()));
        let asked_for = without.get(name).is_none_or(|file| !file.value.raw_eq_unmarked(&given.value));
        (asked_for && !same(&value.unmark_deep().0)).then(|| planned_otherwise(name))
    };
    let found: Diagnostics = with.iter().filter_map(other).collect();
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn planned_otherwise(name: &str) -> Diagnostic {
    let detail = format!(
        "The saved plan was made with another value of \"{name}\" than is given now, and holds all that follows from it. To \
         declare another value, create another plan."
    );
    Diagnostic::error("Can't change variable when applying a saved plan", detail)
}

/// What is given for the ephemeral variables, which a saved plan does not hold.
pub fn ephemeral(
    invocation: &mut Invocation,
    configuration: &Configuration,
    flags: &VariableFlags,
) -> Result<BTreeMap<Arc<str>, Given>, Diagnostics> {
    if !configuration.root.variables.values().any(|variable| variable.ephemeral) {
        return Ok(BTreeMap::new());
    }
    // The others are in the plan: they need not be given again.
    let mut given = given(invocation, configuration, flags, Missing::Unknown)?;
    given.retain(|name, given| {
        configuration.root.variables.get(name).is_some_and(|variable| variable.ephemeral) && given.value.is_known()
    });
    let missing =
        |variable: &&Variable| variable.ephemeral && variable.default.is_none() && !given.contains_key(&variable.name);
    let missing: Vec<&Variable> = configuration.root.variables.values().filter(missing).collect();
    if missing.is_empty() { Ok(given) } else { Err(missing.into_iter().map(not_set_again).collect()) }
}

/// A saved plan holds no value of an ephemeral variable.
fn not_set_again(variable: &Variable) -> Diagnostic {
    let detail = format!(
        "The variable \"{}\" is ephemeral, so a saved plan does not hold its value: give it to apply too, with -var, \
         -var-file or TF_VAR_{0}.",
        variable.name
    );
    Diagnostic::error("No value for required variable", detail)
}

pub(super) fn option(flag: &VariableFlag) -> InputOption {
    match flag {
        VariableFlag::Value(text) => InputOption::Var(text.clone()),
        VariableFlag::File(path) => InputOption::VarFile(path.clone()),
    }
}

/// Evaluates what was gathered for variables.
pub(super) fn evaluated(inputs: config::InputValues) -> (indexmap::IndexMap<Arc<str>, Given>, Diagnostics) {
    let mut found = Diagnostics::new();
    let functions = Surroundings::default();
    let context = functions.context();
    let scope = MapScope::refusing(&context, "Variables may not be used here.");
    let evaluate = |(name, input): (Arc<str>, InputValue)| {
        let value = found.take(eval::evaluate(&input.value, &scope));
        let (origin, span) = origin(&name, &input);
        (name, Given { value, origin, span })
    };
    let given = inputs.into_iter().map(evaluate).collect();
    (given, found)
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
