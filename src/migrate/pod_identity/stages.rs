//! The files of a migration: three stages, each of which can be applied, checked and taken back.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Migration, Move, id_expression};
use crate::manifests::{self, lines};

/// A file and what is in it.
pub type Written = (String, String);

/// Everything that is to be written.
pub fn write(migration: &Migration) -> Vec<Written> {
    let mut files = vec![
        ("README.md".to_owned(), runbook(migration)),
        ("1-side-by-side/workload-identity.tf".to_owned(), credentials(migration)),
        ("1-side-by-side/service-accounts.yaml".to_owned(), accounts(migration)),
    ];
    files.extend(patches(migration, "2-workloads", |one| patch(one, &joined(one))));
    files.extend(patches(migration, "3-profile-off", |one| {
        patch(one, &json!({ "labels": { "aadpodidbinding": null } }))
    }));
    files
}

/// The moves that still need something in Azure, one for each service account and identity.
fn fresh(migration: &Migration) -> BTreeMap<(String, String), &Move> {
    let missing = migration.moves.iter().filter(|one| !one.has_credential || one.taken_over.is_some());
    missing.map(|one| ((one.namespace.clone(), one.account.clone()), one)).collect()
}

/// The federated credentials in HCL.
fn credentials(migration: &Migration) -> String {
    let mut out = String::from(
        "# Both ways side by side: each service account may act as the identity that its pods use through pod identity.\n\
         # Nothing is taken away. The cluster needs oidc_issuer_enabled = true and workload_identity_enabled = true.\n",
    );
    let issuer = migration.issuer.clone().unwrap_or_else(|| {
        out.push_str("\nvariable \"oidc_issuer_url\" {\n  type        = string\n  description = \"oidc_issuer_url of the cluster.\"\n}\n");
        "var.oidc_issuer_url".to_owned()
    });
    for ((namespace, account), one) in fresh(migration) {
        let label = label(&namespace, &account);
        let mut name = format!("{namespace}-{account}").chars().take(120).collect::<String>().replace('.', "-");
        if let Some(id) = &one.taken_over {
            id.rsplit('/').next().unwrap_or_default().clone_into(&mut name);
            out.push_str(&format!(
                "\n# Azure has it already.\nimport {{\n  to = azurerm_federated_identity_credential.{label}\n  id = {id:?}\n}}\n"
            ));
        }
        out.push_str(&format!(
            "\nresource \"azurerm_federated_identity_credential\" \"{label}\" {{\n  name                      = \"{name}\"\n  \
             user_assigned_identity_id = {identity}\n  audience                  = [\"api://AzureADTokenExchange\"]\n  \
             issuer                    = {issuer}\n  subject                   = \"system:serviceaccount:{namespace}:{account}\"\n}}\n",
            identity = id_expression(&one.identity),
        ));
    }
    out
}

fn label(namespace: &str, account: &str) -> String {
    format!("workload_{namespace}_{account}").replace(['-', '.'], "_")
}

/// The service accounts that have to be there before the pods move.
fn accounts(migration: &Migration) -> String {
    let mut of_name: BTreeMap<(String, String), &Move> = BTreeMap::new();
    for one in &migration.moves {
        of_name.insert((one.namespace.clone(), one.account.clone()), one);
    }
    let one = |((namespace, account), one): (&(String, String), &&Move)| {
        let client = if one.identity.client.is_empty() { "CLIENT-ID" } else { &one.identity.client };
        let remark = if one.has_account { "# It is there: only the annotation is new.\n" } else { "" };
        format!("{remark}{}", lines(&manifests::service_account(account, namespace, client), 0))
    };
    of_name.iter().map(one).collect::<Vec<_>>().join("---\n")
}

/// What makes a workload use the new way; the label of the old one stays.
fn joined(one: &Move) -> Json {
    let mut metadata = json!({ "labels": { "azure.workload.identity/use": "true" } });
    if let (true, Some(fields)) = (one.by_proxy, metadata.as_object_mut()) {
        fields.insert("annotations".into(), json!({ "azure.workload.identity/inject-proxy-sidecar": "true" }));
    }
    metadata
}

