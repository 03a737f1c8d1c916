//! `kubernetes_namespace_v1`, also without its version.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value as Json};

use super::super::cluster::{Object, Resource};
use super::super::failure::Failure;
use super::object_kind::{Call, Contents, ObjectKind};
use super::wait::until;
use crate::azure::wire::{Row, block, flag, texts};
use crate::value::{Type, Value};

/// Its names.
pub(super) const NAMES: [&str; 2] = ["kubernetes_namespace_v1", "kubernetes_namespace"];

/// How long its contents may take to go (Terraform's provider: 5 minutes).
const REMOVAL: Duration = Duration::from_secs(5 * 60);

/// How long the default service account may take to come.
const ACCOUNT: Duration = Duration::from_secs(60);

/// Whether a kind of this name is a namespace.
pub(super) fn is_one(kind: &str) -> bool {
    NAMES.contains(&kind)
}

/// A namespace.
pub(super) fn kind(name: &'static str) -> ObjectKind {
    let rows = vec![
        flag("wait_for_default_service_account")
            .default_to(false)
            .about("Whether making it ends only when its default service account is there."),
    ];
    ObjectKind::new(name, "namespace", Resource::core("Namespace", "namespaces", false), rows, &["delete"], Namespace)
}

struct Namespace;

#[async_trait]
impl Contents for Namespace {
    fn body(&self, _: &Value) -> Map<String, Json> {
        Map::new()
    }

    fn values(&self, _: &Json, _: Option<&Value>) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    fn data_rows(&self) -> Vec<Row> {
        vec![block("spec", vec![texts("finalizers")]).computed_through()]
    }

    fn data_values(&self, object: &Json, _: &Value) -> Vec<(&'static str, Value)> {
        let finalizers = object["spec"]["finalizers"].as_array().into_iter().flatten();
        let finalizers = finalizers.filter_map(Json::as_str).map(Value::string).collect();
        let spec = Value::object_of([("finalizers", Value::list(Type::String, finalizers))]);
        vec![("spec", Value::list(spec.type_of(), vec![spec]))]
    }

    async fn made(&self, call: &Call<'_>, object: Json, planned: &Value) -> Result<Json, Failure> {
        if planned.field("wait_for_default_service_account").and_then(Value::as_bool) == Some(true) {
            let accounts = Resource::core("ServiceAccount", "serviceaccounts", true);
            let account = Object { resource: &accounts, namespace: call.name, name: "default" };
            let what = "the default service account";
            until(call.cluster, ACCOUNT, call.watch, what, || call.cluster.find(account)).await?;
        }
        Ok(object)
    }

    /// A namespace goes once everything in it is gone.
    async fn gone(&self, call: &Call<'_>) -> Result<(), Failure> {
        let limit = call.limit.unwrap_or(REMOVAL);
        let what = format!("everything in the namespace {} to be gone", call.name);
        until(call.cluster, limit, call.watch, &what, || async {
            Ok(call.cluster.find(call.object()).await?.is_none().then_some(()))
        })
        .await
    }
}
