//! What vaults hold is asked of the vaults themselves, each at an address of its own and with a token for vaults.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::Url;

use super::client::ArmClient;
use super::clock::Clock;
use super::cloud::Cloud;
use super::request::{Method, Request};

/// The version of the vaults' own API.
const VAULTS: &str = "7.4";

/// A client of all vaults of a cloud.
#[derive(Clone)]
pub struct VaultClient {
    client: ArmClient,
    is_simulated: bool,
}

impl VaultClient {
    /// A client that signs in with a credential when it first has to.
    pub fn new(cloud: &Cloud, credential: Arc<dyn TokenCredential>, clock: Arc<dyn Clock>) -> Self {
        let is_simulated = cloud.name == "simulator";
        let domain = Url::parse(&format!("https://{}", cloud.vault_domain));
        let home = domain.ok().filter(|_| !is_simulated).unwrap_or_else(|| cloud.resource_manager.clone());
        let scope = format!("https://{}/.default", cloud.vault_domain);
        Self { client: ArmClient::at(home, scope, credential, clock), is_simulated }
    }

    /// A request to a vault, by its `vaultUri`. The simulator has all vaults behind one address.
    pub fn request(&self, method: Method, vault_uri: &str, path: &str) -> Request {
        let vault = vault_uri.trim_end_matches('/');
        let host = vault.trim_start_matches("https://");
        let target = if self.is_simulated { format!("/vault/{host}/{path}") } else { format!("{vault}/{path}") };
        Request::new(method, target, VAULTS)
    }

    /// What sends the requests.
    pub fn client(&self) -> &ArmClient {
        &self.client
    }
}
