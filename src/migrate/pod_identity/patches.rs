//! Patches of workloads: what makes one use the new way, and what takes the old one away.

use serde_json::{Map, Value as Json, json};

use super::Move;
use crate::manifests::SignIn;

/// What makes a workload use the new way. The label of pod identity stays; an application's secret is no longer used, since
/// libraries prefer it.
pub(super) fn joined(one: &Move) -> Json {
    let mut metadata = json!({ "labels": { "azure.workload.identity/use": "true" } });
    if one.by_proxy {
        metadata["annotations"] = json!({ "azure.workload.identity/inject-proxy-sidecar": "true" });
    }
    let mut spec = Map::from_iter([("serviceAccountName".to_owned(), json!(one.account))]);
    for list in ["initContainers", "containers"] {
        let changed: Vec<Json> =
            one.pods.sign_ins.iter().filter(|sign_in| sign_in.list == list).map(container).collect();
        if !changed.is_empty() {
            spec.insert(list.to_owned(), json!(changed));
        }
    }
    patch(one, json!({ "metadata": metadata, "spec": spec }))
}

/// What takes the label of pod identity away.
pub(super) fn unlabelled(one: &Move) -> Json {
    patch(one, json!({ "metadata": { "labels": { "aadpodidbinding": null } } }))
}

/// What makes a workload what it was before it joined. There is none for one whose secret stood in its manifest, since that
/// is written nowhere; for one that has joined already, since it is no longer seen what it was; and for bare pods.
pub(super) fn parted(one: &Move) -> Option<Json> {
    if one.pods.is_moved() || one.pods.kind == "Pod" || one.pods.sign_ins.iter().any(|sign_in| sign_in.back.is_barred) {
        return None;
    }
    let mut metadata =
        json!({ "labels": { "azure.workload.identity/use": one.pods.labels.get("azure.workload.identity/use") } });
    if one.by_proxy {
        metadata["annotations"] = json!({ "azure.workload.identity/inject-proxy-sidecar": null });
    }
    let mut spec = Map::from_iter([("serviceAccountName".to_owned(), json!(one.pods.account))]);
    if one.pods.account.is_none() {
        // The older name of the same member, which would bring it back.
        spec.insert("serviceAccount".to_owned(), Json::Null);
    }
    for list in ["initContainers", "containers"] {
        let changed: Vec<Json> =
            one.pods.sign_ins.iter().filter(|sign_in| sign_in.list == list).map(container_before).collect();
        if !changed.is_empty() {
            spec.insert(list.to_owned(), json!(changed));
        }
    }
    Some(patch(one, json!({ "metadata": metadata, "spec": spec })))
}

/// What gives a workload the label of pod identity again.
pub(super) fn labelled(one: &Move) -> Option<Json> {
    let selector = one.pods.selector().filter(|_| one.pods.kind != "Pod")?;
    Some(patch(one, json!({ "metadata": { "labels": { "aadpodidbinding": selector } } })))
}

/// A container as it was, with the secret of its application.
fn container_before(sign_in: &SignIn) -> Json {
    let back = &sign_in.back;
    let mut container = json!({ "name": sign_in.container });
    if !back.env.is_empty() {
        container["env"] = json!(back.env);
        container["$setElementOrder/env"] = json!(back.order);
    }
    if let Some(all) = &back.env_from {
        container["envFrom"] = json!(all);
    }
    container
}

/// A container without the secret of its application.
fn container(sign_in: &SignIn) -> Json {
    let mut container = json!({ "name": sign_in.container });
    if !sign_in.env.is_empty() {
        container["env"] = json!(sign_in.env);
    }
    match &sign_in.env_from {
        Some(left) if left.is_empty() => container["envFrom"] = Json::Null,
        Some(left) => container["envFrom"] = json!(left),
        None => {}
    }
    container
}

/// A strategic merge patch of a workload's pods.
fn patch(one: &Move, template: Json) -> Json {
    let mut whole = one.pods.way.iter().rev().fold(template, |inner, key| json!({ *key: inner }));
    whole["apiVersion"] = json!(one.pods.api);
    whole["kind"] = json!(one.pods.kind);
    whole["metadata"]["name"] = json!(one.pods.name);
    whole["metadata"]["namespace"] = json!(one.namespace);
    whole
}
