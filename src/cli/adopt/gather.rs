//! Finding what is to be adopted, and reading it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::join_all;

use super::Object;
use super::narrow::narrowed;
use crate::address::{InstanceKey, ProviderAddress, ResourceMode};
use crate::azure::discover::invalid_scope;
use crate::azure::provider::SIMULATED_SUBSCRIPTION;
use crate::cli::invocation::Invocation;
use crate::cli::loading;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::plan::recorded;
use crate::plan::stage::empty;
use crate::provider::{Found, Recorded, Registry, Session, Surroundings};
use crate::state::State;

/// How many objects are read at once.
const AT_ONCE: usize = 10;

/// What is found, and lines on what cannot be taken over.
pub(super) type Gathered = (Vec<Object>, Vec<String>);

/// Sessions with the providers that can take something over.
pub(super) struct Gatherer {
    registry: Registry,
    sessions: BTreeMap<&'static str, (ProviderAddress, Arc<dyn Session>)>,
    subscription: Option<String>,
}

impl Gatherer {
    /// Signs in as the environment says.
    pub(super) async fn open(invocation: &Invocation, simulator: Option<String>) -> Result<Self, Diagnostics> {
        let registry = loading::registry();
        let is_simulated = simulator.is_some();
        let surroundings = Surroundings {
            environment: invocation.environment.clone(),
            folder: PathBuf::from("."),
            simulator,
            ..Surroundings::default()
        };
        let mut sessions = BTreeMap::new();
        for (prefix, source) in
            [("azurerm", "registry.terraform.io/hashicorp/azurerm"), ("azapi", "registry.terraform.io/azure/azapi")]
        {
            let Some(provider) = registry.find(source) else { continue };
            let config = empty(&provider.config_schema().block);
            let session = provider.configure(&config, &surroundings).await?;
            sessions.insert(prefix, (ProviderAddress::default_of(source), session));
        }
        let named = invocation.variable("ARM_SUBSCRIPTION_ID").map(str::to_owned);
        let subscription = named.or_else(|| is_simulated.then(|| SIMULATED_SUBSCRIPTION.to_owned()));
        Ok(Self { registry, sessions, subscription })
    }

    /// Everything in these groups, or in the subscription.
    pub(super) async fn of_scopes(
        &self,
        groups: &[String],
        subscription: Option<&str>,
    ) -> Result<Gathered, Diagnostics> {
        let given =
            subscription.filter(|id| !id.is_empty()).map(|id| id.trim_start_matches("/subscriptions/").to_owned());
        let subscription = given.or_else(|| self.subscription.clone()).ok_or_else(|| {
            let detail = "Give -subscription=ID, or set ARM_SUBSCRIPTION_ID.";
            Diagnostic::error("No Azure subscription", detail)
        })?;
        if subscription.contains('/') {
            return Err(invalid_scope(&subscription).into());
        }
        let whole = format!("/subscriptions/{subscription}");
        let scopes: Vec<String> = match groups {
            [] => vec![whole],
            groups => groups.iter().map(|group| format!("{whole}/resourceGroups/{group}")).collect(),
        };
        let (_, session) = self.session("azurerm")?;
        let mut found = Vec::new();
        for scope in scopes {
            found.extend(session.reader().discover(&scope).await?);
        }
        let (mut objects, mut left) = (Vec::new(), Vec::new());
        for some in found.chunks(AT_ONCE) {
            let read = join_all(some.iter().map(|found| self.import(found))).await;
            for (found, recorded) in some.iter().zip(read) {
                match recorded {
                    Ok(recorded) => objects.push((found.clone(), recorded, None)),
                    Err(problems) => left.push(format!("{} {}: {}", found.kind, found.id, first_of(&problems))),
                }
            }
        }
        Ok((self.described(without_parts(objects))?, left))
    }

