//! Whether what expressions refer to exists, and may be referred to from there: what can be told of a module
//! without evaluating anything.
//!
//! As in Terraform an expression with such an error is not evaluated, so a caller checks first and evaluates what
//! passed.

use crate::address::{ResourceAddress, ResourceMode, Subject};
use crate::config::{Module, Repetition, Resource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::access::attribute;
use crate::eval::nearest::{did_you_mean, nearest};
use crate::eval::references::{
    Mention, StaticReference, mention, static_body_references, static_references, step_span,
};
use crate::provider::{Block, Nesting};
use crate::span::Span;
use crate::syntax::tree::{Body, Expression, Step};
use crate::value::Value;

/// What a module declares, with the schemas of its resources.
pub struct Declared<'a> {
    /// The module.
    pub module: &'a Module,
    /// The schema of a resource's kind; `None` when it is not known, which is told elsewhere.
    pub schema: &'a dyn Fn(&Resource) -> Option<&'a Block>,
}

/// Where in a module an expression stands: what it may refer to beside what the module declares.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // Independent of one another.
pub struct Place<'a> {
    /// In a block with `for_each`.
    pub each: bool,
    /// In a block with `count`.
    pub count: bool,
    /// Where `self` may be used, and what it is.
    pub self_is: Option<&'a ResourceAddress>,
    /// In the body of this resource, which cannot refer to itself.
    pub not_itself: Option<&'a ResourceAddress>,
    /// In this `check` block.
    pub check: Option<&'a str>,
    /// In the condition or message of a rule.
    pub rule: bool,
    /// In an assertion of a test, which may refer to outputs and to runs; whether those are there is told elsewhere.
    pub test: bool,
}

impl<'a> Place<'a> {
    /// Outside any repeated block.
    pub fn top() -> Self {
        Self::default()
    }

    /// In a block that is repeated so.
    pub fn repeated(repetition: &Repetition) -> Self {
        Self {
            each: matches!(repetition, Repetition::ForEach(_)),
            count: matches!(repetition, Repetition::Count(_)),
            ..Self::default()
        }
    }

    /// In the body of a resource.
    pub fn body_of(resource: &'a Resource) -> Self {
        Self {
            not_itself: Some(&resource.address),
            check: resource.check.as_deref(),
            ..Self::repeated(&resource.repetition)
        }
    }
}

