//! Whether a configuration is right as far as that can be told without anybody's values, state or Azure.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::address::{Address, ConfigAddress, InstanceKey, ModuleInstance, ModulePath, ResourceMode};
use crate::config::{Repetition, Resource};
use crate::diagnostic::{Diagnostics, Severity};
use crate::eval::functions::FunctionContext;
use crate::eval::{self, decode, variables};
use crate::graph::{ConfigNode, ProviderId, provider_source};
use crate::value::{Marks, Value};

use super::evaluation::{Expansion, InstanceData};
use super::expand;
use super::names::Phase;
use super::stage::{Stage, kind_of};
use super::{Setting, instance, provisioners};

/// Checks a configuration: names, types, arguments, what kinds say of their arguments.
pub fn validate<'c>(setting: Setting<'c>, functions: FunctionContext<'c>) -> Diagnostics {
    let mut stage = Stage::new(setting, functions, BTreeMap::new(), false);
    let dag = &setting.graph.dag;
    // What needs something that is wrong is not looked at: its own faults may come of that.
    let mut wrong = FxHashSet::default();
    for id in &setting.graph.order {
        let told = stage.found.len();
        if !dag.dependencies(*id).any(|needed| wrong.contains(&needed)) {
            let problems = stage.check_names(dag.node(*id), Phase::Validate);
            if stage.take(problems) {
                visit(&mut stage, dag.node(*id));
            }
            if !stage.found.iter().skip(told).any(|told| told.severity == Severity::Error) {
                continue;
            }
        }
        wrong.insert(*id);
    }
    for import in &setting.configuration.root.imports {
        super::imports::check(&mut stage, import);
    }
    stage.found
}

fn visit(stage: &mut Stage<'_>, node: &ConfigNode) {
    match node {
        ConfigNode::Variable(path, name) => variable(stage, path, name),
        ConfigNode::Local(path, name) => {
            stage.local(path, name);
        }
        ConfigNode::Output(path, name) => output(stage, path, name),
        // Its assertions are about values, of which none is known yet.
        ConfigNode::Check(..) => {}
        ConfigNode::Module(path) => call(stage, path),
        ConfigNode::Provider(id) => provider(stage, id),
        ConfigNode::Resource(address) => resource(stage, address),
    }
}

/// The block is evaluated; nothing is connected to.
fn provider(stage: &mut Stage<'_>, id: &ProviderId) {
    let Some(block) = stage.provider_block(id).filter(|block| block.for_each.is_some()).cloned() else {
        return drop(stage.configure(id));
    };
    let Some(provider) = stage.registry.find(&provider_source(stage.configuration, id)).cloned() else { return };
    for module in stage.instances(&id.module) {
        check_repetition(stage, &module, &block.for_each.clone().map_or(Repetition::None, Repetition::ForEach));
        let each = Expansion::Unknown.data(&InstanceKey::None);
        stage.provider_config(&block, &provider.config_schema().block, &module, &each);
    }
}

/// An output is checked; what it returns to a calling module is not looked at.
fn output(stage: &mut Stage<'_>, path: &ModulePath, name: &std::sync::Arc<str>) {
    stage.output(path, name);
    let Some(output) = stage.module(path).and_then(|m| m.outputs.get(name)).filter(|_| !path.is_root()) else { return };
    let value = if output.sensitive { Value::dynamic().sensitive() } else { Value::dynamic() };
    for instance in stage.instances(path) {
        stage.evaluation.set_output(&instance, name, value.clone());
    }
}

/// A variable is unknown, of its type; what a call gives for it must have that type. A module is looked at for whatever
/// may be given: what it guards by `var.x != null` is not evaluated with the null of one call.
fn variable(stage: &mut Stage<'_>, path: &ModulePath, name: &std::sync::Arc<str>) {
    if !path.is_root() {
        stage.variable(path, name);
    }
    let Some(variable) = stage.module(path).and_then(|m| m.variables.get(name)) else { return };
    let (prepared, problems) = variables::prepare(variable, stage.evaluation.functions());
    if path.is_root() {
        stage.take(problems);
    }
    let value = Value::unknown(prepared.constraint.ty.without_optional());
    let value = value.marked(variables::marks_of(variable));
    for instance in stage.instances(path) {
        stage.evaluation.set_variable(&instance, name, value.clone());
    }
}

