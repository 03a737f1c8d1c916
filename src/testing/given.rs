//! The values that a run gives to the variables of its module: its own count before the file's, those before what
//! environment, variable files and command line say.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Bench;
use super::scope::{GivenScope, Level, Runs};
use crate::config::Configuration;
use crate::config::test::TestRun;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::functions::FunctionContext;
use crate::eval::variables::Given;
use crate::eval::{self, references};
use crate::syntax::tree::{Expression, Step};
use crate::value::Value;

/// What a run has for variables.
pub struct Variables {
    /// By name, also those that its module does not declare.
    values: BTreeMap<Arc<str>, Given>,
}

impl Variables {
    /// Evaluates what a run needs: the variables of its module, and what its own expressions refer to.
    pub fn of(
        bench: &Bench<'_>,
        run: &TestRun,
        configuration: &Configuration,
        runs: &Runs,
        functions: &FunctionContext<'_>,
    ) -> (Self, Diagnostics) {
        let mut found = Diagnostics::new();
        let mut values: BTreeMap<Arc<str>, Given> =
            bench.globals.iter().map(|(name, given)| (name.clone(), given.clone())).collect();
        let globals = plain(&values);
        let scope = GivenScope { level: Level::File, variables: &globals, runs, functions };
        for (name, expression) in &bench.file.variables {
            if is_needed(name, run, configuration, bench) {
                values.insert(name.clone(), found.take(given(expression, &scope)));
            }
        }
        let known = plain(&values);
        let scope = GivenScope { level: Level::Run, variables: &known, runs, functions };
        for (name, expression) in &run.variables {
            if !configuration.root.variables.contains_key(name) {
                let detail = format!(
                    "The module under test does not declare a variable named \"{name}\", but it is declared in run block \
                     \"{}\".",
                    run.name
                );
                found.push(Diagnostic::warning("Value for undeclared variable", detail).at(expression.span));
            }
            values.insert(name.clone(), found.take(given(expression, &scope)));
        }
        (Self { values }, found)
    }

    /// What is given to the module, of the variables that it declares; one without a value and without a default is an
    /// error.
    pub fn for_module(&self, configuration: &Configuration, run: &TestRun) -> (BTreeMap<Arc<str>, Given>, Diagnostics) {
        let mut found = Diagnostics::new();
        let mut chosen = BTreeMap::new();
        for variable in configuration.root.variables.values() {
            if let Some(given) = self.values.get(&variable.name) {
                chosen.insert(variable.name.clone(), given.clone());
            } else if variable.default.is_none() {
                let detail = format!(
                    "The module under test for run block \"{}\" has a required variable \"{}\" with no set value. Use a -var \
                     or -var-file command line argument or add this variable into a \"variables\" block within the test file \
                     or run block.",
                    run.name, variable.name
                );
                found.push(Diagnostic::error("No value for required variable", detail).at(variable.span));
            }
        }
        (chosen, found)
    }

    /// Their values, for expressions that refer to them.
    pub fn plain(&self) -> BTreeMap<Arc<str>, Value> {
        plain(&self.values)
    }
}

fn plain(values: &BTreeMap<Arc<str>, Given>) -> BTreeMap<Arc<str>, Value> {
    values.iter().map(|(name, given)| (name.clone(), given.value.clone())).collect()
}

fn given(expression: &Expression, scope: &GivenScope<'_>) -> (Given, Diagnostics) {
    let (value, problems) = eval::evaluate(expression, scope);
    (Given { value, origin: "as this test gives it".into(), span: Some(expression.span) }, problems)
}

/// Whether a variable of the file matters for a run: a fault in one that does not is not told there.
fn is_needed(name: &str, run: &TestRun, configuration: &Configuration, bench: &Bench<'_>) -> bool {
    let refers = |expression: &Expression| {
        references::static_references(expression).iter().any(|used| {
            &*used.reference.root.name == "var"
                && matches!(used.steps.first(), Some(Step::Attribute(of)) if &*of.name == name)
        })
    };
    let in_body = |body: &crate::syntax::tree::Body| body.attributes.iter().any(|a| refers(&a.value));
    configuration.root.variables.contains_key(name)
        || run.variables.values().any(refers)
        || bench.file.providers.iter().any(|provider| in_body(&provider.block.body))
}
