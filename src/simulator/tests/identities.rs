//! Identities, their credentials, and roles.

use serde_json::json;

use super::{Client, Got, READER, assignment, assignment_id, credential, identity, simulator};
use crate::simulator::{Faults, SUBSCRIPTION, TENANT};

#[tokio::test]
async fn an_identity_keeps_its_principal_for_as_long_as_it_lives() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let (id, first) = identity(&mut client, &group, "id-a").await;
    assert_eq!(first["properties"]["tenantId"], TENANT);
    let again = client.put(&id, &json!({"location": "westeurope", "tags": {"a": "b"}})).await.is(200);
    assert_eq!(again.body["properties"]["principalId"], first["properties"]["principalId"]);
    client.delete(&id).await.is(200);
    client.delete(&id).await.is(204);
    let (_, second) = identity(&mut client, &group, "id-a").await;
    assert_ne!(second["properties"]["principalId"], first["properties"]["principalId"]);
    let short = client.put(&id.replace("id-a", "a"), &json!({"location": "westeurope"})).await.is(400);
    assert_eq!(short.code(), "InvalidResourceName");
}

#[tokio::test]
async fn credentials_are_checked_to_the_byte() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let (id, _) = identity(&mut client, &group, "id-a").await;
    let at = |name: &str| format!("{id}/federatedIdentityCredentials/{name}");
    let made = client.put(&at("one"), &credential("system:serviceaccount:a:b")).await.is(201);
    assert_eq!(made.text("/properties/subject"), "system:serviceaccount:a:b");
    client.put(&at("one"), &credential("system:serviceaccount:a:c")).await.is(200);
    assert_eq!(client.put(&at("two"), &credential("system:serviceaccount:a:c")).await.is(400).code(), "BadRequest");
    client.put(&at("two"), &credential("system:serviceaccount:a:C")).await.is(201);
    let mut wrong = credential("x");
    wrong["properties"]["audiences"] = json!(["a", "b"]);
    client.put(&at("three"), &wrong).await.is(400);
    client.put(&at("no"), &credential("y")).await.is(400);
    for number in 2..20 {
        client.put(&at(&format!("fic-{number}")), &credential(&format!("s{number}"))).await.is(201);
    }
    let full = client.put(&at("over"), &credential("over")).await.is(400);
    assert_eq!(full.code(), "TooManyFederatedIdentityCredentials");
    let list = client.get(&format!("{id}/federatedIdentityCredentials")).await.is(200);
    assert_eq!(list.body["value"].as_array().unwrap().len(), 20);
    client.delete(&id).await.is(200);
    let orphan = client.put(&at("one"), &credential("s")).await.is(404);
    assert_eq!(orphan.code(), "ParentResourceNotFound");
}

#[tokio::test]
async fn two_writes_to_one_identity_at_once_are_one_too_many() {
    let (running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let (one, _) = identity(&mut client, &group, "id-a").await;
    let (two, _) = identity(&mut client, &group, "id-b").await;
    let write = |id: String, name: &'static str| {
        let url = &running;
        async move {
            let mut client = Client::of(url).await;
            client.put(&format!("{id}/federatedIdentityCredentials/{name}"), &credential(name)).await
        }
    };
    // Enough of them that, however they are scheduled, some meet.
    let writes = futures::future::join_all(["aaa", "bbb", "ccc", "ddd", "eee"].map(|name| write(one.clone(), name)));
    let (all, elsewhere) = futures::join!(writes, write(two.clone(), "aaa"));
    elsewhere.is(201);
    assert!(all.iter().any(|got| got.status == 201));
    let refused: Vec<&str> = all.iter().filter(|got| got.status == 409).map(Got::code).collect();
    assert!(!refused.is_empty());
    assert!(refused.iter().all(|code| *code == "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"));
}

#[tokio::test]
async fn a_new_principal_is_not_found_until_replicated_unless_its_type_is_given() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let (_, body) = identity(&mut client, &group, "id-a").await;
    let principal = &body["properties"]["principalId"];
    let id = assignment_id(&group, 1);
    let mut tries = 1;
    loop {
        let got = client.put(&id, &assignment(READER, principal)).await;
        if got.status == 201 {
            assert_eq!(got.text("/properties/principalType"), "ServicePrincipal");
            assert_eq!(got.text("/properties/scope"), group);
            break;
        }
        assert_eq!(got.is(400).code(), "PrincipalNotFound");
        tries += 1;
    }
    assert!((2..9).contains(&tries), "{tries}");

    let (_, body) = identity(&mut client, &group, "id-b").await;
    let mut typed = assignment(READER, &body["properties"]["principalId"]);
    typed["properties"]["principalType"] = json!("ServicePrincipal");
    client.put(&assignment_id(&group, 2), &typed).await.is(201);

    let wrong = assignment(READER, &body["properties"]["clientId"]);
    client.send("POST", "/simulator/clock", &json!({"advance": 3600})).await.is(200);
    assert_eq!(client.put(&assignment_id(&group, 3), &wrong).await.is(400).code(), "PrincipalNotFound");
}

