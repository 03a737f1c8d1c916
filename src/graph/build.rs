//! The graph of a configuration: a node for each thing that has a value or a place in the order, an edge for each
//! reference. Modules are not expanded here: a node stands for all instances.

use std::fmt;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::address::{ConfigAddress, InstanceKey, ModulePath, ResourceMode, Subject};
use crate::config::{CheckRule, Configuration, Endpoint, Import, Module, ModuleCall, Repetition, Resource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::references::{Mention, body_references, mention_of, references};
use crate::span::Span;
use crate::syntax::tree::{Expression, Reference, Step};

use super::providers::{ProviderId, ProviderKey, resolve_provider};
use super::{Cycle, Dag, NodeId};

/// A thing in the configuration that has a value or a place in the order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ConfigNode {
    /// An input variable.
    Variable(ModulePath, Arc<str>),
    /// A local value.
    Local(ModulePath, Arc<str>),
    /// An output value.
    Output(ModulePath, Arc<str>),
    /// The instances of a module other than the root: its `count` or `for_each`.
    Module(ModulePath),
    /// A resource or data source, all instances.
    Resource(ConfigAddress),
    /// A provider configuration.
    Provider(ProviderId),
    /// A `check` block.
    Check(ModulePath, Arc<str>),
}

/// The graph of a configuration, in which every node can be found by name.
#[derive(Debug, Default)]
pub struct ConfigGraph {
    /// The graph itself.
    pub dag: Dag<ConfigNode>,
    /// The nodes so that each comes after what it needs.
    pub order: Vec<NodeId>,
    /// Which attributes of resources are referred to, and from where.
    pub uses: Vec<Use>,
    index: FxHashMap<ConfigNode, NodeId>,
    providers: FxHashMap<ConfigAddress, ProviderId>,
    provider_keys: FxHashMap<ConfigAddress, ProviderKey>,
}

/// A reference to a resource in an expression.
#[derive(Debug, Clone)]
pub struct Use {
    /// What refers to it.
    pub from: NodeId,
    /// What is referred to.
    pub resource: ConfigAddress,
    /// Which of its attributes; `None` for all of it.
    pub attribute: Option<Arc<str>>,
}

impl ConfigGraph {
    /// Builds the graph. With an error (a cycle, which is printed hop by hop) the graph has no order.
    pub fn build(configuration: &Configuration) -> (Self, Diagnostics) {
        let mut builder = Builder { graph: Self::default(), configuration };
        for module in configuration.modules() {
            builder.add_nodes(module);
        }
        for module in configuration.modules() {
            builder.connect(module);
        }
        builder.connect_imports();
        let mut graph = builder.graph;
        let mut found = Diagnostics::new();
        match graph.dag.order() {
            Ok(order) => graph.order = order,
            Err(cycles) => found.extend(cycles.iter().map(|cycle| graph.describe(cycle))),
        }
        (graph, found)
    }

    /// The node of a thing, if the configuration has it.
    pub fn find(&self, node: &ConfigNode) -> Option<NodeId> {
        self.index.get(node).copied()
    }

    /// The provider configuration that a resource uses.
    pub fn provider_of(&self, resource: &ConfigAddress) -> Option<&ProviderId> {
        self.providers.get(resource)
    }

    /// What says which one it is, where that configuration is one of several.
    pub fn provider_key_of(&self, resource: &ConfigAddress) -> Option<&ProviderKey> {
        self.provider_keys.get(resource)
    }

    /// The managed resources (and data sources, with `data`) that a node needs, directly or not, in address order.
    pub fn resources_needed(&self, node: NodeId, data: bool) -> Vec<ConfigAddress> {
        let mut found: Vec<ConfigAddress> = self
            .dag
            .closure(self.dag.dependencies(node))
            .into_iter()
            .filter_map(|id| match self.dag.node(id) {
                ConfigNode::Resource(address) if data || address.resource.mode == ResourceMode::Managed => {
                    Some(address.clone())
                }
                _ => None,
            })
            .collect();
        found.sort();
        found
    }

    /// The managed resources that the configuration of a provider is made of: those that it names, also by way of locals,
    /// outputs and variables, but none that only stand behind these.
    pub fn resources_behind(&self, provider: &ProviderId) -> Vec<ConfigAddress> {
        let mut found = Vec::new();
        let mut seen = FxHashSet::default();
        let mut open: Vec<NodeId> = self.find(&ConfigNode::Provider(provider.clone())).into_iter().collect();
        while let Some(node) = open.pop() {
            for id in self.dag.dependencies(node) {
                match self.dag.node(id) {
                    ConfigNode::Resource(address) if address.resource.mode == ResourceMode::Managed => {
                        found.push(address.clone());
                    }
                    _ if seen.insert(id) => open.push(id),
                    _ => {}
                }
            }
        }
        found
    }

