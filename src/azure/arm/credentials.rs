//! How to sign in: what the provider's configuration and the environment say, and which of the ways that gives. The
//! names and their order of preference are azurerm's.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{Secret, TokenCredential};

use super::client::ArmClient;
use super::clock::Clock;
use super::cloud::Cloud;
use super::graph::GraphClient;
use super::login::{Assertion, Login};
use super::vault::VaultClient;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::Value;

/// What was set, wherever it was set. The configuration wins over the environment.
#[derive(Clone, Default)]
#[allow(clippy::struct_excessive_bools)] // azurerm's own switches, independent of one another.
pub struct Settings {
    /// The application, or the user-assigned identity to sign in as.
    pub client_id: Option<String>,
    /// The directory to sign in to.
    pub tenant_id: Option<String>,
    /// The subscription to work in.
    pub subscription_id: Option<String>,
    /// azurerm's word for the cloud.
    pub environment: Option<String>,
    /// The host that describes another cloud.
    pub metadata_host: Option<String>,
    client_secret: Option<Secret>,
    assertion: Option<Assertion>,
    certificate: bool,
    use_cli: bool,
    use_msi: bool,
    use_oidc: bool,
}

/// Clients of the parts of a cloud that are called, signed in as one.
pub struct Clients {
    /// Of Azure Resource Manager.
    pub manager: ArmClient,
    /// Of what vaults hold.
    pub vaults: VaultClient,
    /// Of the directory.
    pub graph: GraphClient,
}

impl Settings {
    /// Gathers what a `provider` block and the environment say. What is unknown or not in the block's schema counts
    /// as unset.
    pub fn gather(config: &Value, environment: &BTreeMap<String, String>) -> Result<Self, Diagnostics> {
        let mut sources = Sources { config, environment, found: Diagnostics::new() };
        let workload = sources.flag("use_aks_workload_identity", false);
        let settings = Self {
            client_id: sources.text_or_file("client_id", &["ARM_CLIENT_ID", "AZURE_CLIENT_ID"]),
            tenant_id: sources.text("tenant_id", &["ARM_TENANT_ID", "AZURE_TENANT_ID"]),
            subscription_id: sources.subscription(),
            environment: sources.text("environment", &["ARM_ENVIRONMENT"]),
            metadata_host: sources.text("metadata_host", &["ARM_METADATA_HOSTNAME", "ARM_METADATA_HOST"]),
            client_secret: sources
                .text_or_file("client_secret", &["ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET"])
                .map(Secret::new),
            assertion: sources.assertion(),
            certificate: sources.text("client_certificate", &["ARM_CLIENT_CERTIFICATE"]).is_some()
                || sources.text("client_certificate_path", &["ARM_CLIENT_CERTIFICATE_PATH"]).is_some(),
            use_cli: sources.flag("use_cli", true),
            use_msi: sources.flag("use_msi", false),
            use_oidc: sources.flag("use_oidc", false) || workload,
        };
        if sources.found.has_errors() { Err(sources.found) } else { Ok(settings) }
    }

    /// Which cloud is meant: the simulator when there is one.
    pub async fn cloud(&self, simulator: Option<&str>) -> Result<Cloud, Diagnostic> {
        // A word that is no cloud's is refused by the simulator too.
        let named = || Cloud::named(self.environment.as_deref().unwrap_or("public"));
        match (simulator, &self.metadata_host) {
            (Some(url), _) => named().and_then(|_| Cloud::simulator(url)),
            (None, Some(host)) => Cloud::described_by(host).await,
            (None, None) => named(),
        }
    }

    /// A client of the cloud. Nobody is called yet: the first request signs in.
    pub fn client(&self, cloud: &Cloud, clock: Arc<dyn Clock>) -> Result<ArmClient, Diagnostic> {
        Ok(ArmClient::new(cloud, self.credential(cloud)?, clock))
    }

