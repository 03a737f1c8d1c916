//! Patches: JSON patch, merge patch, strategic merge patch, and apply.

use serde_json::Value;

use crate::simulator::answer::Answer;
use crate::simulator::body::{merge, set, text, unset};
use crate::simulator::kubernetes::api::Api;
use crate::simulator::kubernetes::apply::{applied, fault_of_lists};
use crate::simulator::kubernetes::call::Asked;
use crate::simulator::kubernetes::catalog::Kind;
use crate::simulator::kubernetes::object;
use crate::simulator::kubernetes::schema::Shape;
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::kubernetes::unknown;
use crate::simulator::kubernetes::write::check_sent;

const JSON: &str = "application/json-patch+json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

impl Api<'_> {
    /// Answers a `patch`.
    pub fn patch(&mut self, kind: &Kind, asked: &Asked) -> Result<Answer, Failure> {
        let sent = self.call.json()?;
        if self.call.media() == APPLY {
            return self.apply(kind, asked, sent);
        }
        let spot = kind.spot(&asked.namespace, &asked.name);
        let before = self.find(kind, &spot)?;
        let mut after = before.clone();
        match self.call.media() {
            JSON => json_patch(&mut after, &sent)?,
            MERGE => merge(&mut after, &sent),
            STRATEGIC if kind.definition.is_some() => {
                return Err(Failure::unsupported_media(&[JSON, MERGE, APPLY].join(", ")));
            }
            STRATEGIC => super::strategic::lay(&mut after, &sent, &Shape::named(kind.schema_name())),
            _ => return Err(Failure::unsupported_media(&[JSON, MERGE, STRATEGIC, APPLY].join(", "))),
        }
        if sent.pointer("/metadata/resourceVersion").is_none() {
            set(&mut after, "/metadata/resourceVersion", Value::from(object::version(&before)));
        }
        check_sent(kind, asked, &mut after)?;
        self.prune(kind, &mut after)?;
        let who = self.writer(kind, &asked.subresource, false);
        let object = self.change(kind, asked, &before, after, Some(&who))?;
        Ok(Answer::json(200, object))
    }

    /// Server-side apply.
    fn apply(&mut self, kind: &Kind, asked: &Asked, mut sent: Value) -> Result<Answer, Failure> {
        if self.call.parameter("fieldManager").is_none() {
            let message =
                "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
            return Err(Failure::new(422, "Invalid", message));
        }
        if text(&sent, "/apiVersion").is_none() || text(&sent, "/kind").is_none() {
            return Err(Failure::bad("invalid object type: the applied object must have apiVersion and kind"));
        }
        if sent.pointer("/metadata/managedFields").is_some_and(|all| !all.is_null()) {
            return Err(Failure::bad("metadata.managedFields must be nil"));
        }
        check_sent(kind, asked, &mut sent)?;
        self.check_declared(kind, &mut sent)?;
        super::defaults::as_kept(kind, &mut sent);
        let who = self.writer(kind, &asked.subresource, true);
        let shape = Shape::named(kind.schema_name());
        let spot = kind.spot(&asked.namespace, &asked.name);
        let Some(before) = self.store().get(&spot).map(|kept| (**kept).clone()) else {
            if !object::uid(&sent).is_empty() {
                return Err(Failure::not_found(kind.subject(&asked.name)));
            }
            let begun = serde_json::json!({
                "apiVersion": sent.get("apiVersion"), "kind": sent.get("kind"),
                "metadata": {"name": asked.name, "namespace": sent.pointer("/metadata/namespace")},
            });
            let object = applied(&begun, &sent, &shape, &who, false)?;
            let object = self.make(kind, asked, object, None)?;
            return Ok(Answer::json(201, object));
        };
        let mut wanted = sent.clone();
        for member in ["resourceVersion", "uid", "creationTimestamp"] {
            unset(&mut wanted, &format!("/metadata/{member}"));
        }
        let mut object = applied(&before, &wanted, &shape, &who, self.call.is_set("force"))?;
        if let Some(version) = sent.pointer("/metadata/resourceVersion") {
            set(&mut object, "/metadata/resourceVersion", version.clone());
        }
        let object = self.change(kind, asked, &before, object, None)?;
        Ok(Answer::json(200, object))
    }
}

