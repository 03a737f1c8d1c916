//! What comes first: dependency graphs with integer ids, cycles with their path, and the order of a parallel walk.
//!
//! [`Dag`] is the plain structure on petgraph. [`ConfigGraph`] is the graph of a configuration; the apply graph is
//! built by `apply` from the plan's changes. [`Frontier`] hands out the nodes that may run now.

mod build;
mod frontier;
mod providers;

use std::collections::VecDeque;

use petgraph::Direction;
use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::span::Span;

pub use build::{ConfigGraph, ConfigNode, Use, import_target};
pub use frontier::{Frontier, Outcome};
pub use providers::{ProviderId, ProviderKey, provider_name, provider_source, resolve_provider};

/// A node of one [`Dag`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    /// Its position in the order in which nodes were added, for tables beside the graph.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A directed graph in which an edge from `a` to `b` means that `a` needs `b` first.
#[derive(Debug, Clone)]
pub struct Dag<N> {
    graph: DiGraph<N, Option<Span>, u32>,
    edges: FxHashSet<(u32, u32)>,
    selfish: FxHashSet<u32>,
}

/// A way around in circles: each node needs the next, the last needs the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// The nodes in order, and where each says that it needs the next.
    pub path: Vec<(NodeId, Option<Span>)>,
    /// Every node that lies on some cycle with these, in the order in which they were added.
    pub members: Vec<NodeId>,
}

impl<N> Default for Dag<N> {
    fn default() -> Self {
        Self { graph: DiGraph::default(), edges: FxHashSet::default(), selfish: FxHashSet::default() }
    }
}

impl<N> Dag<N> {
    /// Adds a node.
    pub fn add(&mut self, node: N) -> NodeId {
        NodeId(u32::try_from(self.graph.add_node(node).index()).unwrap_or(u32::MAX))
    }

    /// Says that `from` needs `to` first, and where that is written. Said twice, the first place stays. A node
    /// does not need itself: such an edge is left out (eval's reference checks refuse it).
    pub fn need(&mut self, from: NodeId, to: NodeId, place: Option<Span>) {
        if from == to {
            self.selfish.insert(from.0);
        } else if self.edges.insert((from.0, to.0)) {
            self.graph.add_edge(NodeIndex::new(from.index()), NodeIndex::new(to.index()), place);
        }
    }

    /// Whether `from` is said to need `to` directly.
    pub fn needs(&self, from: NodeId, to: NodeId) -> bool {
        self.edges.contains(&(from.0, to.0))
    }

    /// Whether a node was said to need itself.
    pub fn needs_itself(&self, node: NodeId) -> bool {
        self.selfish.contains(&node.0)
    }

    /// The node behind an id of this graph.
    pub fn node(&self, id: NodeId) -> &N {
        &self.graph[NodeIndex::new(id.index())]
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All nodes in the order in which they were added.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &N)> {
        (0u32..).map(NodeId).zip(self.graph.node_weights())
    }

