//! What ARM does for every kind: routes, errors, operations, paging, locks.

use serde_json::{Value, json};

use super::{Client, identity, simulator};
use crate::simulator::{Effect, Faults, Options, Rule, SUBSCRIPTION, TENANT, start};

#[tokio::test]
async fn a_group_is_made_kept_as_first_written_and_deleted_slowly() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let id = format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/Rg-Shop");
    assert_eq!(client.get(&id).await.is(404).code(), "ResourceGroupNotFound");
    let made = client.put(&id, &json!({"location": "West Europe", "tags": {"a": "b"}})).await.is(201);
    assert_eq!(made.text("/id"), format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/Rg-Shop"));
    assert_eq!(made.text("/location"), "westeurope");
    assert_eq!(made.text("/type"), "Microsoft.Resources/resourceGroups");
    client.put(&id.to_uppercase(), &json!({"location": "westeurope"})).await.is(200);
    let read = client.get(&id).await.is(200);
    assert_eq!(read.text("/name"), "Rg-Shop");
    assert_eq!(read.body.get("tags"), None);
    let moved = client.put(&id, &json!({"location": "northeurope"})).await.is(409);
    assert_eq!(moved.code(), "InvalidResourceGroupLocation");

    let inside = identity(&mut client, &id, "id-a").await.0;
    let deleting = client.delete(&id).await.is(202);
    let refused = client.put(&inside, &json!({"location": "westeurope"})).await.is(409);
    assert_eq!(refused.code(), "ResourceGroupBeingDeleted");
    let (_, polls) = client.follow(&deleting).await;
    assert!(polls > 1);
    client.get(&id).await.is(404);
    assert_eq!(client.get("/simulator/world").await.body, json!({"value": []}));
}

#[tokio::test]
async fn what_azure_says_to_a_malformed_request() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let id = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg");
    let got = client.try_send("GET", &id, "").await.unwrap().is(400);
    assert_eq!(got.code(), "MissingApiVersionParameter");
    assert_eq!(client.get(&format!("{id}?api-version=latest")).await.is(400).code(), "InvalidApiVersionParameter");
    let got = client.try_send("PUT", &format!("{id}?api-version=2023-07-01"), "{\"location\":").await.unwrap();
    assert_eq!(got.is(400).code(), "InvalidRequestContent");
    assert_eq!(client.put(&id, &json!({})).await.is(400).code(), "LocationRequired");
    assert_eq!(client.get("/nowhere").await.is(404).code(), "InvalidResourceType");
    client.headers.clear();
    let got = client.get(&id).await.is(401);
    assert_eq!(got.code(), "AuthenticationFailed");
    assert!(got.headers.contains_key("x-ms-correlation-request-id"));
}

#[tokio::test]
async fn any_kind_is_stored_and_needs_its_parent() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let parent = format!("{group}/providers/Contoso.Things/boxes/b");
    let child = format!("{parent}/drawers/d");
    assert_eq!(client.put(&child, &json!({})).await.is(404).code(), "ParentResourceNotFound");
    let elsewhere = parent.replace("/rg/", "/none/");
    assert_eq!(client.put(&elsewhere, &json!({})).await.is(404).code(), "ResourceGroupNotFound");
    assert_eq!(client.get(&parent).await.is(404).code(), "ResourceNotFound");
    client.put(&parent, &json!({"properties": {"depth": 1.25}})).await.is(201);
    client.put(&child, &json!({"properties": {"full": true}})).await.is(201);
    let read = client.get(&parent.to_lowercase()).await.is(200);
    assert_eq!(read.text("/properties/provisioningState"), "Succeeded");
    assert_eq!(read.body["properties"]["depth"].to_string(), "1.25");
    let drawers = client.get(&format!("{parent}/drawers")).await.is(200);
    assert_eq!(drawers.body["value"].as_array().unwrap().len(), 1);
    let patched = client.send("PATCH", &parent, &json!({"tags": {"x": "y"}})).await.is(200);
    assert_eq!(patched.body["properties"]["depth"].to_string(), "1.25");
    client.delete(&parent).await.is(200);
    client.get(&child).await.is(404);
    client.delete(&parent).await.is(204);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let (_running, mut client) = simulator(Faults { page_size: 3, ..Faults::default() }).await;
    let group = client.group().await;
    for number in 0..7 {
        identity(&mut client, &group, &format!("id-{number}")).await;
    }
    let mut url = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ManagedIdentity/userAssignedIdentities");
    let mut names = Vec::new();
    let mut pages = 0;
    loop {
        let page = client.get(&url).await.is(200);
        pages += 1;
        names.extend(page.body["value"].as_array().unwrap().iter().map(|item| item["name"].to_string()));
        match page.body.get("nextLink").and_then(Value::as_str) {
            Some(next) => url = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, names.len()), (3, 7));
    let contents = client.get(&format!("{group}/resources?$top=2")).await.is(200);
    assert_eq!(contents.body["value"].as_array().unwrap().len(), 2);
    let wanted = "$filter=resourceType%20eq%20'Microsoft.KeyVault/vaults'";
    let none = client.get(&format!("{group}/resources?{wanted}")).await.is(200);
    assert_eq!(none.body["value"], json!([]));
    let unknown = client.get(&format!("{group}/resources?$filter=size%20gt%201")).await.is(400);
    assert_eq!(unknown.code(), "InvalidFilterInQueryString");
}

