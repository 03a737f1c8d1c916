//! As a pod: a manifest goes into a simulated cluster, and what runs in it asks for a token as a client library does. A
//! secret of a vault is read where everything is right, and refused for each thing that is not.

use serde_json::{Value, json};

use super::kubernetes::ready;
use super::{Client, Got, assignment, assignment_id, identity};
use crate::simulator::{Faults, Running, SUBSCRIPTION, TENANT};

/// Key Vault Secrets User, and Managed Identity Operator.
const SECRETS_USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";
const OPERATOR: &str = "f1a07417-d97a-45cb-824c-7a7467783830";
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// A cluster with both ways into a vault that holds a secret.
struct Scene {
    _running: Running,
    azure: Client,
    kube: Client,
    cluster: String,
    identity: String,
    client_id: String,
    vault: String,
}

/// Faults off, so that what is granted is known at once.
fn at_once() -> Faults {
    Faults { credential_seconds: 0, propagation_seconds: 0, replication_seconds: 0, ..Faults::default() }
}

async fn scene(properties: Value) -> Scene {
    let mut properties = properties;
    properties["securityProfile"] = json!({"workloadIdentity": {"enabled": true}});
    let (running, mut azure, cluster, mut kube) = ready(at_once(), &properties).await;
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg");
    let (identity, made) = identity(&mut azure, &group, "id-app").await;
    let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/kv-shop");
    let body = json!({"location": "westeurope", "properties": {
        "tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": true, "accessPolicies": [],
    }});
    azure.put(&vault, &body).await.is(200);
    azure.put("/vault/kv-shop.vault.azure.net/secrets/db", &json!({"value": "s3cr3t"})).await.is(200);
    let mut grant = assignment(SECRETS_USER, &made["properties"]["principalId"]);
    grant["properties"]["principalType"] = json!("ServicePrincipal");
    azure.put(&assignment_id(&vault, 1), &grant).await.is(201);
    kube.kube("POST", "/api/v1/namespaces", &json!({"metadata": {"name": "shop"}})).await.is(201);
    let client_id = made["properties"]["clientId"].as_str().unwrap().to_owned();
    Scene { _running: running, azure, kube, cluster, identity, client_id, vault }
}

impl Scene {
    async fn credential(&mut self, subject: &str, audience: &str) {
        let issuer = self.azure.get(&self.cluster).await.text("/properties/oidcIssuerProfile/issuerURL").to_owned();
        let body = json!({"properties": {"issuer": issuer, "subject": subject, "audiences": [audience]}});
        let id = format!("{}/federatedIdentityCredentials/app", self.identity);
        assert!(self.azure.put(&id, &body).await.status < 300);
    }

    async fn account(&mut self, name: &str, client: &str) {
        let account = json!({"metadata": {"name": name, "annotations": {"azure.workload.identity/client-id": client}}});
        self.kube.kube("POST", "/api/v1/namespaces/shop/serviceaccounts", &account).await.is(201);
    }

    async fn pod(&mut self, name: &str, account: &str, labels: Value, annotations: Value) -> Got {
        let pod = json!({
            "metadata": {"name": name, "labels": labels, "annotations": annotations},
            "spec": {"serviceAccountName": account, "containers": [{"name": "app", "image": "shop:1"}]},
        });
        self.kube.kube("POST", "/api/v1/namespaces/shop/pods", &pod).await
    }

    /// What the pod gets when it asks for a token.
    async fn token(&mut self, pod: &str, more: Value) -> Got {
        let mut asked =
            json!({"cluster": self.cluster, "namespace": "shop", "pod": pod, "resource": "https://vault.azure.net"});
        for (name, value) in more.as_object().unwrap() {
            asked[name] = value.clone();
        }
        self.azure.send("POST", "/simulator/pod-token", &asked).await
    }

    /// The secret, read with what the pod got.
    async fn secret(&mut self, token: &Got) -> Got {
        let header = vec![("authorization".to_owned(), format!("Bearer {}", token.text("/access_token")))];
        let own = std::mem::replace(&mut self.azure.headers, header);
        let got = self.azure.get("/vault/kv-shop.vault.azure.net/secrets/db").await;
        self.azure.headers = own;
        got
    }
}

