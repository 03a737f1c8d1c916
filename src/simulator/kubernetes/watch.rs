//! Watching: what has become of objects, event by event, for as long as the client listens.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::arm::Azure;
use crate::simulator::body::{set, text};
use crate::simulator::clock::Moment;
use crate::simulator::kubernetes::api::Api;
use crate::simulator::kubernetes::call::Asked;
use crate::simulator::kubernetes::catalog::Kind;
use crate::simulator::kubernetes::object;
use crate::simulator::kubernetes::selector::Selector;
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::kubernetes::store::{Happened, Spot, Store};
use crate::simulator::kubernetes::table::{Form, partial, table};
use crate::simulator::target::Key;

/// How long a watch lasts when the client does not say.
const USUAL: Duration = Duration::from_secs(1800);

/// A watch and how far it has come.
#[derive(Debug)]
pub(super) struct Watch {
    cluster: Key,
    kind: Kind,
    namespace: String,
    selector: Selector,
    /// The last change that was told.
    told: u64,
    /// Events that are to be told first.
    first: Vec<Value>,
    /// Whether it has been told that too much has happened since: there is nothing to go on from.
    is_lost: bool,
    /// How long it lasts.
    pub lasts: Duration,
    form: Form,
    include: Option<String>,
}

impl Api<'_> {
    /// Begins a watch.
    pub fn watch(&self, kind: &Kind, asked: &Asked) -> Result<Watch, Failure> {
        let selector = if asked.name.is_empty() { self.selector(kind)? } else { Selector::named(&asked.name) };
        let from = self.call.parameter("resourceVersion").filter(|version| *version != "0");
        let store = self.store();
        let told = match from.map(str::parse::<u64>) {
            Some(Ok(version)) => version,
            Some(Err(_)) => return Err(Failure::bad("resourceVersion: Invalid value: must be a number")),
            None => store.revision(),
        };
        if store.since(told).is_none() {
            return Err(too_old(told, store.revision()));
        }
        let mut first = Vec::new();
        let wants_all = self.call.is_set("sendInitialEvents");
        if from.is_none() || wants_all {
            let present = store.of_kind(&kind.group, &kind.plural, &asked.namespace);
            first.extend(present.filter(|(_, object)| selector.fits(object)).map(|(_, object)| event("ADDED", object)));
        }
        if wants_all && self.call.is_set("allowWatchBookmarks") {
            first.push(bookmark(kind, store.revision()));
        }
        let told = if wants_all { store.revision() } else { told };
        let seconds = self.call.parameter("timeoutSeconds").and_then(|seconds| seconds.parse().ok());
        let lasts = seconds.map_or(USUAL, Duration::from_secs);
        let (cluster, namespace) = (self.key.clone(), asked.namespace.clone());
        let include = self.call.parameter("includeObject").map(str::to_owned);
        let form = Form::of(self.call);
        let is_lost = false;
        Ok(Watch { cluster, kind: kind.clone(), namespace, selector, told, first, is_lost, lasts, form, include })
    }
}

impl Watch {
    /// The events since the last call; `None` when there will be no more.
    pub fn next(&mut self, azure: &Azure) -> Option<Vec<Value>> {
        azure.world().get(&self.cluster).filter(|_| !self.is_lost)?;
        let store: &Store = azure.world().objects(&self.cluster);
        let mut events = std::mem::take(&mut self.first);
        let Some(since) = store.since(self.told) else {
            self.is_lost = true;
            events.push(json!({"type": "ERROR", "object": too_old(self.told, store.revision()).body()}));
            return Some(events);
        };
        events.extend(since.filter_map(|happened| self.seen(happened)));
        self.told = store.revision();
        for event in &mut events {
            self.show(event, azure.now());
        }
        Some(events)
    }

    /// Gives the object of an event the form that the client wants.
    fn show(&self, event: &mut Value, now: Moment) {
        let is_object = matches!(text(event, "/type"), Some("ADDED" | "MODIFIED" | "DELETED"));
        let Some(object) = event.get("object").cloned().filter(|_| is_object) else { return };
        let object = self.kind.shown(object);
        let shown = match self.form {
            Form::Objects => object,
            Form::Metadata => partial(&object),
            Form::Table => {
                let metadata = json!({"resourceVersion": object::version(&object)});
                table(&self.kind, &[object], &metadata, now, self.include.as_deref())
            }
        };
        set(event, "/object", shown);
    }

    /// What a change is to the one who watches.
    fn seen(&self, happened: &Happened) -> Option<Value> {
        let Spot { group, plural, namespace, .. } = &happened.spot;
        let is_here = self.kind.is(group, plural) && (self.namespace.is_empty() || self.namespace == *namespace);
        if !is_here {
            return None;
        }
        let before = happened.before.as_ref().filter(|object| self.selector.fits(object));
        let after = happened.after.as_ref().filter(|object| self.selector.fits(object));
        match (before, after) {
            (None, Some(object)) => Some(event("ADDED", object)),
            (Some(_), Some(object)) => Some(event("MODIFIED", object)),
            (Some(object), None) => {
                let mut gone = event("DELETED", happened.after.as_ref().unwrap_or(object));
                let version = Value::from(happened.revision.to_string());
                set(&mut gone, "/object/metadata/resourceVersion", version);
                Some(gone)
            }
            (None, None) => None,
        }
    }
}

fn event(kind: &str, object: &Value) -> Value {
    json!({"type": kind, "object": object})
}

fn bookmark(kind: &Kind, revision: u64) -> Value {
    event(
        "BOOKMARK",
        &json!({
            "kind": kind.kind, "apiVersion": kind.api_version(),
            "metadata": {
                "resourceVersion": revision.to_string(),
                "annotations": {"k8s.io/initial-events-end": "true"},
                "creationTimestamp": null,
            },
        }),
    )
}

fn too_old(asked: u64, present: u64) -> Failure {
    Failure::expired(format!("too old resource version: {asked} ({present})"))
}
