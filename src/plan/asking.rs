//! What providers are asked of a plan as a whole.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::InstanceChange;
use super::walk::Planner;
use crate::address::{Address, ProviderAddress, ResourceMode};
use crate::diagnostic::Diagnostics;
use crate::eval::decode;
use crate::provider::{Planned, Session};

impl Planner<'_> {
    /// Asks each provider which objects must exist before which others, though no reference says so.
    pub(super) fn implied_order(&self) -> Vec<(Address, Address)> {
        let (changes, planned) = self.managed_changes();
        let orders: BTreeSet<(usize, usize)> = self
            .sessions_of(&changes)
            .into_iter()
            .flat_map(|(_, session)| session.reader().implied_order(&planned))
            .collect();
        let addresses = |i: usize| changes.get(i).map(|c| c.address.clone());
        orders.into_iter().filter_map(|(first, then)| Some((addresses(first)?, addresses(then)?))).collect()
    }

    /// Asks each provider what the service would refuse of what it is to make.
    pub(super) async fn confirm(&mut self) {
        let (changes, planned) = self.managed_changes();
        let mut found = Diagnostics::new();
        for (provider, session) in self.sessions_of(&changes) {
            let confirmed = session.reader().confirm(&planned).await;
            let own = confirmed.into_iter().filter_map(|(at, finding)| Some((*changes.get(at)?, finding)));
            for (change, finding) in own.filter(|(change, _)| change.provider == provider) {
                let resource = self.stage.configuration.resource(&change.address.config());
                let place = resource.map(|r| decode::locate(&r.body, &finding.path, r.header));
                let mut told = finding.diagnostic.for_address(&change.address);
                told.subject = place;
                found.push(told);
            }
        }
        self.stage.found.extend(found);
    }

    /// What happens to each managed object, and the same as providers see it.
    fn managed_changes(&self) -> (Vec<&InstanceChange>, Vec<Planned<'_>>) {
        let is_managed = |c: &&InstanceChange| c.address.resource.mode == ResourceMode::Managed;
        let changes: Vec<&InstanceChange> = self.changes.values().map(|c| &**c).filter(is_managed).collect();
        let planned = changes.iter().map(|c| {
            // What goes is seen as it was.
            let value = if c.after.is_null() { &c.before } else { &c.after };
            Planned { kind: &c.address.resource.kind, value }
        });
        let planned = planned.collect();
        (changes, planned)
    }

    /// The providers of some changes, as far as they are configured.
    fn sessions_of(&self, changes: &[&InstanceChange]) -> Vec<(ProviderAddress, Arc<dyn Session>)> {
        let providers: BTreeSet<_> = changes.iter().map(|change| &change.provider).collect();
        let session = |provider: &ProviderAddress| Some((provider.clone(), self.stage.session_of(provider)?.clone()));
        providers.into_iter().filter_map(session).collect()
    }
}