#[tokio::test]
async fn a_manifest_leads_to_a_secret() {
    let mut scene = scene(json!({})).await;
    scene.credential("system:serviceaccount:shop:app", AUDIENCE).await;
    let client = scene.client_id.clone();
    scene.account("app", &client).await;
    let pod = scene.pod("web", "app", json!({"azure.workload.identity/use": "true"}), json!({})).await.is(201);
    assert!(
        pod.body["spec"]["containers"][0]["env"].as_array().unwrap().iter().any(|one| one["name"] == "AZURE_CLIENT_ID")
    );
    let token = scene.token("web", json!({})).await.is(200);
    assert_eq!(token.text("/way"), "federated token");
    assert_eq!(scene.secret(&token).await.is(200).text("/value"), "s3cr3t");
    // A library that knows no federated tokens asks the machine, which is another identity here.
    let token = scene.token("web", json!({"sdk": "old"})).await.is(200);
    assert_eq!(token.text("/way"), "node");
    scene.secret(&token).await.is(403);
    // Unless the proxy stands between them.
    let annotations = json!({"azure.workload.identity/inject-proxy-sidecar": "true"});
    scene.pod("old", "app", json!({"azure.workload.identity/use": "true"}), annotations).await.is(201);
    let token = scene.token("old", json!({"sdk": "old"})).await.is(200);
    assert_eq!(token.text("/way"), "proxy sidecar");
    scene.secret(&token).await.is(200);
}

#[tokio::test]
async fn whatever_is_wrong_on_the_way_the_secret_is_refused() {
    let with_label = json!({"azure.workload.identity/use": "true"});
    for wrong in ["label", "client id", "subject", "audience", "role", "account"] {
        let mut scene = scene(json!({})).await;
        let subject =
            if wrong == "subject" { "system:serviceaccount:shop:other" } else { "system:serviceaccount:shop:app" };
        let audience = if wrong == "audience" { "api://Other" } else { AUDIENCE };
        scene.credential(subject, audience).await;
        let client = if wrong == "client id" {
            "00000000-0000-4000-8000-000000000000".to_owned()
        } else {
            scene.client_id.clone()
        };
        scene.account("app", &client).await;
        if wrong == "role" {
            let grant = assignment_id(&scene.vault, 1);
            scene.azure.delete(&grant).await.is(200);
        }
        let labels = if wrong == "label" { json!({}) } else { with_label.clone() };
        let account = if wrong == "account" { "none" } else { "app" };
        let made = scene.pod("web", account, labels, json!({})).await;
        if wrong == "account" {
            assert!(made.is(403).text("/message").ends_with("serviceaccount \"none\" not found"));
            continue;
        }
        made.is(201);
        let token = scene.token("web", json!({})).await;
        match wrong {
            // There is a token, of the machine, and it opens nothing.
            "label" => assert_eq!(scene.secret(&token.is(200)).await.is(403).code(), "Forbidden"),
            "role" => assert_eq!(scene.secret(&token.is(200)).await.is(403).code(), "Forbidden"),
            "client id" => assert!(token.is(401).text("/error/message").starts_with("AADSTS700016")),
            _ => assert!(token.is(401).text("/error/message").starts_with("AADSTS700213"), "{wrong}"),
        }
    }
}