    /// The credential of whoever signs in. Nobody is called yet.
    pub fn credential(&self, cloud: &Cloud) -> Result<Arc<dyn TokenCredential>, Diagnostic> {
        self.login(cloud)?.credential(cloud)
    }

    /// Clients of the cloud, of its vaults and of its directory. Nobody is called yet: the first request signs in.
    pub fn clients(&self, cloud: &Cloud, clock: Arc<dyn Clock>) -> Result<Clients, Diagnostic> {
        let credential = self.credential(cloud)?;
        Ok(Clients {
            vaults: VaultClient::new(cloud, credential.clone(), clock.clone()),
            graph: GraphClient::new(cloud, credential.clone(), clock.clone()),
            manager: ArmClient::new(cloud, credential, clock),
        })
    }

    /// Which way to sign in is taken.
    pub fn login(&self, cloud: &Cloud) -> Result<Login, Diagnostic> {
        if cloud.name == "simulator" {
            let tenant = self.tenant_id.clone().unwrap_or_else(|| "common".to_owned());
            return Ok(Login::Simulator { tenant, client: self.client_id.clone() });
        }
        let mut passed = Vec::new();
        let ways = [Self::by_certificate, Self::by_secret, Self::by_assertion];
        for way in ways {
            match way(self)? {
                Ok(login) => return Ok(login),
                Err(why_not) => passed.push(why_not),
            }
        }
        if self.use_msi {
            return Ok(Login::ManagedIdentity { client: self.client_id.clone() });
        }
        passed.push("managed identity: use_msi (ARM_USE_MSI) is not set");
        if self.use_cli {
            let (tenant, subscription) = (self.tenant_id.clone(), self.subscription_id.clone());
            return Ok(Login::AzureCli { tenant, subscription, passed });
        }
        passed.push("Azure CLI: use_cli (ARM_USE_CLI) is false");
        Err(Diagnostic::error(
            "No way to sign in to Azure",
            format!("These were looked for in the provider's configuration and the environment:\n{}", list(&passed)),
        ))
    }

    fn by_certificate(&self) -> Result<Result<Login, &'static str>, Diagnostic> {
        if !self.certificate {
            return Ok(Err("client certificate: client_certificate_path (ARM_CLIENT_CERTIFICATE_PATH) is not set"));
        }
        Err(Diagnostic::error(
            "Client certificates are not supported",
            "A client certificate is set, with which this program cannot sign in. Use a federated credential \
             (use_oidc), a managed identity (use_msi) or a client secret instead.",
        ))
    }

    fn by_secret(&self) -> Result<Result<Login, &'static str>, Diagnostic> {
        let Some(secret) = self.client_secret.clone() else {
            return Ok(Err("client secret: client_secret (ARM_CLIENT_SECRET) is not set"));
        };
        let (tenant, client) = self.application("client_secret")?;
        Ok(Ok(Login::ClientSecret { tenant, client, secret }))
    }

    fn by_assertion(&self) -> Result<Result<Login, &'static str>, Diagnostic> {
        // In a pod with workload identity the token's file is named by the webhook: enough to take it.
        let injected = matches!(self.assertion, Some(Assertion::File { injected: true, .. }));
        if !self.use_oidc && !injected {
            return Ok(Err("federated token: use_oidc (ARM_USE_OIDC) is not set"));
        }
        let Some(assertion) = self.assertion.clone() else {
            return Err(Diagnostic::error(
                "No federated token",
                "use_oidc is set, but no token: set oidc_token (ARM_OIDC_TOKEN), oidc_token_file_path \
                 (ARM_OIDC_TOKEN_FILE_PATH, or AZURE_FEDERATED_TOKEN_FILE in a pod with workload identity), or \
                 oidc_request_url and oidc_request_token (ACTIONS_ID_TOKEN_REQUEST_URL and \
                 ACTIONS_ID_TOKEN_REQUEST_TOKEN in a GitHub workflow with the permission id-token: write).",
            ));
        };
        let (tenant, client) = self.application("use_oidc")?;
        Ok(Ok(Login::Federated { tenant, client, assertion }))
    }

    /// Tenant and client, without which an application cannot sign in.
    fn application(&self, because: &str) -> Result<(String, String), Diagnostic> {
        match (&self.tenant_id, &self.client_id) {
            (Some(tenant), Some(client)) => Ok((tenant.clone(), client.clone())),
            (tenant, _) => {
                let missing = if tenant.is_none() { "tenant_id (ARM_TENANT_ID)" } else { "client_id (ARM_CLIENT_ID)" };
                Err(Diagnostic::error(
                    "Incomplete Azure credentials",
                    format!("{because} is set, but {missing} is not: an application needs both to sign in."),
                ))
            }
        }
    }
}

