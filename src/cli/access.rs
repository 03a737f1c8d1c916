//! `bowline access`: who can do what, over what is recorded or what a saved plan leads to.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Exit;
use super::flags::{OutputFlags, parse_bool};
use super::invocation::Invocation;
use super::{loading, meaning, saving, stored};
use crate::access::{self, World};
use crate::azure::arm_id::ArmId;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report::access_text;

/// Tell who can do what
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  bowline access who-can Microsoft.KeyVault/vaults/secrets/getSecret/action on azapi_resource.vault\n  \
                        bowline access what-can shop/checkout\n  bowline access path shop/checkout azapi_resource.vault\n  \
                        bowline access what-can -plan=plan.out nodes"
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
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Read the state from this file
    #[arg(long, value_name = "PATH", conflicts_with = "plan")]
    state: Option<PathBuf>,
    /// As JSON
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    json: bool,
    #[command(flatten)]
    output: OutputFlags,
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
    let found = access::who_can(&world, &arguments.action, &place(&world, text)?);
    let nobody = format!("Nobody that is managed here can do {} there.", arguments.action);
    show(&arguments.common, invocation, &found, access_text::reach_json, &nobody);
    Ok(Exit::Success)
}

fn what_can(arguments: &WhatCan, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let world = world(&arguments.common, invocation)?;
    let found = access::what_can(&world, &arguments.who);
    let nothing = format!("{:?} has no access that is managed here.", arguments.who);
    show(&arguments.common, invocation, &found, access_text::access_json, &nothing);
    Ok(Exit::Success)
}

fn path(arguments: &Path, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let world = world(&arguments.common, invocation)?;
    let found = access::path(&world, &arguments.from, &place(&world, &arguments.to)?);
    if arguments.common.json {
        let hop = |hop: &access::Hop| serde_json::json!({ "to": hop.to, "by": hop.by });
        let ways: Vec<_> = found.iter().map(|way| way.iter().map(hop).collect::<Vec<_>>()).collect();
        invocation.print_line(&serde_json::json!({ "format_version": "1.0", "paths": ways }).to_string());
    } else if found.is_empty() {
        invocation.print_line(&format!("No way leads from {:?} there.", arguments.from));
    } else {
        let ways: Vec<String> = found.iter().map(|way| access_text::path(&arguments.from, way)).collect();
        invocation.print(&ways.join("\n"));
    }
    Ok(Exit::Success)
}

fn show<T: ToString>(
    common: &Common,
    invocation: &Invocation,
    found: &[T],
    json: fn(&T) -> serde_json::Value,
    nothing: &str,
) {
    if common.json {
        let answers: Vec<_> = found.iter().map(json).collect();
        invocation.print_line(&serde_json::json!({ "format_version": "1.0", "access": answers }).to_string());
    } else if found.is_empty() {
        invocation.print_line(nothing);
    } else {
        invocation.print(&access_text::lines(found));
    }
}

fn world(common: &Common, invocation: &mut Invocation) -> Result<World, Diagnostics> {
    let _ = common.output;
    if let Some(path) = &common.plan {
        return meaning::after_saved(&saving::read(path, invocation)?, invocation);
    }
    let state = stored::store(invocation, common.state.as_ref())?.load()?.state;
    Ok(access::recorded(&state, &loading::registry()))
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
