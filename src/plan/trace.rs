//! What a plan leads to, with a stand-in for every text that is not known before apply: so that one can follow which
//! object's id ends up where, though neither exists yet.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::address::{Address, ConfigAddress, ModuleInstance, ProviderAddress};
use crate::diagnostic::Diagnostics;
use crate::eval::functions::FunctionContext;
use crate::eval::variables::Given;
use crate::eval::{self, decode};
use crate::graph::{ConfigNode, ProviderId};
use crate::provider::{Block, Kind};
use crate::state::State;
use crate::value::{Path, Type, Value, ValueKind};

use super::evaluation::InstanceData;
use super::expand::expand;
use super::stage::{Stage, kind_of};
use super::{InstanceChange, Plan, Setting, recorded};

/// Evaluates the configuration once more with what is planned. What a text is not known to be yet is named by where it
/// will come from, `<azurerm_user_assigned_identity.a.principal_id>`, wherever it is used. Values carry no marks.
pub fn trace<'c>(setting: Setting<'c>, functions: FunctionContext<'c>, plan: &Plan) -> BTreeMap<Address, Value> {
    let given = |value: &Value| Given { value: value.clone(), origin: String::new(), span: None };
    let variables: BTreeMap<Arc<str>, Given> = plan.variables.iter().map(|(n, v)| (n.clone(), given(v))).collect();
    let current = plan.changes.iter().filter(|change| change.deposed.is_none());
    let tracer = Tracer {
        stage: Stage::new(setting, functions, variables, false),
        prior: Some(&plan.prior),
        subscriptions: plan.changes.iter().filter_map(subscription_of).collect(),
        changes: current.map(|change| (&change.address, change)).collect(),
        values: BTreeMap::new(),
        whole: true,
    };
    tracer.run(setting).values
}

/// What a configuration alone leads to.
#[derive(Debug)]
pub struct Foreseen {
    /// The instances, with stand-ins.
    pub values: BTreeMap<Address, Value>,
    /// Of everything it could be told how often it repeats: what is not here will not be there.
    pub whole: bool,
}

/// What the configuration leads to as far as that can be told without anybody's values, state or Azure: as [`trace`],
/// of a first plan. What depends on a variable without a default is left open, and of what is repeated by one there
/// is nothing.
pub fn foresee<'c>(setting: Setting<'c>, functions: FunctionContext<'c>, given: BTreeMap<Arc<str>, Given>) -> Foreseen {
    let tracer = Tracer {
        stage: Stage::new(setting, functions, given, false),
        prior: None,
        subscriptions: HashMap::new(),
        changes: HashMap::new(),
        values: BTreeMap::new(),
        whole: true,
    };
    let Tracer { values, whole, .. } = tracer.run(setting);
    Foreseen { values, whole }
}

struct Tracer<'c, 'p> {
    stage: Stage<'c>,
    /// What is recorded; `None` when nothing is planned.
    prior: Option<&'p State>,
    changes: HashMap<&'p Address, &'p InstanceChange>,
    /// The subscription of each provider configuration, as far as the plan's ids tell.
    subscriptions: HashMap<&'p ProviderAddress, String>,
    values: BTreeMap<Address, Value>,
    whole: bool,
}

impl<'c> Tracer<'c, '_> {
    fn run(mut self, setting: Setting<'c>) -> Self {
        for id in &setting.graph.order {
            self.visit(setting.graph.dag.node(*id));
        }
        self
    }

    /// Diagnostics are left aside: the plan has given those that count, and a stand-in may fail a condition.
    fn visit(&mut self, node: &ConfigNode) {
        match node {
            ConfigNode::Variable(path, name) => {
                self.stage.variable(path, name);
            }
            ConfigNode::Local(path, name) => {
                self.stage.local(path, name);
            }
            ConfigNode::Output(path, name) => {
                self.stage.output(path, name);
            }
            ConfigNode::Module(path) => {
                self.whole &= self.stage.expand_module(path);
            }
            ConfigNode::Resource(address) => self.resource(address),
            ConfigNode::Provider(_) | ConfigNode::Check(..) => {}
        }
    }

    fn resource(&mut self, address: &ConfigAddress) {
        let Some(resource) = self.stage.configuration.resource(address) else { return };
        let Some(provider) = self.stage.provider(address, resource) else { return };
        let Some(kind) = kind_of(&*provider, &address.resource) else { return };
        for module in self.stage.instances(&address.module) {
            let nothing = InstanceData::default();
            let scope = self.stage.evaluation.scope(&module, &nothing);
            let enabled = resource.lifecycle.enabled.as_ref();
            let Some(expansion) = expand(&resource.repetition, enabled, &scope, &mut Diagnostics::new()) else {
                self.whole = false;
                continue;
            };
            let instances: Vec<_> = expansion.keys().into_iter().map(|key| (expansion.data(&key), key)).collect();
            self.stage.evaluation.expand_resource(&module, &address.resource, expansion);
            for (data, key) in instances {
                let instance = address.resource.instance(module.clone(), key);
                self.instance(&instance, &module, &data, resource, kind);
            }
        }
    }

    fn instance(
        &mut self,
        address: &Address,
        module: &ModuleInstance,
        data: &InstanceData,
        resource: &crate::config::Resource,
        kind: &dyn Kind,
    ) {
        let schema = &kind.schema().block;
        let planned = self.changes.get(address).map(|change| change.after.clone()).or_else(|| {
            let recorded = self.prior?.instance(address)?;
            recorded::decode(address, recorded, kind).ok().map(|known| known.value)
        });
        let scope = self.stage.evaluation.scope(module, data);
        let (config, _) = decode::decode_body(&resource.body, schema, &scope, resource.header, &|_| None);
        let config = config.unmark_deep().0;
        let unplanned = || match self.prior {
            Some(_) => Value::unknown(schema.implied_type()),
            None => hoped(&config, schema),
        };
        let planned = planned.map_or_else(unplanned, |planned| planned.unmark_deep().0);
        let is_open = planned.field("id").is_some_and(|id| !id.is_known());
        let mut value = stood_in(planned, &config, address);
        if is_open && let Some(id) = self.id(address, kind, &value) {
            let fields = value.as_fields().into_iter().flatten().map(|(name, old)| (name.clone(), old.clone()));
            value = Value::object(fields.chain([("id".into(), Value::string(id))]).collect());
        }
        self.stage.evaluation.set_instance(address, value.clone());
        self.values.insert(address.clone(), value);
    }
}

