//! Everything that exists in the simulated Azure, and the changes by which it comes to be. A world is what its
//! changes made of it, so replaying the recorded ones gives the same world.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::simulator::body;
use crate::simulator::clock::Moment;
use crate::simulator::kubernetes::{ObjectChange, Store};
use crate::simulator::operations::Operation;
use crate::simulator::target::Key;

/// A resource and what the service knows of it besides its body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Resource {
    /// As first written.
    pub id: String,
    /// `Microsoft.Network/virtualNetworks`
    pub kind: String,
    /// What reading it answers, short of what its service adds while showing it.
    pub body: Value,
    /// The principals in the directory that live and die with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<Principal>,
    /// What no other resource may have: `(scope, principal, role)` of a role assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<String>,
    /// A word under which it can be found: the principal of a role assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_by: Option<String>,
    /// Ids of what is removed with it though it lies elsewhere: a cluster's node resource group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owns: Vec<String>,
    /// The operation that is changing it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// How often it has been written; the etag follows from it.
    pub revision: u32,
    /// When it was first written.
    pub created: Moment,
}

impl Resource {
    /// A resource that comes with another: its id, name and kind are written into the body.
    pub fn new(id: String, kind: &str, mut body: Value, created: Moment) -> Self {
        let name = id.rsplit('/').next().unwrap_or_default().to_owned();
        for (member, text) in [("/id", id.as_str()), ("/name", &name), ("/type", kind)] {
            body::set(&mut body, member, Value::from(text));
        }
        Self {
            id,
            kind: kind.to_owned(),
            body,
            principals: Vec::new(),
            unique: None,
            found_by: None,
            owns: Vec::new(),
            operation: None,
            revision: 1,
            created,
        }
    }

    /// How its id is compared.
    pub fn key(&self) -> Key {
        Key::of(&self.id)
    }
}

/// A security principal of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Principal {
    /// The object id that roles are given to.
    pub id: String,
    /// The application id; never a principal.
    pub client: String,
    /// From when on the authorisation service knows it.
    pub known_from: Moment,
}

/// One change of the world; what the world file holds, a line each.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    /// A resource is as given from now on.
    Put(Box<Resource>),
    /// A resource, all beneath it and all it owns are gone.
    Remove(Key),
    /// An operation was accepted, or has ended.
    Operation(Operation),
    /// How often a resource of this id has been removed.
    Buried(Key, u32),
    /// A principal that is gone.
    Departed(String),
    /// An object of a cluster has changed.
    Object(Box<ObjectChange>),
}

/// What the directory knows of an object id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A service principal, known to the authorisation service from then on.
    Principal(Moment),
    /// An application id, or a principal that is gone: no role can be given to it.
    NotAPrincipal,
    /// Nothing here: a user or a group that the directory may well have.
    Elsewhere,
}

/// The state of the simulated Azure.
#[derive(Debug, Default)]
pub(super) struct World {
    resources: HashMap<Key, Resource>,
    in_order: BTreeSet<Key>,
    by_kind: HashMap<String, BTreeSet<Key>>,
    by_unique: HashMap<String, Key>,
    by_word: HashMap<String, BTreeSet<Key>>,
    principals: HashMap<String, Known>,
    graves: HashMap<Key, u32>,
    operations: HashMap<String, Operation>,
    due: BTreeSet<(Moment, String)>,
    /// What is in the clusters.
    clusters: HashMap<Key, Store>,
    /// What is in a cluster in which there is nothing yet.
    no_objects: Store,
    /// Changes made since they were last taken to be recorded.
    fresh: Vec<Change>,
}

impl World {
    /// A resource by its key.
    pub fn get(&self, key: &Key) -> Option<&Resource> {
        self.resources.get(key)
    }

