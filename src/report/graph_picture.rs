//! What needs what, as a picture of resource instances.

use std::collections::{BTreeMap, HashMap};

use super::graph_alike;
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
    readable(&whole, folded, names, instances, workloads).reduced()
}

/// The picture with so few boxes that they can be read. Still too much: boxes that lead to the same are put together,
/// then instances of one block or module, then what makes up a workload, and in the end whatever is of one kind.
fn readable(
    whole: &Picture,
    mut folded: Picture,
    mut names: Vec<String>,
    instances: &[(Address, Tone)],
    workloads: &BTreeMap<Address, String>,
) -> Picture {
    let by_block = instances.iter().map(|(address, _)| without_keys(address)).collect();
    let by_workload = instances.iter().map(|(address, _)| name(address, By::Workload, workloads)).collect();
    let by_kind = instances.iter().map(|(address, _)| kind(address)).collect();
    for coarser in [by_block, by_workload, by_kind] {
        for _ in 0..FOLDS {
            if folded.nodes.len() <= READABLE {
                return folded;
            }
            let alike = graph_alike::names(&folded, sort, without_key);
            if alike.is_empty() {
                break;
            }
            names =
                names.iter().map(|name| alike.get(name.as_str()).cloned().unwrap_or_else(|| name.clone())).collect();
            folded = named(whole, &names);
        }
        if folded.nodes.len() <= READABLE {
            return folded;
        }
        names = coarser;
        folded = named(whole, &names);
    }
    folded
}

/// What is put together may make others alike, so often at most.
const FOLDS: usize = 3;

/// What the box of a name is: a workload, a module, or a resource of some kind.
fn sort(name: &str) -> &str {
    let word = name.split([' ', '.', '[']).next().unwrap_or(name);
    match name.strip_prefix("data.") {
        Some(rest) => rest.split('.').next().unwrap_or(rest),
        None => word,
    }
}

/// A name without the key that it ends with: `module.workload["w1"]` is one of `module.workload`.
fn without_key(name: &str) -> String {
    match name.rsplit_once('[') {
        Some((block, key)) if key.ends_with(']') && !name.contains(", ") => block.to_owned(),
        _ => name.to_owned(),
    }
}

/// What is left to tell of an instance among too many others: its kind, or its outermost module.
fn kind(address: &Address) -> String {
    match address.module.steps().first() {
        Some(step) => format!("module.{}", step.name),
        None => address.resource.kind.to_string(),
    }
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