    /// All edges: who, whom, where written.
    pub fn edges(&self) -> impl Iterator<Item = (NodeId, NodeId, Option<Span>)> + '_ {
        self.graph.edge_references().map(|e| (id(e.source()), id(e.target()), *e.weight()))
    }

    /// What a node needs directly.
    pub fn dependencies(&self, of: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.graph.neighbors_directed(NodeIndex::new(of.index()), Direction::Outgoing).map(id)
    }

    /// Who needs a node directly.
    pub fn dependants(&self, of: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.graph.neighbors_directed(NodeIndex::new(of.index()), Direction::Incoming).map(id)
    }

    /// Everything that these nodes need, directly or not, and they themselves.
    pub fn closure(&self, of: impl IntoIterator<Item = NodeId>) -> FxHashSet<NodeId> {
        self.reach(of, Direction::Outgoing)
    }

    /// Everything that needs these nodes, directly or not, and they themselves.
    pub fn reverse_closure(&self, of: impl IntoIterator<Item = NodeId>) -> FxHashSet<NodeId> {
        self.reach(of, Direction::Incoming)
    }

    fn reach(&self, of: impl IntoIterator<Item = NodeId>, direction: Direction) -> FxHashSet<NodeId> {
        let mut seen = FxHashSet::default();
        let mut open: Vec<NodeId> = of.into_iter().collect();
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(self.graph.neighbors_directed(NodeIndex::new(next.index()), direction).map(id));
            }
        }
        seen
    }

    /// The nodes so that each comes after what it needs; the cycles if there are any.
    pub fn order(&self) -> Result<Vec<NodeId>, Vec<Cycle>> {
        match toposort(&self.graph, None) {
            Ok(order) => Ok(order.into_iter().rev().map(id).collect()),
            Err(_) => Err(self.cycles()),
        }
    }

    fn cycles(&self) -> Vec<Cycle> {
        let mut found: Vec<Cycle> = tarjan_scc(&self.graph)
            .into_iter()
            .filter(|component| component.len() > 1)
            .map(|component| {
                let mut members: Vec<NodeId> = component.into_iter().map(id).collect();
                members.sort_unstable();
                Cycle { path: self.shortest_way_round(&members), members }
            })
            .collect();
        found.sort_by(|a, b| a.members.cmp(&b.members));
        found
    }

    /// The shortest cycle through the first member, found by breadth.
    fn shortest_way_round(&self, members: &[NodeId]) -> Vec<(NodeId, Option<Span>)> {
        let Some(&start) = members.first() else { return Vec::new() };
        let inside: FxHashSet<NodeId> = members.iter().copied().collect();
        let mut came_from = FxHashMap::default();
        let mut open = VecDeque::from([start]);
        while let Some(at) = open.pop_front() {
            let mut next: Vec<NodeId> = self.dependencies(at).filter(|n| inside.contains(n)).collect();
            next.sort_unstable();
            for to in next {
                if to == start {
                    return self.trace_back(start, at, &came_from);
                }
                came_from.entry(to).or_insert_with(|| {
                    open.push_back(to);
                    at
                });
            }
        }
        Vec::new()
    }

    fn trace_back(
        &self,
        start: NodeId,
        last: NodeId,
        came_from: &FxHashMap<NodeId, NodeId>,
    ) -> Vec<(NodeId, Option<Span>)> {
        let mut nodes = vec![last];
        let mut at = last;
        while at != start {
            let Some(&before) = came_from.get(&at) else { break };
            nodes.push(before);
            at = before;
        }
        nodes.reverse();
        let next = nodes.iter().cycle().skip(1);
        nodes.iter().zip(next).map(|(&a, &b)| (a, self.place(a, b))).collect()
    }

    fn place(&self, from: NodeId, to: NodeId) -> Option<Span> {
        let edge = self.graph.find_edge(NodeIndex::new(from.index()), NodeIndex::new(to.index()))?;
        self.graph.edge_weight(edge).copied().flatten()
    }
}

fn id(index: NodeIndex<u32>) -> NodeId {
    NodeId(u32::try_from(index.index()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(usize, usize)]) -> (Dag<usize>, Vec<NodeId>) {
        let mut dag = Dag::default();
        let ids: Vec<NodeId> = (0..6).map(|n| dag.add(n)).collect();
        for &(a, b) in edges {
            dag.need(ids[a], ids[b], None);
        }
        (dag, ids)
    }

    #[test]
    fn order_puts_needs_first() {
        let (dag, ids) = graph(&[(0, 1), (1, 2), (0, 2), (3, 0)]);
        let order = dag.order().unwrap_or_default();
        let at = |n: usize| order.iter().position(|o| *o == ids[n]);
        assert_eq!(order.len(), 6);
        assert!(at(2) < at(1) && at(1) < at(0) && at(0) < at(3));
    }

    #[test]
    fn a_cycle_is_told_by_its_shortest_path() {
        let (dag, ids) = graph(&[(0, 1), (1, 2), (2, 0), (1, 0), (3, 0)]);
        let cycles = dag.order().err().unwrap_or_default();
        assert_eq!(cycles.len(), 1);
        assert_eq!(cycles[0].path.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [ids[0], ids[1]]);
        assert_eq!(cycles[0].members, [ids[0], ids[1], ids[2]]);
    }

    #[test]
    fn closures_go_both_ways() {
        let (dag, ids) = graph(&[(0, 1), (1, 2), (3, 1)]);
        assert_eq!(dag.closure([ids[0]]), FxHashSet::from_iter([ids[0], ids[1], ids[2]]));
        assert_eq!(dag.reverse_closure([ids[1]]), FxHashSet::from_iter([ids[0], ids[1], ids[3]]));
    }
}
