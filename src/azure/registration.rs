//! The resource providers that a subscription is registered with. azurerm registers whole sets of them at the start of every
//! run, also of a plan. Here one is registered when Azure refuses a write for want of it, and those that the configuration
//! names before the first write.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::arm::{ArmClient, ArmError, Method, Patience, Request};
use crate::diagnostic::Diagnostic;

/// The api-version of the providers of a subscription.
const PROVIDERS: &str = "2021-04-01";

/// How long to wait before asking again whether a provider is registered.
const REGISTERING: Duration = Duration::from_secs(10);

/// azurerm's sets. All but `none` come to the same here: whatever is needed.
const SETS: [&str; 5] = ["core", "extended", "all", "legacy", "none"];

/// What the configuration says of them.
#[derive(Debug, Clone)]
pub struct Registrations {
    /// What a write turns out to need is registered.
    on_demand: bool,
    named: Vec<String>,
    seen_to: Arc<OnceCell<()>>,
}

impl Registrations {
    /// By `resource_provider_registrations`, by azurerm 3's flag, and with those of `resource_providers_to_register`.
    pub fn new(set: Option<&str>, skip: bool, named: Vec<String>) -> Result<Self, Diagnostic> {
        if let Some(unknown) = set.filter(|set| !SETS.contains(set)) {
            return Err(Diagnostic::error(
                "Unknown set of resource providers",
                format!(
                    "resource_provider_registrations is {unknown:?}; it must be \"core\", \"extended\", \"all\", \"legacy\" or \
                     \"none\"."
                ),
            ));
        }
        Ok(Self { on_demand: set != Some("none") && !skip, named, seen_to: Arc::default() })
    }

    /// Registers those that are named, once in a run.
    pub async fn see_to(
        &self,
        client: &ArmClient,
        subscription: &str,
        patience: &Patience<'_>,
    ) -> Result<(), ArmError> {
        if self.named.is_empty() {
            return Ok(());
        }
        let register = || async {
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
        Self { on_demand: true, named: Vec::new(), seen_to: Arc::default() }
    }
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
