//! What stands beside ARM: the cloud's metadata, and who gives tokens to whom: applications by their secret, machines
//! by where they run, and pods by the token of their service account, exactly when a federated credential says so.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::arm::Azure;
use crate::simulator::body;
use crate::simulator::request::{Request, decoded};
use crate::simulator::service::{TENANT, guid};
use crate::simulator::target::{Key, same};
use crate::simulator::tokens::{claims, is_ours, sign, wall_clock};
use crate::simulator::world::{Principal, Resource};

/// How long a token lasts, in seconds: what Entra gives.
const TOKEN_SECONDS: u64 = 3599;

/// How long a client waits before it asks again for a token that it did not get.
const RETRY: Duration = Duration::from_secs(5);

const IDENTITIES: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";
const CLUSTERS: &str = "Microsoft.ContainerService/managedClusters";
const ISSUER: &str = "/properties/oidcIssuerProfile/issuerURL";

/// Why a token is not given: OAuth's word, and Entra's sentence.
struct Denied {
    status: u16,
    error: &'static str,
    text: String,
}

impl Denied {
    fn new(error: &'static str, text: impl Into<String>) -> Self {
        Self { status: if error == "invalid_client" { 401 } else { 400 }, error, text: text.into() }
    }
}

impl Azure {
    /// Answers what is not ARM's; `None` for what is.
    pub(super) fn answer_directory(&mut self, request: &Request, form: &str) -> Option<Answer> {
        let path = request.path.trim_matches('/').to_ascii_lowercase();
        let segments: Vec<&str> = path.split('/').collect();
        match segments.as_slice() {
            ["metadata", "endpoints"] => Some(Answer::json(200, endpoints(&request.origin()))),
            ["metadata", "identity", "oauth2", "token"] => Some(answered(self.of_machine(request))),
            [tenant, "oauth2", "v2.0", "token"] | [tenant, "oauth2", "token"] => {
                Some(answered(self.exchange(tenant, form, request)))
            }
            [tenant, "v2.0", ".well-known", "openid-configuration"]
            | [tenant, ".well-known", "openid-configuration"] => {
                Some(Answer::json(200, discovery(tenant, &request.origin())))
            }
            ["common", "discovery", "instance"] => Some(Answer::json(200, instance(&request.origin()))),
            [_, "discovery", "v2.0", "keys"] => Some(Answer::json(200, json!({"keys": []}))),
            _ => None,
        }
    }

    /// The token that a service account of a cluster gets from it: `{"cluster", "namespace", "name", "audience"}`.
    pub(super) fn service_account_token(&self, asked: &Value) -> Result<Answer, Refusal> {
        let text = |name: &str| {
            body::text(asked, &format!("/{name}")).filter(|text| !text.is_empty()).ok_or_else(|| {
                Refusal::bad(
                    "InvalidServiceAccount",
                    "Give whose token it is as {\"cluster\": \"/subscriptions/…\", \"namespace\": \"default\", \"name\": \"app\"}.",
                )
            })
        };
        let cluster = text("cluster")?;
        let (namespace, name) = (text("namespace")?, text("name")?);
        let found = self.world().get(&Key::of(cluster)).filter(|found| same(&found.kind, CLUSTERS));
        let issuer = found.and_then(|found| body::text(&found.body, ISSUER)).ok_or_else(|| {
            Refusal::new(404, "IssuerNotFound", format!("There is no cluster '{cluster}' with an OIDC issuer."))
        })?;
        let now = wall_clock();
        let claims = json!({
            "iss": issuer,
            "sub": format!("system:serviceaccount:{namespace}:{name}"),
            "aud": [body::text(asked, "/audience").unwrap_or("api://AzureADTokenExchange")],
            "iat": now, "nbf": now, "exp": now + 3600,
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": name}},
        });
        Ok(Answer::json(200, json!({ "token": sign(&claims, self.seed()) })))
    }

