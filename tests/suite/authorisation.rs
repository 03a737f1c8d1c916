//! Two implementations, one truth: who `access who-can` names is who the simulator lets do it, on random worlds and
//! random questions. `BOWLINE_QUESTIONS=100000 cargo test --test suite authorisation` asks that many.

use std::collections::BTreeSet;

use bowline::access;
use bowline::azure::arm_id::ArmId;
use bowline::azure::provider::{SIMULATED_SUBSCRIPTION, azurerm};
use bowline::provider::{Provider, Session, Surroundings};
use bowline::simulator;
use bowline::value::Value;
use rand::prelude::*;
use serde_json::{Value as Json, json};

use crate::azure::request;

const GROUPS: usize = 5;
const PRINCIPALS: usize = 25;
const CUSTOM_ROLES: usize = 20;
const ASSIGNMENTS: usize = 120;
const DENIALS: usize = 8;
/// Groups of the directory, which hold principals and each other.
const TEAMS: usize = 6;
/// Questions about one world.
const ROUND: usize = 5_000;

/// Built-in roles whose permissions both sides have from Microsoft's list.
const BUILT_IN: [&str; 9] = [
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", // Owner
    "b24988ac-6180-42a0-ab88-20f7382dd24c", // Contributor
    "acdd72a7-3385-48ef-bd42-f606fba81ae7", // Reader
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", // User Access Administrator
    "7f951dda-4ed3-4680-a7ca-43fe172d538d", // AcrPull
    "f1a07417-d97a-45cb-824c-7a7467783830", // Managed Identity Operator
    "4633458b-17de-408a-b874-0445c86b69e6", // Key Vault Secrets User
    "12338af0-0e69-4776-bea7-57ae8d297424", // Key Vault Crypto User
    "4abbcc35-e782-43d8-92c5-2d3f1bd2253f", // Azure Kubernetes Service Cluster User Role
];

/// Actions, and whether they are on what resources hold.
const ACTIONS: [(&str, bool); 14] = [
    ("Microsoft.KeyVault/vaults/read", false),
    ("Microsoft.KeyVault/vaults/delete", false),
    ("Microsoft.KeyVault/vaults/secrets/getSecret/action", true),
    ("Microsoft.KeyVault/vaults/secrets/readMetadata/action", true),
    ("microsoft.keyvault/vaults/KEYS/sign/action", true),
    ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", true),
    ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", true),
    ("Microsoft.Authorization/roleAssignments/write", false),
    ("Microsoft.Authorization/roleAssignments/read", false),
    ("Microsoft.ContainerRegistry/registries/pull/read", false),
    ("Microsoft.ContainerService/managedClusters/listClusterUserCredential/action", false),
    ("Microsoft.Resources/subscriptions/resourceGroups/read", false),
    ("Microsoft.Compute/virtualMachines/write", false),
    ("Microsoft.Compute/virtualMachines/delete", false),
];

/// What custom roles are made of.
const PATTERNS: [&str; 14] = [
    "*",
    "*/read",
    "*/write",
    "Microsoft.KeyVault/*",
    "Microsoft.KeyVault/vaults/*/action",
    "Microsoft.KeyVault/vaults/secrets/*",
    "Microsoft.KeyVault/*/read",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*",
    "Microsoft.Authorization/*/Write",
    "Microsoft.Authorization/roleAssignments/*",
    "microsoft.compute/virtualmachines/*",
    "Microsoft.Co*/read",
    "Microsoft.*/vaults/*/sign/action",
    "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
];

#[test]
fn who_can_names_those_whom_the_simulator_lets() {
    let asked = std::env::var("BOWLINE_QUESTIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUND);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for seed in 0..asked.div_ceil(ROUND) as u64 {
        runtime.block_on(round(seed));
    }
}

async fn round(seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let azure = simulator::start(simulator::Options::default()).await.unwrap();
    let address = azure.url().trim_start_matches("http://").to_owned();
    let (scopes, principals) = tokio::task::spawn_blocking({
        let (address, mut rng) = (address.clone(), StdRng::seed_from_u64(seed));
        move || populate(&address, &mut rng)
    })
    .await
    .unwrap();
    let session = connected(azure.url()).await;
    let world = access::survey(session.reader(), &[]).await.unwrap();
    assert_eq!(world.assignments.len(), ASSIGNMENTS);
    assert_eq!(world.groups.len(), TEAMS, "the directory tells who is in every group that is named");
    for _ in 0..ROUND / principals.len() {
        let (action, data) = *ACTIONS.choose(&mut rng).unwrap();
        let scope = scopes.choose(&mut rng).unwrap();
        let answer = access::who_can(&world, action, &ArmId::parse(scope).unwrap());
        let (sure, unsure): (Vec<_>, Vec<_>) = answer.can.into_iter().partition(|reach| reach.only_if.is_none());
        let named = |found: Vec<access::Reach>| {
            found.into_iter().map(|reach| reach.access.principal).filter(|holder| principals.contains(holder))
        };
        let sure: BTreeSet<String> = named(sure).collect();
        // What a condition is about may lie deeper than the place; then only the place itself can tell.
        let unsure: BTreeSet<String> = named(unsure).filter(|principal| !sure.contains(principal)).collect();
        let mut let_in = allowed(&address, &principals, action, data, scope).await;
        let_in.retain(|principal| !unsure.contains(principal));
        assert_eq!(sure, let_in, "seed {seed}: {action} on {scope}");
    }
    azure.shutdown().await;
}

