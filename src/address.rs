//! The names of things: modules, resources, instances, and what an expression refers to.
//!
//! A *configuration address* has no instance keys (`module.a.azurerm_subnet.b`); an *instance address* has them
//! all (`module.a["x"].azurerm_subnet.b[0]`). Printed forms are Terraform's.

mod display;

use std::sync::Arc;

/// The kind of block that stands for a module: what it makes is addressed below the block itself, as
/// `bowline_workload.api.azurerm_user_assigned_identity.this`.
pub const WORKLOAD: &str = "bowline_workload";

/// The name of the call that a block of the kind [`WORKLOAD`] is. No `module` block can have it.
pub fn workload_call(label: &str) -> Arc<str> {
    format!("{WORKLOAD}.{label}").into()
}

/// Which instance of a resource or module.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum InstanceKey {
    /// Neither `count` nor `for_each`.
    #[default]
    None,
    /// Of `count`.
    Int(u64),
    /// Of `for_each`.
    String(Arc<str>),
}

/// Managed, read or opened for the run only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceMode {
    /// A `data` block.
    Data,
    /// An `ephemeral` block.
    Ephemeral,
    /// A `resource` block.
    Managed,
}

/// A resource within its module: mode, kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceAddress {
    /// Managed or data.
    pub mode: ResourceMode,
    /// The kind: `azurerm_subnet`.
    pub kind: Arc<str>,
    /// The label.
    pub name: Arc<str>,
}

/// A module in the configuration tree: the call names from the root down. The root is empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ModulePath(Arc<[Arc<str>]>);

/// One step into a module instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleStep {
    /// The call's name.
    pub name: Arc<str>,
    /// Which instance of the call.
    pub key: InstanceKey,
}

/// An instance of a module: the root is empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ModuleInstance(Arc<[ModuleStep]>);

/// A resource block in the configuration tree, without keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConfigAddress {
    /// Where.
    pub module: ModulePath,
    /// Which.
    pub resource: ResourceAddress,
}

/// A provider configuration, as the recorded state names it: `module.a.provider["registry.terraform.io/hashicorp/azurerm"].alias`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderAddress {
    /// The module whose configuration holds the `provider` block.
    pub module: ModulePath,
    /// The provider's source address: `registry.terraform.io/hashicorp/azurerm`.
    pub source: Arc<str>,
    /// The block's `alias`.
    pub alias: Option<Arc<str>>,
    /// Which of the configurations that a block with `for_each` stands for.
    pub key: InstanceKey,
}

/// One resource instance: the unit of planning and recording.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The module instance that holds it.
    pub module: ModuleInstance,
    /// Which resource.
    pub resource: ResourceAddress,
    /// Which instance.
    pub key: InstanceKey,
}

/// What the first steps of a reference in an expression name, within the module where it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// `var.name`
    Variable(Arc<str>),
    /// `local.name`
    Local(Arc<str>),
    /// `module.name`, whole or with an instance key.
    Module(Arc<str>),
    /// A resource, whole or with an instance key.
    Resource(ResourceAddress),
    /// `each.key`, `each.value`
    Each,
    /// `count.index`
    Count,
    /// `self`
    SelfValue,
    /// `path.module`, `path.root`, `path.cwd`
    Path,
    /// `terraform.workspace`, `terraform.applying` (and `tofu.*`)
    Terraform,
    /// `check.name`, as test files name it.
    Check(Arc<str>),
    /// `output.name`, as test files name it.
    Output(Arc<str>),
    /// `run.name`, in test files.
    Run(Arc<str>),
}

impl ModulePath {
    /// The root module.
    pub fn root() -> Self {
        Self::default()
    }

    /// The module that `name` calls from here.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        Self(self.0.iter().cloned().chain([Arc::from(name)]).collect())
    }

    /// Whether this is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The call names from the root down.
    pub fn names(&self) -> &[Arc<str>] {
        &self.0
    }

    /// The calling module and the name of the call; `None` for the root.
    pub fn parent(&self) -> Option<(Self, &Arc<str>)> {
        let (last, head) = self.0.split_last()?;
        Some((Self(head.into()), last))
    }
}

