//! Whether the names that a node of the graph refers to exist, told before the node is evaluated.

use crate::address::{ModulePath, Subject};
use crate::config::{CheckRule, IgnoreChanges, ProviderBlock, Repetition, Resource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::declared::{Declared, Place};
use crate::eval::did_you_mean;
use crate::eval::references::{Mention, mention_of, references, step_span};
use crate::graph::{ConfigNode, NodeId, provider_source};
use crate::provider::Block;
use crate::syntax::tree::{Expression, ExpressionKind, Reference, Step};

use super::stage::{Stage, kind_of};

/// When names are checked. As in Terraform some faults are told only with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The configuration alone is checked.
    Validate,
    /// A plan is made.
    Plan,
}

impl Stage<'_> {
    /// Whether validation has told all that [`Stage::check_names`] would: all but what a block says of itself.
    pub fn names_are_checked(&self, node: NodeId) -> bool {
        let triggered = match self.graph.dag.node(node) {
            ConfigNode::Resource(address) => {
                self.configuration.resource(address).is_none_or(|r| !r.lifecycle.replace_triggered_by.is_empty())
            }
            _ => false,
        };
        self.validated && !triggered && !self.graph.dag.needs_itself(node)
    }

    /// What is wrong with the references of a node.
    pub fn check_names(&self, node: &ConfigNode, phase: Phase) -> Diagnostics {
        let path = match node {
            ConfigNode::Variable(path, _)
            | ConfigNode::Local(path, _)
            | ConfigNode::Output(path, _)
            | ConfigNode::Check(path, _)
            | ConfigNode::Module(path) => path,
            ConfigNode::Resource(address) => &address.module,
            ConfigNode::Provider(provider) => &provider.module,
        };
        let Some(module) = self.module(path) else { return Diagnostics::new() };
        let schema = |resource: &Resource| self.schema_of(path, resource);
        let declared = Declared { module, schema: &schema };
        match node {
            ConfigNode::Variable(_, name) => {
                let mut found = self.check_argument(path, name);
                if let Some(variable) = module.variables.get(name) {
                    rules(&declared, &variable.validations, Place { rule: true, ..Place::top() }, &mut found);
                }
                found
            }
            ConfigNode::Local(_, name) => {
                module.locals.get(name).map(|l| declared.expression(&l.value, Place::top())).unwrap_or_default()
            }
            ConfigNode::Output(_, name) => module.outputs.get(name).map(|o| output(&declared, o)).unwrap_or_default(),
            ConfigNode::Check(_, name) => {
                let mut found = Diagnostics::new();
                if let Some(check) = module.checks.get(name) {
                    let place = Place { check: Some(name), rule: true, ..Place::top() };
                    rules(&declared, &check.asserts, place, &mut found);
                }
                found
            }
            ConfigNode::Module(path) => self.check_call(path),
            ConfigNode::Resource(address) => {
                module.resources.get(&address.resource).map(|r| resource(&declared, r, phase)).unwrap_or_default()
            }
            ConfigNode::Provider(provider) => {
                let block = module
                    .providers
                    .iter()
                    .find(|b| b.name == provider.name && b.alias.as_ref().map(|a| &a.value) == provider.alias.as_ref());
                block.map(|b| configures(&declared, b)).unwrap_or_default()
            }
        }
    }

    /// What is wrong with the references of an expression in a module.
    pub fn check_expression(&self, path: &ModulePath, expression: &Expression, place: Place<'_>) -> Diagnostics {
        let Some(module) = self.module(path) else { return Diagnostics::new() };
        let schema = |resource: &Resource| self.schema_of(path, resource);
        Declared { module, schema: &schema }.expression(expression, place)
    }

    /// The argument that a module call gives for a variable is checked where it is written.
    fn check_argument(&self, path: &ModulePath, name: &str) -> Diagnostics {
        let Some((parent, call)) = path.parent() else { return Diagnostics::new() };
        let Some(module) = self.module(&parent) else { return Diagnostics::new() };
        let Some(call) = module.calls.get(call) else { return Diagnostics::new() };
        let schema = |resource: &Resource| self.schema_of(&parent, resource);
        let declared = Declared { module, schema: &schema };
        let argument = call.body.attribute(name);
        argument.map(|a| declared.expression(&a.value, Place::repeated(&call.repetition))).unwrap_or_default()
    }

    fn check_call(&self, path: &ModulePath) -> Diagnostics {
        let Some((parent, call)) = path.parent() else { return Diagnostics::new() };
        let Some(module) = self.module(&parent) else { return Diagnostics::new() };
        let Some(call) = module.calls.get(call) else { return Diagnostics::new() };
        let schema = |resource: &Resource| self.schema_of(&parent, resource);
        let declared = Declared { module, schema: &schema };
        let mut found = repetition(&declared, &call.repetition);
        if let Some(enabled) = &call.enabled {
            found.extend(declared.expression(enabled, Place::top()));
        }
        for key in call.providers.iter().filter_map(|pass| pass.parent.key.as_ref()) {
            found.extend(declared.expression(key, Place::repeated(&call.repetition)));
        }
        depends_on(&declared, &call.depends_on, &mut found);
        found
    }

    fn schema_of(&self, path: &ModulePath, resource: &Resource) -> Option<&Block> {
        let address = crate::address::ConfigAddress { module: path.clone(), resource: resource.address.clone() };
        let source = provider_source(self.configuration, self.graph.provider_of(&address)?);
        let provider = self.registry.find(&source)?;
        kind_of(&**provider, &resource.address).map(|kind| &kind.schema().block)
    }
}

