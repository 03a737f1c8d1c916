//! Lists in a body whose entries are resources of their own: the rules of a security group, the routes of a table.

use std::time::Duration;

use serde_json::Value;

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, set, text, unset};
use crate::simulator::service::{Draft, Outcome, Scene, Service};
use crate::simulator::target::{Key, Place};
use crate::simulator::world::{Change, Resource};

/// How long a write to a list's owner or to one of its entries takes, in seconds.
pub(super) const WRITE: u64 = 3;

/// Such a list, and the service of its entries.
pub(in crate::simulator) struct Nested {
    /// Where it is in the body: `/properties/securityRules`.
    pub pointer: &'static str,
    /// How the entries' ids go on: `securityRules`.
    pub word: &'static str,
    /// The kind of the entries.
    pub kind: &'static str,
    /// Completes an entry, or refuses it beside the others.
    pub complete: fn(&str, &mut Value, &[Value]) -> Result<(), Refusal>,
}

impl Nested {
    /// Takes the list out of what was sent with the parent: entries that are not in it go.
    pub fn take(&self, draft: &Draft<'_>, body: &mut Value) -> Result<Vec<Change>, Refusal> {
        let sent = body.pointer(self.pointer).and_then(Value::as_array).cloned().unwrap_or_default();
        unset(body, self.pointer);
        let mut made: Vec<Value> = Vec::new();
        let mut changes = Vec::new();
        let mut keys = Vec::new();
        for mut entry in sent {
            let name = text(&entry, "/name").unwrap_or_default().to_owned();
            (self.complete)(&name, &mut entry, &made)?;
            let id = format!("{}/{}/{name}", draft.place.id, self.word);
            let before = draft.scene.world.get(&Key::of(&id));
            let mut resource = Resource::new(id, self.kind, entry, draft.scene.now);
            resource.revision = before.map_or(0, |before| before.revision) + 1;
            let etag = draft.scene.guid(&resource.key(), &format!("etag {}", resource.revision));
            set(&mut resource.body, "/etag", Value::from(etag));
            made.push(resource.body.clone());
            keys.push(resource.key());
            changes.push(Change::Put(Box::new(resource)));
        }
        let present = draft.scene.world.children(&draft.place.key(), self.word);
        changes.extend(present.filter(|entry| !keys.contains(&entry.key())).map(|entry| Change::Remove(entry.key())));
        Ok(changes)
    }

    /// Shows the list with the parent.
    pub fn show(&self, scene: Scene<'_>, resource: &Resource, body: &mut Value) {
        let entries: Vec<Value> =
            scene.world.children(&resource.key(), self.word).map(|entry| entry.body.clone()).collect();
        set(body, self.pointer, Value::from(entries));
    }

    /// Completes an entry that was written by itself.
    fn complete_alone(&self, draft: &Draft<'_>, body: &mut Value) -> Result<(), Refusal> {
        let key = draft.place.key();
        let others: Vec<Value> = draft
            .scene
            .world
            .children(&Key::of(&draft.place.parent), self.word)
            .filter(|other| other.key() != key)
            .map(|other| other.body.clone())
            .collect();
        (self.complete)(&draft.place.name, body, &others)
    }
}

impl Service for Nested {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        self.complete_alone(&draft, &mut body)?;
        Ok(Outcome::of(body).lasting(WRITE))
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(WRITE)))
    }

    fn occupies(&self, place: &Place) -> String {
        place.parent.clone()
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

/// The subnets that refer to a resource by the id at a pointer.
pub(super) fn subnets_with<'a>(
    scene: Scene<'a>,
    key: &'a Key,
    pointer: &'static str,
) -> impl Iterator<Item = &'a Resource> {
    let subnets = scene.world.all_of_kind("Microsoft.Network/virtualNetworks/subnets");
    subnets.filter(move |subnet| text(&subnet.body, pointer).is_some_and(|id| Key::of(id) == *key))
}

/// Shows the ids of the subnets that refer to a resource, as the service does.
pub(super) fn show_subnets(scene: Scene<'_>, resource: &Resource, pointer: &'static str, body: &mut Value) {
    let key = resource.key();
    let users: Vec<Value> =
        subnets_with(scene, &key, pointer).map(|subnet| serde_json::json!({ "id": subnet.id })).collect();
    if !users.is_empty() {
        set(body, "/properties/subnets", Value::from(users));
    }
}

/// Refuses to remove what a subnet still uses.
pub(super) fn unused(scene: Scene<'_>, resource: &Resource, pointer: &'static str, code: &str) -> Result<(), Refusal> {
    let key = resource.key();
    let Some(user) = subnets_with(scene, &key, pointer).next() else { return Ok(()) };
    let name = resource.id.rsplit('/').next().unwrap_or_default();
    let message =
        format!("Resource {name} cannot be deleted because it is in use by the following subnet: {}.", user.id);
    Err(Refusal::bad(code, message))
}
