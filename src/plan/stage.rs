//! The part of a walk that planning and apply share: evaluating what is not a resource (variables, locals, outputs,
//! module calls, provider configurations, conditions) in the order of the graph.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::address::{Address, ConfigAddress, ModuleInstance, ModulePath, ResourceAddress, ResourceMode};
use crate::config::{CheckRule, Configuration, Module, Output, Resource, Variable};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::functions::FunctionContext;
use crate::eval::rules::{self, Rule, Verdict};
use crate::eval::variables::Given;
use crate::eval::{self, variables};
use crate::graph::{ConfigGraph, ProviderId, provider_source};
use crate::provider::{Block, Kind, Nesting, Provider, Registry, Session, StandIns, Surroundings};
use crate::span::{SourceMap, Span};
use crate::value::{Marks, Type, Value};

use super::conditions::{Conditions, within};
use super::evaluation::{Evaluation, InstanceData};
use super::expand::expand;
use super::{CheckKind, CheckStatus};

/// What a walk works on.
pub struct Stage<'c> {
    /// What was written.
    pub configuration: &'c Configuration,
    /// Its texts.
    pub sources: &'c SourceMap,
    /// Its graph.
    pub graph: &'c ConfigGraph,
    /// The providers there are.
    pub registry: &'c Registry,
    /// What providers may look at.
    pub surroundings: &'c Surroundings,
    /// What has been evaluated.
    pub evaluation: Evaluation<'c>,
    /// What went wrong or is worth a word.
    pub found: Diagnostics,
    /// How the conditions came out.
    pub conditions: Conditions,
    /// The root module's variables as given.
    pub given: BTreeMap<Arc<str>, Given>,
    /// Who answers in place of providers.
    pub stand_ins: Option<&'c dyn StandIns>,
    pub(super) validated: bool,
    pub(super) sessions: FxHashMap<ProviderId, Arc<dyn Session>>,
    /// Of instances whose provider block has `for_each`, which of its configurations they use.
    pub(super) chosen_providers: FxHashMap<Address, ProviderId>,
}

const EPHEMERAL_REFUSED: &str = "Ephemeral value not allowed";

/// What configuring a provider comes to.
pub type Configured = Result<Arc<dyn Session>, Diagnostics>;

/// The bounds of a walk's inputs, shared by planning and apply.
#[derive(Clone, Copy)]
pub struct Setting<'c> {
    /// What was written.
    pub configuration: &'c Configuration,
    /// Its texts.
    pub sources: &'c SourceMap,
    /// Its graph.
    pub graph: &'c ConfigGraph,
    /// The providers there are.
    pub registry: &'c Registry,
    /// What providers may look at.
    pub surroundings: &'c Surroundings,
    /// `terraform.workspace`
    pub workspace: &'c str,
    /// Who answers in place of providers.
    pub stand_ins: Option<&'c dyn StandIns>,
    /// [`plan::validate`](super::validate) has found no error: what it looked at need not be looked at again.
    pub validated: bool,
}

impl<'c> Stage<'c> {
    /// A walk that has not begun.
    pub fn new(
        setting: Setting<'c>,
        functions: FunctionContext<'c>,
        given: BTreeMap<Arc<str>, Given>,
        applying: bool,
    ) -> Self {
        let Setting { configuration, sources, graph, registry, surroundings, workspace, stand_ins, validated } =
            setting;
        Self {
            configuration,
            sources,
            graph,
            registry,
            surroundings,
            evaluation: Evaluation::new(configuration, functions, workspace, applying),
            found: Diagnostics::new(),
            conditions: Conditions::default(),
            given,
            stand_ins,
            validated,
            sessions: FxHashMap::default(),
            chosen_providers: FxHashMap::default(),
        }
    }

