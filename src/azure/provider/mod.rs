//! The providers `azurerm`, `azapi`, `azuread` and `bowline`: how they are configured, and the session that hands each call to its kind.

mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use serde_json::Value as Json;

use super::arm::{Clock, Method, Request, Settings, SystemClock, VirtualClock};
use super::directory;
use super::discover::discover;
use super::kinds::{AzureData, AzureKind, READ, Registry, instead};
use super::preflight::preflight;
use super::registration::Registrations;
use super::session::{Azure, Kept, Machines};
use super::wire::{Dialect, at, block_of};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Directory, Drift, Finding, Found, Intended, Kind, Lane, PlanRequest, PlanResponse, Planned, Principal,
    Provider, Read, Recorded, Schema, Sent, Session, Settled, Sought, Stranger, Surroundings, Watch, Write,
};
use crate::span::SourceMap;
use crate::syntax::tree::Body;
use crate::value::Value;

/// The subscription of the simulator, when none is configured.
pub const SIMULATED_SUBSCRIPTION: &str = "11111111-1111-4111-8111-111111111111";
/// The directory of the simulator, when none is configured.
pub const SIMULATED_TENANT: &str = "22222222-2222-4222-8222-222222222222";

/// A family of Azure kinds.
pub struct AzureProvider {
    name: &'static str,
    source: &'static str,
    config_schema: Schema,
    registry: Kinds,
}

/// The kinds, made when the first of them is asked for: the tables are large, and many stacks need only one family.
type Kinds = Arc<LazyLock<Registry>>;

/// The provider of the `azurerm_` kinds.
pub fn azurerm() -> AzureProvider {
    AzureProvider {
        name: "azurerm",
        source: "registry.terraform.io/hashicorp/azurerm",
        config_schema: Schema { version: 0, block: block_of(&settings::azurerm()) },
        registry: Arc::new(LazyLock::new(Registry::azurerm)),
    }
}

/// The provider of the `azapi_` kinds.
pub fn azapi() -> AzureProvider {
    AzureProvider {
        name: "azapi",
        source: "registry.terraform.io/azure/azapi",
        config_schema: Schema { version: 0, block: block_of(&settings::azapi()) },
        registry: Arc::new(LazyLock::new(Registry::azapi)),
    }
}

/// The provider of the `azuread_` data sources.
pub fn azuread() -> AzureProvider {
    AzureProvider {
        name: "azuread",
        source: "registry.terraform.io/hashicorp/azuread",
        config_schema: Schema { version: 0, block: block_of(&settings::azuread()) },
        registry: Arc::new(LazyLock::new(Registry::azuread)),
    }
}

/// The provider of the `bowline_` kinds, which azurerm lacks.
pub fn bowline() -> AzureProvider {
    AzureProvider {
        name: "bowline",
        source: "registry.terraform.io/bowline/bowline",
        config_schema: Schema { version: 0, block: block_of(&settings::bowline()) },
        registry: Arc::new(LazyLock::new(Registry::bowline)),
    }
}

