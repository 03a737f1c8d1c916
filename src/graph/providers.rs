//! Which provider configuration a resource uses: its own `provider` argument, what the calling modules pass down,
//! or the default one of that name.

use std::fmt;
use std::sync::Arc;

use crate::address::ModulePath;
use crate::config::{Configuration, Module, Resource};

/// A provider configuration: where it is written, its local name there, and its alias.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId {
    /// The module with the block; the root when there is none at all.
    pub module: ModulePath,
    /// `azurerm`
    pub name: Arc<str>,
    /// `alias`, for other than the default one.
    pub alias: Option<Arc<str>>,
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "provider.{}", self.name)?;
        self.alias.iter().try_for_each(|alias| write!(f, ".{alias}"))
    }
}

/// The configuration that `resource` of the module at `path` uses.
pub fn resolve_provider(configuration: &Configuration, path: &ModulePath, resource: &Resource) -> ProviderId {
    let (name, alias) = match &resource.provider {
        Some(written) => (written.name.clone(), written.alias.clone()),
        None => (implied_name(configuration.module(path), &resource.address.kind), None),
    };
    follow(configuration, path.clone(), name, alias)
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
fn follow(configuration: &Configuration, path: ModulePath, name: Arc<str>, alias: Option<Arc<str>>) -> ProviderId {
    let (mut path, mut name, mut alias) = (path, name, alias);
    loop {
        let has_block = configuration.module(&path).is_some_and(|module| {
            module.providers.iter().any(|b| b.name == name && b.alias.as_ref().map(|a| &a.value) == alias.as_ref())
        });
        let Some((parent, call)) = path.parent().filter(|_| !has_block) else {
            return ProviderId { module: path, name, alias };
        };
        let passed = configuration
            .module(&parent)
            .and_then(|module| module.calls.get(call))
            .and_then(|call| call.providers.iter().find(|pass| pass.child.name == name && pass.child.alias == alias));
        if let Some(pass) = passed {
            name = pass.parent.name.clone();
            alias.clone_from(&pass.parent.alias);
        } else if alias.is_some() {
            return ProviderId { module: path, name, alias };
        }
        path = parent;
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

/// `azurerm` and `hashicorp/azurerm` are short for `registry.terraform.io/hashicorp/azurerm`.
pub fn full_source(source: &str) -> String {
    match source.split('/').count() {
        1 => format!("registry.terraform.io/hashicorp/{source}"),
        2 => format!("registry.terraform.io/{source}"),
        _ => source.to_owned(),
    }
    .to_lowercase()
}