    /// The module at a path of the configuration.
    pub fn module(&self, path: &ModulePath) -> Option<&'c Module> {
        self.configuration.module(path)
    }

    /// The instances of a module, copied so that evaluation can go on while they are walked. One that a test overrides
    /// holds nothing, so it is left out.
    pub fn instances(&self, path: &ModulePath) -> Vec<ModuleInstance> {
        let all = self.evaluation.instances_of(path);
        match self.stand_ins {
            Some(stand_ins) => all.iter().filter(|instance| !stand_ins.is_replaced(instance)).cloned().collect(),
            None => all.to_vec(),
        }
    }

    /// Gives an output the value that a test says it has, in each overridden instance of its module.
    fn overridden_output(&mut self, path: &ModulePath, name: &Arc<str>) {
        let Some(stand_ins) = self.stand_ins else { return };
        for instance in self.evaluation.instances_of(path).to_vec() {
            if let Some(outputs) = stand_ins.outputs(&instance) {
                let value = outputs.get(name).cloned().unwrap_or_else(|| Value::null(Type::Dynamic));
                self.evaluation.set_output(&instance, name, value);
            }
        }
    }

    /// Evaluates an input variable in each instance of its module. False with an error.
    pub fn variable(&mut self, path: &ModulePath, name: &Arc<str>) -> bool {
        let Some(variable) = self.module(path).and_then(|m| m.variables.get(name)) else { return true };
        let (prepared, problems) = variables::prepare(variable, self.evaluation.functions());
        let mut sound = self.take(problems);
        self.declare(CheckKind::InputVariable, path, &format!("var.{name}"), variable.validations.is_empty());
        for instance in self.instances(path) {
            let (given, problems) = self.argument(&instance, name);
            sound &= self.take(problems);
            let place = given.as_ref().and_then(|g| g.span).unwrap_or(variable.span);
            sound &= self.may_be_given(variable, given.as_ref(), place);
            let (value, problems) = variables::value_of_variable(variable, &prepared, given);
            let fine = self.take(problems);
            self.evaluation.set_variable(&instance, name, value);
            sound &= fine && self.validations(&instance, variable, place);
        }
        sound
    }

    /// What a call gives may be ephemeral only where the variable says so. The root's are given by the user.
    fn may_be_given(&mut self, variable: &Variable, given: Option<&Given>, place: Span) -> bool {
        let ephemeral = given.is_some_and(|given| given.value.deep_marks().contains(Marks::EPHEMERAL));
        if ephemeral && !variable.ephemeral {
            let detail = "This input variable is not declared as accepting an ephemeral value, so it cannot be set to a \
                          result derived from an ephemeral value.";
            self.found.error_at(place, EPHEMERAL_REFUSED, detail);
        }
        !ephemeral || variable.ephemeral
    }

    fn validations(&mut self, instance: &ModuleInstance, variable: &Variable, place: Span) -> bool {
        let data = InstanceData::default();
        let object = object_name(instance, &format!("var.{}", variable.name));
        let mut sound = true;
        for rule in &variable.validations {
            let scope = self.evaluation.scope(instance, &data);
            let (verdict, mut problems) = rules::check_validation(variable, rule, place, &scope, self.sources);
            name_failure(&verdict, Rule::Validation, &object, &mut problems);
            sound &= self.take(problems);
            self.note(CheckKind::InputVariable, &object, &object, &verdict);
        }
        sound
    }

    /// What a variable is given: by the user at the root, by the call elsewhere. The place is the argument's.
    fn argument(&self, instance: &ModuleInstance, name: &Arc<str>) -> (Option<Given>, Diagnostics) {
        let nothing = (None, Diagnostics::new());
        let Some((parent, step)) = instance.parent() else {
            return (self.given.get(name).cloned(), Diagnostics::new());
        };
        let Some(call) = self.module(&parent.path()).and_then(|m| m.calls.get(&step.name)) else { return nothing };
        let Some(argument) = call.body.attribute(name) else { return nothing };
        let data = self.evaluation.call_data(instance);
        let (value, problems) = eval::evaluate(&argument.value, &self.evaluation.scope(&parent, &data));
        (Some(Given { value, origin: String::new(), span: Some(argument.value.span) }), problems)
    }

    /// Evaluates a local value in each instance of its module. False with an error.
    pub fn local(&mut self, path: &ModulePath, name: &Arc<str>) -> bool {
        let Some(local) = self.module(path).and_then(|m| m.locals.get(name)) else { return true };
        let data = InstanceData::default();
        let mut sound = true;
        for instance in self.instances(path) {
            let (value, problems) = eval::evaluate(&local.value, &self.evaluation.scope(&instance, &data));
            sound &= self.take(problems);
            self.evaluation.set_local(&instance, name, value);
        }
        sound
    }

    /// Evaluates an output in each instance of its module. False with an error.
    pub fn output(&mut self, path: &ModulePath, name: &Arc<str>) -> bool {
        self.output_worth(path, name, None)
    }

    /// [`Self::output`], or what is settled already instead of the expression's value.
    pub fn output_worth(&mut self, path: &ModulePath, name: &Arc<str>, settled: Option<&Value>) -> bool {
        let Some(output) = self.module(path).and_then(|m| m.outputs.get(name)) else { return true };
        self.declare(CheckKind::OutputValue, path, &format!("output.{name}"), output.preconditions.is_empty());
        self.overridden_output(path, name);
        let data = InstanceData::default();
        let mut sound = true;
        for instance in self.instances(path) {
            let object = object_name(&instance, &format!("output.{name}"));
            let kept = self.rules(Rule::OutputPrecondition, &object, &instance, &data, &output.preconditions);
            let evaluated = || eval::evaluate(&output.value, &self.evaluation.scope(&instance, &data));
            let (value, problems) = settled.map_or_else(evaluated, |value| (value.clone(), Diagnostics::new()));
            let fine = self.take(problems) & kept;
            sound &= fine;
            if fine && settled.is_none() {
                sound &= self.may_be_returned(path, output, &value);
            }
            let value = if output.sensitive { value.sensitive() } else { value };
            let value = if output.ephemeral { value.marked(Marks::EPHEMERAL) } else { value };
            self.evaluation.set_output(&instance, name, if fine { value } else { Value::dynamic() });
        }
        sound
    }

    /// A root output that holds something sensitive must say so, and any output that holds something ephemeral; the
    /// root's cannot.
    fn may_be_returned(&mut self, path: &ModulePath, output: &Output, value: &Value) -> bool {
        let marks = value.deep_marks();
        if output.ephemeral && path.is_root() {
            let detail = "The root module's outputs are recorded, so they cannot hold ephemeral values.";
            self.found.error_at(output.span, "Ephemeral output not allowed", detail);
            return false;
        }
        if marks.contains(Marks::EPHEMERAL) && !output.ephemeral {
            self.found.error_at(
                output.value.span,
                EPHEMERAL_REFUSED,
                "This output value is not declared as returning an ephemeral value, so it cannot be set to a result derived \
                 from an ephemeral value.",
            );
            return false;
        }
        if path.is_root() && marks.contains(Marks::SENSITIVE) && !output.sensitive {
            self.found.error_at(
                output.span,
                "Output refers to sensitive values",
                format!(
                    "To reduce the risk of accidentally exporting sensitive data that was intended to be only internal, \
                     Terraform requires that any root module output containing sensitive data be explicitly marked as \
                     sensitive, to confirm your intent.\n\nIf you do intend to export this data, annotate the output value \
                     \"{}\" as sensitive by adding the following argument:\n    sensitive = true",
                    output.name
                ),
            );
            return false;
        }
        true
    }

    /// Evaluates how a module's call repeats, in each instance of the calling module. False with an error.
    pub fn expand_module(&mut self, path: &ModulePath) -> bool {
        let Some((parent, name)) = path.parent() else { return true };
        let name = name.clone();
        let Some(call) = self.module(&parent).and_then(|m| m.calls.get(&name)) else { return true };
        let data = InstanceData::default();
        let mut sound = true;
        for instance in self.instances(&parent) {
            let scope = self.evaluation.scope(&instance, &data);
            let expansion = expand(&call.repetition, call.enabled.as_ref(), &scope, &mut self.found);
            match expansion {
                Some(expansion) => self.evaluation.expand_call(&instance, &name, expansion),
                None => sound = false,
            }
        }
        sound
    }

    /// Evaluates the conditions of a `check` block; a false one is a warning and stops nothing.
    pub fn check(&mut self, path: &ModulePath, name: &Arc<str>) {
        let Some(check) = self.module(path).and_then(|m| m.checks.get(name)) else { return };
        self.declare(CheckKind::Check, path, &format!("check.{name}"), check.asserts.is_empty());
        let data = InstanceData::default();
        for instance in self.instances(path) {
            let object = object_name(&instance, &format!("check.{name}"));
            // Without its data source a check has failed, whatever it asserts.
            if self.conditions.has_failed(CheckKind::Check, &config_name(&object), &object) {
                continue;
            }
            self.rules(Rule::Assertion, &object, &instance, &data, &check.asserts);
        }
    }

    /// Takes in that the data source of a `check` block could not be read: the check has failed, and stops nothing.
    pub fn check_unread(&mut self, module: &ModuleInstance, check: &str, problems: &mut Diagnostics) {
        let object = object_name(module, &format!("check.{check}"));
        for problem in problems.iter_mut() {
            let message = format!("{}: {}", problem.summary, problem.detail);
            self.conditions.note(CheckKind::Check, &config_name(&object), &object, CheckStatus::Fail, Some(message));
            problem.severity = Severity::Warning;
            problem.condition = Some(object.clone());
        }
    }

    /// Evaluates conditions of one object. False when one of them fails that stops the object.
    pub fn rules(
        &mut self,
        rule: Rule,
        object: &str,
        module: &ModuleInstance,
        data: &InstanceData,
        rules: &[CheckRule],
    ) -> bool {
        let mut sound = true;
        for condition in rules {
            let (verdict, mut problems) = rules::check_rule(rule, condition, &self.evaluation.scope(module, data));
            name_failure(&verdict, rule, object, &mut problems);
            let kind = kind_of_rule(rule);
            if kind == CheckKind::Resource {
                problems.iter_mut().for_each(|problem| {
                    problem.address.get_or_insert_with(|| object.to_owned());
                });
            }
            sound &= self.take(problems);
            self.note(kind, object, object, &verdict);
        }
        sound
    }

    /// Names something that has conditions, of which there may be no instance.
    pub fn declare(&mut self, kind: CheckKind, module: &ModulePath, name: &str, none: bool) {
        if !none {
            self.conditions.declare(kind, &within(module, name));
        }
    }

    fn note(&mut self, kind: CheckKind, object: &str, instance: &str, verdict: &Verdict) {
        let (status, message) = match verdict {
            Verdict::Pass => (CheckStatus::Pass, None),
            Verdict::Fail(message) => (CheckStatus::Fail, Some(message.clone())),
            Verdict::Unknown => (CheckStatus::Unknown, None),
            Verdict::Error => (CheckStatus::Error, None),
        };
        self.conditions.note(kind, &config_name(object), instance, status, message);
    }

    /// The kind of a resource block, or an error at the block with the nearest known name.
    pub fn kind<'p>(&mut self, provider: &'p dyn Provider, resource: &Resource) -> Option<&'p dyn Kind> {
        let found = kind_of(provider, &resource.address);
        if found.is_none() {
            let diagnostic = unknown_kind(self.registry, self.sources, resource);
            self.found.push(diagnostic);
        }
        found
    }

    /// The provider of a resource block, or an error at the block.
    pub fn provider(&mut self, address: &ConfigAddress, resource: &Resource) -> Option<Arc<dyn Provider>> {
        let id = self.graph.provider_of(address)?;
        let found = self.registry.find(&provider_source(self.configuration, id)).cloned();
        if found.is_none() {
            let diagnostic = unknown_kind(self.registry, self.sources, resource);
            self.found.push(diagnostic);
        }
        found
    }

    /// Takes in diagnostics; false when there is an error among them.
    pub fn take(&mut self, problems: Diagnostics) -> bool {
        let sound = !problems.has_errors();
        self.found.extend(problems);
        sound
    }

    /// Takes in what was said of an instance, on the block that the instance is from where it has no place of its own.
    /// False when there is an error among it.
    pub fn take_of(&mut self, address: &Address, problems: Diagnostics) -> bool {
        let header = self.configuration.resource(&address.config()).map(|resource| resource.header);
        let placed = |mut problem: Diagnostic| {
            problem.subject = problem.subject.or(header);
            problem.for_address(address)
        };
        self.take(problems.into_iter().map(placed).collect())
    }
}