    /// `POST /{tenant}/oauth2/v2.0/token`
    fn exchange(&mut self, tenant: &str, form: &str, request: &Request) -> Result<Value, Denied> {
        let field = |name: &str| {
            let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(found, _)| *found == name).map(|(_, value)| decoded(value)).filter(|value| !value.is_empty())
        };
        if field("grant_type").as_deref() != Some("client_credentials") {
            return Err(Denied::new(
                "unsupported_grant_type",
                "AADSTS70003: The app requested an unsupported grant type.",
            ));
        }
        let Some(client) = field("client_id") else {
            let text = "AADSTS900144: The request body must contain the parameter 'client_id'.";
            return Err(Denied::new("invalid_request", text));
        };
        let (secret, assertion) = (field("client_secret"), field("client_assertion"));
        if secret.is_none() && assertion.is_none() {
            let text = "AADSTS7000216: 'client_assertion', 'client_secret' or 'request' is required for the \
                        'client_credentials' grant type.";
            return Err(Denied::new("invalid_client", text));
        }
        let audience = audience(field("scope").or_else(|| field("resource")), request);
        if self.identity_of(&client).is_none() {
            return Ok(self.token(tenant, &client, &object_of(&client, self.seed()), &audience));
        }
        let assertion = assertion.ok_or_else(|| {
            let text = "AADSTS7000215: Invalid client secret provided: a managed identity has none.";
            Denied::new("invalid_client", text)
        })?;
        self.of_federated(tenant, &client, &assertion, &audience)
    }

    /// The token of an identity for the token of a service account. An error is Entra's sentence.
    pub(super) fn exchange_federated(
        &mut self,
        tenant: &str,
        client: &str,
        assertion: &str,
        resource: &str,
    ) -> Result<Value, String> {
        self.of_federated(tenant, client, assertion, resource).map_err(|denied| denied.text)
    }

    /// The token of an identity that a machine has; `None` when there is no such identity any more.
    pub(super) fn token_of_identity(&self, id: &str, client: &str, resource: &str) -> Option<Value> {
        let principal = self.world().get(&Key::of(id))?.principals.first()?;
        let is_meant = client.is_empty() || same(&principal.client, client);
        is_meant.then(|| self.token(TENANT, &principal.client, &principal.id, resource))
    }

    /// The token of an application for its secret. An error is Entra's sentence: an identity has no secret.
    pub(super) fn token_of_application(&self, client: &str, secret: &str, resource: &str) -> Result<Value, String> {
        if secret.is_empty() || self.identity_of(client).is_some() {
            return Err(format!("AADSTS7000215: Invalid client secret provided for '{client}'."));
        }
        Ok(self.token(TENANT, client, &object_of(client, self.seed()), resource))
    }

    fn of_federated(&mut self, tenant: &str, client: &str, assertion: &str, audience: &str) -> Result<Value, Denied> {
        let (identity, principal) = self.identity_of(client).ok_or_else(|| {
            let text = format!("AADSTS700016: Application with identifier '{client}' was not found in the directory.");
            Denied::new("invalid_client", text)
        })?;
        if let Err(denied) = self.federated(&identity, assertion) {
            // A client waits before it asks again.
            self.timer.wait(RETRY);
            return Err(denied);
        }
        Ok(self.token(tenant, client, &principal.id, audience))
    }

    /// Whether an identity trusts a token: it has a credential of the same issuer, subject and audience, to the byte,
    /// that the directory has heard of by now.
    fn federated(&self, identity: &Resource, assertion: &str) -> Result<(), Denied> {
        let invalid = |text: String| Denied::new("invalid_client", text);
        let Some(claims) = claims(assertion) else {
            return Err(invalid("AADSTS50027: JWT token is invalid or malformed.".to_owned()));
        };
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let (issuer, subject) = (text("iss"), text("sub"));
        let audiences: Vec<&str> = match claims.get("aud") {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one],
            _ => Vec::new(),
        };
        if claims.get("exp").and_then(Value::as_u64).is_none_or(|until| until < wall_clock()) {
            return Err(invalid("AADSTS700024: Client assertion is not within its valid time range.".to_owned()));
        }
        let is_simulated = self.world().all_of_kind(CLUSTERS).any(|c| body::text(&c.body, ISSUER) == Some(issuer));
        if is_simulated && !is_ours(assertion, self.seed()) {
            return Err(invalid("AADSTS50013: Assertion failed signature validation.".to_owned()));
        }
        let delay = self.faults().credential_seconds.saturating_mul(1000);
        let trusts = self.world().children(&identity.key(), "federatedIdentityCredentials").any(|credential| {
            let is = |pointer: &str, text: &str| body::text(&credential.body, pointer) == Some(text);
            let wanted = body::text(&credential.body, "/properties/audiences/0").unwrap_or_default();
            let is_known = credential.created.saturating_add(delay) <= self.now();
            is_known
                && is("/properties/issuer", issuer)
                && is("/properties/subject", subject)
                && audiences.contains(&wanted)
        });
        if trusts {
            return Ok(());
        }
        Err(invalid(format!(
            "AADSTS700213: No matching federated identity record found for presented assertion subject '{subject}'. \
             Check your federated identity credential Subject, Audience and Issuer against the presented assertion: \
             issuer '{issuer}', audience '{}'. https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
            audiences.join(",")
        )))
    }

    /// `GET /metadata/identity/oauth2/token`: the token of an identity of the machine that asks.
    fn of_machine(&self, request: &Request) -> Result<Value, Denied> {
        let audience = audience(request.parameter("resource"), request);
        let by_id = request.parameter("msi_res_id").or_else(|| request.parameter("mi_res_id"));
        let named = request.parameter("client_id").or_else(|| request.parameter("object_id"));
        let found = match (&by_id, &named) {
            (Some(id), _) => self.world().get(&Key::of(id)).and_then(|found| found.principals.first()),
            (None, Some(name)) => self.identities().find_map(|(_, principal)| {
                (same(&principal.client, name) || same(&principal.id, name)).then_some(principal)
            }),
            (None, None) => None,
        };
        match (found, by_id, named) {
            (Some(principal), ..) => Ok(self.token(TENANT, &principal.client, &principal.id, &audience)),
            (None, Some(_), _) => Err(Denied::new("invalid_request", "Identity not found")),
            (None, None, named) => {
                let client = named.unwrap_or_else(|| guid(self.seed(), "machine identity"));
                Ok(self.token(TENANT, &client, &object_of(&client, self.seed()), &audience))
            }
        }
    }

    fn identities(&self) -> impl Iterator<Item = (&Resource, &Principal)> {
        self.world().all_of_kind(IDENTITIES).filter_map(|found| Some((found, found.principals.first()?)))
    }

    fn identity_of(&self, client: &str) -> Option<(Resource, Principal)> {
        let mut found = self.identities().filter(|(_, principal)| same(&principal.client, client));
        found.next().map(|(identity, principal)| (identity.clone(), principal.clone()))
    }

    fn token(&self, tenant: &str, client: &str, object: &str, audience: &str) -> Value {
        let now = wall_clock();
        let claims = json!({
            "aud": audience,
            "iss": format!("https://sts.windows.net/{tenant}/"),
            "iat": now, "nbf": now, "exp": now + TOKEN_SECONDS,
            "appid": client, "oid": object, "sub": object, "tid": tenant, "idtyp": "app", "ver": "1.0",
        });
        json!({
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "ext_expires_in": TOKEN_SECONDS,
            "expires_on": (now + TOKEN_SECONDS).to_string(),
            "resource": audience,
            "access_token": sign(&claims, self.seed()),
        })
    }
}

