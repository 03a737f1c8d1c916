//! The loop that carries a plan out.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use tokio::task::JoinSet;

use crate::address::ProviderAddress;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::{ConfigNode, Frontier, NodeId, Outcome, ProviderId};
use crate::plan::evaluation::Evaluation;
use crate::plan::provisioners::Command;
use crate::plan::stage::{Configured, Stage, kind_of};
use crate::plan::{Action, InstanceChange, Plan, Selection, Setting, recorded};
use crate::provider::{Lane, Session};
use crate::state::{Change, Entry, Instance, ObjectAddress, State};
use crate::value::Value;

use super::order::{Order, Step};
use super::outcome::{Applied, StepResult};
use super::provision::run_all;
use super::step::{Answer, Surroundings, Work, id_of};
use super::{Event, Means};

/// The loop's possessions.
pub(super) struct Runner<'c> {
    pub(super) stage: Stage<'c>,
    pub(super) plan: &'c Plan,
    pub(super) state: State,
    pub(super) changes: FxHashMap<ObjectAddress, &'c InstanceChange>,
    order: Order,
    frontier: Frontier,
    around: Surroundings,
    tasks: JoinSet<Finished>,
    running: FxHashMap<NodeId, Running>,
    /// Writes whose turn has come, waiting for one of the run's places.
    queue: BTreeSet<NodeId>,
    busy: FxHashSet<Lane>,
    /// Provider configurations under way.
    configuring: usize,
    /// Writes made ready that wait for a lane.
    held: Vec<(NodeId, ObjectAddress, Prepared)>,
    pub(super) steps: Vec<(ObjectAddress, Action, StepResult)>,
    pub(super) halted: bool,
    pub(super) selection: Selection,
}

/// A step that is being done.
struct Running {
    object: ObjectAddress,
    action: Action,
    lanes: Vec<Lane>,
    /// What the final plan promised, with its marks; null for a removal.
    promised: Value,
    /// The object's id afterwards.
    id: Option<String>,
}

enum Finished {
    Configured(NodeId, Vec<(ProviderId, Configured)>),
    Worked(NodeId, Answer),
    Provisioned(NodeId, Diagnostics),
}

/// A step made ready.
pub(super) struct Prepared {
    pub(super) work: Work,
    pub(super) provider: ProviderAddress,
    pub(super) session: Arc<dyn Session>,
    pub(super) promised: Value,
    pub(super) lanes: Vec<Lane>,
    /// What is run first.
    pub(super) before: Vec<Command>,
}

impl<'c> Runner<'c> {
    pub(super) fn new(setting: Setting<'c>, plan: &'c Plan, means: Means<'c>) -> Self {
        let Means { variables, functions, journal, events, stop } = means;
        let order = Order::new(setting.graph, plan);
        let frontier = Frontier::new(&order.dag);
        let object = |c: &InstanceChange| ObjectAddress { address: c.address.clone(), deposed: c.deposed.clone() };
        let mut stage = Stage::new(setting, functions, variables, true);
        stage.conditions.foresee(setting.configuration);
        stage.conditions.expect(plan);
        Self {
            stage,
            plan,
            state: plan.prior.clone(),
            changes: plan.changes.iter().map(|c| (object(c), c)).collect(),
            order,
            frontier,
            around: Surroundings { journal, events, stop },
            tasks: JoinSet::new(),
            running: FxHashMap::default(),
            queue: BTreeSet::new(),
            configuring: 0,
            busy: FxHashSet::default(),
            held: Vec::new(),
            steps: Vec::new(),
            halted: false,
            selection: Selection::new(setting.graph, &plan.options),
        }
    }

    pub(super) async fn run(mut self) -> (Applied, Evaluation<'c>, Diagnostics) {
        self.configure_forgotten().await;
        self.take_over();
        loop {
            self.begin_what_may();
            match self.tasks.join_next().await {
                Some(Ok(finished)) => self.take_in(finished),
                Some(Err(error)) => {
                    self.halted = true;
                    self.stage.found.push(Diagnostic::error(
                        "Step ended unexpectedly",
                        format!(
                            "A step was ended before it could report: {error}. What it did is in the journal; run plan again \
                             to settle it."
                        ),
                    ));
                }
                None => break,
            }
        }
        self.record_anew().await;
        self.end()
    }

