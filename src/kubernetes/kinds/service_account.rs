//! `kubernetes_service_account_v1`, also without its version.

use async_trait::async_trait;
use serde_json::{Map, Value as Json, json};

use super::super::cluster::Resource;
use super::super::failure::Failure;
use super::object_kind::{Call, Contents, ObjectKind};
use crate::azure::wire::{Row, block_set, blocks, flag, text};
use crate::value::{Type, Value};

/// Its names.
pub(super) const NAMES: [&str; 2] = ["kubernetes_service_account_v1", "kubernetes_service_account"];

/// The arguments that refer to secrets, and the members that hold them.
const REFERENCES: [(&str, &str); 2] = [("image_pull_secret", "imagePullSecrets"), ("secret", "secrets")];

/// A service account.
pub(super) fn kind(name: &'static str) -> ObjectKind {
    let reference = || vec![text("name").about("The name of a secret in the same namespace.")];
    let rows = vec![
        flag("automount_service_account_token")
            .default_to(true)
            .about("Whether pods get the account's token without asking."),
        text("default_secret_name")
            .computed()
            .about("The secret that clusters before 1.24 made for the account; empty since."),
        block_set("image_pull_secret", reference()).about("Secrets with which images are pulled."),
        block_set("secret", reference()).about("Secrets that the account's pods may use."),
    ];
    let resource = Resource::core("ServiceAccount", "serviceaccounts", true);
    ObjectKind::new(name, "service account", resource, rows, &["create"], ServiceAccount)
}

struct ServiceAccount;

#[async_trait]
impl Contents for ServiceAccount {
    fn body(&self, planned: &Value) -> Map<String, Json> {
        let mut body = Map::new();
        let mounts = planned.field("automount_service_account_token").and_then(Value::as_bool);
        body.insert("automountServiceAccountToken".to_owned(), json!(mounts.unwrap_or(true)));
        for (name, member) in REFERENCES {
            let names = names_in(planned, name);
            if !names.is_empty() {
                let references: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
                body.insert(member.to_owned(), json!(references));
            }
        }
        body
    }

    fn values(&self, object: &Json, beside: Option<&Value>) -> Vec<(&'static str, Value)> {
        // An account that says nothing lets the token be mounted, and Terraform's provider records that as false.
        let mounts = object["automountServiceAccountToken"].as_bool().unwrap_or(false);
        let kept = beside.and_then(|beside| beside.field("default_secret_name")).filter(|kept| kept.is_known());
        let mut values = vec![
            ("automount_service_account_token", Value::bool(mounts)),
            ("default_secret_name", kept.cloned().unwrap_or_else(|| Value::string(""))),
        ];
        for (name, member) in REFERENCES {
            let now = object[member].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str());
            let before = beside.map(|beside| names_in(beside, name));
            // Clusters and registries' operators add references of their own.
            let ours = now.filter(|name| before.as_ref().is_none_or(|before| before.contains(name)));
            let references: Vec<Value> = ours.map(|name| Value::object_of([("name", Value::string(name))])).collect();
            values.push((name, Value::set(Type::object([("name", Type::String)]), references)));
        }
        values
    }

    /// References that others have added stay: a patch replaces a list as a whole. So it is for the account as it was read,
    /// and refused when somebody has written it meanwhile.
    async fn patch(&self, call: &Call<'_>, prior: &Value, planned: &Value, _config: &Value) -> Result<Json, Failure> {
        let mut patch = call.kind.difference(prior, planned);
        let changed: Vec<_> = REFERENCES.iter().filter(|(_, member)| patch.get(*member).is_some()).collect();
        if changed.is_empty() {
            return Ok(patch);
        }
        let found = call.cluster.find(call.object()).await?.unwrap_or_default();
        for (name, member) in changed {
            let before = names_in(prior, name);
            let others = found[*member].as_array().into_iter().flatten();
            let others = others.filter(|one| !one["name"].as_str().is_some_and(|name| before.contains(&name))).cloned();
            let ours = names_in(planned, name).into_iter().map(|name| json!({ "name": name }));
            patch[*member] = others.chain(ours).collect();
        }
        if let Some(version) = found["metadata"]["resourceVersion"].as_str() {
            patch["metadata"]["resourceVersion"] = json!(version);
        }
        Ok(patch)
    }

    fn data_rows(&self) -> Vec<Row> {
        let references = |name| blocks(name, vec![text("name")]).computed_through();
        vec![
            flag("automount_service_account_token").computed(),
            text("default_secret_name").computed(),
            references("image_pull_secret"),
            references("secret"),
        ]
    }
}

fn names_in<'v>(value: &'v Value, name: &str) -> Vec<&'v str> {
    let blocks = value.field(name).and_then(Value::as_elements).unwrap_or_default();
    blocks.iter().filter_map(|block| block.field("name")?.as_str()).collect()
}
