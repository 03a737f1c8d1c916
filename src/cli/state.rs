//! `bowline state`

use std::io::Read;
use std::path::PathBuf;

use super::Exit;
use super::flags::{LockFlags, OutputFlags, StateFlags, parse_bool};
use super::invocation::Invocation;
use super::{loading, state_history, state_provider, stored};
use crate::address::{Address, InstanceKey, ModuleInstance};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report::state_text;
use crate::state::{State, format};

/// Look into the recorded state, or change it by hand
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the recorded resource instances
    List(List),
    /// Show one recorded resource instance
    Show(Show),
    /// Print the whole state as JSON
    Pull,
    /// Replace the state by that of a file
    Push(Push),
    /// Forget resource instances; they stay as they are in the world
    Rm(Remove),
    /// Give a resource instance or a module another address
    Mv(Move),
    /// Give the resources of a provider another provider
    ReplaceProvider(state_provider::Replace),
    /// Print what objects are recognised by
    Identities(state_provider::Identities),
    /// List the last versions of the state: who wrote each, when, and what changed
    History(state_history::History),
    /// Record once more what an earlier version said
    Restore(state_history::Restore),
}

/// The arguments of `state list`.
#[derive(Debug, clap::Args)]
pub struct List {
    /// Read the state from this file
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
    /// Only those of which the attribute "id" is this
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Only these resources, instances or modules
    addresses: Vec<String>,
}

/// The arguments of `state show`.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// Read the state from this file
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
    #[command(flatten)]
    output: OutputFlags,
    /// The instance
    address: String,
}

/// The arguments of `state push`.
#[derive(Debug, clap::Args)]
pub struct Push {
    /// Even when it does not follow the present state
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    force: bool,
    #[command(flatten)]
    lock: LockFlags,
    /// The file; "-" reads standard input
    path: PathBuf,
}

/// The arguments of `state rm`.
#[derive(Debug, clap::Args)]
pub struct Remove {
    /// Only tell what would be forgotten
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    dry_run: bool,
    #[command(flatten)]
    state: StateFlags,
    /// Resources, instances or modules
    #[arg(required = true)]
    addresses: Vec<String>,
}

/// The arguments of `state mv`.
#[derive(Debug, clap::Args)]
pub struct Move {
    /// Only tell what would be moved
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    dry_run: bool,
    #[command(flatten)]
    state: StateFlags,
    /// The present address
    from: String,
    /// The new one
    to: String,
}

/// What an address on the command line can name.
enum Named {
    Module(ModuleInstance),
    /// A resource with all its instances when the address has no key, or one instance.
    Resource(Address),
}

/// Runs one of them.
pub fn run(command: Command, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    match command {
        Command::List(arguments) => list(&arguments, invocation),
        Command::Show(arguments) => show(&arguments, invocation),
        Command::Pull => pull(invocation),
        Command::Push(arguments) => push(&arguments, invocation),
        Command::Rm(arguments) => remove(&arguments, invocation),
        Command::Mv(arguments) => rename(&arguments, invocation),
        Command::ReplaceProvider(arguments) => state_provider::replace(&arguments, invocation),
        Command::Identities(arguments) => state_provider::identities(&arguments, invocation),
        Command::History(arguments) => state_history::history(&arguments, invocation),
        Command::Restore(arguments) => state_history::restore(&arguments, invocation),
    }
}

fn list(arguments: &List, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let state = stored::store(invocation, arguments.state.as_ref())?.load()?.state;
    if state.lineage.is_empty() && state.is_empty() {
        return Err(no_state().into());
    }
    let wanted = arguments.addresses.iter().map(|text| Named::parse(text)).collect::<Result<Vec<_>, _>>()?;
    for (named, text) in wanted.iter().zip(&arguments.addresses) {
        if covered(&state, std::slice::from_ref(named)).is_empty() {
            return Err(named.not_recorded(text).into());
        }
    }
    for (address, _, slot) in state.slots() {
        let named = wanted.is_empty() || wanted.iter().any(|named| named.covers(&address));
        let has_id = arguments.id.as_ref().is_none_or(|id| {
            slot.current.as_ref().is_some_and(|instance| instance.attributes.to_json()["id"] == id.as_str())
        });
        if named && has_id {
            invocation.print_line(&address.to_string());
        }
    }
    Ok(Exit::Success)
}

