//! The order of steps: the configuration's graph for what is evaluated, one node for each write, and the edges that
//! removals need.
//!
//! - Making and changing follow the references. Removing goes the other way round, along the dependencies that are
//!   *recorded*: the configuration may have forgotten them.
//! - A replacement removes first and makes then; with `create_before_destroy` it makes first, then everything that
//!   depends on it changes, then the old object goes.
//! - What no longer refers to an object that goes is changed before it goes, where that makes no circle.
//! - A part that goes with its whole goes after it: there is nothing left to remove then.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::address::{Address, ConfigAddress};
use crate::graph::{ConfigGraph, ConfigNode, Dag, NodeId};
use crate::plan::{Action, InstanceChange, Mode, Plan, Reason};
use crate::state::ObjectAddress;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Evaluate a node of the configuration's graph; for a resource: expand it and give out what does not change.
    Evaluate(NodeId),
    /// Everything of a resource is done.
    Complete(NodeId),
    /// Make, change or read the current object of an instance.
    Write(Address),
    /// Everything that has to let go of a resource has done so. One node stands between the many on either side, so
    /// that a thousand instances that depend on a thousand others make two thousand edges, not a million.
    Released(ConfigAddress),
    /// Remove an object: the current one, the one that a replacement deposed, or one deposed long ago.
    Destroy(ObjectAddress),
}

/// The steps of a plan.
pub struct Order {
    /// Who needs whom first.
    pub dag: Dag<Step>,
}

impl Order {
    /// Orders the steps of a plan.
    pub fn new(graph: &ConfigGraph, plan: &Plan) -> Self {
        let mut builder = Builder { dag: Dag::default(), writes: FxHashMap::default(), destroys: BTreeMap::new() };
        let evaluated = builder.evaluations(graph, plan);
        builder.replacements(plan);
        builder.removals(plan);
        builder.providers(graph, plan, &evaluated);
        builder.wishes(plan);
        builder.checked_last(plan);
        Self { dag: builder.dag }
    }
}

/// The removals of one resource's objects.
#[derive(Default)]
struct Removals {
    plain: Vec<NodeId>,
    after_successor: Vec<NodeId>,
    /// Behind everything that depended on the resource and goes.
    gone: Option<NodeId>,
    /// Behind everything that depends on the resource and is written.
    changed_over: Option<NodeId>,
}

impl Removals {
    /// The node that these removals wait for; made when it is first asked for.
    fn released(&mut self, dag: &mut Dag<Step>, resource: &ConfigAddress, by_writes: bool) -> NodeId {
        let known = if by_writes { &mut self.changed_over } else { &mut self.gone };
        if let Some(node) = *known {
            return node;
        }
        let node = dag.add(Step::Released(resource.clone()));
        *known = Some(node);
        let plain = if by_writes { &[] } else { self.plain.as_slice() };
        for removal in plain.iter().chain(&self.after_successor) {
            dag.need(*removal, node, None);
        }
        node
    }
}

struct Builder {
    dag: Dag<Step>,
    writes: FxHashMap<Address, NodeId>,
    destroys: BTreeMap<ObjectAddress, NodeId>,
}

impl Builder {
    /// One node for each node of the configuration, with the writes of a resource between its expansion and its
    /// completion. Returns where each node of the configuration is done.
    fn evaluations(&mut self, graph: &ConfigGraph, plan: &Plan) -> Vec<NodeId> {
        let mut writes: FxHashMap<ConfigAddress, Vec<&InstanceChange>> = FxHashMap::default();
        for change in plan.changes.iter().filter(|c| is_write(c.action) && c.deposed.is_none()) {
            writes.entry(change.address.config()).or_default().push(change);
        }
        for change in plan.changes.iter().filter(|c| is_destroy(c.action)) {
            let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
            let node = self.dag.add(Step::Destroy(object.clone()));
            self.destroys.insert(object, node);
        }
        let begun: Vec<NodeId> = graph.dag.nodes().map(|(id, _)| self.dag.add(Step::Evaluate(id))).collect();
        let mut done = begun.clone();
        for (id, node) in graph.dag.nodes() {
            let ConfigNode::Resource(address) = node else { continue };
            let Some(changes) = writes.get(address) else { continue };
            let complete = self.dag.add(Step::Complete(id));
            for change in changes {
                let write = self.dag.add(Step::Write(change.address.clone()));
                self.writes.insert(change.address.clone(), write);
                self.dag.need(write, begun[id.index()], None);
                self.dag.need(complete, write, None);
            }
            self.dag.need(complete, begun[id.index()], None);
            done[id.index()] = complete;
        }
        for (from, to, place) in graph.dag.edges() {
            self.dag.need(begun[from.index()], done[to.index()], place);
        }
        done
    }