/// Lines of a list.
pub(super) fn list(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n")
}

/// Where settings come from.
struct Sources<'a> {
    config: &'a Value,
    environment: &'a BTreeMap<String, String>,
    found: Diagnostics,
}

impl Sources<'_> {
    fn text(&self, name: &str, variables: &[&str]) -> Option<String> {
        let configured = self.config.field(name).and_then(Value::as_str).map(str::to_owned);
        let environment = || variables.iter().find_map(|v| self.environment.get(*v).filter(|t| !t.is_empty()).cloned());
        configured.filter(|t| !t.is_empty()).or_else(environment)
    }

    /// A name in place of the id would be part of every id that is planned.
    fn subscription(&mut self) -> Option<String> {
        let subscription = self.text("subscription_id", &["ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID"])?;
        if uuid::Uuid::try_parse(&subscription).is_err() {
            self.found.push(Diagnostic::error(
                "Invalid subscription id",
                format!(
                    "The provider's subscription_id (or ARM_SUBSCRIPTION_ID) is {subscription:?}, which is no GUID. \
                     \"az account list\" shows the ids of the subscriptions."
                ),
            ));
        }
        Some(subscription)
    }

    fn flag(&mut self, name: &str, default: bool) -> bool {
        if let Some(configured) = self.config.field(name).and_then(Value::as_bool) {
            return configured;
        }
        let variable = format!("ARM_{}", name.to_ascii_uppercase());
        match self.environment.get(&variable).map(|t| t.to_ascii_lowercase()).as_deref() {
            None | Some("") => default,
            Some("true" | "t" | "1") => true,
            Some("false" | "f" | "0") => false,
            Some(_) => {
                self.found.push(Diagnostic::error(
                    "Invalid environment variable",
                    format!("The environment variable {variable} must be true or false."),
                ));
                default
            }
        }
    }

    /// A text, or the contents of the file that `{name}_file_path` names.
    fn text_or_file(&mut self, name: &str, variables: &[&str]) -> Option<String> {
        let direct = self.text(name, variables);
        let path_name = format!("{name}_file_path");
        let path = self.text(&path_name, &[&format!("ARM_{}", path_name.to_ascii_uppercase())]);
        let Some(path) = path else { return direct };
        let contents = match std::fs::read_to_string(&path) {
            Ok(text) => text.trim().to_owned(),
            Err(e) => {
                self.found.push(Diagnostic::error(
                    "Unreadable credential file",
                    format!("The file {path:?} that {path_name} names could not be read: {e}."),
                ));
                return direct;
            }
        };
        if direct.as_ref().is_some_and(|text| *text != contents) {
            self.found.push(Diagnostic::error(
                "Contradicting credentials",
                format!("{name} is set, and the file that {path_name} names says something else. Set only one."),
            ));
        }
        Some(contents)
    }

    /// Where a federated token comes from.
    fn assertion(&self) -> Option<Assertion> {
        if let Some(token) = self.text("oidc_token", &["ARM_OIDC_TOKEN"]) {
            return Some(Assertion::Token(Secret::new(token)));
        }
        if let Some(path) = self.text("oidc_token_file_path", &["ARM_OIDC_TOKEN_FILE_PATH"]) {
            return Some(Assertion::File { path: path.into(), injected: false });
        }
        let request = (
            self.text(
                "oidc_request_url",
                &["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"],
            ),
            self.text(
                "oidc_request_token",
                &["ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"],
            ),
        );
        if let (Some(url), Some(token)) = request {
            let names = ["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"];
            let connection = self.text("ado_pipeline_service_connection_id", &names);
            return Some(Assertion::Request { url, token: Secret::new(token), connection });
        }
        let injected = self.text("", &["AZURE_FEDERATED_TOKEN_FILE"])?;
        Some(Assertion::File { path: injected.into(), injected: true })
    }
}

