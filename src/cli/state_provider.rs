//! `bowline state replace-provider` and `bowline state identities`

use serde_json::{Map, Value as Json};

use super::Exit;
use super::flags::{StateFlags, parse_bool};
use super::invocation::Invocation;
use super::stored;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::{ResourceKey, State};

/// The arguments of `state replace-provider`.
#[derive(Debug, clap::Args)]
pub struct Replace {
    /// Do not ask
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    auto_approve: bool,
    #[command(flatten)]
    state: StateFlags,
    /// The provider's present source address: hashicorp/azurerm
    from: String,
    /// The new one
    to: String,
}

/// The arguments of `state identities`.
#[derive(Debug, clap::Args)]
pub struct Identities {
    /// Print JSON; there is no other form
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    json: bool,
    #[command(flatten)]
    state: StateFlags,
    /// Only these resource instances
    addresses: Vec<String>,
}

/// Gives every resource of a provider another one.
pub fn replace(arguments: &Replace, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let (from, to) = (source(&arguments.from)?, source(&arguments.to)?);
    let store = stored::store_with(invocation, &arguments.state)?;
    let replaced = stored::change(&store, &arguments.state.lock, "state-replace-provider", invocation, |state| {
        let found = of_provider(state, &from);
        if found.is_empty() {
            return Ok(0);
        }
        invocation.print_line(&format!(
            "Bowline will perform the following actions:\n\n  ~ Updating provider:\n    - {from}\n    + {to}\n\nChanging {} \
             resources:\n",
            found.len()
        ));
        for key in &found {
            invocation.print_line(&format!("  {key}"));
        }
        let question =
            "\nDo you want to make these changes?\nOnly 'yes' will be accepted to continue.\n\nEnter a value: ";
        if !arguments.auto_approve && invocation.ask(question).as_deref() != Some("yes") {
            return Err(Diagnostic::error("Cancelled replacing providers", "Nothing was changed.").into());
        }
        for key in &found {
            if let Some(resource) = state.resources.get_mut(key) {
                resource.provider.source = to.as_str().into();
            }
        }
        Ok(found.len())
    })?;
    invocation.print_line(&match replaced {
        0 => "No matching resources found.".to_owned(),
        count => format!("\nSuccessfully replaced provider for {count} resources."),
    });
    Ok(Exit::Success)
}

fn of_provider(state: &State, source: &str) -> Vec<ResourceKey> {
    let found = state.resources.iter().filter(|(_, resource)| *resource.provider.source == *source);
    found.map(|(key, _)| key.clone()).collect()
}

/// A source address with the parts that may be left out.
fn source(text: &str) -> Result<String, Diagnostic> {
    let parts: Vec<&str> = text.split('/').collect();
    let plain = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:".contains(c));
    match parts.as_slice() {
        parts if !parts.iter().all(plain) => {}
        [name] => return Ok(format!("registry.terraform.io/hashicorp/{name}")),
        [namespace, name] => return Ok(format!("registry.terraform.io/{namespace}/{name}")),
        [_, _, _] => return Ok(text.to_owned()),
        _ => {}
    }
    Err(Diagnostic::error(
        "Invalid provider source address",
        format!("{text:?} is no source address of a provider: write [HOST/]NAMESPACE/NAME, such as hashicorp/azurerm."),
    ))
}

/// Prints what newer providers record to recognise their objects by.
pub fn identities(arguments: &Identities, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    if !arguments.json {
        return Err(Diagnostic::error(
            "The -json flag is required",
            "The \"state identities\" command requires the -json flag: there is no other form yet.",
        )
        .into());
    }
    let state = stored::store_with(invocation, &arguments.state)?.load()?.state;
    let mut found = Map::new();
    for (object, _, instance) in state.objects().filter(|(object, ..)| object.deposed.is_none()) {
        let address = object.address.to_string();
        let wanted = arguments.addresses.is_empty() || arguments.addresses.contains(&address);
        let identity = instance.identity.as_ref().and_then(|identity| identity.attributes.as_ref());
        if let (true, Some(identity)) = (wanted, identity) {
            found.insert(address, identity.to_json());
        }
    }
    invocation.print_line(&Json::Object(found).to_string());
    Ok(Exit::Success)
}
