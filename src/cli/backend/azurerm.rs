//! The settings of the backend `azurerm`.

use azure_core::credentials::Secret;
use azure_core::http::Url;
use serde_json::Value as Json;

use super::{Chosen, Environment};
use crate::azure::arm::{Method, Request, Settings, SystemClock};
use crate::azure::blob::{Access, Container};
use crate::cli::invocation::runtime;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::AzurermBackend;
use crate::value::Value;

impl Chosen {
    /// The container of the azurerm backend.
    pub fn container(&self, environment: &Environment) -> Result<Container, Diagnostics> {
        let account = self.required("storage_account_name")?;
        let container = self.required("container_name")?;
        self.required("key")?;
        let endpoint = self.text("endpoint", environment, &["ARM_ENDPOINT"]).unwrap_or_else(|| {
            let suffix = match self.text("environment", environment, &["ARM_ENVIRONMENT"]).as_deref() {
                Some("usgovernment") => "core.usgovcloudapi.net",
                Some("china") => "core.chinacloudapi.cn",
                _ => "core.windows.net",
            };
            format!("https://{account}.blob.{suffix}")
        });
        let address = format!("{}/{container}", endpoint.trim_end_matches('/'));
        let url = Url::parse(&address)
            .map_err(|e| Diagnostic::error("Invalid backend endpoint", format!("{address:?} is no address: {e}.")))?;
        Ok(Container::new(url, self.access(account, environment)?))
    }

    /// The first of: a key, a signature, a token when that is asked for, the key that Resource Manager tells.
    fn access(&self, account: &str, environment: &Environment) -> Result<Access, Diagnostics> {
        let account = account.to_owned();
        if let Some(key) = self.text("access_key", environment, &["ARM_ACCESS_KEY"]) {
            return Ok(Access::Key { account, key: Secret::new(key) });
        }
        if let Some(signature) = self.text("sas_token", environment, &["ARM_SAS_TOKEN"]) {
            return Ok(Access::Signature(Secret::new(signature)));
        }
        let flags = ["use_oidc", "use_msi", "use_cli", "use_aks_workload_identity"];
        let value = |(name, text): (&String, &String)| {
            let value =
                if flags.contains(&name.as_str()) { Value::bool(text == "true") } else { Value::string(text.as_str()) };
            (name.as_str().into(), value)
        };
        let config = Value::object(self.settings.iter().map(value).collect());
        let settings = Settings::gather(&config, environment)?;
        let runtime = runtime()?;
        let cloud = runtime.block_on(settings.cloud(None))?;
        if self.flag("use_azuread_auth", environment, "ARM_USE_AZUREAD") {
            return Ok(Access::Token(settings.credential(&cloud)?));
        }
        let (Some(group), Some(subscription)) = (self.settings.get("resource_group_name"), &settings.subscription_id)
        else {
            return Err(Diagnostic::error(
                "No access to the backend's storage account",
                "Set use_azuread_auth = true to sign in with Entra ID, or give access_key (ARM_ACCESS_KEY) or sas_token \
                 (ARM_SAS_TOKEN). With resource_group_name and a subscription the account's key is looked up.",
            )
            .into());
        };
        let client = settings.client(&cloud, std::sync::Arc::new(SystemClock::default()))?;
        let path = format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}/listKeys"
        );
        let request = Request::new(Method::Post, path, "2023-05-01");
        let patience = client.patience(std::time::Duration::from_secs(120));
        let answer = runtime.block_on(client.send(&request, &patience));
        let answer = answer.map_err(|e| e.diagnostic(&format!("look up the key of the storage account {account}")))?;
        let key = answer.body.pointer("/keys/0/value").and_then(Json::as_str).unwrap_or_default().to_owned();
        Ok(Access::Key { account, key: Secret::new(key) })
    }

    /// The name of the blob of a workspace, as Terraform names it.
    pub fn blob_name(&self, workspace: &str) -> String {
        let key = self.settings.get("key").cloned().unwrap_or_default();
        if workspace == "default" { key } else { format!("{key}env:{workspace}") }
    }

    /// The blob that keeps a workspace's state.
    pub fn blob(&self, workspace: &str, environment: &Environment) -> Result<AzurermBackend, Diagnostics> {
        let container = self.container(environment)?;
        let name = self.blob_name(workspace);
        let label = format!("{}/{name}", self.required("container_name")?);
        Ok(AzurermBackend::new(container, name, label, Self::journal(workspace)))
    }
}
