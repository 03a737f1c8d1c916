//! Preflight: once all is decided, the services are asked whether they would take it.

use std::collections::BTreeMap;

use super::walk::Planner;
use super::{Action, InstanceChange};
use crate::address::{ProviderAddress, ResourceMode};
use crate::diagnostic::Diagnostic;
use crate::eval::decode;
use crate::provider::Intended;
use crate::value::{Marks, Path, Value};

/// A write that is intended: what is there before it and after it.
struct Intent<'a> {
    change: &'a InstanceChange,
    before: Value,
    after: Value,
}

impl Planner<'_> {
    /// Asks each provider about what is planned of its kinds, and takes in what would go wrong.
    pub(super) async fn preflight(&mut self) {
        let mut objections = Vec::new();
        for (provider, intents) in self.intents() {
            let Some(session) = self.stage.session_of(provider).cloned() else { continue };
            let intended: Vec<Intended<'_>> = intents
                .iter()
                .map(|one| Intended { kind: &one.change.address.resource.kind, before: &one.before, after: &one.after })
                .collect();
            for (at, finding) in session.reader().preflight(&intended).await {
                let change = intents.get(at).map(|intent| intent.change);
                objections.extend(change.map(|change| self.placed(change, &finding.path, finding.diagnostic)));
            }
        }
        self.stage.found.extend(objections);
    }

    /// What is going to be written, by provider. A replacement is a removal and a creation.
    fn intents(&self) -> BTreeMap<&ProviderAddress, Vec<Intent<'_>>> {
        let mut intents: BTreeMap<&ProviderAddress, Vec<Intent<'_>>> = BTreeMap::new();
        let managed = self.changes.values().filter(|change| change.address.resource.mode == ResourceMode::Managed);
        for change in managed {
            let nothing = |value: &Value| Value::null(value.type_of());
            let (before, after) = (public(&change.before), public(&change.after));
            let of_change = match change.action {
                Action::NoOp | Action::Read | Action::Forget => vec![],
                Action::Create | Action::Update | Action::Delete => vec![(before, after)],
                Action::DeleteThenCreate | Action::CreateThenDelete => {
                    vec![(before.clone(), nothing(&before)), (nothing(&after), after)]
                }
            };
            let all = intents.entry(&change.provider).or_default();
            all.extend(of_change.into_iter().map(|(before, after)| Intent { change, before, after }));
        }
        intents
    }

    /// An objection at its argument, or at its block.
    fn placed(&self, change: &InstanceChange, path: &Path, diagnostic: Diagnostic) -> Diagnostic {
        let diagnostic = diagnostic.for_address(&change.address);
        match self.stage.configuration.resource(&change.address.config()) {
            Some(resource) => diagnostic.at(decode::locate(&resource.body, path, resource.header)),
            None => diagnostic,
        }
    }
}

/// A value without its marks, and without what they hide.
fn public(value: &Value) -> Value {
    value.clone().transform(&mut |_, value| {
        let (bare, marks) = value.unmark();
        if marks.contains(Marks::SENSITIVE) || marks.contains(Marks::EPHEMERAL) {
            Value::null(bare.type_of())
        } else {
            bare
        }
    })
}
