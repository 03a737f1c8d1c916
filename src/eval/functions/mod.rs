//! The functions of the language: name, parameters, result, and what each does.
//!
//! A [`Function`] is a row of a table; [`Function::call`] gives every function the same treatment of nulls,
//! unknowns and marks that go-cty's function package gives Terraform's: an argument that a parameter does not
//! take is an error or makes the result unknown before the function itself runs.

mod collection;
mod context;
mod encoding;
mod filesystem;
mod format;
mod hash;
mod ip;
mod numeric;
mod provider;
mod regexp;
mod sets;
mod signature;
mod string;
#[cfg(test)]
mod tests;
mod time;
mod types;
mod yaml;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::value::{Marks, Type, Value};

pub use context::{FunctionContext, Template, TemplateRenderer};
pub use signature::{Arguments, Function, FunctionError, Param, Returns, Takes};

/// Every table of functions.
const TABLES: [&[Function]; 13] = [
    numeric::TABLE,
    string::TABLE,
    format::TABLE,
    regexp::TABLE,
    collection::TABLE,
    sets::TABLE,
    encoding::TABLE,
    yaml::TABLE,
    filesystem::TABLE,
    time::TABLE,
    hash::TABLE,
    ip::TABLE,
    types::TABLE,
];

static BY_NAME: LazyLock<FxHashMap<&'static str, &'static Function>> =
    LazyLock::new(|| TABLES.iter().copied().flatten().map(|function| (function.name, function)).collect());

/// The function of a name: `upper`, `core::upper`, or `provider::terraform::encode_tfvars`.
pub fn lookup(name: &str) -> Option<&'static Function> {
    if let Some(inner) = name.strip_prefix("provider::terraform::") {
        return provider::TABLE.iter().find(|function| function.name == inner);
    }
    BY_NAME.get(name.strip_prefix("core::").unwrap_or(name)).copied()
}

/// The names of all functions outside namespaces, in byte order.
pub fn names() -> impl Iterator<Item = &'static str> {
    let mut names: Vec<&str> = BY_NAME.keys().copied().collect();
    names.sort_unstable();
    names.into_iter()
}

impl Function {
    /// Calls it. The arguments are converted to the parameters' types first.
    pub fn call(&self, args: &[Value], cx: &FunctionContext) -> Result<Value, FunctionError> {
        self.check_count(args.len())?;
        let mut marks = Marks::NONE;
        let mut unknown = false;
        let mut open = false;
        let mut accepted = Vec::with_capacity(args.len());
        for (i, arg) in args.iter().enumerate() {
            let Some(param) = self.param(i) else { break };
            let arg = match Self::accept(i, param, arg, &mut marks) {
                Ok(arg) => arg,
                // Behind an argument of which not even the type is known nothing is looked at.
                Err(_) if open => continue,
                Err(error) => return Err(error),
            };
            unknown |= !arg.is_known() && !param.unknown;
            open |= !param.dynamic && is_open(&arg);
            accepted.push(arg);
        }
        if open {
            return Ok(self.refine(Value::dynamic()).marked(marks));
        }
        let returns = self.result_type(&accepted)?;
        if unknown {
            let marks = accepted.iter().fold(marks, |marks, arg| marks | arg.marks());
            return Ok(self.refine(Value::unknown(returns)).marked(marks));
        }
        let result = (self.body)(&Arguments { values: &accepted, marks, returns, cx })?;
        Ok(self.refine(result).marked(marks))
    }

    /// The parameter for the argument at a position.
    pub fn param(&self, position: usize) -> Option<&Param> {
        self.params.get(position).or(self.variadic.as_ref())
    }

    /// The type that the parameters alone tell of the result; any while it follows from the arguments.
    pub fn declared_result(&self) -> Type {
        let params = || self.params.iter().chain(&self.variadic);
        if params().any(|param| param.takes == Takes::Any && !param.dynamic) {
            return Type::Dynamic;
        }
        let unknown: Vec<Value> = params().map(|param| Value::unknown(param.takes.ty())).collect();
        self.result_type(&unknown).unwrap_or(Type::Dynamic)
    }

    fn check_count(&self, given: usize) -> Result<(), FunctionError> {
        let required = self.params.len();
        let message = match self.variadic {
            Some(_) if given < required => {
                format!("wrong number of arguments (at least {required} required; {given} given)")
            }
            None if given != required => format!("wrong number of arguments ({required} required; {given} given)"),
            _ => return Ok(()),
        };
        Err(FunctionError::from(message))
    }

    /// An argument as the parameter takes it: converted, not null unless that is allowed, without marks (which
    /// join the result's) unless those are.
    fn accept(i: usize, param: &Param, arg: &Value, marks: &mut Marks) -> Result<Value, FunctionError> {
        let wanted = param.takes.ty();
        let converted = arg.convert(&wanted).map_err(|e| FunctionError::at(i, described(&e)))?;
        if converted.is_null() && !param.null {
            return Err(FunctionError::at(i, "argument must not be null"));
        }
        if param.marked {
            return Ok(converted);
        }
        let (bare, found) = converted.without_deep_marks();
        *marks = *marks | found;
        Ok(bare)
    }

    fn result_type(&self, args: &[Value]) -> Result<Type, FunctionError> {
        match self.returns {
            Returns::Always(takes) => Ok(takes.ty()),
            Returns::By(of) => of(args),
        }
    }

    fn refine(&self, value: Value) -> Value {
        if self.not_null && !value.is_known() { value.refined_not_null() } else { value }
    }
}

/// Whether even the type of a value is not known; a bare `null` counts.
fn is_open(value: &Value) -> bool {
    match value.kind() {
        crate::value::ValueKind::Null(ty) | crate::value::ValueKind::Unknown(ty, _) => *ty == Type::Dynamic,
        _ => false,
    }
}

/// A conversion error with its path, as Terraform words it: `["a"]: a number is required`.
fn described(error: &crate::value::ConversionError) -> String {
    if error.path.0.is_empty() { error.message.clone() } else { format!("{}: {}", error.path, error.message) }
}
