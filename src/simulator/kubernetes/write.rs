//! Writing: making, changing and taking away objects, and what is noted of it in them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::simulator::answer::Answer;
use crate::simulator::body::{set, text, unset};
use crate::simulator::kubernetes::api::{Api, born, drop, keep};
use crate::simulator::kubernetes::call::Asked;
use crate::simulator::kubernetes::catalog::Kind;
use crate::simulator::kubernetes::fields::{Leaves, Managed, leaves, managers, note_update, put_managers};
use crate::simulator::kubernetes::schema::Shape;
use crate::simulator::kubernetes::status::{Cause, Failure};
use crate::simulator::kubernetes::store::Spot;
use crate::simulator::kubernetes::{controllers, defaults, object, pods, unknown, validate};
use crate::simulator::service::guid;

/// What only the server says of an object.
const SERVERS: [&str; 7] = [
    "uid",
    "creationTimestamp",
    "resourceVersion",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
];

impl Api<'_> {
    /// Answers a `create`.
    pub fn create(&mut self, kind: &Kind, asked: &Asked) -> Result<Answer, Failure> {
        let mut object = self.sent(kind, asked)?;
        if !object::version(&object).is_empty() {
            return Err(Failure::bad("resourceVersion should not be set on objects to be created"));
        }
        self.name(kind, &mut object)?;
        let who = self.writer(kind, "", false);
        unset(&mut object, "/metadata/managedFields");
        let object = self.make(kind, asked, object, Some(&who))?;
        Ok(Answer::json(201, object))
    }

    /// Makes an object that is not there yet. `who` is noted as the one who wrote it.
    pub fn make(
        &mut self,
        kind: &Kind,
        asked: &Asked,
        mut object: Value,
        who: Option<&Managed>,
    ) -> Result<Value, Failure> {
        let name = object::name(&object).to_owned();
        let spot = kind.spot(&asked.namespace, &name);
        self.check_namespace(kind, &spot)?;
        for member in SERVERS {
            unset(&mut object, &format!("/metadata/{member}"));
        }
        if kind.subresources.iter().any(|known| known == "status") {
            unset(&mut object, "/status");
        }
        if kind.is("", "pods") {
            pods::admit(self.azure, &self.cluster, &mut object)?;
            pods::begin(self.azure, &mut object, false);
        }
        defaults::fill_in(kind, &mut object, None);
        validate::check(kind, &object, None)?;
        if self.store().get(&spot).is_some() {
            return Err(Failure::exists(kind.subject(&name)));
        }
        object::tidy(&mut object);
        born(self.azure, &self.key, &mut object);
        if has_generation(kind) {
            set(&mut object, "/metadata/generation", json!(1));
        }
        if let Some(who) = who {
            note(kind, &json!({}), &mut object, who);
        }
        if self.call.is_dry_run()? {
            return Ok(object);
        }
        let object = keep(self.azure, &self.key, spot.clone(), object);
        let cluster = self.cluster.clone();
        controllers::follow(self.azure, &cluster, &spot, None);
        Ok(self.store().get(&spot).map_or(object, |kept| (**kept).clone()))
    }

    /// Answers an `update`.
    pub fn update(&mut self, kind: &Kind, asked: &Asked) -> Result<Answer, Failure> {
        let object = self.sent(kind, asked)?;
        let spot = kind.spot(&asked.namespace, &asked.name);
        let before = self.find(kind, &spot)?;
        let who = self.writer(kind, &asked.subresource, false);
        let object = self.change(kind, asked, &before, object, Some(&who))?;
        Ok(Answer::json(200, object))
    }

    /// Puts another object in the place of one that is there. `who` is noted as the one who wrote it.
    pub fn change(
        &mut self,
        kind: &Kind,
        asked: &Asked,
        before: &Value,
        mut object: Value,
        who: Option<&Managed>,
    ) -> Result<Value, Failure> {
        let spot = kind.spot(&asked.namespace, &asked.name);
        check_is_same(kind, before, &object)?;
        divide(kind, asked, before, &mut object);
        for member in SERVERS {
            match before.pointer(&format!("/metadata/{member}")) {
                Some(value) => set(&mut object, &format!("/metadata/{member}"), value.clone()),
                None => unset(&mut object, &format!("/metadata/{member}")),
            }
        }
        defaults::fill_in(kind, &mut object, Some(before));
        validate::check(kind, &object, Some(before))?;
        object::tidy(&mut object);
        if let Some(who) = who {
            if object.pointer("/metadata/managedFields").is_none() {
                let all = before.pointer("/metadata/managedFields").cloned().unwrap_or_default();
                set(&mut object, "/metadata/managedFields", all);
            }
            note(kind, before, &mut object, who);
        }
        if has_generation(kind) && desired(before) != desired(&object) {
            let generation = before.pointer("/metadata/generation").and_then(Value::as_u64).unwrap_or_default();
            set(&mut object, "/metadata/generation", json!(generation + 1));
        }
        if self.call.is_dry_run()? || object == *before {
            return Ok(object);
        }
        Ok(self.settle_written(&spot, object))
    }

    /// Keeps a changed object, or takes it away when it was only held by what is gone now.
    fn settle_written(&mut self, spot: &Spot, object: Value) -> Value {
        let cluster = self.cluster.clone();
        let is_namespace = spot.plural == "namespaces" && spot.group.is_empty();
        let is_over = object::is_going(&object) && !object::is_held(&object) && !is_namespace;
        let object = keep(self.azure, &self.key, spot.clone(), object);
        if is_over {
            drop(self.azure, &self.key, spot.clone());
            self.release(object::uid(&object), false);
        }
        controllers::follow(self.azure, &cluster, spot, None);
        object
    }

    /// The object that was sent, if it is of the kind and the place that the path names.
    fn sent(&mut self, kind: &Kind, asked: &Asked) -> Result<Value, Failure> {
        let mut object = self.call.json()?;
        if !object.is_object() {
            return Err(Failure::bad("the body of the request is no object"));
        }
        check_sent(kind, asked, &mut object)?;
        self.prune(kind, &mut object)?;
        Ok(object)
    }

    /// Members that the kind does not have are dropped; the client is told, or refused if it wants to be.
    pub fn prune(&mut self, kind: &Kind, object: &mut Value) -> Result<(), Failure> {
        let unknown = unknown::prune(kind, object);
        let told: Vec<String> = unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect();
        match self.call.parameter("fieldValidation") {
            Some("Strict") if !told.is_empty() => {
                let word = &kind.kind;
                let message = format!(
                    "{word} in version \"{}\" cannot be handled as a {word}: strict decoding error: {}",
                    kind.version,
                    told.join(", ")
                );
                Err(Failure::bad(message))
            }
            Some("Ignore") => Ok(()),
            _ => {
                self.warnings.extend(told);
                Ok(())
            }
        }
    }

    /// A name for what has only the beginning of one.
    fn name(&self, kind: &Kind, object: &mut Value) -> Result<(), Failure> {
        if !object::name(object).is_empty() {
            return Ok(());
        }
        let Some(stem) = text(object, "/metadata/generateName").filter(|stem| !stem.is_empty()) else {
            let cause = Cause::required("metadata.name", "name or generateName is required");
            return Err(Failure::invalid(&kind.group, &kind.kind, "", &[cause]));
        };
        let seed = format!("{}|{}|{stem}", self.key.as_str(), self.store().revision());
        let name = format!("{stem}{}", suffix(self.azure.seed(), &seed));
        set(object, "/metadata/name", Value::from(name));
        Ok(())
    }

    /// What is in a namespace needs it, and nothing is made in one that is going.
    fn check_namespace(&self, kind: &Kind, spot: &Spot) -> Result<(), Failure> {
        if !kind.is_namespaced {
            return Ok(());
        }
        let namespaces = super::bootstrap::kind("", "namespaces");
        let namespace = self.find(&namespaces, &namespaces.spot("", &spot.namespace))?;
        if !object::is_going(&namespace) {
            return Ok(());
        }
        let why =
            format!("unable to create new content in namespace {} because it is being terminated", spot.namespace);
        let cause = Cause {
            reason: "NamespaceTerminating",
            message: format!("namespace {} is being terminated", spot.namespace),
            field: "metadata.namespace".to_owned(),
        };
        Err(Failure::forbidden(kind.subject(&spot.name), &why).because(&cause))
    }

    /// Who writes.
    pub fn writer(&self, kind: &Kind, subresource: &str, is_apply: bool) -> Managed {
        Managed {
            manager: self.call.manager(),
            is_apply,
            subresource: subresource.to_owned(),
            api_version: kind.api_version(),
            time: self.time(),
            paths: BTreeSet::new(),
        }
    }
}