/// The kind of that name, managed or data source.
pub fn kind_of<'p>(provider: &'p dyn Provider, address: &ResourceAddress) -> Option<&'p dyn Kind> {
    match address.mode {
        ResourceMode::Managed => provider.kind(&address.kind),
        ResourceMode::Data => provider.data_source(&address.kind),
        ResourceMode::Ephemeral => None,
    }
}

/// Says that there is no such kind, which one may have been meant, and what does its work.
pub fn unknown_kind(registry: &Registry, sources: &SourceMap, resource: &Resource) -> Diagnostic {
    let address = &resource.address;
    let data = address.mode == ResourceMode::Data;
    let names = registry.kind_names(data);
    let hint = eval::did_you_mean(&address.kind, names.iter().map(String::as_str));
    let (what, summary) = match address.mode {
        ResourceMode::Managed => ("resource type", "Invalid resource type"),
        ResourceMode::Data => ("data source", "Invalid data source"),
        ResourceMode::Ephemeral => ("ephemeral resource", "Invalid ephemeral resource"),
    };
    let instead = || registry.iter().find_map(|p| p.instead(&address.kind, &address.name, &resource.body, sources));
    let way = match instead().filter(|_| !data && hint.is_empty()) {
        Some(block) => format!(" This does the same:\n\n{block}"),
        None => elsewhere(&address.kind, data).to_owned(),
    };
    let detail = format!("Bowline does not have the {what} \"{}\".{hint}{way}", address.kind);
    Diagnostic::error(summary, detail).at(resource.header)
}