    /// How many resources there are.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// All resources in the order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &Resource> {
        self.in_order.iter().filter_map(|key| self.resources.get(key))
    }

    /// What lies beneath a scope, in the order of ids, the scope itself not included.
    pub fn beneath<'a>(&'a self, scope: &Key) -> impl Iterator<Item = &'a Resource> + use<'a> {
        let first = Key(format!("{}/", scope.as_str()).into());
        let last = Key(format!("{}0", scope.as_str()).into());
        self.in_order.range((Bound::Included(first), Bound::Excluded(last))).filter_map(|key| self.resources.get(key))
    }

    /// The resources of a kind at or beneath a scope, in the order of ids.
    pub fn of_kind<'a>(&'a self, kind: &str, scope: &'a Key) -> impl Iterator<Item = &'a Resource> + use<'a> {
        self.by_kind
            .get(&kind.to_ascii_lowercase())
            .into_iter()
            .flat_map(move |keys| keys.range(scope.clone()..).take_while(move |key| key.0.starts_with(&*scope.0)))
            .filter(move |key| key.within(scope))
            .filter_map(|key| self.resources.get(key))
    }

    /// All resources of a kind, wherever they are.
    pub fn all_of_kind<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Resource> + use<'a> {
        let keys = self.by_kind.get(&kind.to_ascii_lowercase()).into_iter().flatten();
        keys.filter_map(|key| self.resources.get(key))
    }

    /// The children of one resource of one kind: `children(cluster, "agentPools")`.
    pub fn children<'a>(&'a self, parent: &Key, word: &str) -> impl Iterator<Item = &'a Resource> + use<'a> {
        let stem = format!("{}/{}", parent.as_str(), word.to_ascii_lowercase());
        let depth = stem.len() + 1;
        let stem = Key(stem.into());
        self.beneath(&stem).filter(move |child| !child.id.get(depth..).unwrap_or_default().contains('/'))
    }

    /// The resource that has a unique mark.
    pub fn holder(&self, unique: &str) -> Option<&Resource> {
        self.by_unique.get(unique).and_then(|key| self.resources.get(key))
    }

    /// The resources found by a word.
    pub fn found_by<'a>(&'a self, word: &str) -> impl Iterator<Item = &'a Resource> + use<'a> {
        self.by_word.get(word).into_iter().flatten().filter_map(|key| self.resources.get(key))
    }

    /// What the directory says of an object id.
    pub fn principal(&self, id: &str) -> Known {
        self.principals.get(&id.to_ascii_lowercase()).copied().unwrap_or(Known::Elsewhere)
    }

    /// How often something of this id has been removed: a new one is not the old one.
    pub fn burials(&self, key: &Key) -> u32 {
        self.graves.get(key).copied().unwrap_or(0)
    }

    /// The objects of a cluster.
    pub fn objects(&self, cluster: &Key) -> &Store {
        self.clusters.get(cluster).unwrap_or(&self.no_objects)
    }

    /// An operation by its id.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.get(&id.to_ascii_lowercase())
    }

    /// The operation at work on a resource.
    pub fn at_work(&self, resource: &Resource) -> Option<&Operation> {
        resource.operation.as_deref().and_then(|id| self.operation(id)).filter(|operation| !operation.ended)
    }

    /// The next operation that has come to its end by `now`.
    pub fn next_due(&self, now: Moment) -> Option<&Operation> {
        self.due.first().filter(|(at, _)| *at <= now).and_then(|(_, id)| self.operations.get(id))
    }

    /// Makes a change and keeps it to be recorded.
    pub fn make(&mut self, change: Change) {
        self.come_to_pass(change.clone(), true);
        self.fresh.push(change);
    }

    /// The changes since the last call.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.fresh)
    }

    /// Makes a change that is already recorded.
    pub fn replay(&mut self, change: Change) {
        self.come_to_pass(change, false);
    }

    fn come_to_pass(&mut self, change: Change, is_new: bool) {
        match change {
            Change::Put(resource) => self.put(*resource),
            Change::Remove(key) => self.remove(&key),
            Change::Operation(operation) => self.note(operation),
            Change::Buried(key, times) => {
                self.graves.insert(key, times);
            }
            Change::Departed(id) => {
                self.principals.insert(id, Known::NotAPrincipal);
            }
            Change::Object(change) => {
                self.clusters.entry(change.cluster.clone()).or_default().make(*change, is_new);
            }
        }
    }

    /// The fewest changes that make this world.
    pub fn summary(&self) -> impl Iterator<Item = Change> {
        let gone = self.principals.iter().filter(|(_, known)| **known == Known::NotAPrincipal);
        let departed = gone.map(|(id, _)| Change::Departed(id.clone()));
        let graves = self.graves.iter().map(|(key, times)| Change::Buried(key.clone(), *times));
        let resources = self.all().map(|resource| Change::Put(Box::new(resource.clone())));
        let operations = self.operations.values().map(|operation| Change::Operation(operation.clone()));
        let objects = self.clusters.iter().flat_map(|(cluster, store)| store.summary(cluster));
        let objects = objects.map(|change| Change::Object(Box::new(change)));
        departed.chain(graves).chain(resources).chain(operations).chain(objects)
    }

    fn put(&mut self, resource: Resource) {
        let key = resource.key();
        self.unlink(&key);
        for principal in &resource.principals {
            self.principals.insert(principal.id.clone(), Known::Principal(principal.known_from));
            self.principals.insert(principal.client.clone(), Known::NotAPrincipal);
        }
        if let Some(unique) = &resource.unique {
            self.by_unique.insert(unique.clone(), key.clone());
        }
        if let Some(word) = &resource.found_by {
            self.by_word.entry(word.clone()).or_default().insert(key.clone());
        }
        self.by_kind.entry(resource.kind.to_ascii_lowercase()).or_default().insert(key.clone());
        self.in_order.insert(key.clone());
        self.resources.insert(key, resource);
    }

    /// Takes a resource out of the indexes that follow its content.
    fn unlink(&mut self, key: &Key) {
        let Some(old) = self.resources.get(key) else { return };
        if let Some(unique) = &old.unique {
            self.by_unique.remove(unique);
        }
        if let Some(keys) = old.found_by.as_ref().and_then(|word| self.by_word.get_mut(word)) {
            keys.remove(key);
        }
        if let Some(keys) = self.by_kind.get_mut(&old.kind.to_ascii_lowercase()) {
            keys.remove(key);
        }
    }

    fn remove(&mut self, key: &Key) {
        let mut doomed: Vec<Key> = self.beneath(key).map(Resource::key).collect();
        doomed.push(key.clone());
        for key in doomed {
            self.unlink(&key);
            self.in_order.remove(&key);
            self.clusters.remove(&key);
            let Some(resource) = self.resources.remove(&key) else { continue };
            for principal in resource.principals {
                self.principals.insert(principal.id, Known::NotAPrincipal);
            }
            *self.graves.entry(key).or_default() += 1;
            for owned in resource.owns {
                self.remove(&Key::of(&owned));
            }
        }
    }

    fn note(&mut self, operation: Operation) {
        let entry = (operation.ends_at, operation.id.clone());
        if operation.ended {
            self.due.remove(&entry);
        } else {
            self.due.insert(entry);
        }
        self.operations.insert(operation.id.clone(), operation);
    }
}
