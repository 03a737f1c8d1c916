//! What tells of something that was written beside it is read once more at the end, and recorded as it then is: a network
//! that was made before its subnets, a vault whose access policies are resources of their own. Nobody else changed it, so
//! the next look for drift must not say so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt;
use rustc_hash::FxHashMap;

use crate::address::{Address, ProviderAddress, ResourceMode};
use crate::plan::stage::kind_of;
use crate::plan::{Action, recorded};
use crate::provider::{Recorded, Session};
use crate::state::{Change, Instance, ObjectAddress};
use crate::value::Value;

use super::outcome::StepResult;
use super::run::Runner;

/// What is written in the course of a run, by kind: as it was and as it is.
type Written = BTreeMap<Arc<str>, Vec<Value>>;

/// A record that is out of date.
struct Outdated {
    address: Address,
    provider: ProviderAddress,
    session: Arc<dyn Session>,
    instance: Arc<Instance>,
    recorded: Recorded,
}

impl Runner<'_> {
    /// Reads and records what the run's own writes have changed besides. What cannot be read stays as it was recorded:
    /// the next plan reads it in any case.
    pub(super) async fn record_anew(&mut self) {
        if self.halted {
            return;
        }
        let outdated = self.outdated();
        let parallelism = self.plan.options.parallelism.max(1);
        let reads = outdated.into_iter().map(|one| async move {
            let read = one.session.reader().read(&one.address.resource.kind, &one.recorded).await;
            (one, read.ok().flatten())
        });
        let observed: Vec<_> = futures::stream::iter(reads).buffered(parallelism).collect().await;
        for (one, observed) in observed {
            if let Some(observed) = observed {
                self.keep_anew(one, &observed);
            }
        }
    }

    /// What this run's steps wrote and removed.
    fn done(&self) -> impl Iterator<Item = &ObjectAddress> {
        let is_managed = |object: &ObjectAddress| object.address.resource.mode == ResourceMode::Managed;
        let done =
            self.steps.iter().filter(|(_, action, result)| *result == StepResult::Done && *action != Action::Forget);
        done.map(|(object, ..)| object).filter(move |object| is_managed(object))
    }

    /// The objects of this run's steps, each as it was before and as it is recorded now.
    fn written(&self) -> Written {
        let mut written = Written::new();
        for object in self.done() {
            let change = self.changes.get(&ObjectAddress::from(object.address.clone()));
            let before = change.map(|change| change.before.clone().unmark_deep().0);
            let now = self.recorded_now(&object.address);
            let values = written.entry(object.address.resource.kind.clone()).or_default();
            values.extend(before.into_iter().chain(now));
        }
        written
    }

    fn recorded_now(&self, address: &Address) -> Option<Value> {
        let instance = self.state.instance(address)?;
        let owner = self.stage.registry.find(&self.state.provider(address)?.source)?;
        let kind = kind_of(&**owner, &address.resource)?;
        Some(recorded::decode(address, instance, kind).ok()?.value)
    }

    /// The records that tell of something that was written.
    fn outdated(&self) -> Vec<Outdated> {
        let candidates = self.candidates();
        if candidates.is_empty() {
            return Vec::new();
        }
        let written = self.written();
        candidates.into_values().flat_map(|candidates| self.mentioned(candidates, &written)).collect()
    }

    /// The records of kinds that tell of a kind that was written, by kind.
    fn candidates(&self) -> BTreeMap<Arc<str>, Vec<Outdated>> {
        let written: BTreeSet<&str> = self.done().map(|object| &*object.address.resource.kind).collect();
        let mut by_kind: BTreeMap<Arc<str>, Vec<Outdated>> = BTreeMap::new();
        let mut telling: FxHashMap<Arc<str>, bool> = FxHashMap::default();
        for (object, provider, instance) in self.state.objects() {
            let address = object.address;
            if object.deposed.is_some() || address.resource.mode != ResourceMode::Managed {
                continue;
            }
            let Some(owner) = self.stage.registry.find(&provider.source) else { continue };
            let Some(kind) = owner.kind(&address.resource.kind) else { continue };
            let tells = telling
                .entry(address.resource.kind.clone())
                .or_insert_with(|| written.iter().any(|other| kind.tells_of(other)));
            let session = self.stage.session_of(provider).filter(|_| *tells);
            let Some(session) = session.map(|session| self.stage.session_for(&address, session)) else { continue };
            let Ok(recorded) = recorded::decode(&address, instance, kind) else { continue };
            by_kind.entry(address.resource.kind.clone()).or_default().push(Outdated {
                address,
                provider: provider.clone(),
                session,
                instance: instance.clone(),
                recorded,
            });
        }
        by_kind
    }

    fn mentioned(&self, candidates: Vec<Outdated>, written: &Written) -> Vec<Outdated> {
        let Some(first) = candidates.first() else { return candidates };
        let owner = self.stage.registry.find(&first.provider.source);
        let Some(kind) = owner.and_then(|owner| owner.kind(&first.address.resource.kind)) else { return Vec::new() };
        let told = written.iter().filter(|(other, _)| kind.tells_of(other));
        let told: Vec<&Value> = told.flat_map(|(_, values)| values).collect();
        let values: Vec<&Value> = candidates.iter().map(|one| &one.recorded.value).collect();
        let mut positions = kind.outdated_by(&values, &told).into_iter().peekable();
        let is_outdated = |(position, one)| positions.next_if_eq(&position).map(|_| one);
        candidates.into_iter().enumerate().filter_map(is_outdated).collect()
    }

    fn keep_anew(&mut self, one: Outdated, observed: &Recorded) {
        let Outdated { address, provider, instance, recorded: before, .. } = one;
        if observed.private == before.private && observed.value.raw_eq(&before.value) {
            return;
        }
        let Some(owner) = self.stage.registry.find(&provider.source).cloned() else { return };
        let Some(kind) = owner.kind(&address.resource.kind) else { return };
        let instance = recorded::refreshed(kind, &instance, observed);
        self.record(Change::Put { object: ObjectAddress::from(address), provider, instance }, true);
    }
}