#[tokio::test]
async fn a_lock_keeps_what_is_beneath_it() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let (id, _) = identity(&mut client, &group, "id-a").await;
    let lock = format!("{group}/providers/Microsoft.Authorization/locks/keep");
    client.put(&lock, &json!({"properties": {"level": "CanNotDelete"}})).await.is(201);
    assert_eq!(client.delete(&id).await.is(409).code(), "ScopeLocked");
    client.put(&id, &json!({"location": "westeurope", "tags": {"a": "b"}})).await.is(200);
    client.put(&lock, &json!({"properties": {"level": "ReadOnly"}})).await.is(200);
    assert_eq!(client.put(&id, &json!({"location": "westeurope"})).await.is(409).code(), "ScopeLocked");
    client.delete(&lock).await.is(200);
    client.delete(&id).await.is(200);
}

#[tokio::test]
async fn a_token_tells_who_asks() {
    let (_running, mut client) = simulator(Faults::default()).await;
    client.headers.clear();
    let form = "grant_type=client_credentials&client_id=app&client_secret=s&scope=x%2F.default";
    let got = client.try_send("POST", &format!("/{TENANT}/oauth2/v2.0/token"), form).await.unwrap().is(200);
    let claims = got.text("/access_token").split('.').nth(1).unwrap().to_owned();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    let claims: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((claims["tid"].as_str(), claims["appid"].as_str()), (Some(TENANT), Some("app")));
    assert!(uuid::Uuid::try_parse(claims["oid"].as_str().unwrap()).is_ok());
    let path = format!("/{TENANT}/oauth2/v2.0/token");
    let got = client.try_send("POST", &path, "grant_type=client_credentials&client_id=a").await.unwrap().is(401);
    assert_eq!(got.text("/error"), "invalid_client");
    let metadata = client.get("/metadata/endpoints?api-version=2022-09-01").await.is(200);
    assert!(metadata.text("/authentication/loginEndpoint").starts_with("http://127.0.0.1:"));
}

#[tokio::test]
async fn subscriptions_and_their_providers() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let other = "/subscriptions/33333333-3333-4333-8333-333333333333";
    let got = client.get(other).await.is(200);
    assert_eq!((got.text("/tenantId"), got.text("/id")), (TENANT, other));
    let got = client.get(&format!("{other}/providers")).await.is(200);
    assert!(got.body["value"].as_array().unwrap().iter().any(|item| item["namespace"] == "Microsoft.ContainerService"));
    let got = client.send("POST", &format!("{other}/providers/Microsoft.Contoso/register"), &Value::Null).await.is(200);
    assert_eq!(got.text("/registrationState"), "Registered");
}

#[tokio::test]
async fn the_world_outlives_its_simulator() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { world: Some(folder.path().join(".bowline/world.jsonl")), ..Options::default() };
    let running = start(options.clone()).await.unwrap();
    let mut client = Client::of(&running).await;
    let group = client.group().await;
    let (id, body) = identity(&mut client, &group, "id-a").await;
    let deleting = client.delete(&group).await.is(202);
    let operation = deleting.headers["location"].rsplit('/').next().unwrap().to_owned();
    drop(running);
    // The task is gone at its next step; the lock with it.
    let running = loop {
        match start(options.clone()).await {
            Ok(running) => break running,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let mut client = Client::of(&running).await;
    assert_eq!(client.get(&id).await.is(200).body["properties"]["principalId"], body["properties"]["principalId"]);
    let path = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Resources/locations/westeurope/operationresults/{operation}"
    );
    while client.get(&path).await.status == 202 {}
    client.get(&group).await.is(404);
    running.shutdown().await;
}

#[tokio::test]
async fn a_connection_can_be_cut_before_and_after_the_work() {
    let groups = "Microsoft.Resources/resourceGroups";
    let cut = Rule::new(Effect::Cut).on("PUT", groups).times(1);
    let drop = Rule::new(Effect::DropAnswer).on("PUT", groups).after(1).times(1);
    let (running, mut client) = simulator(Faults { rules: vec![cut, drop], ..Faults::default() }).await;
    let id = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg");
    let path = format!("{id}?api-version=2023-07-01");
    assert!(client.try_send("PUT", &path, "{\"location\":\"westeurope\"}").await.is_err());
    let mut client = Client::of(&running).await;
    client.get(&id).await.is(404);
    assert!(client.try_send("PUT", &path, "{\"location\":\"westeurope\"}").await.is_err());
    let mut client = Client::of(&running).await;
    client.get(&id).await.is(200);
}
