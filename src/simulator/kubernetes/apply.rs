//! Server-side apply: what a manager wants of an object, laid over what others want of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::simulator::kubernetes::fields::{Leaves, Managed, Path, leaves, managers, put_managers, told};
use crate::simulator::kubernetes::schema::{Parts, Shape};
use crate::simulator::kubernetes::status::Failure;

/// Lays `wanted` over `live` for a manager. `force` takes over what others own. A conflict is a failure that names the
/// others and the fields.
pub(super) fn applied(
    live: &Value,
    wanted: &Value,
    shape: &Shape,
    who: &Managed,
    force: bool,
) -> Result<Value, Failure> {
    let mine = leaves(wanted, shape);
    let there = leaves(live, shape);
    let mut all = managers(live);
    let own = |one: &Managed| one.manager == who.manager && one.is_apply && one.subresource == who.subresource;
    let conflicts = conflicts(&all, &mine, &there, own);
    if !conflicts.is_empty() && !force {
        return Err(Failure::owned_by_others(&conflicts));
    }
    let mut object = live.clone();
    lay(&mut object, wanted, shape);
    let before = all.iter().find(|one| own(one)).map(|one| one.paths.clone()).unwrap_or_default();
    let others: BTreeSet<Path> = all.iter().filter(|one| !own(one)).flat_map(|one| one.paths.iter().cloned()).collect();
    for path in &before {
        let is_kept = mine.contains_key(path) || mine.keys().chain(&others).any(|other| other.starts_with(path));
        if !is_kept {
            take(&mut object, path, shape);
        }
    }
    for other in all.iter_mut().filter(|one| !own(one)) {
        other.paths.retain(|path| mine.get(path).is_none_or(|value| there.get(path) == Some(value)));
    }
    let paths: BTreeSet<Path> = mine.into_keys().collect();
    let is_same = paths == before;
    match all.iter_mut().find(|one| own(one)) {
        // Applying the same again leaves no trace.
        Some(one) if is_same && without_managers(&object) == without_managers(live) => one.paths = paths,
        Some(one) => *one = Managed { paths, ..who.clone() },
        None => all.push(Managed { paths, ..who.clone() }),
    }
    put_managers(&mut object, &all);
    Ok(object)
}

/// What is wrong with the lists of a value whose items are told apart: each may be there once, with what tells it apart.
pub(super) fn fault_of_lists(value: &Value, shape: &Shape, path: &str) -> Option<String> {
    match shape.parts(value)? {
        Parts::Members(members) => members
            .iter()
            .find_map(|(name, below)| fault_of_lists(below, &shape.member(name), &format!("{path}.{name}"))),
        Parts::Items(items) => {
            let mut seen = BTreeSet::new();
            for (number, item) in (0..).zip(items) {
                let Some(key) = shape.key(item) else {
                    return Some(format!(
                        "{path}: element {number}: associative list with keys has an element that omits a key field (and doesn't \
                         have default value)"
                    ));
                };
                let told = told(&vec![key.clone()]);
                if !seen.insert(key) {
                    return Some(format!("{path}: duplicate entries for key {told}"));
                }
                if let Some(fault) = fault_of_lists(item, &shape.item(), &format!("{path}{told}")) {
                    return Some(fault);
                }
            }
            None
        }
    }
}

fn conflicts(all: &[Managed], mine: &Leaves, there: &Leaves, own: impl Fn(&Managed) -> bool) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for other in all.iter().filter(|one| !own(one)) {
        for (path, value) in mine {
            if other.paths.contains(path) && there.get(path).is_some_and(|present| present != value) {
                let sub = if other.subresource.is_empty() {
                    String::new()
                } else {
                    format!(" with subresource \"{}\"", other.subresource)
                };
                let by = if other.is_apply { String::new() } else { format!(" using {}", other.api_version) };
                found.push((format!("\"{}\"{sub}{by}", other.manager), told(path)));
            }
        }
    }
    found
}

fn without_managers(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    object
}

/// Lays a value over another: members and items one by one, wholes as wholes.
fn lay(live: &mut Value, wanted: &Value, shape: &Shape) {
    match shape.parts(wanted) {
        Some(Parts::Members(members)) => {
            if !live.is_object() {
                *live = Value::Object(Map::new());
            }
            let Some(present) = live.as_object_mut() else { return };
            for (name, value) in members {
                lay(present.entry(name.as_str()).or_insert(Value::Null), value, &shape.member(name));
            }
        }
        Some(Parts::Items(items)) => {
            if !live.is_array() {
                *live = Value::Array(Vec::new());
            }
            let Some(present) = live.as_array_mut() else { return };
            for item in items {
                let key = shape.key(item);
                match present.iter_mut().find(|other| shape.key(other) == key) {
                    Some(other) => lay(other, item, &shape.item()),
                    None => present.push(item.clone()),
                }
            }
        }
        None => *live = wanted.clone(),
    }
}

