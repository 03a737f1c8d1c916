//! The part of a walk that is about providers: configuring them, and who answers for an object.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::{BoxFuture, join_all};
use rustc_hash::FxHashSet;

use crate::address::{Address, InstanceKey, ModuleInstance, ProviderAddress};
use crate::config::{ProviderBlock, Repetition};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{self, decode};
use crate::graph::{ConfigNode, ProviderId, provider_source};
use crate::provider::{Block, Mentioned, Provider, Session, Surroundings};
use crate::span::Span;
use crate::value::{Type, Value};

use super::evaluation::{Expansion, InstanceData};
use super::expand;
use super::stage::{Configured, Stage, empty};

/// The configurations that a block stands for, each with what configuring it comes to.
pub type Configuring = BoxFuture<'static, Vec<(ProviderId, Configured)>>;

impl Stage<'_> {
    /// Begins to configure a provider: evaluates its block and returns what is left to wait for.
    pub fn configure(&mut self, id: &ProviderId) -> Option<Configuring> {
        let source = provider_source(self.configuration, id);
        let provider = self.registry.find(&source)?.clone();
        if let Some(mocked) = self.mocked(id, &provider) {
            let id = id.clone();
            return Some(Box::pin(async move { vec![(id, Ok(mocked))] }));
        }
        let configs = self.provider_configs(id, &provider.config_schema().block)?;
        let surroundings = Surroundings {
            version_constraint: self.version_constraint(id),
            mentioned: self.mentioned(),
            ..self.surroundings.clone()
        };
        let place = self.provider_block(id).map(|block| block.span);
        let configure = |(id, config): (ProviderId, Value)| {
            let (provider, surroundings) = (provider.clone(), surroundings.clone());
            let named = self.provider_address(&id).to_string();
            async move {
                let configured = provider.configure(&config, &surroundings).await;
                (id, configured.map_err(|problems| placed(problems, place, &named)))
            }
        };
        Some(Box::pin(join_all(configs.into_iter().map(configure).collect::<Vec<_>>())))
    }

    /// What a block says for each configuration that it stands for. `None` with an error.
    fn provider_configs(&mut self, id: &ProviderId, schema: &Block) -> Option<Vec<(ProviderId, Value)>> {
        let Some(block) = self.provider_block(id).cloned() else { return Some(vec![(id.clone(), empty(schema))]) };
        let module = self.instances(&id.module).into_iter().next().unwrap_or_default();
        let expansion = match block.for_each.clone() {
            None => Expansion::Single,
            Some(for_each) => {
                let nothing = InstanceData::default();
                let scope = self.evaluation.scope(&module, &nothing);
                expand::expand(&Repetition::ForEach(for_each), None, &scope, &mut self.found)?
            }
        };
        let mut configs = Vec::new();
        for key in expansion.keys() {
            let config = self.provider_config(&block, schema, &module, &expansion.data(&key))?;
            configs.push((ProviderId { key, ..id.clone() }, config));
        }
        Some(configs)
    }

    /// What a block says where `each` has one value. `None` with an error.
    pub fn provider_config(
        &mut self,
        block: &ProviderBlock,
        schema: &Block,
        module: &ModuleInstance,
        data: &InstanceData,
    ) -> Option<Value> {
        let scope = self.evaluation.scope(module, data);
        let (config, problems) = decode::decode_body(&block.body, schema, &scope, block.span, &|_| None);
        self.take(problems).then(|| config.unmark_deep().0)
    }

    /// Finds out which of several configurations of its provider an instance uses. False with an error.
    pub fn choose_provider(&mut self, address: &Address, data: &InstanceData) -> bool {
        let config = address.config();
        let (Some(id), Some(key)) = (self.graph.provider_of(&config), self.graph.provider_key_of(&config)) else {
            return true;
        };
        let (module, data) = match &key.call {
            None => (address.module.clone(), data.clone()),
            Some(_) => {
                let steps = |count: usize| address.module.steps().iter().take(count).cloned().collect();
                let depth = key.module.names().len();
                (steps(depth), self.evaluation.call_data(&steps(depth + 1)))
            }
        };
        let (value, problems) = eval::evaluate(&key.expression, &self.evaluation.scope(&module, &data));
        if !self.take(problems) {
            return false;
        }
        let text = value.convert(&Type::String).ok().and_then(|text| text.unmark().0.as_str().map(Arc::from));
        let chosen = text.map(|key| ProviderId { key: InstanceKey::String(key), ..id.clone() });
        let problem = match &chosen {
            None => "The key must be a text, and known when planning.".to_owned(),
            Some(chosen) if self.sessions.contains_key(chosen) => {
                self.chosen_providers.insert(address.clone(), chosen.clone());
                return true;
            }
            // Who stands in for a provider stands in for all of them.
            Some(_) if self.sessions.contains_key(id) => return true,
            Some(chosen) => format!("There is no {chosen}: the for_each of the provider block has no such key."),
        };
        let diagnostic = Diagnostic::error("Provider instance not present", problem).at(key.expression.span);
        self.found.push(diagnostic.for_address(address));
        false
    }

    /// Whether it is known which provider configuration an instance uses. Where it is not, that was told.
    pub fn has_provider(&self, address: &Address) -> bool {
        let config = address.config();
        let id = self.graph.provider_of(&config).filter(|_| self.graph.provider_key_of(&config).is_some());
        id.is_none_or(|id| self.chosen_providers.contains_key(address) || self.sessions.contains_key(id))
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

    /// Who answers for an instance: the one of several configurations that it uses or else `session`, or who stands in
    /// for that.
    pub fn session_for(&self, address: &Address, session: &Arc<dyn Session>) -> Arc<dyn Session> {
        let chosen = self.chosen_providers.get(address).and_then(|id| self.sessions.get(id));
        let session = chosen.unwrap_or(session);
        self.stand_ins.and_then(|who| who.instance(address, session)).unwrap_or_else(|| session.clone())
    }

    /// How the state names the provider of an instance: the one of several configurations that it uses, or else
    /// `provider`.
    pub fn provider_for(&self, address: &Address, provider: &ProviderAddress) -> ProviderAddress {
        self.chosen_providers.get(address).map_or_else(|| provider.clone(), |id| self.provider_address(id))
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
        let forgotten = recorded.into_iter().filter(|provider| !mentioned.contains(&provider.block()));
        forgotten
            .map(|provider| {
                let name = provider.source.rsplit('/').next().unwrap_or_default().into();
                ProviderId { module: provider.module, name, alias: provider.alias, key: provider.key }
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

    /// The session of a provider configuration, or of one of several of that block.
    pub fn session(&self, id: &ProviderId) -> Option<&Arc<dyn Session>> {
        let of_block = |(other, _): &(&ProviderId, _)| {
            other.module == id.module && other.name == id.name && other.alias == id.alias
        };
        self.sessions
            .get(id)
            .or_else(|| self.sessions.iter().filter(of_block).min_by_key(|(id, _)| *id).map(|(_, s)| s))
    }

    /// Whether there is a session of exactly this provider configuration.
    pub fn is_configured(&self, address: &ProviderAddress) -> bool {
        self.sessions.keys().any(|id| id.key == address.key && self.is_block_of(id, address))
    }

    /// The session behind what the state names; of another configuration of that block where that one is no more.
    pub fn session_of(&self, address: &ProviderAddress) -> Option<&Arc<dyn Session>> {
        let of_block = self.sessions.iter().filter(|(id, _)| self.is_block_of(id, address));
        of_block.min_by_key(|(id, _)| (id.key != address.key, *id)).map(|(_, session)| session)
    }

    fn is_block_of(&self, id: &ProviderId, address: &ProviderAddress) -> bool {
        let last = |source: &str| source.rsplit('/').next().unwrap_or_default().to_owned();
        id.module == address.module
            && id.alias == address.alias
            && last(&provider_source(self.configuration, id)) == last(&address.source)
    }

    /// How the state names a provider configuration.
    pub fn provider_address(&self, id: &ProviderId) -> ProviderAddress {
        let source = provider_source(self.configuration, id).into();
        ProviderAddress { module: id.module.clone(), source, alias: id.alias.clone(), key: id.key.clone() }
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