/// Shorter paths first, as Terraform sorts: all instances of one depth stand together.
impl Ord for ModuleInstance {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return std::cmp::Ordering::Equal;
        }
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for ModuleInstance {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl ModuleInstance {
    /// The root module, which has one instance.
    pub fn root() -> Self {
        Self::default()
    }

    /// An instance of the module that `name` calls from here.
    #[must_use]
    pub fn child(&self, name: &str, key: InstanceKey) -> Self {
        Self(self.0.iter().cloned().chain([ModuleStep { name: Arc::from(name), key }]).collect())
    }

    /// Whether this is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// From the root down.
    pub fn steps(&self) -> &[ModuleStep] {
        &self.0
    }

    /// The calling module instance and the last step; `None` for the root.
    pub fn parent(&self) -> Option<(Self, &ModuleStep)> {
        let (last, head) = self.0.split_last()?;
        Some((Self(head.into()), last))
    }

    /// The same without instance keys.
    pub fn path(&self) -> ModulePath {
        ModulePath(self.0.iter().map(|s| s.name.clone()).collect())
    }

    /// Whether this instance is `other` or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl FromIterator<ModuleStep> for ModuleInstance {
    fn from_iter<I: IntoIterator<Item = ModuleStep>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl FromIterator<Arc<str>> for ModulePath {
    fn from_iter<I: IntoIterator<Item = Arc<str>>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl ResourceAddress {
    /// `resource "kind" "name"`
    pub fn managed(kind: &str, name: &str) -> Self {
        Self { mode: ResourceMode::Managed, kind: kind.into(), name: name.into() }
    }

    /// `data "kind" "name"`
    pub fn data(kind: &str, name: &str) -> Self {
        Self { mode: ResourceMode::Data, kind: kind.into(), name: name.into() }
    }

    /// One instance of it in a module instance.
    pub fn instance(&self, module: ModuleInstance, key: InstanceKey) -> Address {
        Address { module, resource: self.clone(), key }
    }
}

impl Address {
    /// The block that this is an instance of.
    pub fn config(&self) -> ConfigAddress {
        ConfigAddress { module: self.module.path(), resource: self.resource.clone() }
    }

    /// Reads an instance address as people write it (`module.a["x"].data.azurerm_subnet.b[0]`);
    /// `None` when the text is not one. A missing key is [`InstanceKey::None`].
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = Scanner(text);
        let mut module = Vec::new();
        loop {
            let first = rest.identifier()?;
            match first {
                "module" => {
                    rest.dot()?;
                    let name = rest.identifier()?;
                    module.push(ModuleStep { name: name.into(), key: rest.key()? });
                    rest.dot()?;
                }
                WORKLOAD => {
                    rest.dot()?;
                    let name = workload_call(rest.identifier()?);
                    module.push(ModuleStep { name, key: rest.key()? });
                    rest.dot()?;
                }
                "data" | "ephemeral" => {
                    let mode = if first == "data" { ResourceMode::Data } else { ResourceMode::Ephemeral };
                    rest.dot()?;
                    let kind = rest.identifier()?;
                    return rest.finish(module, mode, kind);
                }
                kind => return rest.finish(module, ResourceMode::Managed, kind),
            }
        }
    }
}

impl ConfigAddress {
    /// Reads an address without instance keys (`module.a.data.azurerm_subnet.b`); `None` when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let address = Address::parse(text)?;
        let keyless =
            address.key == InstanceKey::None && address.module.steps().iter().all(|step| step.key == InstanceKey::None);
        keyless.then(|| address.config())
    }
}

impl ProviderAddress {
    /// The configuration without an alias in the root module.
    pub fn default_of(source: &str) -> Self {
        Self { module: ModulePath::root(), source: source.into(), alias: None, key: InstanceKey::None }
    }

    /// The block, whatever configurations it stands for.
    #[must_use]
    pub fn block(&self) -> Self {
        Self { key: InstanceKey::None, ..self.clone() }
    }

    /// Reads an address as [`fmt::Display`] prints it; `None` when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = Scanner(text);
        let mut module = ModulePath::root();
        loop {
            match rest.identifier()? {
                "module" => {
                    rest.dot()?;
                    module = module.child(rest.identifier()?);
                    rest.dot()?;
                }
                WORKLOAD => {
                    rest.dot()?;
                    module = module.child(&workload_call(rest.identifier()?));
                    rest.dot()?;
                }
                "provider" => break,
                _ => return None,
            }
        }
        let InstanceKey::String(source) = rest.key()? else { return None };
        let (alias, key) = if rest.0.is_empty() {
            (None, InstanceKey::None)
        } else {
            rest.dot()?;
            (Some(rest.identifier()?.into()), rest.key()?)
        };
        rest.0.is_empty().then_some(Self { module, source, alias, key })
    }
}

impl ModuleInstance {
    /// Reads `module.a["x"].module.b` as people write it; `None` when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = Scanner(text);
        let mut steps = Vec::new();
        loop {
            let word = rest.identifier()?;
            rest.dot()?;
            let name: Arc<str> = match word {
                "module" => rest.identifier()?.into(),
                WORKLOAD => workload_call(rest.identifier()?),
                _ => return None,
            };
            steps.push(ModuleStep { name, key: rest.key()? });
            if rest.0.is_empty() {
                return Some(steps.into_iter().collect());
            }
            rest.dot()?;
        }
    }
}

/// The rest of an address that is being read.
struct Scanner<'a>(&'a str);

impl<'a> Scanner<'a> {
    fn identifier(&mut self) -> Option<&'a str> {
        let end = self.0.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    fn dot(&mut self) -> Option<()> {
        self.0 = self.0.strip_prefix('.')?;
        Some(())
    }

    /// An optional `[0]` or `["key"]`.
    fn key(&mut self) -> Option<InstanceKey> {
        let Some(inner) = self.0.strip_prefix('[') else { return Some(InstanceKey::None) };
        if inner.starts_with('"') {
            let mut values = serde_json::Deserializer::from_str(inner).into_iter::<String>();
            let key = values.next()?.ok()?;
            self.0 = inner.get(values.byte_offset()..)?.strip_prefix(']')?;
            return Some(InstanceKey::String(key.into()));
        }
        let (digits, rest) = inner.split_once(']')?;
        self.0 = rest;
        digits.parse().ok().map(InstanceKey::Int)
    }

    fn finish(mut self, module: Vec<ModuleStep>, mode: ResourceMode, kind: &str) -> Option<Address> {
        self.dot()?;
        let name = self.identifier()?;
        let key = self.key()?;
        self.0.is_empty().then(|| Address {
            module: module.into_iter().collect(),
            resource: ResourceAddress { mode, kind: kind.into(), name: name.into() },
            key,
        })
    }
}

#[cfg(test)]
mod tests;