impl Tracer<'_, '_> {
    /// The id that an object is going to have, with the stand-ins of what it is made of: where it lies can be told
    /// though its name cannot. `None` where a stand-in would look like more than one segment.
    fn id(&self, address: &Address, kind: &dyn Kind, value: &Value) -> Option<String> {
        let provider = self.stage.graph.provider_of(&address.config())?;
        let named = self.stage.provider_for(address, &self.stage.provider_address(provider));
        let known = self.subscriptions.get(&named).cloned();
        let subscription = known.or_else(|| self.configured_subscription(provider)).unwrap_or_else(|| {
            let alias = provider.alias.as_ref().map(|alias| format!(" of {}.{alias}", provider.name));
            format!("<subscription{}>", alias.unwrap_or_default())
        });
        let id = kind.id_by(&subscription, value)?;
        let mut inside = id.split('<').skip(1).filter_map(|part| part.split_once('>'));
        (!inside.any(|(stand_in, _)| stand_in.contains('/'))).then_some(id)
    }

    fn configured_subscription(&self, provider: &ProviderId) -> Option<String> {
        let block = self.stage.provider_block(provider)?;
        let argument = block.body.attributes.iter().find(|attribute| &*attribute.name.name == "subscription_id")?;
        let instance = self.stage.instances(&provider.module).into_iter().next()?;
        let nothing = InstanceData::default();
        let scope = self.stage.evaluation.scope(&instance, &nothing);
        let (value, _) = eval::evaluate(&argument.value, &scope);
        value.unmark_deep().0.as_str().map(str::to_owned)
    }
}

/// Which subscription a provider configuration is for, by the id of something that it plans.
fn subscription_of(change: &InstanceChange) -> Option<(&ProviderAddress, String)> {
    let id = change.after.field("id").or_else(|| change.before.field("id"))?;
    let (subscription, _) = id.as_str()?.strip_prefix("/subscriptions/")?.split_once('/')?;
    Some((&change.provider, subscription.to_owned()))
}

/// What a first plan would say of a body before any provider has looked at it: what is written, and a gap where the
/// provider decides.
fn hoped(config: &Value, schema: &Block) -> Value {
    let open = |value: Option<&Value>, computed: bool, ty: Type| match value {
        Some(value) if !(computed && is_absent(value)) => value.clone(),
        _ if computed => Value::unknown(ty),
        _ => Value::null(ty),
    };
    let attributes = schema
        .attributes
        .iter()
        .map(|(name, attribute)| (name.clone(), open(config.field(name), attribute.computed, attribute.ty.clone())));
    let blocks = schema
        .blocks
        .iter()
        .map(|(name, block)| (name.clone(), open(config.field(name), block.computed, block.implied_type())));
    Value::object(attributes.chain(blocks).collect())
}

fn is_absent(value: &Value) -> bool {
    value.is_null() || value.is_known() && value.as_elements().is_some_and(<[Value]>::is_empty)
}

/// `planned` with its gaps filled: from what the configuration says now, else by the name of the gap.
fn stood_in(planned: Value, config: &Value, address: &Address) -> Value {
    planned.transform(&mut |path, value| {
        if value.is_known() {
            return value;
        }
        let configured = config.at(path).filter(|configured| configured.is_wholly_known() && !configured.is_null());
        configured.unwrap_or_else(|| named(value, path, address))
    })
}

/// A gap's stand-in: its name for a text, one element for a list of objects, nothing for anything else.
fn named(value: Value, path: &Path, address: &Address) -> Value {
    let ValueKind::Unknown(ty, _) = value.kind() else { return value };
    of_type(ty, path, address).unwrap_or(value)
}

fn of_type(ty: &Type, path: &Path, address: &Address) -> Option<Value> {
    match ty {
        Type::String => Some(Value::string(format!("<{address}.{path}>"))),
        Type::List(element) if matches!(**element, Type::Object(_)) => {
            Some(Value::list((**element).clone(), vec![of_type(element, &path.then_position(0), address)?]))
        }
        Type::Object(object) => {
            let field = |(name, ty): (&Arc<str>, &Type)| {
                let value = of_type(ty, &path.then_attribute(name), address);
                (name.clone(), value.unwrap_or_else(|| Value::unknown(ty.clone())))
            };
            Some(Value::object(object.attributes.iter().map(field).collect()))
        }
        _ => None,
    }
}
