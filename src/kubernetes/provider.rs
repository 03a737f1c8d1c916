//! The provider `kubernetes`: its kinds, and how it is configured.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;

use super::cluster::Cluster;
use super::kinds::Registry;
use super::made_up::MadeUp;
use super::session::{KubernetesSession, Reach};
use super::settings::{self, Settings};
use super::{connection, entra};
use crate::azure::arm::{Clock, SystemClock, VirtualClock};
use crate::azure::wire::block_of;
use crate::diagnostic::Diagnostics;
use crate::provider::{Kind, Provider, Schema, Session, Surroundings};
use crate::value::Value;

/// The family of the `kubernetes_` kinds.
pub struct KubernetesProvider {
    config_schema: Schema,
    registry: Arc<LazyLock<Registry>>,
}

impl KubernetesProvider {
    /// The provider, with nothing configured.
    #[allow(clippy::new_without_default)] // There is nothing to leave out.
    pub fn new() -> Self {
        let config_schema = Schema { version: 0, block: block_of(&settings::rows()) };
        Self { config_schema, registry: Arc::new(LazyLock::new(Registry::new)) }
    }
}

#[async_trait]
impl Provider for KubernetesProvider {
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn source(&self) -> &'static str {
        "registry.terraform.io/hashicorp/kubernetes"
    }

    fn config_schema(&self) -> &Schema {
        &self.config_schema
    }

    fn kinds(&self) -> Vec<&dyn Kind> {
        self.registry.kinds().map(|kind| kind as &dyn Kind).collect()
    }

    fn data_sources(&self) -> Vec<&dyn Kind> {
        self.registry.data_sources().map(|data| data as &dyn Kind).collect()
    }

    fn kind(&self, name: &str) -> Option<&dyn Kind> {
        self.registry.kind(name).map(|kind| kind as &dyn Kind)
    }

    fn data_source(&self, name: &str) -> Option<&dyn Kind> {
        self.registry.data(name).map(|data| data as &dyn Kind)
    }

    /// A configuration with unknowns names a cluster that is yet to be made: the session then knows no cluster, and
    /// plans from the configuration alone.
    async fn configure(&self, config: &Value, surroundings: &Surroundings) -> Result<Arc<dyn Session>, Diagnostics> {
        let registry = self.registry.clone();
        if !config.is_wholly_known() {
            return Ok(Arc::new(KubernetesSession::new(Reach::Later, registry)));
        }
        let settings = Settings::gather(config, &surroundings.environment, &surroundings.folder)?;
        if settings.names_no_cluster() {
            return Ok(Arc::new(KubernetesSession::new(Reach::Nowhere, registry)));
        }
        let simulator = surroundings.simulator.as_deref();
        let way = connection::config(&settings, simulator).await?;
        let credential = entra::credential(&settings, &surroundings.environment, simulator).await?;
        let clock: Arc<dyn Clock> =
            if simulator.is_some() { Arc::new(VirtualClock::default()) } else { Arc::new(SystemClock::default()) };
        let made_up = MadeUp::new(simulator.is_some());
        let cluster = Cluster::new(way, credential, settings.ignored, clock, made_up);
        Ok(Arc::new(KubernetesSession::new(Reach::Known(Box::new(cluster)), registry)))
    }
}
