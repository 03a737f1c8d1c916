//! The walk that makes a plan: each node of the configuration's graph in order, reads going on side by side.
//!
//! One loop owns everything; what has to be waited for (configuring a provider, reading an object) is a task that
//! borrows nothing. So there is no lock, and the order in which answers come in changes nothing: results are kept
//! by address.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::address::{Address, ConfigAddress, ProviderAddress, ResourceMode};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::rules::Rule;
use crate::graph::{ConfigNode, Frontier, NodeId, Outcome, ProviderId};
use crate::provider::{Recorded, Settled};
use crate::state::{Change, Instance, ObjectAddress, State, Unfinished};
use crate::value::Value;

use super::evaluation::InstanceData;
use super::imports::{Imported, Wanted};
use super::instance::{Before, Subject, plan_instance};
use super::moved::Renames;
use super::names::Phase;
use super::selection::Selection;
use super::stage::{Configured, Stage};
use super::{Action, Event, InstanceChange, Mode, Options, recorded};

/// An object of which the recorded and the observed state are known.
#[derive(Debug)]
pub struct Object {
    /// As recorded.
    pub instance: Arc<Instance>,
    /// As recorded, decoded.
    pub recorded: Recorded,
    /// As observed; `None` when it is gone.
    pub observed: Option<Recorded>,
}

/// What a task came to.
pub(super) enum Answer {
    Configured(Option<NodeId>, Vec<(ProviderId, Configured)>),
    Prefetched(Vec<ObjectAddress>),
    Observed(ObjectAddress, Result<Option<Recorded>, Diagnostics>),
    Data(NodeId, Address, Result<Value, Diagnostics>),
    Imported(NodeId, Wanted, Result<Recorded, Diagnostics>),
    Settled(Unfinished, Result<Settled, Diagnostics>),
    Rehearsed(NodeId),
}

/// The walk.
pub struct Planner<'c> {
    /// What is shared with apply.
    pub stage: Stage<'c>,
    /// What the user asked for.
    pub options: &'c Options,
    /// What is recorded, moved, and brought up to date as observations come in.
    pub prior: State,
    /// Where moved objects came from.
    pub renames: Renames,
    /// What takes part.
    pub selection: Selection,
    /// The changes so far.
    pub changes: BTreeMap<ObjectAddress, Box<InstanceChange>>,
    /// Everything recorded, decoded.
    pub objects: FxHashMap<ObjectAddress, Object>,
    /// Tells how far it is.
    pub events: &'c (dyn Fn(Event<'_>) + Sync),
    /// The provider of everything recorded.
    pub(super) former_providers: FxHashMap<ConfigAddress, ProviderAddress>,
    pub(super) imports_begun: FxHashSet<ConfigAddress>,
    pub(super) imported: FxHashMap<Address, Imported>,
    pub(super) pending: FxHashMap<NodeId, Vec<Address>>,
    pub(super) frontier: Frontier,
    pub(super) tasks: FuturesUnordered<BoxFuture<'static, Answer>>,
    pub(super) queue: VecDeque<BoxFuture<'static, Answer>>,
    pub(super) unread: FxHashMap<ConfigAddress, usize>,
    pub(super) parked: FxHashMap<ConfigAddress, NodeId>,
    /// Nodes whose names have been checked before they were parked.
    pub(super) parked_once: FxHashSet<NodeId>,
    pub(super) reading: FxHashMap<NodeId, (usize, bool)>,
    pub(super) importing: FxHashMap<NodeId, (usize, bool)>,
    /// How many instances of a resource are still being tried out.
    pub(super) rehearsing: FxHashMap<NodeId, usize>,
    pub(super) rehearsed: FxHashSet<ConfigAddress>,
    /// Writes of an interrupted run of which no end is known yet.
    pub(super) unfinished: Vec<Unfinished>,
    /// What went wrong with reads, by object: answers come in any order, and are told in one.
    pub(super) unreadable: BTreeMap<ObjectAddress, Diagnostics>,
    /// Those of which it is known now.
    pub(super) settled: Vec<ObjectAddress>,
    pub(super) protected: FxHashSet<ConfigAddress>,
}

