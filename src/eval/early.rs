//! What is wrong with a module for everybody to see who knows types and references, before any value is known:
//! types and defaults of variables, conditions that test nothing, locals that need themselves.
//!
//! Terraform tells these while it reads a module, before it looks at what modules refer to.

use crate::address::{ResourceAddress, Subject};
use crate::config::{Check, CheckRule, Module, ProvisionerMoment, Resource, Variable};
use crate::diagnostic::Diagnostics;
use crate::eval::functions::FunctionContext;
use crate::eval::references::{StaticReference, mention, static_references};
use crate::eval::variables;
use crate::span::Span;
use crate::syntax::tree::{Expression, ExpressionKind, Step};

/// Checks a module on its own.
pub fn check_module(module: &Module, functions: &FunctionContext<'_>) -> Diagnostics {
    let mut found = Diagnostics::new();
    for of in module.variables.values() {
        variable(of, functions, &mut found);
    }
    for local in module.locals.values() {
        let itself = Subject::Local(local.name.clone());
        for place in static_references(&local.value).into_iter().filter_map(|r| place_of(r, &itself)) {
            let detail = format!("Local value local.{} cannot use its own result in its expression.", local.name);
            found.error_at(place, "Self-referencing local value", detail);
        }
    }
    for output in module.outputs.values() {
        rules("precondition", &output.preconditions, &mut found);
    }
    for of in module.resources.values() {
        resource(of, &mut found);
    }
    for of in module.checks.values().chain(&module.repeated_checks) {
        check(of, &mut found);
    }
    found
}

/// Checks the assertions of a test.
pub fn check_asserts<'r>(asserts: impl IntoIterator<Item = &'r CheckRule>) -> Diagnostics {
    let mut found = Diagnostics::new();
    for rule in asserts {
        tests_something("assert", rule, &mut found);
    }
    found
}

fn variable(variable: &Variable, functions: &FunctionContext<'_>, found: &mut Diagnostics) {
    found.extend(variables::prepare(variable, functions).1);
    for rule in &variable.validations {
        tests_something("validation", rule, found);
        let own = |reference: &StaticReference<'_>| {
            &*reference.reference.root.name == "var"
                && matches!(reference.reference.steps.first(), Some(Step::Attribute(name)) if name.name == variable.name)
        };
        if is_written(&rule.condition) && !static_references(&rule.condition).iter().any(own) {
            let detail = format!(
                "The condition for variable \"{0}\" must refer to var.{0} in order to test incoming values.",
                variable.name
            );
            found.error_at(rule.condition.span, "Invalid variable validation condition", detail);
        }
    }
}

fn check(check: &Check, found: &mut Diagnostics) {
    let mut sound = 0;
    for assert in &check.asserts {
        let complete = is_written(&assert.condition) && is_written(&assert.error_message);
        sound += usize::from(tests_something("assert", assert, found) && complete);
    }
    if sound == 0 {
        found.error_at(check.span, "Zero assert blocks", "Check blocks must have at least one assert block.");
    }
}

fn resource(resource: &Resource, found: &mut Diagnostics) {
    let lifecycle = &resource.lifecycle;
    for (what, list) in [("precondition", &lifecycle.preconditions), ("postcondition", &lifecycle.postconditions)] {
        rules(what, list, found);
        for expression in list.iter().flat_map(|rule| [&rule.condition, &rule.error_message]) {
            for place in places_of_itself(expression, &resource.address) {
                let detail = format!("Configuration for {} may not refer to itself.", resource.address);
                found.error_at(place, format!("Invalid reference in {what}"), detail);
            }
        }
    }
    // Terraform reads no further than the first that is wrong.
    let triggers = lifecycle.replace_triggered_by.iter().map(replace_trigger);
    found.extend(triggers.into_iter().find(Diagnostics::has_errors).unwrap_or_default());
    for provisioner in resource.provisioners.iter().filter(|p| p.when == ProvisionerMoment::Destroy) {
        let connection = provisioner.connection.iter().map(|block| &block.body);
        for body in std::iter::once(&provisioner.body).chain(connection) {
            body.attributes.iter().for_each(|attribute| only_itself(&attribute.value, found));
        }
    }
}

fn rules(what: &str, rules: &[CheckRule], found: &mut Diagnostics) {
    for rule in rules {
        tests_something(what, rule, found);
    }
}

/// A condition that refers to nothing tests nothing. False when that is so.
fn tests_something(what: &str, rule: &CheckRule, found: &mut Diagnostics) -> bool {
    if !is_written(&rule.condition) || !static_references(&rule.condition).is_empty() {
        return true;
    }
    let detail = "The condition expression must refer to at least one object from elsewhere in the configuration, or \
                  else its result would not be checking anything.";
    found.error_at(rule.condition.span, format!("Invalid {what} expression"), detail);
    false
}

/// One resource, or an instance of one, or an attribute; its key may be `each.key` or `count.index`.
fn replace_trigger(expression: &Expression) -> Diagnostics {
    const SUMMARY: &str = "Invalid replace_triggered_by expression";
    let mut found = Diagnostics::new();
    let mut resources = 0;
    for reference in static_references(expression) {
        match mention(reference) {
            Ok(mention) => match mention.subject {
                Subject::Resource(_) => resources += 1,
                Subject::Count => {}
                Subject::Each => {
                    let is_key = |step: &Step| matches!(step, Step::Attribute(name) if &*name.name == "key");
                    if !mention.reference.steps.first().is_some_and(is_key) {
                        let detail = "Only each.key may be used in replace_triggered_by.";
                        let summary = "Invalid each reference in replace_triggered_by expression";
                        found.error_at(expression.span, summary, detail);
                    }
                }
                _ => {
                    let detail = "Only resources, count.index, and each.key may be used in replace_triggered_by.";
                    let summary = "Invalid reference in replace_triggered_by expression";
                    found.error_at(expression.span, summary, detail);
                }
            },
            Err(problem) => return problem.into(),
        }
    }
    let detail = match resources {
        0 => "Missing resource reference in replace_triggered_by expression.",
        1 => return found,
        _ => "Multiple resource references in replace_triggered_by expression.",
    };
    found.error_at(expression.span, SUMMARY, detail);
    found
}

/// When an object goes, what it depended on may be gone: only the object itself and its key can be referred to.
fn only_itself(expression: &Expression, found: &mut Diagnostics) {
    for StaticReference { reference, .. } in static_references(expression) {
        let first = match reference.steps.first() {
            Some(Step::Attribute(name)) => &*name.name,
            _ => "",
        };
        let allowed = match &*reference.root.name {
            "self" | "path" | "terraform" => true,
            "count" => first == "index",
            "each" => first == "key",
            _ => false,
        };
        if !allowed {
            let detail = "Destroy-time provisioners and their connection configurations may only reference attributes of \
                          the related resource, via 'self', 'count.index', or 'each.key'.";
            found.error_at(expression.span, "Invalid reference from destroy provisioner", detail);
        }
    }
}

/// Whether an argument is there and could be read.
fn is_written(expression: &Expression) -> bool {
    !matches!(expression.kind, ExpressionKind::Invalid)
}

/// Where an expression refers to the resource that it stands in.
fn places_of_itself(expression: &Expression, address: &ResourceAddress) -> Vec<Span> {
    let itself = Subject::Resource(address.clone());
    static_references(expression).into_iter().filter_map(|reference| place_of(reference, &itself)).collect()
}

fn place_of(reference: StaticReference<'_>, subject: &Subject) -> Option<Span> {
    mention(reference).ok().filter(|mention| mention.subject == *subject).map(|mention| mention.span)
}
