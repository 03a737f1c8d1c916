//! A configured provider: each call goes to the kind that it names. Without a cluster (its configuration is not known
//! yet) planning goes by what is configured and recorded.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use async_trait::async_trait;

use super::cluster::Cluster;
use super::failure::Failure;
use super::kinds::{self, KubernetesData, KubernetesKind, Registry, Rehearsal};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Finding, PlanRequest, PlanResponse, Planned, Read, Recorded, Sent, Settled, Watch, Write,
};
use crate::value::{Path, Value};

/// The session.
pub(super) struct KubernetesSession {
    /// `None` while the configuration is not known.
    cluster: Option<Cluster>,
    registry: Arc<LazyLock<Registry>>,
    rehearsals: Mutex<HashMap<String, Rehearsal>>,
}

impl KubernetesSession {
    pub fn new(cluster: Option<Cluster>, registry: Arc<LazyLock<Registry>>) -> Self {
        Self { cluster, registry, rehearsals: Mutex::default() }
    }

    fn kind(&self, name: &str) -> Result<&dyn KubernetesKind, Diagnostics> {
        self.registry.kind(name).ok_or_else(|| unknown("resource type", name))
    }

    fn data(&self, name: &str) -> Result<&dyn KubernetesData, Diagnostics> {
        self.registry.data(name).ok_or_else(|| unknown("data source", name))
    }

    fn cluster(&self) -> Result<&Cluster, Diagnostics> {
        self.cluster.as_ref().ok_or_else(|| {
            let detail = "The configuration of the provider \"kubernetes\" depends on values that are known only after apply, \
                          so the cluster cannot be asked now. Apply what it depends on first (with -target), or give the \
                          provider what is known.";
            Diagnostic::error("Cluster not known yet", detail).into()
        })
    }

    fn rehearsed(&self, key: &str) -> Option<Rehearsal> {
        self.rehearsals.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }
}

fn unknown(what: &str, name: &str) -> Diagnostics {
    let detail = format!("The provider \"kubernetes\" does not support {what} \"{name}\" here.");
    Diagnostic::error(format!("Invalid {what}"), detail).into()
}

#[async_trait]
impl Read for KubernetesSession {
    fn is_open(&self) -> bool {
        self.cluster.is_some()
    }

    fn plan(&self, kind: &str, request: PlanRequest<'_>) -> PlanResponse {
        match self.kind(kind) {
            Ok(kind) => {
                let rehearsal = kind.rehearsal_key(request.config).and_then(|key| self.rehearsed(&key));
                kind.plan(request, rehearsal.as_ref())
            }
            Err(diagnostics) => PlanResponse {
                planned: request.proposed.clone(),
                requires_replace: Vec::new(),
                notes: Vec::new(),
                findings: diagnostics
                    .into_iter()
                    .map(|diagnostic| Finding { path: Path::default(), diagnostic })
                    .collect(),
            },
        }
    }

    async fn rehearse(&self, kind: &str, config: &Value) {
        let (Ok(kind), Some(cluster)) = (self.kind(kind), &self.cluster) else { return };
        let Some(key) = kind.rehearsal_key(config) else { return };
        if let Some(rehearsal) = kind.rehearse(cluster, config).await {
            self.rehearsals.lock().unwrap_or_else(PoisonError::into_inner).insert(key, rehearsal);
        }
    }

    async fn read(&self, kind: &str, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        match &self.cluster {
            Some(cluster) => self.kind(kind)?.read(cluster, recorded).await,
            None => Ok(Some(recorded.clone())),
        }
    }

    /// The objects of a kind, in all namespaces: `Deployment` of version `apps/v1`. Of a kind that the cluster does not
    /// serve there are none.
    async fn list(
        &self,
        kind: &str,
        version: &str,
        _filter: Option<&str>,
    ) -> Result<Vec<serde_json::Value>, Diagnostics> {
        let cluster = self.cluster()?;
        match cluster.list(version, kind).await {
            Ok(found) => Ok(found),
            Err(Failure::UnknownKind(_)) => Ok(Vec::new()),
            Err(failure) => Err(cluster.problem(&format!("list every {kind}"), &failure).into()),
        }
    }

    async fn read_data(&self, kind: &str, config: &Value) -> Result<Value, Diagnostics> {
        self.data(kind)?.read_data(self.cluster()?, config).await
    }

    async fn import(&self, kind: &str, id: &str) -> Result<Recorded, Diagnostics> {
        self.kind(kind)?.import(self.cluster()?, id).await
    }

    async fn settle(&self, kind: &str, sent: &[Sent], recorded: Option<&Recorded>) -> Result<Settled, Diagnostics> {
        self.kind(kind)?.settle(self.cluster()?, sent, recorded).await
    }

    fn implied_order(&self, planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
        kinds::implied_order(planned)
    }
}

#[async_trait]
impl Write for KubernetesSession {
    async fn create(&self, kind: &str, planned: &Value, config: &Value, watch: &dyn Watch) -> Applied {
        match self.kind(kind).and_then(|kind| Ok((kind, self.cluster()?))) {
            Ok((kind, cluster)) => kind.create(cluster, planned, config, watch).await,
            Err(diagnostics) => Applied { recorded: None, diagnostics },
        }
    }

    async fn update(
        &self,
        kind: &str,
        prior: &Recorded,
        planned: &Value,
        config: &Value,
        watch: &dyn Watch,
    ) -> Applied {
        match self.kind(kind).and_then(|kind| Ok((kind, self.cluster()?))) {
            Ok((kind, cluster)) => kind.update(cluster, prior, planned, config, watch).await,
            Err(diagnostics) => Applied { recorded: Some(prior.clone()), diagnostics },
        }
    }

    async fn delete(&self, kind: &str, prior: &Recorded, watch: &dyn Watch) -> Applied {
        match self.kind(kind).and_then(|kind| Ok((kind, self.cluster()?))) {
            Ok((kind, cluster)) => kind.delete(cluster, prior, watch).await,
            Err(diagnostics) => Applied { recorded: Some(prior.clone()), diagnostics },
        }
    }
}
