//! The objects of a cluster, what has lately become of them, and the number that each change takes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::simulator::target::Key;

/// How many changes a watch can go back.
const REMEMBERED: usize = 4096;

/// Where an object is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::simulator) struct Spot {
    /// Empty for the core group.
    pub group: String,
    pub plural: String,
    /// Empty for what is in no namespace.
    pub namespace: String,
    pub name: String,
}

/// An object of a cluster is as given from now on, or gone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::simulator) struct ObjectChange {
    pub cluster: Key,
    pub spot: Spot,
    /// The number of the change.
    pub revision: u64,
    /// The object; nothing when it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Value>,
}

/// What has become of one object.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Happened {
    pub revision: u64,
    pub spot: Spot,
    pub before: Option<Arc<Value>>,
    pub after: Option<Arc<Value>>,
}

/// What a cluster's API server keeps.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Store {
    objects: BTreeMap<Spot, Arc<Value>>,
    revision: u64,
    happened: VecDeque<Happened>,
    /// The last change that is no longer remembered.
    forgotten: u64,
}

impl Store {
    /// The number of the last change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// An object.
    pub fn get(&self, spot: &Spot) -> Option<&Arc<Value>> {
        self.objects.get(spot)
    }

    /// The objects of a kind, in one namespace or (when it is empty) in all, in the order of their names.
    pub fn of_kind<'a>(
        &'a self,
        group: &str,
        plural: &str,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a Spot, &'a Arc<Value>)> {
        let first = Spot {
            group: group.to_owned(),
            plural: plural.to_owned(),
            namespace: namespace.to_owned(),
            name: String::new(),
        };
        let wanted = first.clone();
        self.objects.range(first..).take_while(move |(spot, _)| {
            let same_kind = spot.group == wanted.group && spot.plural == wanted.plural;
            same_kind && (namespace.is_empty() || spot.namespace == namespace)
        })
    }

    /// All objects.
    pub fn all(&self) -> impl Iterator<Item = (&Spot, &Arc<Value>)> {
        self.objects.iter()
    }

    /// What has happened since a change, the oldest first; `None` when that is too long ago to be remembered.
    pub fn since(&self, revision: u64) -> Option<impl Iterator<Item = &Happened>> {
        (revision >= self.forgotten).then(|| self.happened.iter().filter(move |one| one.revision > revision))
    }

    /// The objects of a kind as they were after a change; `None` when that is too long ago to be remembered.
    pub fn of_kind_at(
        &self,
        group: &str,
        plural: &str,
        namespace: &str,
        revision: u64,
    ) -> Option<BTreeMap<Spot, Arc<Value>>> {
        let is_meant = |spot: &Spot| {
            spot.group == group && spot.plural == plural && (namespace.is_empty() || spot.namespace == namespace)
        };
        let present = self.of_kind(group, plural, namespace);
        let mut all: BTreeMap<Spot, Arc<Value>> =
            present.map(|(spot, object)| (spot.clone(), Arc::clone(object))).collect();
        if revision < self.forgotten {
            return None;
        }
        let later = self.happened.iter().rev().take_while(|one| one.revision > revision);
        for happened in later.filter(|one| is_meant(&one.spot)) {
            match &happened.before {
                Some(before) => all.insert(happened.spot.clone(), Arc::clone(before)),
                None => all.remove(&happened.spot),
            };
        }
        Some(all)
    }

    /// Makes a change. One that was read from a file is not remembered: nobody watched it.
    pub fn make(&mut self, change: ObjectChange, is_new: bool) {
        let ObjectChange { spot, revision, object, .. } = change;
        self.revision = self.revision.max(revision);
        let after = object.map(Arc::new);
        let before = match &after {
            Some(object) => self.objects.insert(spot.clone(), Arc::clone(object)),
            None => self.objects.remove(&spot),
        };
        if !is_new {
            self.forgotten = self.revision;
            return;
        }
        self.happened.push_back(Happened { revision, spot, before, after });
        while self.happened.len() > REMEMBERED {
            self.forgotten = self.happened.pop_front().map_or(self.forgotten, |one| one.revision);
        }
    }

    /// The fewest changes that make this store. The last one gives the number of the last change.
    pub fn summary<'a>(&'a self, cluster: &'a Key) -> impl Iterator<Item = ObjectChange> + 'a {
        let objects = self.objects.iter().map(|(spot, object)| ObjectChange {
            cluster: cluster.clone(),
            spot: spot.clone(),
            revision: revision_of(object),
            object: Some((**object).clone()),
        });
        let nothing =
            Spot { group: String::new(), plural: String::new(), namespace: String::new(), name: String::new() };
        let last = ObjectChange { cluster: cluster.clone(), spot: nothing, revision: self.revision, object: None };
        objects.chain(std::iter::once(last))
    }
}

/// The number of the change that made an object what it is.
fn revision_of(object: &Value) -> u64 {
    let text = object.pointer("/metadata/resourceVersion").and_then(Value::as_str);
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn spot(namespace: &str, name: &str) -> Spot {
        let [group, plural] = ["", "secrets"].map(str::to_owned);
        Spot { group, plural, namespace: namespace.to_owned(), name: name.to_owned() }
    }

    fn put(store: &mut Store, spot: Spot, revision: u64, is_new: bool) {
        let object = Some(json!({"metadata": {"resourceVersion": revision.to_string()}}));
        store.make(ObjectChange { cluster: Key::of("/c"), spot, revision, object }, is_new);
    }

    #[test]
    fn a_store_is_made_again_from_its_summary() {
        let mut store = Store::default();
        put(&mut store, spot("a", "x"), 1, true);
        put(&mut store, spot("b", "y"), 2, true);
        store.make(ObjectChange { cluster: Key::of("/c"), spot: spot("a", "x"), revision: 3, object: None }, true);
        let mut again = Store::default();
        for change in store.summary(&Key::of("/c")) {
            again.make(change, false);
        }
        assert_eq!((again.revision(), again.all().count()), (3, 1));
        assert!(again.since(2).is_none());
        assert_eq!(again.since(3).unwrap().count(), 0);
        assert_eq!(store.since(1).unwrap().map(|one| one.revision).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn a_kind_is_told_as_it_was() {
        let mut store = Store::default();
        put(&mut store, spot("a", "x"), 1, true);
        put(&mut store, spot("a", "y"), 2, true);
        store.make(ObjectChange { cluster: Key::of("/c"), spot: spot("a", "x"), revision: 3, object: None }, true);
        put(&mut store, spot("a", "y"), 4, true);
        let at = |revision: u64| {
            let all = store.of_kind_at("", "secrets", "a", revision).unwrap();
            all.values().map(|object| revision_of(object)).collect::<Vec<_>>()
        };
        assert_eq!([at(0), at(1), at(2), at(3), at(4)], [vec![], vec![1], vec![1, 2], vec![2], vec![4]]);
    }

    #[test]
    fn a_kind_is_listed_in_one_namespace_or_in_all() {
        let mut store = Store::default();
        for (revision, (namespace, name)) in (1..).zip([("b", "x"), ("a", "z"), ("a", "y"), ("ab", "w")]) {
            put(&mut store, spot(namespace, name), revision, true);
        }
        let names =
            |namespace| store.of_kind("", "secrets", namespace).map(|(spot, _)| spot.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(""), ["y", "z", "w", "x"]);
        assert_eq!(names("a"), ["y", "z"]);
        assert_eq!(store.of_kind("", "configmaps", "").count(), 0);
    }
}
