//! The resource providers that a subscription is registered with. azurerm registers whole sets of them at the start of every
//! run, also of a plan. Here one is registered when Azure refuses a write for want of it, and those that the configuration
//! names, one by one or as a set, before the first write.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::arm::{ArmClient, ArmError, Method, Patience, Request};
use super::registration_sets::Set;
use super::wire::json as at;
use crate::diagnostic::Diagnostic;

/// The api-version of the providers of a subscription.
const PROVIDERS: &str = "2021-04-01";

/// How long to wait before asking again whether a provider is registered.
const REGISTERING: Duration = Duration::from_secs(10);

/// What the configuration says of them.
#[derive(Debug, Clone)]
pub struct Registrations {
    /// What a write turns out to need is registered.
    on_demand: bool,
    /// Those of the set that is named.
    set: Vec<String>,
    named: Vec<String>,
    seen_to: Arc<OnceCell<()>>,
}

impl Registrations {
    /// By `resource_provider_registrations`, by azurerm 3's flag, and with those of `resource_providers_to_register`.
    pub fn new(set: Option<&str>, skip: bool, named: Vec<String>) -> Result<Self, Diagnostic> {
        let set = set.map(Set::of).transpose()?;
        let on_demand = set != Some(Set::Nothing) && !skip;
        let set = set.filter(|_| on_demand).map(Set::namespaces).unwrap_or_default();
        Ok(Self { on_demand, set, named, seen_to: Arc::default() })
    }

    /// Registers those that are named, once in a run.
    pub async fn see_to(
        &self,
        client: &ArmClient,
        subscription: &str,
        patience: &Patience<'_>,
    ) -> Result<(), ArmError> {
        if self.named.is_empty() && self.set.is_empty() {
            return Ok(());
        }
        let register = || async {
            register_all(client, subscription, &self.set, patience).await?;
            for namespace in &self.named {
                register(client, subscription, namespace, patience).await?;
            }
            Ok::<(), ArmError>(())
        };
        self.seen_to.get_or_try_init(register).await?;
        Ok(())
    }

    /// Registers the subscription with the provider of a path for want of which a write was refused. False when that was
    /// not why, or when it is not wanted.
    pub async fn mend(
        &self,
        client: &ArmClient,
        path: &str,
        refusal: &ArmError,
        patience: &Patience<'_>,
    ) -> Result<bool, ArmError> {
        if !self.on_demand || refusal.code() != "MissingSubscriptionRegistration" {
            return Ok(false);
        }
        let namespace = path.rsplit_once("/providers/").and_then(|(_, rest)| rest.split('/').next());
        let subscription = path.strip_prefix("/subscriptions/").and_then(|rest| rest.split('/').next());
        let (Some(namespace), Some(subscription)) = (namespace, subscription) else { return Ok(false) };
        register(client, subscription, namespace, patience).await.map(|()| true)
    }
}

impl Default for Registrations {
    fn default() -> Self {
        Self { on_demand: true, set: Vec::new(), named: Vec::new(), seen_to: Arc::default() }
    }
}

/// Registers a subscription with those of a set that it is not registered with, all at once. Azure does not have each of
/// them in each cloud.
async fn register_all(
    client: &ArmClient,
    subscription: &str,
    set: &[String],
    patience: &Patience<'_>,
) -> Result<(), ArmError> {
    if set.is_empty() {
        return Ok(());
    }
    let providers = format!("/subscriptions/{subscription}/providers");
    let in_state = |states: &'static [&'static str]| {
        let request = Request::new(Method::Get, &providers, PROVIDERS);
        async move {
            let there = client.list(&request, patience).await?;
            let wanted = there.iter().filter(|provider| {
                at::get_str(provider, "registrationState").is_some_and(|state| states.contains(&state))
            });
            let names = wanted.filter_map(|provider| at::get_str(provider, "namespace"));
            let is_in_set = |name: &&str| set.iter().any(|other| other.eq_ignore_ascii_case(name));
            Ok::<Vec<String>, ArmError>(names.filter(is_in_set).map(str::to_owned).collect())
        }
    };
    let missing = in_state(&["NotRegistered", "Unregistered", "Unregistering"]).await?;
    for namespace in &missing {
        let request = Request::new(Method::Post, format!("{providers}/{namespace}/register"), PROVIDERS);
        client.perform(&request, patience).await?;
    }
    while !missing.is_empty() && !in_state(&["Registering"]).await?.is_empty() {
        patience.pause(REGISTERING).await?;
    }
    Ok(())
}

/// Registers a subscription with a provider, which takes minutes, unless it is already.
async fn register(
    client: &ArmClient,
    subscription: &str,
    namespace: &str,
    patience: &Patience<'_>,
) -> Result<(), ArmError> {
    let provider = format!("/subscriptions/{subscription}/providers/{namespace}");
    let state = || async {
        let found = client.find(&provider, PROVIDERS, patience).await?;
        Ok::<_, ArmError>(found.and_then(|found| Some(found.body.get("registrationState")?.as_str()?.to_owned())))
    };
    if state().await?.as_deref() == Some("Registered") {
        return Ok(());
    }
    let request = Request::new(Method::Post, format!("{provider}/register"), PROVIDERS);
    client.perform(&request, patience).await?;
    while state().await?.as_deref() == Some("Registering") {
        patience.pause(REGISTERING).await?;
    }
    Ok(())
}