/// What is sent must say the same as the path; what it does not say is filled in from there.
pub(super) fn check_sent(kind: &Kind, asked: &Asked, object: &mut Value) -> Result<(), Failure> {
    let wanted = kind.api_version();
    for (member, wanted, words) in [("apiVersion", wanted.as_str(), "API version"), ("kind", &kind.kind, "kind")] {
        match text(object, &format!("/{member}")).filter(|text| !text.is_empty()) {
            None => set(object, &format!("/{member}"), Value::from(wanted)),
            Some(text) if text != wanted => {
                let message =
                    format!("the {words} in the data ({text}) does not match the expected {words} ({wanted})");
                return Err(Failure::bad(message));
            }
            Some(_) => {}
        }
    }
    let namespace = text(object, "/metadata/namespace").unwrap_or_default();
    if kind.is_namespaced && namespace.is_empty() {
        set(object, "/metadata/namespace", Value::from(asked.namespace.as_str()));
    } else if kind.is_namespaced && namespace != asked.namespace {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Failure::bad(message));
    } else if !kind.is_namespaced {
        unset(object, "/metadata/namespace");
    }
    let name = object::name(object);
    if asked.name.is_empty() {
        return Ok(());
    }
    if name.is_empty() {
        set(object, "/metadata/name", Value::from(asked.name.as_str()));
    } else if name != asked.name {
        let message = format!("the name of the object ({name}) does not match the name on the URL ({})", asked.name);
        return Err(Failure::bad(message));
    }
    Ok(())
}

