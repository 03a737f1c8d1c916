//! The ways to sign in, each as a credential for the pipeline. Those of Azure come from `azure_identity`.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::{ClientMethodOptions, ClientOptions, Context, Method, Pipeline, Request, RetryOptions, Url};
use azure_core::time::{Duration, OffsetDateTime};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertion, ClientAssertionCredential,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId,
};
use serde_json::Value;

use super::cloud::Cloud;
use super::credentials::list;
use crate::diagnostic::{Diagnostic, causes};

/// A way to sign in.
#[derive(Debug, Clone)]
pub enum Login {
    /// As an application with a secret.
    ClientSecret {
        /// Directory.
        tenant: String,
        /// Application.
        client: String,
        /// Its secret.
        secret: Secret,
    },
    /// As an application that trusts the issuer of a token: workload identity, a pipeline.
    Federated {
        /// Directory.
        tenant: String,
        /// Application or user-assigned identity.
        client: String,
        /// Where the token comes from.
        assertion: Assertion,
    },
    /// As the identity of the machine.
    ManagedIdentity {
        /// Which, when it has several.
        client: Option<String>,
    },
    /// As the user of `az login`.
    AzureCli {
        /// Directory, when not the CLI's own choice.
        tenant: Option<String>,
        /// Subscription whose account is meant.
        subscription: Option<String>,
        /// Why no other way was taken, for when this one fails.
        passed: Vec<&'static str>,
    },
    /// At the simulator, which lets everybody in.
    Simulator {
        /// The directory to be told.
        tenant: String,
        /// The application to be told.
        client: Option<String>,
    },
}

/// Where a federated token comes from.
#[derive(Debug, Clone)]
pub enum Assertion {
    /// It was given.
    Token(Secret),
    /// From a file that somebody renews.
    File {
        /// Which.
        path: PathBuf,
        /// Named by the webhook of workload identity, not by the user.
        injected: bool,
    },
    /// From the service that runs the pipeline.
    Request {
        /// Whom to ask.
        url: String,
        /// The pipeline's own token.
        token: Secret,
        /// The service connection, in Azure Pipelines.
        connection: Option<String>,
    },
}

/// The audience that Entra expects of a federated token.
const AUDIENCE: &str = "api://AzureADTokenExchange";

impl Login {
    /// The credential for the pipeline. Nobody is called yet.
    pub fn credential(&self, cloud: &Cloud) -> Result<Arc<dyn TokenCredential>, Diagnostic> {
        let made = match self {
            Self::Simulator { tenant, client } => Ok(SimulatorLogin::at(cloud, tenant, client.as_deref())),
            other => other.identity(cloud),
        };
        made.map_err(|e| {
            Diagnostic::error("Unusable Azure credentials", format!("Signing in by {self}: {}.", causes(&e)))
        })
    }

    fn identity(&self, cloud: &Cloud) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let client_options = options(cloud);
        Ok(match self {
            Self::ClientSecret { tenant, client, secret } => {
                let options = ClientSecretCredentialOptions { client_options };
                ClientSecretCredential::new(tenant, client.clone(), secret.clone(), Some(options))?
            }
            Self::Federated { tenant, client, assertion } => {
                let options = ClientAssertionCredentialOptions { client_options };
                ClientAssertionCredential::new(tenant.clone(), client.clone(), assertion.clone(), Some(options))?
            }
            Self::ManagedIdentity { client } => {
                let user_assigned_id = client.clone().map(UserAssignedId::ClientId);
                let options = ManagedIdentityCredentialOptions { user_assigned_id, ..Default::default() };
                ManagedIdentityCredential::new(Some(options))?
            }
            Self::AzureCli { tenant, subscription, passed } => {
                let (tenant_id, subscription) = (tenant.clone(), subscription.clone());
                let options = AzureCliCredentialOptions { tenant_id, subscription, ..Default::default() };
                let inner = AzureCliCredential::new(Some(options))?;
                Arc::new(LastResort { inner, passed: list(passed) })
            }
            Self::Simulator { .. } => {
                return Err(azure_core::Error::with_message(ErrorKind::Credential, "the simulator is no cloud"));
            }
        })
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientSecret { client, .. } => write!(f, "client secret of the application {client}"),
            Self::Federated { client, .. } => write!(f, "federated token of the application {client}"),
            Self::ManagedIdentity { client: Some(client) } => write!(f, "managed identity {client}"),
            Self::ManagedIdentity { client: None } => f.write_str("the machine's managed identity"),
            Self::AzureCli { .. } => f.write_str("Azure CLI"),
            Self::Simulator { .. } => f.write_str("the simulator's token endpoint"),
        }
    }
}

