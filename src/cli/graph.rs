//! `bowline graph`

use super::Exit;
use super::invocation::Invocation;
use super::loading;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report::graph_dot;

/// Print what needs what, as Graphviz reads it
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// "plan" or "apply" for everything; without it, resources only
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Accepted for the sake of scripts; cycles are always refused, with their path
    #[arg(long, hide = true)]
    draw_cycles: bool,
}

/// Prints it.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let loaded = loading::load(invocation, None)?;
    let text = match arguments.kind.as_deref() {
        None => graph_dot::resources(&loaded.graph),
        Some("plan" | "plan-refresh-only" | "plan-destroy" | "apply") => graph_dot::everything(&loaded.graph),
        Some(other) => {
            return Err(Diagnostic::error(
                "Unsupported graph type",
                format!("There is no graph of type {other:?}. Use plan, plan-refresh-only, plan-destroy or apply."),
            )
            .into());
        }
    };
    invocation.print(&text);
    Ok(Exit::Success)
}
