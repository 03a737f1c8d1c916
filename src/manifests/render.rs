//! What a stack's service accounts and pods must carry, as manifests, as a Kustomize component, or as Helm values.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Loaded;
use super::edit::lines;
use super::scene::{self, CLIENT_ID, Scene, USE};
use super::stack::{Account, Stack};
use crate::span::SourceMap;

/// Service accounts to be written, and those that cannot be.
#[derive(Debug, Default)]
pub struct Rendered<'s> {
    /// Those whose client id is known.
    pub accounts: Vec<&'s Account>,
    /// Why one is left out.
    pub left_out: Vec<String>,
}

/// The accounts of a stack that can be written; with a name, `NAMESPACE/NAME`, that one.
pub fn rendered<'s>(stack: &'s Stack, only: Option<&str>) -> Rendered<'s> {
    let mut of_name: BTreeMap<String, Vec<&Account>> = BTreeMap::new();
    for account in &stack.accounts {
        let name = format!("{}/{}", account.namespace, account.name);
        if only.is_none_or(|only| only == name) {
            of_name.entry(name).or_default().push(account);
        }
    }
    let mut rendered = Rendered::default();
    for (name, accounts) in of_name {
        match accounts.as_slice() {
            [account] if account.client.is_some() => rendered.accounts.push(account),
            [account] => rendered
                .left_out
                .push(format!("{name}: the client id of identity {} is known only after apply", account.identity)),
            several => {
                let names: Vec<&str> = several.iter().map(|account| &*account.identity).collect();
                rendered.left_out.push(format!("{name}: several identities trust it ({})", names.join(", ")));
            }
        }
    }
    rendered
}

fn client(account: &Account) -> &str {
    account.client.as_deref().unwrap_or_default()
}

/// As manifests of the service accounts.
pub fn service_accounts(accounts: &[&Account]) -> String {
    let label = format!("# Pods that use these service accounts need the label {USE}: \"true\".\n");
    let documents: Vec<String> = accounts
        .iter()
        .map(|account| lines(&scene::account(&account.name, Some(&account.namespace), client(account)), 0))
        .collect();
    label + &documents.join("---\n")
}

/// As a Kustomize component: each service account gets its annotation, and each workload of the files that runs as one
/// of them its label.
pub fn kustomize(accounts: &[&Account], loaded: &[Loaded], sources: &SourceMap, namespace: Option<&str>) -> String {
    let mut patches: Vec<Json> = accounts.iter().map(|account| annotation(account)).collect();
    let scene = Scene::new(loaded, sources, None, namespace);
    for workload in scene.objects.iter().filter_map(|object| object.workload()) {
        let here = scene.namespace(&workload.object);
        let runs_as = |account: &&&Account| {
            account.name == workload.account_name() && here.is_none_or(|here| here == account.namespace)
        };
        if accounts.iter().any(|account| runs_as(&account)) {
            let labels = json!({ "metadata": { "labels": { USE: "true" } } });
            let body = workload.way.iter().rev().fold(labels, |inner, key| json!({ *key: inner }));
            patches.push(patch(workload.object.api, workload.object.kind, workload.object.name(), here, body));
        }
    }
    let component =
        json!({ "apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "patches": patches });
    lines(&component, 0)
}

fn annotation(account: &Account) -> Json {
    let body = json!({ "metadata": { "annotations": { CLIENT_ID: client(account) } } });
    patch("v1", "ServiceAccount", &account.name, Some(&account.namespace), body)
}

fn patch(api: &str, kind: &str, name: &str, namespace: Option<&str>, mut body: Json) -> Json {
    let mut target = json!({ "kind": kind, "name": name });
    if let (Some(fields), Some(namespace)) = (target.as_object_mut(), namespace) {
        fields.insert("namespace".into(), namespace.into());
    }
    if let Some(fields) = body.as_object_mut() {
        fields.insert("apiVersion".into(), api.into());
        fields.insert("kind".into(), kind.into());
        let metadata = fields.entry("metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert("name".into(), name.into());
        }
    }
    json!({ "target": target, "patch": lines(&body, 0) })
}

/// As values of a chart in the layout that `helm create` makes; one document for each service account.
pub fn helm_values(accounts: &[&Account]) -> String {
    let document = |account: &&Account| {
        let values = json!({
            "serviceAccount": {
                "create": true,
                "name": account.name,
                "annotations": { CLIENT_ID: client(account) },
            },
            "podLabels": { USE: "true" },
        });
        format!("# {}/{}, identity {}\n{}", account.namespace, account.name, account.identity, lines(&values, 0))
    };
    accounts.iter().map(document).collect::<Vec<_>>().join("---\n")
}
