//! What is known of a stack before anything is planned: variables as given, and locals that need no more than those.
//! It is what the sources and versions of modules may be made of.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Caller, Early, Module, Text};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::functions::FunctionContext;
use crate::eval::scope::{ResolvedStep, Scope};
use crate::eval::variables::{self, Given};
use crate::eval::{early, value_of};
use crate::span::SourceMap;
use crate::syntax::tree::{Expression, Reference};
use crate::value::{Marks, Value};

/// The root module's variables as given.
pub type RootValues = BTreeMap<Arc<str>, Given>;

/// Finds what the root module's variables are given, once its declarations are read.
pub type Gather<'a> = Box<dyn FnMut(&Module, &mut SourceMap) -> (RootValues, Diagnostics) + 'a>;

/// Checks modules, and evaluates what is needed to follow their calls.
pub struct Constants<'a> {
    functions: &'a FunctionContext<'a>,
    gather: Gather<'a>,
    given: Option<RootValues>,
}

impl<'a> Constants<'a> {
    /// What is given is gathered only when it is asked for.
    pub fn new(functions: &'a FunctionContext<'a>, gather: Gather<'a>) -> Self {
        Self { functions, gather, given: None }
    }
}

impl Early for Constants<'_> {
    fn check(&self, module: &Module) -> Diagnostics {
        early::check_module(module, self.functions)
    }

    fn text(
        &mut self,
        caller: &Caller<'_>,
        expression: &Expression,
        sources: &mut SourceMap,
    ) -> Result<Text, Diagnostics> {
        if self.given.is_none() {
            let (given, found) = (self.gather)(root(caller), sources);
            if found.has_errors() {
                return Err(found);
            }
            self.given = Some(given);
        }
        let Some(given) = &self.given else { return Err(Diagnostics::new()) };
        let depth = Cell::new(0);
        let scope = ConstantScope { caller, given, functions: self.functions, depth: &depth };
        let mut found = Diagnostics::new();
        let value = value_of(expression, &scope, &mut found);
        if found.has_errors() {
            return Err(found);
        }
        text_of(&value).map(|text| Text { value: text.into(), span: expression.span }).map_err(|why| {
            let detail = format!(
                "The source and the version of a module must be texts that are known before anything is planned, and this \
                 one {why}."
            );
            Diagnostic::error("Unsuitable value type", detail).at(expression.span).into()
        })
    }
}

fn text_of(value: &Value) -> Result<String, &'static str> {
    let marks = value.marks();
    if marks.contains(Marks::SENSITIVE) || marks.contains(Marks::EPHEMERAL) {
        return Err("comes of a sensitive or ephemeral value, which modules.json would tell");
    }
    if value.is_null() {
        return Err("is null");
    }
    value.as_str().map(str::to_owned).ok_or("is no text, or not known yet")
}

fn root<'a>(caller: &Caller<'a>) -> &'a Module {
    let mut at = *caller;
    while let Some((_, above)) = at.above {
        at = *above;
    }
    at.module
}

/// What an expression of a module can see while the tree of modules is read.
struct ConstantScope<'a> {
    caller: &'a Caller<'a>,
    given: &'a RootValues,
    functions: &'a FunctionContext<'a>,
    /// How many variables and locals are being evaluated for one another.
    depth: &'a Cell<usize>,
}

/// More than a person writes; what goes deeper goes round in circles.
const DEEPEST: usize = 64;

impl ConstantScope<'_> {
    /// Another scope's view, one level deeper.
    fn within(&self, caller: &Caller<'_>, expression: &Expression) -> Result<Value, Diagnostic> {
        if self.depth.get() >= DEEPEST {
            let detail = "The source of a module needs this, which needs itself.";
            return Err(Diagnostic::error("Cycle", detail).at(expression.span));
        }
        self.depth.set(self.depth.get() + 1);
        let scope = ConstantScope { caller, given: self.given, functions: self.functions, depth: self.depth };
        let mut found = Diagnostics::new();
        let value = value_of(expression, &scope, &mut found);
        self.depth.set(self.depth.get() - 1);
        first_error(found).map_or(Ok(value), Err)
    }

    fn variable(&self, name: &str) -> Option<Result<Value, Diagnostic>> {
        let variable = self.caller.module.variables.get(name)?;
        let given = match self.caller.above {
            None => Ok(self.given.get(name).cloned()),
            Some((call, above)) => call.body.attribute(name).map_or(Ok(None), |argument| {
                let value = self.within(above, &argument.value)?;
                Ok(Some(Given { value, origin: String::new(), span: Some(argument.value.span) }))
            }),
        };
        Some(given.and_then(|given| {
            let (prepared, mut found) = variables::prepare(variable, self.functions);
            let value = found.take(variables::value_of_variable(variable, &prepared, given));
            first_error(found).map_or(Ok(value), Err)
        }))
    }

    fn local(&self, name: &str) -> Option<Result<Value, Diagnostic>> {
        let local = self.caller.module.locals.get(name)?;
        Some(self.within(self.caller, &local.value))
    }

    fn path(&self, name: &str) -> Option<Result<Value, Diagnostic>> {
        let folder = match name {
            "module" => &self.caller.module.folder,
            "root" => &root(self.caller).folder,
            "cwd" => self.functions.folder,
            _ => return None,
        };
        Some(Ok(Value::string(folder.to_string_lossy().into_owned())))
    }
}

fn first_error(found: Diagnostics) -> Option<Diagnostic> {
    found.has_errors().then(|| found.into_iter().find(|d| d.severity == Severity::Error)).flatten()
}

impl Scope for ConstantScope<'_> {
    fn resolve(&self, reference: &Reference, steps: &[ResolvedStep]) -> Result<(Value, usize), Diagnostic> {
        let name = steps.first().and_then(ResolvedStep::attribute);
        let found = match (&*reference.root.name, name) {
            ("var", Some(name)) => self.variable(name),
            ("local", Some(name)) => self.local(name),
            ("path", Some(name)) => self.path(name),
            _ => None,
        };
        let Some(found) = found else {
            let detail = "The source and the version of a module are needed before anything is planned: they can refer only \
                          to variables and to locals that need no more than variables.";
            return Err(Diagnostic::error("Variables not allowed", detail));
        };
        found.map(|value| (value, 1))
    }

    fn functions(&self) -> &FunctionContext<'_> {
        self.functions
    }
}