/// What reaches whatever a family of kinds is about.
fn elsewhere(kind: &str, data: bool) -> &'static str {
    match (kind.split('_').next().unwrap_or_default(), data) {
        ("azurerm" | "azapi", false) => " Any other ARM type can be reached with azapi_resource.",
        ("azurerm" | "azapi", true) => " Any ARM resource can be read with the data source azapi_resource.",
        ("kubernetes", false) => " Any object of a cluster can be written as a kubernetes_manifest.",
        ("kubernetes", true) => " Any object of a cluster can be read with the data source kubernetes_resource.",
        ("helm", false) => {
            " Leave charts to the tool that delivers what runs in the cluster (Flux, Argo CD, helm), or to a stack of \
             their own that Terraform applies; the service account, its identity and its grants can stay here."
        }
        _ => "",
    }
}

/// A block in which nothing is configured.
pub fn empty(block: &Block) -> Value {
    let attributes = block.attributes.iter().map(|(name, a)| (name.clone(), Value::null(a.ty.clone())));
    let blocks = block.blocks.iter().map(|(name, nested)| {
        let one = nested.block.implied_type();
        let value = match nested.nesting {
            Nesting::Single => Value::null(one),
            Nesting::Group => empty(&nested.block),
            Nesting::List => Value::list(one, Vec::new()),
            Nesting::Set => Value::set(one, Vec::new()),
            Nesting::Map => Value::map(one, crate::value::Fields::new()),
        };
        (name.clone(), value)
    });
    Value::object(attributes.chain(blocks).collect())
}

