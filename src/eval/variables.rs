//! What a module's variable is worth: the value given for it, its default, its type, its marks.

use crate::config::Variable;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::functions::FunctionContext;
use crate::eval::scope::MapScope;
use crate::eval::types::{Constraint, constraint};
use crate::eval::value_of;
use crate::span::Span;
use crate::value::{Marks, Path, Value};

/// A variable whose type and default have been read: done once, used for each instance of its module.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The type and its optional attributes' defaults.
    pub constraint: Constraint,
    /// The default, of the type; `None` when a value must be given.
    pub default: Option<Value>,
}

/// A value given for a variable.
#[derive(Debug, Clone)]
pub struct Given {
    /// The value, not yet of the variable's type.
    pub value: Value,
    /// How it came, for diagnostics: `set using -var="a=..."`, `set from environment variable`; empty for a module
    /// call's argument, which has a place.
    pub origin: String,
    /// Where it was written, when that can be pointed at.
    pub span: Option<Span>,
}

const INVALID_DEFAULT: &str = "Invalid default value for variable";

/// Reads a variable's type and default.
pub fn prepare(variable: &Variable, functions: &FunctionContext<'_>) -> (Prepared, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let constraint = match &variable.ty {
        Some(expression) => diagnostics.take(constraint(expression, functions)),
        None => Constraint::default(),
    };
    let mut prepared = Prepared { constraint, default: None };
    let Some(expression) = &variable.default else { return (prepared, diagnostics) };
    if diagnostics.has_errors() {
        // Without a type nothing can be said of the default.
        prepared.default = Some(Value::dynamic());
        return (prepared, diagnostics);
    }
    let scope = MapScope::refusing(functions, "Variables may not be used here.");
    let mut found = Diagnostics::new();
    let value = value_of(expression, &scope, &mut found);
    let failed = found.has_errors();
    diagnostics.extend(found);
    let value = match convert(&value, &prepared.constraint) {
        Ok(value) => value,
        Err(message) => {
            if !failed {
                let detail =
                    format!("This default value is not compatible with the variable's type constraint: {message}.");
                // An override may have made the default unfit by its type: the fault is the override's.
                diagnostics.error_at(variable.overridden.unwrap_or(expression.span), INVALID_DEFAULT, detail);
            }
            Value::unknown(prepared.constraint.ty.without_optional())
        }
    };
    if value.is_null() && !variable.nullable {
        let detail = "A null default value is not valid when nullable=false.";
        diagnostics.error_at(expression.span, INVALID_DEFAULT, detail);
    }
    prepared.default = Some(value);
    (prepared, diagnostics)
}

/// The value of a variable. Validations are not checked here, since they may refer to other values.
pub fn value_of_variable(variable: &Variable, prepared: &Prepared, given: Option<Given>) -> (Value, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let value = chosen(variable, prepared, given).unwrap_or_else(|diagnostic| {
        diagnostics.push(diagnostic);
        Value::unknown(prepared.constraint.ty.without_optional())
    });
    (value.marked(marks_of(variable)), diagnostics)
}

/// The marks that a variable's declaration puts on its value.
pub fn marks_of(variable: &Variable) -> Marks {
    let mut marks = Marks::NONE;
    if variable.sensitive {
        marks = marks | Marks::SENSITIVE;
    }
    if variable.ephemeral {
        marks = marks | Marks::EPHEMERAL;
    }
    marks
}

fn chosen(variable: &Variable, prepared: &Prepared, given: Option<Given>) -> Result<Value, Diagnostic> {
    let Some(given) = given else {
        return prepared.default.clone().ok_or_else(|| {
            let detail = format!(
                "The root module input variable \"{}\" is not set, and has no default value. Use a -var or -var-file \
                 command line argument to provide a value for this variable.",
                variable.name
            );
            Diagnostic::error("No value for required variable", detail).at(variable.span)
        });
    };
    let place = given.span.unwrap_or(variable.span);
    if given.value.is_null() && !variable.nullable {
        return prepared.default.clone().ok_or_else(|| {
            let detail = unsuitable(variable, &given, "required variable may not be set to null");
            Diagnostic::error("Required variable not set", detail).at(place)
        });
    }
    convert(&given.value, &prepared.constraint).map_err(|message| {
        Diagnostic::error("Invalid value for input variable", unsuitable(variable, &given, &message)).at(place)
    })
}

fn unsuitable(variable: &Variable, given: &Given, why: &str) -> String {
    if given.origin.is_empty() {
        return format!(
            "The given value is not suitable for the variable \"{}\" of the called module: {why}.",
            variable.name
        );
    }
    format!("Unsuitable value for var.{} {}: {why}.", variable.name, given.origin)
}

/// Lays the type's defaults into a value and converts it; the error says where in the value it is wrong.
fn convert(value: &Value, constraint: &Constraint) -> Result<Value, String> {
    constraint.defaults.apply(value).convert(&constraint.ty).map_err(|error| at(&error.path, &error.message))
}

fn at(path: &Path, message: &str) -> String {
    if path.0.is_empty() { message.to_owned() } else { format!("{path}: {message}") }
}