fn options(cloud: &Cloud) -> ClientOptions {
    let mut configuration = CustomConfiguration::default();
    cloud.authority.as_str().trim_end_matches('/').clone_into(&mut configuration.authority_host);
    ClientOptions { cloud: Some(Arc::new(CloudConfiguration::Custom(configuration))), ..ClientOptions::default() }
}

/// The Azure CLI's credential, which is tried when nothing else is set. When it fails, what was set nowhere is told.
#[derive(Debug)]
struct LastResort {
    inner: Arc<AzureCliCredential>,
    passed: String,
}

#[async_trait]
impl TokenCredential for LastResort {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        self.inner.get_token(scopes, options).await.map_err(|e| {
            let message = format!(
                "the Azure CLI gave no token: {}\nLog in with \"az login\", or set what another way to sign in needs:\n{}",
                causes(&e),
                self.passed
            );
            azure_core::Error::with_message(ErrorKind::Credential, message)
        })
    }
}

#[async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        match self {
            Self::Token(token) => Ok(token.secret().to_owned()),
            Self::File { path, .. } => {
                // Read each time: the file is renewed while we run.
                let text = tokio::fs::read_to_string(path).await.map_err(|e| {
                    let message = format!("the federated token's file {} could not be read: {e}", path.display());
                    azure_core::Error::with_message(ErrorKind::Credential, message)
                })?;
                Ok(text.trim().to_owned())
            }
            Self::Request { url, token, connection } => request_token(url, token, connection.as_deref()).await,
        }
    }
}

/// Asks GitHub, or Azure Pipelines for a service connection, for a token.
async fn request_token(url: &str, token: &Secret, connection: Option<&str>) -> azure_core::Result<String> {
    let mut url = Url::parse(url)?;
    let method = if let Some(connection) = connection {
        url.query_pairs_mut().append_pair("api-version", "7.1").append_pair("serviceConnectionId", connection);
        Method::Post
    } else {
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        Method::Get
    };
    let mut request = Request::new(url, method);
    request.insert_header("authorization", format!("Bearer {}", token.secret()));
    request.insert_header("accept", "application/json");
    request.insert_header("content-type", "application/json");
    let answer = ask(&mut request, RetryOptions::default()).await?;
    let names = ["value", "oidcToken"];
    let given = names.iter().find_map(|name| answer.get(*name)?.as_str()).map(str::to_owned);
    given.ok_or_else(|| {
        azure_core::Error::with_message(ErrorKind::Credential, "the pipeline's service answered without a token")
    })
}

/// Fetches tokens of the simulator: the same form as for Entra, over plain HTTP.
#[derive(Debug)]
struct SimulatorLogin {
    endpoint: Url,
    client: String,
}

impl SimulatorLogin {
    fn at(cloud: &Cloud, tenant: &str, client: Option<&str>) -> Arc<dyn TokenCredential> {
        let mut endpoint = cloud.authority.clone();
        endpoint.set_path(&format!("/{tenant}/oauth2/v2.0/token"));
        Arc::new(Self { endpoint, client: client.unwrap_or("00000000-0000-0000-0000-000000000000").to_owned() })
    }
}

#[async_trait]
impl TokenCredential for SimulatorLogin {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let mut form = self.endpoint.clone();
        // The user's own secret is not shown to a simulator.
        form.query_pairs_mut()
            .append_pair("client_id", &self.client)
            .append_pair("client_secret", "simulated")
            .append_pair("grant_type", "client_credentials")
            .append_pair("scope", &scopes.join(" "));
        let mut request = Request::new(self.endpoint.clone(), Method::Post);
        request.insert_header("content-type", "application/x-www-form-urlencoded");
        request.set_body(form.query().unwrap_or_default().to_owned());
        // It is on this machine and was started by us: if it does not answer now, it never will.
        let answer = ask(&mut request, RetryOptions::none()).await?;
        let token = answer.get("access_token").and_then(Value::as_str).ok_or_else(|| {
            azure_core::Error::with_message(ErrorKind::Credential, "the simulator answered without a token")
        })?;
        let seconds = answer.get("expires_in").and_then(Value::as_i64).unwrap_or(3600);
        Ok(AccessToken::new(token.to_owned(), OffsetDateTime::now_utc() + Duration::seconds(seconds)))
    }
}

async fn ask(request: &mut Request, retry: RetryOptions) -> azure_core::Result<Value> {
    let options = ClientOptions { retry, ..ClientOptions::default() };
    let pipeline = Pipeline::new(None, None, options, Vec::new(), Vec::new(), None);
    let answer = pipeline.send(&Context::new(), request, None).await?;
    Ok(serde_json::from_slice(answer.body().as_ref())?)
}
