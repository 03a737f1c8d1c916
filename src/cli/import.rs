//! `bowline import`: takes over an object that exists. It is recorded as it is; nothing in the world changes.

use std::sync::Arc;

use clap::Args;

use super::Exit;
use super::flags::{OutputFlags, StateFlags, VariableFlags, parse_bool};
use super::invocation::{Invocation, runtime};
use super::loading::{self, Loaded, SimulateFlags};
use super::planning::make;
use super::stored;
use super::variables::Missing;
use crate::address::{Address, ResourceMode};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Options, Plan, Target, recorded};
use crate::report::progress::Progress;
use crate::state::Change;

/// Record an object that exists under an address of the configuration
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bowline import azurerm_resource_group.main \
                        /subscriptions/SUBSCRIPTION/resourceGroups/rg-payments\n  \
                        bowline import 'azurerm_user_assigned_identity.workload[\"api\"]' ID\n\nAn import block in the \
                        configuration does the same with a plan that can be reviewed first.")]
pub struct Arguments {
    /// Ask for variables that are not set
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true",
          default_missing_value = "true", value_parser = parse_bool, action = clap::ArgAction::Set)]
    input: bool,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    state: StateFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    simulate: SimulateFlags,
    /// The resource instance that is to hold it
    address: String,
    /// The object's id, for Azure its ARM id
    id: String,
}

/// Runs the command.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let address = Address::parse(&arguments.address)
        .filter(|address| address.resource.mode == ResourceMode::Managed)
        .ok_or_else(|| invalid(&arguments.address))?;
    let may_ask = invocation.may_ask(arguments.input);
    let mut loaded = loading::load(invocation, Some((&arguments.variables, Missing::of(may_ask))))?;
    if loaded.configuration.resource(&address.config()).is_none() {
        return Err(not_configured(&address).into());
    }
    let store = stored::store_with(invocation, &arguments.state)?;
    let lock = stored::lock(&store, &arguments.state.lock, "OperationTypeImport", invocation)?;
    let recorded = store.load()?;
    if let Some(unfinished) = recorded.unfinished().first() {
        return Err(stored::interrupted(unfinished).into());
    }
    let mut state = recorded.state.clone();
    if state.instance(&address).is_some() {
        return Err(already_managed(&address).into());
    }
    invocation.print_line(&format!("{address}: Importing from ID {:?}...", arguments.id));
    let options = Options {
        refresh: false,
        targets: vec![Target::Instance(address.clone())],
        imports: vec![(address.clone(), arguments.id.clone())],
        ..Options::default()
    };
    let progress = Arc::new(Progress::new(invocation.out, false));
    let (plan, found) = runtime()?.block_on(async {
        let azure = loaded.simulate(&arguments.simulate).await?;
        let result = make(&loaded, invocation, recorded, &options, &progress).await;
        if let Some(azure) = azure {
            azure.shutdown().await;
        }
        Ok::<_, Diagnostics>(result)
    })?;
    loading::refuse_errors(invocation, found)?;
    let change = taken_over(&plan, &loaded, &address).ok_or_else(|| no_such_instance(&address))?;
    state.apply(&change);
    store.save(&lock, &mut state)?;
    lock.release()?;
    invocation.print_line(&format!("{address}: Import prepared!\n  Prepared {} for import", address.resource.kind));
    invocation.print_line(
        "\nImport successful!\n\nThe resources that were imported are shown above. These resources are now in\nyour Bowline \
         state and will henceforth be managed by Bowline.\n",
    );
    Ok(Exit::Success)
}

/// The object as it is, to be recorded.
fn taken_over(plan: &Plan, loaded: &Loaded, address: &Address) -> Option<Change> {
    let change = plan.changes.iter().find(|change| change.address == *address && change.importing.is_some())?;
    let kind = loaded.registry.find(&change.provider.source)?.kind(&address.resource.kind)?;
    let instance = recorded::encode(kind, &change.before, change.private.clone(), change.dependencies.clone());
    Some(Change::Put {
        object: address.clone().into(),
        provider: change.provider.clone(),
        instance: Arc::new(instance),
    })
}

fn invalid(text: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid address",
        format!("{text:?} is no address of a managed resource instance, such as azurerm_subnet.a[0]."),
    )
}

fn not_configured(address: &Address) -> Diagnostic {
    let place = if address.module.is_root() { "the root module".into() } else { format!("{}", address.module) };
    Diagnostic::error(
        format!("resource address {:?} does not exist in the configuration.", address.to_string()),
        format!(
            "Before importing this resource, please create its configuration in {place}. For example:\n\nresource {:?} {:?} {{\n  \
             # (resource arguments)\n}}",
            &*address.resource.kind, &*address.resource.name
        ),
    )
}

fn already_managed(address: &Address) -> Diagnostic {
    Diagnostic::error(
        "Resource already managed by Bowline",
        format!(
            "Bowline is already managing a remote object for {address}. To import to this address you must first remove the \
             existing object from the state."
        ),
    )
}

fn no_such_instance(address: &Address) -> Diagnostic {
    Diagnostic::error(
        "Configuration for import target does not exist",
        format!(
            "The configuration has the block of {address}, but no instance of this key. Give the key that count or for_each \
             has, or add it there."
        ),
    )
}
