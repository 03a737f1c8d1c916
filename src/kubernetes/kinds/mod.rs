//! The kinds of Kubernetes. Most are a table and a few words of their own ([`ObjectKind`]); a manifest is anything.
//!
//! To add a kind: a file here with its table, and its line in the registry below.

mod config_map;
mod manifest;
mod metadata;
mod namespace;
mod object_data;
mod object_kind;
mod resource_data;
mod secret;
mod service_account;
mod wait;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::cluster::Cluster;
use crate::azure::wire::at;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Applied, Kind, PlanRequest, PlanResponse, Planned, Recorded, Sent, Settled, Watch};
use crate::value::Value;

use object_kind::ObjectKind;

/// What came of trying something out at the cluster.
#[derive(Debug, Clone)]
pub(super) enum Rehearsal {
    /// What the object would be.
    Object(Json),
    /// It cannot be told now, and why that is no fault.
    Open(String),
    /// It would be refused.
    Refused(Vec<(crate::value::Path, Diagnostic)>),
}

/// A managed kind: the verbs of [`crate::provider::Read`] and [`crate::provider::Write`] for one kind.
#[async_trait]
pub(super) trait KubernetesKind: Kind {
    /// Decides what an instance will be. Pure.
    fn plan(&self, request: PlanRequest<'_>, rehearsal: Option<&Rehearsal>) -> PlanResponse;

    /// Under what name a rehearsal of this configuration is kept; `None` for what is not rehearsed.
    fn rehearsal_key(&self, _config: &Value) -> Option<String> {
        None
    }

    /// Tries out at the cluster what a configuration would make, changing nothing.
    async fn rehearse(&self, _cluster: &Cluster, _config: &Value) -> Option<Rehearsal> {
        None
    }

    /// Reads an object as it is now; `None` when it is gone.
    async fn read(&self, cluster: &Cluster, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics>;

    /// Reads an object that is to be taken over.
    async fn import(&self, cluster: &Cluster, id: &str) -> Result<Recorded, Diagnostics>;

    /// Makes the object.
    async fn create(&self, cluster: &Cluster, planned: &Value, config: &Value, watch: &dyn Watch) -> Applied;

    /// Changes the object in place.
    async fn update(
        &self,
        cluster: &Cluster,
        prior: &Recorded,
        planned: &Value,
        config: &Value,
        watch: &dyn Watch,
    ) -> Applied;

    /// Removes the object.
    async fn delete(&self, cluster: &Cluster, prior: &Recorded, watch: &dyn Watch) -> Applied;

    /// Finds out what came of a write whose end nobody saw: a write of Kubernetes ends with its answer, so what is
    /// there now is what came of it.
    async fn settle(
        &self,
        cluster: &Cluster,
        sent: &[Sent],
        recorded: Option<&Recorded>,
    ) -> Result<Settled, Diagnostics> {
        let found = match (recorded, sent.first()) {
            (Some(recorded), _) => self.read(cluster, recorded).await?,
            (None, Some(first)) => self.made(cluster, &first.intent.id).await?,
            (None, None) => None,
        };
        Ok(Settled { recorded: found, failure: None })
    }

    /// The object of an id, if a creation of ours has made it.
    async fn made(&self, cluster: &Cluster, id: &str) -> Result<Option<Recorded>, Diagnostics> {
        self.find(cluster, id).await
    }

    /// The object of an id, if there is one.
    async fn find(&self, cluster: &Cluster, id: &str) -> Result<Option<Recorded>, Diagnostics>;
}

/// A data source.
#[async_trait]
pub(super) trait KubernetesData: Kind {
    /// Reads it.
    async fn read_data(&self, cluster: &Cluster, config: &Value) -> Result<Value, Diagnostics>;
}

/// The kinds and data sources, by name.
#[derive(Default)]
pub(super) struct Registry {
    kinds: BTreeMap<String, Box<dyn KubernetesKind>>,
    data: BTreeMap<String, Box<dyn KubernetesData>>,
}

impl Registry {
    /// Everything named `kubernetes_`. What is of the core group has two names.
    pub fn new() -> Self {
        let mut registry = Self::default();
        for name in namespace::NAMES {
            registry.add_object(|| namespace::kind(name));
        }
        for name in service_account::NAMES {
            registry.add_object(|| service_account::kind(name));
        }
        for name in config_map::NAMES {
            registry.add_object(|| config_map::kind(name));
        }
        for name in secret::NAMES {
            registry.add_object(|| secret::kind(name));
        }
        registry.add(manifest::Manifest::new());
        registry.add_data(resource_data::ResourceData::new());
        registry
    }

    /// Adds a kind and the data source of the same name.
    fn add_object(&mut self, kind: impl Fn() -> ObjectKind) {
        self.add(kind());
        self.add_data(object_data::ObjectData::of(kind()));
    }

    fn add(&mut self, kind: impl KubernetesKind + 'static) {
        self.kinds.insert(kind.name().to_owned(), Box::new(kind));
    }

    fn add_data(&mut self, data: impl KubernetesData + 'static) {
        self.data.insert(data.name().to_owned(), Box::new(data));
    }

    /// A managed kind.
    pub fn kind(&self, name: &str) -> Option<&dyn KubernetesKind> {
        self.kinds.get(name).map(AsRef::as_ref)
    }

    /// A data source.
    pub fn data(&self, name: &str) -> Option<&dyn KubernetesData> {
        self.data.get(name).map(AsRef::as_ref)
    }

    /// All managed kinds, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &dyn KubernetesKind> {
        self.kinds.values().map(AsRef::as_ref)
    }

    /// All data sources, by name.
    pub fn data_sources(&self) -> impl Iterator<Item = &dyn KubernetesData> {
        self.data.values().map(AsRef::as_ref)
    }
}

/// A namespace comes before what is in it, and a kind's definition before its objects, also where no reference says so.
pub(super) fn implied_order(planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for (i, one) in planned.iter().enumerate() {
        first.extend(provides(one).map(|name| (name, i)));
    }
    let mut order = Vec::new();
    for (then, one) in planned.iter().enumerate() {
        for name in needs(one) {
            order.extend(first.get(&name).filter(|first| **first != then).map(|first| (*first, then)));
        }
    }
    order
}

fn text(value: &Value, path: &str) -> Option<String> {
    at(value, path).and_then(Value::as_str).map(str::to_owned)
}

/// What others may need: a namespace, a kind.
fn provides(planned: &Planned<'_>) -> Option<String> {
    let value = planned.value;
    if namespace::is_one(planned.kind) {
        return Some(format!("namespace {}", text(value, "metadata.name")?));
    }
    if planned.kind != manifest::NAME {
        return None;
    }
    match text(value, "manifest.kind")?.as_str() {
        "Namespace" => Some(format!("namespace {}", text(value, "manifest.metadata.name")?)),
        "CustomResourceDefinition" => {
            let (group, kind) = (text(value, "manifest.spec.group")?, text(value, "manifest.spec.names.kind")?);
            Some(format!("kind {group} {kind}"))
        }
        _ => None,
    }
}

fn needs(planned: &Planned<'_>) -> Vec<String> {
    let value = planned.value;
    let namespace = |path: &str| text(value, path).map(|name| format!("namespace {name}"));
    if planned.kind != manifest::NAME {
        let is_ours = planned.kind.starts_with("kubernetes_");
        return namespace("metadata.namespace").filter(|_| is_ours).into_iter().collect();
    }
    let group = text(value, "manifest.apiVersion").and_then(|version| Some(version.split_once('/')?.0.to_owned()));
    let kind = group.zip(text(value, "manifest.kind")).map(|(group, kind)| format!("kind {group} {kind}"));
    namespace("manifest.metadata.namespace").into_iter().chain(kind).collect()
}
