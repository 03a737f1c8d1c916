//! The plan itself: what would be done, why, and what was looked at.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::strangers::Stranger;
use crate::address::{Address, ConfigAddress, ModuleInstance, ResourceAddress};
use crate::provider::{Directory, Recorded};
use crate::state::{DeposedKey, ObjectAddress, ProviderAddress, State};
use crate::value::{Path, Value};

/// Everything that a run would do, and what it looked at.
#[derive(Debug, Clone)]
pub struct Plan {
    /// One entry for each resource instance that was looked at, in address order (also those without a change).
    pub changes: Vec<InstanceChange>,
    /// What had changed outside since it was recorded, in address order.
    pub drift: Vec<InstanceChange>,
    /// What gives access and is recorded nowhere here.
    pub strangers: Vec<Stranger>,
    /// The root module's outputs, by name.
    pub outputs: BTreeMap<Arc<str>, OutputChange>,
    /// What the conditions of the configuration came to.
    pub checks: Vec<CheckResult>,
    /// What is recorded, moved and refreshed: where the changes start from.
    pub prior: State,
    /// Objects of which an interrupted run had begun a write, and of which it is known now what came of it.
    pub settled: Vec<ObjectAddress>,
    /// Serial and lineage of the recorded state that this was planned from.
    pub base: Base,
    /// The root module's variables as given or by default.
    pub variables: BTreeMap<Arc<str>, Value>,
    /// What the user asked for beyond the configuration.
    pub options: Options,
    /// When, in RFC 3339: `plantimestamp()`.
    pub timestamp: String,
    /// Pairs of which the first must exist before the second is written, though no reference says so.
    pub implied_order: Vec<(Address, Address)>,
    /// What the directory says of those who gain or lose roles, so that the plan can tell it later too.
    pub directory: Directory,
    /// Planning met errors: the rest is for information and cannot be applied.
    pub errored: bool,
}

/// Which kind of plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Make the world as the configuration says.
    #[default]
    Normal,
    /// Remove everything recorded.
    Destroy,
    /// Accept what changed outside, change nothing.
    RefreshOnly,
}

/// What the user asked for on the command line.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Which kind of plan.
    pub mode: Mode,
    /// Read what is recorded anew (`-refresh`).
    pub refresh: bool,
    /// Only these and what they need (`-target`).
    pub targets: Vec<Target>,
    /// Not these nor what needs them (`-exclude`).
    pub excludes: Vec<Target>,
    /// Replace these (`-replace`).
    pub replace: Vec<Address>,
    /// Take over what has this id into this instance (`bowline import`), besides what `import` blocks say.
    pub imports: Vec<(Address, String)>,
    /// How many reads or writes at once (`-parallelism`); at least 1.
    pub parallelism: usize,
    /// Ask the services whether they would take what is planned (`-preflight`).
    pub preflight: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::Normal,
            refresh: true,
            targets: Vec::new(),
            excludes: Vec::new(),
            replace: Vec::new(),
            imports: Vec::new(),
            parallelism: 10,
            preflight: false,
        }
    }
}

/// What `-target` or `-exclude` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A resource, all instances.
    Resource(ModuleInstance, ResourceAddress),
    /// One instance.
    Instance(Address),
    /// A module, all instances and all below.
    Module(ModuleInstance),
}

/// The recorded state that a plan starts from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Base {
    /// Counts writes.
    pub serial: u64,
    /// Tells one state from another; empty when there was none.
    pub lineage: String,
    /// Identifies the journal of an interrupted run that was taken in; empty when there was none.
    pub journal: String,
}

/// What happens to one resource instance.
#[derive(Debug, Clone)]
pub struct InstanceChange {
    /// Which.
    pub address: Address,
    /// Where it was recorded before a `moved` block (or an implied move) renamed it.
    pub previous_address: Option<Address>,
    /// A left-over object of an interrupted replacement, not the current one.
    pub deposed: Option<DeposedKey>,
    /// Whose.
    pub provider: ProviderAddress,
    /// What.
    pub action: Action,
    /// Why.
    pub reason: Option<Reason>,
    /// Observed before, with marks; null when there is nothing.
    pub before: Value,
    /// What the provider keeps for itself with `before`.
    pub private: Vec<u8>,
    /// Desired, with marks and unknowns; null when there will be nothing.
    pub after: Value,
    /// The attributes whose change forces a replacement.
    pub replace_paths: Vec<Path>,
    /// The id by which it is taken over.
    pub importing: Option<String>,
    /// What a person should know of the change.
    pub notes: Vec<String>,
    /// The new object is made before the old one goes (its own setting or a dependant's).
    pub create_before_destroy: bool,
    /// What it depends on, for the record: resources, transitively, in address order.
    pub dependencies: Vec<ConfigAddress>,
}

/// What to do with an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// Make it.
    Create,
    /// Read a data source during apply.
    Read,
    /// Change it in place.
    Update,
    /// Remove it.
    Delete,
    /// Replace it, the old one going first.
    DeleteThenCreate,
    /// Replace it, the new one coming first.
    CreateThenDelete,
    /// Stop managing it, leave it in the world.
    Forget,
}