/// Puts the object's name on what tells that a condition of it failed.
fn name_failure(verdict: &Verdict, rule: Rule, object: &str, problems: &mut Diagnostics) {
    if matches!(verdict, Verdict::Fail(_)) {
        for problem in problems.iter_mut().filter(|problem| problem.summary == rule.failed()) {
            problem.condition.get_or_insert_with(|| object.to_owned());
        }
    }
}

fn kind_of_rule(rule: Rule) -> CheckKind {
    match rule {
        Rule::Validation => CheckKind::InputVariable,
        Rule::ResourcePrecondition | Rule::ResourcePostcondition => CheckKind::Resource,
        Rule::OutputPrecondition => CheckKind::OutputValue,
        Rule::Assertion | Rule::TestAssertion => CheckKind::Check,
    }
}

/// `module.m["k"].var.x`
fn object_name(module: &ModuleInstance, name: &str) -> String {
    if module.is_root() { name.to_owned() } else { format!("{module}.{name}") }
}

/// The same without instance keys: `module.m.var.x`.
fn config_name(object: &str) -> String {
    let mut name = String::with_capacity(object.len());
    let mut rest = object;
    while let Some(open) = rest.find('[') {
        name.push_str(&rest[..open]);
        let inner = &rest[open..];
        let close =
            if inner.starts_with("[\"") { inner.find("\"]").map(|i| i + 2) } else { inner.find(']').map(|i| i + 1) };
        rest = close.and_then(|c| inner.get(c..)).unwrap_or_default();
    }
    name.push_str(rest);
    name
}
