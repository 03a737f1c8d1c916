//! What Bowline remembers of a stack between runs.
//!
//! [`State`] is the whole of it in memory. [`format`] reads and writes it as Terraform's version 4 JSON;
//! [`Journal`] keeps what a run has done so far at a cost that does not grow with the state; a [`Backend`] says
//! where all that lies ([`LocalBackend`]: a file, its lock and its backup); [`Store`] puts the three together for
//! a command: load, lock, record, save.

mod attributes;
pub mod azurerm;
mod backend;
mod change;
pub mod checks;
mod digest;
mod disk;
pub mod encryption;
pub mod format;
mod history;
pub mod http;
mod journal;
mod local;
mod lock;
pub mod postgres;
mod store;
mod waiting;
pub mod workspace;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::address::{Address, ConfigAddress, InstanceKey, ModuleInstance, ResourceAddress};
use crate::value::{JsonError, Path, Type, Value};

pub use crate::address::ProviderAddress;
pub use attributes::Attributes;
pub use azurerm::AzurermBackend;
pub use backend::{Backend, Held, LockFailure};
pub use change::{Change, ObjectAddress};
pub use checks::CheckResult;
pub use disk::Disk;
pub use encryption::Encryption;
pub use history::Version;
pub use journal::{Entry, Journal, Mirror, Place as JournalPlace, Replayed, RunStart, Ticket, Unfinished, WriteAction};
pub use local::LocalBackend;
pub use lock::{LockInfo, LockRequest};
pub use store::{Loaded, Lock, Store};
pub use workspace::Workspaces;

/// The Terraform release whose language and file formats Bowline speaks; recorded where Terraform records its own.
pub use crate::config::TERRAFORM_VERSION;

/// Everything recorded of a stack.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Counts the versions of one lineage; 0 before the first is written.
    pub serial: u64,
    /// Identifies a state through its life; empty before the first version is written.
    pub lineage: String,
    /// The Terraform release that wrote this version, or the one whose format Bowline wrote.
    pub terraform_version: String,
    /// The root module's outputs.
    pub outputs: BTreeMap<Arc<str>, OutputValue>,
    /// Every resource of which an object is recorded.
    pub resources: BTreeMap<ResourceKey, Resource>,
    /// What the checks of the last run said; `None` when none was ever recorded.
    pub check_results: Option<Vec<CheckResult>>,
}

/// A resource in one module instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceKey {
    /// Where.
    pub module: ModuleInstance,
    /// Which.
    pub resource: ResourceAddress,
}

/// What is recorded of one resource in one module instance.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The provider configuration that last wrote it.
    pub provider: ProviderAddress,
    /// Its instances.
    pub instances: BTreeMap<InstanceKey, Slot>,
}

/// The objects of one resource instance. Never empty inside a [`State`].
#[derive(Debug, Clone, Default)]
pub struct Slot {
    /// The object that the address stands for.
    pub current: Option<Arc<Instance>>,
    /// Objects that were replaced and are still to be destroyed.
    pub deposed: BTreeMap<DeposedKey, Arc<Instance>>,
    /// The provider configuration that last wrote it, where that is one of several of its block.
    pub provider: Option<ProviderAddress>,
}

/// One recorded object.
#[derive(Debug, Clone, Default)]
pub struct Instance {
    /// The attributes, in the shape of the kind's schema at [`Instance::schema_version`].
    pub attributes: Attributes,
    /// The attributes as Terraform 0.11 flattened them, when nothing newer was ever written.
    pub attributes_flat: Option<BTreeMap<String, String>>,
    /// The version of the kind's schema that `attributes` conform to.
    pub schema_version: u64,
    /// Which parts are not to be shown, beyond what the schema says.
    pub sensitive_paths: Vec<Path>,
    /// Kept for the provider, opaque to the engine; empty for none.
    pub private: Vec<u8>,
    /// The managed resources that must be destroyed after this one.
    pub dependencies: Vec<ConfigAddress>,
    /// Replacing it makes the new object first.
    pub create_before_destroy: bool,
    /// To be replaced at the next opportunity.
    pub tainted: bool,
    /// What newer providers record to recognise the object by.
    pub identity: Option<Identity>,
}

/// A provider's own way to name an object (Terraform 1.12 and later).
#[derive(Debug, Clone)]
pub struct Identity {
    /// The version of the identity schema.
    pub schema_version: u64,
    /// The identity's attributes; `None` when only the version was written.
    pub attributes: Option<Attributes>,
}

