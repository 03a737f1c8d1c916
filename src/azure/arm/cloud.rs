//! Which Azure: the public cloud, a national one, one that describes itself, or the simulator.

use azure_core::http::{ClientOptions, Context, ExponentialRetryOptions, Method, Pipeline, Request, RetryOptions, Url};
use serde_json::Value;

use crate::diagnostic::{Diagnostic, causes};

/// The addresses of a cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// azurerm's word for it: `public`, `usgovernment`, `china`; what it calls itself; or `simulator`.
    pub name: String,
    /// Azure Resource Manager.
    pub resource_manager: Url,
    /// Where tokens are issued.
    pub authority: Url,
    /// Microsoft Graph, which knows who is who in the directory.
    pub graph: Url,
    /// What the names of vaults end with: `vault.azure.net`.
    pub vault_domain: String,
    /// What the names of storage accounts and their services end with: `core.windows.net`.
    pub storage_domain: String,
}

/// What names end with in a cloud.
struct Domains<'a> {
    vaults: &'a str,
    storage: &'a str,
}

const PUBLIC: Domains<'static> = Domains { vaults: "vault.azure.net", storage: "core.windows.net" };

impl Cloud {
    /// A cloud by azurerm's word for it.
    pub fn named(name: &str) -> Result<Self, Diagnostic> {
        let (name, resource_manager, authority, graph, domains) = match name.to_ascii_lowercase().as_str() {
            "public" | "azurecloud" | "azurepubliccloud" => (
                "public",
                "https://management.azure.com",
                "https://login.microsoftonline.com",
                "https://graph.microsoft.com",
                PUBLIC,
            ),
            "usgovernment" | "azureusgovernment" | "azureusgovernmentcloud" => (
                "usgovernment",
                "https://management.usgovcloudapi.net",
                "https://login.microsoftonline.us",
                "https://graph.microsoft.us",
                Domains { vaults: "vault.usgovcloudapi.net", storage: "core.usgovcloudapi.net" },
            ),
            "china" | "azurechinacloud" => (
                "china",
                "https://management.chinacloudapi.cn",
                "https://login.chinacloudapi.cn",
                "https://microsoftgraph.chinacloudapi.cn",
                Domains { vaults: "vault.azure.cn", storage: "core.chinacloudapi.cn" },
            ),
            _ => {
                return Err(Diagnostic::error(
                    "Unknown Azure environment",
                    format!(
                        "{name:?} is no Azure cloud: environment (ARM_ENVIRONMENT) must be \"public\", \
                         \"usgovernment\" or \"china\". For another cloud set metadata_host."
                    ),
                ));
            }
        };
        Self::at(name, resource_manager, authority, graph, &domains)
    }

    /// The simulator, where one address serves everything.
    pub fn simulator(url: &str) -> Result<Self, Diagnostic> {
        Self::at("simulator", url, url, &format!("{}/graph", url.trim_end_matches('/')), &PUBLIC)
    }

    /// A cloud that describes itself at `https://{host}/metadata/endpoints`.
    pub async fn described_by(host: &str) -> Result<Self, Diagnostic> {
        let address = format!("https://{host}/metadata/endpoints?api-version=2022-09-01");
        let wrong = |reason: String| {
            Diagnostic::error(
                "Unusable metadata_host",
                format!("The cloud's description at {address} could not be read: {reason}."),
            )
        };
        let url = Url::parse(&address).map_err(|e| wrong(e.to_string()))?;
        // A host that is not there is told within seconds, not after the minute that is usual for calls.
        let retries = ExponentialRetryOptions { max_retries: 3, ..ExponentialRetryOptions::default() };
        let options = ClientOptions { retry: RetryOptions::exponential(retries), ..ClientOptions::default() };
        let pipeline = Pipeline::new(None, None, options, Vec::new(), Vec::new(), None);
        let mut request = Request::new(url, Method::Get);
        let answer = pipeline.send(&Context::new(), &mut request, None).await.map_err(|e| wrong(causes(&e)))?;
        let body: Value = serde_json::from_slice(answer.body().as_ref()).map_err(|e| wrong(e.to_string()))?;
        Self::read(&body).ok_or_else(|| wrong("it has no resourceManager or no loginEndpoint".to_owned()))
    }

    /// Reads a description: one object, or a list of them of which the first counts.
    fn read(body: &Value) -> Option<Self> {
        let cloud = body.get(0).unwrap_or(body);
        let name = cloud.get("name").and_then(Value::as_str).unwrap_or("custom");
        let manager = cloud.get("resourceManager")?.as_str()?;
        let authority = cloud.pointer("/authentication/loginEndpoint")?.as_str()?;
        let suffix =
            |name: &str| cloud.get("suffixes")?.get(name)?.as_str().map(|suffix| suffix.trim_start_matches('.'));
        let domains = Domains {
            vaults: suffix("keyVaultDns").unwrap_or(PUBLIC.vaults),
            storage: suffix("storage").unwrap_or(PUBLIC.storage),
        };
        let graph = cloud.get("microsoftGraphResourceId").and_then(Value::as_str);
        let graph = graph.unwrap_or("https://graph.microsoft.com");
        Self::at(name, manager, authority, graph, &domains).ok()
    }

    fn at(
        name: &str,
        resource_manager: &str,
        authority: &str,
        graph: &str,
        domains: &Domains<'_>,
    ) -> Result<Self, Diagnostic> {
        let parse = |text: &str| {
            Url::parse(text)
                .map_err(|e| Diagnostic::error("Unusable address of Azure", format!("{text:?} is no address: {e}.")))
        };
        Ok(Self {
            name: name.to_owned(),
            resource_manager: parse(resource_manager)?,
            authority: parse(authority)?,
            graph: parse(graph)?,
            vault_domain: domains.vaults.to_owned(),
            storage_domain: domains.storage.to_owned(),
        })
    }

    /// What tokens for Azure Resource Manager are asked for.
    pub fn scope(&self) -> String {
        format!("{}/.default", self.resource_manager.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn clouds_have_names() {
        for (name, scope) in [
            ("public", "https://management.azure.com/.default"),
            ("USGovernment", "https://management.usgovcloudapi.net/.default"),
            ("china", "https://management.chinacloudapi.cn/.default"),
        ] {
            assert_eq!(Cloud::named(name).unwrap().scope(), scope);
        }
        assert_eq!(Cloud::named("german").unwrap_err().summary, "Unknown Azure environment");
    }

    #[test]
    fn a_cloud_describes_itself_as_an_object_or_a_list() {
        let one = json!({"name": "stack", "resourceManager": "https://arm.local/",
                         "authentication": {"loginEndpoint": "https://login.local/"},
                         "suffixes": {"keyVaultDns": ".vault.local", "storage": "core.local"}});
        let cloud = Cloud::read(&one).unwrap();
        assert_eq!((cloud.vault_domain.as_str(), cloud.storage_domain.as_str()), ("vault.local", "core.local"));
        assert_eq!((cloud.name.as_str(), cloud.authority.as_str()), ("stack", "https://login.local/"));
        assert_eq!(Cloud::read(&json!([one])), Some(cloud));
        assert_eq!(Cloud::read(&json!({"name": "x"})), None);
    }
}
