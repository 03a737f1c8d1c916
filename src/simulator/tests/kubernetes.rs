//! The Kubernetes API of a simulated cluster, reached as its kubeconfig says: through the tunnel, with its certificates.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{Client, Got, assignment, assignment_id, identity, simulator};
use crate::simulator::{Faults, Running};

/// What of a kubeconfig is needed.
pub(super) struct Kubeconfig {
    host: String,
    authority: Vec<u8>,
    certificate: Option<(Vec<u8>, Vec<u8>)>,
    pub token: String,
}

/// Makes a cluster with these properties besides the usual; its id.
pub(super) async fn cluster(client: &mut Client, properties: &Value) -> String {
    let group = client.group().await;
    let id = format!("{group}/providers/Microsoft.ContainerService/managedClusters/aks");
    let mut body = json!({
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "dnsPrefix": "aks",
            "oidcIssuerProfile": {"enabled": true},
            "networkProfile": {"networkPlugin": "azure", "networkPluginMode": "overlay"},
            "agentPoolProfiles": [{"name": "system", "mode": "System", "count": 2, "vmSize": "Standard_D4s_v5"}],
        },
    });
    for (name, value) in properties.as_object().unwrap() {
        body["properties"][name] = value.clone();
    }
    let accepted = client.put(&id, &body).await.is(201);
    client.follow(&accepted).await;
    id
}

/// The kubeconfig that an action of the cluster gives.
pub(super) async fn kubeconfig(client: &mut Client, cluster: &str, action: &str) -> Kubeconfig {
    let got = client.send("POST", &format!("{cluster}/{action}"), &json!({})).await.is(200);
    let text = String::from_utf8(STANDARD.decode(got.text("/kubeconfigs/0/value")).unwrap()).unwrap();
    let member = |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::to_owned);
    let decoded = |name: &str| member(name).map(|value| STANDARD.decode(value).unwrap());
    Kubeconfig {
        host: member("server: https://").unwrap().trim_end_matches(":443").to_owned(),
        authority: decoded("certificate-authority-data: ").unwrap(),
        certificate: decoded("client-certificate-data: ").zip(decoded("client-key-data: ")),
        token: member("token: ").unwrap_or_default(),
    }
}

/// The answer of the simulator to `CONNECT`, and the stream.
async fn connected(simulator: &Running, host: &str) -> (String, BufReader<TcpStream>) {
    let address = simulator.url().trim_start_matches("http://").to_owned();
    let mut wire = BufReader::new(TcpStream::connect(&address).await.unwrap());
    let request = format!("CONNECT {host}:443 HTTP/1.1\r\nhost: {host}:443\r\n\r\n");
    wire.write_all(request.as_bytes()).await.unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(wire.read_line(&mut head).await.unwrap(), 0, "{head}");
    }
    (head, wire)
}

/// A client of the cluster's API, with the certificate of the kubeconfig or with none.
pub(super) async fn client_of(simulator: &Running, config: &Kubeconfig, with_certificate: bool) -> Client {
    let (head, wire) = connected(simulator, &config.host).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&config.authority).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let tls = match config.certificate.as_ref().filter(|_| with_certificate) {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate).unwrap()];
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key).unwrap()).unwrap()
        }
    };
    let name = ServerName::try_from(config.host.clone()).unwrap();
    let stream = TlsConnector::from(Arc::new(tls)).connect(name, wire.into_inner()).await.unwrap();
    Client { wire: BufReader::new(Box::new(stream)), host: config.host.clone(), headers: Vec::new() }
}

impl Client {
    /// A request to a cluster.
    pub async fn kube(&mut self, method: &str, path: &str, body: &Value) -> Got {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.try_send(method, path, &text).await.unwrap()
    }

    /// A patch of this media type.
    pub async fn patch(&mut self, media: &str, path: &str, body: &Value) -> Got {
        self.headers.push(("content-type".to_owned(), media.to_owned()));
        let got = self.kube("PATCH", path, body).await;
        self.headers.pop();
        got
    }

    fn with_token(mut self, token: &str) -> Self {
        self.headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
        self
    }
}

/// A simulator, its cluster, and the administrator's client of it.
pub(super) async fn ready(faults: Faults, properties: &Value) -> (Running, Client, String, Client) {
    let (running, mut azure) = simulator(faults).await;
    let id = cluster(&mut azure, properties).await;
    let config = kubeconfig(&mut azure, &id, "listClusterAdminCredential").await;
    let kube = client_of(&running, &config, true).await;
    (running, azure, id, kube)
}