impl<'c> Planner<'c> {
    /// A walk that has not begun.
    pub fn new(
        stage: Stage<'c>,
        options: &'c Options,
        prior: State,
        renames: Renames,
        selection: Selection,
        unfinished: Vec<Unfinished>,
        events: &'c (dyn Fn(Event<'_>) + Sync),
    ) -> Self {
        let frontier = Frontier::new(&stage.graph.dag);
        Self {
            stage,
            options,
            prior,
            renames,
            selection,
            changes: BTreeMap::new(),
            objects: FxHashMap::default(),
            events,
            former_providers: FxHashMap::default(),
            pending: FxHashMap::default(),
            frontier,
            tasks: FuturesUnordered::new(),
            queue: VecDeque::new(),
            unread: FxHashMap::default(),
            parked: FxHashMap::default(),
            parked_once: FxHashSet::default(),
            reading: FxHashMap::default(),
            importing: FxHashMap::default(),
            rehearsing: FxHashMap::default(),
            rehearsed: FxHashSet::default(),
            unfinished,
            unreadable: BTreeMap::new(),
            settled: Vec::new(),
            imports_begun: FxHashSet::default(),
            imported: FxHashMap::default(),
            protected: FxHashSet::default(),
        }
    }

    /// Walks to the end.
    pub async fn run(&mut self) {
        self.protected = self.contagious();
        self.count_unread();
        self.configure_forgotten();
        loop {
            while let Some(node) = self.frontier.take() {
                self.start(node);
            }
            while self.tasks.len() < self.options.parallelism.max(1)
                && let Some(task) = self.queue.pop_front()
            {
                self.tasks.push(task);
            }
            match self.tasks.next().await {
                Some(answer) => self.hear(answer),
                None if self.queue.is_empty() => break,
                None => {}
            }
        }
        for (object, problems) in std::mem::take(&mut self.unreadable) {
            self.stage.take_of(&object.address, problems);
        }
    }

    /// The resources that are replaced create-before-destroy, because they say so or something that depends on
    /// them does: else there would be a cycle.
    fn contagious(&self) -> FxHashSet<ConfigAddress> {
        let graph = self.stage.graph;
        let taking_part = graph.dag.nodes().filter(|(id, _)| self.selection.has_node(*id));
        let own = taking_part.filter(|(_, node)| match node {
            ConfigNode::Resource(address) => self
                .stage
                .configuration
                .resource(address)
                .is_some_and(|r| r.lifecycle.create_before_destroy == Some(true)),
            _ => false,
        });
        let all = graph.dag.closure(own.map(|(id, _)| id));
        all.into_iter()
            .filter_map(|id| match graph.dag.node(id) {
                ConfigNode::Resource(address) => Some(address.clone()),
                _ => None,
            })
            .collect()
    }

    /// A resource waits until all that is recorded of it has been read.
    fn count_unread(&mut self) {
        for (object, provider, _) in self.prior.objects() {
            self.former_providers.insert(object.address.config(), provider.clone());
            if object.address.resource.mode == ResourceMode::Managed {
                *self.unread.entry(object.address.config()).or_default() += 1;
            }
        }
    }

    /// Providers of recorded objects that the configuration no longer mentions, with an empty configuration.
    fn configure_forgotten(&mut self) {
        let begun = self.unfinished.iter().map(|unfinished| &unfinished.provider);
        let recorded = self.prior.objects().map(|(_, provider, _)| provider).chain(begun).cloned().collect();
        for id in self.stage.forgotten_providers(recorded) {
            if let Some(task) = self.stage.configure(&id) {
                self.tasks.push(Box::pin(async move { Answer::Configured(None, task.await) }));
            }
        }
    }

    fn start(&mut self, node: NodeId) {
        let graph = self.stage.graph;
        let what = graph.dag.node(node);
        let outcome = if !self.selection.has_node(node) {
            Some(true)
        } else if self.parked_once.contains(&node) || self.names_exist(node, what) {
            self.visit(node, what)
        } else {
            Some(false)
        };
        if let Some(sound) = outcome {
            self.finish(node, sound);
        }
    }

    fn names_exist(&mut self, node: NodeId, what: &ConfigNode) -> bool {
        if self.stage.names_are_checked(node) {
            return true;
        }
        let wrong = self.stage.check_names(what, Phase::Plan);
        self.stage.take(wrong)
    }

    pub(super) fn finish(&mut self, node: NodeId, sound: bool) {
        let outcome = if sound { Outcome::Done } else { Outcome::Failed };
        self.frontier.finish(&self.stage.graph.dag, node, outcome);
    }

    /// Visits a node; `None` when it ends later.
    fn visit(&mut self, node: NodeId, what: &ConfigNode) -> Option<bool> {
        match what {
            ConfigNode::Variable(path, name) => Some(self.stage.variable(path, name)),
            ConfigNode::Local(path, name) => Some(self.stage.local(path, name)),
            ConfigNode::Output(path, name) => Some(self.stage.output(path, name)),
            ConfigNode::Module(path) => Some(self.stage.expand_module(path)),
            ConfigNode::Check(path, name) => {
                self.stage.check(path, name);
                Some(true)
            }
            ConfigNode::Provider(id) => self.configure(node, id),
            ConfigNode::Resource(address) => self.resource(node, address),
        }
    }

    fn configure(&mut self, node: NodeId, id: &ProviderId) -> Option<bool> {
        let errors = self.stage.found.has_errors();
        match self.stage.configure(id) {
            Some(task) => {
                self.tasks.push(Box::pin(async move { Answer::Configured(Some(node), task.await) }));
                None
            }
            // A provider that this program lacks is told at its blocks.
            None => Some(!errors && !self.stage.found.has_errors()),
        }
    }

    fn hear(&mut self, answer: Answer) {
        match answer {
            Answer::Configured(node, configured) => {
                let sound = self.take_sessions(node, configured);
                if let Some(node) = node {
                    self.finish(node, sound);
                }
            }
            Answer::Prefetched(objects) => self.read_each(&objects),
            Answer::Observed(object, result) => self.observed(&object, result),
            Answer::Data(node, address, result) => self.heard_data(node, &address, result),
            Answer::Imported(node, wanted, result) => {
                let sound = self.take_import(wanted, result);
                self.one_imported(node, sound);
            }
            Answer::Settled(unfinished, result) => self.settled(unfinished, result),
            Answer::Rehearsed(node) => self.one_rehearsed(node),
        }
    }

    fn resource(&mut self, node: NodeId, address: &ConfigAddress) -> Option<bool> {
        if self.unread.get(address).is_some_and(|left| *left > 0) {
            self.parked.insert(address.clone(), node);
            self.parked_once.insert(node);
            return None;
        }
        let Some(resource) = self.stage.configuration.resource(address) else { return Some(true) };
        let Some(provider) = self.stage.provider(address, resource) else { return Some(false) };
        let Some(kind) = self.stage.kind(&*provider, resource) else { return Some(false) };
        let id = self.stage.graph.provider_of(address)?.clone();
        let Some(session) = self.stage.session(&id).cloned() else {
            return Some(self.needs_no_provider(address, resource, &id));
        };
        let subject = Subject {
            resource,
            config: address,
            kind,
            session: &session,
            provider: self.stage.provider_address(&id),
            create_before_destroy: self.protected.contains(address),
            dependencies: self.stage.graph.resources_needed(node, true),
        };
        match (self.options.mode, address.resource.mode) {
            (Mode::Normal, ResourceMode::Managed) => match self.begin_imports(node, &subject) {
                None => Some(false),
                Some(true) => None,
                Some(false) if self.begin_rehearsals(node, &subject) => None,
                Some(false) => Some(self.managed(node, &subject)),
            },
            (Mode::Normal, _) => self.data(node, &subject),
            // A check is about what is there now.
            (Mode::RefreshOnly, ResourceMode::Data) if resource.check.is_some() => self.data(node, &subject),
            (Mode::RefreshOnly | Mode::Destroy, _) => Some(self.as_recorded(&subject)),
        }
    }

    /// Expands a block in each instance of its module. `None` for an instance of the module where that fails.
    pub(super) fn expand(&mut self, subject: &Subject<'_>) -> Vec<(crate::address::ModuleInstance, bool)> {
        let mut expanded = Vec::new();
        let lifecycle = &subject.resource.lifecycle;
        let none = lifecycle.preconditions.is_empty() && lifecycle.postconditions.is_empty();
        let name = subject.config.resource.to_string();
        self.stage.declare(super::CheckKind::Resource, &subject.config.module, &name, none);
        for module in self.stage.instances(&subject.config.module) {
            let nothing = InstanceData::default();
            let scope = self.stage.evaluation.scope(&module, &nothing);
            let enabled = subject.resource.lifecycle.enabled.as_ref();
            let expansion = super::expand::expand(&subject.resource.repetition, enabled, &scope, &mut self.stage.found);
            let mut sound = expansion.is_some();
            if let Some(expansion) = expansion {
                let address = |key| subject.config.resource.instance(module.clone(), key);
                let chosen = expansion.keys().into_iter().map(|key| (address(key.clone()), expansion.data(&key)));
                let chosen: Vec<_> = chosen.collect();
                self.stage.evaluation.expand_resource(&module, &subject.config.resource, expansion);
                for (address, data) in chosen {
                    sound &= self.stage.choose_provider(&address, &data);
                }
            }
            expanded.push((module, sound));
        }
        expanded
    }

    fn managed(&mut self, node: NodeId, subject: &Subject<'_>) -> bool {
        let mut sound = true;
        for (module, expanded) in self.expand(subject) {
            sound &= expanded;
            let Some(expansion) = self.stage.evaluation.expansion(&module, &subject.config.resource).cloned() else {
                continue;
            };
            for key in expansion.keys() {
                let address = subject.config.resource.instance(module.clone(), key.clone());
                if !self.selection.has_instance(&address) {
                    self.value_as_recorded(subject, &address);
                    if self.stage.evaluation.instance(&address).is_none() {
                        self.stage.evaluation.leave_out(&address);
                    }
                    continue;
                }
                let before = self.before(subject, &address);
                match plan_instance(&mut self.stage, subject, &address, &expansion.data(&key), before) {
                    Some(change) => self.decided(node, change),
                    None => sound = false,
                }
            }
        }
        sound & self.imports_have_instances(subject.config)
    }

    /// What is known of an instance before it is planned.
    pub(super) fn before(&mut self, subject: &Subject<'_>, address: &Address) -> Before {
        let object = ObjectAddress::from(address.clone());
        let known = self.objects.get(&object);
        let triggers = self.triggers(subject, address);
        let known_instance = known.map(|k| k.instance.clone());
        let imported = self.imported.get(address).filter(|_| known.is_none());
        let observed = known.and_then(|k| k.observed.clone());
        // Its record stays until it is made anew, so that nothing is lost should the run end before that.
        let carried_off = observed.as_ref().and_then(|_| self.carried_off(subject));
        let observed = observed.filter(|_| carried_off.is_none());
        Before {
            notes: carried_off.into_iter().collect(),
            observed: observed.or_else(|| imported.map(|i| i.recorded.clone())),
            sensitive_paths: known_instance.as_ref().map(|i| i.sensitive_paths.clone()).unwrap_or_default(),
            tainted: known_instance.is_some_and(|i| i.tainted),
            requested: self.options.replace.contains(address),
            triggers,
            importing: imported.map(|i| i.id.clone()),
            previous_address: self.renames.get(address).cloned(),
        }
    }

    fn decided(&mut self, node: NodeId, change: InstanceChange) {
        if change.action == Action::NoOp {
            self.renew_dependencies(&change);
        } else {
            self.pending.entry(node).or_default().push(change.address.clone());
        }
        (self.events)(Event::Planned { change: &change });
        self.changes.insert(ObjectAddress { address: change.address.clone(), deposed: None }, Box::new(change));
    }

    /// What does not change may have come to depend on other things all the same.
    fn renew_dependencies(&mut self, change: &InstanceChange) {
        let recorded = self.prior.instance(&change.address).zip(self.prior.provider(&change.address));
        let Some((instance, provider)) = recorded else { return };
        if !same_dependencies(&instance.dependencies, &change.dependencies) {
            let instance = Arc::new(Instance { dependencies: change.dependencies.clone(), ..(**instance).clone() });
            let (object, provider) = (change.address.clone().into(), provider.clone());
            self.prior.apply(&Change::Put { object, provider, instance });
        }
    }

    /// Where nothing is planned, what refers to the block sees what is recorded.
    fn as_recorded(&mut self, subject: &Subject<'_>) -> bool {
        let destroying = self.options.mode == Mode::Destroy;
        let mut sound = true;
        for (module, expanded) in self.expand(subject) {
            sound &= expanded;
            let Some(expansion) = self.stage.evaluation.expansion(&module, &subject.config.resource).cloned() else {
                continue;
            };
            if !destroying && self.prior.resource(&module, &subject.config.resource).is_none() {
                // Of what repeats there is then no instance, whatever is written.
                self.stage.evaluation.expand_resource(&module, &subject.config.resource, expansion.emptied());
            }
            for key in expansion.keys() {
                let address = subject.config.resource.instance(module.clone(), key.clone());
                if destroying {
                    self.value_as_recorded(subject, &address);
                } else {
                    self.look_at(subject, &address, &expansion.data(&key));
                }
            }
        }
        sound || destroying
    }

    /// Takes an instance as it is and tells whether its conditions hold, which keeps nothing from being recorded.
    fn look_at(&mut self, subject: &Subject<'_>, address: &Address, data: &InstanceData) {
        let errors = std::mem::take(&mut self.stage.found);
        let (name, lifecycle) = (address.to_string(), &subject.resource.lifecycle);
        let before = &lifecycle.preconditions;
        self.stage.rules(Rule::ResourcePrecondition, &name, &address.module, data, before);
        self.value_as_recorded(subject, address);
        let itself = self.stage.evaluation.instance(address).cloned().unwrap_or_else(Value::dynamic);
        let own = InstanceData { self_value: Some(itself), ..data.clone() };
        let after = &lifecycle.postconditions;
        self.stage.rules(Rule::ResourcePostcondition, &name, &address.module, &own, after);
        let told = std::mem::replace(&mut self.stage.found, errors);
        self.stage
            .found
            .extend(told.into_iter().map(|diagnostic| Diagnostic { severity: Severity::Warning, ..diagnostic }));
    }

    fn value_as_recorded(&mut self, subject: &Subject<'_>, address: &Address) {
        let object = ObjectAddress::from(address.clone());
        let known = match self.objects.get(&object) {
            Some(known) => {
                known.observed.as_ref().map(|o| recorded::marked(subject.kind, o, &known.instance.sensitive_paths))
            }
            None => self.prior.instance(address).and_then(|instance| {
                let recorded = recorded::decode(address, instance, subject.kind).ok()?;
                Some(recorded::marked(subject.kind, &recorded, &instance.sensitive_paths))
            }),
        };
        if let Some(value) = known {
            self.stage.evaluation.set_instance(address, value);
        }
    }
}

/// Whether both name the same, in whatever order: Terraform's is another than ours.
fn same_dependencies(recorded: &[ConfigAddress], present: &[ConfigAddress]) -> bool {
    let sorted = |dependencies: &[ConfigAddress]| {
        let mut sorted = dependencies.to_vec();
        sorted.sort();
        sorted
    };
    recorded.len() == present.len() && (recorded == present || sorted(recorded) == sorted(present))
}
