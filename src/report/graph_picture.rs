//! What needs what, as a picture of resource instances.

use std::collections::{BTreeMap, HashMap};

use super::graph_dot::nearest;
use super::picture::{Edge, Node, Picture, READABLE, Tone};
use crate::address::{Address, ConfigAddress, InstanceKey, ModuleInstance};
use crate::graph::{ConfigGraph, ConfigNode};

/// How boxes are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    /// A box for each resource instance.
    Resource,
    /// A box for each module instance.
    Module,
    /// A box for each identity with its credentials and grants, and one for each module with the rest.
    Workload,
}

/// The picture of some instances and of what happens to them. `workloads` tells which of them belong to which
/// identity. Without a wish, modules are drawn as one box where there is too much to be read.
pub fn of_instances(
    graph: &ConfigGraph,
    instances: &[(Address, Tone)],
    by: Option<By>,
    workloads: &BTreeMap<Address, String>,
) -> Picture {
    let whole = Picture { nodes: instances.iter().map(node).collect(), edges: edges(graph, instances) };
    let by = by.unwrap_or(if instances.len() > READABLE { By::Module } else { By::Resource });
    let names: Vec<String> = instances.iter().map(|(address, _)| name(address, by, workloads)).collect();
    let folded = match by {
        By::Resource => return whole.reduced(),
        By::Module | By::Workload => named(&whole, &names),
    };
    if folded.nodes.len() <= READABLE {
        return folded.reduced();
    }
    // Still too much: instances of one module, or of one kind, are alike.
    let alike: Vec<String> = instances.iter().map(|(address, _)| without_keys(address)).collect();
    named(&whole, &alike).reduced()
}

fn node((address, tone): &(Address, Tone)) -> Node {
    let frame = if address.module.is_root() { String::new() } else { address.module.to_string() };
    let own = Address { module: ModuleInstance::root(), ..address.clone() };
    let (label, detail) = (format!("{}{}", own.resource.name, own.key), own.resource.kind.to_string());
    Node { label, detail, frame, tone: *tone, is_person: false }
}

fn name(address: &Address, by: By, workloads: &BTreeMap<Address, String>) -> String {
    match workloads.get(address).filter(|_| by == By::Workload) {
        Some(identity) => format!("workload {identity}"),
        None if address.module.is_root() => address.to_string(),
        None => address.module.to_string(),
    }
}

fn without_keys(address: &Address) -> String {
    let config = address.config();
    if config.module.is_root() { config.to_string() } else { config.module.to_string() }
}

/// The picture with each box under its name. Names are given beside the boxes, since two boxes may look the same.
fn named(whole: &Picture, names: &[String]) -> Picture {
    let mut numbered = whole.clone();
    for (node, name) in numbered.nodes.iter_mut().zip(names) {
        (node.frame, node.label) = (name.clone(), name.clone());
    }
    let mut folded = numbered.folded(|node| node.frame.clone());
    for node in &mut folded.nodes {
        node.frame.clear();
    }
    folded
}

/// An arrow from each instance to those that it needs: of what it shares a module with only those in the same
/// instance of that, and of what repeats by the same keys only the one with its key.
fn edges(graph: &ConfigGraph, instances: &[(Address, Tone)]) -> Vec<Edge> {
    let mut places: HashMap<ConfigAddress, Vec<usize>> = HashMap::new();
    for (at, (address, _)) in instances.iter().enumerate() {
        places.entry(address.config()).or_default().push(at);
    }
    let mut edges = Vec::new();
    for (config, users) in &places {
        let Some(id) = graph.find(&ConfigNode::Resource(config.clone())) else { continue };
        for needed in nearest(graph, id) {
            let Some(candidates) = places.get(needed) else { continue };
            for from in users {
                let Some((user, _)) = instances.get(*from) else { continue };
                let found = fitting(user, candidates, instances);
                edges.extend(found.into_iter().map(|to| Edge { from: *from, to, label: String::new() }));
            }
        }
    }
    edges.sort();
    edges
}

fn fitting(user: &Address, candidates: &[usize], instances: &[(Address, Tone)]) -> Vec<usize> {
    let near = candidates.iter().filter_map(|at| Some((*at, &instances.get(*at)?.0)));
    let near: Vec<(usize, &Address)> = near.filter(|(_, other)| agree(&user.module, &other.module)).collect();
    let same: Vec<usize> = near
        .iter()
        .filter(|(_, other)| user.key != InstanceKey::None && other.key == user.key)
        .map(|(at, _)| *at)
        .collect();
    if same.is_empty() { near.into_iter().map(|(at, _)| at).collect() } else { same }
}

/// Whether two module instances are the same as far as they are of the same modules.
fn agree(one: &ModuleInstance, other: &ModuleInstance) -> bool {
    one.steps().iter().zip(other.steps()).take_while(|(a, b)| a.name == b.name).all(|(a, b)| a.key == b.key)
}