#[tokio::test]
async fn an_assignment_is_one_of_scope_principal_and_role() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let body = assignment(READER, &json!("aaaaaaaa-0000-4000-8000-000000000001"));
    client.put(&assignment_id(&group, 1), &body).await.is(201);
    assert_eq!(client.put(&assignment_id(&group, 2), &body).await.is(409).code(), "RoleAssignmentExists");
    let other = assignment(READER, &json!("aaaaaaaa-0000-4000-8000-000000000002"));
    assert_eq!(client.put(&assignment_id(&group, 1), &other).await.is(400).code(), "RoleAssignmentUpdateNotPermitted");
    let mut described = body.clone();
    described["properties"]["description"] = json!("for the shop");
    client.put(&assignment_id(&group, 1), &described).await.is(200);
    let lost = assignment("00000000-0000-4000-8000-00000000dead", &json!("aaaaaaaa-0000-4000-8000-000000000002"));
    assert_eq!(client.put(&assignment_id(&group, 3), &lost).await.is(404).code(), "RoleDefinitionDoesNotExist");
    let gone = client.delete(&assignment_id(&group, 1)).await.is(200);
    assert_eq!(gone.text("/properties/description"), "for the shop");
    assert_eq!(client.get(&assignment_id(&group, 1)).await.is(404).code(), "RoleAssignmentNotFound");
}

#[tokio::test]
async fn assignments_are_listed_above_at_and_below() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let (id, _) = identity(&mut client, &group, "id-a").await;
    let subscription = format!("/subscriptions/{SUBSCRIPTION}");
    let who = |number: u32| json!(format!("aaaaaaaa-0000-4000-8000-{number:012}"));
    for (number, scope) in [&subscription, &group, &id].into_iter().enumerate() {
        let number = u32::try_from(number).unwrap();
        client.put(&assignment_id(scope, number), &assignment(READER, &who(number))).await.is(201);
    }
    let mut count = async |scope: &str, filter: &str| {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments?$filter={filter}");
        client.get(path.trim_end_matches("?$filter=")).await.is(200).body["value"].as_array().unwrap().len()
    };
    assert_eq!(count(&subscription, "").await, 3);
    assert_eq!(count(&group, "").await, 3);
    assert_eq!(count(&group, "atScope()").await, 2);
    assert_eq!(count(&id, "atScope()").await, 3);
    assert_eq!(count(&subscription, "principalId%20eq%20'AAAAAAAA-0000-4000-8000-000000000002'").await, 1);
    assert_eq!(count(&subscription, "atScope()%20and%20assignedTo('aaaaaaaa-0000-4000-8000-000000000002')").await, 0);
}

#[tokio::test]
async fn roles_are_found_by_name_and_custom_ones_stay_while_used() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let list = format!(
        "{group}/providers/Microsoft.Authorization/roleDefinitions?$filter=roleName%20eq%20'Key%20Vault%20Secrets%20User'"
    );
    let found = client.get(&list).await.is(200);
    assert_eq!(found.body["value"].as_array().unwrap().len(), 1);
    assert_eq!(found.text("/value/0/name"), "4633458b-17de-408a-b874-0445c86b69e6");

    let guid = "cccccccc-0000-4000-8000-000000000001";
    let id = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid}");
    let role = json!({"properties": {"roleName": "Shop Reader", "permissions": [{"actions": ["*/read"]}]}});
    let made = client.put(&id, &role).await.is(201);
    assert_eq!(made.text("/properties/type"), "CustomRole");
    assert_eq!(made.body["properties"]["permissions"][0]["notDataActions"], json!([]));
    let twin = id.replace("0001", "0002");
    assert_eq!(client.put(&twin, &role).await.is(409).code(), "RoleDefinitionWithSameNameExists");
    let assigned = assignment_id(&group, 1);
    client.put(&assigned, &assignment(guid, &json!("aaaaaaaa-0000-4000-8000-000000000001"))).await.is(201);
    assert_eq!(client.delete(&id).await.is(400).code(), "RoleDefinitionHasAssignments");
    client.delete(&assigned).await.is(200);
    client.delete(&id).await.is(200);
    assert_eq!(client.get(&id).await.is(404).code(), "RoleDefinitionDoesNotExist");
}
