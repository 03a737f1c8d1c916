//! `bowline providers`

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::Exit;
use super::flags::OutputFlags;
use super::invocation::Invocation;
use super::loading;
use crate::config::{Constraint, Module, full_source};
use crate::diagnostic::Diagnostics;
use crate::graph::{ConfigNode, provider_name, provider_source};
use crate::report::schema_json;

/// The arguments of `providers`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    output: OutputFlags,
}

/// What can be told of providers beside which are used.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print the schemas of all kinds as JSON
    Schema {
        /// As JSON; there is no other form
        #[arg(long)]
        json: bool,
    },
}

/// Lists the providers that the configuration uses, or prints the schemas.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    match arguments.command {
        Some(Command::Schema { .. }) => {
            // A folder that holds no stack, or a broken one, asks for no versions.
            let (configuration, _) = loading::read_alone(&PathBuf::from("."), &mut invocation.sources);
            let asked = asked_for(&configuration.root);
            let versions = |source: &str| asked.get(source).map(String::as_str);
            invocation.print_line(&schema_json::providers(&loading::registry(), versions).to_string());
        }
        None => {
            let loaded = loading::load(invocation, None)?;
            invocation.print_line("\nProviders required by configuration:\n.");
            let mut lines = Vec::new();
            draw(&loaded.configuration.root, "", &mut lines);
            lines.push(String::new());
            for line in &lines {
                invocation.print_line(line);
            }
        }
    }
    Ok(Exit::Success)
}

/// The branches of a module: the providers that it needs itself, with the versions that it asks for, and the modules
/// that it calls.
fn draw(module: &Module, before: &str, lines: &mut Vec<String>) {
    let providers = required(module);
    let mut children: Vec<(&Arc<str>, &Module)> = module.children.iter().collect();
    children.sort_by_key(|(name, _)| *name);
    let mut left = providers.len() + children.len();
    let mut branch = |text: String, lines: &mut Vec<String>| {
        left -= 1;
        let (arm, stem) = if left == 0 { ("└──", "    ") } else { ("├──", "│   ") };
        lines.push(format!("{before}{arm} {text}"));
        format!("{before}{stem}")
    };
    for (source, versions) in providers {
        branch(format!("provider[{source}]{versions}"), lines);
    }
    for (name, child) in children {
        let before = branch(format!("module.{name}"), lines);
        draw(child, &before, lines);
    }
}

/// The providers that a module names, configures, or has resources of, and which versions of them will do.
fn required(module: &Module) -> BTreeMap<String, String> {
    let mut names: BTreeSet<Arc<str>> = module.required_providers.keys().cloned().collect();
    names.extend(module.providers.iter().map(|block| block.name.clone()));
    names.extend(module.resources.values().map(|resource| provider_name(Some(module), resource)));
    let described = |name: Arc<str>| {
        let required = module.required_providers.get(&name);
        let written = required.and_then(|required| required.source.as_ref()).map(|source| source.value.clone());
        let source = match written {
            Some(source) => full_source(&source),
            None if &*name == "terraform" => "terraform.io/builtin/terraform".to_owned(),
            None => full_source(&name),
        };
        let versions = required.and_then(|required| Constraint::parse(&required.version.as_ref()?.value));
        (source, versions.map(|versions| format!(" {versions}")).unwrap_or_default())
    };
    names.into_iter().map(described).collect()
}

/// The versions of providers that a module asks for, by their source addresses.
fn asked_for(module: &Module) -> BTreeMap<String, String> {
    let required = module.required_providers.iter().filter_map(|(name, required)| {
        let source = required.source.as_ref().map_or_else(|| full_source(name), |source| full_source(&source.value));
        Some((source, required.version.as_ref()?.value.to_string()))
    });
    required.collect()
}

/// The source addresses of the providers that the configuration's resources and provider blocks need.
pub fn used(loaded: &loading::Loaded) -> BTreeSet<String> {
    let nodes = loaded.graph.dag.nodes();
    let providers = nodes.filter_map(|(_, node)| match node {
        ConfigNode::Resource(address) => loaded.graph.provider_of(address),
        ConfigNode::Provider(provider) => Some(provider),
        _ => None,
    });
    providers.map(|provider| provider_source(&loaded.configuration, provider)).collect()
}