    /// Providers of objects to be removed that the configuration no longer mentions, with an empty configuration.
    async fn configure_forgotten(&mut self) {
        let recorded = self.plan.changes.iter().map(|change| change.provider.clone()).collect();
        for id in self.stage.forgotten_providers(recorded) {
            let Some(task) = self.stage.configure(&id) else { continue };
            let configured = task.await;
            self.take_sessions(configured);
        }
    }

    fn take_sessions(&mut self, configured: Vec<(ProviderId, Configured)>) -> bool {
        let mut sound = true;
        for (id, configured) in configured {
            match configured {
                Ok(session) => self.stage.set_session(id, session),
                Err(problems) => {
                    self.stage.found.extend(problems);
                    sound = false;
                }
            }
        }
        sound
    }

    /// Records what is taken over as it is; what changes besides is recorded by its step.
    fn take_over(&mut self) {
        for change in self.plan.changes.iter().filter(|c| c.importing.is_some() && c.action == Action::NoOp) {
            let Some(owner) = self.stage.registry.find(&change.provider.source).cloned() else { continue };
            let Some(kind) = kind_of(&*owner, &change.address.resource) else { continue };
            let own = recorded::encode(kind, &change.after, change.private.clone(), change.dependencies.clone());
            let instance = Instance { create_before_destroy: change.create_before_destroy, ..own };
            let object = ObjectAddress::from(change.address.clone());
            let provider = change.provider.clone();
            self.record(Change::Put { object, provider, instance: Arc::new(instance) }, true);
        }
    }

    /// Begins every step that may run now. A step that ends at once lets others begin.
    fn begin_what_may(&mut self) {
        for (node, object, prepared) in std::mem::take(&mut self.held) {
            self.start(node, object, prepared);
        }
        loop {
            while let Some(node) = self.frontier.take() {
                match self.order.dag.node(node) {
                    Step::Evaluate(config) => self.evaluate(node, *config),
                    Step::Complete(_) | Step::Released(_) => self.finish(node, true),
                    Step::Write(_) | Step::Destroy(_) => {
                        self.queue.insert(node);
                    }
                }
            }
            match self.next_write() {
                Some(node) => self.begin_write(node),
                None => break,
            }
        }
    }

    /// The next write, where there is a place for it and nobody has asked to stop. The first waits for the providers
    /// that can be configured without one: which of them is ready first would else decide what is written first.
    fn next_write(&mut self) -> Option<NodeId> {
        self.halted |= self.around.stop.is_requested();
        let first = self.running.is_empty() && self.steps.is_empty();
        if self.halted || (first && self.configuring > 0) || self.running.len() >= self.plan.options.parallelism.max(1)
        {
            return None;
        }
        self.queue.pop_first()
    }

    fn begin_write(&mut self, node: NodeId) {
        match self.order.dag.node(node).clone() {
            Step::Write(address) => self.write(node, &ObjectAddress::from(address)),
            Step::Destroy(object) => self.destroy(node, object),
            Step::Evaluate(_) | Step::Complete(_) | Step::Released(_) => {}
        }
    }

    fn evaluate(&mut self, node: NodeId, config: NodeId) {
        let graph = self.stage.graph;
        if !self.selection.has_node(config) {
            return self.finish(node, true);
        }
        let sound = match graph.dag.node(config) {
            ConfigNode::Variable(path, name) => self.stage.variable(path, name),
            ConfigNode::Local(path, name) => self.stage.local(path, name),
            ConfigNode::Output(path, name) => {
                // A root output that was known when planning stays what was promised.
                let planned = self.plan.outputs.get(name).filter(|_| path.is_root()).map(|output| &output.after);
                self.stage.output_worth(path, name, planned.filter(|value| value.is_wholly_known()))
            }
            ConfigNode::Module(path) => self.stage.expand_module(path),
            ConfigNode::Check(path, name) => {
                self.stage.check(path, name);
                true
            }
            ConfigNode::Resource(address) => self.expand(address),
            ConfigNode::Provider(id) => return self.configure(node, id),
        };
        self.finish(node, sound);
    }

    fn configure(&mut self, node: NodeId, id: &ProviderId) {
        let before = self.stage.found.len();
        match self.stage.configure(id) {
            Some(task) => {
                self.configuring += 1;
                self.tasks.spawn(async move { Finished::Configured(node, task.await) });
            }
            None => {
                let sound = self.stage.found.len() == before;
                self.finish(node, sound);
            }
        }
    }