impl Declared<'_> {
    /// What is wrong with the references of an expression.
    pub fn expression(&self, expression: &Expression, place: Place<'_>) -> Diagnostics {
        self.references(&static_references(expression), place)
    }

    /// What is wrong with the references of a body, its nested and dynamic blocks included.
    pub fn body(&self, body: &Body, place: Place<'_>) -> Diagnostics {
        self.references(&static_body_references(body), place)
    }

    fn references(&self, references: &[StaticReference<'_>], place: Place<'_>) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for reference in references {
            match mention(*reference) {
                Ok(mention) => self.mention(&mention, place, &mut diagnostics),
                Err(diagnostic) => {
                    diagnostics.push(diagnostic);
                    diagnostics.extend(nameless(&reference.reference.root.name));
                }
            }
        }
        diagnostics
    }

    fn mention(&self, mention: &Mention<'_>, place: Place<'_>, diagnostics: &mut Diagnostics) {
        let first = || match mention.reference.steps.first() {
            Some(Step::Attribute(name)) => name.name.to_string(),
            _ => String::new(),
        };
        match &mention.subject {
            Subject::Variable(name) if !self.module.variables.contains_key(name) => {
                diagnostics.push(undeclared_variable(name, self.module.variables.keys()).at(mention.span));
            }
            Subject::Local(name) if !self.module.locals.contains_key(name) => {
                diagnostics.push(undeclared_local(name, self.module.locals.keys()).at(mention.span));
            }
            Subject::Module(name) => self.call(name, mention, diagnostics),
            Subject::Resource(address) => self.resource(address, mention, place, diagnostics),
            Subject::SelfValue => match place.self_is {
                Some(address) => self.resource(address, mention, place, diagnostics),
                None => diagnostics.extend(self_out_of_place(mention.span, place)),
            },
            Subject::Each => diagnostics.extend(each(&first(), place).map(|d| d.at(mention.span))),
            Subject::Count => diagnostics.extend(count(&first(), place).map(|d| d.at(mention.span))),
            Subject::Path => diagnostics.extend(path(&first()).map(|d| d.at(mention.span))),
            Subject::Terraform => diagnostics.extend(terraform(&first()).map(|d| d.at(mention.span))),
            Subject::Output(_) | Subject::Run(_) if place.test => {}
            Subject::Check(_) | Subject::Output(_) | Subject::Run(_) => {
                let root = &mention.reference.root.name;
                let address = ResourceAddress::managed(root, &first());
                diagnostics.push(self.undeclared_resource(&address).at(mention.span));
            }
            Subject::Variable(_) | Subject::Local(_) => {}
        }
    }

    fn call(&self, name: &str, mention: &Mention<'_>, diagnostics: &mut Diagnostics) {
        let Some(call) = self.module.calls.get(name) else {
            let known = self.module.calls.keys().map(|name| &**name);
            let hint = did_you_mean(name, known);
            let (summary, what) = if name.contains('.') {
                ("Reference to undeclared resource", format!("No block {name}"))
            } else {
                ("Reference to undeclared module", format!("No module call named \"{name}\""))
            };
            let detail = format!("{what} is declared in {}.{hint}", self.module_name());
            diagnostics.error_at(mention.span, summary, detail);
            return;
        };
        let (Some(child), Some(Step::Attribute(output))) = (self.module.children.get(name), mention.remaining.first())
        else {
            return;
        };
        if matches!(call.repetition, Repetition::Count(_)) && mention.key.is_none() {
            let detail = format!(
                "module.{name} has \"count\" set, so it is a list of objects, which has no attributes. Name an instance: \
                 module.{name}[0].{0}, or all of them: module.{name}[*].{0}.",
                output.name
            );
            diagnostics.error_at(output.span, "Unsupported attribute", detail);
            return;
        }
        let repeated = !matches!(call.repetition, Repetition::None);
        if repeated == mention.key.is_some() && !child.outputs.contains_key(&output.name) {
            let known = child.outputs.keys().map(|name| &**name);
            let detail = format!(
                "This object does not have an attribute named \"{}\".{}",
                output.name,
                did_you_mean(&output.name, known)
            );
            diagnostics.error_at(output.span, "Unsupported attribute", detail);
        }
    }

    fn resource(
        &self,
        address: &ResourceAddress,
        mention: &Mention<'_>,
        place: Place<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(resource) = self.module.resources.get(address) else {
            diagnostics.push(self.undeclared_resource(address).at(mention.span));
            return;
        };
        if resource.check.is_some() && resource.check.as_deref() != place.check {
            let detail = format!("{address} belongs to a check block, and only that block can refer to it.");
            diagnostics.error_at(mention.span, "Reference to scoped resource", detail);
        }
        if place.not_itself == Some(address) && place.self_is.is_none() {
            let detail = format!("Configuration for {address} may not refer to itself.");
            diagnostics.error_at(mention.span, "Self-referential block", detail);
        }
        if mention.subject != Subject::SelfValue {
            diagnostics.extend(instance_key(resource, mention));
        }
        if let Some(schema) = (self.schema)(resource) {
            diagnostics.extend(unsupported_step(schema, mention.remaining));
        }
    }

    fn undeclared_resource(&self, address: &ResourceAddress) -> Diagnostic {
        let (mode, other) = match address.mode {
            ResourceMode::Managed => ("managed", ResourceMode::Data),
            ResourceMode::Data => ("data", ResourceMode::Managed),
            ResourceMode::Ephemeral => ("ephemeral", ResourceMode::Managed),
        };
        let twin = ResourceAddress { mode: other, ..address.clone() };
        let hint = if self.module.resources.contains_key(&twin) {
            let what = if other == ResourceMode::Data { "data" } else { "managed" };
            format!("\n\nDid you mean the {what} resource {twin}?")
        } else {
            let same_kind = self.module.resources.keys().filter(|a| a.mode == address.mode && a.kind == address.kind);
            did_you_mean(&address.name, same_kind.map(|a| &*a.name))
        };
        Diagnostic::error(
            "Reference to undeclared resource",
            format!(
                "A {mode} resource \"{}\" \"{}\" has not been declared in {}.{hint}",
                address.kind,
                address.name,
                self.module_name()
            ),
        )
    }

    /// The module, in a sentence.
    pub fn module_name(&self) -> String {
        if self.module.path.is_root() { "the root module".to_owned() } else { self.module.path.to_string() }
    }
}

