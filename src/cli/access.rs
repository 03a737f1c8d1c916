//! `bowline access`: who can do what, over what is recorded or what a saved plan leads to.

use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::Exit;
use super::flags::{OutputFlags, VariableFlags, parse_bool};
use super::invocation::{Invocation, runtime};
use super::loading::SimulateFlags;
use super::variables::Missing;
use super::{loading, meaning, saving, stored};
use crate::access::{self, Access, World};
use crate::azure::arm_id::ArmId;
use crate::config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan;
use crate::provider::Session;
use crate::report::{access_picture, access_text};

/// The provider through which live Azure is looked at.
const AZURERM: &str = "registry.terraform.io/hashicorp/azurerm";

/// Tell who can do what
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  bowline access who-can Microsoft.KeyVault/vaults/secrets/getSecret/action on azapi_resource.vault\n  \
                        bowline access what-can shop/checkout\n  bowline access path shop/checkout azapi_resource.vault\n  \
                        bowline access what-can -plan=plan.out aks-prod\n  bowline access who-can -live -format=table Microsoft.Authorization/roleAssignments/write /subscriptions/SUBSCRIPTION\n  \
                        bowline access what-can -format=svg shop/checkout > checkout.svg"
)]
pub enum Command {
    /// Who can do an action at a place
    WhoCan(WhoCan),
    /// What a service account, an identity, a cluster or a principal can do
    WhatCan(WhatCan),
    /// Every way from somebody to a place
    Path(Path),
}

/// Where to look, and how to answer.
#[derive(Debug, Args)]
pub struct Common {
    /// Look at what this saved plan leads to, not at what is recorded
    #[arg(long, value_name = "FILE", conflicts_with_all = ["state", "configuration", "live"])]
    plan: Option<PathBuf>,
    /// Read the state from this file
    #[arg(long, value_name = "PATH", conflicts_with_all = ["configuration"])]
    state: Option<PathBuf>,
    /// Look at what the configuration alone leads to, without state and Azure
    #[arg(long, conflicts_with = "live")]
    configuration: bool,
    /// Look at everything in the subscription as Azure has it now, also at what no stack manages
    #[arg(long)]
    live: bool,
    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// As JSON: the same as -format=json
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    json: bool,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    simulate: SimulateFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// In words, a line each.
    Text,
    /// In columns.
    Table,
    /// For tools.
    Json,
    /// A picture for Graphviz.
    Dot,
    /// A picture for Markdown.
    Mermaid,
    /// A picture.
    Svg,
}

impl Common {
    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// The arguments of `access who-can`.
#[derive(Debug, Args)]
pub struct WhoCan {
    #[command(flatten)]
    common: Common,
    /// The action, as Azure names it: Microsoft.KeyVault/vaults/secrets/getSecret/action
    action: String,
    /// The place, after an "on" or not: an ARM id, or the address of a resource instance
    #[arg(required = true, num_args = 1..=2, value_name = "PLACE")]
    place: Vec<String>,
}

/// The arguments of `access what-can`.
#[derive(Debug, Args)]
pub struct WhatCan {
    #[command(flatten)]
    common: Common,
    /// A service account (namespace/name), the name of an identity or a cluster, an object id, a credential's subject
    who: String,
}

/// The arguments of `access path`.
#[derive(Debug, Args)]
pub struct Path {
    #[command(flatten)]
    common: Common,
    /// As for what-can
    from: String,
    /// An ARM id, or the address of a resource instance
    to: String,
}

/// Runs one of them.
pub fn run(command: &Command, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    match command {
        Command::WhoCan(arguments) => who_can(arguments, invocation),
        Command::WhatCan(arguments) => what_can(arguments, invocation),
        Command::Path(arguments) => path(arguments, invocation),
    }
}

fn who_can(arguments: &WhoCan, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let text = match arguments.place.as_slice() {
        [on, place] if on == "on" => place,
        [place] => place,
        _ => return Err(Diagnostic::error("Too many arguments", "Give one action and one place.").into()),
    };
    let world = world(&arguments.common, invocation)?;
    let answer = access::who_can(&world, &arguments.action, &place(&world, text)?);
    let found = Found {
        all: &answer.can,
        json: access_text::reach_json,
        nothing: format!("Nobody that is known here can do {} there.", arguments.action),
        denied: (access_text::denied(&answer.denied), access_text::denied_json(&answer.denied)),
    };
    show(&arguments.common, invocation, &found, answer.can.iter().map(|reach| &reach.access));
    Ok(Exit::Success)
}

fn what_can(arguments: &WhatCan, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let world = world(&arguments.common, invocation)?;
    let found = access::what_can(&world, &arguments.who);
    let denials = access::denials(&world, &found);
    let answer = Found {
        all: &found,
        json: access_text::access_json,
        nothing: format!("{:?} has no access that is known here.", arguments.who),
        denied: (access_text::denials(&denials), access_text::denials_json(&denials)),
    };
    show(&arguments.common, invocation, &answer, found.iter());
    Ok(Exit::Success)
}

fn path(arguments: &Path, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let world = world(&arguments.common, invocation)?;
    let place = place(&world, &arguments.to)?;
    let found = access::path(&world, &arguments.from, &place);
    let nowhere = format!("No way leads from {:?} there.", arguments.from);
    match arguments.common.format() {
        Format::Json => {
            let hop = |hop: &access::Hop| serde_json::json!({ "to": hop.to, "by": hop.by });
            let ways: Vec<_> = found.iter().map(|way| way.iter().map(hop).collect::<Vec<_>>()).collect();
            invocation.print_line(&serde_json::json!({ "format_version": "1.0", "paths": ways }).to_string());
        }
        Format::Text | Format::Table if found.is_empty() => invocation.print_line(&nowhere),
        Format::Text | Format::Table => {
            let ways: Vec<String> = found.iter().map(|way| access_text::path(&arguments.from, way)).collect();
            invocation.print(&ways.join("\n"));
            let reaching = access::what_can(&world, &arguments.from);
            let reaching: Vec<Access> = reaching.into_iter().filter(|access| access.scope.covers(&place)).collect();
            invocation.print(&access_text::denials(&access::denials(&world, &reaching)));
        }
        picture => {
            let reaching = access::what_can(&world, &arguments.from);
            let reaching = reaching.iter().filter(|access| access.scope.covers(&place));
            draw(picture, reaching, invocation);
        }
    }
    Ok(Exit::Success)
}

/// What was found, and how it is told.
struct Found<'a, T> {
    all: &'a [T],
    json: fn(&T) -> serde_json::Value,
    /// When there is none.
    nothing: String,
    /// What is denied, for people and for tools.
    denied: (String, serde_json::Value),
}

