//! The walk that makes a plan: each node of the configuration's graph in order, reads going on side by side.
//!
//! One loop owns everything; what has to be waited for (configuring a provider, reading an object) is a task that
//! borrows nothing. So there is no lock, and the order in which answers come in changes nothing: results are kept
//! by address.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;

use crate::address::{Address, ConfigAddress, ProviderAddress, ResourceMode};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::{ConfigNode, Frontier, NodeId, Outcome, ProviderId};
use crate::provider::{Recorded, Session};
use crate::state::{Change, Instance, ObjectAddress, State, Unfinished, WriteAction};
use crate::value::Value;

use super::imports::Wanted;
use super::instance::{Before, Subject, plan_instance};
use super::moved::Renames;
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
enum Answer {
    Configured(Option<NodeId>, ProviderId, Configured),
    Prefetched(Vec<ObjectAddress>),
    Observed(ObjectAddress, Result<Option<Recorded>, Diagnostics>),
    Data(NodeId, Address, Result<Value, Diagnostics>),
    Imported(NodeId, Wanted, Result<Recorded, Diagnostics>),
    Recovered(Unfinished, Result<Recorded, Diagnostics>),
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
    pub changes: BTreeMap<ObjectAddress, InstanceChange>,
    /// Everything recorded, decoded.
    pub objects: HashMap<ObjectAddress, Object>,
    /// Tells how far it is.
    pub events: &'c (dyn Fn(Event<'_>) + Sync),
    /// The provider of everything recorded.
    pub(super) former_providers: HashMap<ConfigAddress, ProviderAddress>,
    pub(super) imports_begun: HashSet<ConfigAddress>,
    pub(super) imported: HashMap<Address, (String, Recorded)>,
    pub(super) pending: HashMap<NodeId, Vec<Address>>,
    frontier: Frontier,
    tasks: FuturesUnordered<BoxFuture<'static, Answer>>,
    queue: VecDeque<BoxFuture<'static, Answer>>,
    unread: HashMap<ConfigAddress, usize>,
    parked: HashMap<ConfigAddress, NodeId>,
    /// Nodes whose names have been checked before they were parked.
    parked_once: HashSet<NodeId>,
    reading: HashMap<NodeId, (usize, bool)>,
    importing: HashMap<NodeId, (usize, bool)>,
    unfinished: Vec<Unfinished>,
    protected: HashSet<ConfigAddress>,
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
            objects: HashMap::new(),
            events,
            former_providers: HashMap::new(),
            pending: HashMap::new(),
            frontier,
            tasks: FuturesUnordered::new(),
            queue: VecDeque::new(),
            unread: HashMap::new(),
            parked: HashMap::new(),
            parked_once: HashSet::new(),
            reading: HashMap::new(),
            importing: HashMap::new(),
            unfinished,
            imports_begun: HashSet::new(),
            imported: HashMap::new(),
            protected: HashSet::new(),
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
    }

    /// The resources that are replaced create-before-destroy, because they say so or something that depends on
    /// them does: else there would be a cycle.
    fn contagious(&self) -> HashSet<ConfigAddress> {
        let graph = self.stage.graph;
        let own = graph.dag.nodes().filter(|(_, node)| match node {
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
        let mentioned: HashSet<ProviderAddress> = self
            .stage
            .graph
            .dag
            .nodes()
            .filter_map(|(_, node)| match node {
                ConfigNode::Provider(id) => Some(self.stage.provider_address(id)),
                _ => None,
            })
            .collect();
        let recorded: BTreeSet<ProviderAddress> =
            self.prior.objects().map(|(_, provider, _)| provider.clone()).collect();
        for provider in recorded.difference(&mentioned.into_iter().collect()) {
            let name = provider.source.rsplit('/').next().unwrap_or_default().into();
            let id = ProviderId { module: provider.module.clone(), name, alias: provider.alias.clone() };
            if let Some(task) = self.stage.configure(&id) {
                self.tasks.push(Box::pin(async move { Answer::Configured(None, id, task.await) }));
            }
        }
    }

    fn start(&mut self, node: NodeId) {
        let graph = self.stage.graph;
        let what = graph.dag.node(node);
        let outcome = if !self.selection.has_node(node) {
            Some(true)
        } else if self.parked_once.contains(&node) || self.names_exist(what) {
            self.visit(node, what)
        } else {
            Some(false)
        };
        if let Some(sound) = outcome {
            self.finish(node, sound);
        }
    }

    fn names_exist(&mut self, what: &ConfigNode) -> bool {
        let wrong = self.stage.check_names(what);
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
                let id = id.clone();
                self.tasks.push(Box::pin(async move { Answer::Configured(Some(node), id, task.await) }));
                None
            }
            // A provider that this program lacks is told at its blocks.
            None => Some(!errors && !self.stage.found.has_errors()),
        }
    }

    fn hear(&mut self, answer: Answer) {
        match answer {
            Answer::Configured(node, id, configured) => match configured {
                Ok(session) => {
                    self.stage.set_session(id.clone(), session.clone());
                    self.look_for_unfinished(&id, &session);
                    self.read_recorded(&id, &session);
                    node.into_iter().for_each(|node| self.finish(node, true));
                }
                Err(problems) => {
                    self.stage.found.extend(problems);
                    node.into_iter().for_each(|node| self.finish(node, false));
                }
            },
            Answer::Prefetched(objects) => self.read_each(&objects),
            Answer::Observed(object, result) => self.observed(object, result),
            Answer::Data(node, address, result) => self.heard_data(node, &address, result),
            Answer::Imported(node, wanted, result) => {
                let sound = self.take_import(wanted, result);
                self.one_imported(node, sound);
            }
            Answer::Recovered(unfinished, result) => self.recovered(&unfinished, result),
        }
    }

    /// Begins to read everything that is recorded of a provider.
    fn read_recorded(&mut self, id: &ProviderId, session: &Arc<dyn Session>) {
        let provider = self.stage.provider_address(id);
        let recorded: Vec<(ObjectAddress, Arc<Instance>)> = self
            .prior
            .objects()
            .filter(|(object, p, _)| **p == provider && object.address.resource.mode == ResourceMode::Managed)
            .map(|(object, _, instance)| (object, instance.clone()))
            .collect();
        let mut wanted = Vec::with_capacity(recorded.len());
        for (object, instance) in recorded {
            if self.remember(&provider, &object, &instance) && self.reads(&object) {
                wanted.push(object);
            } else {
                self.one_read(&object.address.config());
            }
        }
        if wanted.is_empty() {
            return;
        }
        (self.events)(Event::Refreshing { objects: wanted.len() });
        let objects: Vec<(String, Recorded)> = wanted
            .iter()
            .filter_map(|o| Some((o.address.resource.kind.to_string(), self.objects.get(o)?.recorded.clone())))
            .collect();
        let session = session.clone();
        self.tasks.push(Box::pin(async move {
            let list: Vec<(&str, &Recorded)> = objects.iter().map(|(kind, r)| (kind.as_str(), r)).collect();
            session.reader().prefetch(&list).await;
            Answer::Prefetched(wanted)
        }));
    }

    fn reads(&self, object: &ObjectAddress) -> bool {
        self.options.refresh && self.selection.has_instance(&object.address)
    }

    /// Decodes a recorded object. False with an error.
    fn remember(&mut self, provider: &ProviderAddress, object: &ObjectAddress, instance: &Arc<Instance>) -> bool {
        let Some(owner) = self.stage.registry.find(&provider.source) else { return false };
        let Some(kind) = owner.kind(&object.address.resource.kind) else {
            self.stage.found.push(Diagnostic::error(
                "Recorded object of an unknown kind",
                format!(
                    "The state holds {object}, a {} of {}, which Bowline does not have. Remove it from the state with \
                     \"bowline state rm\" (the object itself stays), and manage it with azapi_resource or elsewhere.",
                    object.address.resource.kind, provider.source
                ),
            ));
            return false;
        };
        match recorded::decode(&object.address, instance, kind) {
            Ok(recorded) => {
                let observed = Some(recorded.clone());
                self.objects.insert(object.clone(), Object { instance: instance.clone(), recorded, observed });
                true
            }
            Err(problem) => {
                self.stage.found.push(problem.for_address(&object.address));
                false
            }
        }
    }

    fn read_each(&mut self, objects: &[ObjectAddress]) {
        for object in objects {
            let provider = self.prior.provider(&object.address).and_then(|p| self.stage.provider_id(p));
            let session = provider.and_then(|id| self.stage.session(&id).cloned());
            let (Some(session), Some(known)) = (session, self.objects.get(object)) else { continue };
            let (kind, recorded, object) =
                (object.address.resource.kind.clone(), known.recorded.clone(), object.clone());
            self.queue.push_back(Box::pin(async move {
                let result = session.reader().read(&kind, &recorded).await;
                Answer::Observed(object, result)
            }));
        }
    }

    fn observed(&mut self, object: ObjectAddress, result: Result<Option<Recorded>, Diagnostics>) {
        match result {
            Ok(observed) => {
                self.update_prior(&object, observed.as_ref());
                if let Some(known) = self.objects.get_mut(&object) {
                    known.observed = observed;
                }
            }
            Err(problems) => {
                self.stage.found.extend(problems.into_iter().map(|d| d.for_address(&object.address)));
            }
        }
        (self.events)(Event::Refreshed { object: &object });
        self.one_read(&object.address.config());
    }

    /// The record follows what was observed, so that a plan starts from what is.
    fn update_prior(&mut self, object: &ObjectAddress, observed: Option<&Recorded>) {
        let Some(known) = self.objects.get(object) else { return };
        let unchanged =
            observed.is_some_and(|o| o.value.raw_eq(&known.recorded.value) && o.private == known.recorded.private);
        let Some(provider) = self.prior.provider(&object.address).cloned().filter(|_| !unchanged) else { return };
        let kind = self.stage.registry.find(&provider.source).cloned();
        let change = match (observed, kind.as_ref().and_then(|p| p.kind(&object.address.resource.kind))) {
            (Some(observed), Some(kind)) => {
                let instance = recorded::refreshed(kind, &known.instance, observed);
                Change::Put { object: object.clone(), provider, instance }
            }
            _ => Change::Remove { object: object.clone() },
        };
        self.prior.apply(&change);
    }

    fn one_read(&mut self, config: &ConfigAddress) {
        if let Some(left) = self.unread.get_mut(config) {
            *left = left.saturating_sub(1);
            if *left == 0
                && let Some(node) = self.parked.remove(config)
            {
                self.frontier.put_back(node);
            }
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
        let Some(session) = self.stage.session(&id).cloned() else { return Some(false) };
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
                Some(false) => Some(self.managed(node, &subject)),
            },
            (Mode::Normal, _) => self.data(node, &subject),
            (Mode::RefreshOnly | Mode::Destroy, _) => Some(self.as_recorded(&subject)),
        }
    }

    /// Expands a block in each instance of its module. `None` for an instance of the module where that fails.
    pub(super) fn expand(&mut self, subject: &Subject<'_>) -> Vec<(crate::address::ModuleInstance, bool)> {
        let mut expanded = Vec::new();
        for module in self.stage.instances(&subject.config.module) {
            let nothing = super::evaluation::InstanceData::default();
            let scope = self.stage.evaluation.scope(&module, &nothing);
            let enabled = subject.resource.lifecycle.enabled.as_ref();
            let expansion = super::expand::expand(&subject.resource.repetition, enabled, &scope, &mut self.stage.found);
            let sound = expansion.is_some();
            if let Some(expansion) = expansion {
                self.stage.evaluation.expand_resource(&module, &subject.config.resource, expansion);
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
                    continue;
                }
                let before = self.before(subject, &address);
                match plan_instance(&mut self.stage, subject, &address, &expansion.data(&key), before) {
                    Some(change) => self.decided(node, change),
                    None => sound = false,
                }
            }
        }
        sound
    }

    /// What is known of an instance before it is planned.
    fn before(&mut self, subject: &Subject<'_>, address: &Address) -> Before {
        let object = ObjectAddress::from(address.clone());
        let known = self.objects.get(&object);
        let triggers = self.triggers(subject, address);
        let known_instance = known.map(|k| k.instance.clone());
        let imported = self.imported.get(address).filter(|_| known.is_none());
        Before {
            observed: known.and_then(|k| k.observed.clone()).or_else(|| imported.map(|(_, r)| r.clone())),
            sensitive_paths: known_instance.as_ref().map(|i| i.sensitive_paths.clone()).unwrap_or_default(),
            tainted: known_instance.is_some_and(|i| i.tainted),
            requested: self.options.replace.contains(address),
            triggers,
            importing: imported.map(|(id, _)| id.clone()),
            previous_address: self.renames.get(address).cloned(),
        }
    }

    fn decided(&mut self, node: NodeId, change: InstanceChange) {
        if change.action != Action::NoOp {
            self.pending.entry(node).or_default().push(change.address.clone());
        }
        (self.events)(Event::Planned { change: &change });
        self.changes.insert(ObjectAddress { address: change.address.clone(), deposed: None }, change);
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
            for key in expansion.keys() {
                self.value_as_recorded(subject, &subject.config.resource.instance(module.clone(), key));
            }
        }
        sound || destroying
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

    /// Begins to read an object that is to be taken over; its resource waits.
    pub(super) fn import(&mut self, node: NodeId, subject: &Subject<'_>, wanted: Wanted) {
        let (session, kind) = (subject.session.clone(), wanted.address.resource.kind.clone());
        self.importing.entry(node).or_insert((0, true)).0 += 1;
        self.parked_once.insert(node);
        self.queue.push_back(Box::pin(async move {
            let result = session.reader().import(&kind, &wanted.id).await;
            Answer::Imported(node, wanted, result)
        }));
    }

    fn one_imported(&mut self, node: NodeId, sound: bool) {
        let Some((left, fine)) = self.importing.get_mut(&node) else { return };
        *left -= 1;
        *fine &= sound;
        if *left == 0 {
            match self.importing.remove(&node) {
                Some((_, true)) => self.frontier.put_back(node),
                _ => self.finish(node, false),
            }
        }
    }

    /// Begins to look for what an interrupted run was about to make.
    fn look_for_unfinished(&mut self, id: &ProviderId, session: &Arc<dyn Session>) {
        let (mine, others): (Vec<Unfinished>, Vec<Unfinished>) =
            std::mem::take(&mut self.unfinished).into_iter().partition(|u| {
                let config = u.object.address.config();
                u.action == WriteAction::Create && self.stage.graph.provider_of(&config) == Some(id)
            });
        self.unfinished = others;
        for unfinished in mine {
            if self.objects.contains_key(&unfinished.object) {
                continue;
            }
            *self.unread.entry(unfinished.object.address.config()).or_default() += 1;
            let (session, kind) = (session.clone(), unfinished.object.address.resource.kind.clone());
            self.queue.push_back(Box::pin(async move {
                let result = session.reader().import(&kind, &unfinished.intent.id).await;
                Answer::Recovered(unfinished, result)
            }));
        }
    }

    /// What an interrupted run made is recorded now; what it did not make is planned as ever.
    fn recovered(&mut self, unfinished: &Unfinished, result: Result<Recorded, Diagnostics>) {
        let address = &unfinished.object.address;
        let config = address.config();
        if let Ok(recorded) = result
            && let Some(id) = self.stage.graph.provider_of(&config)
            && let provider = self.stage.provider_address(id)
            && let Some(owner) = self.stage.registry.find(&provider.source).cloned()
            && let Some(kind) = owner.kind(&address.resource.kind)
        {
            let dependencies = self
                .stage
                .graph
                .find(&ConfigNode::Resource(config.clone()))
                .map(|node| self.stage.graph.resources_needed(node, true))
                .unwrap_or_default();
            let instance = Arc::new(recorded::encode(kind, &recorded.value, recorded.private.clone(), dependencies));
            let object = unfinished.object.clone();
            self.prior.apply(&Change::Put { object: object.clone(), provider, instance: instance.clone() });
            let observed = Some(recorded.clone());
            self.objects.insert(object, Object { instance, recorded, observed });
            self.stage.found.push(
                Diagnostic::warning(
                    "Object of an interrupted run recovered",
                    format!(
                        "An earlier run ended after it had begun to make {address} and before it could record it. It exists                          ({}), and is recorded from now on.",
                        unfinished.intent.id
                    ),
                )
                .for_address(address),
            );
        }
        self.one_read(&config);
    }

    /// Begins to read a data source.
    pub(super) fn read_data(&mut self, node: NodeId, session: &Arc<dyn Session>, address: Address, config: Value) {
        let (session, kind) = (session.clone(), address.resource.kind.clone());
        self.reading.entry(node).or_insert((0, true)).0 += 1;
        self.queue.push_back(Box::pin(async move {
            let result = session.reader().read_data(&kind, &config).await;
            Answer::Data(node, address, result)
        }));
    }

    fn heard_data(&mut self, node: NodeId, address: &Address, result: Result<Value, Diagnostics>) {
        let sound = self.take_data(node, address, result);
        if let Some((left, fine)) = self.reading.get_mut(&node) {
            *left -= 1;
            *fine &= sound;
            if *left == 0 {
                let fine = *fine;
                self.reading.remove(&node);
                self.finish(node, fine);
            }
        }
    }

    /// Keeps for the end of the reads that something else already went wrong.
    pub(super) fn note_reading(&mut self, node: NodeId, sound: bool) {
        if let Some((_, fine)) = self.reading.get_mut(&node) {
            *fine &= sound;
        }
    }

    /// Whether reads of a data source are still going on.
    pub(super) fn is_reading(&self, node: NodeId) -> bool {
        self.reading.contains_key(&node)
    }
}
