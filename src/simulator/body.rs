//! Reading and changing JSON bodies by JSON pointer: `/properties/issuer`.

use serde_json::{Map, Value};

/// The text at a pointer.
pub(super) fn text<'a>(body: &'a Value, pointer: &str) -> Option<&'a str> {
    body.pointer(pointer).and_then(Value::as_str)
}

/// The truth value at a pointer.
pub(super) fn flag(body: &Value, pointer: &str) -> Option<bool> {
    body.pointer(pointer).and_then(Value::as_bool)
}

/// Whether there is nothing at a pointer, or a null.
pub(super) fn absent(body: &Value, pointer: &str) -> bool {
    body.pointer(pointer).is_none_or(Value::is_null)
}

/// Whether a value says nothing: null, "", [] or {}.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Writes a value at a pointer, making the objects on the way.
pub(super) fn set(body: &mut Value, pointer: &str, value: Value) {
    let mut place = body;
    for segment in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Some(members) = place.as_object_mut() else { return };
        place = members.entry(segment.replace("~1", "/").replace("~0", "~")).or_insert(Value::Null);
    }
    *place = value;
}

/// Takes away what is at a pointer.
pub(super) fn unset(body: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    if let Some(members) = body.pointer_mut(parent).and_then(Value::as_object_mut) {
        members.remove(&name.replace("~1", "/").replace("~0", "~"));
    }
}

/// Writes a value where the body says nothing: what the service fills in.
pub(super) fn fill(body: &mut Value, pointer: &str, value: impl Into<Value>) {
    if body.pointer(pointer).is_none_or(is_empty) {
        set(body, pointer, value.into());
    }
}

/// Takes over from `prior` what the body leaves out.
pub(super) fn keep(body: &mut Value, prior: Option<&Value>, pointer: &str) {
    if let Some(value) = prior.and_then(|prior| prior.pointer(pointer))
        && absent(body, pointer)
    {
        set(body, pointer, value.clone());
    }
}

/// Lays a JSON merge patch (RFC 7396) over a body.
pub(super) fn merge(body: &mut Value, patch: &Value) {
    let Some(changes) = patch.as_object() else {
        *body = patch.clone();
        return;
    };
    if !body.is_object() {
        *body = Value::Object(Map::new());
    }
    let Some(members) = body.as_object_mut() else { return };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name.as_str()).or_insert(Value::Null), change);
        }
    }
}

/// Takes the nulls out of an object, at every depth: Azure does not answer what was sent as null.
pub(super) fn without_nulls(body: &mut Value) {
    match body {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pointers_make_their_way() {
        let mut body = json!({"a": null});
        set(&mut body, "/a/b~1c", json!(1));
        fill(&mut body, "/a/b~1c", json!(2));
        fill(&mut body, "/d", "x");
        assert_eq!(body, json!({"a": {"b/c": 1}, "d": "x"}));
        unset(&mut body, "/a/b~1c");
        assert_eq!(body, json!({"a": {}, "d": "x"}));
    }

    #[test]
    fn a_merge_patch_removes_by_null() {
        let mut body = json!({"tags": {"a": "1", "b": "2"}, "kept": true});
        merge(&mut body, &json!({"tags": {"a": null, "c": "3"}}));
        assert_eq!(body, json!({"tags": {"b": "2", "c": "3"}, "kept": true}));
    }
}