impl Api<'_> {
    /// What is applied may have only what its kind declares; resources of definitions are pruned instead.
    fn check_declared(&mut self, kind: &Kind, sent: &mut Value) -> Result<(), Failure> {
        if kind.definition.is_some() {
            return self.prune(kind, sent);
        }
        let unknown =
            unknown::prune(kind, sent).into_iter().next().map(|path| format!(".{path}: field not declared in schema"));
        let fault = unknown.or_else(|| fault_of_lists(sent, &Shape::named(kind.schema_name()), ""));
        let Some(fault) = fault else { return Ok(()) };
        let namespace = text(sent, "/metadata/namespace").unwrap_or_default();
        let message = format!(
            "failed to create typed patch object ({namespace}/{}; {}, Kind={}): {fault}",
            object::name(sent),
            kind.api_version(),
            kind.kind
        );
        Err(Failure::new(500, "", message))
    }
}

/// RFC 6902.
fn json_patch(object: &mut Value, patch: &Value) -> Result<(), Failure> {
    let steps = patch.as_array().ok_or_else(|| Failure::bad("a JSON patch is a list of operations"))?;
    for step in steps {
        let path = text(step, "/path").unwrap_or_default();
        let value = || step.get("value").cloned().unwrap_or_default();
        let from = |object: &Value| {
            let from = text(step, "/from").unwrap_or_default();
            object.pointer(from).cloned().ok_or_else(|| unusable(&format!("nothing is at {from}")))
        };
        match text(step, "/op").unwrap_or_default() {
            "test" if object.pointer(path) == step.get("value") => {}
            "test" => return Err(unusable(&format!("testing value {path} failed: test failed"))),
            "add" => add(object, path, value())?,
            "remove" => {
                take(object, path)?;
            }
            "replace" => {
                *object.pointer_mut(path).ok_or_else(|| {
                    unusable(&format!("replace operation does not apply: doc is missing key: {path}: missing value"))
                })? = value();
            }
            "copy" => {
                let value = from(object)?;
                add(object, path, value)?;
            }
            "move" => {
                let value = from(object)?;
                take(object, text(step, "/from").unwrap_or_default())?;
                add(object, path, value)?;
            }
            other => return Err(unusable(&format!("unexpected kind: {other}"))),
        }
    }
    Ok(())
}

fn unusable(why: &str) -> Failure {
    Failure::new(422, "Invalid", format!("the server rejected our request due to an error in our request: {why}"))
}

fn add(object: &mut Value, path: &str, value: Value) -> Result<(), Failure> {
    let Some((parent, word)) = path.rsplit_once('/') else {
        *object = value;
        return Ok(());
    };
    let word = word.replace("~1", "/").replace("~0", "~");
    let missing = || unusable(&format!("add operation does not apply: doc is missing path: \"{path}\": missing value"));
    match object.pointer_mut(parent).ok_or_else(missing)? {
        Value::Object(members) => {
            members.insert(word, value);
        }
        Value::Array(items) => {
            let at = if word == "-" { items.len() } else { word.parse().map_err(|_| missing())? };
            if at > items.len() {
                return Err(missing());
            }
            items.insert(at, value);
        }
        _ => return Err(missing()),
    }
    Ok(())
}

fn take(object: &mut Value, path: &str) -> Result<Value, Failure> {
    let missing =
        || unusable(&format!("remove operation does not apply: doc is missing path: \"{path}\": missing value"));
    let (parent, word) = path.rsplit_once('/').ok_or_else(missing)?;
    let word = word.replace("~1", "/").replace("~0", "~");
    match object.pointer_mut(parent).ok_or_else(missing)? {
        Value::Object(members) => members.remove(&word).ok_or_else(missing),
        Value::Array(items) => {
            let at = word.parse::<usize>().ok().filter(|at| *at < items.len()).ok_or_else(missing)?;
            Ok(items.remove(at))
        }
        _ => Err(missing()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn json_patches_do_what_the_standard_says() {
        let mut object = json!({"a": {"b": [1, 2]}, "x/y": 1});
        let patch = json!([
            {"op": "test", "path": "/a/b/0", "value": 1},
            {"op": "add", "path": "/a/b/-", "value": 3},
            {"op": "remove", "path": "/a/b/0"},
            {"op": "replace", "path": "/x~1y", "value": 2},
            {"op": "copy", "from": "/a/b", "path": "/c"},
            {"op": "move", "from": "/x~1y", "path": "/d"},
        ]);
        json_patch(&mut object, &patch).unwrap();
        assert_eq!(object, json!({"a": {"b": [2, 3]}, "c": [2, 3], "d": 2}));
        for bad in [
            json!([{"op": "remove", "path": "/none"}]),
            json!([{"op": "test", "path": "/d", "value": 9}]),
            json!([{"op": "add", "path": "/a/b/9", "value": 9}]),
            json!([{"op": "replace", "path": "/none", "value": 9}]),
            json!({"op": "add"}),
        ] {
            assert!(json_patch(&mut object.clone(), &bad).is_err(), "{bad}");
        }
    }
}
