//! What becomes of the pods of workloads that change, and what is remembered of how they were.

use serde_json::{Value, json};

use super::Client;
use super::kubernetes::ready;
use crate::simulator::Faults;

const STRATEGIC: &str = "application/strategic-merge-patch+json";
const ALL: &str = "/apis/apps/v1/namespaces/default";

fn workload(kind: &str, more: &Value) -> Value {
    let mut body = json!({
        "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "w"},
        "spec": {
            "selector": {"matchLabels": {"app": "w"}},
            "template": {"metadata": {"labels": {"app": "w"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}},
        },
    });
    for (name, value) in more.as_object().unwrap() {
        body["spec"][name] = value.clone();
    }
    body
}

/// Gives the container another image.
async fn change(kube: &mut Client, plural: &str, image: &str) {
    let patch = json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}});
    kube.patch(STRATEGIC, &format!("{ALL}/{plural}/w"), &patch).await.is(200);
}

/// The images of the pods, in the order of the pods' names.
async fn images(kube: &mut Client) -> Vec<String> {
    let list = kube.kube("GET", "/api/v1/namespaces/default/pods", &Value::Null).await.is(200);
    let items = list.body["items"].as_array().unwrap().clone();
    items.iter().map(|pod| pod["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()).collect()
}

/// The numbers of the history with the images that they are of, the oldest first.
async fn history(kube: &mut Client, limit: usize) -> Vec<(u64, String)> {
    let list = kube.kube("GET", &format!("{ALL}/controllerrevisions"), &Value::Null).await.is(200);
    let items = list.body["items"].as_array().unwrap().clone();
    assert!(items.len() <= limit + 1, "{items:?}");
    let image = "/data/spec/template/spec/containers/0/image";
    let mut all: Vec<(u64, String)> = items
        .iter()
        .map(|one| (one["revision"].as_u64().unwrap(), one.pointer(image).unwrap().as_str().unwrap().to_owned()))
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn sets_remember_their_templates_and_go_back_to_them() {
    for (kind, plural) in [("StatefulSet", "statefulsets"), ("DaemonSet", "daemonsets")] {
        let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
        kube.kube("POST", &format!("{ALL}/{plural}"), &workload(kind, &json!({"revisionHistoryLimit": 2})))
            .await
            .is(201);
        change(&mut kube, plural, "i:2").await;
        assert_eq!(history(&mut kube, 2).await, [(1, "i:1".to_owned()), (2, "i:2".to_owned())]);
        // Its data is the patch that leads back to it.
        let list = kube.kube("GET", &format!("{ALL}/controllerrevisions"), &Value::Null).await.is(200);
        let items = list.body["items"].as_array().unwrap().clone();
        let first = items.iter().find(|one| one["revision"] == 1).unwrap();
        kube.patch(STRATEGIC, &format!("{ALL}/{plural}/w"), &first["data"]).await.is(200);
        assert_eq!(history(&mut kube, 2).await, [(2, "i:2".to_owned()), (3, "i:1".to_owned())]);
        assert!(images(&mut kube).await.iter().all(|image| image == "i:1"));
        for number in 3..8 {
            change(&mut kube, plural, &format!("i:{number}")).await;
        }
        let numbers: Vec<u64> = history(&mut kube, 2).await.into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [6, 7, 8]);
        // With the set its history goes.
        kube.kube("DELETE", &format!("{ALL}/{plural}/w"), &Value::Null).await.is(200);
        assert!(history(&mut kube, 0).await.is_empty());
    }
}

#[tokio::test]
async fn pods_stay_as_they_are_where_the_workload_says_so() {
    let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
    let partition =
        json!({"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}});
    kube.kube("POST", &format!("{ALL}/statefulsets"), &workload("StatefulSet", &partition)).await.is(201);
    change(&mut kube, "statefulsets", "i:2").await;
    assert_eq!(images(&mut kube).await, ["i:1", "i:1", "i:2"]);
    let set = kube.kube("GET", &format!("{ALL}/statefulsets/w"), &Value::Null).await.is(200);
    assert_eq!(set.body["status"]["updatedReplicas"], 1);
    assert_ne!(set.body["status"]["currentRevision"], set.body["status"]["updateRevision"]);
    kube.kube("DELETE", &format!("{ALL}/statefulsets/w"), &Value::Null).await.is(200);

    let by_hand = json!({"updateStrategy": {"type": "OnDelete"}});
    kube.kube("POST", &format!("{ALL}/daemonsets"), &workload("DaemonSet", &by_hand)).await.is(201);
    change(&mut kube, "daemonsets", "i:2").await;
    assert_eq!(images(&mut kube).await, ["i:1", "i:1"]);
    let pods = kube.kube("GET", "/api/v1/namespaces/default/pods", &Value::Null).await.is(200);
    let name = pods.text("/items/0/metadata/name").to_owned();
    kube.kube("DELETE", &format!("/api/v1/namespaces/default/pods/{name}"), &Value::Null).await.is(200);
    let mut now = images(&mut kube).await;
    now.sort();
    assert_eq!(now, ["i:1", "i:2"]);
    kube.kube("DELETE", &format!("{ALL}/daemonsets/w"), &Value::Null).await.is(200);

    kube.kube("POST", &format!("{ALL}/deployments"), &workload("Deployment", &json!({"replicas": 2}))).await.is(201);
    kube.patch(STRATEGIC, &format!("{ALL}/deployments/w"), &json!({"spec": {"paused": true}})).await.is(200);
    change(&mut kube, "deployments", "i:2").await;
    kube.patch(STRATEGIC, &format!("{ALL}/deployments/w"), &json!({"spec": {"replicas": 1}})).await.is(200);
    assert_eq!(images(&mut kube).await, ["i:1"]);
    kube.patch(STRATEGIC, &format!("{ALL}/deployments/w"), &json!({"spec": {"paused": null}})).await.is(200);
    assert_eq!(images(&mut kube).await, ["i:2"]);
}