fn call(stage: &mut Stage<'_>, path: &ModulePath) {
    let Some((parent, name)) = path.parent() else { return };
    let Some(call) = stage.module(&parent).and_then(|m| m.calls.get(name)) else { return };
    let repeated = !matches!(call.repetition, Repetition::None);
    for instance in stage.instances(&parent) {
        check_repetition(stage, &instance, &call.repetition);
        let expansion = if repeated || call.enabled.is_some() { Expansion::Unknown } else { Expansion::Single };
        stage.evaluation.expand_call(&instance, name, expansion);
    }
}

fn check_repetition(stage: &mut Stage<'_>, module: &ModuleInstance, repetition: &Repetition) {
    let nothing = InstanceData::default();
    let mut problems = Diagnostics::new();
    expand::check(repetition, &stage.evaluation.scope(module, &nothing), &mut problems);
    stage.take(problems);
}

fn resource(stage: &mut Stage<'_>, address: &ConfigAddress) {
    let Some(resource) = stage.configuration.resource(address) else { return };
    let Some(provider) = stage.provider(address, resource) else { return };
    if stage.kind(&*provider, resource).is_none() {
        return;
    }
    let Some(kind) = kind_of(&*provider, &address.resource) else { return };
    let block = &kind.schema().block;
    let repeated = !matches!(resource.repetition, Repetition::None) || resource.lifecycle.enabled.is_some();
    let expansion = if repeated { Expansion::Unknown } else { Expansion::Single };
    for module in stage.instances(&address.module) {
        check_repetition(stage, &module, &resource.repetition);
        let instance = address.resource.instance(module.clone(), InstanceKey::None);
        let data = expansion.data(&instance.key);
        stage.evaluation.expand_resource(&module, &address.resource, expansion.clone());
        let scope = stage.evaluation.scope(&module, &data);
        let renamed = |path: &[&str]| kind.renamed(path);
        let (config, problems) = decode::decode_body(&resource.body, block, &scope, resource.header, &renamed);
        let problems =
            problems.into_iter().chain(instance::ephemeral_uses(&resource.body, &config, block, resource.header));
        let sound = stage.take(problems.collect());
        if sound {
            let findings = crate::provider::findings(kind, &config.unmark_deep().0);
            let place = |f: crate::provider::Finding| {
                let span = decode::locate(&resource.body, &f.path, resource.header);
                f.diagnostic.at(span).for_address(&instance)
            };
            stage.take(findings.into_iter().map(place).collect());
        }
        // Its attributes have no types here: what an expression makes of them is told where it is evaluated, which is
        // nowhere while nothing repeats it.
        let nothing_known = match address.resource.mode {
            ResourceMode::Ephemeral => Value::dynamic().marked(Marks::EPHEMERAL),
            ResourceMode::Managed | ResourceMode::Data => Value::dynamic(),
        };
        stage.evaluation.set_instance(&instance, nothing_known.clone());
        let own = InstanceData { self_value: Some(nothing_known.clone()), ..data.clone() };
        provisioners::check(stage, &resource.provisioners, &instance, &own);
        conditions(stage, resource, &instance, &data, nothing_known);
    }
}

/// Whether the conditions of a resource can be evaluated; what they come to is not known yet.
fn conditions(stage: &mut Stage<'_>, resource: &Resource, instance: &Address, data: &InstanceData, itself: Value) {
    let lifecycle = &resource.lifecycle;
    let own = InstanceData { self_value: Some(itself), ..data.clone() };
    let before = lifecycle.preconditions.iter().map(|rule| (rule, data));
    let after = lifecycle.postconditions.iter().map(|rule| (rule, &own));
    for (rule, data) in before.chain(after) {
        for expression in [&rule.condition, &rule.error_message] {
            let (_, problems) = eval::evaluate(expression, &stage.evaluation.scope(&instance.module, data));
            stage.take(problems.into_iter().map(|p| p.for_address(instance)).collect());
        }
    }
}
