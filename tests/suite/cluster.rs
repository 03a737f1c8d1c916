//! Asking a cluster of the embedded Azure by hand, as somebody with kubectl would behind the stack's back.

use axum::http::Request;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::Value as Json;

use crate::azure::Server;

const GROUPS: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups";

/// The status of an answer, or why there is none. `name` is `group/cluster`. What is changed is a merge patch; an object
/// that is asked for is told by its data.
pub fn ask(server: &Server, name: &str, method: &str, path: &str, body: &str) -> String {
    let (group, cluster) = name.split_once('/').expect("a cluster is named group/name");
    let id = format!("{GROUPS}/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}");
    let answer = server.ask("POST", &format!("{id}/listClusterAdminCredential?api-version=2025-10-01"), "");
    let start = answer.find('{').unwrap_or_else(|| panic!("no kubeconfig: {answer}"));
    let answer: Json = serde_json::from_str(&answer[start..]).unwrap();
    let encoded = answer["kubeconfigs"][0]["value"].as_str().expect("a kubeconfig");
    let kubeconfig = Kubeconfig::from_yaml(&String::from_utf8(BASE64_STANDARD.decode(encoded).unwrap()).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut config =
            Config::from_custom_kubeconfig(kubeconfig.unwrap(), &KubeConfigOptions::default()).await.unwrap();
        config.proxy_url = Some(server.url().parse().unwrap());
        let kind = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let request =
            Request::builder().method(method).uri(path).header("content-type", kind).body(body.into()).unwrap();
        match Client::try_from(config).unwrap().request::<Json>(request).await {
            Ok(object) if method == "GET" => format!("{}", told(&object)),
            Ok(_) => "done".to_owned(),
            Err(kube::Error::Api(status)) => format!("{} {}", status.code, status.message),
            Err(error) => panic!("{error}"),
        }
    })
}

/// Of an object what does not differ from run to run; of a list the names.
fn told(object: &Json) -> Json {
    if let Some(items) = object["items"].as_array() {
        return items.iter().map(|item| item["metadata"]["name"].clone()).collect();
    }
    let mut told = object.clone();
    if let Some(metadata) = told["metadata"].as_object_mut() {
        for kept in ["uid", "creationTimestamp", "resourceVersion", "managedFields"] {
            metadata.remove(kept);
        }
    }
    told
}