fn show<'a, T: ToString>(
    common: &Common,
    invocation: &Invocation,
    found: &Found<'_, T>,
    access: impl Iterator<Item = &'a Access> + Clone,
) {
    let (denied, denied_json) = &found.denied;
    match common.format() {
        Format::Json => {
            let answers: Vec<_> = found.all.iter().map(found.json).collect();
            let answer = serde_json::json!({ "format_version": "1.0", "access": answers, "denied": denied_json });
            invocation.print_line(&answer.to_string());
        }
        Format::Text | Format::Table => {
            match (found.all.is_empty(), common.format()) {
                (true, _) => invocation.print_line(&found.nothing),
                (_, Format::Table) => invocation.print(&access_text::table(access.clone())),
                _ => invocation.print(&access_text::lines(found.all)),
            }
            invocation.print(denied);
            invocation.print(&access_text::untold(access));
        }
        picture => draw(picture, access, invocation),
    }
}

fn draw<'a>(format: Format, access: impl Iterator<Item = &'a Access>, invocation: &Invocation) {
    let picture = access_picture::of_access(access);
    invocation.print(&match format {
        Format::Mermaid => picture.mermaid(),
        Format::Svg => picture.svg(),
        _ => picture.dot(),
    });
}

fn world(common: &Common, invocation: &mut Invocation) -> Result<World, Diagnostics> {
    let _ = common.output;
    if let Some(path) = &common.plan {
        return meaning::after_saved(&saving::read(path, invocation)?, invocation);
    }
    if common.configuration {
        let loaded = loading::load(invocation, Some((&common.variables, Missing::Unknown)))?;
        return Ok(meaning::leading_to(&loaded, invocation));
    }
    let state = stored::store(invocation, common.state.as_ref())?.load()?.state;
    let mut recorded = access::recorded(&state, &loading::registry());
    let mut found = Diagnostics::new();
    let groups = config::read_preferences(FsPath::new(""), &mut invocation.sources, &mut found).groups;
    if found.has_errors() {
        return Err(found);
    }
    if !common.live {
        recorded.know_groups(&groups);
        return Ok(recorded);
    }
    let mut loaded = loading::load(invocation, Some((&common.variables, Missing::Unknown)))?;
    runtime()?.block_on(async {
        let azure = loaded.simulate(&common.simulate).await?;
        let functions = loaded.functions(None);
        let setting = loaded.setting(invocation);
        let (mut inspection, _) = plan::inspect(setting, functions.context(), loaded.variables.clone(), &state);
        let session = connected(&mut inspection, AZURERM).await?;
        let mut world = access::survey(session.reader(), &recorded.resources).await?;
        world.know_groups(&groups);
        if let Some(azure) = azure {
            azure.shutdown().await;
        }
        Ok(world)
    })
}

/// Opens a session of a provider, by its source, with what the configuration and the environment say.
pub async fn connected(inspection: &mut plan::Inspection<'_>, source: &str) -> Result<Arc<dyn Session>, Diagnostics> {
    match inspection.connect(source) {
        Some(opening) => opening.await,
        None => Err(Diagnostic::error(
            "Azure cannot be reached",
            "The provider block of azurerm cannot be evaluated. Run \"bowline validate\".",
        )
        .into()),
    }
}

/// The place that a text names.
fn place(world: &World, text: &str) -> Result<ArmId, Diagnostic> {
    if text.starts_with('/') {
        return ArmId::parse(text)
            .map_err(|why| Diagnostic::error("Invalid ARM id", format!("{text:?} is no ARM id: {why}.")));
    }
    let named = world.resources.iter().find(|(address, _)| address.to_string() == text);
    named.map(|(_, id)| id.clone()).ok_or_else(|| {
        Diagnostic::error(
            "Unknown place",
            format!("{text:?} is neither an ARM id nor the address of a resource instance with one."),
        )
    })
}