/// A root output as last evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputValue {
    /// The value as JSON.
    pub value: serde_json::Value,
    /// Its type, as Terraform writes types in JSON: `"string"`, `["list","string"]`.
    pub ty: serde_json::Value,
    /// Not to be shown.
    pub sensitive: bool,
}

/// Names one deposed object of an instance: eight characters, hexadecimal when made here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeposedKey(Arc<str>);

impl State {
    /// A state that nothing was ever written to.
    pub fn new() -> Self {
        Self { terraform_version: TERRAFORM_VERSION.into(), ..Self::default() }
    }

    /// The first version of a state that records nothing yet.
    pub fn begun() -> Self {
        Self { lineage: uuid::Uuid::new_v4().to_string(), ..Self::new() }
    }

    /// Whether nothing at all is recorded.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.outputs.is_empty()
    }

    /// What is recorded of a resource in a module instance.
    pub fn resource(&self, module: &ModuleInstance, resource: &ResourceAddress) -> Option<&Resource> {
        self.resources.get(&ResourceKey { module: module.clone(), resource: resource.clone() })
    }

    /// The objects of an instance.
    pub fn slot(&self, address: &Address) -> Option<&Slot> {
        self.resources.get(&ResourceKey::of(address))?.instances.get(&address.key)
    }

    /// The current object of an instance.
    pub fn instance(&self, address: &Address) -> Option<&Arc<Instance>> {
        self.slot(address)?.current.as_ref()
    }

    /// The provider configuration that last wrote an instance.
    pub fn provider(&self, address: &Address) -> Option<&ProviderAddress> {
        let resource = self.resources.get(&ResourceKey::of(address))?;
        let own = resource.instances.get(&address.key).and_then(|slot| slot.provider.as_ref());
        Some(own.unwrap_or(&resource.provider))
    }

    /// Every object, current before deposed, in the order of addresses.
    pub fn objects(&self) -> impl Iterator<Item = (ObjectAddress, &ProviderAddress, &Arc<Instance>)> {
        self.slots().flat_map(|(address, provider, slot)| {
            let current = slot.current.iter().map(|instance| (None, instance));
            let deposed = slot.deposed.iter().map(|(key, instance)| (Some(key.clone()), instance));
            current.chain(deposed).map(move |(deposed, instance)| {
                (ObjectAddress { address: address.clone(), deposed }, provider, instance)
            })
        })
    }

    /// Every instance with its objects, in the order of addresses.
    pub fn slots(&self) -> impl Iterator<Item = (Address, &ProviderAddress, &Slot)> {
        self.resources.iter().flat_map(|(key, resource)| {
            resource.instances.iter().map(move |(instance, slot)| {
                let provider = slot.provider.as_ref().unwrap_or(&resource.provider);
                (key.resource.instance(key.module.clone(), instance.clone()), provider, slot)
            })
        })
    }
}

impl OutputValue {
    /// What to record of a wholly known value.
    pub fn new(value: &Value, sensitive: bool) -> Result<Self, JsonError> {
        let ty = value.type_of();
        Ok(Self { value: value.to_json(&ty)?, ty: ty.to_json(), sensitive })
    }

    /// The value, with the sensitive mark when it has one; `None` when value and type do not fit.
    pub fn decode(&self) -> Option<Value> {
        let value = Value::from_json(&self.value, &Type::from_json(&self.ty)?).ok()?;
        Some(if self.sensitive { value.sensitive() } else { value })
    }
}

impl ResourceKey {
    /// The resource of an instance.
    pub fn of(address: &Address) -> Self {
        Self { module: address.module.clone(), resource: address.resource.clone() }
    }
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        self.resource.fmt(f)
    }
}

impl DeposedKey {
    /// Reads a key; `None` unless it has eight characters.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 8 && text.is_ascii()).then(|| Self(text.into()))
    }

    /// A key that `taken` does not have. Keys follow from the `address`, so that runs can be repeated.
    pub fn unused(address: &Address, taken: &BTreeMap<DeposedKey, Arc<Instance>>) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(address.to_string().as_bytes());
        let mut number = crc.sum();
        loop {
            let key = Self(format!("{number:08x}").into());
            if !taken.contains_key(&key) {
                return key;
            }
            number = number.wrapping_add(1);
        }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeposedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
