//! Taking objects away: at once, or once nothing holds them, with what belongs to them.

use serde_json::{Value, json};

use crate::simulator::answer::Answer;
use crate::simulator::arm::Azure;
use crate::simulator::body::{set, text, unset};
use crate::simulator::kubernetes::api::{Api, drop, keep};
use crate::simulator::kubernetes::call::Asked;
use crate::simulator::kubernetes::catalog::Kind;
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::kubernetes::store::Spot;
use crate::simulator::kubernetes::{controllers, object};
use crate::simulator::target::Key;

impl Api<'_> {
    /// Answers a `delete`.
    pub fn delete(&mut self, kind: &Kind, asked: &Asked) -> Result<Answer, Failure> {
        let spot = kind.spot(&asked.namespace, &asked.name);
        let found = self.find(kind, &spot)?;
        let options = self.call.json()?;
        for (member, present) in [("uid", object::uid(&found)), ("resourceVersion", object::version(&found))] {
            if let Some(wanted) =
                text(&options, &format!("/preconditions/{member}")).filter(|wanted| *wanted != present)
            {
                let why = format!(
                    "Precondition failed: {member} in precondition: {wanted}, {member} in object meta: {present}"
                );
                return Err(Failure::conflict(kind.subject(&asked.name), &why));
            }
        }
        if kind.is("", "namespaces") && matches!(asked.name.as_str(), "default" | "kube-system" | "kube-public") {
            return Err(Failure::forbidden(kind.subject(&asked.name), "this namespace may not be deleted"));
        }
        let of_body = options.get("dryRun").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
        let is_dry = self.call.is_dry_run()? || of_body;
        let policy = text(&options, "/propagationPolicy")
            .or(self.call.parameter("propagationPolicy"))
            .unwrap_or("Background")
            .to_owned();
        let after = if is_dry { Some(found.clone()) } else { self.remove(&spot, &found, &policy) };
        Ok(Answer::json(
            200,
            match after {
                Some(object) if object::is_going(&object) || matches!(asked.plural.as_str(), "namespaces" | "pods") => {
                    object
                }
                _ => gone(kind, &found),
            },
        ))
    }

    /// Takes an object away, or marks it where something holds it; then it is given.
    fn remove(&mut self, spot: &Spot, found: &Value, policy: &str) -> Option<Value> {
        let cluster = self.cluster.clone();
        if policy == "Orphan" {
            self.release(object::uid(found), true);
        }
        let left = if object::is_held(found) {
            Some(mark_going(self.azure, &self.key, spot.clone(), found))
        } else {
            drop(self.azure, &self.key, spot.clone());
            None
        };
        if left.is_none() {
            self.release(object::uid(found), false);
        }
        controllers::follow(self.azure, &cluster, spot, Some(found));
        left
    }

    /// What belonged to an object that is gone goes too, unless it is to be orphaned or belongs to another one as well.
    pub fn release(&mut self, uid: &str, orphan: bool) {
        let owns = |object: &Value| {
            let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
            owners.into_iter().flatten().any(|owner| text(owner, "/uid") == Some(uid))
        };
        let owned: Vec<(Spot, Value)> = self
            .store()
            .all()
            .filter(|(_, object)| owns(object))
            .map(|(spot, object)| (spot.clone(), (**object).clone()))
            .collect();
        for (spot, mut object) in owned {
            if orphan || self.has_other_owner(&object, uid) {
                let owners = object.pointer_mut("/metadata/ownerReferences").and_then(Value::as_array_mut);
                if let Some(owners) = owners {
                    owners.retain(|owner| text(owner, "/uid") != Some(uid));
                }
                object::tidy(&mut object);
                keep(self.azure, &self.key, spot, object);
            } else {
                self.remove(&spot, &object, "Background");
            }
        }
    }

    fn has_other_owner(&self, object: &Value, uid: &str) -> bool {
        let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten();
        let others: Vec<&str> =
            owners.into_iter().filter_map(|owner| text(owner, "/uid")).filter(|other| *other != uid).collect();
        !others.is_empty() && self.store().all().any(|(_, one)| others.contains(&object::uid(one)))
    }

    /// Answers a `deletecollection`.
    pub fn delete_all(&mut self, kind: &Kind, asked: &Asked) -> Result<Answer, Failure> {
        let selector = self.selector(kind)?;
        let is_dry = self.call.is_dry_run()?;
        let all = self.store().of_kind(&kind.group, &kind.plural, &asked.namespace);
        let doomed: Vec<(Spot, Value)> = all
            .filter(|(_, object)| selector.fits(object))
            .map(|(spot, object)| (spot.clone(), (**object).clone()))
            .collect();
        for (spot, object) in doomed.iter().filter(|_| !is_dry) {
            self.remove(spot, object, "Background");
        }
        let items: Vec<&Value> = doomed.iter().map(|(_, object)| object).collect();
        Ok(Answer::json(
            200,
            json!({
                "kind": format!("{}List", kind.kind), "apiVersion": kind.api_version(),
                "metadata": {"resourceVersion": self.store().revision().to_string()}, "items": items,
            }),
        ))
    }
}

/// Marks an object as one that is to go.
pub(super) fn mark_going(azure: &mut Azure, key: &Key, spot: Spot, found: &Value) -> Value {
    if object::is_going(found) {
        return found.clone();
    }
    let mut going = found.clone();
    let time = object::time(azure.now());
    set(&mut going, "/metadata/deletionTimestamp", Value::from(time));
    if spot.group.is_empty() && spot.plural == "namespaces" {
        set(&mut going, "/status/phase", Value::from("Terminating"));
        // Its contents go at once, so what held it for them lets go.
        unset(&mut going, "/spec/finalizers");
    } else {
        set(&mut going, "/metadata/deletionGracePeriodSeconds", json!(0));
    }
    keep(azure, key, spot, going)
}

fn gone(kind: &Kind, object: &Value) -> Value {
    let mut details = json!({"name": object::name(object), "kind": kind.plural, "uid": object::uid(object)});
    if !kind.group.is_empty() {
        set(&mut details, "/group", Value::from(kind.group.as_ref()));
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}
