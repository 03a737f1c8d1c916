//! Faults and counts through `/simulator`.

use serde_json::{Value, json};

use super::{identity, simulator};
use crate::simulator::{Faults, SUBSCRIPTION};

#[tokio::test]
async fn faults_are_set_and_cleared_while_it_runs() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let refuse = json!({"status": 429, "code": "TooManyRequests", "retry_after": 7});
    let faults = json!({"rules": [{"method": "GET", "times": 1, "effect": {"refuse": refuse}}]});
    client.send("POST", "/simulator/faults", &faults).await.is(200);
    let got = client.get(&group).await.is(429);
    assert_eq!(got.headers["retry-after"], "7");
    client.get(&group).await.is(200);
    assert_eq!(client.send("POST", "/simulator/faults", &json!({"chaos": 1})).await.is(400).code(), "InvalidFaults");
    client.delete("/simulator/faults").await.is(204);
    assert_eq!(client.get("/simulator/faults").await.is(200).body["rules"], json!([]));
}

#[tokio::test]
async fn answers_can_lack_members_have_others_and_change_casing() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let (id, plain) = identity(&mut client, &group, "id-a").await;
    let change = json!({"merge": {"tags": {"policy": "on"}}, "without": ["/properties/clientId"]});
    client.send("POST", "/simulator/faults", &json!({"rules": [{"effect": {"answer": change}}]})).await.is(200);
    let got = client.get(&id).await.is(200);
    assert_eq!((got.text("/tags/policy"), got.body.pointer("/properties/clientId")), ("on", None));
    client.send("POST", "/simulator/faults", &json!({"casing": true})).await.is(200);
    let mut spellings = std::collections::BTreeSet::new();
    for _ in 0..12 {
        let got = client.get(&id).await.is(200);
        assert_eq!(got.text("/id").to_lowercase(), id.to_lowercase());
        assert_eq!(got.text("/properties/clientId"), plain["properties"]["clientId"].as_str().unwrap());
        spellings.insert(got.text("/id").to_owned());
    }
    assert!(spellings.len() > 1);
}

#[tokio::test]
async fn somebody_else_edits_after_a_write() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let edit = json!({"merge": {"tags": {"owner": "policy"}}});
    let rule = json!({"method": "PUT", "kind": "Microsoft.ManagedIdentity/userAssignedIdentities", "effect": {"edit_after": edit}});
    client.send("POST", "/simulator/faults", &json!({"rules": [rule]})).await.is(200);
    let (id, body) = identity(&mut client, &group, "id-a").await;
    assert_eq!(body.get("tags"), None);
    assert_eq!(client.get(&id).await.text("/tags/owner"), "policy");
}

#[tokio::test]
async fn a_resource_is_edited_behind_its_service() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let (id, _) = identity(&mut client, &group, "id-a").await;
    let edit = json!({"id": id.to_uppercase(), "merge": {"properties": {"provisioningState": "Failed"}}});
    client.send("POST", "/simulator/edit", &edit).await.is(200);
    assert_eq!(client.get(&id).await.text("/properties/provisioningState"), "Failed");
    let lost = json!({"id": "/subscriptions/none", "merge": {}});
    client.send("POST", "/simulator/edit", &lost).await.is(404);
}

#[tokio::test]
async fn limits_are_kept_by_waiting_or_told_with_429() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    for number in 0..6 {
        identity(&mut client, &group, &format!("id-{number}")).await;
    }
    let waited = client.get("/simulator/clock").await.body["milliseconds"].as_u64().unwrap();
    assert!(waited > 1500, "{waited}");
    client.send("POST", "/simulator/faults", &json!({"throttling": true})).await.is(200);
    let mut refused = None;
    for number in 10..16 {
        let id = format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-{number}");
        let got = client.put(&id, &json!({"location": "westeurope"})).await;
        if got.status == 429 {
            refused = Some(got);
        }
    }
    assert_eq!(refused.unwrap().headers["retry-after"], "0");
}

#[tokio::test]
async fn requests_are_counted_by_method_and_kind() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    client.send("DELETE", "/simulator/requests", &Value::Null).await.is(204);
    identity(&mut client, &group, "id-a").await;
    client.get(&format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/microsoft.managedidentity/USERASSIGNEDIDENTITIES/id-a")).await.is(200);
    let counts = client.get("/simulator/requests").await.is(200);
    assert_eq!(counts.body["total"], json!(2));
    assert_eq!(counts.text("/value/0/method"), "GET");
    assert_eq!(counts.text("/value/1/kind"), "Microsoft.ManagedIdentity/userAssignedIdentities");
}
