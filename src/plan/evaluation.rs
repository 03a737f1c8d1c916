//! What has been evaluated so far, by module instance, and the scope in which the next expression is evaluated.
//! Planning fills it with planned values, apply with final ones.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::address::{
    Address, InstanceKey, ModuleInstance, ModulePath, ResourceAddress, ResourceMode, WORKLOAD, workload_call,
};
use crate::config::Configuration;
use crate::diagnostic::Diagnostic;
use crate::eval::functions::FunctionContext;
use crate::eval::{ResolvedStep, Scope};
use crate::syntax::tree::Reference;
use crate::value::{Fields, Marks, Number, Type, Value};

/// How a block repeats, evaluated.
#[derive(Debug, Clone)]
pub enum Expansion {
    /// Neither `count` nor `for_each`.
    Single,
    /// `count`
    Count(u64),
    /// `for_each`: the value behind each key.
    ForEach(Arc<BTreeMap<Arc<str>, Value>>),
    /// Not to be known when a configuration is only validated: one stands for all.
    Unknown,
}

/// The instances of one resource in one module instance.
#[derive(Debug)]
pub struct Instances {
    /// How it repeats.
    pub expansion: Expansion,
    values: FxHashMap<InstanceKey, Value>,
    /// Those that take no part in the run, and of which nothing is recorded.
    left_out: BTreeSet<InstanceKey>,
    whole: OnceCell<Value>,
}

impl Instances {
    /// The repetition without what is left out; of numbered instances only the last ones can be missing.
    fn there(&self) -> Expansion {
        let is_there = |key: &InstanceKey| !self.left_out.contains(key);
        match &self.expansion {
            Expansion::Count(n) => {
                Expansion::Count((0..*n).rfind(|i| is_there(&InstanceKey::Int(*i))).map_or(0, |i| i + 1))
            }
            Expansion::ForEach(values) if !self.left_out.is_empty() => {
                let kept = values.iter().filter(|(key, _)| is_there(&InstanceKey::String((*key).clone())));
                Expansion::ForEach(Arc::new(kept.map(|(key, value)| (key.clone(), value.clone())).collect()))
            }
            other => other.clone(),
        }
    }
}

/// What one module instance holds.
#[derive(Debug, Default)]
struct ModuleValues {
    variables: FxHashMap<Arc<str>, Value>,
    locals: FxHashMap<Arc<str>, Value>,
    outputs: FxHashMap<Arc<str>, Value>,
    calls: FxHashMap<Arc<str>, Expansion>,
    resources: FxHashMap<ResourceAddress, Instances>,
}

/// Everything evaluated so far.
pub struct Evaluation<'c> {
    configuration: &'c Configuration,
    functions: FunctionContext<'c>,
    workspace: Arc<str>,
    applying: bool,
    modules: FxHashMap<ModuleInstance, ModuleValues>,
    instances: FxHashMap<ModulePath, Vec<ModuleInstance>>,
}

/// What an instance may refer to beside the module's names.
#[derive(Debug, Clone, Default)]
pub struct InstanceData {
    /// `each.key` and `each.value`
    pub each: Option<(Value, Value)>,
    /// `count.index`
    pub count: Option<Value>,
    /// `self`
    pub self_value: Option<Value>,
}

impl Expansion {
    /// The instance keys in order.
    pub fn keys(&self) -> Vec<InstanceKey> {
        match self {
            Self::Single | Self::Unknown => vec![InstanceKey::None],
            Self::Count(n) => (0..*n).map(InstanceKey::Int).collect(),
            Self::ForEach(values) => values.keys().cloned().map(InstanceKey::String).collect(),
        }
    }

    /// The same without instances, for what repeats.
    #[must_use]
    pub fn emptied(&self) -> Self {
        match self {
            Self::Count(_) => Self::Count(0),
            Self::ForEach(_) => Self::ForEach(Arc::default()),
            Self::Single | Self::Unknown => self.clone(),
        }
    }