/// Why.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Attributes differ that the service cannot change in place; they are the change's `replace_paths`.
    CannotUpdate,
    /// An earlier run left it half made.
    Tainted,
    /// `-replace`
    Requested,
    /// `replace_triggered_by` names something that changes.
    Triggered(Vec<String>),
    /// The block is gone.
    NoResourceConfig,
    /// The block has `count` or `for_each` now, or none any more.
    WrongRepetition,
    /// `count` is smaller.
    CountIndex,
    /// `for_each` lacks the key.
    EachKey,
    /// The module instance is gone.
    NoModule,
    /// A `moved` block leads to where there is no block.
    NoMoveTarget,
    /// A left-over of an interrupted replacement.
    Deposed,
    /// A data source's configuration is not known yet.
    ConfigUnknown,
    /// A data source depends on something that changes.
    DependencyPending(Vec<ConfigAddress>),
    /// A data source inside a `check` block is read last.
    CheckNested,
}

/// What happens to a root output.
#[derive(Debug, Clone)]
pub struct OutputChange {
    /// What.
    pub action: Action,
    /// As recorded; null when new.
    pub before: Value,
    /// As planned; null when going.
    pub after: Value,
    /// Recorded as sensitive.
    pub before_sensitive: bool,
    /// Declared sensitive.
    pub sensitive: bool,
}

/// What a condition belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckKind {
    /// Pre- and postconditions of a resource or data source.
    Resource,
    /// Preconditions of an output.
    OutputValue,
    /// A `check` block.
    Check,
    /// Validations of a variable.
    InputVariable,
}

/// How a condition came out, the better first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckStatus {
    /// True.
    Pass,
    /// Not known before apply.
    Unknown,
    /// False.
    Fail,
    /// Could not be evaluated.
    Error,
}

/// The conditions of one object of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// What kind of object.
    pub kind: CheckKind,
    /// Its module and name without keys: `module.m.check.health`, `terraform_data.a`, `var.x`.
    pub object: String,
    /// The worst of its instances.
    pub status: CheckStatus,
    /// Each instance: address, status, failure messages.
    pub instances: Vec<(String, CheckStatus, Vec<String>)>,
}

impl Plan {
    /// Whether applying it would do anything.
    pub fn is_applyable(&self) -> bool {
        !self.errored && self.has_changes()
    }

    /// Whether anything recorded or real would change.
    pub fn has_changes(&self) -> bool {
        let mut outputs = self.outputs.values().filter(|o| o.action != Action::NoOp);
        match self.options.mode {
            // A value that is not known cannot be recorded either.
            Mode::RefreshOnly => {
                // That an output goes is nothing to be recorded then.
                let counts = |o: &OutputChange| o.action != Action::Delete && o.after.is_wholly_known();
                // Nor is a new address alone.
                outputs.any(counts) || self.drift.iter().any(|drifted| drifted.action != Action::NoOp)
            }
            Mode::Normal | Mode::Destroy => {
                outputs.next().is_some() || self.changes.iter().any(InstanceChange::is_change)
            }
        }
    }

    /// How many changes have one of these actions.
    pub fn count(&self, actions: &[Action]) -> usize {
        self.changes.iter().filter(|c| actions.contains(&c.action)).count()
    }
}

impl InstanceChange {
    /// Whether it does anything, be it only to the record.
    pub fn is_change(&self) -> bool {
        self.action != Action::NoOp || self.previous_address.is_some() || self.importing.is_some()
    }

    /// The object before the change, as the provider knows it (without marks).
    pub fn prior(&self) -> Option<Recorded> {
        (!self.before.is_null())
            .then(|| Recorded { value: self.before.clone().unmark_deep().0, private: self.private.clone() })
    }
}

impl Action {
    /// Whether an object goes and another comes.
    pub fn is_replace(self) -> bool {
        matches!(self, Self::DeleteThenCreate | Self::CreateThenDelete)
    }

    /// The words of Terraform's JSON: `["delete", "create"]`.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::NoOp => &["no-op"],
            Self::Create => &["create"],
            Self::Read => &["read"],
            Self::Update => &["update"],
            Self::Delete => &["delete"],
            Self::DeleteThenCreate => &["delete", "create"],
            Self::CreateThenDelete => &["create", "delete"],
            Self::Forget => &["forget"],
        }
    }
}

impl Reason {
    /// Terraform's word for it in JSON (`action_reason`), where it has one.
    pub fn word(&self) -> Option<&'static str> {
        Some(match self {
            Self::CannotUpdate => "replace_because_cannot_update",
            Self::Tainted => "replace_because_tainted",
            Self::Requested => "replace_by_request",
            Self::Triggered(_) => "replace_by_triggers",
            Self::NoResourceConfig => "delete_because_no_resource_config",
            Self::WrongRepetition => "delete_because_wrong_repetition",
            Self::CountIndex => "delete_because_count_index",
            Self::EachKey => "delete_because_each_key",
            Self::NoModule => "delete_because_no_module",
            Self::NoMoveTarget => "delete_because_no_move_target",
            Self::ConfigUnknown => "read_because_config_unknown",
            Self::DependencyPending(_) => "read_because_dependency_pending",
            Self::CheckNested => "read_because_check_nested",
            Self::Deposed => return None,
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource(module, resource) if module.is_root() => resource.fmt(f),
            Self::Resource(module, resource) => write!(f, "{module}.{resource}"),
            Self::Instance(address) => address.fmt(f),
            Self::Module(module) => module.fmt(f),
        }
    }
}