/// A strategic merge patch of a workload's pods.
fn patch(one: &Move, metadata: &Json) -> Json {
    let moves = metadata.pointer("/labels/azure.workload.identity~1use").is_some();
    let mut template = json!({ "metadata": metadata });
    if let (true, Some(fields)) = (moves, template.as_object_mut()) {
        fields.insert("spec".into(), json!({ "serviceAccountName": one.account }));
    }
    let mut whole = one.pods.way.iter().rev().fold(template, |inner, key| json!({ *key: inner }));
    if let Some(fields) = whole.as_object_mut() {
        fields.insert("apiVersion".into(), one.pods.api.clone().into());
        fields.insert("kind".into(), one.pods.kind.clone().into());
        let metadata = fields.entry("metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert("name".into(), one.pods.name.clone().into());
            metadata.insert("namespace".into(), one.namespace.clone().into());
        }
    }
    whole
}

/// A patch for each workload, and a Kustomize component with all of them.
fn patches(migration: &Migration, folder: &str, patch: impl Fn(&Move) -> Json) -> Vec<Written> {
    let mut files = Vec::new();
    let mut listed = Vec::new();
    for one in &migration.moves {
        let name = format!("{}-{}-{}.yaml", one.namespace, one.pods.kind.to_lowercase(), one.pods.name);
        files.push((format!("{folder}/{name}"), lines(&patch(one), 0)));
        listed.push(json!({ "path": name }));
    }
    let component = json!({ "apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "patches": listed });
    files.push((format!("{folder}/kustomization.yaml"), lines(&component, 0)));
    files
}

fn runbook(migration: &Migration) -> String {
    let rows: String = migration
        .moves
        .iter()
        .map(|one| {
            let proxy = if one.by_proxy { "with the proxy" } else { "" };
            format!(
                "| {} | {} | {}/{} | {} | {proxy} |\n",
                one.pods.title(),
                one.identity.name,
                one.namespace,
                one.account,
                one.identity.roles.join(", ")
            )
        })
        .collect();
    let list = |sentences: &[String]| sentences.iter().map(|sentence| format!("- {sentence}\n")).collect::<String>();
    let open = if migration.open.is_empty() {
        String::new()
    } else {
        format!("\n## To be decided first\n{}", list(&migration.open))
    };
    let notes = if migration.notes.is_empty() {
        String::new()
    } else {
        format!("\n## Good to know\n{}", list(&migration.notes))
    };
    let bindings: String = migration.bindings.iter().map(|address| format!("   - `{address}`\n")).collect();
    format!(
        "# From pod identity to workload identity\n\n| workload | identity | service account | roles | |\n|---|---|---|---|---|\n{rows}{open}{notes}\n\
         ## Stage 1: both ways side by side\n\
         1. Set `oidc_issuer_enabled = true` and `workload_identity_enabled = true` on the cluster, and copy `1-side-by-side/workload-identity.tf` to the \
         stack. `bowline plan` must show additions only, and no access lost; then `bowline apply`.\n\
         2. `kubectl apply -f 1-side-by-side/service-accounts.yaml`\n\n\
         To take it back: remove the file and apply; delete the service accounts. No pod has used them.\n\n\
         ## Stage 2: workload by workload\n\
         For each file: `kubectl patch --patch-file FILE -f FILE`, or all of them as the component `2-workloads`. The pods are made anew with both ways: \
         the label `aadpodidbinding` stays. Check that the workload reaches what it needs; a library that does not know workload identity goes on with the \
         old way. Bare pods cannot be patched: delete them and make them anew.\n\n\
         To take it back: `kubectl rollout undo`, or patch the label `azure.workload.identity/use` away.\n\n\
         ## Stage 3: the profile off\n\
         1. When every workload runs with workload identity: the patches of `3-profile-off` take the label `aadpodidbinding` away.\n\
         2. Remove these from the stack and apply; then set `pod_identity_profile {{ enabled = false }}` and apply again:\n{bindings}\
         3. `bowline plan` shows that pods lose access by the label, and must show none that a service account loses.\n\n\
         To take it back: apply the stack of before; the labels are in the files of stage 2's workloads still.\n"
    )
}