async fn connected(url: String) -> std::sync::Arc<dyn Session> {
    let provider = azurerm();
    let config = Value::null(provider.config_schema().block.implied_type());
    let surroundings = Surroundings { simulator: Some(url), ..Surroundings::default() };
    provider.configure(&config, &surroundings).await.unwrap()
}

/// Conditions, of which one in three assignments has one.
const CONDITIONS: [&str; 6] = [
    "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'} AND NOT \
     SubOperationMatches{'Blob.List'})) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] \
     StringEquals 'one'))",
    "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringLike 't*o' || \
     !(ActionMatches{'Microsoft.Storage/*'})",
    "!(ActionMatches{'Microsoft.KeyVault/vaults/secrets/*', 'Microsoft.Authorization/roleAssignments/write'})",
    "NOT (ActionMatches{'*/read'} AND @Resource[Microsoft.Storage/storageAccounts:name] \
     ForAnyOfAnyValues:StringEqualsIgnoreCase {'ST0', 'st1'})",
    "ActionMatches{'*'} AND @Resource[Microsoft.Storage/storageAccounts:name] StringNotStartsWith 'st1' OR \
     ActionMatches{'Microsoft.KeyVault/*'}",
    "ActionMatches{'Microsoft.Compute/virtualMachines/write'}",
];

/// Makes a random world; gives the scopes in it and those who can act there.
fn populate(address: &str, rng: &mut StdRng) -> (Vec<String>, BTreeSet<String>) {
    let subscription = format!("/subscriptions/{SIMULATED_SUBSCRIPTION}");
    let mut scopes = vec![subscription.clone()];
    for i in 0..GROUPS {
        let group = format!("{subscription}/resourceGroups/rg-{i}");
        put(address, &format!("{group}?api-version=2024-03-01"), &json!({ "location": "westeurope" }));
        scopes.push(group.clone());
        let account = format!("{group}/providers/Microsoft.Storage/storageAccounts/st{i}");
        put(
            address,
            &format!("{account}?api-version=2023-05-01"),
            &json!({ "location": "westeurope", "kind": "StorageV2", "sku": { "name": "Standard_LRS" } }),
        );
        for container in ["one", "two", "three"] {
            let container = format!("{account}/blobServices/default/containers/{container}");
            put(address, &format!("{container}?api-version=2023-05-01"), &json!({ "properties": {} }));
            scopes.push(container);
        }
        scopes.push(account);
    }
    let mut principals = Vec::new();
    for i in 0..PRINCIPALS {
        let group = format!("{subscription}/resourceGroups/rg-{}", i % GROUPS);
        let id = format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-{i}");
        let made = put(address, &format!("{id}?api-version=2023-01-31"), &json!({ "location": "westeurope" }));
        principals.push(made["properties"]["principalId"].as_str().unwrap().to_owned());
        scopes.push(id);
    }
    let teams = gather_teams(address, rng, &principals);
    let holders: Vec<&String> = principals.iter().chain(&teams).collect();
    let mut roles: Vec<String> = BUILT_IN.map(str::to_owned).to_vec();
    for i in 0..CUSTOM_ROLES {
        let guid = format!("00000000-0000-4000-8000-{i:012}");
        let mut some = |most: usize| {
            let count = rng.random_range(0..=most);
            PATTERNS.choose_multiple(rng, count).copied().collect::<Vec<_>>()
        };
        let permissions = json!([{
            "actions": some(3), "notActions": some(2), "dataActions": some(3), "notDataActions": some(2),
        }]);
        let body = json!({ "properties": {
            "roleName": format!("Role {i}"), "assignableScopes": [subscription], "permissions": permissions,
        }});
        let path = format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}");
        put(address, &format!("{path}?api-version=2022-04-01"), &body);
        roles.push(guid);
    }
    let mut taken = BTreeSet::new();
    while taken.len() < ASSIGNMENTS {
        let triple = (scopes.choose(rng).unwrap(), roles.choose(rng).unwrap(), *holders.choose(rng).unwrap());
        if !taken.insert(triple) {
            continue;
        }
        let (scope, role, principal) = triple;
        let name = format!("00000000-0000-4000-9000-{:012}", taken.len());
        let definition = format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}");
        let condition = rng.random_ratio(1, 3).then(|| *CONDITIONS.choose(rng).unwrap());
        let body = json!({ "properties": {
            "roleDefinitionId": definition, "principalId": principal,
            "principalType": if teams.contains(principal) { "Group" } else { "ServicePrincipal" },
            "condition": condition, "conditionVersion": condition.map(|_| "2.0"),
        }});
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
        put(address, &format!("{path}?api-version=2022-04-01"), &body);
    }
    for i in 0..DENIALS {
        let scope = scopes.choose(rng).unwrap();
        let few = |rng: &mut StdRng| {
            let some = holders.choose_multiple(rng, 4).map(|id| json!({ "id": id, "type": "ServicePrincipal" }));
            some.collect::<Vec<_>>()
        };
        let everybody = json!([{ "id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined" }]);
        let body = json!({ "properties": {
            "denyAssignmentName": format!("Denial {i}"),
            "scope": scope,
            "doNotApplyToChildScopes": rng.random_ratio(1, 3),
            "principals": if rng.random_ratio(1, 4) { everybody } else { json!(few(rng)) },
            "excludePrincipals": few(rng),
            "permissions": [{
                "actions": PATTERNS.choose_multiple(rng, 2).collect::<Vec<_>>(),
                "notActions": PATTERNS.choose_multiple(rng, 1).collect::<Vec<_>>(),
                "dataActions": PATTERNS.choose_multiple(rng, 1).collect::<Vec<_>>(),
                "notDataActions": [],
            }],
        }});
        let path = format!("{scope}/providers/Microsoft.Authorization/denyAssignments/00000000-0000-4000-a000-{i:012}");
        put(address, &format!("{path}?api-version=2022-04-01"), &body);
    }
    // A role assignment takes a while to take effect.
    request(address, "POST", "/simulator/clock", "{\"advance\": 600}");
    (scopes, principals.into_iter().collect())
}

