//! The providers that this program has.

use std::sync::Arc;

use super::Provider;

/// The providers that this program has, by source address.
#[derive(Clone, Default)]
pub struct Registry(Vec<Arc<dyn Provider>>);

impl Registry {
    /// A registry of these.
    pub fn new(providers: Vec<Arc<dyn Provider>>) -> Self {
        Self(providers)
    }

    /// The provider of a source address. Forks and mirrors keep the last part of the address
    /// (`example.com/acme/azurerm`), which is what tells providers apart here.
    pub fn find(&self, source: &str) -> Option<&Arc<dyn Provider>> {
        let kind = source.rsplit('/').next().unwrap_or(source);
        self.0.iter().find(|p| p.source() == source).or_else(|| self.0.iter().find(|p| p.name() == kind))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.0.iter()
    }

    /// The names of all managed kinds, or of all data sources.
    pub fn kind_names(&self, data: bool) -> Vec<String> {
        let names = |p: &Arc<dyn Provider>| {
            let kinds = if data { p.data_sources() } else { p.kinds() };
            kinds.iter().map(|kind| kind.name().to_owned()).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(names).collect()
    }
}
