//! Members that a kind does not have: dropped, told of in a warning, or refused, as the client wishes.

use serde_json::Value;

use crate::simulator::kubernetes::catalog::Kind;
use crate::simulator::kubernetes::schema::{self, Shape};

/// Takes the members out of an object that its kind does not have; their paths.
pub(super) fn prune(kind: &Kind, object: &mut Value) -> Vec<String> {
    let mut found = Vec::new();
    match &kind.definition {
        None => walk(object, &Shape::named(kind.schema_name()), "", &mut found),
        Some(version) => {
            if let Some(schema) = version.pointer("/schema/openAPIV3Schema") {
                walk_custom(object, schema, "", true, &mut found);
            }
        }
    }
    found
}

fn beneath(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn walk(value: &mut Value, shape: &Shape, path: &str, found: &mut Vec<String>) {
    match (value, shape) {
        (Value::Object(members), Shape::Struct(own)) => {
            let Some(own) = schema::of(own) else { return };
            members.retain(|name, _| {
                let is_known = own.is_open || own.members.contains_key(name.as_str());
                if !is_known {
                    found.push(beneath(path, name));
                }
                is_known
            });
            for (name, value) in members {
                if let Some(member) = own.members.get(name.as_str()) {
                    walk(value, &member.shape, &beneath(path, name), found);
                }
            }
        }
        (Value::Array(items), Shape::Keyed(item, _) | Shape::Sequence(item)) => {
            for (at, value) in (0..).zip(items) {
                walk(value, item, &format!("{path}[{at}]"), found);
            }
        }
        _ => {}
    }
}

fn walk_custom(value: &mut Value, schema: &Value, path: &str, is_root: bool, found: &mut Vec<String>) {
    let is_open = schema.get("x-kubernetes-preserve-unknown-fields").and_then(Value::as_bool) == Some(true);
    let properties = schema.get("properties").and_then(Value::as_object);
    match value {
        Value::Object(members) => {
            let more = schema.get("additionalProperties").filter(|more| **more != Value::Bool(false));
            let is_own = |name: &str| is_root && matches!(name, "apiVersion" | "kind" | "metadata");
            members.retain(|name, _| {
                let is_known =
                    is_open || more.is_some() || is_own(name) || properties.is_some_and(|all| all.contains_key(name));
                if !is_known {
                    found.push(beneath(path, name));
                }
                is_known
            });
            for (name, value) in members.iter_mut().filter(|(name, _)| !is_own(name)) {
                if let Some(below) = properties.and_then(|all| all.get(name)).or(more) {
                    walk_custom(value, below, &beneath(path, name), false, found);
                }
            }
        }
        Value::Array(items) => {
            let Some(below) = schema.get("items") else { return };
            for (at, value) in (0..).zip(items) {
                walk_custom(value, below, &format!("{path}[{at}]"), false, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::simulator::kubernetes::bootstrap::kind;
    use crate::simulator::kubernetes::catalog;

    #[test]
    fn members_that_a_kind_does_not_have_are_found_and_dropped() {
        let mut pod =
            json!({"spec": {"containers": [{"name": "a", "imagee": "x"}], "identity": {"type": "ManagedIdentity"}}});
        assert_eq!(prune(&kind("", "pods"), &mut pod), ["spec.identity", "spec.containers[0].imagee"]);
        assert_eq!(pod, json!({"spec": {"containers": [{"name": "a"}]}}));
    }

    #[test]
    fn custom_resources_have_what_their_definition_says() {
        let definition = json!({"spec": {
            "group": "g", "scope": "Namespaced", "names": {"plural": "ps", "kind": "P"},
            "versions": [{"name": "v1", "served": true, "schema": {"openAPIV3Schema": {"properties": {
                "spec": {"properties": {"a": {"type": "string"}, "free": {"x-kubernetes-preserve-unknown-fields": true}}},
            }}}}],
        }});
        let kinds = catalog::custom(&definition);
        let mut one = json!({"apiVersion": "g/v1", "metadata": {}, "spec": {"a": "x", "b": 1, "free": {"c": 2}}});
        assert_eq!(prune(&kinds[0], &mut one), ["spec.b"]);
        assert_eq!(one, json!({"apiVersion": "g/v1", "metadata": {}, "spec": {"a": "x", "free": {"c": 2}}}));
    }
}
