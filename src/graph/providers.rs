//! Which provider configuration a resource uses: its own `provider` argument, what the calling modules pass down,
//! or the default one of that name.

use std::fmt;
use std::sync::Arc;

use crate::address::{InstanceKey, ModulePath};
use crate::config::{Configuration, Module, Resource, full_source};
use crate::syntax::tree::Expression;

/// A provider configuration: where it is written, its local name there, and its alias.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId {
    /// The module with the block; the root when there is none at all.
    pub module: ModulePath,
    /// `azurerm`
    pub name: Arc<str>,
    /// `alias`, for other than the default one.
    pub alias: Option<Arc<str>>,
    /// Which of the configurations that a block with `for_each` stands for; none for the block itself.
    pub key: InstanceKey,
}

/// What says which of the configurations of a block with `for_each` is meant.
#[derive(Debug, Clone)]
pub struct ProviderKey {
    /// The module in which it is written.
    pub module: ModulePath,
    /// The call whose `providers` have it; none where the resource names it itself.
    pub call: Option<Arc<str>>,
    /// `each.key` in `azurerm.by[each.key]`.
    pub expression: Expression,
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "provider.{}", self.name)?;
        self.alias.iter().try_for_each(|alias| write!(f, ".{alias}"))?;
        self.key.fmt(f)
    }
}

/// The configuration that `resource` of the module at `path` uses, and which one of several.
pub fn resolve_provider(
    configuration: &Configuration,
    path: &ModulePath,
    resource: &Resource,
) -> (ProviderId, Option<ProviderKey>) {
    let name = provider_name(configuration.module(path), resource);
    let alias = resource.provider.as_ref().and_then(|written| written.alias.clone());
    let written = resource.provider.as_ref().and_then(|written| written.key.clone());
    let key = written.map(|expression| ProviderKey { module: path.clone(), call: None, expression });
    follow(configuration, ProviderId { module: path.clone(), name, alias, key: InstanceKey::None }, key)
}

/// The local name of the provider of a resource: the one that it names, or the one that its kind implies.
pub fn provider_name(module: Option<&Module>, resource: &Resource) -> Arc<str> {
    let written = resource.provider.as_ref().map(|written| written.name.clone());
    written.unwrap_or_else(|| implied_name(module, &resource.address.kind))
}

/// The local name of the provider of a kind: the first word of its name. `terraform_data` is built in.
fn implied_name(module: Option<&Module>, kind: &str) -> Arc<str> {
    let word = kind.split('_').next().unwrap_or(kind);
    match module.and_then(|m| m.required_providers.get_key_value(word)) {
        Some((name, _)) => name.clone(),
        None => word.into(),
    }
}

/// Goes up the calls until the module that has the block.
fn follow(
    configuration: &Configuration,
    mut id: ProviderId,
    mut key: Option<ProviderKey>,
) -> (ProviderId, Option<ProviderKey>) {
    loop {
        let is_its = |block: &crate::config::ProviderBlock| {
            block.name == id.name && block.alias.as_ref().map(|a| &a.value) == id.alias.as_ref()
        };
        let has_block = configuration.module(&id.module).is_some_and(|module| module.providers.iter().any(is_its));
        let Some((parent, call)) = id.module.parent().filter(|_| !has_block) else { return (id, key) };
        let passed = configuration.module(&parent).and_then(|module| module.calls.get(call)).and_then(|call| {
            call.providers.iter().find(|pass| pass.child.name == id.name && pass.child.alias == id.alias)
        });
        if let Some(pass) = passed {
            id.name = pass.parent.name.clone();
            id.alias.clone_from(&pass.parent.alias);
            let written = pass.parent.key.clone();
            let here = |expression| ProviderKey { module: parent.clone(), call: Some(call.clone()), expression };
            key = written.map(here).or(key);
        } else if id.alias.is_some() {
            return (id, key);
        }
        id.module = parent;
    }
}

/// The source address behind a local name in a module: `registry.terraform.io/hashicorp/azurerm`.
pub fn provider_source(configuration: &Configuration, provider: &ProviderId) -> String {
    if &*provider.name == "terraform" {
        return "terraform.io/builtin/terraform".to_owned();
    }
    let mut path = Some(provider.module.clone());
    while let Some(at) = path {
        let required = configuration.module(&at).and_then(|module| module.required_providers.get(&provider.name));
        if let Some(source) = required.and_then(|r| r.source.as_ref()) {
            return full_source(&source.value);
        }
        path = at.parent().map(|(parent, _)| parent);
    }
    full_source(&provider.name)
}
