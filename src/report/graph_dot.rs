//! The resources of a configuration and what needs what, as Graphviz reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::address::{ConfigAddress, ModulePath};
use crate::graph::{ConfigGraph, ConfigNode, NodeId};

/// Resources and data sources with an arrow to each one that is needed directly, whatever stands between them.
pub fn resources(graph: &ConfigGraph) -> String {
    let nodes: BTreeMap<&ConfigAddress, NodeId> = graph
        .dag
        .nodes()
        .filter_map(|(id, node)| if let ConfigNode::Resource(address) = node { Some((address, id)) } else { None })
        .collect();
    let mut text =
        String::from("digraph G {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n");
    let modules: BTreeSet<&ModulePath> = nodes.keys().map(|address| &address.module).collect();
    for module in modules {
        let inside = nodes.keys().filter(|address| address.module == *module);
        let indent = if module.is_root() { "  " } else { "    " };
        let lines: String = inside
            .map(|address| format!("{indent}{} [label={}];\n", quoted(address), quoted(&address.resource)))
            .collect();
        if module.is_root() {
            text += &lines;
        } else {
            let (name, label) = (quoted(&format!("cluster_{module}")), quoted(module));
            let _ =
                write!(text, "  subgraph {name} {{\n    label = {label}\n    fontname = \"sans-serif\"\n{lines}  }}\n");
        }
    }
    for (address, id) in &nodes {
        for needed in nearest(graph, *id) {
            let _ = writeln!(text, "  {} -> {};", quoted(address), quoted(needed));
        }
    }
    text + "}\n"
}

/// Everything: variables, locals, outputs, modules, providers and checks too.
pub fn everything(graph: &ConfigGraph) -> String {
    let mut text = String::from("digraph {\n  compound = \"true\"\n  newrank = \"true\"\n");
    for (_, node) in graph.dag.nodes() {
        let shape = match node {
            ConfigNode::Resource(_) => "box",
            ConfigNode::Provider(_) => "diamond",
            _ => "note",
        };
        let name = quoted(node);
        let _ = writeln!(text, "  {name} [label = {name}, shape = \"{shape}\"]");
    }
    let mut edges: Vec<String> = graph
        .dag
        .edges()
        .map(|(from, to, _)| format!("  {} -> {}\n", quoted(graph.dag.node(from)), quoted(graph.dag.node(to))))
        .collect();
    edges.sort();
    text + &edges.concat() + "}\n"
}

/// The resources that are reached from a node without going through another resource.
pub fn nearest(graph: &ConfigGraph, from: NodeId) -> BTreeSet<&ConfigAddress> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        for next in graph.dag.dependencies(node).filter(|next| seen.insert(*next)) {
            match graph.dag.node(next) {
                ConfigNode::Resource(address) => {
                    found.insert(address);
                }
                _ => open.push(next),
            }
        }
    }
    found
}

fn quoted(name: &(impl ToString + ?Sized)) -> String {
    serde_json::Value::from(name.to_string()).to_string()
}