    /// What the instance of that key may refer to.
    pub fn data(&self, key: &InstanceKey) -> InstanceData {
        match (self, key) {
            (Self::ForEach(values), InstanceKey::String(key)) => InstanceData {
                each: values.get(key).map(|value| (Value::string(key.clone()), value.clone())),
                ..InstanceData::default()
            },
            (Self::Count(_), InstanceKey::Int(index)) => InstanceData {
                count: Some(Value::number(Number::from(usize::try_from(*index).unwrap_or(usize::MAX)))),
                ..InstanceData::default()
            },
            (Self::Unknown, _) => InstanceData {
                each: Some((Value::unknown_not_null(Type::String), Value::dynamic())),
                count: Some(Value::unknown_not_null(Type::Number)),
                self_value: None,
            },
            _ => InstanceData::default(),
        }
    }

    /// One value for each key, joined as a reference to the whole sees them: the one, a tuple, or an object.
    fn join(&self, mut value_of: impl FnMut(&InstanceKey) -> Value) -> Value {
        match self {
            Self::Single => value_of(&InstanceKey::None),
            Self::Unknown => Value::dynamic(),
            Self::Count(n) => Value::tuple((0..*n).map(|i| value_of(&InstanceKey::Int(i))).collect()),
            Self::ForEach(values) => {
                let field = |key: &Arc<str>| (key.clone(), value_of(&InstanceKey::String(key.clone())));
                Value::object(values.keys().map(field).collect())
            }
        }
    }
}

impl<'c> Evaluation<'c> {
    /// Nothing evaluated yet; the root module has its one instance.
    pub fn new(
        configuration: &'c Configuration,
        functions: FunctionContext<'c>,
        workspace: &str,
        applying: bool,
    ) -> Self {
        Self {
            configuration,
            functions,
            workspace: workspace.into(),
            applying,
            modules: FxHashMap::from_iter([(ModuleInstance::root(), ModuleValues::default())]),
            instances: FxHashMap::from_iter([(ModulePath::root(), vec![ModuleInstance::root()])]),
        }
    }

    /// What functions need to know.
    pub fn functions(&self) -> &FunctionContext<'c> {
        &self.functions
    }

    /// The instances of a module, in order; empty while its call is not expanded.
    pub fn instances_of(&self, module: &ModulePath) -> &[ModuleInstance] {
        self.instances.get(module).map_or(&[], Vec::as_slice)
    }

    /// Takes in how a call in one module instance repeats.
    pub fn expand_call(&mut self, parent: &ModuleInstance, name: &Arc<str>, expansion: Expansion) {
        let path = parent.path().child(name);
        for key in expansion.keys() {
            let child = parent.child(name, key);
            self.instances.entry(path.clone()).or_default().push(child.clone());
            self.modules.entry(child).or_default();
        }
        self.module(parent).calls.insert(name.clone(), expansion);
    }

    /// How the call of a module instance repeats, and what its key stands for.
    pub fn call_data(&self, instance: &ModuleInstance) -> InstanceData {
        instance
            .parent()
            .and_then(|(parent, step)| Some(self.modules.get(&parent)?.calls.get(&step.name)?.data(&step.key)))
            .unwrap_or_default()
    }

    /// Takes in a variable's value.
    pub fn set_variable(&mut self, module: &ModuleInstance, name: &Arc<str>, value: Value) {
        self.module(module).variables.insert(name.clone(), value);
    }

    /// Takes in a local value.
    pub fn set_local(&mut self, module: &ModuleInstance, name: &Arc<str>, value: Value) {
        self.module(module).locals.insert(name.clone(), value);
    }

    /// Takes in an output value.
    pub fn set_output(&mut self, module: &ModuleInstance, name: &Arc<str>, value: Value) {
        self.module(module).outputs.insert(name.clone(), value);
    }

    /// An output value that was taken in.
    pub fn output(&self, module: &ModuleInstance, name: &str) -> Option<&Value> {
        self.modules.get(module)?.outputs.get(name)
    }

    /// A variable's value that was taken in.
    pub fn variable(&self, module: &ModuleInstance, name: &str) -> Option<&Value> {
        self.modules.get(module)?.variables.get(name)
    }

    /// Takes in how a resource repeats in one module instance; its instances have no value yet.
    pub fn expand_resource(&mut self, module: &ModuleInstance, resource: &ResourceAddress, expansion: Expansion) {
        let instances =
            Instances { expansion, values: FxHashMap::default(), left_out: BTreeSet::new(), whole: OnceCell::new() };
        self.module(module).resources.insert(resource.clone(), instances);
    }

    /// Takes in the value of one instance.
    pub fn set_instance(&mut self, address: &Address, value: Value) {
        if let Some(instances) = self.module(&address.module).resources.get_mut(&address.resource) {
            instances.values.insert(address.key.clone(), value);
            instances.whole = OnceCell::new();
        }
    }

    /// An instance that takes no part in the run, and of which nothing is recorded: it is not there.
    pub fn leave_out(&mut self, address: &Address) {
        if let Some(instances) = self.module(&address.module).resources.get_mut(&address.resource) {
            instances.left_out.insert(address.key.clone());
        }
    }

    /// The value of one instance that was taken in.
    pub fn instance(&self, address: &Address) -> Option<&Value> {
        self.modules.get(&address.module)?.resources.get(&address.resource)?.values.get(&address.key)
    }

    /// How a resource repeats, if it was expanded.
    pub fn expansion(&self, module: &ModuleInstance, resource: &ResourceAddress) -> Option<&Expansion> {
        self.modules.get(module)?.resources.get(resource).map(|i| &i.expansion)
    }

    /// The scope of an expression in a module instance.
    pub fn scope<'e>(&'e self, module: &'e ModuleInstance, data: &'e InstanceData) -> ModuleScope<'e> {
        ModuleScope { evaluation: self, module, data }
    }

    fn module(&mut self, module: &ModuleInstance) -> &mut ModuleValues {
        self.modules.entry(module.clone()).or_default()
    }

    /// A path as Terraform gives it: relative to where it runs, the root being `.`.
    fn module_folder(&self, module: &ModuleInstance) -> String {
        let folder = self.configuration.module(&module.path()).map(|m| m.folder.as_path());
        let relative = folder.and_then(|f| f.strip_prefix(&self.configuration.root.folder).ok());
        match relative.map(|r| r.to_string_lossy().into_owned()) {
            Some(path) if path.is_empty() => ".".to_owned(),
            Some(path) => path,
            None => folder.map(|f| f.to_string_lossy().into_owned()).unwrap_or_default(),
        }
    }
}