/// Makes groups of the directory and puts principals and other groups into them, in rings too.
fn gather_teams(address: &str, rng: &mut StdRng, principals: &[String]) -> Vec<String> {
    let teams: Vec<String> = (0..TEAMS).map(|i| format!("00000000-0000-4000-b000-{i:012}")).collect();
    for (i, id) in teams.iter().enumerate() {
        post(address, "/graph/v1.0/groups", &json!({ "id": id, "displayName": format!("team {i}") }));
    }
    for team in &teams {
        let (few, fewer) = (rng.random_range(0..6), rng.random_range(0..3));
        let others: Vec<&String> = teams.iter().filter(|other| *other != team).collect();
        let groups = others.choose_multiple(rng, fewer).copied().cloned().collect::<Vec<_>>();
        for member in principals.choose_multiple(rng, few).chain(&groups) {
            let member = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{member}") });
            post(address, &format!("/graph/v1.0/groups/{team}/members/$ref"), &member);
        }
    }
    teams
}

fn post(address: &str, path: &str, body: &Json) {
    let answer = request(address, "POST", path, &body.to_string());
    assert!(answer.starts_with("20"), "{path}: {answer}");
}

fn put(address: &str, path: &str, body: &Json) -> Json {
    let answer = request(address, "PUT", path, &body.to_string());
    let (status, body) = answer.split_once('\n').unwrap();
    // What takes its time is there all the same.
    assert!(["200", "201", "202"].iter().any(|fine| status.starts_with(fine)), "{path}: {answer}");
    serde_json::from_str(body).unwrap_or_default()
}

async fn allowed(
    address: &str,
    principals: &BTreeSet<String>,
    action: &str,
    data: bool,
    scope: &str,
) -> BTreeSet<String> {
    let question = |principal| json!({ "principal": principal, "action": action, "data": data, "scope": scope });
    let body = json!({ "questions": principals.iter().map(question).collect::<Vec<_>>() }).to_string();
    let address = address.to_owned();
    let answer = tokio::task::spawn_blocking(move || request(&address, "POST", "/simulator/may", &body)).await.unwrap();
    let answers: Json = serde_json::from_str(answer.split_once('\n').unwrap().1).unwrap();
    let yes = answers["answers"].as_array().unwrap().iter().map(|answer| answer.as_bool().unwrap());
    principals.iter().zip(yes).filter(|(_, yes)| *yes).map(|(principal, _)| principal.clone()).collect()
}
