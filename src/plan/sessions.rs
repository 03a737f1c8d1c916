//! The part of a walk that is about providers: configuring them, and who answers for an object.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::BoxFuture;
use rustc_hash::FxHashSet;

use crate::address::{Address, ProviderAddress};
use crate::config::ProviderBlock;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::decode;
use crate::graph::{ConfigNode, ProviderId, provider_source};
use crate::provider::{Mentioned, Provider, Session, Surroundings};
use crate::span::Span;

use super::evaluation::InstanceData;
use super::stage::{Configured, Stage, empty};

impl Stage<'_> {
    /// Begins to configure a provider: evaluates its block and returns what is left to wait for.
    pub fn configure(&mut self, id: &ProviderId) -> Option<BoxFuture<'static, Configured>> {
        let source = provider_source(self.configuration, id);
        let provider = self.registry.find(&source)?.clone();
        if let Some(mocked) = self.mocked(id, &provider) {
            return Some(Box::pin(async move { Ok(mocked) }));
        }
        let block = self.provider_block(id);
        let place = block.map(|block| block.span);
        let schema = &provider.config_schema().block;
        let instance = self.instances(&id.module).into_iter().next().unwrap_or_default();
        let data = InstanceData::default();
        let config = match block {
            Some(block) => {
                let scope = self.evaluation.scope(&instance, &data);
                let (config, problems) = decode::decode_body(&block.body, schema, &scope, block.span, &|_| None);
                if !self.take(problems) {
                    return None;
                }
                config.unmark_deep().0
            }
            None => empty(schema),
        };
        let surroundings = Surroundings {
            version_constraint: self.version_constraint(id),
            mentioned: self.mentioned(),
            ..self.surroundings.clone()
        };
        let named = self.provider_address(id).to_string();
        Some(Box::pin(async move {
            provider.configure(&config, &surroundings).await.map_err(|problems| placed(problems, place, &named))
        }))
    }

    /// The block that configures a provider, if there is one.
    pub fn provider_block(&self, id: &ProviderId) -> Option<&ProviderBlock> {
        let is_its = |b: &&ProviderBlock| b.name == id.name && b.alias.as_ref().map(|a| &a.value) == id.alias.as_ref();
        self.module(&id.module)?.providers.iter().find(is_its)
    }

    /// The session of a provider that a test mocks.
    fn mocked(&self, id: &ProviderId, provider: &Arc<dyn Provider>) -> Option<Arc<dyn Session>> {
        self.stand_ins.filter(|_| id.module.is_root())?.provider(&id.name, id.alias.as_deref(), provider)
    }

    /// Who answers for an instance: `session`, or who stands in for it.
    pub fn session_for(&self, address: &Address, session: &Arc<dyn Session>) -> Arc<dyn Session> {
        self.stand_ins.and_then(|who| who.instance(address, session)).unwrap_or_else(|| session.clone())
    }

    fn mentioned(&self) -> Mentioned {
        let uses = self.graph.uses.iter().map(|one| (one.resource.resource.kind.clone(), one.attribute.clone()));
        // Whoever runs may want more than the configuration refers to.
        self.surroundings.mentioned.and(uses)
    }

    /// Of the providers of recorded objects those that the configuration no longer mentions.
    pub fn forgotten_providers(&self, recorded: BTreeSet<ProviderAddress>) -> Vec<ProviderId> {
        let mentioned: FxHashSet<ProviderAddress> = self
            .graph
            .dag
            .nodes()
            .filter_map(|(_, node)| match node {
                ConfigNode::Provider(id) => Some(self.provider_address(id)),
                _ => None,
            })
            .collect();
        let forgotten = recorded.into_iter().filter(|provider| !mentioned.contains(provider));
        forgotten
            .map(|provider| {
                let name = provider.source.rsplit('/').next().unwrap_or_default().into();
                ProviderId { module: provider.module, name, alias: provider.alias }
            })
            .collect()
    }

    fn version_constraint(&self, id: &ProviderId) -> Option<String> {
        let mut path = Some(id.module.clone());
        while let Some(at) = path {
            if let Some(version) =
                self.module(&at).and_then(|m| m.required_providers.get(&id.name)).and_then(|r| r.version.as_ref())
            {
                return Some(version.value.to_string());
            }
            path = at.parent().map(|(parent, _)| parent);
        }
        None
    }

    /// Takes in a configured provider.
    pub fn set_session(&mut self, id: ProviderId, session: Arc<dyn Session>) {
        self.sessions.insert(id, session);
    }

    /// The session of a provider configuration.
    pub fn session(&self, id: &ProviderId) -> Option<&Arc<dyn Session>> {
        self.sessions.get(id)
    }

    /// The provider configuration behind what the state names.
    pub fn provider_id(&self, address: &ProviderAddress) -> Option<ProviderId> {
        let last = |source: &str| source.rsplit('/').next().unwrap_or_default().to_owned();
        let matches = |id: &&ProviderId| {
            id.module == address.module
                && id.alias == address.alias
                && last(&provider_source(self.configuration, id)) == last(&address.source)
        };
        self.sessions.keys().find(matches).cloned()
    }

    /// How the state names a provider configuration.
    pub fn provider_address(&self, id: &ProviderId) -> ProviderAddress {
        let source = provider_source(self.configuration, id).into();
        ProviderAddress { module: id.module.clone(), source, alias: id.alias.clone() }
    }
}

/// What is wrong with a provider's configuration, at its block.
fn placed(problems: Diagnostics, place: Option<Span>, provider: &str) -> Diagnostics {
    let placed = |problem: Diagnostic| Diagnostic {
        subject: problem.subject.or(place),
        address: problem.address.or_else(|| Some(provider.to_owned())),
        ..problem
    };
    problems.into_iter().map(placed).collect()
}