/// The source address of Terraform's own provider.
const TERRAFORM: &str = "terraform.io/builtin/terraform";

/// What an expression in one module instance can see.
pub struct ModuleScope<'e> {
    evaluation: &'e Evaluation<'e>,
    module: &'e ModuleInstance,
    data: &'e InstanceData,
}

impl Scope for ModuleScope<'_> {
    fn names_terraform(&self, provider: &str) -> bool {
        let module = self.evaluation.configuration.module(&self.module.path());
        let required = module.and_then(|module| module.required_providers.get(provider));
        required.and_then(|required| required.source.as_ref()).is_some_and(|source| &*source.value == TERRAFORM)
    }

    fn resolve(&self, reference: &Reference, steps: &[ResolvedStep]) -> Result<(Value, usize), Diagnostic> {
        let first = steps.first().and_then(ResolvedStep::attribute);
        let values = self.evaluation.modules.get(self.module);
        let found = match (&*reference.root.name, first) {
            ("var", Some(name)) => values.and_then(|v| v.variables.get(name)).cloned().map(|v| (v, 1)),
            ("local", Some(name)) => values.and_then(|v| v.locals.get(name)).cloned().map(|v| (v, 1)),
            ("path", Some(name)) => self.path(name).map(|v| (v, 1)),
            ("terraform" | "tofu", Some(name)) => self.terraform(name).map(|v| (v, 1)),
            ("each", Some(name)) => self.each(name).map(|v| (v, 1)),
            ("count", Some(name)) if &**name == "index" => self.data.count.clone().map(|v| (v, 1)),
            ("self", _) => self.data.self_value.clone().map(|v| (v, 0)),
            ("module", Some(name)) => values.and_then(|v| self.call(v, name, &steps[1..])).map(|(v, n)| (v, n + 1)),
            (WORKLOAD, Some(name)) => {
                values.and_then(|v| self.call(v, &workload_call(name), &steps[1..])).map(|(v, n)| (v, n + 1))
            }
            ("data", Some(kind)) => self.resource(ResourceMode::Data, kind, &steps[1..]).map(|(v, n)| (v, n + 1)),
            ("ephemeral", Some(kind)) => {
                self.resource(ResourceMode::Ephemeral, kind, &steps[1..]).map(|(v, n)| (v, n + 1))
            }
            (kind, Some(_)) => self.resource(ResourceMode::Managed, &kind.into(), steps),
            _ => None,
        };
        // What is not there has been reported by the reference checks, or an earlier error kept it from having a
        // value: unknown, so that one fault is told once.
        Ok(found.unwrap_or_else(|| (Value::dynamic(), steps.len())))
    }

    fn functions(&self) -> &FunctionContext<'_> {
        &self.evaluation.functions
    }
}