const APPLY: &str = "application/apply-patch+yaml";

fn map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

#[tokio::test]
async fn objects_are_made_read_changed_and_taken_away() {
    let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
    let all = "/api/v1/namespaces/default/configmaps";
    let made = kube.kube("POST", all, &map("a", &json!({"x": "1"}))).await.is(201);
    assert_eq!(made.text("/metadata/namespace"), "default");
    assert!(!made.text("/metadata/uid").is_empty() && made.text("/metadata/creationTimestamp").ends_with('Z'));
    assert_eq!(kube.kube("POST", all, &map("a", &json!({}))).await.is(409).text("/reason"), "AlreadyExists");
    let one = format!("{all}/a");
    let read = kube.kube("GET", &one, &Value::Null).await.is(200);
    assert_eq!(read.body, made.body);

    // Written by version: the first wins.
    let mut changed = read.body.clone();
    changed["data"]["x"] = json!("2");
    let second = kube.kube("PUT", &one, &changed).await.is(200);
    assert_ne!(second.text("/metadata/resourceVersion"), made.text("/metadata/resourceVersion"));
    assert_eq!(kube.kube("PUT", &one, &changed).await.is(409).text("/reason"), "Conflict");
    // What says nothing new is no change.
    let same = kube.kube("PUT", &one, &second.body).await.is(200);
    assert_eq!(same.body, second.body);

    let patched =
        kube.patch("application/merge-patch+json", &one, &json!({"data": {"x": null, "y": "3"}})).await.is(200);
    assert_eq!(patched.body["data"], json!({"y": "3"}));
    let steps = json!([{"op": "add", "path": "/data/z", "value": "4"}]);
    assert_eq!(kube.patch("application/json-patch+json", &one, &steps).await.is(200).body["data"]["z"], "4");
    kube.patch("text/plain", &one, &json!({})).await.is(415);

    let dry = kube.kube("DELETE", &format!("{one}?dryRun=All"), &Value::Null).await.is(200);
    assert_eq!(dry.text("/status"), "Success");
    let wrong = json!({"preconditions": {"uid": "other"}});
    kube.kube("DELETE", &one, &wrong).await.is(409);
    kube.kube("DELETE", &one, &Value::Null).await.is(200);
    let gone = kube.kube("GET", &one, &Value::Null).await.is(404);
    assert_eq!(gone.text("/message"), "configmaps \"a\" not found");
}

#[tokio::test]
async fn what_is_wrong_with_an_object_is_told_with_its_fields() {
    let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
    let refused = kube.kube("POST", "/api/v1/namespaces", &json!({"metadata": {"name": "No"}})).await.is(422);
    assert_eq!(refused.text("/details/causes/0/field"), "metadata.name");
    let secrets = "/api/v1/namespaces/default/secrets";
    let secret = json!({"metadata": {"name": "s"}, "data": {"a": "not base64!"}});
    let refused = kube.kube("POST", secrets, &secret).await.is(422);
    assert!(!refused.body.to_string().contains("not base64!"), "{refused:?}");
    let made = kube.kube("POST", secrets, &json!({"metadata": {"name": "s"}, "stringData": {"a": "b"}})).await.is(201);
    assert_eq!((&made.body["data"]["a"], made.text("/type")), (&json!("Yg=="), "Opaque"));
    let other = json!({"type": "kubernetes.io/tls"});
    kube.patch("application/merge-patch+json", &format!("{secrets}/s"), &other).await.is(422);
    kube.kube("POST", "/api/v1/namespaces/none/secrets", &secret).await.is(404);
    let strict = json!({"metadata": {"name": "m"}, "dataa": {}});
    let refused =
        kube.kube("POST", "/api/v1/namespaces/default/configmaps?fieldValidation=Strict", &strict).await.is(400);
    assert!(refused.text("/message").ends_with("unknown field \"dataa\""), "{refused:?}");
    let warned = kube.kube("POST", "/api/v1/namespaces/default/configmaps", &strict).await.is(201);
    assert_eq!(warned.headers["warning"], "299 - \"unknown field \\\"dataa\\\"\"");
}

