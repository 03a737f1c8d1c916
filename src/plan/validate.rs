//! Whether a configuration is right as far as that can be told without anybody's values, state or Azure.

use std::collections::BTreeMap;

use crate::address::{ConfigAddress, ModulePath};
use crate::config::Repetition;
use crate::diagnostic::Diagnostics;
use crate::eval::functions::FunctionContext;
use crate::eval::{self, decode, variables};
use crate::graph::ConfigNode;
use crate::value::Value;

use super::evaluation::{Expansion, InstanceData};
use super::expand::expand;
use super::stage::{Stage, kind_of};
use super::{Setting, moved};

/// Checks a configuration: names, types, arguments, what kinds say of their arguments.
pub fn validate<'c>(setting: Setting<'c>, functions: FunctionContext<'c>) -> Diagnostics {
    let mut stage = Stage::new(setting, functions, BTreeMap::new(), false);
    moved::check(setting.configuration, &mut stage.found);
    for id in &setting.graph.order {
        let node = setting.graph.dag.node(*id);
        let wrong = stage.check_names(node);
        if stage.take(wrong) {
            visit(&mut stage, node);
        }
    }
    stage.found
}

fn visit(stage: &mut Stage<'_>, node: &ConfigNode) {
    match node {
        ConfigNode::Variable(path, name) => variable(stage, path, name),
        ConfigNode::Local(path, name) => {
            stage.local(path, name);
        }
        ConfigNode::Output(path, name) => {
            stage.output(path, name);
        }
        ConfigNode::Check(path, name) => stage.check(path, name),
        ConfigNode::Module(path) => call(stage, path),
        ConfigNode::Provider(id) => {
            // The block is evaluated; nothing is connected to.
            drop(stage.configure(id));
        }
        ConfigNode::Resource(address) => resource(stage, address),
    }
}

/// A variable is unknown, of its type; what a call gives for it must have that type.
fn variable(stage: &mut Stage<'_>, path: &ModulePath, name: &std::sync::Arc<str>) {
    if path.is_root() {
        let Some(variable) = stage.module(path).and_then(|m| m.variables.get(name)) else { return };
        let (prepared, problems) = variables::prepare(variable, stage.evaluation.functions());
        stage.take(problems);
        let value = Value::unknown(prepared.constraint.ty.without_optional());
        let value = if variable.sensitive { value.sensitive() } else { value };
        for instance in stage.instances(path) {
            stage.evaluation.set_variable(&instance, name, value.clone());
        }
    } else {
        stage.variable(path, name);
    }
}

fn call(stage: &mut Stage<'_>, path: &ModulePath) {
    let Some((parent, name)) = path.parent() else { return };
    let Some(call) = stage.module(&parent).and_then(|m| m.calls.get(name)) else { return };
    let repeated = !matches!(call.repetition, Repetition::None);
    for instance in stage.instances(&parent) {
        evaluate_repetition(stage, &instance, &call.repetition);
        let expansion = if repeated || call.enabled.is_some() { Expansion::Unknown } else { Expansion::Single };
        stage.evaluation.expand_call(&instance, name, expansion);
    }
}

fn evaluate_repetition(stage: &mut Stage<'_>, module: &crate::address::ModuleInstance, repetition: &Repetition) {
    let (Repetition::Count(expression) | Repetition::ForEach(expression)) = repetition else { return };
    let nothing = InstanceData::default();
    let (value, mut problems) = eval::evaluate(expression, &stage.evaluation.scope(module, &nothing));
    if !problems.has_errors() && (value.is_known() || !value.marks().is_empty()) {
        expand(repetition, None, &stage.evaluation.scope(module, &nothing), &mut problems);
    }
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
        evaluate_repetition(stage, &module, &resource.repetition);
        let instance = address.resource.instance(module.clone(), crate::address::InstanceKey::None);
        let data = expansion.data(&instance.key);
        stage.evaluation.expand_resource(&module, &address.resource, expansion.clone());
        let scope = stage.evaluation.scope(&module, &data);
        let renamed = |path: &[&str]| kind.renamed(path);
        let (config, problems) = decode::decode_body(&resource.body, block, &scope, resource.header, &renamed);
        let sound = stage.take(problems);
        if sound {
            let findings = kind.validate(&config.unmark_deep().0);
            let place = |f: crate::provider::Finding| {
                let span = decode::locate(&resource.body, &f.path, resource.header);
                f.diagnostic.at(span).for_address(&instance)
            };
            stage.take(findings.into_iter().map(place).collect());
        }
        stage.evaluation.set_instance(&instance, super::marks::mark(block, unknown(block)));
    }
}

/// An object of the block's type of which nothing is known.
fn unknown(block: &crate::provider::Block) -> Value {
    let attributes = block.attributes.iter().map(|(name, a)| (name.as_str().into(), Value::unknown(a.ty.clone())));
    let blocks = block.blocks.iter().map(|(name, b)| (name.as_str().into(), Value::unknown(b.implied_type())));
    Value::object(attributes.chain(blocks).collect())
}
