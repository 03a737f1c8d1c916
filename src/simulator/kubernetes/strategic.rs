//! Strategic merge patches: lists whose items are told apart by a member are merged item by item.
//! Facts: Kubernetes's documents on strategic merge patch and its directives.

use serde_json::{Map, Value};

use crate::simulator::kubernetes::schema::Shape;

const DIRECTIVE: &str = "$patch";
const ORDER: &str = "$setElementOrder/";
const DELETE: &str = "$deleteFromPrimitiveList/";
const RETAIN: &str = "$retainKeys";

/// Lays a patch over a value.
pub(super) fn lay(value: &mut Value, patch: &Value, shape: &Shape) {
    let Some(changes) = patch.as_object() else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() || directive(patch) == Some("replace") {
        *value = Value::Object(Map::new());
    }
    let Some(members) = value.as_object_mut() else { return };
    if let Some(kept) = changes.get(RETAIN).and_then(Value::as_array) {
        members.retain(|name, _| kept.iter().any(|one| one == name.as_str()));
    }
    for (name, change) in changes {
        if let Some(list) = name.strip_prefix(DELETE) {
            let doomed = change.as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(items) = members.get_mut(list).and_then(Value::as_array_mut) {
                items.retain(|item| !doomed.contains(item));
            }
        } else if name.starts_with('$') {
        } else if change.is_null() || directive(change) == Some("delete") {
            members.remove(name);
        } else {
            let below = shape.member(name);
            let place = members.entry(name.as_str()).or_insert(Value::Null);
            match (&below, change) {
                (Shape::Keyed(..) | Shape::Set, Value::Array(items)) => lay_items(place, items, &below),
                (_, Value::Object(_)) => lay(place, change, &below),
                _ => *place = change.clone(),
            }
        }
    }
    for (name, order) in changes.iter().filter_map(|(name, order)| Some((name.strip_prefix(ORDER)?, order))) {
        let below = shape.member(name);
        if let Some(items) = members.get_mut(name).and_then(Value::as_array_mut) {
            sort(items, order, &below);
        }
    }
}

fn directive(patch: &Value) -> Option<&str> {
    patch.get(DIRECTIVE).and_then(Value::as_str)
}

/// The member by which these patches tell items apart: the first of those that apply goes by.
fn key<'a>(item: &'a Value, shape: &Shape) -> Option<&'a Value> {
    match shape {
        Shape::Keyed(_, keys) => item.get(keys.first()?),
        _ => Some(item),
    }
}

fn lay_items(value: &mut Value, patch: &[Value], shape: &Shape) {
    if patch.iter().any(|item| directive(item) == Some("replace")) {
        let kept = patch.iter().filter(|item| directive(item).is_none());
        *value = Value::Array(kept.cloned().collect());
        return;
    }
    if !value.is_array() {
        *value = Value::Array(Vec::new());
    }
    let Some(items) = value.as_array_mut() else { return };
    for change in patch {
        let at = items.iter().position(|item| key(item, shape).is_some() && key(item, shape) == key(change, shape));
        match at {
            Some(at) if directive(change) == Some("delete") => {
                items.remove(at);
            }
            _ if directive(change) == Some("delete") => {}
            Some(at) => {
                if let Some(item) = items.get_mut(at) {
                    lay(item, change, &shape.item());
                }
            }
            None => {
                let mut item = Value::Null;
                lay(&mut item, change, &shape.item());
                items.push(item);
            }
        }
    }
}

/// Puts the items into the order that is wanted; those that are not in it keep their places after it.
fn sort(items: &mut [Value], order: &Value, shape: &Shape) {
    let order = order.as_array().map(Vec::as_slice).unwrap_or_default();
    let place = |item: &Value| order.iter().position(|one| key(one, shape) == key(item, shape)).unwrap_or(order.len());
    items.sort_by_key(place);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(mut value: Value, patch: &Value) -> Value {
        lay(&mut value, patch, &Shape::named("Pod"));
        value
    }

    #[test]
    fn items_are_merged_by_their_key() {
        let pod = json!({"spec": {"containers": [{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}]}});
        let patch = json!({"spec": {
            "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
            "containers": [
                {"name": "a", "image": "2", "env": [{"name": "X", "$patch": "delete"}, {"name": "Y", "value": "2"}]},
                {"name": "b", "$patch": "delete"},
                {"name": "c"},
            ],
        }});
        let wanted = json!({"spec": {"containers": [
            {"name": "c"}, {"name": "a", "image": "2", "env": [{"name": "Y", "value": "2"}]},
        ]}});
        assert_eq!(patched(pod, &patch), wanted);
    }

    #[test]
    fn directives_replace_retain_and_delete() {
        let pod = json!({"metadata": {"finalizers": ["a", "b"]}, "spec": {"x": {"old": 1}, "y": {"a": 1, "b": 2}}});
        let patch = json!({
            "metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]},
            "spec": {"x": {"$patch": "replace", "new": 2}, "y": {"$retainKeys": ["b", "c"], "c": 3}},
        });
        let wanted = json!({"metadata": {"finalizers": ["b", "c"]}, "spec": {"x": {"new": 2}, "y": {"b": 2, "c": 3}}});
        assert_eq!(patched(pod, &patch), wanted);
    }
}
