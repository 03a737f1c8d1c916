//! `bowline providers`

use std::collections::BTreeSet;

use super::Exit;
use super::flags::OutputFlags;
use super::invocation::Invocation;
use super::loading;
use crate::diagnostic::Diagnostics;
use crate::graph::{ConfigNode, provider_source};
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
            invocation.print_line(&schema_json::providers(&loading::registry()).to_string());
        }
        None => {
            let loaded = loading::load(invocation, None)?;
            invocation.print_line("\nProviders required by configuration:");
            for source in used(&loaded) {
                invocation.print_line(&format!("- provider[{source}]"));
            }
        }
    }
    Ok(Exit::Success)
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
