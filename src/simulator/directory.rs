//! What stands beside ARM: the cloud's metadata and the token endpoints.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::simulator::answer::Answer;
use crate::simulator::request::{Request, decoded};
use crate::simulator::service::{TENANT, guid};

/// How long a token lasts, in seconds: what Entra gives.
const TOKEN_SECONDS: u64 = 3599;

/// Answers what is not ARM's; `None` for what is.
pub(super) fn answer(request: &Request, form: &str, seed: u64) -> Option<Answer> {
    let path = request.path.trim_matches('/').to_ascii_lowercase();
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        ["metadata", "endpoints"] => Some(Answer::json(200, endpoints(&request.host))),
        ["metadata", "identity", "oauth2", "token"] => {
            let client = request.parameter("client_id").unwrap_or_else(|| guid(seed, "machine identity"));
            Some(token(TENANT, &client, request, seed))
        }
        [tenant, "oauth2", "v2.0", "token"] | [tenant, "oauth2", "token"] => {
            Some(exchange(tenant, form, request, seed))
        }
        [tenant, "v2.0", ".well-known", "openid-configuration"] => {
            Some(Answer::json(200, discovery(tenant, &request.host)))
        }
        _ => None,
    }
}

/// The object id of a caller, from its token's `oid`; that of an unnamed client when it cannot be read.
pub(super) fn caller(token: Option<&str>, seed: u64) -> String {
    let claims = token.and_then(|token| token.split('.').nth(1)).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Value = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    claims.get("oid").and_then(Value::as_str).map_or_else(|| object_of("", seed), str::to_owned)
}

/// The object id of an application.
fn object_of(client: &str, seed: u64) -> String {
    guid(seed, &format!("caller|{client}"))
}

/// `POST /{tenant}/oauth2/v2.0/token`
fn exchange(tenant: &str, form: &str, request: &Request, seed: u64) -> Answer {
    let field = |name: &str| {
        let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(found, _)| *found == name).map(|(_, value)| decoded(value)).filter(|value| !value.is_empty())
    };
    let refused = |error: &str, text: &str| Answer::json(400, json!({"error": error, "error_description": text}));
    if field("grant_type").as_deref() != Some("client_credentials") {
        return refused("unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.");
    }
    let Some(client) = field("client_id") else {
        return refused("invalid_request", "AADSTS900144: The request body must contain the parameter 'client_id'.");
    };
    if field("client_secret").is_none() && field("client_assertion").is_none() {
        let text = "AADSTS7000216: 'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
        return Answer::json(401, json!({"error": "invalid_client", "error_description": text}));
    }
    token(tenant, &client, request, seed)
}

fn token(tenant: &str, client: &str, request: &Request, seed: u64) -> Answer {
    // A token is for the client's clock, whatever the time in here.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let object = object_of(client, seed);
    let claims = json!({
        "aud": format!("http://{}", request.host),
        "iss": format!("https://sts.windows.net/{tenant}/"),
        "iat": now, "nbf": now, "exp": now + TOKEN_SECONDS,
        "appid": client, "oid": object, "sub": object, "tid": tenant, "idtyp": "app", "ver": "1.0",
    });
    let header = URL_SAFE_NO_PAD.encode(json!({"typ": "JWT", "alg": "none"}).to_string());
    let text = format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims.to_string()));
    Answer::json(
        200,
        json!({
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "ext_expires_in": TOKEN_SECONDS,
            "expires_on": (now + TOKEN_SECONDS).to_string(),
            "access_token": text,
        }),
    )
}

fn endpoints(host: &str) -> Value {
    let here = format!("http://{host}");
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
        "microsoftGraphResourceId": here,
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

fn discovery(tenant: &str, host: &str) -> Value {
    json!({
        "issuer": format!("https://sts.windows.net/{tenant}/"),
        "token_endpoint": format!("http://{host}/{tenant}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("http://{host}/{tenant}/oauth2/v2.0/authorize"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
    })
}
