//! Drift: what had changed outside since it was recorded, kept apart from the changes.

use std::collections::HashSet;

use super::walk::Planner;
use super::{Action, InstanceChange, Mode, recorded};
use crate::value::Value;

impl Planner<'_> {
    /// Recorded against Observed, in address order. A mere move counts only when nothing else is planned.
    pub(super) fn drift(&self) -> Vec<InstanceChange> {
        let mut objects: Vec<_> = self.objects.iter().collect();
        objects.sort_by(|a, b| a.0.cmp(b.0));
        let mut drift = Vec::new();
        // What an interrupted run did is said where it is settled; nobody else did it.
        let settled: HashSet<_> = self.settled.iter().filter(|_| self.options.mode != Mode::RefreshOnly).collect();
        for (object, known) in objects.into_iter().filter(|(object, _)| !settled.contains(object)) {
            let provider = self.prior.provider(&object.address).or_else(|| self.former_provider(object)).cloned();
            let Some(provider) = provider else { continue };
            let Some(owner) = self.stage.registry.find(&provider.source) else { continue };
            let Some(kind) = owner.kind(&object.address.resource.kind) else { continue };
            let previous_address = self.renames.get(&object.address).cloned();
            let action = match &known.observed {
                None => Action::Delete,
                Some(now) if !now.value.raw_eq(&known.recorded.value) => Action::Update,
                Some(_) if previous_address.is_some() && self.options.mode == Mode::RefreshOnly => Action::NoOp,
                Some(_) => continue,
            };
            let paths = &known.instance.sensitive_paths;
            let after = known.observed.as_ref().map_or_else(
                || Value::null(kind.schema().block.implied_type()),
                |now| recorded::marked(kind, now, paths),
            );
            drift.push(InstanceChange {
                address: object.address.clone(),
                previous_address,
                deposed: object.deposed.clone(),
                provider,
                action,
                reason: None,
                before: recorded::marked(kind, &known.recorded, paths),
                private: known.recorded.private.clone(),
                after,
                replace_paths: Vec::new(),
                importing: None,
                notes: Vec::new(),
                create_before_destroy: known.instance.create_before_destroy,
                dependencies: known.instance.dependencies.clone(),
            });
        }
        drift
    }

    /// The provider of an object that has gone from the state with its last instance.
    fn former_provider(&self, object: &crate::state::ObjectAddress) -> Option<&crate::address::ProviderAddress> {
        self.former_providers.get(&object.address.config())
    }
}