#[tokio::test]
async fn managers_apply_and_collide() {
    let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
    let path = |by: &str| format!("/api/v1/namespaces/default/configmaps/a?fieldManager={by}");
    kube.patch(APPLY, &format!("{}&dryRun=All", path("one")), &map("a", &json!({"x": "1"}))).await.is(201);
    kube.kube("GET", &path("one"), &Value::Null).await.is(404);
    let made = kube.patch(APPLY, &path("one"), &map("a", &json!({"x": "1"}))).await.is(201);
    assert_eq!(made.text("/metadata/managedFields/0/operation"), "Apply");
    let again = kube.patch(APPLY, &path("one"), &map("a", &json!({"x": "1"}))).await.is(200);
    assert_eq!(again.body, made.body);
    let refused = kube.patch(APPLY, &path("two"), &map("a", &json!({"x": "2", "y": "3"}))).await.is(409);
    assert_eq!(refused.text("/details/causes/0/reason"), "FieldManagerConflict");
    assert_eq!(refused.text("/message"), "Apply failed with 1 conflict: conflict with \"one\": .data.x");
    let forced = kube
        .patch(APPLY, &format!("{}&force=true", path("two")), &map("a", &json!({"x": "2", "y": "3"})))
        .await
        .is(200);
    assert_eq!(forced.body["data"], json!({"x": "2", "y": "3"}));
    // What the first no longer owns it does not take away.
    let left = kube.patch(APPLY, &path("one"), &map("a", &json!({}))).await.is(200);
    assert_eq!(left.body["data"], json!({"x": "2", "y": "3"}));
    let nobody = "/api/v1/namespaces/default/configmaps/a";
    kube.patch(APPLY, nobody, &map("a", &json!({}))).await.is(422);
}