    fn take_in(&mut self, finished: Finished) {
        match finished {
            Finished::Configured(node, configured) => {
                self.configuring -= 1;
                let sound = self.take_sessions(configured);
                self.finish(node, sound);
            }
            Finished::Worked(node, answer) => self.worked(node, answer),
            Finished::Provisioned(node, found) => self.provisioned(node, found),
        }
    }

    fn write(&mut self, node: NodeId, object: &ObjectAddress) {
        let Some(change) = self.changes.get(object).copied() else { return self.finish(node, true) };
        match self.prepare(change) {
            Some(prepared) => self.start(node, object.clone(), prepared),
            None => self.failed(node, object, change.action),
        }
    }

    fn destroy(&mut self, node: NodeId, object: ObjectAddress) {
        let Some(change) = self.changes.get(&object).copied() else { return self.finish(node, true) };
        let Some(target) = self.target_of_removal(change) else { return self.finish(node, true) };
        if change.action == Action::Forget {
            let recorded = self.record(Change::Remove { object: target }, false);
            self.steps.push((object, Action::Forget, StepResult::Done));
            return self.finish(node, recorded);
        }
        match self.prepare_removal(change) {
            Some(prepared) => self.start(node, target, prepared),
            None => self.failed(node, &object, Action::Delete),
        }
    }

    fn start(&mut self, node: NodeId, object: ObjectAddress, prepared: Prepared) {
        let occupied = self.running.len() >= self.plan.options.parallelism.max(1);
        if self.halted || occupied || prepared.lanes.iter().any(|lane| self.busy.contains(lane)) {
            self.held.push((node, object, prepared));
            return;
        }
        let Prepared { work, provider, session, promised, lanes, before } = prepared;
        if let (Work::Create { .. }, Some(change)) = (&work, self.changes.get(&object).copied())
            && change.action == Action::CreateThenDelete
            && !self.depose(&object.address)
        {
            return self.failed(node, &object, Action::Create);
        }
        self.busy.extend(lanes.iter().cloned());
        let running = Running { object: object.clone(), action: work.action(), lanes, promised, id: None };
        self.running.insert(node, running);
        let around = self.around.clone();
        self.tasks.spawn(async move {
            let found = run_all(&before, &object, &around.events).await;
            if found.has_errors() {
                return Finished::Worked(node, Answer::refused(work, found));
            }
            let mut answer = work.run(object, provider, session, around).await;
            answer.applied.diagnostics.extend(found);
            Finished::Worked(node, answer)
        });
    }

    fn worked(&mut self, node: NodeId, answer: Answer) {
        let Some(mut running) = self.running.remove(&node) else { return };
        for lane in std::mem::take(&mut running.lanes) {
            self.busy.remove(&lane);
        }
        let Answer { mut applied, durable, open } = answer;
        self.excuse_checks(&running.object.address, &mut applied.diagnostics);
        let failed = applied.diagnostics.has_errors();
        let id = applied.recorded.as_ref().and_then(|r| id_of(&r.value)).map(str::to_owned);
        self.stage.take_of(&running.object.address, applied.diagnostics);
        let made = applied.recorded.as_ref().map(|made| made.value.clone());
        let kept =
            !open && self.keep(&running.object, running.action, &running.promised, applied.recorded, failed, durable);
        running.id = id;
        let commands = match made {
            Some(made) if !failed && kept && running.action == Action::Create => {
                self.after_creation(&running.object, made)
            }
            _ => Some(Vec::new()),
        };
        match commands {
            Some(commands) if commands.is_empty() => self.ended(node, running, !failed && kept),
            Some(commands) => {
                let (object, events) = (running.object.clone(), self.around.events.clone());
                self.running.insert(node, running);
                self.tasks
                    .spawn(async move { Finished::Provisioned(node, run_all(&commands, &object, &events).await) });
            }
            None => self.provisioning_failed(node, running),
        }
    }

    fn provisioned(&mut self, node: NodeId, found: Diagnostics) {
        let Some(running) = self.running.remove(&node) else { return };
        let failed = found.has_errors();
        self.stage.found.extend(found);
        if failed { self.provisioning_failed(node, running) } else { self.ended(node, running, true) }
    }

