//! What a configuration evaluates to with what is recorded, without planning anything: for the console.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::address::{ConfigAddress, ModuleInstance, ModulePath};
use crate::diagnostic::Diagnostics;
use crate::eval::declared::Place;
use crate::eval::functions::FunctionContext;
use crate::eval::variables::Given;
use crate::eval::{self};
use crate::graph::{ConfigNode, ProviderId, provider_source};
use crate::state::State;
use crate::syntax::tree::Expression;
use crate::value::Value;

use super::evaluation::{Evaluation, InstanceData};
use super::expand::expand;
use super::names::Phase;
use super::stage::{Configured, Stage, empty, kind_of};
use super::{Setting, recorded};

/// A configuration with its values as recorded.
pub struct Inspection<'c> {
    stage: Stage<'c>,
}

/// Evaluates everything that can be evaluated; what is not recorded yet is unknown.
pub fn inspect<'c>(
    setting: Setting<'c>,
    functions: FunctionContext<'c>,
    given: BTreeMap<Arc<str>, Given>,
    state: &State,
) -> (Inspection<'c>, Diagnostics) {
    let mut stage = Stage::new(setting, functions, given, false);
    for id in &setting.graph.order {
        let node = setting.graph.dag.node(*id);
        let wrong = stage.check_names(node, Phase::Plan);
        if stage.take(wrong) {
            visit(&mut stage, node, state);
        }
    }
    let found = std::mem::take(&mut stage.found);
    (Inspection { stage }, found)
}

/// The same of what a plan came to.
pub fn inspect_planned<'c>(
    setting: Setting<'c>,
    functions: FunctionContext<'c>,
    given: BTreeMap<Arc<str>, Given>,
    evaluation: Evaluation<'c>,
) -> Inspection<'c> {
    let stage = Stage { evaluation, ..Stage::new(setting, functions, given, false) };
    Inspection { stage }
}

impl Inspection<'_> {
    /// What an expression of the root module is worth.
    pub fn answer(&self, expression: &Expression) -> Result<String, Diagnostics> {
        let wrong = self.stage.check_expression(&ModulePath::root(), expression, Place::top());
        if wrong.has_errors() {
            return Err(wrong);
        }
        let (root, data) = (ModuleInstance::root(), InstanceData::default());
        eval::console::answer(expression, &self.stage.evaluation.scope(&root, &data))
    }
}

impl Inspection<'_> {
    /// The value of an expression of the root module.
    pub fn value(&self, expression: &Expression) -> Result<Value, Diagnostics> {
        let (root, data) = (ModuleInstance::root(), InstanceData::default());
        let (value, found) = eval::evaluate(expression, &self.stage.evaluation.scope(&root, &data));
        if found.has_errors() { Err(found) } else { Ok(value) }
    }

    /// Begins to open a session of a provider, by its source: of the root module's block before others, and with
    /// what the environment says where there is no block. `None` when its block cannot be evaluated, or when there is
    /// no such provider.
    pub fn connect(&mut self, source: &str) -> Option<BoxFuture<'static, Configured>> {
        let configuration = self.stage.configuration;
        let nodes = self.stage.graph.dag.nodes();
        let mut ids: Vec<ProviderId> = nodes
            .filter_map(|(_, node)| if let ConfigNode::Provider(id) = node { Some(id.clone()) } else { None })
            .filter(|id| provider_source(configuration, id) == source)
            .collect();
        ids.sort_by_key(|id| (id.module.names().len(), id.alias.is_some()));
        if let Some(id) = ids.first() {
            let configured = self.stage.configure(id)?;
            return Some(Box::pin(async move {
                let first = configured.await.into_iter().next();
                first.map_or_else(|| Err(Diagnostics::new()), |(_, configured)| configured)
            }));
        }
        let provider = self.stage.registry.find(source)?.clone();
        let config = empty(&provider.config_schema().block);
        let surroundings = self.stage.surroundings.clone();
        Some(Box::pin(async move { provider.configure(&config, &surroundings).await }))
    }
}

fn visit(stage: &mut Stage<'_>, node: &ConfigNode, state: &State) {
    match node {
        ConfigNode::Variable(path, name) => {
            stage.variable(path, name);
        }
        ConfigNode::Local(path, name) => {
            stage.local(path, name);
        }
        ConfigNode::Output(path, name) => {
            stage.output(path, name);
        }
        ConfigNode::Module(path) => {
            stage.expand_module(path);
        }
        ConfigNode::Resource(address) => resource(stage, address, state),
        ConfigNode::Provider(_) | ConfigNode::Check(..) => {}
    }
}

fn resource(stage: &mut Stage<'_>, address: &ConfigAddress, state: &State) {
    let Some(resource) = stage.configuration.resource(address) else { return };
    let Some(provider) = stage.provider(address, resource) else { return };
    let Some(kind) = kind_of(&*provider, &address.resource) else { return };
    for module in stage.instances(&address.module) {
        let nothing = InstanceData::default();
        // What cannot be expanded before apply has no instances here either; it is no fault of the question's.
        let mut aside = Diagnostics::new();
        let scope = stage.evaluation.scope(&module, &nothing);
        let expansion = expand(&resource.repetition, resource.lifecycle.enabled.as_ref(), &scope, &mut aside);
        // Of what was never made nothing is known, not even how many there will be.
        let recorded = state.resource(&module, &address.resource).is_some();
        let Some(expansion) = expansion.filter(|_| recorded) else { continue };
        let keys = expansion.keys();
        stage.evaluation.expand_resource(&module, &address.resource, expansion);
        for key in keys {
            let instance = address.resource.instance(module.clone(), key);
            let value = state.instance(&instance).and_then(|recorded| {
                let known = recorded::decode(&instance, recorded, kind).ok()?;
                Some(recorded::marked(kind, &known, &recorded.sensitive_paths))
            });
            let value = value.unwrap_or_else(|| Value::unknown(kind.schema().block.implied_type()));
            stage.evaluation.set_instance(&instance, value);
        }
    }
}
