//! The block `metadata`, which every kind has: its rows, and what of an object's metadata is ours.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value as Json, json};

use super::super::settings::Ignored;
use crate::azure::wire::{Row, Rule, block, integer, text, text_map};
use crate::value::{Fields, Number, Type, Value};

/// A name that an object may have: a subdomain (RFC 1123).
const NAME: Rule = Rule::Pattern(
    r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
    "(must be lower case letters, digits, `-` or `.`, at most 253, and begin and end with a letter or digit)",
);

/// What a generated name begins with.
const PREFIX: Rule = Rule::Pattern(
    r"^[a-z0-9][-a-z0-9.]{0,252}$",
    "(must be lower case letters, digits, `-` or `.`, and begin with a letter or digit)",
);

/// The block, for objects that are in namespaces or not.
pub(super) fn row(namespaced: bool) -> Row {
    let mut rows = vec![
        text_map("annotations").about("Annotations. Those that others have put there are left alone."),
        text("generate_name")
            .replaces()
            .rule(PREFIX)
            .rule(Rule::Conflicts(&["metadata.name"]))
            .about("What the name begins with that is made up when the object is made."),
        integer("generation").computed(),
        text_map("labels").about("Labels. Those that others have put there are left alone."),
        text("name").or_computed().replaces().rule(NAME).about("The name."),
    ];
    if namespaced {
        rows.push(text("namespace").default_to("default").replaces().about("The namespace that the object is in."));
    }
    rows.extend([text("resource_version").computed(), text("uid").computed()]);
    block("metadata", rows).required().about("What every object of Kubernetes has.")
}

/// The first block of `metadata`, or a null.
pub(super) fn of(value: &Value) -> Option<&Value> {
    value.field("metadata")?.as_elements()?.first()
}

/// A string of the metadata; empty where there is none.
pub(super) fn text_of<'v>(value: &'v Value, name: &str) -> &'v str {
    of(value).and_then(|metadata| metadata.field(name)?.as_str()).unwrap_or_default()
}

/// The metadata that is sent.
pub(super) fn body(value: &Value, namespaced: bool) -> Json {
    let mut metadata = Map::new();
    for (name, member) in [("name", "name"), ("generate_name", "generateName"), ("namespace", "namespace")] {
        let given = text_of(value, name);
        if !given.is_empty() && (namespaced || name != "namespace") {
            metadata.insert(member.to_owned(), json!(given));
        }
    }
    for name in ["annotations", "labels"] {
        let map = strings(of(value).and_then(|metadata| metadata.field(name)));
        if !map.is_empty() {
            metadata.insert(name.to_owned(), json!(map));
        }
    }
    Json::Object(metadata)
}

/// The strings of a map; nothing for null.
pub(super) fn strings(value: Option<&Value>) -> BTreeMap<String, String> {
    let fields = value.and_then(Value::as_fields).into_iter().flatten();
    fields.filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned()))).collect()
}

/// A map of strings, in the spelling that was there before: nothing may be null or empty.
pub(super) fn map_of(now: BTreeMap<String, String>, before: Option<&Value>) -> Value {
    if now.is_empty() {
        let nothing = before.filter(|before| before.is_null() || before.as_fields().is_some_and(Fields::is_empty));
        return nothing.cloned().unwrap_or_else(|| Value::null(Type::map(Type::String)));
    }
    let fields = now.into_iter().map(|(key, value)| (key.as_str().into(), Value::string(value))).collect();
    Value::map(Type::String, fields)
}

/// The metadata of an object as the block. Beside what was recorded only those annotations and labels are ours that
/// were so before; without it all are but what Kubernetes itself and those who are ignored have put there.
pub(super) fn value(object: &Json, beside: Option<&Value>, namespaced: bool, ignored: &Ignored) -> Value {
    let metadata = &object["metadata"];
    let before = beside.and_then(of);
    let string = |member: &str| metadata[member].as_str().unwrap_or_default();
    let map = |name: &str, patterns: &[Regex]| {
        let recorded = before.and_then(|before| before.field(name)).filter(|before| before.is_known());
        let now = metadata[name].as_object().into_iter().flatten();
        let now = now.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        let ours = |(key, _): &(String, String)| match recorded {
            Some(recorded) => recorded.field(key).is_some(),
            None => !is_internal(key) && !patterns.iter().any(|pattern| pattern.is_match(key)),
        };
        map_of(now.filter(ours).collect(), recorded)
    };
    let kept = before.and_then(|before| before.field("generate_name")).filter(|kept| kept.is_known());
    let generated = metadata["generateName"].as_str().map(Value::string);
    let mut fields: Vec<(&str, Value)> = vec![
        ("annotations", map("annotations", &ignored.annotations)),
        ("generate_name", kept.cloned().or(generated).unwrap_or_else(|| Value::null(Type::String))),
        ("generation", Value::number(Number::from(metadata["generation"].as_i64().unwrap_or_default()))),
        ("labels", map("labels", &ignored.labels)),
        ("name", Value::string(string("name"))),
        ("resource_version", Value::string(string("resourceVersion"))),
        ("uid", Value::string(string("uid"))),
    ];
    if namespaced {
        fields.push(("namespace", Value::string(string("namespace"))));
    }
    Value::object_of(fields)
}

/// Whether Kubernetes itself keeps a key. What is for applications and load balancers is not meant (Terraform's provider
/// draws the same line).
fn is_internal(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    let exempt = ["app.kubernetes.io", "service.beta.kubernetes.io"].contains(&domain);
    !exempt && domain.ends_with("kubernetes.io") || key.contains("deprecated.daemonset.template.generation")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_keeps_is_not_ours() {
        for (key, expected) in [
            ("kubernetes.io/metadata.name", true),
            ("kubectl.kubernetes.io/last-applied-configuration", true),
            ("app.kubernetes.io/name", false),
            ("service.beta.kubernetes.io/azure-load-balancer-internal", false),
            ("azure.workload.identity/client-id", false),
            ("team", false),
            ("deprecated.daemonset.template.generation", true),
        ] {
            assert_eq!(is_internal(key), expected, "{key}");
        }
    }
}
