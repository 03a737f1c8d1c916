//! What takes part in a run: everything, or what `-target` and `-exclude` leave.

use rustc_hash::FxHashSet;

use crate::address::{Address, ConfigAddress, ModuleInstance, ModulePath};
use crate::diagnostic::Diagnostic;
use crate::graph::{ConfigGraph, ConfigNode, NodeId};
use crate::state::State;

use super::moved::Renames;
use super::{Mode, Options, Target};

/// What takes part in a run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The nodes that are visited; all when absent.
    nodes: Option<FxHashSet<NodeId>>,
    /// Resources of which all instances take part, because something selected needs them; all when absent.
    whole: Option<FxHashSet<ConfigAddress>>,
    targets: Vec<Target>,
    excludes: Vec<Target>,
}

impl Selection {
    /// What the options leave of a graph.
    pub fn new(graph: &ConfigGraph, options: &Options) -> Self {
        let mut selection =
            Self { targets: options.targets.clone(), excludes: options.excludes.clone(), ..Self::default() };
        if options.mode == Mode::Destroy {
            selection.for_destroy(graph, options.refresh);
        } else if !options.targets.is_empty() {
            selection.for_targets(graph);
        }
        if !options.excludes.is_empty() {
            selection.without_excluded(graph);
        }
        selection
    }

    /// Where targets are destroyed, everything goes with them that is recorded as needing them, though no block says so
    /// any more.
    #[must_use]
    pub fn with_dependents(mut self, prior: &State, mode: Mode) -> Self {
        if mode != Mode::Destroy || self.targets.is_empty() {
            return self;
        }
        loop {
            let gone: FxHashSet<ConfigAddress> = prior
                .objects()
                .filter(|(object, ..)| self.has_instance(&object.address))
                .map(|(object, ..)| object.address.config())
                .collect();
            let more: Vec<ConfigAddress> = prior
                .objects()
                .filter(|(_, _, instance)| instance.dependencies.iter().any(|needed| gone.contains(needed)))
                .map(|(object, ..)| object.address)
                .filter(|address| !self.has_instance(address) && !self.excludes.iter().any(|t| t.covers(address)))
                .map(|address| address.config())
                .collect();
            if more.is_empty() {
                return self;
            }
            self.whole.get_or_insert_default().extend(more);
        }
    }

    /// Whether a node is visited.
    pub fn has_node(&self, node: NodeId) -> bool {
        self.nodes.as_ref().is_none_or(|nodes| nodes.contains(&node))
    }

    /// Whether an instance, in the configuration or only recorded, takes part.
    pub fn has_instance(&self, address: &Address) -> bool {
        if self.excludes.iter().any(|t| t.covers(address)) {
            return false;
        }
        self.targets.is_empty()
            || self.whole.as_ref().is_some_and(|whole| whole.contains(&address.config()))
            || self.targets.iter().any(|t| t.covers(address))
    }

    /// Whether this is a part of what there is.
    pub fn is_partial(&self) -> bool {
        !self.targets.is_empty() || !self.excludes.is_empty()
    }

    /// Refuses to leave out what has moved: the rest of the plan would be made from a state in which it has not.
    pub fn refuse_moves(&self, renames: &Renames) -> Option<Diagnostic> {
        let named = |address: &Address| {
            !self.excludes.iter().any(|t| t.covers(address))
                && (self.targets.is_empty() || self.targets.iter().any(|t| t.covers(address)))
        };
        let left_out: Vec<&Address> =
            renames.iter().flat_map(|(to, from)| [from, to]).filter(|address| !named(address)).collect();
        if left_out.is_empty() {
            return None;
        }
        let list: String = left_out.iter().map(|address| format!("\n  -target=\"{address}\"")).collect();
        let detail = format!(
            "Resource instances in your current state have moved to new addresses in the latest configuration, and these \
             moves take part only in a plan that covers both addresses. Create a plan without -target and -exclude, or add \
             these options:{list}"
        );
        Some(Diagnostic::error("Moved resource instances excluded by targeting", detail))
    }

    /// Providers are needed to destroy, and what their configuration refers to. What depends on a target goes too.
    /// Before it destroys, Terraform refreshes, and so refuses what the root module's variables refuse.
    fn for_destroy(&mut self, graph: &ConfigGraph, refresh: bool) {
        let needed = |node: &ConfigNode| match node {
            ConfigNode::Provider(_) => true,
            ConfigNode::Variable(path, _) => refresh && path.is_root(),
            _ => false,
        };
        self.nodes = Some(graph.dag.closure(graph.dag.nodes().filter(|(_, node)| needed(node)).map(|(id, _)| id)));
        if !self.targets.is_empty() {
            let above = graph.dag.reverse_closure(Self::matching(graph, &self.targets));
            let direct: FxHashSet<NodeId> = Self::matching(graph, &self.targets).into_iter().collect();
            self.whole = Some(resources(graph, above.into_iter().filter(|id| !direct.contains(id))));
        }
    }