/// Whether an instance key stands where there must be one, and nowhere else.
fn instance_key(resource: &Resource, mention: &Mention<'_>) -> Option<Diagnostic> {
    let address = &resource.address;
    let (argument, example) = match (&resource.repetition, &mention.key) {
        (Repetition::None, None) | (Repetition::Count(_) | Repetition::ForEach(_), Some(_)) => return None,
        (Repetition::None, Some(_)) => {
            let detail = format!(
                "Because {address} does not have \"count\" or \"for_each\" set, references to it must not include an \
                 index key. Remove the bracketed index to refer to the single instance of this resource."
            );
            return Some(Diagnostic::error("Unexpected resource instance key", detail).at(mention.span));
        }
        // Without further steps it may be the whole resource, or a key follows that is not literal.
        (_, None) if mention.remaining.is_empty() => return None,
        (Repetition::Count(_), None) => ("count", "count.index"),
        (Repetition::ForEach(_), None) => ("for_each", "each.key"),
    };
    let detail = format!(
        "Because {address} has \"{argument}\" set, its attributes must be accessed on specific instances.\n\nFor \
         example, to correlate with indices of a referring resource, use:\n    {address}[{example}]"
    );
    Some(Diagnostic::error("Missing resource instance key", detail).at(mention.span))
}

/// The first step that a schema does not allow.
fn unsupported_step(block: &Block, steps: &[Step]) -> Option<Diagnostic> {
    let (Step::Attribute(name), rest) = steps.split_first()? else { return None };
    if let Some(found) = block.attributes.get(&*name.name) {
        let mut value = Value::unknown(found.ty.clone());
        for step in rest {
            let Step::Attribute(next) = step else { return None };
            match attribute(&value, &next.name) {
                Ok(inner) => value = inner,
                Err(problem) => return Some(Diagnostic::error(problem.summary, problem.detail).at(step_span(step))),
            }
        }
        return None;
    }
    if let Some(nested) = block.blocks.get(&*name.name) {
        return match (nested.nesting, rest) {
            (Nesting::Single | Nesting::Group, rest) => unsupported_step(&nested.block, rest),
            (Nesting::List | Nesting::Map, [Step::Index(_) | Step::LegacyIndex(..), rest @ ..]) => {
                unsupported_step(&nested.block, rest)
            }
            _ => None,
        };
    }
    let known = block.attributes.keys().chain(block.blocks.keys()).map(|name| &**name);
    let detail = format!(
        "This object has no argument, nested block, or exported attribute named \"{}\".{}",
        name.name,
        did_you_mean(&name.name, known)
    );
    Some(Diagnostic::error("Unsupported attribute", detail).at(name.span))
}

/// No variable of that name; without a place.
pub fn undeclared_variable<'a>(name: &str, known: impl IntoIterator<Item = &'a std::sync::Arc<str>>) -> Diagnostic {
    let hint = match nearest(name, known.into_iter().map(|name| &**name)) {
        Some(meant) => format!("Did you mean \"{meant}\"?"),
        None => format!("This variable can be declared with a variable \"{name}\" {{}} block."),
    };
    Diagnostic::error(
        "Reference to undeclared input variable",
        format!("An input variable with the name \"{name}\" has not been declared. {hint}"),
    )
}

