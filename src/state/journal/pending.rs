//! Writes that were begun and of which no end is known yet.

use indexmap::IndexMap;

use super::entry::{Entry, WriteAction};
use crate::address::ProviderAddress;
use crate::provider::Sent;
use crate::state::{Change, ObjectAddress};

/// A write of which the journal tells the beginning but not the end: it may have happened or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The object.
    pub object: ObjectAddress,
    /// What was being done to it.
    pub action: WriteAction,
    /// Whose it is.
    pub provider: ProviderAddress,
    /// The requests that were sent, or were about to be, in order.
    pub sent: Vec<Sent>,
}

/// The unfinished writes of a journal, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Pending(IndexMap<ObjectAddress, Unfinished>);

impl Pending {
    /// Takes in a line of the journal.
    pub(super) fn hear(&mut self, entry: &Entry) {
        match entry {
            Entry::Start(_) | Entry::Saved { .. } => {}
            Entry::Intent { object, action, provider, intent } => {
                let sent = Sent { intent: intent.clone(), operation: None };
                let pending = self.0.entry(object.clone()).or_insert_with(|| Unfinished {
                    object: object.clone(),
                    action: *action,
                    provider: provider.clone(),
                    sent: Vec::new(),
                });
                // Trying again is no other request.
                match pending.sent.last_mut() {
                    Some(last) if last.intent == sent.intent => last.operation = None,
                    _ => pending.sent.push(sent),
                }
            }
            Entry::Operation { object, url } => {
                if let Some(last) = self.0.get_mut(object).and_then(|pending| pending.sent.last_mut()) {
                    last.operation = Some(url.clone());
                }
            }
            Entry::Change(Change::Put { object, .. } | Change::Remove { object }) | Entry::Settled { object } => {
                self.0.shift_remove(object);
            }
            Entry::Change(Change::Depose { .. } | Change::Restore { .. }) => {}
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Unfinished> {
        self.0.values().cloned().collect()
    }
}

impl Unfinished {
    /// The lines that tell of it in a new journal.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for Sent { intent, operation } in &self.sent {
            entries.push(Entry::Intent {
                object: self.object.clone(),
                action: self.action,
                provider: self.provider.clone(),
                intent: intent.clone(),
            });
            entries.extend(operation.clone().map(|url| Entry::Operation { object: self.object.clone(), url }));
        }
        entries
    }
}
