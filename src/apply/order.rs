//! The order of steps: the configuration's graph for what is evaluated, one node for each write, and the edges that
//! removals need.
//!
//! - Making and changing follow the references. Removing goes the other way round, along the dependencies that are
//!   *recorded*: the configuration may have forgotten them.
//! - A replacement removes first and makes then; with `create_before_destroy` it makes first, then everything that
//!   depends on it changes, then the old object goes.
//! - What no longer refers to an object that goes is changed before it goes, where that makes no circle.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::address::{Address, ConfigAddress};
use crate::graph::{ConfigGraph, ConfigNode, Dag, NodeId};
use crate::plan::{Action, InstanceChange, Mode, Plan};
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
        let mut builder = Builder { dag: Dag::default(), writes: HashMap::new(), destroys: BTreeMap::new() };
        let evaluated = builder.evaluations(graph, plan);
        builder.replacements(plan);
        builder.removals(plan);
        builder.providers(graph, plan, &evaluated);
        builder.wishes(plan);
        Self { dag: builder.dag }
    }
}

struct Builder {
    dag: Dag<Step>,
    writes: HashMap<Address, NodeId>,
    destroys: BTreeMap<ObjectAddress, NodeId>,
}

impl Builder {
    /// One node for each node of the configuration, with the writes of a resource between its expansion and its
    /// completion. Returns where each node of the configuration is done.
    fn evaluations(&mut self, graph: &ConfigGraph, plan: &Plan) -> Vec<NodeId> {
        let mut writes: HashMap<ConfigAddress, Vec<&InstanceChange>> = HashMap::new();
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

    /// An object goes after everything that depends on it: what goes too, and what changes over to its successor.
    fn removals(&mut self, plan: &Plan) {
        let mut goes: HashMap<ConfigAddress, Vec<(NodeId, Action)>> = HashMap::new();
        for change in plan.changes.iter().filter(|c| is_destroy(c.action)) {
            let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
            if let Some(&node) = self.destroys.get(&object) {
                goes.entry(change.address.config()).or_default().push((node, change.action));
            }
        }
        for change in &plan.changes {
            let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
            let destroy = self.destroys.get(&object).copied();
            let write = self.writes.get(&change.address).copied();
            for dependency in needed(plan, change) {
                for &(removal, action) in goes.get(dependency).into_iter().flatten() {
                    if let Some(destroy) = destroy {
                        self.dag.need(removal, destroy, None);
                    }
                    if let (Some(write), Action::CreateThenDelete) = (write, action) {
                        self.dag.need(removal, write, None);
                    }
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
        let mut wishes: Vec<(NodeId, NodeId)> = Vec::new();
        for (first, then) in &plan.implied_order {
            if let (Some(&first), Some(&then)) = (self.writes.get(first), self.writes.get(then)) {
                wishes.push((then, first));
            }
            let (first, then) = (ObjectAddress::from(first.clone()), ObjectAddress::from(then.clone()));
            if let (Some(&first), Some(&then)) = (self.destroys.get(&first), self.destroys.get(&then)) {
                wishes.push((first, then));
            }
        }
        let gone: HashMap<ConfigAddress, Vec<NodeId>> =
            plan.changes.iter().filter(|c| c.action == Action::Delete).fold(HashMap::new(), |mut map, change| {
                let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
                map.entry(change.address.config()).or_default().extend(self.destroys.get(&object).copied());
                map
            });
        for change in plan.changes.iter().filter(|c| c.action == Action::Update && !gone.is_empty()) {
            let Some(&write) = self.writes.get(&change.address) else { continue };
            let recorded = plan.prior.instance(&change.address).map(|i| i.dependencies.as_slice()).unwrap_or_default();
            for removal in recorded.iter().filter_map(|d| gone.get(d)).flatten() {
                wishes.push((*removal, write));
            }
        }
        for (from, to) in wishes {
            if !self.reaches(to, from) {
                self.dag.need(from, to, None);
            }
        }
    }

    /// Whether `from` needs `to`, directly or not.
    fn reaches(&self, from: NodeId, to: NodeId) -> bool {
        let mut seen = HashSet::new();
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