fn answered(result: Result<Value, Denied>) -> Answer {
    match result {
        Ok(token) => Answer::json(200, token),
        Err(denied) => Answer::json(
            denied.status,
            json!({
                "error": denied.error,
                "error_description": denied.text,
                "error_codes": denied.text.strip_prefix("AADSTS").and_then(|text| text.split(':').next()?.parse::<u64>().ok()),
            }),
        ),
    }
}

/// What a token is for: the scope that is asked for without its last word, else the simulator itself.
fn audience(scope: Option<String>, request: &Request) -> String {
    let scope = scope.map(|scope| scope.trim_end_matches("/.default").to_owned());
    scope.unwrap_or_else(|| request.origin())
}

/// The object id of an application.
pub(super) fn object_of(client: &str, seed: u64) -> String {
    guid(seed, &format!("caller|{client}"))
}

fn endpoints(here: &str) -> Value {
    json!({
        "name": "Simulator",
        "portal": here,
        "authentication": {
            "loginEndpoint": here,
            "audiences": [here],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": here,
        "graph": here,
        "graphAudience": here,
        "microsoftGraphResourceId": format!("{here}/graph/"),
        "batch": here,
        "media": here,
        "sqlManagement": here,
        "suffixes": {
            "storage": "core.windows.net",
            "keyVaultDns": "vault.azure.net",
            "acrLoginServer": "azurecr.io",
            "mhsmDns": "managedhsm.azure.net",
            "sqlServerHostname": "database.windows.net",
            "mysqlServerEndpoint": "mysql.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
        },
    })
}

fn discovery(tenant: &str, here: &str) -> Value {
    json!({
        "issuer": format!("{here}/{tenant}/v2.0"),
        "token_endpoint": format!("{here}/{tenant}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("{here}/{tenant}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{here}/{tenant}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{here}/{tenant}/discovery/v2.0/keys"),
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["HS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
    })
}

/// What clients ask of a cloud that they do not know.
fn instance(here: &str) -> Value {
    let host = here.split("://").nth(1).unwrap_or(here);
    json!({
        "tenant_discovery_endpoint": format!("{here}/{TENANT}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    })
}