/// In a provider block with `for_each` what it says may refer to `each`.
fn configures(declared: &Declared<'_>, block: &ProviderBlock) -> Diagnostics {
    let repetition_of = block.for_each.clone().map_or(Repetition::None, Repetition::ForEach);
    let mut found = repetition(declared, &repetition_of);
    found.extend(declared.body(&block.body, Place::repeated(&repetition_of)));
    found
}

fn output(declared: &Declared<'_>, output: &crate::config::Output) -> Diagnostics {
    let mut found = declared.expression(&output.value, Place::top());
    rules(declared, &output.preconditions, Place { rule: true, ..Place::top() }, &mut found);
    depends_on(declared, &output.depends_on, &mut found);
    found
}

fn resource(declared: &Declared<'_>, resource: &Resource, phase: Phase) -> Diagnostics {
    let mut found = repetition(declared, &resource.repetition);
    if let Some(key) = resource.provider.as_ref().and_then(|provider| provider.key.as_ref()) {
        found.extend(declared.expression(key, Place::repeated(&resource.repetition)));
    }
    let body = Place::body_of(resource);
    let not_itself = body.not_itself.filter(|_| phase == Phase::Plan);
    found.extend(declared.body(&resource.body, Place { not_itself, ..body }));
    let lifecycle = &resource.lifecycle;
    let place = Place { rule: true, not_itself: None, ..body };
    rules(declared, &lifecycle.preconditions, place, &mut found);
    rules(declared, &lifecycle.postconditions, Place { self_is: Some(&resource.address), ..place }, &mut found);
    for expression in lifecycle.prevent_destroy.iter().chain(&lifecycle.enabled) {
        found.extend(declared.expression(expression, Place::repeated(&resource.repetition)));
    }
    if phase == Phase::Plan {
        for trigger in &lifecycle.replace_triggered_by {
            found.extend(triggered_by(declared, trigger, resource));
        }
    }
    for provisioner in &resource.provisioners {
        let place = Place { self_is: Some(&resource.address), not_itself: None, ..body };
        found.extend(declared.body(&provisioner.body, place));
    }
    depends_on(declared, &resource.depends_on, &mut found);
    ignored(declared, resource, &mut found);
    found
}

fn triggered_by(declared: &Declared<'_>, trigger: &Expression, resource: &Resource) -> Diagnostics {
    if !matches!(trigger.kind, ExpressionKind::Reference(_)) {
        let detail = "Only a reference can be followed: a resource, an instance of one, or an attribute.";
        return Diagnostic::error("Invalid replace_triggered_by expression", detail).at(trigger.span).into();
    }
    let itself = |mention: &Mention<'_>| mention.subject == Subject::Resource(resource.address.clone());
    if references(trigger).iter().any(itself) {
        let name = declared.module_name();
        let detail = "A resource cannot be replaced because of itself.";
        let summary = format!("no change found for {} in {name}", resource.address);
        return Diagnostic::error(summary, detail).into();
    }
    declared.expression(trigger, Place::repeated(&resource.repetition))
}

fn depends_on(declared: &Declared<'_>, named: &[Reference], found: &mut Diagnostics) {
    for reference in named {
        // As in Terraform, only what can be waited for is looked up.
        if matches!(&*reference.root.name, "var" | "local" | "each" | "count" | "path" | "self" | "terraform") {
            continue;
        }
        let span = reference.steps.iter().fold(reference.root.span, |span, step| match step {
            Step::Attribute(name) => span.to(name.span),
            _ => span,
        });
        if let Some(extra) = mention_of(reference).ok().and_then(|mention| mention.remaining.first()) {
            let detail = "References in depends_on must be to a whole object (resource, etc), not to an attribute of an \
                          object.";
            found.error_at(step_span(extra), "Invalid depends_on reference", detail);
            continue;
        }
        let expression = Expression { kind: ExpressionKind::Reference(reference.clone()), span };
        found.extend(declared.expression(&expression, Place::top()));
    }
}

/// `ignore_changes` names arguments that the kind has.
fn ignored(declared: &Declared<'_>, resource: &Resource, found: &mut Diagnostics) {
    let IgnoreChanges::Paths(paths) = &resource.lifecycle.ignore_changes else { return };
    let Some(block) = (declared.schema)(resource) else { return };
    for path in paths {
        let Some(Step::Attribute(name)) = path.first() else { continue };
        if !block.attributes.contains_key(&*name.name) && !block.blocks.contains_key(&*name.name) {
            let known = block.attributes.keys().chain(block.blocks.keys()).map(|name| &**name);
            let hint = did_you_mean(&name.name, known);
            found.error_at(
                name.span,
                "Unsupported attribute",
                format!(
                    "This object has no argument, nested block, or exported attribute named \"{}\".{hint}",
                    name.name
                ),
            );
        }
    }
}

fn repetition(declared: &Declared<'_>, repetition: &Repetition) -> Diagnostics {
    match repetition {
        Repetition::None => Diagnostics::new(),
        Repetition::Count(expression) | Repetition::ForEach(expression) => {
            declared.expression(expression, Place::top())
        }
    }
}

fn rules(declared: &Declared<'_>, rules: &[CheckRule], place: Place<'_>, found: &mut Diagnostics) {
    for rule in rules {
        found.extend(declared.expression(&rule.condition, place));
        found.extend(declared.expression(&rule.error_message, place));
    }
}
