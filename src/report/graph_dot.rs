//! The resources of a configuration and what needs what, as Graphviz reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::address::{ConfigAddress, ModulePath, ResourceMode};
use crate::config::Configuration;
use crate::graph::{ConfigGraph, ConfigNode, NodeId, provider_source};
use crate::state::State;

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

/// What a walk visits, as Terraform draws it: variables, locals, outputs and checks too, and where modules and providers
/// end; without the arrows that others make superfluous. A plan also reports its checks.
pub fn walked(graph: &ConfigGraph, configuration: &Configuration, reports: bool) -> String {
    let names: BTreeMap<NodeId, String> =
        graph.dag.nodes().map(|(id, node)| (id, walked_name(node, configuration))).collect();
    let mut needs: Needs = names.values().map(|name| (name.clone(), BTreeSet::new())).collect();
    for (from, to, _) in graph.dag.edges() {
        needs.entry(names[&from].clone()).or_default().insert(names[&to].clone());
    }
    let mut lines = BTreeSet::new();
    for (id, node) in graph.dag.nodes() {
        let name = &names[&id];
        lines.extend(drawn(node, name));
        for around in ends_around(graph, configuration, node) {
            needs.entry(around).or_default().insert(name.clone());
        }
        if let (ConfigNode::Check(..), true) = (node, reports) {
            let report = name.replace("(expand)", "(report)");
            needs.entry(name.clone()).or_default().insert(report.clone());
            needs.entry(report).or_default();
        }
    }
    drawing(needs, lines.into_iter().collect())
}

/// What a run visits that destroys what is recorded, as Terraform draws it: an object after those that need it.
pub fn destroyed(graph: &ConfigGraph, configuration: &Configuration, state: &State) -> String {
    let outputs = configuration.root.outputs.keys().map(|name| (format!("output.{name} (expand)"), BTreeSet::new()));
    let mut needs: Needs = outputs.collect();
    let mut lines = Vec::new();
    let going = |address: &ConfigAddress| format!("{address} (destroy)");
    let managed = || state.objects().filter(|(object, ..)| object.address.resource.mode == ResourceMode::Managed);
    let recorded: BTreeSet<ConfigAddress> = managed().map(|(object, ..)| object.address.config()).collect();
    for (object, provider, instance) in managed() {
        let (address, provider) = (object.address.config(), provider.to_string());
        let name = going(&address);
        lines.push(line(&name, &address.to_string(), "box"));
        for needed in instance.dependencies.iter().filter(|needed| recorded.contains(needed) && **needed != address) {
            needs.entry(going(needed)).or_default().insert(name.clone());
        }
        needs.entry(format!("{provider} (close)")).or_default().insert(name.clone());
        needs.entry(name).or_default().insert(provider);
    }
    let providers = graph.dag.nodes().filter(|(_, node)| {
        let named = |provider| needs.contains_key(&format!("{provider} (close)"));
        matches!(node, ConfigNode::Provider(_)) && named(walked_name(node, configuration))
    });
    let providers: Vec<NodeId> = providers.map(|(id, _)| id).collect();
    for id in graph.dag.closure(providers) {
        let name = walked_name(graph.dag.node(id), configuration);
        lines.extend(drawn(graph.dag.node(id), &name));
        let direct = graph.dag.dependencies(id).map(|next| walked_name(graph.dag.node(next), configuration));
        needs.entry(name).or_default().extend(direct);
    }
    lines.sort();
    drawing(needs, lines)
}

/// The whole text; everything is needed by the root.
fn drawing(mut needs: Needs, lines: Vec<String>) -> String {
    let all = needs.keys().cloned().collect();
    needs.insert("root".to_owned(), all);
    let mut text = String::from("digraph {\n\tcompound = \"true\"\n\tnewrank = \"true\"\n\tsubgraph \"root\" {\n");
    text.extend(lines);
    for (from, direct) in &needs {
        for to in reduced(&needs, direct) {
            let (from, to) = (quoted(&format!("[root] {from}")), quoted(&format!("[root] {to}")));
            let _ = writeln!(text, "\t\t{from} -> {to}");
        }
    }
    text + "\t}\n}\n"
}

/// What each node needs, by name.
type Needs = BTreeMap<String, BTreeSet<String>>;

fn walked_name(node: &ConfigNode, configuration: &Configuration) -> String {
    match node {
        ConfigNode::Variable(module, _) if module.is_root() => node.to_string(),
        ConfigNode::Provider(id) => {
            let module = if id.module.is_root() { String::new() } else { format!("{}.", id.module) };
            let alias = id.alias.as_ref().map(|alias| format!(".{alias}")).unwrap_or_default();
            format!("{module}provider[{}]{alias}", quoted(&provider_source(configuration, id)))
        }
        _ => format!("{node} (expand)"),
    }
}

/// The line that gives a node its shape, for those that have one.
fn drawn(node: &ConfigNode, name: &str) -> Option<String> {
    let shape = match node {
        ConfigNode::Resource(_) => "box",
        ConfigNode::Provider(_) => "diamond",
        ConfigNode::Variable(module, _) if module.is_root() => "note",
        _ => return None,
    };
    Some(line(name, name.trim_end_matches(" (expand)"), shape))
}

fn line(name: &str, label: &str, shape: &str) -> String {
    format!("\t\t{} [label = {}, shape = \"{shape}\"]\n", quoted(&format!("[root] {name}")), quoted(label))
}

/// Where a module or a provider ends that a node belongs to.
fn ends_around(graph: &ConfigGraph, configuration: &Configuration, node: &ConfigNode) -> Vec<String> {
    let (module, provider) = match node {
        ConfigNode::Variable(module, _)
        | ConfigNode::Local(module, _)
        | ConfigNode::Output(module, _)
        | ConfigNode::Check(module, _)
        | ConfigNode::Module(module) => (module, None),
        ConfigNode::Resource(address) => (&address.module, graph.provider_of(address)),
        ConfigNode::Provider(id) => (&id.module, Some(id)),
    };
    let provider = provider.map(|id| walked_name(&ConfigNode::Provider(id.clone()), configuration));
    let modules = (!module.is_root()).then(|| module.to_string());
    modules.into_iter().chain(provider).map(|name| format!("{name} (close)")).collect()
}

/// Of what is needed directly that which nothing else of it needs.
fn reduced<'n>(needs: &'n Needs, direct: &'n BTreeSet<String>) -> impl Iterator<Item = &'n String> {
    let next = |name: &'n String| needs.get(name).into_iter().flatten();
    let mut reached: BTreeSet<&String> = BTreeSet::new();
    let mut open: Vec<&String> = direct.iter().flat_map(next).collect();
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(next(name));
        }
    }
    direct.iter().filter(move |name| !reached.contains(name))
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
