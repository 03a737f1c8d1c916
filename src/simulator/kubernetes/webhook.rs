//! The mutating webhook of workload identity: what a pod with the label gets, so that a client library in it finds a token
//! and knows whom to give it to. Facts: the documentation of Azure Workload Identity, "Mutating Admission Webhook" and
//! "Labels and Annotations".

use serde_json::{Value, json};

use crate::simulator::arm::Azure;
use crate::simulator::body::{flag, set, text};
use crate::simulator::kubernetes::api::{drop, make};
use crate::simulator::kubernetes::bootstrap::kind;
use crate::simulator::kubernetes::object::annotation;
use crate::simulator::kubernetes::pods::{add, add_volume, for_each_container};
use crate::simulator::service::TENANT;
use crate::simulator::world::Resource;

const CONFIGURATION: &str = "azure-wi-webhook-mutating-webhook-configuration";
/// The label by which a pod asks for it.
pub(super) const USE: &str = "azure.workload.identity/use";
/// Whom the token is for.
pub(super) const AUDIENCE: &str = "api://AzureADTokenExchange";
/// The names of the variables that client libraries look for.
pub(super) const CLIENT_ID: &str = "AZURE_CLIENT_ID";
pub(super) const TENANT_ID: &str = "AZURE_TENANT_ID";
pub(super) const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const AUTHORITY_HOST: &str = "AZURE_AUTHORITY_HOST";

/// The name of the volume, of the folder it is mounted at, and of the file in it.
pub(super) const VOLUME: &str = "azure-identity-token";
const FOLDER: &str = "/var/run/secrets/azure/tokens";
/// The container that answers on the address of the machine's metadata for those who ask there.
pub(super) const PROXY: &str = "azwi-proxy";

const PREFIX: &str = "azure.workload.identity";
/// How long the token lasts when nobody says, and at most, in seconds.
const USUAL: u64 = 3600;
const LONGEST: u64 = 86_400;

/// Whether a cluster has the webhook.
pub(super) fn is_on(cluster: &Resource) -> bool {
    flag(&cluster.body, "/properties/securityProfile/workloadIdentity/enabled") == Some(true)
}

/// Puts the webhook into a cluster that has it, and takes it out of one that has it no more.
pub(super) fn ensure(azure: &mut Azure, cluster: &Resource) {
    let key = cluster.key();
    let kinds = kind("admissionregistration.k8s.io", "mutatingwebhookconfigurations");
    let spot = kinds.spot("", CONFIGURATION);
    let is_there = azure.world().objects(&key).get(&spot).is_some();
    if is_there && !is_on(cluster) {
        drop(azure, &key, spot);
    } else if !is_there && is_on(cluster) {
        let pods = json!({"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"], "scope": "*"});
        let service = json!({"name": "azure-wi-webhook-webhook-service", "namespace": "kube-system", "path": "/mutate-v1-pod", "port": 443});
        let webhook = json!({
            "name": "mutation.azure-workload-identity.io", "admissionReviewVersions": ["v1", "v1beta1"],
            "clientConfig": {"service": service}, "failurePolicy": "Fail", "matchPolicy": "Equivalent",
            "objectSelector": {"matchLabels": {USE: "true"}}, "namespaceSelector": {}, "rules": [pods],
            "reinvocationPolicy": "IfNeeded", "sideEffects": "None", "timeoutSeconds": 10,
        });
        let labels = json!({"app.kubernetes.io/managed-by": "Helm", "azure-workload-identity.io/system": "true"});
        make(
            azure,
            &key,
            &kinds,
            json!({"metadata": {"name": CONFIGURATION, "labels": labels, "generation": 1}, "webhooks": [webhook]}),
        );
    }
}

/// Gives a pod with the label what it needs, by the annotations of its account and its own.
pub(super) fn mutate(account: &Value, pod: &mut Value) {
    let of = |object: &Value, name: &str| annotation(object, &format!("{PREFIX}/{name}")).map(str::to_owned);
    let client = of(account, "client-id").unwrap_or_default();
    let tenant = of(account, "tenant-id").unwrap_or_else(|| TENANT.to_owned());
    let lasts = of(pod, "service-account-token-expiration").or_else(|| of(account, "service-account-token-expiration"));
    let lasts = lasts.and_then(|text| text.parse::<u64>().ok()).unwrap_or(USUAL).clamp(USUAL, LONGEST);
    let skipped = of(pod, "skip-containers").unwrap_or_default();
    let skipped: Vec<&str> = skipped.split(';').map(str::trim).collect();
    if of(pod, "inject-proxy-sidecar").as_deref() == Some("true") {
        add_proxy(pod, &of(pod, "proxy-sidecar-port").unwrap_or_else(|| "8000".to_owned()));
    }
    let has_volume = pod
        .pointer("/spec/volumes")
        .and_then(Value::as_array)
        .is_some_and(|all| all.iter().any(|one| text(one, "/name") == Some(VOLUME)));
    if !has_volume {
        let token = json!({"audience": AUDIENCE, "expirationSeconds": lasts, "path": VOLUME});
        add_volume(
            pod,
            json!({"name": VOLUME, "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": token}]}}),
        );
    }
    for_each_container(pod, &mut |container| {
        let name = text(container, "/name").unwrap_or_default();
        if skipped.contains(&name) {
            return;
        }
        for (name, value) in [
            (CLIENT_ID, client.as_str()),
            (TENANT_ID, tenant.as_str()),
            (TOKEN_FILE, &format!("{FOLDER}/{VOLUME}")),
            (AUTHORITY_HOST, "https://login.microsoftonline.com/"),
        ] {
            if !value.is_empty() && variable(container, name).is_none() {
                add(container, "/env", json!({"name": name, "value": value}));
            }
        }
        let has_mount = container
            .get("volumeMounts")
            .and_then(Value::as_array)
            .is_some_and(|all| all.iter().any(|one| text(one, "/name") == Some(VOLUME)));
        if !has_mount {
            add(container, "/volumeMounts", json!({"name": VOLUME, "mountPath": FOLDER, "readOnly": true}));
        }
    });
}