    /// What a state records of Azure.
    pub(super) fn of_state(&self, state: &State) -> Result<Gathered, Diagnostics> {
        let (mut objects, mut left) = (Vec::new(), Vec::new());
        for (address, provider, slot) in state.slots() {
            let Some(instance) = slot.current.as_ref().filter(|_| address.resource.mode == ResourceMode::Managed)
            else {
                continue;
            };
            let kind = self.registry.find(&provider.source).and_then(|provider| provider.kind(&address.resource.kind));
            let is_ours = ["azurerm_", "azapi_resource"].iter().any(|prefix| address.resource.kind.starts_with(prefix));
            let Some(kind) = kind.filter(|_| is_ours && &*address.resource.kind != "azapi_resource_action") else {
                left.push(format!("{address}: objects of this kind cannot be imported; keep the state for it"));
                continue;
            };
            let recorded = recorded::decode(&address, instance, kind)?;
            let Some(id) = recorded.value.field("id").and_then(|id| id.as_str()) else {
                left.push(format!("{address}: it has no id"));
                continue;
            };
            let id = match recorded.value.field("type").and_then(|ty| ty.as_str()).and_then(|ty| ty.split_once('@')) {
                Some((_, version)) if kind.name() == "azapi_resource" => format!("{id}?api-version={version}"),
                _ => id.to_owned(),
            };
            let is_plain = address.module.is_root() && address.key == InstanceKey::None;
            let label = if is_plain { address.resource.name.to_string() } else { label_of(&address) };
            objects.push((Found { kind: kind.name().to_owned(), id }, recorded, Some(label)));
        }
        Ok((self.described(objects)?, left))
    }

    async fn import(&self, found: &Found) -> Result<Recorded, Diagnostics> {
        let (_, session) = self.session(prefix(&found.kind))?;
        session.reader().import(&found.kind, &found.id).await
    }

    fn session(&self, prefix: &str) -> Result<&(ProviderAddress, Arc<dyn Session>), Diagnostics> {
        let missing = || Diagnostic::error("Provider not there", format!("There is no provider for {prefix}."));
        self.sessions.get(prefix).ok_or_else(|| missing().into())
    }

    fn described(&self, objects: Vec<(Found, Recorded, Option<String>)>) -> Result<Vec<Object>, Diagnostics> {
        let mut described = Vec::new();
        for (found, recorded, label) in objects {
            let (provider, session) = self.session(prefix(&found.kind))?;
            let Some(kind) = self.registry.find(&provider.source).and_then(|provider| provider.kind(&found.kind))
            else {
                continue;
            };
            let (config, changes) = narrowed(kind, session.reader(), &recorded);
            let provider = provider.clone();
            described.push(Object { kind: found.kind, provider, id: found.id, recorded, config, changes, label });
        }
        Ok(described)
    }
}

/// The pool that is described within its cluster is no object of its own.
fn without_parts(objects: Vec<(Found, Recorded, Option<String>)>) -> Vec<(Found, Recorded, Option<String>)> {
    let first_pool = |recorded: &Recorded| {
        let pools = recorded.value.field("default_node_pool")?;
        let name = pools.as_elements()?.first()?.field("name")?.as_str()?.to_owned();
        Some(format!("{}/agentpools/{name}", recorded.value.field("id")?.as_str()?).to_ascii_lowercase())
    };
    let inside: Vec<String> = objects.iter().filter_map(|(_, recorded, _)| first_pool(recorded)).collect();
    objects.into_iter().filter(|(found, ..)| !inside.contains(&found.id.to_ascii_lowercase())).collect()
}

fn prefix(kind: &str) -> &str {
    kind.split('_').next().unwrap_or_default()
}

/// A name for an instance in a module or of many.
fn label_of(address: &crate::address::Address) -> String {
    let modules = address.module.steps().iter().map(|step| format!("{}_{}", step.name, step.key));
    let words: Vec<String> = modules.chain([format!("{}_{}", address.resource.name, address.key)]).collect();
    words.join("_")
}

fn first_of(problems: &Diagnostics) -> String {
    let first = problems.iter().find(|problem| problem.severity == Severity::Error);
    first.map(|problem| problem.summary.clone()).unwrap_or_default()
}
