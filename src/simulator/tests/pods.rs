//! The whole way from a pod to a secret: a cluster's issuer, a service account's token, an identity's credential, its
//! role, the vault. And everything on that way that has to be right for it.

use serde_json::{Value, json};

use super::{Client, Got, assignment, assignment_id, identity, simulator};
use crate::simulator::{Faults, SUBSCRIPTION, TENANT};

/// Key Vault Secrets User.
const SECRETS_USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// A cluster with an issuer, an identity with a credential for `shop/app`, and a vault with a secret.
struct Shop {
    cluster: String,
    identity: String,
    client_id: String,
    principal: Value,
    vault: String,
}

async fn shop(client: &mut Client, by_roles: bool) -> Shop {
    let group = client.group().await;
    let cluster = format!("{group}/providers/Microsoft.ContainerService/managedClusters/aks");
    let body = json!({
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "dnsPrefix": "aks",
            "oidcIssuerProfile": {"enabled": true},
            "agentPoolProfiles": [{"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D4s_v5"}],
        },
    });
    let accepted = client.put(&cluster, &body).await.is(201);
    client.follow(&accepted).await;
    let issuer = client.get(&cluster).await.is(200).text("/properties/oidcIssuerProfile/issuerURL").to_owned();
    let (identity, made) = identity(client, &group, "id-app").await;
    let credential = json!({"properties": {
        "issuer": issuer, "subject": "system:serviceaccount:shop:app", "audiences": [AUDIENCE],
    }});
    client.put(&format!("{identity}/federatedIdentityCredentials/app"), &credential).await.is(201);
    let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/kv-shop");
    let body = json!({"location": "westeurope", "properties": {
        "tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": by_roles, "accessPolicies": [],
    }});
    client.put(&vault, &body).await.is(200);
    client.put("/vault/kv-shop.vault.azure.net/secrets/db", &json!({"value": "s3cr3t"})).await.is(200);
    Shop {
        cluster,
        identity,
        client_id: made["properties"]["clientId"].as_str().unwrap().to_owned(),
        principal: made["properties"]["principalId"].clone(),
        vault,
    }
}

/// What the kubelet projects into a pod.
async fn projected(client: &mut Client, shop: &Shop, account: &str) -> String {
    let asked = json!({"cluster": shop.cluster, "namespace": "shop", "name": account});
    client.send("POST", "/simulator/service-account-token", &asked).await.is(200).text("/token").to_owned()
}

async fn exchanged(client: &mut Client, shop: &Shop, assertion: &str) -> Got {
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_assertion={assertion}&scope=https%3A%2F%2Fvault.azure.net%2F.default\
         &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
        shop.client_id
    );
    client.try_send("POST", &format!("/{TENANT}/oauth2/v2.0/token"), &form).await.unwrap()
}

/// The secret, asked for as the pod: patient with what has yet to take effect.
async fn secret(client: &mut Client, token: &str) -> Got {
    let own = std::mem::replace(&mut client.headers, vec![("authorization".to_owned(), format!("Bearer {token}"))]);
    let mut got = client.get("/vault/kv-shop.vault.azure.net/secrets/db").await;
    for _ in 0..5 {
        if got.status == 200 {
            break;
        }
        got = client.get("/vault/kv-shop.vault.azure.net/secrets/db").await;
    }
    client.headers = own;
    got
}

async fn grant(client: &mut Client, scope: &str, principal: &Value) {
    let mut body = assignment(SECRETS_USER, principal);
    body["properties"]["principalType"] = json!("ServicePrincipal");
    client.put(&assignment_id(scope, 1), &body).await.is(201);
}

async fn token_of_pod(client: &mut Client, shop: &Shop) -> String {
    let assertion = projected(client, shop, "app").await;
    let mut got = exchanged(client, shop, &assertion).await;
    while got.status != 200 && got.text("/error_description").starts_with("AADSTS700213") {
        got = exchanged(client, shop, &assertion).await;
    }
    got.is(200).text("/access_token").to_owned()
}

#[tokio::test]
async fn a_pod_reads_the_secret_that_its_identity_may_read() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let shop = shop(&mut client, true).await;
    grant(&mut client, &shop.vault, &shop.principal).await;
    let token = token_of_pod(&mut client, &shop).await;
    assert_eq!(secret(&mut client, &token).await.is(200).text("/value"), "s3cr3t");
}

#[tokio::test]
async fn a_pod_without_the_role_is_refused_with_action_and_scope() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let shop = shop(&mut client, true).await;
    let token = token_of_pod(&mut client, &shop).await;
    let refused = secret(&mut client, &token).await.is(403);
    assert_eq!(refused.code(), "Forbidden");
    let message = refused.text("/error/message");
    assert!(message.contains("'Microsoft.KeyVault/vaults/secrets/getSecret/action'"), "{message}");
    assert!(message.contains(&format!("'{}/secrets/db'", shop.vault)), "{message}");
    // The role beside it helps nothing; the same on the secret itself does.
    grant(&mut client, &shop.identity, &shop.principal).await;
    secret(&mut client, &token).await.is(403);
    grant(&mut client, &format!("{}/secrets/db", shop.vault), &shop.principal).await;
    secret(&mut client, &token).await.is(200);
}

