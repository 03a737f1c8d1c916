//! The settings of the backend `http`, with Terraform's names and variables.

use std::time::Duration;

use azure_core::credentials::Secret;
use azure_core::http::Url;

use super::{Chosen, Environment};
use crate::diagnostic::Diagnostic;
use crate::state::http::{HttpBackend, HttpSettings, HttpTls};

impl Chosen {
    /// The state at its address. There is one, so there is only the default workspace.
    pub fn address(&self, workspace: &str, environment: &Environment) -> Result<HttpBackend, Diagnostic> {
        if workspace != "default" {
            return Err(no_workspaces());
        }
        let text = |name: &str| self.text(name, environment, &[&format!("TF_HTTP_{}", name.to_uppercase())]);
        let url = |name: &str| text(name).map(|address| parse(name, &address)).transpose();
        let method = |name: &str, default: &str| text(name).unwrap_or_else(|| default.to_owned());
        let number = |name: &str, default: u32| match text(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| invalid(&format!("{name} must be a whole number"))),
        };
        let seconds = |name: &str, default| number(name, default).map(|n| Duration::from_secs(u64::from(n)));
        let address = url("address")?
            .ok_or_else(|| invalid("it needs the argument \"address\", or the variable TF_HTTP_ADDRESS"))?;
        let own = match (text("client_certificate_pem"), text("client_private_key_pem")) {
            (Some(certificate), Some(key)) => Some((certificate, Secret::new(key))),
            (None, None) => None,
            _ => return Err(invalid("client_certificate_pem and client_private_key_pem are given together")),
        };
        let password = text("password").unwrap_or_default();
        let settings = HttpSettings {
            address,
            update_method: method("update_method", "POST"),
            lock: url("lock_address")?.map(|url| (url, method("lock_method", "LOCK"))),
            unlock: url("unlock_address")?.map(|url| (url, method("unlock_method", "UNLOCK"))),
            user: text("username").map(|name| (name, Secret::new(password))),
            retry_max: number("retry_max", 2)?,
            retry_wait: (seconds("retry_wait_min", 1)?, seconds("retry_wait_max", 30)?),
            tls: HttpTls {
                skip_verification: self.flag("skip_cert_verification", environment, "TF_HTTP_SKIP_CERT_VERIFICATION"),
                authorities: text("client_ca_certificate_pem"),
                own,
            },
        };
        HttpBackend::new(settings, Self::journal(workspace))
    }
}

/// Why there is one workspace only.
pub fn no_workspaces() -> Diagnostic {
    Diagnostic::error(
        "Workspaces not supported",
        "The backend \"http\" keeps one state, that of the workspace \"default\".",
    )
}

fn parse(name: &str, address: &str) -> Result<Url, Diagnostic> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| invalid(&format!("{name} must be an address that begins with http:// or https://")))
}

fn invalid(why: &str) -> Diagnostic {
    Diagnostic::error("Invalid backend configuration", format!("The backend \"http\" cannot be used: {why}."))
}
