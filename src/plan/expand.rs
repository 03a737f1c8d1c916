//! `count` and `for_each`: from an expression to instance keys.

use std::sync::Arc;

use crate::address::InstanceKey;
use crate::config::Repetition;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{self, DecidingScope, Reveal, Scope, used_values};
use crate::span::Span;
use crate::syntax::tree::Expression;
use crate::value::{Marks, Type, Value, ValueKind};

use super::evaluation::Expansion;

/// Evaluates how a block repeats. `None` with an error, which has then been added to `found`.
pub fn expand(
    repetition: &Repetition,
    enabled: Option<&Expression>,
    scope: &dyn Scope,
    found: &mut Diagnostics,
) -> Option<Expansion> {
    if let Some(enabled) = enabled {
        return expand_enabled(enabled, scope, found);
    }
    match repetition {
        Repetition::None => Some(Expansion::Single),
        Repetition::Count(expression) => expand_count(expression, scope, found),
        Repetition::ForEach(expression) => expand_for_each(expression, scope, found),
    }
}

/// What an expression comes to, of which much depends on being known: a side of `&&` and `||` may decide it though the
/// other one is not known yet.
fn settled(expression: &Expression, scope: &dyn Scope) -> (Value, Diagnostics) {
    let (value, problems) = eval::evaluate(expression, scope);
    if problems.has_errors() || value.is_known() {
        return (value, problems);
    }
    eval::evaluate(expression, &DecidingScope(scope))
}

/// `enabled = false` in `lifecycle` is a block without an instance (`OpenTofu` 1.11).
fn expand_enabled(expression: &Expression, scope: &dyn Scope, found: &mut Diagnostics) -> Option<Expansion> {
    let (value, problems) = settled(expression, scope);
    if problems.has_errors() {
        found.extend(problems);
        return None;
    }
    match value.convert(&Type::Bool).ok().and_then(|v| v.as_bool()) {
        Some(true) => Some(Expansion::Single),
        Some(false) => Some(Expansion::Count(0)),
        None => {
            let detail = "The \"enabled\" value must be true or false, and known when planning.";
            refuse(found, expression, scope, "Invalid enabled argument", detail);
            None
        }
    }
}

/// Why a value says no number or keys of instances.
pub struct Unfit {
    /// What it is called.
    pub summary: &'static str,
    /// Why.
    pub detail: String,
    /// It may be fit once more is known.
    pub unknown: bool,
}

impl Unfit {
    fn new(summary: &'static str, detail: impl Into<String>) -> Self {
        Self { summary, detail: detail.into(), unknown: false }
    }

    fn unknown(summary: &'static str, detail: impl Into<String>) -> Self {
        Self { unknown: true, ..Self::new(summary, detail) }
    }
}

/// Checks how a block repeats, as far as that is known: when a configuration is only validated.
pub fn check(repetition: &Repetition, scope: &dyn Scope, found: &mut Diagnostics) {
    let (expression, fit): (_, fn(&Value) -> Option<Unfit>) = match repetition {
        Repetition::None => return,
        Repetition::Count(expression) => (expression, |value| count_of(value).err()),
        Repetition::ForEach(expression) => (expression, |value| for_each_pairs(value).err()),
    };
    let (value, problems) = eval::evaluate(expression, scope);
    if problems.has_errors() {
        found.extend(problems);
    } else if let Some(unfit) = fit(&value).filter(|unfit| !unfit.unknown) {
        refuse(found, expression, scope, unfit.summary, &unfit.detail);
    }
}

fn expand_count(expression: &Expression, scope: &dyn Scope, found: &mut Diagnostics) -> Option<Expansion> {
    let (value, problems) = settled(expression, scope);
    if problems.has_errors() {
        found.extend(problems);
        return None;
    }
    match count_of(&value) {
        Ok(count) => Some(Expansion::Count(count)),
        Err(unfit) => {
            refuse(found, expression, scope, unfit.summary, &unfit.detail);
            None
        }
    }
}

const INVALID_COUNT: &str = "Invalid count argument";

/// The number of instances. A sensitive one is allowed, as in Terraform: how many there are is plain to see anyway.
fn count_of(value: &Value) -> Result<u64, Unfit> {
    if value.marks().contains(Marks::EPHEMERAL) {
        return Err(Unfit::new(
            INVALID_COUNT,
            "The given \"count\" is derived from an ephemeral value, which means that Terraform cannot persist it between \
             plan/apply rounds. Use only non-ephemeral values to specify the number of resource instances.",
        ));
    }
    let number = value
        .convert(&Type::Number)
        .map_err(|error| Unfit::new("Incorrect value type", format!("Invalid expression value: {}.", error.message)))?;
    if number.is_null() {
        return Err(Unfit::new(INVALID_COUNT, "The given \"count\" argument value is null. An integer is required."));
    }
    if !number.is_known() {
        return Err(Unfit::unknown(
            INVALID_COUNT,
            "The \"count\" value depends on resource attributes that cannot be determined until apply, so the number of \
             instances cannot be predicted. To work around this, first apply only the resources that the count depends \
             on with the -target option, or base the count on a value that is in the configuration.",
        ));
    }
    let unsuitable =
        |why: &str| Unfit::new(INVALID_COUNT, format!("The given \"count\" argument value is unsuitable: {why}."));
    let count = number.as_number().and_then(crate::value::Number::to_i64);
    match count.map(u64::try_from) {
        Some(Ok(count)) if count <= MOST_INSTANCES => Ok(count),
        Some(Ok(_)) => Err(unsuitable("it is too large")),
        Some(Err(_)) => Err(unsuitable("must be greater than or equal to zero")),
        None => Err(unsuitable("a whole number is required")),
    }
}