#[tokio::test]
async fn a_vault_with_policies_asks_them_and_not_the_roles() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let shop = shop(&mut client, false).await;
    grant(&mut client, &shop.vault, &shop.principal).await;
    let token = token_of_pod(&mut client, &shop).await;
    secret(&mut client, &token).await.is(403);
    let policy = json!({"tenantId": TENANT, "objectId": shop.principal, "permissions": {"secrets": ["Get"]}});
    let edit = json!({"id": shop.vault, "merge": {"properties": {"accessPolicies": [policy]}}});
    client.send("POST", "/simulator/edit", &edit).await.is(200);
    assert_eq!(secret(&mut client, &token).await.is(200).text("/value"), "s3cr3t");
}

#[tokio::test]
async fn a_token_is_exchanged_exactly_when_a_credential_matches() {
    let (_running, mut client) = simulator(Faults { credential_seconds: 0, ..Faults::default() }).await;
    let shop = shop(&mut client, true).await;
    let good = projected(&mut client, &shop, "app").await;
    exchanged(&mut client, &shop, &good).await.is(200);
    // Another account, and the same in another casing, which is another one.
    for account in ["worker", "App"] {
        let other = projected(&mut client, &shop, account).await;
        let refused = exchanged(&mut client, &shop, &other).await.is(401);
        assert!(refused.text("/error_description").starts_with("AADSTS700213"), "{refused:?}");
        assert!(refused.text("/error_description").contains(&format!("system:serviceaccount:shop:{account}")));
    }
    // For another audience.
    let asked = json!({"cluster": shop.cluster, "namespace": "shop", "name": "app", "audience": "https://kubernetes"});
    let other = client.send("POST", "/simulator/service-account-token", &asked).await.is(200);
    exchanged(&mut client, &shop, other.text("/token")).await.is(401);
    // Not signed by the issuer that it names.
    let (signed, _) = good.rsplit_once('.').unwrap();
    let forged = exchanged(&mut client, &shop, &format!("{signed}.AAAA")).await.is(401);
    assert!(forged.text("/error_description").starts_with("AADSTS50013"), "{forged:?}");
    // Once the credential is gone, so is the trust.
    client.delete(&format!("{}/federatedIdentityCredentials/app", shop.identity)).await.is(200);
    exchanged(&mut client, &shop, &good).await.is(401);
}

#[tokio::test]
async fn a_new_credential_is_known_after_a_while() {
    let (_running, mut client) = simulator(Faults { credential_seconds: 60, ..Faults::default() }).await;
    let shop = shop(&mut client, true).await;
    let assertion = projected(&mut client, &shop, "app").await;
    exchanged(&mut client, &shop, &assertion).await.is(401);
    client.send("POST", "/simulator/clock", &json!({"advance": 60})).await.is(200);
    exchanged(&mut client, &shop, &assertion).await.is(200);
}

#[tokio::test]
async fn an_identity_may_do_in_arm_what_its_roles_say() {
    let (_running, mut client) = simulator(Faults { credential_seconds: 0, ..Faults::default() }).await;
    let shop = shop(&mut client, true).await;
    let token = token_of_pod(&mut client, &shop).await;
    let owner = client.headers.clone();
    let pod = vec![("authorization".to_owned(), format!("Bearer {token}"))];
    client.headers.clone_from(&pod);
    let refused = client.get(&shop.cluster).await.is(403);
    assert_eq!(refused.code(), "AuthorizationFailed");
    let message = refused.text("/error/message");
    assert!(message.contains("'Microsoft.ContainerService/managedClusters/read'"), "{message}");
    assert!(message.contains(&format!("scope '{}'", shop.cluster)), "{message}");
    client.headers.clone_from(&owner);
    let mut reader = assignment(super::READER, &shop.principal);
    reader["properties"]["principalType"] = json!("ServicePrincipal");
    let scope = format!("/subscriptions/{SUBSCRIPTION}");
    client.put(&assignment_id(&scope, 7), &reader).await.is(201);
    client.send("POST", "/simulator/clock", &json!({"advance": 600})).await.is(200);
    client.headers = pod;
    client.get(&shop.cluster).await.is(200);
    let refused = client.delete(&shop.cluster).await.is(403);
    assert!(refused.text("/error/message").contains("managedClusters/delete"), "{refused:?}");
}

#[tokio::test]
async fn a_machine_gets_the_token_of_the_identity_that_it_names() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let shop = shop(&mut client, true).await;
    grant(&mut client, &shop.vault, &shop.principal).await;
    for named in [format!("client_id={}", shop.client_id), format!("msi_res_id={}", shop.identity)] {
        let path =
            format!("/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net&{named}");
        let token = client.get(&path).await.is(200).text("/access_token").to_owned();
        secret(&mut client, &token).await.is(200);
    }
}
