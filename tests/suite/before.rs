//! What there is in Azure and in a cluster, told so that it can be held against what there was before: without what is
//! counted, timed or made up anew each time.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::pods::Pods;

/// Everything by what it is called, in Azure by its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole(BTreeMap<String, Value>);

/// What says when, by whom or for the how manieth time something was written.
const PASSING: [&str; 7] = ["etag", "eTag", "systemData", "createdOn", "createdBy", "updatedOn", "updatedBy"];

/// The kinds of the cluster that the old way and the new way are made of.
const KINDS: [&str; 11] = [
    "/api/v1/namespaces",
    "/api/v1/serviceaccounts",
    "/api/v1/secrets",
    "/api/v1/configmaps",
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/statefulsets",
    "/apis/apps/v1/daemonsets",
    "/apis/batch/v1/cronjobs",
    "/apis/aadpodidentity.k8s.io/v1/azureidentities",
    "/apis/aadpodidentity.k8s.io/v1/azureidentitybindings",
    "/apis/aadpodidentity.k8s.io/v1/azurepodidentityexceptions",
];

impl Whole {
    /// As it is now.
    pub fn of(pods: &Pods) -> Self {
        let mut all = BTreeMap::new();
        for mut resource in pods.azure_world() {
            let id = resource["id"].as_str().unwrap().to_lowercase();
            without(&mut resource, &|name| PASSING.contains(&name));
            in_order(&mut resource);
            all.insert(id, resource);
        }
        for path in KINDS {
            let (status, list) = pods.try_kube("GET", path, "", &Value::Null);
            assert!(status == 200 || status == 404, "{path}: {list}");
            for object in list["items"].as_array().into_iter().flatten() {
                let name = |member: &str| object["metadata"][member].as_str().unwrap_or_default().to_owned();
                all.insert(format!("{path} {}/{}", name("namespace"), name("name")), wanted(object));
            }
        }
        let list = pods.kube("GET", "/api/v1/pods", "", &Value::Null);
        let mut running: Vec<Value> = list["items"].as_array().unwrap().iter().map(running).collect();
        running.sort_by_key(ToString::to_string);
        all.insert("pods".to_owned(), json!(running));
        Self(all)
    }

    /// Where this differs from that: names, and within what both have the way to the first members that differ.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for name in self.0.keys().chain(other.0.keys().filter(|name| !self.0.contains_key(*name))) {
            match (self.0.get(name), other.0.get(name)) {
                (Some(before), Some(after)) => differ(name, before, after, 3, &mut found),
                (before, _) => found.push(format!("{name} is {}", if before.is_some() { "gone" } else { "new" })),
            }
        }
        found
    }
}

fn differ(place: &str, before: &Value, after: &Value, deep: usize, found: &mut Vec<String>) {
    if before == after {
        return;
    }
    match (before.as_object(), after.as_object()) {
        (Some(one), Some(two)) if deep > 0 => {
            for name in one.keys().chain(two.keys().filter(|name| !one.contains_key(*name))) {
                differ(&format!("{place} {name}"), &before[name], &after[name], deep - 1, found);
            }
        }
        _ => found.push(place.to_owned()),
    }
}

/// Azure keeps lists such as that of the pod identities in the order of their coming, and what is off may be left out.
fn in_order(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| *member != Value::Bool(false));
            members.values_mut().for_each(in_order);
        }
        Value::Array(items) => {
            items.iter_mut().for_each(in_order);
            items.sort_by_key(ToString::to_string);
        }
        _ => {}
    }
}

/// What somebody wants of an object of the cluster.
fn wanted(object: &Value) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove("status");
    let kept = ["name", "namespace", "labels", "annotations", "finalizers"];
    object["metadata"].as_object_mut().unwrap().retain(|name, _| kept.contains(&name.as_str()));
    let passing = |name: &str| name.ends_with("/last-applied-configuration") || name.ends_with("/revision");
    without(&mut object["metadata"], &passing);
    object
}

/// Of a pod, whoever it is: its labels, its account and what its containers are given.
fn running(pod: &Value) -> Value {
    let mut labels = pod["metadata"]["labels"].clone();
    without(&mut labels, &|name| name.ends_with("-hash"));
    let environments: Vec<&Value> =
        pod["spec"]["containers"].as_array().unwrap().iter().map(|one| &one["env"]).collect();
    json!([pod["metadata"]["namespace"], labels, pod["spec"]["serviceAccountName"], environments])
}

/// Takes members out of a value, however deep, and maps that are empty without them.
fn without(value: &mut Value, is_passing: &dyn Fn(&str) -> bool) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !is_passing(name));
            members.values_mut().for_each(|member| without(member, is_passing));
            members.retain(|_, member| member.as_object().is_none_or(|map| !map.is_empty()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| without(item, is_passing)),
        _ => {}
    }
}