impl ModuleScope<'_> {
    fn path(&self, name: &str) -> Option<Value> {
        Some(Value::string(match name {
            "module" => self.evaluation.module_folder(self.module),
            "root" => ".".to_owned(),
            "cwd" => self.evaluation.functions.folder.to_string_lossy().into_owned(),
            _ => return None,
        }))
    }

    fn terraform(&self, name: &str) -> Option<Value> {
        match name {
            "workspace" => Some(Value::string(self.evaluation.workspace.clone())),
            "applying" => Some(Value::bool(self.evaluation.applying).marked(Marks::EPHEMERAL)),
            _ => None,
        }
    }

    fn each(&self, name: &str) -> Option<Value> {
        let (key, value) = self.data.each.as_ref()?;
        match name {
            "key" => Some(key.clone()),
            "value" => Some(value.clone()),
            _ => None,
        }
    }

    /// `module.name`: one output of one instance where the steps say so, else all outputs of all instances.
    fn call(&self, values: &ModuleValues, name: &Arc<str>, steps: &[ResolvedStep]) -> Option<(Value, usize)> {
        let expansion = values.calls.get(name)?;
        let (key, used) = match (expansion, steps.first()) {
            (Expansion::Unknown, _) => return Some((Value::dynamic(), steps.len())),
            (Expansion::Single, _) => (Some(InstanceKey::None), 0),
            (_, Some(step)) => (step.instance_key(), 1),
            _ => (None, 0),
        };
        let child = |key: &InstanceKey| self.evaluation.modules.get(&self.module.child(name, key.clone()));
        if let Some(outputs) = key.as_ref().and_then(child).map(|m| &m.outputs) {
            if let Some(output) = steps.get(used).and_then(ResolvedStep::attribute).and_then(|o| outputs.get(o)) {
                return Some((output.clone(), used + 1));
            }
            return Some((all_outputs(outputs), used));
        }
        let whole = expansion.join(|key| child(key).map_or_else(Value::dynamic, |m| all_outputs(&m.outputs)));
        Some((whole, 0))
    }

    /// A resource: one instance where the steps say so, else all.
    fn resource(&self, mode: ResourceMode, kind: &Arc<str>, steps: &[ResolvedStep]) -> Option<(Value, usize)> {
        let name = steps.first()?.attribute()?.clone();
        let address = ResourceAddress { mode, kind: kind.clone(), name };
        let instances = self.evaluation.modules.get(self.module)?.resources.get(&address)?;
        let key = match &instances.expansion {
            Expansion::Unknown => return Some((Value::dynamic(), steps.len())),
            Expansion::Single => Some((InstanceKey::None, 1)),
            _ => steps.get(1).and_then(ResolvedStep::instance_key).map(|key| (key, 2)),
        };
        if let Some((value, used)) = key.and_then(|(key, used)| Some((instances.values.get(&key)?, used))) {
            return Some((value.clone(), used));
        }
        let join = || {
            let value_of = |key: &InstanceKey| instances.values.get(key).cloned().unwrap_or_else(Value::dynamic);
            instances.there().join(value_of)
        };
        Some((instances.whole.get_or_init(join).clone(), 1))
    }
}

fn all_outputs(outputs: &FxHashMap<Arc<str>, Value>) -> Value {
    Value::object(outputs.iter().map(|(name, value)| (name.clone(), value.clone())).collect::<Fields>())
}