/// Takes away what is at a path, and what is empty without it.
fn take(value: &mut Value, path: &[String], shape: &Shape) {
    let Some((word, rest)) = path.split_first() else { return };
    if let Some(name) = word.strip_prefix("f:") {
        let Some(members) = value.as_object_mut() else { return };
        if rest.is_empty() {
            members.remove(name);
        } else if let Some(below) = members.get_mut(name) {
            take(below, rest, &shape.member(name));
            let is_empty = below.as_object().is_some_and(Map::is_empty) || below.as_array().is_some_and(Vec::is_empty);
            if is_empty {
                members.remove(name);
            }
        }
    } else if let Some(items) = value.as_array_mut() {
        let at = items.iter().position(|item| shape.key(item).as_ref() == Some(word));
        let Some(at) = at else { return };
        let is_key = matches!((shape, rest), (Shape::Keyed(_, keys), [one]) if keys.iter().any(|key| one.strip_prefix("f:") == Some(key)));
        if rest.is_empty() {
            items.remove(at);
        } else if let Some(item) = items.get_mut(at).filter(|_| !is_key) {
            take(item, rest, &shape.item());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn by(manager: &str) -> Managed {
        Managed {
            manager: manager.to_owned(),
            is_apply: true,
            subresource: String::new(),
            api_version: "v1".to_owned(),
            time: "t".to_owned(),
            paths: BTreeSet::new(),
        }
    }

    fn apply(live: &Value, wanted: &Value, manager: &str, force: bool) -> Result<Value, Failure> {
        applied(live, wanted, &Shape::named("ConfigMap"), &by(manager), force)
    }

    #[test]
    fn two_managers_share_a_map_and_each_removes_its_own() {
        let none = json!({"metadata": {"name": "m"}});
        let one = apply(&none, &json!({"metadata": {"name": "m"}, "data": {"a": "1", "b": "2"}}), "x", false).unwrap();
        let two = apply(&one, &json!({"metadata": {"name": "m"}, "data": {"c": "3"}}), "y", false).unwrap();
        assert_eq!(two["data"], json!({"a": "1", "b": "2", "c": "3"}));
        let three = apply(&two, &json!({"metadata": {"name": "m"}, "data": {"b": "2"}}), "x", false).unwrap();
        assert_eq!(three["data"], json!({"b": "2", "c": "3"}));
        let four = apply(&three, &json!({"metadata": {"name": "m"}}), "x", false).unwrap();
        assert_eq!(four["data"], json!({"c": "3"}));
    }

    #[test]
    fn another_value_for_anothers_field_is_a_conflict_until_it_is_forced() {
        let none = json!({"metadata": {"name": "m"}});
        let one = apply(&none, &json!({"data": {"a": "1"}}), "x", false).unwrap();
        let shared = apply(&one, &json!({"data": {"a": "1"}}), "y", false).unwrap();
        assert_eq!(managers(&shared).len(), 2);
        let refused = apply(&one, &json!({"data": {"a": "2"}}), "y", false).unwrap_err();
        assert_eq!(refused.code, 409);
        assert_eq!(refused.message, "Apply failed with 1 conflict: conflict with \"x\": .data.a");
        let forced = apply(&one, &json!({"data": {"a": "2"}}), "y", true).unwrap();
        assert_eq!(forced["data"], json!({"a": "2"}));
        assert_eq!(managers(&forced).iter().map(|one| one.manager.as_str()).collect::<Vec<_>>(), ["y"]);
    }

    #[test]
    fn items_that_cannot_be_told_apart_are_a_fault() {
        let fault =
            |containers: &Value| fault_of_lists(&json!({"spec": {"containers": containers}}), &Shape::named("Pod"), "");
        assert_eq!(fault(&json!([{"name": "a"}, {"name": "b"}])), None);
        let twice = fault(&json!([{"name": "a"}, {"name": "a"}]));
        assert_eq!(twice.as_deref(), Some(".spec.containers: duplicate entries for key [name=\"a\"]"));
        assert!(fault(&json!([{"image": "i"}])).is_some_and(|fault| fault.starts_with(".spec.containers: element 0")));
        let env = json!([{"name": "a", "env": [{"name": "X"}, {"name": "X"}]}]);
        assert!(fault(&env).is_some_and(|fault| fault.starts_with(".spec.containers[name=\"a\"].env: duplicate")));
    }

    #[test]
    fn the_same_again_changes_nothing() {
        let none = json!({"metadata": {"name": "m"}});
        let one = apply(&none, &json!({"data": {"a": "1"}}), "x", false).unwrap();
        let later = Managed { time: "later".to_owned(), ..by("x") };
        let again = applied(&one, &json!({"data": {"a": "1"}}), &Shape::named("ConfigMap"), &later, false).unwrap();
        assert_eq!(again, one);
    }
}