/// A count above this is a mistake, and would fill the memory.
const MOST_INSTANCES: u64 = 10_000_000;

fn expand_for_each(expression: &Expression, scope: &dyn Scope, found: &mut Diagnostics) -> Option<Expansion> {
    let (value, problems) = settled(expression, scope);
    if problems.has_errors() {
        found.extend(problems);
        return None;
    }
    match for_each_pairs(&value) {
        Ok(pairs) => Some(Expansion::ForEach(Arc::new(pairs.into_iter().collect()))),
        Err(unfit) => {
            refuse(found, expression, scope, unfit.summary, &unfit.detail);
            None
        }
    }
}

const INVALID_FOR_EACH: &str = "Invalid for_each argument";

const INVALID_SET: &str = "Invalid for_each set argument";

/// The keys and values of a `for_each`, or why it cannot be one.
pub fn for_each_pairs(value: &Value) -> Result<Vec<(Arc<str>, Value)>, Unfit> {
    let refused = |detail: &str| Err(Unfit::new(INVALID_FOR_EACH, detail));
    if value.marks().contains(Marks::EPHEMERAL) {
        return refused(
            "The given \"for_each\" value is derived from an ephemeral value, which means that Terraform cannot persist \
             it between plan/apply rounds. Use only non-ephemeral values to specify a resource's instance keys.",
        );
    }
    if value.marks().contains(Marks::SENSITIVE) {
        return refused(
            "Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments. If used, the \
             sensitive value could be exposed as a resource instance key.",
        );
    }
    match value.kind() {
        ValueKind::Null(_) => {
            refused("The given \"for_each\" argument value is null. A map, or set of strings is allowed.")
        }
        ValueKind::Unknown(ty, _) => Err(Unfit::unknown(INVALID_FOR_EACH, unknown_keys(ty))),
        ValueKind::Map(_, fields) | ValueKind::Object(fields) => {
            Ok(fields.iter().map(|(k, v)| (k.clone(), v.clone())).collect())
        }
        ValueKind::Set(element, items) => items.iter().map(|item| set_key(element, item)).collect(),
        ValueKind::Tuple(_)
        | ValueKind::List(..)
        | ValueKind::Bool(_)
        | ValueKind::Number(_)
        | ValueKind::String(_) => refused(&format!(
            "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument must be a map, or set of \
             strings, and you have provided a value of type {}.",
            value.type_of().friendly_name()
        )),
    }
}

fn unknown_keys(ty: &Type) -> String {
    let what = if matches!(ty, Type::Set(_)) { "set" } else { "map" };
    let keys = if what == "set" { "keys" } else { "full set of keys" };
    format!(
        "The \"for_each\" {what} includes {} derived from resource attributes that cannot be determined until apply, and \
         so the {keys} that will identify the instances of this resource cannot be determined. Use a map whose keys are \
         written in the configuration and put the values known only after apply into its values.",
        if what == "set" { "values" } else { "keys" }
    )
}

fn set_key(element: &Type, item: &Value) -> Result<(Arc<str>, Value), Unfit> {
    if !matches!(element, Type::String | Type::Dynamic) {
        let detail = format!(
            "The given \"for_each\" argument value is unsuitable: \"for_each\" supports maps and sets of strings, but you \
             have provided a set containing type {}.",
            element.friendly_name()
        );
        return Err(Unfit::new(INVALID_SET, detail));
    }
    if item.is_null() {
        let detail =
            "The given \"for_each\" argument value is unsuitable: \"for_each\" sets must not contain null values.";
        return Err(Unfit::new(INVALID_SET, detail));
    }
    match item.as_str() {
        Some(key) => Ok((key.into(), item.clone())),
        None => Err(Unfit::unknown(INVALID_FOR_EACH, unknown_keys(&Type::set(element.clone())))),
    }
}

fn refuse(found: &mut Diagnostics, expression: &Expression, scope: &dyn Scope, summary: &str, detail: &str) {
    let mut diagnostic = Diagnostic::error(summary, detail).at(expression.span);
    diagnostic.values = used_values(expression, scope, Reveal::default());
    found.push(diagnostic);
}

/// Why an instance of a resource is not among those that the configuration has.
pub fn why_gone(expansion: &Expansion, key: &InstanceKey) -> super::Reason {
    match (expansion, key) {
        (Expansion::Count(_), InstanceKey::Int(_)) => super::Reason::CountIndex,
        (Expansion::ForEach(_), InstanceKey::String(_)) => super::Reason::EachKey,
        _ => super::Reason::WrongRepetition,
    }
}

/// The place to point at when a block's repetition is at fault.
pub fn place(repetition: &Repetition, otherwise: Span) -> Span {
    match repetition {
        Repetition::None => otherwise,
        Repetition::Count(e) | Repetition::ForEach(e) => e.span,
    }
}
