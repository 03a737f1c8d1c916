//! The Secrets of a cluster that workloads refer to: which they are, and what of them may be known here. Of their values
//! nothing is kept but ids.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value as Json, json};

use crate::manifests::is_client_secret;

/// The Secrets that objects refer to: `namespace/name` each.
pub fn referred(objects: &[Json]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for object in objects {
        let namespace = object.pointer("/metadata/namespace").and_then(Json::as_str).unwrap_or_default();
        gather(object, namespace, &mut found);
    }
    found
}

fn gather(json: &Json, namespace: &str, found: &mut BTreeSet<String>) {
    match json {
        Json::Object(members) => {
            for (name, member) in members {
                let key = match name.as_str() {
                    "secretKeyRef" | "secretRef" | "nodePublishSecretRef" | "clientPassword" => "name",
                    "secret" if member.get("secretName").is_some() => "secretName",
                    "secret" => "name",
                    _ => "",
                };
                if let Some(secret) = member.get(key).and_then(Json::as_str).filter(|secret| !secret.is_empty()) {
                    let place = member.get("namespace").and_then(Json::as_str).unwrap_or(namespace);
                    found.insert(format!("{place}/{secret}"));
                }
                gather(member, namespace, found);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| gather(item, namespace, found)),
        _ => {}
    }
}

/// A Secret with its keys. Of a value is left who signs in with it: the id of an application or tenant, and the parts of a
/// connection string that say so.
pub fn without_values(secret: &Json) -> Json {
    let values = secret.get("data").and_then(Json::as_object).into_iter().flatten();
    let left: Map<String, Json> = values
        .map(|(key, value)| {
            let text = value.as_str().and_then(|text| BASE64_STANDARD.decode(text).ok());
            let text = text.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
            // A secret may look like an id.
            let left = if is_client_secret(key) { "(secret)".to_owned() } else { told(&text) };
            (key.clone(), json!(left))
        })
        .collect();
    json!({
        "apiVersion": "v1", "kind": "Secret", "stringData": left,
        "metadata": {"name": secret.pointer("/metadata/name"), "namespace": secret.pointer("/metadata/namespace")},
    })
}

fn told(text: &str) -> String {
    let is_id = |text: &str| text.len() == 36 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if is_id(text.trim()) {
        return text.trim().to_owned();
    }
    let parts = text.split(';').filter_map(|part| part.split_once('='));
    let kept = parts.map(|(name, value)| {
        let is_open = is_id(value.trim()) || value.trim() == "App";
        format!("{}={}", name.trim(), if is_open { value.trim() } else { "(secret)" })
    });
    let kept: Vec<String> = kept.collect();
    if kept.len() > 1 { kept.join(";") } else { "(secret)".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_secret_its_keys_and_ids_are_kept() {
        let id = "0f1e2d3c-0000-4000-8000-000000000001";
        let encoded = |text: &str| BASE64_STANDARD.encode(text);
        let secret = json!({"metadata": {"name": "a", "namespace": "n"}, "data": {
            "id": encoded(id), "pw": encoded("hunter2"), "key": encoded("hunter=2"), "AZURE_CLIENT_SECRET": encoded(id),
            "auth": encoded(&format!("RunAs=App;AppId={id};AppKey=hunter2")),
        }});
        let left = without_values(&secret);
        let auth = format!("RunAs=App;AppId={id};AppKey=(secret)");
        let expected = json!({
            "id": id, "pw": "(secret)", "key": "(secret)", "AZURE_CLIENT_SECRET": "(secret)", "auth": auth,
        });
        assert_eq!(left["stringData"], expected);
    }

    #[test]
    fn every_way_to_refer_to_a_secret_is_seen() {
        let pod = json!({"metadata": {"namespace": "n"}, "spec": {
            "containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "a", "key": "k"}}}], "envFrom": [{"secretRef": {"name": "b"}}]}],
            "volumes": [{"secret": {"secretName": "c"}}, {"projected": {"sources": [{"secret": {"name": "d"}}]}}],
        }});
        let identity =
            json!({"metadata": {"namespace": "n"}, "spec": {"clientPassword": {"name": "e", "namespace": "m"}}});
        let all: Vec<String> = referred(&[pod, identity]).into_iter().collect();
        assert_eq!(all, ["m/e", "n/a", "n/b", "n/c", "n/d"]);
    }
}