    fn add(&mut self, node: ConfigNode) {
        let id = self.dag.add(node.clone());
        self.index.insert(node, id);
    }

    fn need(&mut self, from: NodeId, to: &ConfigNode, place: Option<Span>) {
        if let Some(to) = self.find(to) {
            self.dag.need(from, to, place);
        }
    }

    fn describe(&self, cycle: &Cycle) -> Diagnostic {
        let names: Vec<String> = cycle.members.iter().map(|id| self.dag.node(*id).in_cycle()).collect();
        let hops: Vec<String> = cycle
            .path
            .iter()
            .zip(cycle.path.iter().cycle().skip(1))
            .map(|((from, _), (to, _))| format!("  - {} needs {}", self.dag.node(*from), self.dag.node(*to)))
            .collect();
        let detail = format!(
            "These refer to one another in a circle, so none can be first:\n{}\n\nRemove one of the references, or move \
             what both sides need into a block of its own.",
            hops.join("\n")
        );
        let mut diagnostic = Diagnostic::error(format!("Cycle: {}", names.join(", ")), detail);
        diagnostic.related = cycle
            .path
            .iter()
            .zip(cycle.path.iter().cycle().skip(1))
            .filter_map(|((from, place), (to, _))| {
                place.map(|span| (span, format!("{} needs {}", self.dag.node(*from), self.dag.node(*to))))
            })
            .collect();
        diagnostic
    }
}

impl fmt::Display for ConfigNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (module, name) = match self {
            Self::Variable(module, name) => (module, format!("var.{name}")),
            Self::Local(module, name) => (module, format!("local.{name}")),
            Self::Output(module, name) => (module, format!("output.{name}")),
            Self::Check(module, name) => (module, format!("check.{name}")),
            Self::Module(module) => return module.fmt(f),
            Self::Resource(address) => return address.fmt(f),
            Self::Provider(provider) => return provider.fmt(f),
        };
        if !module.is_root() {
            write!(f, "{module}.")?;
        }
        f.write_str(&name)
    }
}

impl ConfigNode {
    /// As Terraform names its nodes in the summary of a cycle.
    fn in_cycle(&self) -> String {
        match self {
            Self::Local(..) | Self::Module(_) => format!("{self} (expand)"),
            Self::Variable(module, _) if !module.is_root() => format!("{self} (expand)"),
            Self::Output(module, _) if !module.is_root() => format!("{self} (expand)"),
            _ => self.to_string(),
        }
    }
}

struct Builder<'a> {
    graph: ConfigGraph,
    configuration: &'a Configuration,
}

impl<'a> Builder<'a> {
    fn add_nodes(&mut self, module: &Module) {
        let path = &module.path;
        if !path.is_root() {
            self.graph.add(ConfigNode::Module(path.clone()));
        }
        for name in module.variables.keys() {
            self.graph.add(ConfigNode::Variable(path.clone(), name.clone()));
        }
        for name in module.locals.keys() {
            self.graph.add(ConfigNode::Local(path.clone(), name.clone()));
        }
        for name in module.outputs.keys() {
            self.graph.add(ConfigNode::Output(path.clone(), name.clone()));
        }
        for name in module.checks.keys() {
            self.graph.add(ConfigNode::Check(path.clone(), name.clone()));
        }
        for block in &module.providers {
            let alias = block.alias.as_ref().map(|a| a.value.clone());
            let (name, key) = (block.name.clone(), InstanceKey::None);
            self.add_provider(ProviderId { module: path.clone(), name, alias, key });
        }
        for resource in module.resources.values() {
            let address = ConfigAddress { module: path.clone(), resource: resource.address.clone() };
            let (provider, key) = resolve_provider(self.configuration, path, resource);
            self.add_provider(provider.clone());
            self.graph.providers.insert(address.clone(), provider);
            self.graph.provider_keys.extend(key.map(|key| (address.clone(), key)));
            self.graph.add(ConfigNode::Resource(address));
        }
    }

    fn add_provider(&mut self, provider: ProviderId) {
        let node = ConfigNode::Provider(provider);
        if self.graph.find(&node).is_none() {
            self.graph.add(node);
        }
    }

