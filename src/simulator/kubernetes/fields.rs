//! Which manager owns which fields of an object: sets of paths, as `metadata.managedFields` keeps them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::simulator::body::text;
use crate::simulator::kubernetes::schema::{Parts, Shape};

/// The way to a field, in the steps of `FieldsV1`: `f:spec`, `k:{"name":"app"}`, `v:"x"`.
pub(super) type Path = Vec<String>;

/// Paths of an object, each with what is there: the value of a field that is one, null for a list item or a map.
pub(super) type Leaves = BTreeMap<Path, Value>;

/// What one manager has written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Managed {
    pub manager: String,
    pub is_apply: bool,
    /// `status`, or nothing.
    pub subresource: String,
    pub api_version: String,
    pub time: String,
    pub paths: BTreeSet<Path>,
}

/// Fields that nobody owns.
const NOBODYS: [&str; 11] = [
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "managedFields",
    "clusterName",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// The fields of an object that can be owned.
pub(super) fn leaves(object: &Value, shape: &Shape) -> Leaves {
    let mut found = Leaves::new();
    let Some(members) = object.as_object() else { return found };
    for (name, value) in members.iter().filter(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind")) {
        let below = shape.member(name);
        if name == "metadata" {
            let own = value.as_object().into_iter().flatten().filter(|(name, _)| !NOBODYS.contains(&name.as_str()));
            for (member, value) in own {
                walk(value, &below.member(member), vec!["f:metadata".to_owned(), format!("f:{member}")], &mut found);
            }
        } else {
            walk(value, &below, vec![format!("f:{name}")], &mut found);
        }
    }
    found
}

fn walk(value: &Value, shape: &Shape, path: Path, found: &mut Leaves) {
    match shape.parts(value) {
        Some(Parts::Members(members)) if !members.is_empty() => {
            for (name, value) in members {
                let below = shape.member(name);
                let path = step(&path, format!("f:{name}"));
                // The key of a map is a field, be its value one or not; a declared member is only if its value is one.
                if !shape.declares(name) && below.parts(value).is_some() {
                    found.insert(path.clone(), Value::Null);
                }
                walk(value, &below, path, found);
            }
        }
        Some(Parts::Items(items)) if !items.is_empty() => {
            for item in items {
                let Some(key) = shape.key(item) else { continue };
                let path = step(&path, key);
                let below = shape.item();
                found.insert(path.clone(), Value::Null);
                if below.parts(item).is_some() {
                    walk(item, &below, path, found);
                } else {
                    found.insert(path, item.clone());
                }
            }
        }
        _ => {
            found.insert(path, value.clone());
        }
    }
}

fn step(path: &Path, next: String) -> Path {
    let mut path = path.clone();
    path.push(next);
    path
}

/// Reads `metadata.managedFields`.
pub(super) fn managers(object: &Value) -> Vec<Managed> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    let read = |entry: &Value| {
        let word = |name: &str| text(entry, &format!("/{name}")).unwrap_or_default().to_owned();
        let mut paths = BTreeSet::new();
        gather(entry.get("fieldsV1").unwrap_or(&Value::Null), &Vec::new(), &mut paths);
        Managed {
            manager: word("manager"),
            is_apply: word("operation") == "Apply",
            subresource: word("subresource"),
            api_version: word("apiVersion"),
            time: word("time"),
            paths,
        }
    };
    entries.into_iter().flatten().map(read).collect()
}

fn gather(fields: &Value, at: &Path, into: &mut BTreeSet<Path>) {
    for (word, below) in fields.as_object().into_iter().flatten() {
        if word == "." {
            into.insert(at.clone());
            continue;
        }
        let path = step(at, word.clone());
        if below.as_object().is_none_or(Map::is_empty) {
            into.insert(path);
        } else {
            gather(below, &path, into);
        }
    }
}

/// Writes `metadata.managedFields`, without managers that own nothing.
pub(super) fn put_managers(object: &mut Value, managers: &[Managed]) {
    let written = managers.iter().filter(|one| !one.paths.is_empty()).map(|one| {
        let mut entry = json!({
            "apiVersion": one.api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": tree(&one.paths),
            "manager": one.manager,
            "operation": if one.is_apply { "Apply" } else { "Update" },
            "time": one.time,
        });
        if !one.subresource.is_empty() {
            entry["subresource"] = Value::from(one.subresource.as_str());
        }
        entry
    });
    let written: Vec<Value> = written.collect();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        if !written.is_empty() {
            metadata.insert("managedFields".to_owned(), Value::Array(written));
        }
    }
}