    fn for_targets(&mut self, graph: &ConfigGraph) {
        let direct = Self::matching(graph, &self.targets);
        let needed = graph.dag.closure(direct.iter().flat_map(|id| graph.dag.dependencies(*id)));
        // As in Terraform, of what is a target itself only the instances named take part, though others need it.
        let itself: FxHashSet<NodeId> = direct.iter().copied().collect();
        self.whole = Some(resources(graph, needed.difference(&itself).copied()));
        let mut nodes = needed;
        nodes.extend(direct);
        let outputs: Vec<NodeId> = graph
            .dag
            .nodes()
            .filter(|(id, node)| {
                matches!(node, ConfigNode::Output(path, _) if path.is_root()) && rests_on(graph, *id, &nodes)
            })
            .map(|(id, _)| id)
            .collect();
        nodes.extend(graph.dag.closure(outputs));
        if self.targets.iter().any(|target| Self::matching(graph, std::slice::from_ref(target)).is_empty()) {
            // What is only recorded is answered for by any of them.
            nodes.extend(providers(graph));
        }
        self.nodes = Some(nodes);
    }

    fn without_excluded(&mut self, graph: &ConfigGraph) {
        let whole: Vec<Target> = self.excludes.iter().filter(|t| !matches!(t, Target::Instance(_))).cloned().collect();
        let gone = graph.dag.reverse_closure(Self::matching(graph, &whole));
        let all: FxHashSet<NodeId> = graph.dag.nodes().map(|(id, _)| id).collect();
        let nodes = self.nodes.take().unwrap_or(all);
        self.nodes = Some(nodes.difference(&gone).copied().collect());
    }

    fn matching(graph: &ConfigGraph, targets: &[Target]) -> Vec<NodeId> {
        let matches = |node: &ConfigNode| match node {
            ConfigNode::Resource(address) => targets.iter().any(|t| t.concerns(address)),
            _ => false,
        };
        graph.dag.nodes().filter(|(_, node)| matches(node)).map(|(id, _)| id).collect()
    }
}

/// The providers, and what their configuration refers to.
fn providers(graph: &ConfigGraph) -> FxHashSet<NodeId> {
    let is_provider = |(_, node): &(NodeId, &ConfigNode)| matches!(node, ConfigNode::Provider(_));
    graph.dag.closure(graph.dag.nodes().filter(is_provider).map(|(id, _)| id))
}

/// Whether an output needs resources, and only such as are among the nodes.
fn rests_on(graph: &ConfigGraph, output: NodeId, nodes: &FxHashSet<NodeId>) -> bool {
    let mut needed = graph
        .dag
        .closure([output])
        .into_iter()
        .filter(|id| matches!(graph.dag.node(*id), ConfigNode::Resource(_)))
        .peekable();
    needed.peek().is_some() && needed.all(|id| nodes.contains(&id))
}

fn resources(graph: &ConfigGraph, nodes: impl Iterator<Item = NodeId>) -> FxHashSet<ConfigAddress> {
    nodes
        .filter_map(|id| match graph.dag.node(id) {
            ConfigNode::Resource(address) => Some(address.clone()),
            _ => None,
        })
        .collect()
}

impl Target {
    /// Reads what `-target` is given.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(module) = ModuleInstance::parse(text) {
            return Some(Self::Module(module));
        }
        let address = Address::parse(text)?;
        Some(match address.key {
            crate::address::InstanceKey::None => Self::Resource(address.module, address.resource),
            _ => Self::Instance(address),
        })
    }

    /// Whether an instance is meant.
    fn covers(&self, address: &Address) -> bool {
        match self {
            Self::Instance(wanted) => wanted == address,
            Self::Resource(module, resource) => *resource == address.resource && within(&address.module, module),
            Self::Module(module) => within(&address.module, module),
        }
    }

    /// Whether some instance of a block is meant.
    fn concerns(&self, block: &ConfigAddress) -> bool {
        match self {
            Self::Instance(wanted) => wanted.config() == *block,
            Self::Resource(module, resource) => *resource == block.resource && module.path() == block.module,
            Self::Module(module) => starts_with(&block.module, &module.path()),
        }
    }
}

/// Whether a module instance is another or lies below it; a step without a key stands for all instances.
fn within(inner: &ModuleInstance, outer: &ModuleInstance) -> bool {
    let (inner, outer) = (inner.steps(), outer.steps());
    inner.len() >= outer.len()
        && outer
            .iter()
            .zip(inner)
            .all(|(o, i)| o.name == i.name && (o.key == i.key || o.key == crate::address::InstanceKey::None))
}

fn starts_with(path: &ModulePath, prefix: &ModulePath) -> bool {
    path.names().starts_with(prefix.names())
}
