//! Microsoft Graph: groups, those in them, and what they may.

use serde_json::{Value, json};

use super::{Client, READER, assignment_id, identity, simulator};
use crate::simulator::Faults;

const GROUP: &str = "33333333-3333-4333-8333-333333333333";

fn link(id: &str) -> Value {
    json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}") })
}

async fn make(client: &mut Client, set: &str, name: &str) -> String {
    let made = client.send("POST", &format!("/graph/v1.0/{set}"), &json!({ "displayName": name })).await.is(201);
    made.text("/id").to_owned()
}

/// The names in a list, over all its pages, each of which holds one.
async fn names(client: &mut Client, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = path.to_owned();
    while !next.is_empty() {
        let page = client.get(&next).await.is(200);
        found.extend(page.body["value"].as_array().unwrap().iter().map(|one| one["displayName"].to_string()));
        next = page.text("/@odata.nextLink").to_owned();
    }
    found
}

#[tokio::test]
async fn a_group_holds_users_identities_and_groups() {
    let (_running, mut client) = simulator(Faults { page_size: 1, ..Faults::default() }).await;
    let group = client.group().await;
    let (_, made) = identity(&mut client, &group, "id-a").await;
    let principal = made["properties"]["principalId"].as_str().unwrap().to_owned();
    let body = json!({ "displayName": "readers", "id": GROUP });
    assert_eq!(client.send("POST", "/graph/v1.0/groups", &body).await.is(201).text("/id"), GROUP);
    let inner = make(&mut client, "groups", "night shift").await;
    let user = make(&mut client, "users", "Anna").await;
    for (holder, member) in [(GROUP, &inner), (&*inner, &user), (GROUP, &principal)] {
        client.send("POST", &format!("/graph/v1.0/groups/{holder}/members/$ref"), &link(member)).await.is(204);
    }
    let twice = client.send("POST", &format!("/graph/v1.0/groups/{GROUP}/members/$ref"), &link(&inner)).await.is(400);
    assert_eq!(twice.code(), "Request_BadRequest");
    let unknown = link("55555555-5555-4555-8555-555555555555");
    let unknown = client.send("POST", &format!("/graph/v1.0/groups/{GROUP}/members/$ref"), &unknown).await.is(404);
    assert_eq!(unknown.code(), "Request_ResourceNotFound");

    let at = format!("/graph/v1.0/groups/{GROUP}");
    assert_eq!(names(&mut client, &format!("{at}/members")).await, ["\"night shift\"", "\"id-a\""]);
    let everybody = names(&mut client, &format!("{at}/transitiveMembers?$select=displayName")).await;
    assert_eq!(everybody, ["\"night shift\"", "\"id-a\"", "\"Anna\""]);
    let asked = json!({ "ids": [principal, user, GROUP], "types": ["user", "servicePrincipal"] });
    let found = client.send("POST", "/graph/v1.0/directoryObjects/getByIds?$top=9", &asked).await.is(200);
    assert_eq!(found.body["value"][0]["@odata.type"], "#microsoft.graph.servicePrincipal");

    let asked = json!({ "groupIds": [GROUP, inner, user] });
    let held = client.send("POST", &format!("/graph/v1.0/users/{user}/checkMemberGroups"), &asked).await.is(200);
    assert_eq!(held.body["value"], json!([GROUP, inner]));

    client.delete(&format!("{at}/members/{inner}/$ref")).await.is(204);
    assert_eq!(names(&mut client, &format!("{at}/transitiveMembers")).await, ["\"id-a\""]);
    client.delete(&at).await.is(204);
    assert_eq!(client.get(&at).await.is(404).code(), "Request_ResourceNotFound");
}

#[tokio::test]
async fn whoever_is_in_a_group_has_its_roles() {
    let (_running, mut client) = simulator(Faults { strict_directory: true, ..Faults::default() }).await;
    let group = client.group().await;
    let (_, made) = identity(&mut client, &group, "id-a").await;
    let principal = made["properties"]["principalId"].as_str().unwrap().to_owned();
    let (outer, inner) = (make(&mut client, "groups", "outer").await, make(&mut client, "groups", "inner").await);
    let given = json!({ "properties": { "roleDefinitionId": READER, "principalId": outer } });
    let made = client.put(&assignment_id(&group, 1), &given).await.is(201);
    assert_eq!(made.text("/properties/principalType"), "Group");
    let question = json!({ "questions": [{
        "principal": principal, "action": "Microsoft.Storage/storageAccounts/read", "data": false, "scope": group,
    }]});
    client.send("POST", "/simulator/clock", &json!({ "advance": 60 })).await.is(200);
    let may = client.send("POST", "/simulator/may", &question).await.is(200);
    assert_eq!(may.body["answers"], json!([false]));
    for (holder, member) in [(&outer, &inner), (&inner, &principal)] {
        client.send("POST", &format!("/graph/v1.0/groups/{holder}/members/$ref"), &link(member)).await.is(204);
    }
    let may = client.send("POST", "/simulator/may", &question).await.is(200);
    assert_eq!(may.body["answers"], json!([true]));
}

#[tokio::test]
async fn graph_wants_tokens_of_its_own_and_tells_identities_nothing() {
    let (running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let (id, _) = identity(&mut client, &group, "id-a").await;
    let metadata = client.get("/metadata/endpoints").await.is(200);
    assert_eq!(metadata.text("/microsoftGraphResourceId"), format!("{}/graph/", running.url()));
    for (asked, status, code) in [
        (format!("resource={}", running.url()), 401, "InvalidAuthenticationToken"),
        ("resource=https://graph.microsoft.com/".to_owned(), 200, ""),
        (format!("resource={}/graph&msi_res_id={id}", running.url()), 403, "Authorization_RequestDenied"),
    ] {
        let token = client.get(&format!("/metadata/identity/oauth2/token?{asked}")).await.is(200);
        let mut client = Client::of(&running).await;
        client.headers = vec![("authorization".to_owned(), format!("Bearer {}", token.text("/access_token")))];
        assert_eq!(client.get("/graph/v1.0/groups").await.is(status).code(), code);
    }
}