    /// What a `check` asks about is read when everything else is as it should be.
    fn checked_last(&mut self, plan: &Plan) {
        let (checked, others): (Vec<_>, Vec<_>) =
            plan.changes.iter().partition(|change| change.reason == Some(Reason::CheckNested));
        let checked: Vec<NodeId> = checked.iter().filter_map(|c| self.writes.get(&c.address)).copied().collect();
        if checked.is_empty() {
            return;
        }
        let before: Vec<NodeId> =
            others.iter().filter_map(|c| self.writes.get(&c.address)).chain(self.destroys.values()).copied().collect();
        for read in checked {
            for other in &before {
                self.dag.need(read, *other, None);
            }
        }
    }

    fn replacements(&mut self, plan: &Plan) {
        for change in &plan.changes {
            let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
            let (Some(&write), Some(&destroy)) = (self.writes.get(&change.address), self.destroys.get(&object)) else {
                continue;
            };
            match change.action {
                Action::DeleteThenCreate => self.dag.need(write, destroy, None),
                Action::CreateThenDelete => self.dag.need(destroy, write, None),
                _ => {}
            }
        }
    }

    /// An object goes after everything that depends on it: what goes too, and, where its successor is there first,
    /// what changes over to that.
    fn removals(&mut self, plan: &Plan) {
        let mut goes: FxHashMap<ConfigAddress, Removals> = FxHashMap::default();
        for change in plan.changes.iter().filter(|c| is_destroy(c.action)) {
            let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
            let Some(&node) = self.destroys.get(&object) else { continue };
            let removals = goes.entry(change.address.config()).or_default();
            match change.action {
                Action::CreateThenDelete => removals.after_successor.push(node),
                _ => removals.plain.push(node),
            }
        }
        let parts = parts_that_go_with_their_whole(plan);
        for change in &plan.changes {
            let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
            let destroy = self.destroys.get(&object).copied();
            let write = self.writes.get(&change.address).copied();
            for dependency in needed(plan, change) {
                let Some(removals) = goes.get_mut(dependency) else { continue };
                if let Some(destroy) = destroy.filter(|_| !parts.contains(&(&change.address, dependency.clone()))) {
                    let gone = removals.released(&mut self.dag, dependency, false);
                    self.dag.need(gone, destroy, None);
                }
                if let Some(write) = write
                    && !removals.after_successor.is_empty()
                {
                    let changed_over = removals.released(&mut self.dag, dependency, true);
                    self.dag.need(changed_over, write, None);
                }
            }
        }
    }

    /// A removal needs its provider, as a write does.
    fn providers(&mut self, graph: &ConfigGraph, plan: &Plan, evaluated: &[NodeId]) {
        let last = |source: &str| source.rsplit('/').next().unwrap_or_default().to_owned();
        let providers: Vec<(&crate::graph::ProviderId, NodeId)> = graph
            .dag
            .nodes()
            .filter_map(|(id, node)| match node {
                ConfigNode::Provider(provider) => Some((provider, evaluated[id.index()])),
                _ => None,
            })
            .collect();
        for change in plan.changes.iter().filter(|c| is_destroy(c.action)) {
            let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
            let Some(&destroy) = self.destroys.get(&object) else { continue };
            for (provider, node) in &providers {
                if provider.module == change.provider.module
                    && provider.alias == change.provider.alias
                    && (*provider.name == *last(&change.provider.source))
                {
                    self.dag.need(destroy, *node, None);
                }
            }
        }
    }

    /// Edges that are good to have and are left out where they would make a circle.
    fn wishes(&mut self, plan: &Plan) {
        for (first, then) in &plan.implied_order {
            if let (Some(&first), Some(&then)) = (self.writes.get(first), self.writes.get(then)) {
                self.wish(then, first);
            }
            let (first, then) = (ObjectAddress::from(first.clone()), ObjectAddress::from(then.clone()));
            if let (Some(&first), Some(&then)) = (self.destroys.get(&first), self.destroys.get(&then)) {
                self.wish(first, then);
            }
        }
        self.let_go_first(plan);
        self.set_aside_last(plan);
    }

