//! What an interrupted run left: writes that were begun and of which no end is known. Each is settled by waiting for
//! what the service accepted and reading the object; what came of it is said, and is where the plan starts from.

use std::sync::Arc;

use crate::address::ProviderAddress;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::ConfigNode;
use crate::provider::{Recorded, Session, Settled};
use crate::state::{Change, Instance, ObjectAddress, Unfinished, WriteAction};

use super::recorded;
use super::walk::{Answer, Object, Planner};

impl Planner<'_> {
    /// The unfinished write of an object, which is then no longer open.
    pub(super) fn take_unfinished(&mut self, object: &ObjectAddress) -> Option<Unfinished> {
        let at = self.unfinished.iter().position(|unfinished| unfinished.object == *object)?;
        Some(self.unfinished.remove(at))
    }

    /// Begins to find out what came of the provider's writes of objects that nothing records.
    pub(super) fn settle_what_is_not_recorded(&mut self, provider: &ProviderAddress, session: &Arc<dyn Session>) {
        let all = std::mem::take(&mut self.unfinished);
        let (mine, others) = all.into_iter().partition(|unfinished| unfinished.provider == *provider);
        self.unfinished = others;
        for unfinished in mine {
            *self.unread.entry(unfinished.object.address.config()).or_default() += 1;
            self.settle(session, unfinished);
        }
    }

    /// Begins to find out what came of a write; its resource waits.
    pub(super) fn settle(&mut self, session: &Arc<dyn Session>, unfinished: Unfinished) {
        let session = session.clone();
        let kind = unfinished.object.address.resource.kind.clone();
        let recorded = self.objects.get(&unfinished.object).map(|object| object.recorded.clone());
        self.queue.push_back(Box::pin(async move {
            let result = session.reader().settle(&kind, &unfinished.sent, recorded.as_ref()).await;
            Answer::Settled(unfinished, result)
        }));
    }

    /// Says which writes could not be settled, because nothing configures their provider.
    pub(super) fn tell_what_stays_open(&mut self) {
        for unfinished in &self.unfinished {
            let object = &unfinished.object;
            let detail = format!(
                "An earlier run ended after it had begun to {} {object} and before it could record what came of it. Its \
                 provider {} is not configured, so that cannot be found out; the journal keeps the question.",
                unfinished.action, unfinished.provider
            );
            self.stage.found.push(Diagnostic::warning("Interrupted run", detail).for_address(&object.address));
        }
    }

    /// Takes in what came of a write, and says it. What could not be found out stays open.
    pub(super) fn settled(&mut self, unfinished: Unfinished, result: Result<Settled, Diagnostics>) {
        let address = unfinished.object.address.clone();
        match result {
            Ok(Settled { recorded, failure }) => {
                self.stage.found.push(told(&unfinished, recorded.is_some(), failure.as_ref()));
                let known = self.objects.contains_key(&unfinished.object);
                match recorded {
                    Some(recorded) if !known && unfinished.action == WriteAction::Create => {
                        self.adopt(&unfinished, recorded, failure.is_some());
                    }
                    observed if known => self.take_observed(&unfinished.object, observed),
                    _ => {}
                }
                self.settled.push(unfinished.object);
            }
            Err(problems) => {
                self.stage.take_of(&address, problems);
            }
        }
        self.one_read(&address.config());
    }

    /// Records an object that an interrupted run made; one of which the making failed is to be mended or replaced.
    fn adopt(&mut self, unfinished: &Unfinished, recorded: Recorded, tainted: bool) {
        let address = &unfinished.object.address;
        let Some(owner) = self.stage.registry.find(&unfinished.provider.source).cloned() else { return };
        let Some(kind) = owner.kind(&address.resource.kind) else { return };
        let node = self.stage.graph.find(&ConfigNode::Resource(address.config()));
        let dependencies = node.map(|node| self.stage.graph.resources_needed(node, true)).unwrap_or_default();
        let own = recorded::encode(kind, &recorded.value, recorded.private.clone(), dependencies);
        let create_before_destroy = self.protected.contains(&address.config());
        let instance = Arc::new(Instance { create_before_destroy, tainted: tainted && !kind.mends(), ..own });
        let (object, provider) = (unfinished.object.clone(), unfinished.provider.clone());
        self.prior.apply(&Change::Put { object: object.clone(), provider, instance: instance.clone() });
        self.objects.insert(object, Object { instance, observed: Some(recorded.clone()), recorded });
    }
}

/// What came of a write, for the user.
fn told(unfinished: &Unfinished, exists: bool, failure: Option<&Diagnostics>) -> Diagnostic {
    let object = &unfinished.object;
    let (summary, came) = match (unfinished.action, exists) {
        (WriteAction::Create, true) if failure.is_some() => (
            "Object of an interrupted run recovered",
            "It was begun and could not be completed; this plan goes on from what there is of it.",
        ),
        (WriteAction::Create, true) => {
            ("Object of an interrupted run recovered", "It exists, and is recorded from now on.")
        }
        (WriteAction::Create, false) => ("Interrupted run", "Nothing came of it; it is planned anew."),
        (WriteAction::Update, true) => ("Interrupted run", "What there is now is what this plan starts from."),
        (WriteAction::Delete, true) => ("Interrupted run", "It still exists."),
        (WriteAction::Update | WriteAction::Delete, false) => ("Interrupted run", "It does not exist any more."),
    };
    let id = unfinished.sent.first().map(|sent| sent.intent.id.as_str()).unwrap_or_default();
    let why = failure.into_iter().flat_map(Diagnostics::iter).map(|problem| format!("\n\n{}", problem.detail));
    let detail = format!(
        "An earlier run ended after it had begun to {} {object} ({id}) and before it could record what came of it. {came}{}",
        unfinished.action,
        why.collect::<String>()
    );
    Diagnostic::warning(summary, detail).for_address(&object.address)
}
