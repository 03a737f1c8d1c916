//! What the Kubernetes API promises of every kind: pages of one moment, owners, finalizers, definitions, what is refused.

use serde_json::{Value, json};

use super::kubernetes::ready;
use crate::simulator::Faults;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";

fn map(name: &str, metadata: &Value) -> Value {
    let mut object = json!({"metadata": {"name": name, "labels": {"mine": "yes"}}});
    for (member, value) in metadata.as_object().unwrap() {
        object["metadata"][member] = value.clone();
    }
    object
}

#[tokio::test]
async fn the_pages_of_a_list_tell_of_one_moment() {
    let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
    for name in ["a", "b", "c"] {
        kube.kube("POST", MAPS, &map(name, &json!({}))).await.is(201);
    }
    let first = kube.kube("GET", &format!("{MAPS}?labelSelector=mine&limit=2"), &Value::Null).await.is(200);
    let (token, version) = (first.text("/metadata/continue"), first.text("/metadata/resourceVersion"));
    // With a selector nobody counts what is left.
    assert!(first.body["metadata"].get("remainingItemCount").is_none());
    kube.kube("DELETE", &format!("{MAPS}/c"), &Value::Null).await.is(200);
    kube.kube("POST", MAPS, &map("d", &json!({}))).await.is(201);
    let second =
        kube.kube("GET", &format!("{MAPS}?labelSelector=mine&limit=2&continue={token}"), &Value::Null).await.is(200);
    assert_eq!(second.text("/metadata/resourceVersion"), version);
    assert_eq!(second.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(second.text("/items/0/metadata/name"), "c");
    // One that is too old is gone.
    for number in 0..4200 {
        let patch = json!({"data": {"n": number.to_string()}});
        kube.patch(MERGE, &format!("{MAPS}/a"), &patch).await.is(200);
    }
    let gone = kube.kube("GET", &format!("{MAPS}?labelSelector=mine&continue={token}"), &Value::Null).await.is(410);
    assert_eq!(gone.text("/reason"), "Expired");
    let gone = kube.kube("GET", &format!("{MAPS}?watch=true&resourceVersion={version}"), &Value::Null).await.is(410);
    assert_eq!(gone.text("/reason"), "Expired");
}

#[tokio::test]
async fn what_belongs_to_several_goes_with_the_last_of_them() {
    let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
    let mut owners = Vec::new();
    for name in ["one", "two"] {
        let made = kube.kube("POST", MAPS, &map(name, &json!({"finalizers": ["example.com/wait"]}))).await.is(201);
        owners.push(json!({"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": made.text("/metadata/uid")}));
    }
    kube.kube("POST", MAPS, &map("owned", &json!({ "ownerReferences": owners }))).await.is(201);
    let release = json!({"metadata": {"finalizers": null}});
    for (name, status) in [("one", 200), ("two", 404)] {
        kube.kube("DELETE", &format!("{MAPS}/{name}"), &Value::Null).await.is(200);
        kube.kube("GET", &format!("{MAPS}/owned"), &Value::Null).await.is(200);
        kube.patch(MERGE, &format!("{MAPS}/{name}"), &release).await.is(200);
        kube.kube("GET", &format!("{MAPS}/owned"), &Value::Null).await.is(status);
    }
}

#[tokio::test]
async fn a_namespace_that_is_held_stays_until_it_is_let_go() {
    let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
    let held = json!({"metadata": {"name": "shop", "finalizers": ["example.com/wait"]}});
    kube.kube("POST", "/api/v1/namespaces", &held).await.is(201);
    kube.kube("DELETE", "/api/v1/namespaces/shop", &Value::Null).await.is(200);
    let going = kube.kube("GET", "/api/v1/namespaces/shop", &Value::Null).await.is(200);
    assert_eq!(going.text("/status/phase"), "Terminating");
    kube.patch(MERGE, "/api/v1/namespaces/shop", &json!({"metadata": {"finalizers": null}})).await.is(200);
    kube.kube("GET", "/api/v1/namespaces/shop", &Value::Null).await.is(404);
}

#[tokio::test]
async fn with_a_definition_its_objects_go_and_each_version_shows_them_as_its_own() {
    let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
    let version = |name: &str, storage: bool| {
        json!({"name": name, "served": true, "storage": storage,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}})
    };
    let definition = json!({"metadata": {"name": "widgets.example.com"}, "spec": {
        "group": "example.com", "scope": "Namespaced", "names": {"plural": "widgets", "kind": "Widget"},
        "versions": [version("v1", true), version("v2", false)],
    }});
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let widgets = |version: &str| format!("/apis/example.com/{version}/namespaces/default/widgets");
    kube.kube("POST", definitions, &definition).await.is(201);
    kube.kube("POST", &widgets("v1"), &json!({"metadata": {"name": "w"}})).await.is(201);
    let shown = kube.kube("GET", &format!("{}/w", widgets("v2")), &Value::Null).await.is(200);
    assert_eq!(shown.text("/apiVersion"), "example.com/v2");
    kube.kube("DELETE", &format!("{definitions}/widgets.example.com"), &Value::Null).await.is(200);
    kube.kube("POST", definitions, &definition).await.is(201);
    kube.kube("GET", &format!("{}/w", widgets("v1")), &Value::Null).await.is(404);
}

#[tokio::test]
async fn what_the_api_server_does_not_do_it_refuses() {
    let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
    let field = kube.kube("GET", &format!("{MAPS}?fieldSelector=data.a%3D1"), &Value::Null).await.is(400);
    assert_eq!(field.text("/message"), "field label not supported: data.a");
    kube.kube("GET", "/api/v1/pods?fieldSelector=status.phase%3DRunning", &Value::Null).await.is(200);

    let pods = "/api/v1/namespaces/default/pods";
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}});
    kube.kube("POST", pods, &pod).await.is(201);
    let refused =
        kube.patch(MERGE, &format!("{pods}/p"), &json!({"spec": {"serviceAccountName": "other"}})).await.is(422);
    assert!(refused.text("/message").contains("pod updates may not change fields other than"), "{refused:?}");
    kube.patch(MERGE, &format!("{pods}/p"), &json!({"metadata": {"labels": {"a": "b"}}})).await.is(200);

    let mut twice = pod.clone();
    twice["metadata"]["name"] = "q".into();
    twice["spec"]["containers"] = json!([{"name": "c", "image": "i:1"}, {"name": "c", "image": "i:2"}]);
    let refused = kube.patch(APPLY, &format!("{pods}/q?fieldManager=me"), &twice).await.is(500);
    assert!(
        refused.text("/message").ends_with(".spec.containers: duplicate entries for key [name=\"c\"]"),
        "{refused:?}"
    );

    let large = json!({"metadata": {"name": "large"}, "data": {"x": "x".repeat(4 << 20)}});
    let refused = kube.kube("POST", MAPS, &large).await.is(413);
    assert_eq!(refused.text("/reason"), "RequestEntityTooLarge");
}
