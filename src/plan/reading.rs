//! What the walk waits for: recorded objects as they are now, data sources, and objects to be taken over.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::{Address, ConfigAddress, InstanceKey, ProviderAddress, ResourceMode};
use crate::config::Resource;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::{ConfigNode, NodeId, ProviderId};
use crate::provider::{Provider, Recorded, Session};
use crate::side_by_side;
use crate::state::{Change, Instance, ObjectAddress};
use crate::value::Value;

use super::evaluation::InstanceData;
use super::imports::Wanted;
use super::instance::Subject;
use super::stage::Configured;
use super::walk::{Answer, Object, Planner};
use super::{Event, recorded};

impl Planner<'_> {
    /// Takes in a configured provider, or the configurations of a block with `for_each`, and begins to read what is
    /// recorded of them.
    pub(super) fn take_sessions(&mut self, node: Option<NodeId>, configured: Vec<(ProviderId, Configured)>) -> bool {
        let mut sound = true;
        for (id, configured) in configured {
            match configured {
                Ok(session) => {
                    self.stage.set_session(id.clone(), session.clone());
                    self.read_recorded(&self.stage.provider_address(&id), &session);
                }
                Err(problems) => {
                    self.stage.found.extend(problems);
                    sound = false;
                }
            }
        }
        match node.map(|node| self.stage.graph.dag.node(node)) {
            Some(ConfigNode::Provider(id)) if sound => self.read_strays(id),
            _ => sound,
        }
    }

    /// Reads what another configuration of a block has written than those that it stands for now: before it had
    /// `for_each`, or after. False where a key is no more.
    fn read_strays(&mut self, id: &ProviderId) -> bool {
        let block = self.stage.provider_address(id);
        let recorded = self.prior.objects().map(|(_, provider, _)| provider);
        let strays: BTreeSet<ProviderAddress> =
            recorded.filter(|p| p.block() == block && !self.stage.is_configured(p)).cloned().collect();
        let place = self.stage.provider_block(id).map(|block| (block.span, block.for_each.is_some()));
        let Some((span, repeated)) = place else { return true };
        let mut sound = true;
        for provider in strays {
            let session = self.stage.session_of(&provider).cloned();
            match session.filter(|_| !repeated || provider.key == InstanceKey::None) {
                Some(session) => self.read_recorded(&provider, &session),
                None => {
                    let detail = format!(
                        "The state has objects of {provider}, and the for_each of the provider block has no such key any \
                         more. Keep the key until the objects have been destroyed."
                    );
                    self.stage.found.push(Diagnostic::error("Provider instance not present", detail).at(span));
                    sound = false;
                }
            }
        }
        sound
    }

    /// A block with `for_each` may stand for no configuration, while no instance needs one.
    pub(super) fn needs_no_provider(&mut self, address: &ConfigAddress, resource: &Resource, id: &ProviderId) -> bool {
        if self.stage.provider_block(id).is_none_or(|block| block.for_each.is_none()) {
            return false;
        }
        let mut sound = true;
        for module in self.stage.instances(&address.module) {
            let nothing = InstanceData::default();
            let scope = self.stage.evaluation.scope(&module, &nothing);
            let enabled = resource.lifecycle.enabled.as_ref();
            let expansion = super::expand::expand(&resource.repetition, enabled, &scope, &mut self.stage.found);
            let Some(expansion) = expansion else { return false };
            for key in expansion.keys() {
                let instance = address.resource.instance(module.clone(), key.clone());
                sound &= self.stage.choose_provider(&instance, &expansion.data(&key));
            }
            self.stage.evaluation.expand_resource(&module, &address.resource, expansion);
        }
        sound
    }

    /// Begins to read everything that is recorded of a provider.
    pub(super) fn read_recorded(&mut self, provider: &ProviderAddress, session: &Arc<dyn Session>) {
        let recorded: Vec<(ObjectAddress, Arc<Instance>)> = self
            .prior
            .objects()
            .filter(|(object, p, _)| *p == provider && object.address.resource.mode == ResourceMode::Managed)
            .map(|(object, _, instance)| (object, instance.clone()))
            .collect();
        let owner = self.stage.registry.find(&provider.source).cloned();
        let decoded = side_by_side::each(&recorded, |(object, instance)| {
            owner.as_ref().map(|owner| decode(&**owner, provider, object, instance))
        });
        let mut wanted = Vec::with_capacity(recorded.len());
        for ((object, instance), decoded) in recorded.into_iter().zip(decoded) {
            if !decoded.is_some_and(|decoded| self.remember(&object, &instance, decoded)) {
                self.one_read(&object.address.config());
            } else if let Some(unfinished) = self.take_unfinished(&object) {
                self.settle(session, unfinished);
            } else if self.reads(&object) {
                wanted.push(object);
            } else {
                self.one_read(&object.address.config());
            }
        }
        self.settle_what_is_not_recorded(provider, session);
        if wanted.is_empty() {
            return;
        }
        (self.events)(Event::Refreshing { objects: wanted.len() });
        let stood_in = |o: &&ObjectAddress| !Arc::ptr_eq(&self.stage.session_for(&o.address, session), session);
        let objects: Vec<(String, Recorded)> = wanted
            .iter()
            .filter(|o| !stood_in(o))
            .filter_map(|o| Some((o.address.resource.kind.to_string(), self.objects.get(o)?.recorded.clone())))
            .collect();
        let session = session.clone();
        self.tasks.push(Box::pin(async move {
            let list: Vec<(&str, &Recorded)> = objects.iter().map(|(kind, r)| (kind.as_str(), r)).collect();
            session.reader().prefetch(&list).await;
            Answer::Prefetched(wanted)
        }));
    }

    pub(super) fn reads(&self, object: &ObjectAddress) -> bool {
        self.options.refresh && self.selection.has_instance(&object.address)
    }

    /// Keeps a recorded object. False with an error.
    fn remember(
        &mut self,
        object: &ObjectAddress,
        instance: &Arc<Instance>,
        decoded: Result<Recorded, Diagnostic>,
    ) -> bool {
        match decoded {
            Ok(recorded) => {
                let observed = Some(recorded.clone());
                self.objects.insert(object.clone(), Object { instance: instance.clone(), recorded, observed });
                true
            }
            Err(problem) => {
                self.stage.found.push(problem);
                false
            }
        }
    }

    pub(super) fn read_each(&mut self, objects: &[ObjectAddress]) {
        for object in objects {
            let session = self.prior.provider(&object.address).and_then(|p| self.stage.session_of(p)).cloned();
            let (Some(session), Some(known)) = (session, self.objects.get(object)) else { continue };
            let session = self.stage.session_for(&object.address, &session);
            let (kind, recorded, object) =
                (object.address.resource.kind.clone(), known.recorded.clone(), object.clone());
            (self.events)(Event::Reading { object: &object, id: recorded.value.field("id").and_then(Value::as_str) });
            self.queue.push_back(Box::pin(async move {
                let result = session.reader().read(&kind, &recorded).await;
                Answer::Observed(object, result)
            }));
        }
    }

    pub(super) fn observed(&mut self, object: &ObjectAddress, result: Result<Option<Recorded>, Diagnostics>) {
        match result {
            Ok(observed) => self.take_observed(object, observed),
            Err(problems) => {
                self.unreadable.insert(object.clone(), problems);
            }
        }
        let observed = self.objects.get(object).and_then(|known| known.observed.as_ref());
        (self.events)(Event::Refreshed {
            object,
            id: observed.and_then(|o| o.value.field("id")).and_then(Value::as_str),
        });
        self.one_read(&object.address.config());
    }

    pub(super) fn take_observed(&mut self, object: &ObjectAddress, observed: Option<Recorded>) {
        self.update_prior(object, observed.as_ref());
        if let Some(known) = self.objects.get_mut(object) {
            known.observed = observed;
        }
    }

    /// The record follows what was observed, so that a plan starts from what is.
    pub(super) fn update_prior(&mut self, object: &ObjectAddress, observed: Option<&Recorded>) {
        let Some(known) = self.objects.get(object) else { return };
        let unchanged =
            observed.is_some_and(|o| o.value.raw_eq(&known.recorded.value) && o.private == known.recorded.private);
        let Some(provider) = self.prior.provider(&object.address).cloned().filter(|_| !unchanged) else { return };
        let kind = self.stage.registry.find(&provider.source).cloned();
        let change = match (observed, kind.as_ref().and_then(|p| p.kind(&object.address.resource.kind))) {
            (Some(observed), Some(kind)) => {
                let instance = recorded::refreshed(kind, &known.instance, observed);
                Change::Put { object: object.clone(), provider, instance }
            }
            _ => Change::Remove { object: object.clone() },
        };
        self.prior.apply(&change);
    }

    pub(super) fn one_read(&mut self, config: &ConfigAddress) {
        if let Some(left) = self.unread.get_mut(config) {
            *left = left.saturating_sub(1);
            if *left == 0
                && let Some(node) = self.parked.remove(config)
            {
                self.frontier.put_back(node);
            }
        }
    }

    /// Begins to read an object that is to be taken over; its resource waits.
    pub(super) fn import(&mut self, node: NodeId, subject: &Subject<'_>, wanted: Wanted) {
        let session = self.stage.session_for(&wanted.address, subject.session);
        let kind = wanted.address.resource.kind.clone();
        self.importing.entry(node).or_insert((0, true)).0 += 1;
        self.parked_once.insert(node);
        self.queue.push_back(Box::pin(async move {
            let result = session.reader().import(&kind, &wanted.id).await;
            Answer::Imported(node, wanted, result)
        }));
    }

    pub(super) fn one_imported(&mut self, node: NodeId, sound: bool) {
        let Some((left, fine)) = self.importing.get_mut(&node) else { return };
        *left -= 1;
        *fine &= sound;
        if *left == 0 {
            match self.importing.remove(&node) {
                Some((_, true)) => self.frontier.put_back(node),
                _ => self.finish(node, false),
            }
        }
    }

    /// Records an object that exists and was not recorded, so that it stays so also when nothing about it changes.
    pub(super) fn record_found(&mut self, object: &ObjectAddress, found: &Recorded) -> Option<Arc<Instance>> {
        let config = object.address.config();
        let of_block = self.stage.provider_address(self.stage.graph.provider_of(&config)?);
        let provider = self.stage.provider_for(&object.address, &of_block);
        let owner = self.stage.registry.find(&provider.source)?.clone();
        let kind = owner.kind(&object.address.resource.kind)?;
        let node = self.stage.graph.find(&ConfigNode::Resource(config));
        let dependencies = node.map(|node| self.stage.graph.resources_needed(node, true)).unwrap_or_default();
        let instance = Arc::new(recorded::encode(kind, &found.value, found.private.clone(), dependencies));
        self.prior.apply(&Change::Put { object: object.clone(), provider, instance: instance.clone() });
        Some(instance)
    }

    /// Begins to read a data source.
    pub(super) fn read_data(&mut self, node: NodeId, session: &Arc<dyn Session>, address: Address, config: Value) {
        let (session, kind) = (session.clone(), address.resource.kind.clone());
        (self.events)(Event::Asking { address: &address });
        self.reading.entry(node).or_insert((0, true)).0 += 1;
        self.queue.push_back(Box::pin(async move {
            let result = session.reader().read_data(&kind, &config).await;
            Answer::Data(node, address, result)
        }));
    }

    pub(super) fn heard_data(&mut self, node: NodeId, address: &Address, result: Result<Value, Diagnostics>) {
        let id = result.as_ref().ok().and_then(|value| value.field("id").cloned());
        let sound = self.take_data(node, address, result);
        (self.events)(Event::Answered { address, id: id.as_ref().and_then(Value::as_str), sound });
        if let Some((left, fine)) = self.reading.get_mut(&node) {
            *left -= 1;
            *fine &= sound;
            if *left == 0 {
                let fine = *fine;
                self.reading.remove(&node);
                self.finish(node, fine);
            }
        }
    }

    /// Keeps for the end of the reads that something else already went wrong.
    pub(super) fn note_reading(&mut self, node: NodeId, sound: bool) {
        if let Some((_, fine)) = self.reading.get_mut(&node) {
            *fine &= sound;
        }
    }

    /// Whether reads of a data source are still going on.
    pub(super) fn is_reading(&self, node: NodeId) -> bool {
        self.reading.contains_key(&node)
    }
}

/// The object behind what is recorded of it.
fn decode(
    owner: &dyn Provider,
    provider: &ProviderAddress,
    object: &ObjectAddress,
    instance: &Instance,
) -> Result<Recorded, Diagnostic> {
    let Some(kind) = owner.kind(&object.address.resource.kind) else {
        return Err(Diagnostic::error(
            "Recorded object of an unknown kind",
            format!(
                "The state holds {object}, a {} of {}, which Bowline does not have. Remove it from the state with \
                 \"bowline state rm\" (the object itself stays), and manage it with azapi_resource or elsewhere.",
                object.address.resource.kind, provider.source
            ),
        ));
    };
    recorded::decode(&object.address, instance, kind).map_err(|problem| problem.for_address(&object.address))
}