/// Paths as `FieldsV1`.
fn tree(paths: &BTreeSet<Path>) -> Value {
    let mut root = Map::new();
    for path in paths {
        let has_below = paths.range(path.clone()..).nth(1).is_some_and(|next| next.starts_with(path));
        grow(&mut root, path, has_below);
    }
    Value::Object(root)
}

fn grow(members: &mut Map<String, Value>, path: &[String], has_below: bool) {
    let Some((word, rest)) = path.split_first() else {
        if has_below {
            members.insert(".".to_owned(), Value::Object(Map::new()));
        }
        return;
    };
    let below = members.entry(word.clone()).or_insert_with(|| Value::Object(Map::new()));
    if let Some(below) = below.as_object_mut() {
        grow(below, rest, has_below);
    }
}

/// Notes that a manager has made `after` of `before` by an ordinary write: what it changed is its own, and nobody's
/// else any more; what it took away is nobody's.
pub(super) fn note_update(managers: &mut Vec<Managed>, before: &Leaves, after: &Leaves, who: &Managed) {
    let changed: BTreeSet<Path> =
        after.iter().filter(|(path, value)| before.get(*path) != Some(*value)).map(|(path, _)| path.clone()).collect();
    if changed.is_empty() && before.keys().all(|path| after.contains_key(path)) {
        return;
    }
    for managed in managers.iter_mut() {
        managed.paths.retain(|path| after.contains_key(path) && !(changed.contains(path) && before.contains_key(path)));
    }
    let mine = |one: &&mut Managed| one.manager == who.manager && !one.is_apply && one.subresource == who.subresource;
    match managers.iter_mut().find(mine) {
        Some(own) => {
            own.paths.extend(changed);
            own.time.clone_from(&who.time);
            own.api_version.clone_from(&who.api_version);
        }
        None => managers.push(Managed { paths: changed, ..who.clone() }),
    }
    managers.retain(|one| !one.paths.is_empty());
}

/// A path for people: `.spec.containers[name="app"].image`.
pub(super) fn told(path: &Path) -> String {
    path.iter().fold(String::new(), |text, word| match word.split_once(':') {
        Some(("f", name)) => text + "." + name,
        Some(("k", keys)) => {
            let keys: BTreeMap<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let keys: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
            text + "[" + &keys.join(",") + "]"
        }
        Some((_, value)) => text + "[=" + value + "]",
        None => text,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn paths(object: &Value, shape: &str) -> Vec<String> {
        leaves(object, &Shape::named(shape)).keys().map(told).collect()
    }

    #[test]
    fn the_fields_of_an_object_are_its_values() {
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "a", "uid": "u", "labels": {"app": "x"}},
            "data": {"b": "c", "d": "e"},
        });
        assert_eq!(paths(&map, "ConfigMap"), [".data.b", ".data.d", ".metadata.labels.app"]);
        let pod = json!({"spec": {
            "nodeSelector": {"a": "b"},
            "containers": [{"name": "app", "image": "x", "ports": [{"containerPort": 80}]}],
        }});
        assert_eq!(
            paths(&pod, "Pod"),
            [
                ".spec.containers[name=\"app\"]",
                ".spec.containers[name=\"app\"].image",
                ".spec.containers[name=\"app\"].name",
                ".spec.containers[name=\"app\"].ports[containerPort=80,protocol=\"TCP\"]",
                ".spec.containers[name=\"app\"].ports[containerPort=80,protocol=\"TCP\"].containerPort",
                ".spec.nodeSelector",
            ]
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        let pod = json!({"spec": {"containers": [{"name": "app", "image": "x"}], "hostname": "h"}});
        let one = Managed {
            manager: "m".to_owned(),
            is_apply: true,
            subresource: String::new(),
            api_version: "v1".to_owned(),
            time: "t".to_owned(),
            paths: leaves(&pod, &Shape::named("Pod")).into_keys().collect(),
        };
        let mut object = json!({"metadata": {}});
        put_managers(&mut object, std::slice::from_ref(&one));
        assert_eq!(
            object.pointer("/metadata/managedFields/0/fieldsV1").unwrap(),
            &json!({"f:spec": {
                "f:containers": {"k:{\"name\":\"app\"}": {".": {}, "f:image": {}, "f:name": {}}},
                "f:hostname": {},
            }})
        );
        assert_eq!(managers(&object), [one]);
    }
}
