//! What the arguments of an `encryption` block can refer to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Module;
use crate::diagnostic::Diagnostic;
use crate::eval::functions::FunctionContext;
use crate::eval::variables::Given;
use crate::eval::{self, ResolvedStep, Scope};
use crate::span::Span;
use crate::syntax::tree::{Expression, Reference};
use crate::value::Value;

/// What is known without planning: the root module's variables, and locals of them.
pub(super) struct Static<'a> {
    pub(super) module: &'a Module,
    pub(super) given: &'a BTreeMap<Arc<str>, Given>,
    pub(super) functions: &'a FunctionContext<'a>,
    pub(super) depth: Mutex<usize>,
}

/// Locals refer to locals; this many of them in a row go round in a circle.
const DEEPEST: usize = 64;

impl Scope for Static<'_> {
    fn resolve(&self, reference: &Reference, steps: &[ResolvedStep]) -> Result<(Value, usize), Diagnostic> {
        let place = reference.root.span;
        let refused = |detail: &str| Diagnostic::error("Value not known so early", detail).at(place);
        let only = "Here only var.NAME and local.NAME can be referred to.";
        let name = steps.first().and_then(ResolvedStep::attribute).ok_or_else(|| refused(only))?;
        let value = match &*reference.root.name {
            "var" => self.variable(name, place)?,
            "local" => {
                let local = self.module.locals.get(name).ok_or_else(|| refused("There is no such local value."))?;
                self.local(&local.value, place)?
            }
            _ => return Err(refused(only)),
        };
        Ok((value, 1))
    }

    fn functions(&self) -> &FunctionContext<'_> {
        self.functions
    }
}

impl Static<'_> {
    fn variable(&self, name: &Arc<str>, place: Span) -> Result<Value, Diagnostic> {
        let Some(variable) = self.module.variables.get(name) else {
            return Err(Diagnostic::error(
                "Reference to undeclared input variable",
                format!("There is no variable \"{name}\"."),
            )
            .at(place));
        };
        let (prepared, _) = eval::variables::prepare(variable, self.functions);
        let (value, problems) = eval::variables::value_of_variable(variable, &prepared, self.given.get(name).cloned());
        problems.into_iter().next().map_or(Ok(value), Err)
    }

    fn local(&self, expression: &Expression, place: Span) -> Result<Value, Diagnostic> {
        let depth = || self.depth.lock().unwrap_or_else(PoisonError::into_inner);
        if *depth() > DEEPEST {
            return Err(Diagnostic::error("Cycle", "Local values refer to each other in a circle.").at(place));
        }
        *depth() += 1;
        let (value, problems) = eval::evaluate(expression, self);
        *depth() -= 1;
        problems.into_iter().next().map_or(Ok(value), Err)
    }
}
