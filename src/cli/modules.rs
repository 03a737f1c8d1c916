//! `bowline modules`: which modules the configuration calls.

use serde_json::json;

use super::Exit;
use super::flags::OutputFlags;
use super::invocation::Invocation;
use super::loading;
use crate::config::Module;
use crate::diagnostic::Diagnostics;

/// List the modules that the configuration calls
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    output: OutputFlags,
}

/// Runs the command.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let loaded = loading::load(invocation, None)?;
    let root = &loaded.configuration.root;
    if arguments.json {
        let mut modules = Vec::new();
        collect(root, &mut modules);
        invocation.print_line(&json!({ "format_version": "1.0", "modules": modules }).to_string());
        return Ok(Exit::Success);
    }
    if root.calls.is_empty() {
        invocation.print_line("No modules found in configuration.");
        return Ok(Exit::Success);
    }
    invocation.print_line("\nModules declared by configuration:\n.");
    branches(root, "", invocation);
    invocation.print_line("");
    Ok(Exit::Success)
}

fn collect(module: &Module, modules: &mut Vec<serde_json::Value>) {
    for (name, child) in &module.children {
        let Some(call) = module.calls.get(name) else { continue };
        let version = call.version.as_ref().map_or("", |version| &version.value);
        modules.push(json!({ "key": &*call.name, "source": &*call.source.value, "version": version }));
        collect(child, modules);
    }
}

fn branches(module: &Module, indent: &str, invocation: &Invocation) {
    let last = module.calls.len().saturating_sub(1);
    for (index, call) in module.calls.values().enumerate() {
        let (branch, below) = if index == last { ("└── ", "    ") } else { ("├── ", "│   ") };
        let version = call.version.as_ref().map(|v| format!(" {}", v.value)).unwrap_or_default();
        invocation.print_line(&format!("{indent}{branch}\"{}\"[{}]{version}", call.name, call.source.value));
        if let Some(child) = module.children.get(&call.name) {
            branches(child, &format!("{indent}{below}"), invocation);
        }
    }
}