/// No local value of that name; without a place.
pub fn undeclared_local<'a>(name: &str, known: impl IntoIterator<Item = &'a std::sync::Arc<str>>) -> Diagnostic {
    let hint = did_you_mean(name, known.into_iter().map(|name| &**name));
    Diagnostic::error(
        "Reference to undeclared local value",
        format!("A local value with the name \"{name}\" has not been declared.{hint}"),
    )
}

/// Terraform goes on to look up the missing name of a bare `var`, and tells that too, without a place.
fn nameless(root: &str) -> Option<Diagnostic> {
    match root {
        "var" => Some(undeclared_variable("", [])),
        "local" => Some(undeclared_local("", [])),
        "each" => Some(invalid_each("")),
        "count" => Some(invalid_count("")),
        "path" => path(""),
        "terraform" | "tofu" => terraform(""),
        _ => None,
    }
}

fn self_out_of_place(span: Span, place: Place<'_>) -> Vec<Diagnostic> {
    let detail = "The \"self\" object is not available in this context. This object can be used only in resource \
                  provisioner, connection, and postcondition blocks.";
    let mut found = vec![Diagnostic::error("Invalid \"self\" reference", detail).at(span)];
    // A rule is evaluated in spite of it.
    if place.rule {
        found.push(Diagnostic::error("Unknown variable", "There is no variable named \"self\".").at(span));
    }
    found
}

fn invalid_each(name: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid \"each\" attribute",
        format!(
            "The \"each\" object does not have an attribute named \"{name}\". The supported attributes are each.key \
             and each.value, the current key and value pair of the \"for_each\" attribute set."
        ),
    )
}

fn each(name: &str, place: Place<'_>) -> Option<Diagnostic> {
    if !matches!(name, "key" | "value") {
        return Some(invalid_each(name));
    }
    (!place.each).then(|| {
        let summary = match name {
            "value" => "each.value cannot be used in this context",
            _ => "Reference to \"each\" in context without for_each",
        };
        Diagnostic::error(
            summary,
            "The \"each\" object can be used only in \"module\" or \"resource\" blocks, and only when the \
             \"for_each\" argument is set.",
        )
    })
}

fn invalid_count(name: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid \"count\" attribute",
        format!(
            "The \"count\" object does not have an attribute named \"{name}\". The only supported attribute is \
             count.index, which is the index of each instance of a resource block that has the \"count\" argument set."
        ),
    )
}

fn count(name: &str, place: Place<'_>) -> Option<Diagnostic> {
    if name != "index" {
        return Some(invalid_count(name));
    }
    (!place.count).then(|| {
        Diagnostic::error(
            "Reference to \"count\" in non-counted context",
            "The \"count\" object can only be used in \"module\", \"resource\", and \"data\" blocks, and only when \
             the \"count\" argument is set.",
        )
    })
}

fn path(name: &str) -> Option<Diagnostic> {
    const KNOWN: [&str; 3] = ["cwd", "module", "root"];
    (!KNOWN.contains(&name)).then(|| {
        let detail =
            format!("The \"path\" object does not have an attribute named \"{name}\".{}", did_you_mean(name, KNOWN));
        Diagnostic::error("Invalid \"path\" attribute", detail)
    })
}

fn terraform(name: &str) -> Option<Diagnostic> {
    (!matches!(name, "workspace" | "applying")).then(|| {
        Diagnostic::error(
            "Invalid \"terraform\" attribute",
            format!(
                "The \"terraform\" object does not have an attribute named \"{name}\". The only supported attributes \
                 are terraform.workspace, the name of the currently-selected workspace, and terraform.applying, a \
                 boolean which is true only during apply."
            ),
        )
    })
}
