//! What a cluster serves, told in the ways that clients ask: group by group, or all at once.

use serde_json::{Value, json};

use crate::simulator::answer::Answer;
use crate::simulator::body::text;
use crate::simulator::kubernetes::call::{Call, api_version};
use crate::simulator::kubernetes::catalog::{Kind, kinds};
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::kubernetes::store::Store;
use crate::simulator::world::Resource;

/// Answers a path that is no object's; `None` when it is one.
pub(super) fn answer(store: &Store, cluster: &Resource, call: &Call) -> Option<Result<Answer, Failure>> {
    let path = call.path.trim_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    let all = || kinds(store);
    Some(Ok(match segments.as_slice() {
        ["version"] => Answer::json(200, version(cluster)),
        ["api"] => match aggregated(call) {
            Some(version) => told_at_once(version, &all(), true),
            None => Answer::json(
                200,
                json!({
                    "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [],
                }),
            ),
        },
        ["apis"] => match aggregated(call) {
            Some(version) => told_at_once(version, &all(), false),
            None => {
                let groups: Vec<Value> =
                    groups(&all()).iter().filter(|group| !group.is_empty()).map(|name| group(&all(), name)).collect();
                Answer::json(200, json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
            }
        },
        ["api", version] => return Some(resources(&all(), "", version)),
        ["apis", name] if groups(&all()).iter().any(|known| known == name) => {
            let mut body = group(&all(), name);
            body["kind"] = "APIGroup".into();
            body["apiVersion"] = "v1".into();
            Answer::json(200, body)
        }
        ["apis", name, version] => return Some(resources(&all(), name, version)),
        ["apis", _] | [""] => return Some(Err(Failure::no_such_resource())),
        _ => return None,
    }))
}

fn version(cluster: &Resource) -> Value {
    let full = text(&cluster.body, "/properties/currentKubernetesVersion").unwrap_or("1.33.0");
    let mut parts = full.split('.');
    let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    json!({
        "major": major, "minor": minor, "gitVersion": format!("v{full}"),
        "gitCommit": "0000000000000000000000000000000000000000", "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z", "goVersion": "go1.24", "compiler": "gc", "platform": "linux/amd64",
    })
}

/// The version of the aggregated form, when the client takes it.
fn aggregated(call: &Call) -> Option<&'static str> {
    let first = call
        .accept
        .split(',')
        .map(str::trim)
        .find(|media| media.contains("as=APIGroupDiscoveryList") && media.starts_with("application/json"))?;
    Some(if first.contains("v=v2beta1") { "v2beta1" } else { "v2" })
}

fn told_at_once(version: &str, all: &[Kind], is_core: bool) -> Answer {
    let groups = groups(all).into_iter().filter(|name| name.is_empty() == is_core);
    let items = groups.map(|name| {
        let versions = versions(all, &name).into_iter().map(|version| {
            let resources = all.iter().filter(|kind| kind.group == name && kind.version == version).map(discovered);
            json!({"version": version, "resources": resources.collect::<Vec<_>>(), "freshness": "Current"})
        });
        json!({
            "metadata": if name.is_empty() { json!({"creationTimestamp": null}) } else { json!({"name": name, "creationTimestamp": null}) },
            "versions": versions.collect::<Vec<_>>(),
        })
    });
    let body = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{version}"), "metadata": {},
        "items": items.collect::<Vec<_>>(),
    });
    let media = format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
    Answer::json(200, body).with("content-type", media)
}

fn discovered(kind: &Kind) -> Value {
    let response = |name: &str| json!({"group": kind.group, "version": kind.version, "kind": name});
    let subresources = kind.subresources.iter().map(|name| {
        let (answered, verbs) = subresource(name);
        let answered = if answered.is_empty() {
            response(&kind.kind)
        } else {
            json!({"group": group_of(answered), "version": "v1", "kind": answered})
        };
        json!({"subresource": name, "responseKind": answered, "verbs": verbs})
    });
    let mut told = json!({
        "resource": kind.plural, "responseKind": response(&kind.kind),
        "scope": if kind.is_namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular, "verbs": kind.verbs(),
    });
    if !kind.short.is_empty() {
        told["shortNames"] = json!(kind.short);
    }
    if !kind.categories.is_empty() {
        told["categories"] = json!(kind.categories);
    }
    if !kind.subresources.is_empty() {
        told["subresources"] = Value::Array(subresources.collect());
    }
    told
}

/// What a subresource answers (nothing: the object itself), and what can be done with it.
fn subresource(name: &str) -> (&'static str, &'static [&'static str]) {
    match name {
        "token" => ("TokenRequest", &["create"]),
        "scale" => ("Scale", &["get", "patch", "update"]),
        "finalize" => ("", &["update"]),
        _ => ("", &["get", "patch", "update"]),
    }
}

fn group_of(answered: &str) -> &'static str {
    if answered == "Scale" { "autoscaling" } else { "authentication.k8s.io" }
}

fn groups(all: &[Kind]) -> Vec<String> {
    let mut names: Vec<String> = all.iter().map(|kind| kind.group.to_string()).collect();
    names.dedup();
    names
}

fn versions(all: &[Kind], group: &str) -> Vec<String> {
    let mut found: Vec<String> =
        all.iter().filter(|kind| kind.group == group).map(|kind| kind.version.to_string()).collect();
    found.dedup();
    found
}

fn group(all: &[Kind], name: &str) -> Value {
    let versions = versions(all, name)
        .into_iter()
        .map(|version| json!({"groupVersion": api_version(name, &version), "version": version}));
    let versions: Vec<Value> = versions.collect();
    json!({"name": name, "versions": versions, "preferredVersion": versions.first()})
}

fn resources(all: &[Kind], group: &str, version: &str) -> Result<Answer, Failure> {
    let mut rows = Vec::new();
    for kind in all.iter().filter(|kind| kind.group == group && kind.version == version) {
        let mut row = json!({
            "name": kind.plural, "singularName": kind.singular, "namespaced": kind.is_namespaced, "kind": kind.kind,
            "verbs": kind.verbs(),
        });
        if !kind.short.is_empty() {
            row["shortNames"] = json!(kind.short);
        }
        if !kind.categories.is_empty() {
            row["categories"] = json!(kind.categories);
        }
        rows.push(row);
        for name in &kind.subresources {
            let (answered, verbs) = subresource(name);
            let mut row = json!({
                "name": format!("{}/{name}", kind.plural), "singularName": "", "namespaced": kind.is_namespaced,
                "kind": if answered.is_empty() { &kind.kind } else { answered }, "verbs": verbs,
            });
            if !answered.is_empty() {
                row["group"] = group_of(answered).into();
                row["version"] = "v1".into();
            }
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return Err(Failure::no_such_resource());
    }
    let body = json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version(group, version), "resources": rows,
    });
    Ok(Answer::json(200, body))
}
