//! What every object has: its metadata.

use serde_json::{Map, Value};

use crate::simulator::body::text;
use crate::simulator::clock::{Moment, written};

/// Its name.
pub(super) fn name(object: &Value) -> &str {
    text(object, "/metadata/name").unwrap_or_default()
}

/// Its uid.
pub(super) fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid").unwrap_or_default()
}

/// The number of the change that made it what it is.
pub(super) fn version(object: &Value) -> &str {
    text(object, "/metadata/resourceVersion").unwrap_or_default()
}

/// An annotation.
pub(super) fn annotation<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.pointer("/metadata/annotations")?.get(name)?.as_str()
}

/// A label.
pub(super) fn label<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.pointer("/metadata/labels")?.get(name)?.as_str()
}

/// Whether it is to go once nothing holds it.
pub(super) fn is_going(object: &Value) -> bool {
    text(object, "/metadata/deletionTimestamp").is_some()
}

/// Whether something holds it: finalizers, of a namespace also those in its spec.
pub(super) fn is_held(object: &Value) -> bool {
    ["/metadata/finalizers", "/spec/finalizers"]
        .iter()
        .any(|pointer| object.pointer(pointer).and_then(Value::as_array).is_some_and(|all| !all.is_empty()))
}

/// A moment as Kubernetes writes it: in whole seconds.
pub(super) fn time(moment: Moment) -> String {
    written(moment - moment % 1000)
}

/// Takes away members that say nothing: null, and maps and lists in the metadata that are empty.
pub(super) fn tidy(object: &mut Value) {
    let Some(members) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    members.retain(|name, value| {
        let is_empty = value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
        !value.is_null() && (!is_empty || name == "name")
    });
}
