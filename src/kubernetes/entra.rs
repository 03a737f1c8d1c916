//! Tokens of Entra for AKS clusters: what kubelogin gives, without another program.

use std::collections::BTreeMap;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;

use super::settings::Settings;
use crate::azure::arm;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::Value;

/// The application that stands for the API server of every AKS cluster, in all clouds (AKS documentation, "Use
/// kubelogin to authenticate users").
pub(super) const SCOPE: &str = "6dae42f8-4368-4678-94ff-3960e28e3630/.default";

/// What the names of API servers of AKS end with, in the public cloud, China and US Government.
const DOMAINS: [&str; 3] = [".azmk8s.io", ".azk8s.cn", ".containerservice.azure.us"];

/// Whether an address is that of an AKS cluster.
pub(super) fn is_aks(host: &str) -> bool {
    let host = host.trim_start_matches("https://").split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
    DOMAINS.iter().any(|domain| host.ends_with(domain))
}

/// Who signs in to Entra; `None` where that is not asked for. Nobody is called yet.
pub(super) async fn credential(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    simulator: Option<&str>,
) -> Result<Option<Arc<dyn TokenCredential>>, Diagnostics> {
    let direct = settings.files.is_empty() && settings.host.as_deref().is_some_and(is_aks);
    let implied = direct && !settings.has_credentials();
    if !settings.use_entra_id.unwrap_or(implied || settings.entra_id.is_some()) {
        return Ok(None);
    }
    if settings.has_credentials() {
        let detail = "use_entra_id is set, and other credentials too (token, client_certificate, username or exec). \
                      Set only one way to sign in.";
        return Err(Diagnostic::error("Contradicting credentials", detail).into());
    }
    let config = settings.entra_id.clone().unwrap_or_else(|| Value::object_of::<&str>([]));
    let login = arm::Settings::gather(&config, environment)?;
    let cloud = login.cloud(simulator).await?;
    Ok(Some(login.credential(&cloud)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_of_aks_are_known_by_their_names() {
        for host in [
            "https://aks-x-1.hcp.westeurope.azmk8s.io:443",
            "https://AKS-x.privatelink.westeurope.azmk8s.io",
            "https://aks.hcp.chinaeast2.cx.prod.service.azk8s.cn:443",
        ] {
            assert!(is_aks(host), "{host}");
        }
        for host in ["https://azmk8s.io.example.com", "https://10.0.0.1:6443", ""] {
            assert!(!is_aks(host), "{host}");
        }
    }
}
