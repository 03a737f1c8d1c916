//! What functions need from outside their arguments.

use std::fmt;
use std::path::Path;

use crate::diagnostic::Diagnostics;
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
    /// How text becomes values: templates and `.tfvars`.
    pub templates: &'a dyn TemplateRenderer,
}

/// Parsing and evaluation, which lie above the functions: the evaluator lends them.
pub trait TemplateRenderer {
    /// Evaluates a template with an object or map of variables. `name` is that of the file or of the argument, for
    /// messages.
    fn render(&self, name: &str, template: &str, variables: &Value) -> Result<Value, Diagnostics>;

    /// Reads the text of a `.tfvars` file as an object.
    fn decode_tfvars(&self, text: &str) -> Result<Value, Diagnostics>;
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