/// Shows no secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("client_id", &self.client_id)
            .field("tenant_id", &self.tenant_id)
            .field("subscription_id", &self.subscription_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn login(config: &[(&str, &str)], pairs: &[(&str, &str)]) -> Result<String, String> {
        let config = Value::object_of(config.iter().map(|(k, v)| (*k, Value::string(*v))));
        let settings =
            Settings::gather(&config, &environment(pairs)).map_err(|d| d.iter().next().unwrap().summary.clone())?;
        let login = settings.login(&Cloud::named("public").unwrap());
        login.map(|l| l.to_string()).map_err(|d| d.summary)
    }

    const APPLICATION: [(&str, &str); 2] = [("ARM_TENANT_ID", "t"), ("ARM_CLIENT_ID", "c")];

    #[test]
    fn the_way_to_sign_in_follows_from_what_is_set() {
        let with = |more: &[(&'static str, &'static str)]| [&APPLICATION[..], more].concat();
        for (pairs, expected) in [
            (with(&[("ARM_CLIENT_SECRET", "s")]), "client secret of the application c"),
            (with(&[("ARM_USE_OIDC", "true"), ("ARM_OIDC_TOKEN", "x")]), "federated token of the application c"),
            (with(&[("ARM_USE_MSI", "1")]), "managed identity c"),
            (with(&[("ARM_OIDC_TOKEN", "x")]), "Azure CLI"),
            (vec![], "Azure CLI"),
            (
                vec![("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_FEDERATED_TOKEN_FILE", "/f")],
                "federated token of the application c",
            ),
        ] {
            assert_eq!(login(&[], &pairs).as_deref(), Ok(expected), "{pairs:?}");
        }
    }

    #[test]
    fn the_configuration_wins() {
        let config = [("client_id", "mine"), ("client_secret", "s")];
        assert_eq!(login(&config, &APPLICATION).as_deref(), Ok("client secret of the application mine"));
    }

    #[test]
    fn what_is_missing_is_told() {
        for (pairs, expected) in [
            (vec![("ARM_CLIENT_SECRET", "s")], "Incomplete Azure credentials"),
            (vec![("ARM_USE_OIDC", "true")], "No federated token"),
            (vec![("ARM_USE_CLI", "false")], "No way to sign in to Azure"),
            (vec![("ARM_USE_CLI", "maybe")], "Invalid environment variable"),
            (vec![("ARM_CLIENT_ID_FILE_PATH", "/no/such/file")], "Unreadable credential file"),
            (vec![("ARM_CLIENT_CERTIFICATE_PATH", "/c.pfx")], "Client certificates are not supported"),
        ] {
            assert_eq!(login(&[], &pairs), Err(expected.to_owned()), "{pairs:?}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let pairs = environment(&[("ARM_CLIENT_SECRET", "hunter2"), ("ARM_TENANT_ID", "t"), ("ARM_CLIENT_ID", "c")]);
        let settings = Settings::gather(&Value::object_of::<&str>([]), &pairs).unwrap();
        let login = settings.login(&Cloud::named("public").unwrap()).unwrap();
        assert!(!format!("{settings:?} {login:?} {login}").contains("hunter2"));
    }
}
