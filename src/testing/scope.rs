//! What expressions of test files can refer to.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{ModuleInstance, ModulePath};
use crate::config::Configuration;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::declared::Place;
use crate::eval::functions::FunctionContext;
use crate::eval::references::static_references;
use crate::eval::{ResolvedStep, Scope, did_you_mean};
use crate::plan::evaluation::{Evaluation, InstanceData, ModuleScope};
use crate::plan::stage::Stage;
use crate::span::Span;
use crate::syntax::tree::{Expression, Reference, Step};
use crate::value::Value;

/// The runs of a file, and the outputs of those that have been carried out.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    /// All names, in order.
    pub names: Vec<Arc<str>>,
    /// The outputs, as an object.
    pub done: BTreeMap<Arc<str>, Value>,
}

impl Runs {
    /// The outputs of a run that a variable or a provider's setting refers to: it must have been before, and what it
    /// returns must be known.
    fn earlier(&self, steps: &[ResolvedStep]) -> Result<(Value, usize), Diagnostic> {
        const ONLY: &str = "You can only reference run blocks that are in the same test file and will execute before the \
                            current run block.";
        let Some(name) = steps.first().and_then(ResolvedStep::attribute) else { return Err(unnamed()) };
        let Some(outputs) = self.done.get(name) else {
            return Err(if self.names.contains(name) {
                let detail = format!("The run block \"{name}\" has not executed yet. {ONLY}");
                Diagnostic::error("Reference to unavailable run block", detail)
            } else {
                let hint = did_you_mean(name, self.names.iter().map(|n| &**n));
                let detail = format!("The run block \"{name}\" does not exist within this test file.{hint} {ONLY}");
                Diagnostic::error("Reference to unknown run block", detail)
            });
        };
        let output = steps.get(1).and_then(ResolvedStep::attribute);
        if let Some(output) = output.filter(|output| outputs.field(output).is_some_and(|v| !v.is_wholly_known())) {
            let detail = format!(
                "The value for run.{name}.{output} is unknown. Run block \"{name}\" is executing a \"plan\" operation, and \
                 the specified output value is only known after apply."
            );
            return Err(Diagnostic::error("Reference to unknown value", detail));
        }
        Ok((outputs.clone(), 1))
    }
}

fn unnamed() -> Diagnostic {
    Diagnostic::error("Invalid reference", "The \"run\" object cannot be accessed directly: name one of the runs.")
}

/// Where an expression of a test file stands that is evaluated before the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// In the file's `variables`.
    File,
    /// In a run's `variables`.
    Run,
    /// In a `provider` block.
    Provider,
}

/// What values that are given to a run can refer to: variables that are known already, and runs that have been.
pub struct GivenScope<'a> {
    /// Where the expression stands.
    pub level: Level,
    /// Variables.
    pub variables: &'a BTreeMap<Arc<str>, Value>,
    /// Runs.
    pub runs: &'a Runs,
    /// Functions.
    pub functions: &'a FunctionContext<'a>,
}

impl Scope for GivenScope<'_> {
    fn resolve(&self, reference: &Reference, steps: &[ResolvedStep]) -> Result<(Value, usize), Diagnostic> {
        let first = steps.first().and_then(ResolvedStep::attribute);
        let root = &*reference.root.name;
        let problem = match (root, first) {
            ("var", Some(name)) => match self.variables.get(name) {
                Some(value) => return Ok((value.clone(), 1)),
                None => self.unavailable(name),
            },
            ("run", _) if self.level == Level::File => Diagnostic::error(
                "Invalid reference",
                "You can not reference run blocks from within the file variables block.",
            ),
            ("run", _) => match self.runs.earlier(steps) {
                Ok(found) => return Ok(found),
                Err(problem) => problem,
            },
            _ => Diagnostic::error(
                "Invalid reference",
                match self.level {
                    Level::File => "You can only reference global variables while defining variables for a whole file.",
                    Level::Run => {
                        "You can only reference earlier run blocks, file level, and global variables while defining \
                         variables from inside a run block."
                    }
                    Level::Provider => {
                        "You can only reference earlier run blocks, file level, and global variables in a provider block of \
                         a test file."
                    }
                },
            ),
        };
        Err(problem.at(whole(reference)))
    }

    fn functions(&self) -> &FunctionContext<'_> {
        self.functions
    }
}

