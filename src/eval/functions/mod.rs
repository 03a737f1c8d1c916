//! The functions of the language: name, parameters, result, and what each does.
#![allow(dead_code)]

mod context;
mod signature;

use crate::value::Value;

pub use context::{FunctionContext, TemplateRenderer};
pub use signature::{Arguments, Function, FunctionError, Param, Returns, Takes};

/// The function of a name: `upper`, `core::upper`, or `provider::terraform::encode_tfvars`.
pub fn lookup(_name: &str) -> Option<&'static Function> {
    None
}

/// The names of all functions outside namespaces, in byte order.
pub fn names() -> impl Iterator<Item = &'static str> {
    std::iter::empty()
}

impl Function {
    /// Calls it. The arguments are converted to the parameters' types first.
    pub fn call(&self, args: &[Value], cx: &FunctionContext) -> Result<Value, FunctionError> {
        let returns = crate::value::Type::Dynamic;
        (self.body)(&Arguments { values: args, returns, cx })
    }

    /// The parameter for the argument at a position.
    pub fn param(&self, position: usize) -> Option<&Param> {
        self.params.get(position).or(self.variadic.as_ref())
    }
}