#[async_trait]
impl Provider for AzureProvider {
    fn name(&self) -> &'static str {
        self.name
    }

    fn source(&self) -> &'static str {
        self.source
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

    fn instead(&self, kind: &str, label: &str, body: &Body, sources: &SourceMap) -> Option<String> {
        instead(kind, label, body, sources)
    }

    async fn configure(&self, config: &Value, surroundings: &Surroundings) -> Result<Arc<dyn Session>, Diagnostics> {
        let settings = Settings::gather(config, &surroundings.environment)?;
        let simulator = surroundings.simulator.as_deref();
        let cloud = settings.cloud(simulator).await?;
        let clock: Arc<dyn Clock> =
            if simulator.is_some() { Arc::new(VirtualClock::default()) } else { Arc::new(SystemClock::default()) };
        let clients = settings.clients(&cloud, clock)?;
        clients.manager.tell(&surroundings.holdups);
        let or_simulated = |given: Option<String>, simulated: &str| match (given, simulator) {
            (Some(given), _) => given,
            (None, Some(_)) => simulated.to_owned(),
            (None, None) => String::new(),
        };
        let is_told_later = at(config, "subscription_id").is_some_and(|given| !given.is_known());
        let subscription = match settings.subscription_id {
            // It is told by something that is not made yet, and is none that the environment or the simulator has.
            _ if is_told_later => String::new(),
            given => or_simulated(given, SIMULATED_SUBSCRIPTION),
        };
        // The kinds of `bowline` say themselves where they are, and the directory is in none.
        let is_needed = !matches!(self.name, "bowline" | "azuread");
        if is_needed && subscription.is_empty() && !is_told_later {
            return Err(no_subscription().into());
        }
        let tenant = or_simulated(settings.tenant_id, SIMULATED_TENANT);
        let dialect = Dialect::of_constraint(surroundings.version_constraint.as_deref());
        let mut azure = Azure::new(clients.manager, subscription, tenant, dialect);
        azure.mentioned = surroundings.mentioned.clone();
        azure.storage_domain.clone_from(&cloud.storage_domain);
        azure.vaults = Some(clients.vaults);
        azure.graph = Some(clients.graph);
        let feature = |path: &str| at(config, path).and_then(Value::as_bool);
        azure.overwrite_existing =
            feature("features.skip_import_check_on_create_and_allow_overwriting_existing_resources").unwrap_or(false);
        let text = |path: &str| at(config, path).and_then(Value::as_str);
        let named = at(config, "resource_providers_to_register").and_then(Value::as_elements).unwrap_or_default();
        azure.registrations = Registrations::new(
            text("resource_provider_registrations"),
            feature("skip_provider_registration") == Some(true),
            named.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        )?;
        azure.keep_full_groups =
            feature("features.resource_group.prevent_deletion_if_contains_resources").unwrap_or(true);
        azure.cancel_subscriptions = feature("features.subscription.prevent_cancellation_on_destroy") != Some(true);
        azure.machines = Machines {
            delete_os_disk: feature("features.virtual_machine.delete_os_disk_on_deletion") != Some(false),
            force_delete: feature("features.virtual_machine.skip_shutdown_and_force_delete") == Some(true),
        };
        let vaults = |name: &str| feature(&format!("features.key_vault.{name}")).unwrap_or(true);
        azure.deleted_secrets = Kept {
            purge: vaults("purge_soft_deleted_secrets_on_destroy"),
            recover: vaults("recover_soft_deleted_secrets"),
        };
        azure.deleted_keys =
            Kept { purge: vaults("purge_soft_deleted_keys_on_destroy"), recover: vaults("recover_soft_deleted_keys") };
        azure.deleted_vaults =
            Kept { purge: vaults("purge_soft_delete_on_destroy"), recover: vaults("recover_soft_deleted_key_vaults") };
        Ok(Arc::new(AzureSession { azure, registry: self.registry.clone(), is_open: !(is_needed && is_told_later) }))
    }
}

fn no_subscription() -> Diagnostic {
    Diagnostic::error(
        "No Azure subscription",
        "`subscription_id` is a required provider property when performing a plan/apply operation: set it in the \
         provider block or in the environment variable ARM_SUBSCRIPTION_ID.",
    )
}

/// A configured provider: each call goes to the kind that it names.
struct AzureSession {
    azure: Azure,
    registry: Kinds,
    /// It is known in which subscription it works.
    is_open: bool,
}

impl AzureSession {
    fn kind(&self, name: &str) -> Result<&dyn AzureKind, Diagnostics> {
        self.registry.kind(name).ok_or_else(|| unknown_kind("resource type", name))
    }

    fn data(&self, name: &str) -> Result<&dyn AzureData, Diagnostics> {
        self.registry.data(name).ok_or_else(|| unknown_kind("data source", name))
    }
}

fn unknown_kind(what: &str, name: &str) -> Diagnostics {
    Diagnostic::error(format!("Invalid {what}"), format!("The provider does not support {what} \"{name}\".")).into()
}

fn nothing_done(diagnostics: Diagnostics) -> Applied {
    Applied { recorded: None, diagnostics }
}

#[async_trait]
impl Read for AzureSession {
    /// The directory needs no subscription, and the kinds of `bowline` name their own.
    fn is_open(&self) -> bool {
        self.is_open
    }

    fn plan(&self, kind: &str, request: PlanRequest<'_>) -> PlanResponse {
        match self.kind(kind) {
            Ok(kind) => kind.plan(&self.azure, request),
            Err(diagnostics) => PlanResponse {
                planned: request.proposed.clone(),
                requires_replace: Vec::new(),
                notes: Vec::new(),
                findings: diagnostics
                    .into_iter()
                    .map(|diagnostic| Finding { path: crate::value::Path::default(), diagnostic })
                    .collect(),
            },
        }
    }

    async fn prefetch(&self, wanted: &[(&str, &Recorded)]) {
        let mut by_kind: BTreeMap<&str, Vec<&Recorded>> = BTreeMap::new();
        for (kind, recorded) in wanted {
            by_kind.entry(kind).or_default().push(recorded);
        }
        let kinds = by_kind.iter().filter_map(|(kind, wanted)| Some((self.registry.kind(kind)?, wanted)));
        futures::future::join_all(kinds.map(|(kind, wanted)| kind.prefetch(&self.azure, wanted))).await;
    }