fn show(arguments: &Show, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let state = stored::store(invocation, arguments.state.as_ref())?.load()?.state;
    let found = Address::parse(&arguments.address)
        .and_then(|address| Some((state.provider(&address)?, state.instance(&address)?, address.clone())));
    let Some((provider, instance, address)) = found else {
        return Err(Diagnostic::error(
            "No instance found for the given address!",
            format!(
                "{:?} is not recorded. This command requires that the address references one specific instance. To view the \
                 available instances, use \"bowline state list\".",
                arguments.address
            ),
        )
        .into());
    };
    let registry = loading::registry();
    invocation.print(&state_text::object(&address.into(), provider, instance, &registry, &invocation.out));
    Ok(Exit::Success)
}

fn pull(invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let state = stored::store(invocation, None)?.load()?.state;
    if !state.lineage.is_empty() || !state.is_empty() {
        invocation.print(&String::from_utf8_lossy(&format::write(&state)));
    }
    Ok(Exit::Success)
}

fn push(arguments: &Push, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let mut bytes = Vec::new();
    let read = if arguments.path.as_os_str() == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(&arguments.path).map(|read| bytes = read)
    };
    let name = arguments.path.display().to_string();
    read.map_err(|error| Diagnostic::error("Unreadable state file", format!("{name} cannot be read: {error}.")))?;
    let store = stored::store(invocation, None)?;
    let state = store.read(&bytes, &name)?;
    let lock = stored::lock(&store, &arguments.lock, "state-push", invocation)?;
    store.push(&lock, &state, arguments.force)?;
    lock.release()?;
    Ok(Exit::Success)
}

