//! Expression and [`Scope`] to value.
//!
//! Evaluation never stops at a fault: what cannot be evaluated becomes unknown, which later steps take as they
//! take every unknown, so that one fault gives one diagnostic. Values are shared, never copied: the cost of an
//! expression grows with its own size and with what it builds, not with the size of what it refers to.

mod access;
mod call;
mod collections;
mod conditional;
pub mod console;
pub mod constant;
pub mod declared;
pub mod decode;
pub mod early;

mod fault;
pub mod functions;
mod gather;
mod locate;
mod nearest;
mod operators;
pub mod references;
pub mod rules;
mod scope;
mod template;
pub mod templates;
#[cfg(test)]
mod tests;
pub mod types;
mod used;
pub mod variables;

use crate::diagnostic::Diagnostics;
use crate::syntax::tree::{Expression, ExpressionKind};
use crate::value::Value;

pub use nearest::{did_you_mean, nearest};
pub use scope::{DecidingScope, LocalScope, MapScope, OFFERED_STEPS, ResolvedStep, Scope};
pub use used::{Reveal, statement, used_values};

/// What an expression is worth in a scope. With an error the value is unknown, at least where it depends on what
/// failed.
pub fn evaluate(expression: &Expression, scope: &dyn Scope) -> (Value, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let value = value_of(expression, scope, &mut diagnostics);
    (value, diagnostics)
}

/// [`evaluate`], adding to diagnostics that exist.
pub(crate) fn value_of(expression: &Expression, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
    match &expression.kind {
        ExpressionKind::Literal(value) => value.clone(),
        ExpressionKind::Template(parts) => template::render(expression, parts, scope, diagnostics),
        ExpressionKind::Wrapped(inner) | ExpressionKind::Parenthesis(inner) => value_of(inner, scope, diagnostics),
        ExpressionKind::Tuple(items) => collections::tuple(items, scope, diagnostics),
        ExpressionKind::Object(items) => collections::object(items, scope, diagnostics),
        ExpressionKind::Reference(reference) => access::reference(expression, reference, scope, diagnostics),
        ExpressionKind::Access { source, steps } => access::steps_on(expression, source, steps, scope, diagnostics),
        ExpressionKind::Call(call) => call::call(expression, call, scope, diagnostics),
        ExpressionKind::For(each) => collections::comprehension(expression, each, scope, diagnostics),
        ExpressionKind::Unary(operator, operand) => {
            operators::unary(expression, *operator, operand, scope, diagnostics)
        }
        ExpressionKind::Binary(operator, left, right) => {
            operators::binary(expression, *operator, [left, right], scope, diagnostics)
        }
        ExpressionKind::Conditional { condition, when_true, when_false } => {
            conditional::choose(expression, condition, [when_true, when_false], scope, diagnostics)
        }
        ExpressionKind::Invalid => Value::dynamic(),
    }
}
