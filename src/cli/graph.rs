//! `bowline graph`

use std::path::PathBuf;

use super::Exit;
use super::flags::VariableFlags;
use super::invocation::Invocation;
use super::variables::Missing;
use super::{loading, meaning, saving, stored};
use crate::access::{self, World};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::ConfigGraph;
use crate::plan;
use crate::report::graph_picture::{self, By};
use crate::report::picture::{Picture, Tone};
use crate::report::{access_picture, graph_dot, html};

/// Print what needs what, as Graphviz reads it or as a picture
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  bowline graph | dot -Tsvg > graph.svg\n  bowline graph -format=svg -by=workload > stack.svg\n  \
                  bowline graph -plan=plan.out -format=html > plan.html\n  bowline graph -access -format=mermaid"
)]
pub struct Arguments {
    /// "plan" or "apply" for everything; without it, resources only
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// How to draw; without it, DOT in Terraform's layout
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
    /// What to draw as one box; without it, modules once there is too much to be read
    #[arg(long, value_name = "WHAT", value_enum)]
    by: Option<By>,
    /// Draw who reaches what instead
    #[arg(long)]
    access: bool,
    /// Draw a saved plan, coloured by what it does
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    variables: VariableFlags,
    /// Accepted for the sake of scripts; cycles are always refused, with their path
    #[arg(long, hide = true)]
    draw_cycles: bool,
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For Graphviz.
    Dot,
    /// For Markdown.
    Mermaid,
    /// A picture.
    Svg,
    /// A page that shows the picture.
    Html,
}

/// Prints it.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let is_picture =
        arguments.format.is_some() || arguments.by.is_some() || arguments.access || arguments.plan.is_some();
    if is_picture {
        return draw(arguments, invocation);
    }
    let loaded = loading::load(invocation, None)?;
    let text = match arguments.kind.as_deref() {
        None => graph_dot::resources(&loaded.graph),
        Some("plan-destroy") => {
            let state = stored::store(invocation, None)?.load()?.state;
            graph_dot::destroyed(&loaded.graph, &loaded.configuration, &state)
        }
        Some(kind @ ("plan" | "plan-refresh-only" | "apply")) => {
            graph_dot::walked(&loaded.graph, &loaded.configuration, kind != "apply")
        }
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

fn draw(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let picture = match &arguments.plan {
        Some(path) => {
            let saved = saving::read(path, invocation)?;
            let (graph, meaning) = meaning::drawn(&saved, invocation)?;
            if arguments.access {
                access_picture::of_changes(&meaning.access)
            } else {
                of_plan(&graph, &saved.plan, arguments.by, &meaning.after)
            }
        }
        None => {
            let loaded = loading::load(invocation, Some((&arguments.variables, Missing::Unknown)))?;
            let functions = loaded.functions(Some(jiff::Timestamp::now()));
            let setting = loaded.setting(invocation);
            let foreseen = plan::foresee(setting, functions.context(), loaded.variables.clone());
            let world = access::foreseen(&foreseen);
            if arguments.access {
                access_picture::of_access(world.access().iter())
            } else {
                let instances: Vec<_> = foreseen.values.into_keys().map(|address| (address, Tone::Plain)).collect();
                graph_picture::of_instances(&loaded.graph, &instances, arguments.by, &world.workloads())
            }
        }
    };
    invocation.print(&match arguments.format.unwrap_or(Format::Dot) {
        Format::Dot => picture.dot(),
        Format::Mermaid => picture.mermaid(),
        Format::Svg => picture.svg(),
        Format::Html => html::picture(&picture),
    });
    Ok(Exit::Success)
}

/// The picture of a plan.
pub fn of_plan(graph: &ConfigGraph, plan: &plan::Plan, by: Option<By>, after: &World) -> Picture {
    let current = plan.changes.iter().filter(|change| change.deposed.is_none());
    let instances: Vec<_> = current.map(|change| (change.address.clone(), Tone::of(change.action))).collect();
    graph_picture::of_instances(graph, &instances, by, &after.workloads())
}