impl GivenScope<'_> {
    fn unavailable(&self, name: &str) -> Diagnostic {
        let hint = did_you_mean(name, self.variables.keys().map(|n| &**n));
        let detail = match self.level {
            Level::File => format!(
                "The input variable \"{name}\" is not available to the current context. You can only reference global \
                 variables.{hint}"
            ),
            Level::Run | Level::Provider => format!(
                "The input variable \"{name}\" is not available to the current run block. You can only reference variables \
                 defined at the file or global levels.{hint}"
            ),
        };
        Diagnostic::error("Reference to unavailable variable", detail)
    }
}

/// From the root name to the end of the last step that is an attribute.
fn whole(reference: &Reference) -> Span {
    let last = reference.steps.iter().map_while(|step| match step {
        Step::Attribute(name) => Some(name.span),
        _ => None,
    });
    last.last().map_or(reference.root.span, |last| reference.root.span.to(last))
}

/// What assertions can refer to: everything in the root module, its outputs, and runs.
pub struct AssertionScope<'a> {
    module: ModuleScope<'a>,
    evaluation: &'a Evaluation<'a>,
    runs: &'a Runs,
}

impl<'a> AssertionScope<'a> {
    /// That of what a run came to. `root` and `nothing` are what the scope borrows beside the values.
    pub fn new(
        evaluation: &'a Evaluation<'a>,
        root: &'a ModuleInstance,
        nothing: &'a InstanceData,
        runs: &'a Runs,
    ) -> Self {
        Self { module: evaluation.scope(root, nothing), evaluation, runs }
    }
}

impl Scope for AssertionScope<'_> {
    fn resolve(&self, reference: &Reference, steps: &[ResolvedStep]) -> Result<(Value, usize), Diagnostic> {
        match (&*reference.root.name, steps.first().and_then(ResolvedStep::attribute)) {
            ("output", Some(name)) => {
                let value = self.evaluation.output(&ModuleInstance::root(), name).cloned();
                Ok((value.unwrap_or_else(Value::dynamic), 1))
            }
            ("run", Some(name)) => Ok((self.runs.done.get(name).cloned().unwrap_or_else(Value::dynamic), 1)),
            _ => self.module.resolve(reference, steps),
        }
    }

    fn functions(&self) -> &FunctionContext<'_> {
        self.module.functions()
    }

    fn names_terraform(&self, provider: &str) -> bool {
        self.module.names_terraform(provider)
    }
}

/// What is wrong with the names in an assertion. With an error it is not evaluated.
pub fn check_names(expression: &Expression, stage: &Stage<'_>, runs: &Runs) -> Diagnostics {
    let place = Place { rule: true, test: true, ..Place::top() };
    let mut found = stage.check_expression(&ModulePath::root(), expression, place);
    for used in static_references(expression) {
        let Some(Step::Attribute(name)) = used.steps.first() else { continue };
        let problem = match &*used.reference.root.name {
            "output" => undeclared_output(&name.name, stage.configuration),
            "run" => not_carried_out(&name.name, runs),
            _ => None,
        };
        found.extend(problem.map(|problem| problem.at(used.reference.root.span.to(name.span))));
    }
    found
}

fn undeclared_output(name: &str, configuration: &Configuration) -> Option<Diagnostic> {
    let known = &configuration.root.outputs;
    if known.contains_key(name) {
        return None;
    }
    let hint = did_you_mean(name, known.keys().map(|n| &**n));
    let detail = format!("An output value with the name \"{name}\" has not been declared.{hint}");
    Some(Diagnostic::error("Reference to undeclared output value", detail))
}

fn not_carried_out(name: &Arc<str>, runs: &Runs) -> Option<Diagnostic> {
    if runs.done.contains_key(name) {
        return None;
    }
    Some(if runs.names.contains(name) {
        let detail =
            format!("The run \"{name}\" block has not yet been evaluated, so its results are not available here.");
        Diagnostic::error("Reference to unevaluated run block", detail)
    } else {
        let hint = did_you_mean(name, runs.names.iter().map(|n| &**n));
        let detail = format!("There is no run \"{name}\" declared in this test suite.{hint}");
        Diagnostic::error("Reference to undeclared run block", detail)
    })
}
