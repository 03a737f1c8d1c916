//! `bowline taint` and `bowline untaint`

use std::sync::Arc;

use super::Exit;
use super::flags::{StateFlags, parse_bool};
use super::invocation::Invocation;
use super::stored;
use crate::address::Address;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::{Change, Instance, State};

/// The arguments of both.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// It is no error when there is no such instance
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    allow_missing: bool,
    #[command(flatten)]
    state: StateFlags,
    /// The instance
    address: String,
}

/// Marks an instance as to be replaced, or takes the mark off.
pub fn run(arguments: &Arguments, tainted: bool, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let address = Address::parse(&arguments.address).ok_or_else(|| {
        Diagnostic::error(
            "Invalid address",
            format!("{:?} is no address of a resource instance, such as azurerm_subnet.a[0].", arguments.address),
        )
    })?;
    let store = stored::store_with(invocation, &arguments.state)?;
    let operation = if tainted { "taint" } else { "untaint" };
    let found = stored::change(&store, &arguments.state.lock, operation, invocation, |state| {
        if !tainted && state.instance(&address).is_some_and(|instance| !instance.tainted) {
            return Err(Diagnostic::error(
                "Resource instance is not tainted",
                format!("{address} is not tainted, so there is nothing to take back."),
            )
            .into());
        }
        let found = mark(state, &address, tainted);
        if !found && !arguments.allow_missing {
            return Err(missing(&address, tainted).into());
        }
        Ok(found)
    })?;
    invocation.print_line(&match (found, tainted) {
        (true, true) => format!("Resource instance {address} has been marked as tainted."),
        (true, false) => format!("Resource instance {address} has been successfully untainted."),
        (false, _) => format!("No such resource instance: {address}. Nothing was changed."),
    });
    Ok(Exit::Success)
}

fn mark(state: &mut State, address: &Address, tainted: bool) -> bool {
    let (Some(provider), Some(instance)) = (state.provider(address), state.instance(address)) else { return false };
    let instance = Arc::new(Instance { tainted, ..Instance::clone(instance) });
    let put = Change::Put { object: address.clone().into(), provider: provider.clone(), instance };
    state.apply(&put);
    true
}

fn missing(address: &Address, tainted: bool) -> Diagnostic {
    let what = if tainted { "tainted" } else { "untainted" };
    Diagnostic::error(
        "No such resource instance",
        format!(
            "There is no resource instance in the state with the address {address}. If the resource configuration has just \
             been added, you must run \"bowline apply\" once to create the corresponding instance(s) before they can be \
             {what}."
        ),
    )
}