fn remove(arguments: &Remove, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let wanted = arguments.addresses.iter().map(|text| Named::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let store = stored::store_with(invocation, &arguments.state)?;
    let removed = stored::change(&store, &arguments.state.lock, "state-rm", invocation, |state| {
        let found: Vec<Address> = covered(state, &wanted);
        if found.is_empty() {
            return Err(Diagnostic::error(
                "Invalid target address",
                "No matching objects found. To view the available instances, use \"bowline state list\". Please modify the \
                 address to reference a specific instance.",
            )
            .into());
        }
        if !arguments.dry_run {
            for address in &found {
                state.take(address);
            }
        }
        Ok(found)
    })?;
    let word = if arguments.dry_run { "Would remove" } else { "Removed" };
    for address in &removed {
        invocation.print_line(&format!("{word} {address}"));
    }
    if !arguments.dry_run {
        invocation.print_line(&format!("Successfully removed {} resource instance(s).", removed.len()));
    }
    Ok(Exit::Success)
}

fn rename(arguments: &Move, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let (from, to) = (Named::parse(&arguments.from)?, Named::parse(&arguments.to)?);
    let moves = match &arguments.state.state_out {
        Some(out) => move_out(arguments, out, &from, &to, invocation)?,
        None => {
            let store = stored::store_with(invocation, &arguments.state)?;
            stored::change(&store, &arguments.state.lock, "state-mv", invocation, |state| {
                let moves = moves(state, &from, &to)?;
                refuse_taken(&moves, state)?;
                if !arguments.dry_run {
                    for (from, to) in &moves {
                        state.rename(from, to);
                    }
                }
                Ok(moves)
            })?
        }
    };
    let word = if arguments.dry_run { "Would move" } else { "Move" };
    for (from, to) in &moves {
        invocation.print_line(&format!("{word} {:?} to {:?}", from.to_string(), to.to_string()));
    }
    if !arguments.dry_run {
        invocation.print_line(&format!("Successfully moved {} object(s).", moves.len()));
    }
    Ok(Exit::Success)
}

/// Moves to the state in another file. There it is recorded before it is forgotten here: at no moment is it in neither.
fn move_out(
    arguments: &Move,
    out: &PathBuf,
    from: &Named,
    to: &Named,
    invocation: &Invocation,
) -> Result<Vec<(Address, Address)>, Diagnostics> {
    let flags = StateFlags { state_out: None, ..arguments.state.clone() };
    let source = stored::store_with(invocation, &flags)?;
    let target = stored::store(invocation, Some(out))?;
    stored::change(&source, &flags.lock, "state-mv", invocation, |state| {
        let moves = moves(state, from, to)?;
        stored::change(&target, &flags.lock, "state-mv", invocation, |other| {
            refuse_taken(&moves, other)?;
            if !arguments.dry_run {
                for (from, to) in &moves {
                    state.hand_over(from, other, to);
                }
            }
            Ok(())
        })?;
        Ok(moves)
    })
}

fn refuse_taken(moves: &[(Address, Address)], state: &State) -> Result<(), Diagnostic> {
    match moves.iter().find(|(_, to)| state.slot(to).is_some()) {
        Some((_, taken)) => Err(invalid_move(&format!("{taken} is recorded already. Nothing was moved."))),
        None => Ok(()),
    }
}

/// Every instance that moves, with its new address.
fn moves(state: &State, from: &Named, to: &Named) -> Result<Vec<(Address, Address)>, Diagnostic> {
    let mut found = covered(state, std::slice::from_ref(from));
    if let Named::Module(module) = from {
        // One instance moves, though without a key.
        found.retain(|address| address.module.is_within(module));
    }
    if found.is_empty() {
        return Err(invalid_move(
            "No matching objects found. To view the available instances, use \"bowline state list\".",
        ));
    }
    let renamed = |address: &Address| match (from, to) {
        (Named::Module(from), Named::Module(to)) => {
            let below = address.module.steps().get(from.steps().len()..).unwrap_or_default();
            let module = to.steps().iter().chain(below).cloned().collect();
            Some(Address { module, ..address.clone() })
        }
        (Named::Resource(from), Named::Resource(to)) if from.resource.mode == to.resource.mode => {
            let exact = found.len() == 1 && *address == *from;
            let key = if exact || to.key != InstanceKey::default() { to.key.clone() } else { address.key.clone() };
            Some(Address { key, ..to.clone() })
        }
        _ => None,
    };
    let moves: Option<Vec<_>> = found.iter().map(|address| Some((address.clone(), renamed(address)?))).collect();
    let moves = moves.ok_or_else(|| invalid_move("A resource can only become a resource, and a module a module."))?;
    let kinds_differ = moves.iter().any(|(from, to)| from.resource.kind != to.resource.kind);
    if kinds_differ {
        return Err(invalid_move("The resource types are different."));
    }
    Ok(moves)
}

fn covered(state: &State, wanted: &[Named]) -> Vec<Address> {
    let addresses = state.slots().map(|(address, _, _)| address);
    addresses.filter(|address| wanted.iter().any(|named| named.covers(address))).collect()
}

impl Named {
    fn parse(text: &str) -> Result<Self, Diagnostic> {
        let resource = Address::parse(text).map(Self::Resource);
        resource.or_else(|| ModuleInstance::parse(text).map(Self::Module)).ok_or_else(|| {
            Diagnostic::error(
                "Invalid address",
                format!(
                    "{text:?} is no address of a resource, a resource instance or a module. Write for example \
                     azurerm_subnet.a, 'module.m[\"k\"].azurerm_subnet.a[0]' or module.m."
                ),
            )
        })
    }

    /// What is not recorded.
    fn not_recorded(&self, text: &str) -> Diagnostic {
        let what = match self {
            Self::Module(_) => "module",
            Self::Resource(address) if address.key == InstanceKey::None => "resource",
            Self::Resource(_) => "resource instance",
        };
        Diagnostic::error(
            format!("Unknown {what}"),
            format!(
                "The current state contains no {what} {text}. If it is new in the configuration, run \"bowline apply\" \
                 first; \"bowline state list\" without an address shows what there is."
            ),
        )
    }

    fn covers(&self, address: &Address) -> bool {
        match self {
            Self::Module(module) => is_in(&address.module, module),
            Self::Resource(wanted) => {
                let all_instances = wanted.key == InstanceKey::default();
                wanted.module == address.module
                    && wanted.resource == address.resource
                    && (all_instances || wanted.key == address.key)
            }
        }
    }
}

/// Whether a module is in the one that is named, or in an instance of the call that is.
fn is_in(module: &ModuleInstance, named: &ModuleInstance) -> bool {
    let (Some((last, head)), steps) = (named.steps().split_last(), module.steps()) else { return true };
    steps.starts_with(head)
        && steps
            .get(head.len())
            .is_some_and(|at| at.name == last.name && (last.key == InstanceKey::None || at.key == last.key))
}

fn invalid_move(detail: &str) -> Diagnostic {
    Diagnostic::error("Invalid state move", detail)
}

fn no_state() -> Diagnostic {
    Diagnostic::error(
        "No state file was found!",
        "State management commands require a state file. Run this command in a directory where Bowline has been run or use \
         the -state flag to point the command to a specific state location.",
    )
}