    fn connect(&mut self, module: &Module) {
        self.connect_call(module);
        for variable in module.variables.values() {
            let from = self.from(ConfigNode::Variable(module.path.clone(), variable.name.clone()), module);
            self.rules(from, module, &variable.validations);
            if let Some((parent, call)) = self.call_of(module)
                && let Some(argument) = call.body.attribute(&variable.name)
            {
                self.expression(from, parent, &argument.value);
            }
        }
        for local in module.locals.values() {
            let from = self.from(ConfigNode::Local(module.path.clone(), local.name.clone()), module);
            self.expression(from, module, &local.value);
        }
        for output in module.outputs.values() {
            let from = self.from(ConfigNode::Output(module.path.clone(), output.name.clone()), module);
            self.expression(from, module, &output.value);
            self.rules(from, module, &output.preconditions);
            self.depends_on(from, module, &output.depends_on);
        }
        for check in module.checks.values() {
            let from = self.from(ConfigNode::Check(module.path.clone(), check.name.clone()), module);
            self.rules(from, module, &check.asserts);
            if let Some(data) = &check.data {
                let address = ConfigAddress { module: module.path.clone(), resource: data.clone() };
                self.graph.need(from, &ConfigNode::Resource(address), None);
            }
        }
        for block in &module.providers {
            let alias = block.alias.as_ref().map(|a| a.value.clone());
            let (name, key) = (block.name.clone(), InstanceKey::None);
            let id = ProviderId { module: module.path.clone(), name, alias, key };
            let from = self.from(ConfigNode::Provider(id), module);
            self.mentioned(from, module, body_references(&block.body));
            if let Some(for_each) = &block.for_each {
                self.expression(from, module, for_each);
            }
        }
        for resource in module.resources.values() {
            self.connect_resource(module, resource);
        }
    }

    /// A module's instances need what its call's `count`, `for_each` and `depends_on` name, in the calling module.
    fn connect_call(&mut self, module: &Module) {
        let Some((parent, call)) = self.call_of(module) else { return };
        let from = self.from(ConfigNode::Module(module.path.clone()), parent);
        self.repetition(from, parent, &call.repetition);
        if let Some(enabled) = &call.enabled {
            self.expression(from, parent, enabled);
        }
        for key in call.providers.iter().filter_map(|pass| pass.parent.key.as_ref()) {
            self.expression(from, parent, key);
        }
        self.depends_on(from, parent, &call.depends_on);
    }

    fn connect_resource(&mut self, module: &Module, resource: &Resource) {
        let address = ConfigAddress { module: module.path.clone(), resource: resource.address.clone() };
        let from = self.from(ConfigNode::Resource(address.clone()), module);
        if let Some(provider) = self.graph.providers.get(&address).cloned() {
            self.graph.need(from, &ConfigNode::Provider(provider), None);
        }
        self.repetition(from, module, &resource.repetition);
        if let Some(key) = resource.provider.as_ref().and_then(|provider| provider.key.as_ref()) {
            self.expression(from, module, key);
        }
        self.mentioned(from, module, body_references(&resource.body));
        self.depends_on(from, module, &resource.depends_on);
        let lifecycle = &resource.lifecycle;
        self.rules(from, module, &lifecycle.preconditions);
        self.rules(from, module, &lifecycle.postconditions);
        for expression in
            lifecycle.replace_triggered_by.iter().chain(&lifecycle.prevent_destroy).chain(&lifecycle.enabled)
        {
            self.expression(from, module, expression);
        }
        for provisioner in &resource.provisioners {
            self.mentioned(from, module, body_references(&provisioner.body));
        }
    }

    /// A resource that takes something over needs what the `import` block refers to.
    fn connect_imports(&mut self) {
        let root = &self.configuration.root;
        for import in &root.imports {
            let Some(address) = import_target(import) else { continue };
            let Some(from) = self.graph.find(&ConfigNode::Resource(address)) else { continue };
            for expression in import.id.iter().chain(&import.for_each) {
                self.expression(from, root, expression);
            }
        }
    }

    /// The node, which needs its module's instances to be known first.
    fn from(&mut self, node: ConfigNode, module: &Module) -> NodeId {
        let Some(id) = self.graph.find(&node) else { return self.graph.dag.add(node) };
        if !module.path.is_root() {
            self.graph.need(id, &ConfigNode::Module(module.path.clone()), None);
        }
        id
    }

    /// The calling module and the call, for other than the root.
    fn call_of(&self, module: &Module) -> Option<(&'a Module, &'a ModuleCall)> {
        let (parent, name) = module.path.parent()?;
        let parent = self.configuration.module(&parent)?;
        Some((parent, parent.calls.get(name)?))
    }

    fn repetition(&mut self, from: NodeId, module: &Module, repetition: &Repetition) {
        match repetition {
            Repetition::None => {}
            Repetition::Count(expression) | Repetition::ForEach(expression) => {
                self.expression(from, module, expression);
            }
        }
    }

    fn rules(&mut self, from: NodeId, module: &Module, rules: &[CheckRule]) {
        for rule in rules {
            self.expression(from, module, &rule.condition);
            self.expression(from, module, &rule.error_message);
        }
    }