    /// What was set aside by an earlier run goes after its successor is there and everything that refers to it has changed
    /// over: until then that may still be in use.
    fn set_aside_last(&mut self, plan: &Plan) {
        let mut aside: FxHashMap<ConfigAddress, Vec<NodeId>> = FxHashMap::default();
        for change in plan.changes.iter().filter(|c| c.action == Action::Delete && c.deposed.is_some()) {
            let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
            if self.writes.contains_key(&change.address) {
                aside.entry(change.address.config()).or_default().extend(self.destroys.get(&object).copied());
            }
        }
        let mut changing: BTreeMap<ConfigAddress, Vec<NodeId>> = BTreeMap::new();
        for change in plan.changes.iter().filter(|c| c.deposed.is_none()) {
            let Some(&write) = self.writes.get(&change.address) else { continue };
            let itself = change.address.config();
            for resource in std::iter::once(&itself).chain(needed(plan, change)).filter(|r| aside.contains_key(*r)) {
                changing.entry(resource.clone()).or_default().push(write);
            }
        }
        for (resource, writes) in changing {
            let removals = aside.get(&resource).map(Vec::as_slice).unwrap_or_default();
            self.change_first(&resource, writes, removals);
        }
    }

    fn wish(&mut self, from: NodeId, to: NodeId) {
        if !self.reaches(to, from) {
            self.dag.need(from, to, None);
        }
    }

    /// What no longer refers to a resource that goes is changed before that goes.
    fn let_go_first(&mut self, plan: &Plan) {
        let mut gone: FxHashMap<ConfigAddress, Vec<NodeId>> = FxHashMap::default();
        for change in plan.changes.iter().filter(|c| c.action == Action::Delete) {
            let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
            gone.entry(change.address.config()).or_default().extend(self.destroys.get(&object).copied());
        }
        let mut changing: BTreeMap<&ConfigAddress, Vec<NodeId>> = BTreeMap::new();
        for change in plan.changes.iter().filter(|c| c.action == Action::Update) {
            let Some(&write) = self.writes.get(&change.address) else { continue };
            let recorded = plan.prior.instance(&change.address).map(|i| i.dependencies.as_slice()).unwrap_or_default();
            for dependency in recorded.iter().filter(|d| gone.contains_key(d)) {
                changing.entry(dependency).or_default().push(write);
            }
        }
        for (resource, writes) in changing {
            let removals = gone.get(resource).map(Vec::as_slice).unwrap_or_default();
            self.change_first(resource, writes, removals);
        }
    }

    /// Some writes come before the removals of objects of a resource, except those that wait for one of these themselves.
    fn change_first(&mut self, resource: &ConfigAddress, writes: Vec<NodeId>, removals: &[NodeId]) {
        let waiting = self.dag.reverse_closure(removals.iter().copied());
        let released = self.dag.add(Step::Released(resource.clone()));
        for write in writes.into_iter().filter(|write| !waiting.contains(write)) {
            self.dag.need(released, write, None);
        }
        for removal in removals {
            self.dag.need(*removal, released, None);
        }
    }

    /// Whether `from` needs `to`, directly or not.
    fn reaches(&self, from: NodeId, to: NodeId) -> bool {
        let mut seen = FxHashSet::default();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            if seen.insert(at) {
                open.extend(self.dag.dependencies(at));
            }
        }
        false
    }
}

/// Objects that go together with what they depend on. A provider says so of a part by an order that contradicts the
/// reference: first the part, then the whole.
fn parts_that_go_with_their_whole(plan: &Plan) -> FxHashSet<(&Address, ConfigAddress)> {
    let gone = plan.changes.iter().filter(|change| change.action == Action::Delete && change.deposed.is_none());
    let gone: FxHashSet<&Address> = gone.map(|change| &change.address).collect();
    let together = plan.implied_order.iter().filter(|(part, whole)| gone.contains(part) && gone.contains(whole));
    together.map(|(part, whole)| (part, whole.config())).collect()
}

/// What an object depends on, by its record and by the configuration.
fn needed<'p>(plan: &'p Plan, change: &'p InstanceChange) -> impl Iterator<Item = &'p ConfigAddress> {
    let slot = plan.prior.slot(&change.address);
    let recorded = match &change.deposed {
        None => slot.and_then(|s| s.current.as_ref()),
        Some(key) => slot.and_then(|s| s.deposed.get(key)),
    };
    let recorded: &[ConfigAddress] = recorded.map(|i| i.dependencies.as_slice()).unwrap_or_default();
    let configured = if plan.options.mode == Mode::Destroy { &[] } else { change.dependencies.as_slice() };
    let further = configured.iter().filter(move |d| !recorded.contains(d));
    recorded.iter().chain(further)
}

fn is_write(action: Action) -> bool {
    matches!(
        action,
        Action::Create | Action::Update | Action::Read | Action::DeleteThenCreate | Action::CreateThenDelete
    )
}

fn is_destroy(action: Action) -> bool {
    matches!(action, Action::Delete | Action::Forget | Action::DeleteThenCreate | Action::CreateThenDelete)
}