#[tokio::test]
async fn pods_of_deployments_jobs_and_sets_are_pods_too() {
    let mut scene = scene(json!({})).await;
    scene.credential("system:serviceaccount:shop:app", AUDIENCE).await;
    let client = scene.client_id.clone();
    scene.account("app", &client).await;
    let template = |policy: &str| {
        json!({
            "metadata": {"labels": {"app": "x", "azure.workload.identity/use": "true"}},
            "spec": {"serviceAccountName": "app", "restartPolicy": policy, "containers": [{"name": "c", "image": "i:1"}]},
        })
    };
    let selector = json!({"matchLabels": {"app": "x"}});
    for (path, spec, count) in [
        (
            "apps/v1/namespaces/shop/deployments",
            json!({"replicas": 2, "selector": selector, "template": template("Always")}),
            2,
        ),
        (
            "apps/v1/namespaces/shop/statefulsets",
            json!({"replicas": 3, "selector": selector, "template": template("Always")}),
            3,
        ),
        ("apps/v1/namespaces/shop/daemonsets", json!({"selector": selector, "template": template("Always")}), 2),
        ("batch/v1/namespaces/shop/jobs", json!({"template": template("Never")}), 1),
    ] {
        let body = json!({"metadata": {"name": "work"}, "spec": spec});
        scene.kube.kube("POST", &format!("/apis/{path}"), &body).await.is(201);
        let pods = scene.kube.kube("GET", "/api/v1/namespaces/shop/pods", &Value::Null).await.is(200);
        let names: Vec<String> = pods.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["metadata"]["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(names.len(), count, "{path}: {names:?}");
        for name in names {
            let token = scene.token(&name, json!({})).await.is(200);
            assert_eq!(token.text("/way"), "federated token");
            scene.secret(&token).await.is(200);
        }
        scene.kube.kube("DELETE", &format!("/apis/{path}/work"), &Value::Null).await.is(200);
    }
    let left = scene.kube.kube("GET", "/api/v1/namespaces/shop/pods", &Value::Null).await.is(200);
    assert_eq!(left.body["items"], json!([]));
}

#[tokio::test]
async fn pod_identity_gives_what_is_bound_and_excepts_what_is_excepted() {
    let mut scene = scene(json!({})).await;
    let principal = scene.azure.get(&scene.cluster).await.body["identity"]["principalId"].clone();
    let mut grant = assignment(OPERATOR, &principal);
    grant["properties"]["principalType"] = json!("ServicePrincipal");
    let at = assignment_id(&scene.identity, 2);
    scene.azure.put(&at, &grant).await.is(201);
    let entry = json!({"name": "shop", "namespace": "shop", "identity": {"resourceId": scene.identity}});
    let exception = json!({"name": "metrics", "namespace": "shop", "podLabels": {"app": "metrics"}});
    let mut body = scene.azure.get(&scene.cluster).await.body;
    body["properties"]["podIdentityProfile"] =
        json!({"enabled": true, "userAssignedIdentities": [entry], "userAssignedIdentityExceptions": [exception]});
    let id = scene.cluster.clone();
    let accepted = scene.azure.put(&id, &body).await.is(200);
    scene.azure.follow(&accepted).await;
    let kept = scene.kube.kube("GET", "/apis/aadpodidentity.k8s.io/v1/azureidentities", &Value::Null).await.is(200);
    assert_eq!(kept.text("/items/0/spec/clientID"), scene.client_id);
    for (name, labels, way) in [
        ("bound", json!({"aadpodidbinding": "shop"}), "pod identity"),
        ("other", json!({"aadpodidbinding": "other"}), ""),
        ("none", json!({}), ""),
        ("metrics", json!({"app": "metrics"}), "node"),
    ] {
        scene.pod(name, "default", labels, json!({})).await.is(201);
        let token = scene.token(name, json!({})).await;
        assert_eq!(token.text("/way"), way, "{token:?}");
        if way == "pod identity" {
            scene.secret(&token).await.is(200);
        } else if way.is_empty() {
            token.is(403);
        }
    }
    // With the profile off, the machine answers as it does everywhere.
    body["properties"]["podIdentityProfile"] = json!({"enabled": false});
    let accepted = scene.azure.put(&id, &body).await.is(200);
    scene.azure.follow(&accepted).await;
    let token = scene.token("bound", json!({})).await.is(200);
    assert_eq!(token.text("/way"), "node");
    scene.kube.kube("GET", "/apis/aadpodidentity.k8s.io/v1/azureidentities", &Value::Null).await.is(404);
}