    fn drift(&self, kind: &str, recorded: &Recorded, observed: &Recorded) -> Drift {
        match self.registry.kind(kind) {
            Some(kind) => kind.drift(&self.azure, recorded, observed),
            None => Drift::between(recorded, observed),
        }
    }

    fn strangers(&self) -> Vec<Stranger> {
        let left = self.azure.take_left();
        if left.is_empty() {
            return Vec::new();
        }
        let minding: Vec<_> = self.registry.kinds().filter(|kind| kind.minds_strangers()).collect();
        left.values().filter_map(|answer| minding.iter().find_map(|kind| kind.stranger(answer))).collect()
    }

    async fn read(&self, kind: &str, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        self.kind(kind)?.read(&self.azure, recorded).await
    }

    async fn read_data(&self, kind: &str, config: &Value) -> Result<Value, Diagnostics> {
        self.data(kind)?.read_data(&self.azure, config).await
    }

    async fn list(&self, path: &str, version: &str, filter: Option<&str>) -> Result<Vec<Json>, Diagnostics> {
        let full = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/subscriptions/{}/{path}", self.azure.subscription)
        };
        let mut request = Request::new(Method::Get, full, version);
        if let Some(filter) = filter {
            request = request.query("$filter", filter);
        }
        let listed = self.azure.client.list(&request, &self.azure.client.patience(READ)).await;
        listed.map_err(|error| error.diagnostic(&format!("list {path}")).into())
    }

    async fn principal_of(&self, application: &str) -> Result<Option<Principal>, Diagnostics> {
        match &self.azure.graph {
            Some(graph) => directory::principal_of(graph, application)
                .await
                .map_err(|error| error.diagnostic(&format!("look up the application {application}")).into()),
            None => Ok(None),
        }
    }

    async fn directory(&self, sought: &[Sought]) -> Directory {
        match &self.azure.graph {
            Some(graph) => directory::look_up(graph, sought).await,
            None => Directory::default(),
        }
    }

    async fn import(&self, kind: &str, id: &str) -> Result<Recorded, Diagnostics> {
        self.kind(kind)?.import(&self.azure, id).await
    }

    async fn discover(&self, scope: &str) -> Result<Vec<Found>, Diagnostics> {
        discover(&self.azure, &self.registry, scope).await
    }

    async fn settle(&self, kind: &str, sent: &[Sent], recorded: Option<&Recorded>) -> Result<Settled, Diagnostics> {
        self.kind(kind)?.settle(&self.azure, sent, recorded).await
    }

    fn implied_order(&self, planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
        self.registry.kinds().flat_map(|kind| kind.implied_order(planned)).collect()
    }

    async fn confirm(&self, planned: &[Planned<'_>]) -> Vec<(usize, Finding)> {
        let names: BTreeSet<&str> = planned.iter().map(|planned| planned.kind).collect();
        let kinds = names.into_iter().filter_map(|name| self.registry.kind(name));
        let confirmed = kinds.map(|kind| kind.confirm(&self.azure, planned));
        futures::future::join_all(confirmed).await.concat()
    }

    fn lanes(&self, kind: &str, value: &Value) -> Vec<Lane> {
        self.kind(kind).map(|kind| kind.lanes(value)).unwrap_or_default()
    }

    async fn preflight(&self, intended: &[Intended<'_>]) -> Vec<(usize, Finding)> {
        preflight(&self.azure, &self.registry, intended).await
    }
}

#[async_trait]
impl Write for AzureSession {
    async fn create(&self, kind: &str, planned: &Value, config: &Value, watch: &dyn Watch) -> Applied {
        match self.kind(kind) {
            Ok(kind) => kind.create(&self.azure, planned, config, watch).await,
            Err(diagnostics) => nothing_done(diagnostics),
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
        match self.kind(kind) {
            Ok(kind) => kind.update(&self.azure, prior, planned, config, watch).await,
            Err(diagnostics) => Applied { recorded: Some(prior.clone()), diagnostics },
        }
    }

    async fn delete(&self, kind: &str, prior: &Recorded, watch: &dyn Watch) -> Applied {
        match self.kind(kind) {
            Ok(kind) => kind.delete(&self.azure, prior, watch).await,
            Err(diagnostics) => Applied { recorded: Some(prior.clone()), diagnostics },
        }
    }
}