/// The entry of a variable of a container's environment.
pub(super) fn variable<'a>(container: &'a Value, name: &str) -> Option<&'a Value> {
    let all = container.get("env").and_then(Value::as_array)?;
    all.iter().find(|one| text(one, "/name") == Some(name))
}

/// The sidecar for applications that can only ask the machine: it takes what is meant for the machine's metadata and
/// exchanges the token of the service account instead.
fn add_proxy(pod: &mut Value, port: &str) {
    let has_it = |pod: &Value| {
        let all = pod.pointer("/spec/containers").and_then(Value::as_array);
        all.is_some_and(|all| all.iter().any(|one| text(one, "/name") == Some(PROXY)))
    };
    if has_it(pod) {
        return;
    }
    let number: u64 = port.parse().unwrap_or(8000);
    add(
        pod,
        "/spec/initContainers",
        json!({
            "name": "azwi-proxy-init", "image": "mcr.microsoft.com/oss/azure/workload-identity/proxy-init:v1.5.0",
            "env": [{"name": "PROXY_PORT", "value": number.to_string()}],
            "securityContext": {"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}, "privileged": true, "runAsNonRoot": false, "runAsUser": 0},
        }),
    );
    let mut proxy = json!({
        "name": PROXY, "image": "mcr.microsoft.com/oss/azure/workload-identity/proxy:v1.5.0",
        "args": [format!("--proxy-port={number}"), "--log-level=info"],
        "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": true, "runAsNonRoot": true},
    });
    set(&mut proxy, "/ports", json!([{"containerPort": number, "protocol": "TCP"}]));
    set(
        &mut proxy,
        "/lifecycle/postStart/exec/command",
        json!(["/proxy", format!("--proxy-port={number}"), "--probe"]),
    );
    add(pod, "/spec/containers", proxy);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mutated(account: &Value, mut pod: Value) -> Value {
        mutate(account, &mut pod);
        pod
    }

    fn account() -> Value {
        json!({"metadata": {"annotations": {"azure.workload.identity/client-id": "c"}}})
    }

    #[test]
    fn every_container_gets_the_variables_and_the_token() {
        let pod = json!({"metadata": {}, "spec": {
            "initContainers": [{"name": "first"}],
            "containers": [{"name": "app", "env": [{"name": "AZURE_CLIENT_ID", "value": "own"}]}],
        }});
        let pod = mutated(&account(), pod);
        let of = |list: &str, name: &str| variable(&pod["spec"][list][0], name).map(|one| one["value"].clone());
        assert_eq!(of("initContainers", CLIENT_ID), Some(json!("c")));
        assert_eq!(of("containers", CLIENT_ID), Some(json!("own")));
        assert_eq!(of("containers", TENANT_ID), Some(json!(TENANT)));
        assert_eq!(of("containers", TOKEN_FILE), Some(json!("/var/run/secrets/azure/tokens/azure-identity-token")));
        let source = pod.pointer("/spec/volumes/0/projected/sources/0/serviceAccountToken").unwrap();
        assert_eq!(source, &json!({"audience": AUDIENCE, "expirationSeconds": 3600, "path": "azure-identity-token"}));
        // Twice is as good as once.
        assert_eq!(mutated(&account(), pod.clone()), pod);
    }

    #[test]
    fn annotations_say_how_long_whom_to_skip_and_whether_there_is_a_proxy() {
        let pod = json!({
            "metadata": {"annotations": {
                "azure.workload.identity/service-account-token-expiration": "7200",
                "azure.workload.identity/skip-containers": "other; more",
                "azure.workload.identity/inject-proxy-sidecar": "true",
            }},
            "spec": {"containers": [{"name": "app"}, {"name": "other"}, {"name": "more"}]},
        });
        let pod = mutated(&account(), pod);
        assert_eq!(
            pod.pointer("/spec/volumes/0/projected/sources/0/serviceAccountToken/expirationSeconds"),
            Some(&json!(7200))
        );
        let containers = pod["spec"]["containers"].as_array().unwrap();
        let with: Vec<&str> = containers
            .iter()
            .filter(|one| variable(one, TOKEN_FILE).is_some())
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        assert_eq!(with, ["app", "azwi-proxy"]);
        assert_eq!(pod["spec"]["initContainers"][0]["name"], "azwi-proxy-init");
    }
}