/// Five letters and digits, as generated names end with.
pub(super) fn suffix(seed: u64, name: &str) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let random = guid(seed, name).replace('-', "");
    let bytes = random.as_bytes().chunks(2).take(5);
    let letter = |pair: &[u8]| {
        let number = usize::from(pair.iter().fold(0u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte)));
        char::from(*LETTERS.get(number % LETTERS.len()).unwrap_or(&b'x'))
    };
    bytes.map(letter).collect()
}

/// A write must be of what is there: the same version where it names one, the same uid.
fn check_is_same(kind: &Kind, before: &Value, object: &Value) -> Result<(), Failure> {
    let version = object::version(object);
    let subject = kind.subject(object::name(before));
    if !version.is_empty() && version != object::version(before) {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        return Err(Failure::conflict(subject, why));
    }
    let uid = object::uid(object);
    if !uid.is_empty() && uid != object::uid(before) {
        let why =
            format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", object::uid(before));
        return Err(Failure::conflict(subject, &why));
    }
    Ok(())
}

/// A write to the status changes only that; any other leaves it.
fn divide(kind: &Kind, asked: &Asked, before: &Value, object: &mut Value) {
    if !kind.subresources.iter().any(|known| known == "status") || asked.subresource == "finalize" {
        return;
    }
    let status = if asked.subresource == "status" {
        let status = object.get("status").cloned();
        *object = before.clone();
        status
    } else {
        before.get("status").cloned()
    };
    match status {
        Some(status) => set(object, "/status", status),
        None => unset(object, "/status"),
    }
}

fn has_generation(kind: &Kind) -> bool {
    kind.definition.is_some()
        || matches!(kind.group.as_ref(), "apps" | "batch" | "admissionregistration.k8s.io" | "apiextensions.k8s.io")
}

/// What of an object is desired: all but metadata and status.
fn desired(object: &Value) -> Value {
    let mut object = object.clone();
    unset(&mut object, "/metadata");
    unset(&mut object, "/status");
    object
}

/// Notes in the object who wrote which fields.
fn note(kind: &Kind, before: &Value, object: &mut Value, who: &Managed) {
    let shape = Shape::named(kind.schema_name());
    let parts = |object: &Value| -> Leaves {
        let all = leaves(object, &shape);
        let of_status = who.subresource == "status";
        let is_status = |path: &[String]| path.first().is_some_and(|word| word == "f:status");
        all.into_iter().filter(|(path, _)| is_status(path) == of_status).collect()
    };
    let mut all = managers(object);
    let (mine, mut others): (Vec<_>, Vec<_>) =
        all.drain(..).partition(|one| (one.subresource == "status") == (who.subresource == "status"));
    let mut mine = mine;
    note_update(&mut mine, &parts(before), &parts(object), who);
    others.extend(mine);
    put_managers(object, &others);
}
