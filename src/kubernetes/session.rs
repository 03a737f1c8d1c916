//! A configured provider: each call goes to the kind that it names. Without a cluster (its configuration is not known
//! yet) planning goes by what is configured and recorded.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use async_trait::async_trait;

use super::cluster::Cluster;
use super::connection;
use super::failure::Failure;
use super::kinds::{self, KubernetesData, KubernetesKind, Registry, Rehearsal};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Finding, PlanRequest, PlanResponse, Planned, Read, Recorded, Sent, Settled, Watch, Write,
};
use crate::value::{Path, Value};

/// What a session knows of its cluster.
pub(super) enum Reach {
    /// Which it is.
    Known(Box<Cluster>),
    /// That depends on what is yet to be made.
    Later,
    /// Nobody says which is meant. That is a fault only once something is to be in it: a module may have objects of a
    /// cluster that its caller does not ask for.
    Nowhere,
}

/// The session.
pub(super) struct KubernetesSession {
    reach: Reach,
    registry: Arc<LazyLock<Registry>>,
    rehearsals: Mutex<HashMap<String, Rehearsal>>,
}

impl KubernetesSession {
    pub fn new(reach: Reach, registry: Arc<LazyLock<Registry>>) -> Self {
        Self { reach, registry, rehearsals: Mutex::default() }
    }

    fn kind(&self, name: &str) -> Result<&dyn KubernetesKind, Diagnostics> {
        self.registry.kind(name).ok_or_else(|| unknown("resource type", name))
    }

    fn data(&self, name: &str) -> Result<&dyn KubernetesData, Diagnostics> {
        self.registry.data(name).ok_or_else(|| unknown("data source", name))
    }

    fn cluster(&self) -> Result<&Cluster, Diagnostics> {
        match &self.reach {
            Reach::Known(cluster) => Ok(cluster),
            Reach::Nowhere => Err(connection::no_cluster().into()),
            Reach::Later => Err(not_known_yet().into()),
        }
    }

    /// The kind, where a cluster is meant at all.
    fn planned(&self, name: &str) -> Result<&dyn KubernetesKind, Diagnostics> {
        match self.reach {
            Reach::Nowhere => Err(connection::no_cluster().into()),
            _ => self.kind(name),
        }
    }

    fn rehearsed(&self, key: &str) -> Option<Rehearsal> {
        self.rehearsals.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }
}

fn not_known_yet() -> Diagnostic {
    let detail = "The configuration of the provider \"kubernetes\" depends on values that are known only after apply, so the \
                  cluster cannot be asked now. Apply what it depends on first (with -target), or give the provider what is \
                  known.";
    Diagnostic::error("Cluster not known yet", detail)
}

fn unknown(what: &str, name: &str) -> Diagnostics {
    let detail = format!("The provider \"kubernetes\" does not support {what} \"{name}\" here.");
    Diagnostic::error(format!("Invalid {what}"), detail).into()
}

#[async_trait]
impl Read for KubernetesSession {
    fn is_open(&self) -> bool {
        !matches!(self.reach, Reach::Later)
    }

    fn plan(&self, kind: &str, request: PlanRequest<'_>) -> PlanResponse {
        match self.planned(kind) {
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
        let (Ok(kind), Reach::Known(cluster)) = (self.kind(kind), &self.reach) else { return };
        let Some(key) = kind.rehearsal_key(config) else { return };
        if let Some(rehearsal) = kind.rehearse(cluster, config).await {
            self.rehearsals.lock().unwrap_or_else(PoisonError::into_inner).insert(key, rehearsal);
        }
    }

    async fn read(&self, kind: &str, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        match &self.reach {
            Reach::Later => Ok(Some(recorded.clone())),
            _ => self.kind(kind)?.read(self.cluster()?, recorded).await,
        }
    }

    /// The objects of a kind, in all namespaces: `Deployment` of version `apps/v1`; or the one that the filter names,
    /// `namespace/name`. Of a kind that the cluster does not serve there are none.
    async fn list(
        &self,
        kind: &str,
        version: &str,
        filter: Option<&str>,
    ) -> Result<Vec<serde_json::Value>, Diagnostics> {
        let cluster = self.cluster()?;
        if let Some((namespace, name)) = filter.and_then(|filter| filter.split_once('/')) {
            let found = cluster.get(version, kind, namespace, name).await;
            let tried = format!("read the {kind} {namespace}/{name}");
            return Ok(found.map_err(|failure| cluster.problem(&tried, &failure))?.into_iter().collect());
        }
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