    fn expression(&mut self, from: NodeId, module: &Module, expression: &Expression) {
        self.mentioned(from, module, references(expression));
    }

    fn mentioned(&mut self, from: NodeId, module: &Module, mentions: Vec<Mention<'_>>) {
        for mention in mentions {
            self.mention(from, module, &mention);
            if let Subject::Resource(resource) = &mention.subject {
                let resource = ConfigAddress { module: module.path.clone(), resource: resource.clone() };
                let attribute = named_attribute(mention.reference, &resource).cloned();
                self.graph.uses.push(Use { from, resource, attribute });
            }
        }
    }

    fn mention(&mut self, from: NodeId, module: &Module, mention: &Mention<'_>) {
        let path = module.path.clone();
        let place = Some(mention.span);
        match &mention.subject {
            Subject::Variable(name) => self.graph.need(from, &ConfigNode::Variable(path, name.clone()), place),
            Subject::Local(name) => self.graph.need(from, &ConfigNode::Local(path, name.clone()), place),
            Subject::Resource(resource) => {
                let address = ConfigAddress { module: path, resource: resource.clone() };
                self.graph.need(from, &ConfigNode::Resource(address), place);
            }
            Subject::Module(name) => self.module_outputs(from, module, name, mention),
            Subject::Check(name) => self.graph.need(from, &ConfigNode::Check(path, name.clone()), place),
            Subject::Output(name) => self.graph.need(from, &ConfigNode::Output(path, name.clone()), place),
            Subject::Each
            | Subject::Count
            | Subject::SelfValue
            | Subject::Path
            | Subject::Terraform
            | Subject::Run(_) => {}
        }
    }

    /// A module is needed for its instances and for the one output that is named, or for all.
    fn module_outputs(&mut self, from: NodeId, module: &Module, name: &Arc<str>, mention: &Mention<'_>) {
        let path = module.path.child(name);
        self.graph.need(from, &ConfigNode::Module(path.clone()), Some(mention.span));
        let Some(child) = module.children.get(name) else { return };
        // `.a` after the name of a call that repeats is one of its keys.
        let repeats = module.calls.get(name).is_some_and(|call| !matches!(call.repetition, Repetition::None));
        let is_key = repeats && matches!(mention.reference.steps.get(1), Some(Step::Attribute(_)));
        let wanted = named_output(mention.reference).filter(|_| !is_key);
        for output in child.outputs.keys() {
            if wanted.is_none_or(|wanted| wanted == output) {
                self.graph.need(from, &ConfigNode::Output(path.clone(), output.clone()), Some(mention.span));
            }
        }
    }

    /// `depends_on` waits for all of what it names: for a module, for everything in it and below.
    fn depends_on(&mut self, from: NodeId, module: &Module, named: &[Reference]) {
        for reference in named {
            if let Ok(mention) = mention_of(reference) {
                self.mention(from, module, &mention);
                if let Subject::Module(name) = &mention.subject
                    && let Some(child) = module.children.get(name)
                {
                    self.everything_in(from, child, mention.span);
                }
            }
        }
    }

    fn everything_in(&mut self, from: NodeId, module: &Module, place: Span) {
        for resource in module.resources.keys() {
            let address = ConfigAddress { module: module.path.clone(), resource: resource.clone() };
            self.graph.need(from, &ConfigNode::Resource(address), Some(place));
        }
        for child in module.children.values() {
            self.everything_in(from, child, place);
        }
    }
}

/// `id` in `kind.name.id` and `data.kind.name[key].id`.
fn named_attribute<'r>(reference: &'r Reference, resource: &ConfigAddress) -> Option<&'r Arc<str>> {
    let names = if resource.resource.mode == ResourceMode::Managed { 1 } else { 2 };
    let mut steps = reference.steps.get(names..)?.iter();
    match steps.find(|step| !matches!(step, Step::Index(_) | Step::LegacyIndex(..)))? {
        Step::Attribute(attribute) => Some(&attribute.name),
        _ => None,
    }
}

/// The block that an `import` block of the root module takes an object over to.
pub fn import_target(import: &Import) -> Option<ConfigAddress> {
    let endpoint = Endpoint::read(&import.to).ok()?;
    let module = endpoint.module.into_iter().map(|step| step.name).collect();
    Some(ConfigAddress { module, resource: endpoint.resource?.0 })
}

/// `out` in `module.name.out` and `module.name[key].out`.
fn named_output(reference: &Reference) -> Option<&Arc<str>> {
    match reference.steps.get(1..)? {
        [Step::Attribute(output), ..] | [Step::Index(_) | Step::LegacyIndex(..), Step::Attribute(output), ..] => {
            Some(&output.name)
        }
        _ => None,
    }
}