#[tokio::test]
async fn a_namespace_takes_its_contents_with_it() {
    let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
    kube.kube("POST", "/api/v1/namespaces", &json!({"metadata": {"name": "shop"}})).await.is(201);
    let accounts = kube.kube("GET", "/api/v1/namespaces/shop/serviceaccounts", &Value::Null).await.is(200);
    assert_eq!(accounts.text("/items/0/metadata/name"), "default");
    let mut held = map("a", &json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/mine"]);
    kube.kube("POST", "/api/v1/namespaces/shop/configmaps", &held).await.is(201);
    let going = kube.kube("DELETE", "/api/v1/namespaces/shop", &Value::Null).await.is(200);
    assert_eq!(going.text("/status/phase"), "Terminating");
    let refused = kube.kube("POST", "/api/v1/namespaces/shop/configmaps", &map("b", &json!({}))).await.is(403);
    assert_eq!(refused.text("/details/causes/0/reason"), "NamespaceTerminating");
    kube.kube("GET", "/api/v1/namespaces/shop", &Value::Null).await.is(200);
    let released = json!({"metadata": {"finalizers": null}});
    kube.patch("application/merge-patch+json", "/api/v1/namespaces/shop/configmaps/a", &released).await.is(200);
    kube.kube("GET", "/api/v1/namespaces/shop", &Value::Null).await.is(404);
}

#[tokio::test]
async fn lists_come_in_pages_and_by_selectors() {
    let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
    for (name, tier) in [("a", "front"), ("b", "back"), ("c", "front")] {
        let mut one = map(name, &json!({}));
        one["metadata"]["labels"] = json!({"tier": tier});
        kube.kube("POST", "/api/v1/namespaces/default/configmaps", &one).await.is(201);
    }
    let names = |got: &Got| -> Vec<String> {
        let items = got.body["items"].as_array().unwrap();
        items.iter().map(|one| one["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = "/api/v1/namespaces/default/configmaps?";
    let chosen = kube.kube("GET", &format!("{all}labelSelector=tier%3Dfront"), &Value::Null).await.is(200);
    assert_eq!(names(&chosen), ["a", "c"]);
    let chosen = kube.kube("GET", &format!("{all}fieldSelector=metadata.name%3Db"), &Value::Null).await.is(200);
    assert_eq!(names(&chosen), ["b"]);
    let first = kube.kube("GET", &format!("{all}limit=3"), &Value::Null).await.is(200);
    assert_eq!((names(&first).len(), &first.body["metadata"]["remainingItemCount"]), (3, &json!(1)));
    let next = format!("{all}limit=3&continue={}", first.text("/metadata/continue"));
    assert_eq!(names(&kube.kube("GET", &next, &Value::Null).await.is(200)), ["kube-root-ca.crt"]);
}

/// Reads the next event of a watch.
async fn event(client: &mut Client) -> (String, String) {
    let mut size = String::new();
    client.wire.read_line(&mut size).await.unwrap();
    let mut chunk = vec![0; usize::from_str_radix(size.trim(), 16).unwrap() + 2];
    client.wire.read_exact(&mut chunk).await.unwrap();
    let event: Value = serde_json::from_slice(&chunk).unwrap();
    let word = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    (word("/type"), word("/object/metadata/name"))
}

#[tokio::test]
async fn a_watch_tells_what_becomes_of_objects() {
    let (running, mut azure, id, mut kube) = ready(Faults::default(), &json!({})).await;
    let config = kubeconfig(&mut azure, &id, "listClusterAdminCredential").await;
    let mut watcher = client_of(&running, &config, true).await;
    let path = "/api/v1/namespaces/default/configmaps?watch=true&labelSelector=watched";
    watcher.wire.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        watcher.wire.read_line(&mut line).await.unwrap();
    }
    let one = "/api/v1/namespaces/default/configmaps/a";
    kube.kube("POST", "/api/v1/namespaces/default/configmaps", &map("a", &json!({}))).await.is(201);
    let label = |value: &Value| json!({"metadata": {"labels": {"watched": value}}});
    for (value, wanted) in
        [(json!("yes"), "ADDED"), (json!("still"), "MODIFIED"), (Value::Null, "DELETED"), (json!("yes"), "ADDED")]
    {
        kube.patch("application/merge-patch+json", one, &label(&value)).await.is(200);
        assert_eq!(event(&mut watcher).await, (wanted.to_owned(), "a".to_owned()));
    }
    kube.kube("DELETE", one, &Value::Null).await.is(200);
    assert_eq!(event(&mut watcher).await, ("DELETED".to_owned(), "a".to_owned()));
}

#[tokio::test]
async fn nobody_is_let_in_without_a_certificate_or_a_token_and_accounts_may_what_is_bound_to_them() {
    let (running, mut azure, id, mut kube) = ready(Faults::default(), &json!({})).await;
    let config = kubeconfig(&mut azure, &id, "listClusterUserCredential").await;
    let mut nobody = client_of(&running, &config, false).await;
    assert_eq!(nobody.kube("GET", "/api/v1/namespaces", &Value::Null).await.is(401).text("/reason"), "Unauthorized");
    let mut user = client_of(&running, &config, false).await.with_token(&config.token);
    user.kube("GET", "/api/v1/namespaces", &Value::Null).await.is(200);
    // A token of the directory means nothing to a cluster that does not trust it.
    let mut other = client_of(&running, &config, false).await.with_token("something");
    other.kube("GET", "/api/v1/namespaces", &Value::Null).await.is(401);

    let request = json!({"spec": {"expirationSeconds": 600}});
    let token = kube.kube("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", &request).await.is(201);
    let mut account = client_of(&running, &config, false).await.with_token(token.text("/status/token"));
    let maps = "/api/v1/namespaces/default/configmaps";
    let refused = account.kube("GET", maps, &Value::Null).await.is(403);
    assert_eq!(
        refused.text("/message"),
        "configmaps is forbidden: User \"system:serviceaccount:default:default\" cannot list resource \"configmaps\" in API \
         group \"\" in the namespace \"default\""
    );
    let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    let binding = json!({
        "metadata": {"name": "b"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "default"}],
    });
    kube.kube("POST", &format!("{rbac}/rolebindings"), &binding).await.is(201);
    account.kube("GET", maps, &Value::Null).await.is(200);
    account.kube("POST", maps, &map("x", &json!({}))).await.is(403);
    account.kube("GET", "/api/v1/configmaps", &Value::Null).await.is(403);
    // A token for somebody else is none for the cluster.
    let request = json!({"spec": {"audiences": ["api://AzureADTokenExchange"]}});
    let token = kube.kube("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", &request).await.is(201);
    let mut foreign = client_of(&running, &config, false).await.with_token(token.text("/status/token"));
    foreign.kube("GET", maps, &Value::Null).await.is(401);
}

/// Azure Kubernetes Service RBAC Reader, and RBAC Writer.
const READER: &str = "7f6c6a51-bcf8-42ba-9220-52d62157d7db";
const WRITER: &str = "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb";

#[tokio::test]
async fn a_cluster_with_entra_goes_by_azures_roles() {
    let faults = Faults { propagation_seconds: 0, replication_seconds: 0, ..Faults::default() };
    let (running, mut azure) = simulator(faults).await;
    let profile = json!({"aadProfile": {"managed": true, "enableAzureRBAC": true}, "disableLocalAccounts": true});
    let id = cluster(&mut azure, &profile).await;
    let config = kubeconfig(&mut azure, &id, "listClusterUserCredential").await;
    assert!(config.certificate.is_none() && config.token.is_empty());
    azure.send("POST", &format!("{id}/listClusterAdminCredential"), &json!({})).await.is(400);
    let group = azure.group().await;
    let (reader, made) = identity(&mut azure, &group, "id-reader").await;
    let token = |resource: &str| format!("/metadata/identity/oauth2/token?resource={resource}&msi_res_id={reader}");
    let given =
        azure.get(&token("6dae42f8-4368-4678-94ff-3960e28e3630")).await.is(200).text("/access_token").to_owned();
    let foreign = azure.get(&token("https://vault.azure.net")).await.is(200).text("/access_token").to_owned();
    let maps = "/api/v1/namespaces/default/configmaps";
    let mut wrong = client_of(&running, &config, false).await.with_token(&foreign);
    wrong.kube("GET", maps, &Value::Null).await.is(401);
    let mut kube = client_of(&running, &config, false).await.with_token(&given);
    kube.kube("GET", maps, &Value::Null).await.is(403);
    let mut grant = assignment(READER, &made["properties"]["principalId"]);
    grant["properties"]["principalType"] = json!("ServicePrincipal");
    azure.put(&assignment_id(&id, 1), &grant).await.is(201);
    kube.kube("GET", maps, &Value::Null).await.is(200);
    kube.kube("GET", "/api/v1/namespaces/default/secrets", &Value::Null).await.is(403);
    kube.kube("POST", maps, &map("a", &json!({}))).await.is(403);
    let mut grant = assignment(WRITER, &made["properties"]["principalId"]);
    grant["properties"]["principalType"] = json!("ServicePrincipal");
    azure.put(&assignment_id(&format!("{id}/namespaces/default"), 2), &grant).await.is(201);
    kube.kube("POST", maps, &map("a", &json!({}))).await.is(201);
    kube.kube("POST", "/api/v1/namespaces/kube-system/configmaps", &map("a", &json!({}))).await.is(403);
    // Whoever comes from elsewhere is taken for the owner, as everywhere here.
    let mut operator = client_of(&running, &config, false).await.with_token("x");
    operator.kube("POST", "/api/v1/namespaces", &json!({"metadata": {"name": "shop"}})).await.is(201);
}

#[tokio::test]
async fn a_cluster_that_cannot_be_reached_says_why() {
    let (running, mut azure, id, mut kube) = ready(Faults::default(), &json!({})).await;
    kube.kube("GET", "/version", &Value::Null).await.is(200);
    let config = kubeconfig(&mut azure, &id, "listClusterAdminCredential").await;
    azure.send("POST", &format!("{id}/stop"), &json!({})).await.is(204);
    let (head, _) = connected(&running, &config.host).await;
    assert!(head.starts_with("HTTP/1.1 502"), "{head}");
    azure.send("POST", &format!("{id}/start"), &json!({})).await.is(204);
    let (head, _) = connected(&running, &config.host).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let (head, _) = connected(&running, "elsewhere.example").await;
    assert!(head.starts_with("HTTP/1.1 502"), "{head}");
}

#[tokio::test]
async fn definitions_make_kinds() {
    let (_running, _azure, _id, mut kube) = ready(Faults::default(), &json!({})).await;
    let schema = json!({"type": "object", "properties": {"spec": {
        "type": "object", "required": ["size"], "properties": {"size": {"type": "integer"}},
    }}});
    let definition = json!({
        "metadata": {"name": "boats.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"plural": "boats", "kind": "Boat"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
    });
    let boats = "/apis/example.com/v1/namespaces/default/boats";
    kube.kube("GET", boats, &Value::Null).await.is(404);
    kube.kube("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition).await.is(201);
    let boat =
        |spec: Value| json!({"apiVersion": "example.com/v1", "kind": "Boat", "metadata": {"name": "a"}, "spec": spec});
    let refused = kube.kube("POST", boats, &boat(json!({"size": "big"}))).await.is(422);
    assert_eq!(refused.text("/details/causes/0/field"), "spec.size");
    kube.kube("POST", boats, &boat(json!({}))).await.is(422);
    kube.kube("POST", boats, &boat(json!({"size": 3}))).await.is(201);
    let groups = kube.kube("GET", "/apis", &Value::Null).await.is(200);
    assert!(groups.body["groups"].as_array().unwrap().iter().any(|group| group["name"] == "example.com"));
}
