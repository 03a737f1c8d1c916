//! A manifest and an object: as values, as JSON, and what names them.

use std::fmt;

use serde_json::{Map, Value as Json};

use crate::value::{Fields, Path, Type, Value};

/// What names an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub api_version: String,
    pub kind: String,
    /// As it is written; the default namespace is not.
    pub namespace: Option<String>,
    pub name: String,
}

impl Identity {
    /// Of a manifest, or an object; `None` while it is not known.
    pub fn of(manifest: &Value) -> Option<Self> {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let metadata = manifest.field("metadata")?;
        let namespace = metadata.field("namespace");
        if namespace.is_some_and(|namespace| !namespace.is_known()) {
            return None;
        }
        Some(Self {
            api_version: text(manifest.field("apiVersion"))?,
            kind: text(manifest.field("kind"))?,
            namespace: text(namespace).filter(|namespace| !namespace.is_empty()),
            name: text(metadata.field("name"))?,
        })
    }

    /// Of what is recorded: what the cluster answered, else what was asked for.
    pub fn recorded(value: &Value) -> Option<Self> {
        let parts = ["object", "manifest"];
        parts.iter().find_map(|name| value.field(name).filter(|part| !part.is_null()).and_then(Self::of))
    }

    /// The namespace that an object of a kind with namespaces is in.
    pub fn place(&self) -> &str {
        self.namespace.as_deref().unwrap_or("default")
    }

    /// `apiVersion=v1,kind=Secret,namespace=default,name=x`
    pub fn id(&self) -> String {
        let namespace = self.namespace.as_ref().map(|name| format!("namespace={name},")).unwrap_or_default();
        format!("apiVersion={},kind={},{namespace}name={}", self.api_version, self.kind, self.name)
    }

    /// The reverse of [`Identity::id`], the parts in any order.
    pub fn parse(id: &str) -> Option<Self> {
        let mut parts: Map<String, Json> = Map::new();
        for part in id.split(',') {
            let (name, value) = part.split_once('=')?;
            parts.insert(name.trim().to_owned(), value.trim().into());
        }
        let mut take = |name: &str| parts.remove(name).and_then(|value| Some(value.as_str()?.to_owned()));
        let identity = Self {
            api_version: take("apiVersion")?,
            kind: take("kind")?,
            namespace: take("namespace"),
            name: take("name")?,
        };
        parts.is_empty().then_some(identity)
    }

    /// The parts by which this names another object than that: paths in the manifest.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let parts = [
            ("apiVersion", self.api_version == other.api_version),
            ("kind", self.kind == other.kind),
            ("metadata.name", self.name == other.name),
            ("metadata.namespace", self.place() == other.place()),
        ];
        parts.into_iter().filter(|(_, same)| !same).map(|(path, _)| path).collect()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        self.namespace.iter().try_for_each(|namespace| write!(f, "{namespace}/"))?;
        f.write_str(&self.name)
    }
}

/// What is sent of a manifest: all but its nulls. `None` while it is not known.
pub(super) fn body_of(manifest: &Value) -> Option<Json> {
    if !manifest.is_wholly_known() || manifest.as_fields().is_none() {
        return None;
    }
    let mut body = manifest.clone().unmark_deep().0.to_plain_json().ok()?;
    without_nulls(&mut body);
    Some(body)
}

fn without_nulls(json: &mut Json) {
    match json {
        Json::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Json::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// An object as it is recorded: without what the cluster keeps account of for itself.
pub(super) fn object_of(object: &Json) -> Value {
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        members.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) {
        for kept in ["uid", "creationTimestamp", "resourceVersion", "generation", "selfLink", "managedFields"] {
            metadata.remove(kept);
        }
    }
    Value::from_plain_json(&object)
}

/// What is recorded of an object, beside what was planned or recorded before.
pub(super) fn value_of(object: &Json, beside: &Value) -> Value {
    let mut fields: Fields = beside.as_fields().cloned().unwrap_or_default();
    fields.insert("object".into(), object_of(object));
    Value::object(fields)
}

/// The contents of secrets in these attributes.
pub(in super::super) fn secret_parts(value: &Value, attributes: &[&str]) -> Vec<Path> {
    let mut found = Vec::new();
    for attribute in attributes {
        let Some(object) = value.field(attribute) else { continue };
        if object.field("kind").and_then(Value::as_str) != Some("Secret") {
            continue;
        }
        for member in ["data", "stringData"] {
            if object.field(member).is_some() {
                found.push(step(object, &Path::attribute(attribute), member));
            }
        }
    }
    found
}

/// The path of a member; in a map it is an element.
pub(super) fn step(object: &Value, path: &Path, member: &str) -> Path {
    match object.type_of() {
        Type::Map(_) => path.then_index(Value::string(member)),
        _ => path.then_attribute(member),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_written_and_read() {
        for id in
            ["apiVersion=apps/v1,kind=Deployment,namespace=shop,name=web", "apiVersion=v1,kind=Namespace,name=shop"]
        {
            assert_eq!(Identity::parse(id).unwrap().id(), id);
        }
        for id in ["shop/web", "apiVersion=v1,kind=Namespace", "apiVersion=v1,kind=N,name=x,uid=y", ""] {
            assert_eq!(Identity::parse(id), None, "{id}");
        }
    }

    #[test]
    fn the_default_namespace_need_not_be_written() {
        let of = |namespace: Option<&str>| Identity {
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            namespace: namespace.map(str::to_owned),
            name: "x".to_owned(),
        };
        assert!(of(None).differences(&of(Some("default"))).is_empty());
        assert_eq!(of(None).differences(&of(Some("shop"))), ["metadata.namespace"]);
    }

    #[test]
    fn nulls_are_not_sent_and_accounts_not_recorded() {
        let manifest = Value::from_plain_json(&json!({"a": null, "b": [{"c": null, "d": 1}]}));
        assert_eq!(body_of(&manifest).unwrap(), json!({"b": [{"d": 1}]}));
        let object = json!({"kind": "X", "metadata": {"name": "x", "uid": "u", "managedFields": []}, "status": {}});
        let expected = Value::from_plain_json(&json!({"kind": "X", "metadata": {"name": "x"}}));
        assert!(object_of(&object).raw_eq(&expected));
    }

    #[test]
    fn the_contents_of_secrets_are_secret() {
        let value = Value::object_of([
            ("manifest", Value::from_plain_json(&json!({"kind": "Secret", "data": {"a": "b"}}))),
            ("object", Value::from_plain_json(&json!({"kind": "ConfigMap", "data": {"a": "b"}}))),
        ]);
        let paths: Vec<_> = secret_parts(&value, &["manifest", "object"]).iter().map(ToString::to_string).collect();
        assert_eq!(paths, ["manifest.data"]);
    }
}
