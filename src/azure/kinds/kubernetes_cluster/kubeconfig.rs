//! The kubeconfigs of a cluster: asked for by action, since no GET gives them. They are secret through and through;
//! nothing here puts one into a message.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use saphyr_parser::{Event, Parser};
use serde_json::{Value as Json, json};

use super::super::super::arm::{Method, Request};
use super::super::super::session::Azure;
use super::super::super::wire::json as at;

/// Asks for the kubeconfigs that the configuration refers to, and lays them in the cluster's answer. Where they are
/// refused (a read-only lock, a missing right, a stopped cluster), nothing is laid and what is recorded stays.
pub async fn read(azure: &Azure, id: &str, api_version: &str, answer: &mut Json) {
    let wanted = |names: [&str; 2]| names.iter().any(|name| azure.mentioned.has("azurerm_kubernetes_cluster", name));
    if wanted(["kube_config", "kube_config_raw"]) {
        lay(azure, id, api_version, "listClusterUserCredential", "user", answer).await;
    }
    let directory = at::get(answer, "properties.aadProfile").is_some();
    let local = at::get(answer, "properties.disableLocalAccounts") != Some(&Json::Bool(true));
    if directory && local {
        if wanted(["kube_admin_config", "kube_admin_config_raw"]) {
            lay(azure, id, api_version, "listClusterAdminCredential", "admin", answer).await;
        }
    } else {
        at::set(answer, "credentials.admin", json!([]));
        at::set(answer, "credentials.adminRaw", json!(""));
    }
}

async fn lay(azure: &Azure, id: &str, api_version: &str, action: &str, who: &str, answer: &mut Json) {
    let request = Request::new(Method::Post, format!("{id}/{action}"), api_version);
    let patience = azure.client.patience(std::time::Duration::from_secs(60));
    let Ok(given) = azure.client.send(&request, &patience).await else { return };
    let first = given.body.pointer("/kubeconfigs/0/value").and_then(Json::as_str).map(str::to_owned);
    let Some(text) = first.and_then(|base64| String::from_utf8(STANDARD.decode(base64).ok()?).ok()) else { return };
    at::set(answer, &format!("credentials.{who}"), json!([entry(&text)]));
    at::set(answer, &format!("credentials.{who}Raw"), json!(text));
}

/// The first cluster and user of a kubeconfig, as azurerm gives them.
fn entry(text: &str) -> Json {
    let scalars = scalars(text);
    let get = |path: &str| json!(scalars.get(path).cloned().unwrap_or_default());
    json!({
        "host": get("clusters.0.cluster.server"),
        "cluster_ca_certificate": get("clusters.0.cluster.certificate-authority-data"),
        "username": get("users.0.name"),
        "password": get("users.0.user.token"),
        "client_certificate": get("users.0.user.client-certificate-data"),
        "client_key": get("users.0.user.client-key-data"),
    })
}

/// Where the reader stands in a collection.
enum Level {
    Sequence(usize),
    Mapping(Option<String>),
}

/// The scalars of a YAML document by their dotted path; what cannot be read is left out.
fn scalars(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut levels: Vec<Level> = Vec::new();
    for event in Parser::new_from_str(text).map_while(Result::ok).map(|(event, _)| event) {
        match event {
            Event::Scalar(text, ..) => match levels.last_mut() {
                Some(Level::Mapping(key @ None)) => *key = Some(text.into_owned()),
                _ => {
                    found.insert(path(&levels), text.into_owned());
                    step(&mut levels);
                }
            },
            Event::SequenceStart(..) => levels.push(Level::Sequence(0)),
            Event::MappingStart(..) => levels.push(Level::Mapping(None)),
            Event::SequenceEnd | Event::MappingEnd => {
                levels.pop();
                step(&mut levels);
            }
            _ => {}
        }
    }
    found
}

fn path(levels: &[Level]) -> String {
    let steps = levels.iter().map(|level| match level {
        Level::Sequence(position) => position.to_string(),
        Level::Mapping(key) => key.clone().unwrap_or_default(),
    });
    steps.collect::<Vec<_>>().join(".")
}

/// A value has ended: the next element, or the next key.
fn step(levels: &mut [Level]) {
    match levels.last_mut() {
        Some(Level::Sequence(position)) => *position += 1,
        Some(Level::Mapping(key)) => *key = None,
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubeconfig_gives_its_first_cluster_and_user() {
        let text = "apiVersion: v1\nclusters:\n- name: a\n  cluster:\n    server: https://a:443\n    \
                    certificate-authority-data: Y2E=\nusers:\n- name: u\n  user:\n    token: t\n    extra: [1, {x: y}]\n\
                    current-context: a\n";
        let entry = entry(text);
        assert_eq!(entry["host"], "https://a:443");
        assert_eq!(entry["cluster_ca_certificate"], "Y2E=");
        assert_eq!((&entry["username"], &entry["password"]), (&json!("u"), &json!("t")));
        assert_eq!(entry["client_key"], "");
        assert_eq!(scalars("a: [b").get("a.0").map(String::as_str), Some("b"));
    }
}
