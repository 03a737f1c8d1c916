//! What the reads came across that gives access to what is recorded here, and that nothing recorded accounts for: a
//! federated credential that somebody put beside ours.

use rustc_hash::FxHashSet;

use super::Mode;
use super::walk::Planner;
use crate::address::Address;
use crate::value::Value;

/// Such an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// Whose it is, or what stands beside it.
    pub beside: Address,
    /// Its id.
    pub id: String,
    /// What it is.
    pub words: String,
}

impl Planner<'_> {
    /// All of them, in the order of addresses and ids.
    pub(super) fn strangers(&self) -> Vec<Stranger> {
        let found = self.stage.sessions.values().flat_map(|session| session.reader().strangers());
        let mut found: Vec<_> = found.collect();
        if found.is_empty() {
            return Vec::new();
        }
        // What goes takes with it what stands beside it.
        if self.options.mode == Mode::Destroy {
            return Vec::new();
        }
        let ours = self.known_ids();
        found.retain(|stranger| !ours.contains(&stranger.id.to_lowercase()));
        let told = found.into_iter().filter_map(|stranger| {
            let beside = self.beside(&stranger.of)?;
            Some(Stranger { beside, id: stranger.id, words: stranger.words })
        });
        let mut strangers: Vec<Stranger> = told.collect();
        strangers.sort_by(|a, b| (&a.beside, &a.id).cmp(&(&b.beside, &b.id)));
        strangers.dedup();
        strangers
    }

    /// The ids of what is recorded and of what is planned, in lower case.
    fn known_ids(&self) -> FxHashSet<String> {
        let recorded = self.objects.values().filter_map(|object| id_of(&object.recorded.value));
        let planned = self.changes.values().filter_map(|change| id_of(&change.after));
        recorded.chain(planned).collect()
    }

    /// The recorded object with this id, or the first of those that are part of it.
    fn beside(&self, id: &str) -> Option<Address> {
        let (own, part) = (id.to_lowercase(), format!("{}/", id.to_lowercase()));
        let ids = self.objects.iter().filter_map(|(object, known)| Some((object, id_of(&known.recorded.value)?)));
        let candidates = ids.filter(|(_, id)| *id == own || id.starts_with(&part));
        let nearest = candidates.min_by_key(|(object, id)| (*id != own, (*object).clone()));
        nearest.map(|(object, _)| object.address.clone())
    }
}

fn id_of(value: &Value) -> Option<String> {
    value.field("id").and_then(Value::as_str).map(str::to_lowercase)
}