    /// The object is there, but not as it should be: the next plan replaces it.
    fn provisioning_failed(&mut self, node: NodeId, running: Running) {
        if let Some(change) = self.changes.get(&ObjectAddress::from(running.object.address.clone())).copied()
            && let Some(made) = self.state.instance(&running.object.address)
        {
            let instance = Arc::new(Instance { tainted: true, ..(**made).clone() });
            let (object, provider) = (running.object.clone(), change.provider.clone());
            self.record(Change::Put { object, provider, instance }, true);
        }
        self.ended(node, running, false);
    }

    fn ended(&mut self, node: NodeId, running: Running, sound: bool) {
        (self.around.events)(Event::Ended {
            object: &running.object,
            action: running.action,
            id: running.id.as_deref(),
            sound,
        });
        let result = if sound { StepResult::Done } else { StepResult::Failed };
        self.steps.push((running.object, running.action, result));
        self.finish(node, sound);
    }

    fn failed(&mut self, node: NodeId, object: &ObjectAddress, action: Action) {
        self.steps.push((object.clone(), action, StepResult::Failed));
        self.finish(node, false);
    }

    fn finish(&mut self, node: NodeId, sound: bool) {
        let outcome = if sound { Outcome::Done } else { Outcome::Failed };
        for (skipped, culprit) in self.frontier.finish(&self.order.dag, node, outcome) {
            let because = self.name_of(culprit);
            if let Some((object, action)) = self.object_of(skipped) {
                (self.around.events)(Event::Skipped { object: &object, action, because: &because });
                self.steps.push((object, action, StepResult::Skipped { because }));
            }
        }
    }

    fn object_of(&self, node: NodeId) -> Option<(ObjectAddress, Action)> {
        match self.order.dag.node(node) {
            Step::Write(address) => {
                let object = ObjectAddress::from(address.clone());
                let action = match self.changes.get(&object)?.action {
                    Action::Update => Action::Update,
                    Action::Read => Action::Read,
                    _ => Action::Create,
                };
                Some((object, action))
            }
            Step::Destroy(object) => Some((object.clone(), Action::Delete)),
            Step::Evaluate(_) | Step::Complete(_) | Step::Released(_) => None,
        }
    }

    fn name_of(&self, node: NodeId) -> String {
        match self.order.dag.node(node) {
            Step::Write(address) => address.to_string(),
            Step::Destroy(object) => object.to_string(),
            Step::Released(address) => address.to_string(),
            Step::Evaluate(config) | Step::Complete(config) => self.stage.graph.dag.node(*config).to_string(),
        }
    }

    /// Journal first, then memory. False when the journal could not be written: then nothing more is begun.
    pub(super) fn record(&mut self, change: Change, durable: bool) -> bool {
        let entry = Entry::Change(change);
        let written =
            if durable { self.around.journal.record(&entry) } else { self.around.journal.append(&entry).map(|_| ()) };
        if let Entry::Change(change) = &entry {
            self.state.apply(change);
        }
        if let Err(problem) = written {
            self.halted = true;
            self.stage.found.push(problem);
            return false;
        }
        true
    }

    /// The step came to nothing that is recorded: its intents are over.
    pub(super) fn settle(&mut self, object: &ObjectAddress, durable: bool) -> bool {
        if !durable {
            return true;
        }
        let written = self.around.journal.record(&Entry::Settled { object: object.clone() });
        if let Err(problem) = written {
            self.halted = true;
            self.stage.found.push(problem);
            return false;
        }
        true
    }

    fn end(mut self) -> (Applied, Evaluation<'c>, Diagnostics) {
        let stopped = self.frontier.left() > 0;
        if stopped {
            self.name_what_was_not_begun();
        }
        self.keep_outputs();
        let stage = self.stage;
        let checks = stage.conditions.into_results();
        (Applied { state: self.state, steps: self.steps, checks, stopped }, stage.evaluation, stage.found)
    }

    fn name_what_was_not_begun(&mut self) {
        let ended: FxHashSet<ObjectAddress> = self.steps.iter().map(|(object, ..)| object.clone()).collect();
        let left: Vec<(ObjectAddress, Action)> = self
            .order
            .dag
            .nodes()
            .filter_map(|(node, _)| self.object_of(node))
            .filter(|(object, _)| !ended.contains(object))
            .collect();
        for (object, action) in left {
            self.steps.push((object, action, StepResult::Skipped { because: "the interruption of the run".into() }));
        }
    }
}
