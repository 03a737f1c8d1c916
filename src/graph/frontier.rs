//! Which nodes may run now. The frontier makes no decision and runs nothing: whoever walks asks for ready nodes,
//! runs them as it likes, and says how each ended.

use std::collections::BTreeSet;

use super::{Dag, NodeId};

/// How a node ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Those that wait for it may go on.
    Done,
    /// Those that wait for it are skipped.
    Failed,
}

/// The state of a walk over a [`Dag`].
#[derive(Debug)]
pub struct Frontier {
    waiting_for: Vec<usize>,
    /// For a skipped node: the failed node that is to blame.
    blame: Vec<Option<NodeId>>,
    ready: BTreeSet<NodeId>,
    left: usize,
}

impl Frontier {
    /// A walk that has not begun.
    pub fn new<N>(dag: &Dag<N>) -> Self {
        let waiting_for: Vec<usize> = dag.nodes().map(|(id, _)| dag.dependencies(id).count()).collect();
        let ready = dag.nodes().map(|(id, _)| id).filter(|id| waiting_for[id.index()] == 0).collect();
        Self { blame: vec![None; waiting_for.len()], left: waiting_for.len(), waiting_for, ready }
    }

    /// Takes the next node that may run, in the order in which nodes were added.
    pub fn take(&mut self) -> Option<NodeId> {
        self.ready.pop_first()
    }

    /// Puts a taken node back, because it cannot run yet for a reason of the walker's.
    pub fn put_back(&mut self, node: NodeId) {
        self.ready.insert(node);
    }

    /// How many nodes have not ended.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Says how a taken node ended. Returns the nodes that can now never run, each with the node to blame.
    pub fn finish<N>(&mut self, dag: &Dag<N>, node: NodeId, outcome: Outcome) -> Vec<(NodeId, NodeId)> {
        if outcome == Outcome::Failed {
            self.blame[node.index()] = Some(node);
        }
        let mut skipped = Vec::new();
        let mut ended = vec![node];
        while let Some(node) = ended.pop() {
            self.left -= 1;
            let blame = self.blame[node.index()];
            for dependant in dag.dependants(node) {
                let at = dependant.index();
                self.blame[at] = self.blame[at].or(blame);
                self.waiting_for[at] -= 1;
                if self.waiting_for[at] == 0 {
                    match self.blame[at] {
                        None => {
                            self.ready.insert(dependant);
                        }
                        Some(culprit) => {
                            skipped.push((dependant, culprit));
                            ended.push(dependant);
                        }
                    }
                }
            }
        }
        skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependants_of_a_failure_are_skipped_and_the_rest_goes_on() {
        let mut dag = Dag::default();
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|n| dag.add(n));
        dag.need(b, a, None);
        dag.need(c, b, None);
        let mut frontier = Frontier::new(&dag);
        assert_eq!((frontier.take(), frontier.take(), frontier.take()), (Some(a), Some(d), None));
        assert_eq!(frontier.finish(&dag, a, Outcome::Failed), [(b, a), (c, a)]);
        assert_eq!(frontier.finish(&dag, d, Outcome::Done), []);
        assert_eq!((frontier.take(), frontier.left()), (None, 0));
    }
}
