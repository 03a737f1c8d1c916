//! What functions need from outside their arguments.

use std::fmt;
use std::path::Path;

use super::FunctionError;
use crate::value::Value;

/// The surroundings of a call.
#[derive(Clone, Copy)]
pub struct FunctionContext<'a> {
    /// Relative file paths start here: the folder that the process works in.
    pub folder: &'a Path,
    /// Whether a plan is being made: `timestamp`, `uuid` and `bcrypt` are unknown then.
    pub planning: bool,
    /// The moment that `plantimestamp` gives; `None` where there is no plan, as in the console.
    pub plan_time: Option<jiff::Timestamp>,
    /// Whether the console asks.
    pub console: bool,
    /// Whether there are no functions at all, as in a `.tfvars` file.
    pub refused: bool,
    /// How text becomes values: templates and `.tfvars`.
    pub templates: &'a dyn TemplateRenderer,
}

/// The text of a template and where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    /// The function that renders it.
    pub function: &'a str,
    /// The name of the file or of the argument, for messages.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
}

/// Parsing and evaluation, which lie above the functions: the evaluator lends them.
pub trait TemplateRenderer {
    /// Evaluates a template, the first argument of a function, with an object or map of variables, the second.
    fn render(&self, template: &Template<'_>, variables: &Value) -> Result<Value, FunctionError>;

    /// Reads the text of a `.tfvars` file as an object.
    fn decode_tfvars(&self, text: &str) -> Result<Value, FunctionError>;
}

impl fmt::Debug for FunctionContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionContext")
            .field("folder", &self.folder)
            .field("planning", &self.planning)
            .field("console", &self.console)
            .finish_non_exhaustive()
    }
}
