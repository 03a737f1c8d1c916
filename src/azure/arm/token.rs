//! The token that every request carries: one for all of them, fetched when it is first needed and again before it
//! expires.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request, Url};
use azure_core::time::{Duration, OffsetDateTime};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::diagnostic::causes;

/// The pipeline's policy that signs requests to one host. Unlike `azure_core`'s own it holds one token for all
/// callers while it is fetched, never sends it to another host than Azure Resource Manager's, and allows plain HTTP on
/// the loopback interface, where the simulator listens.
pub(super) struct BearerToken {
    credential: Arc<dyn TokenCredential>,
    scope: String,
    /// Host and port of Azure Resource Manager.
    home: Url,
    token: Mutex<Option<AccessToken>>,
}

/// Who the token says that we are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Claims {
    /// The object id of the account.
    #[serde(rename = "oid")]
    pub object_id: String,
    /// Its tenant.
    #[serde(rename = "tid")]
    pub tenant_id: String,
    /// The application that signed in.
    #[serde(rename = "appid")]
    pub client_id: String,
}

/// How long before its end a token is fetched anew, in minutes.
const RENEW_BEFORE: i64 = 5;

impl BearerToken {
    pub(super) fn new(credential: Arc<dyn TokenCredential>, scope: String, home: Url) -> Self {
        Self { credential, scope, home, token: Mutex::default() }
    }

    /// The token, fetched if there is none that lasts.
    async fn token(&self) -> azure_core::Result<AccessToken> {
        // Held while fetching, so that the others wait for this token instead of fetching their own.
        let mut held = self.token.lock().await;
        let renewal = OffsetDateTime::now_utc() + Duration::minutes(RENEW_BEFORE);
        if let Some(token) = held.as_ref().filter(|t| t.expires_on > renewal) {
            return Ok(token.clone());
        }
        let fetched = self.credential.get_token(&[&self.scope], None).await;
        let token = fetched.map_err(|e| azure_core::Error::with_message(ErrorKind::Credential, causes(&e)))?;
        *held = Some(token.clone());
        Ok(token)
    }

    /// Forgets the token: Azure did not take it.
    pub(super) async fn forget(&self) {
        *self.token.lock().await = None;
    }

    /// What the token says of us, without checking its signature: Azure does that.
    pub(super) async fn claims(&self) -> azure_core::Result<Claims> {
        let token = self.token().await?;
        Ok(read_claims(token.token.secret()).unwrap_or_default())
    }

    /// Whether the token may go to this address.
    fn check(&self, url: &Url) -> azure_core::Result<()> {
        let refuse = |why: String| Err(azure_core::Error::with_message(ErrorKind::Credential, why));
        let host = url.host_str().unwrap_or_default();
        let home = self.home.host_str().unwrap_or_default();
        let regional = host.strip_suffix(home).is_some_and(|region| region.ends_with('.'));
        if !(regional || host == home && url.port_or_known_default() == self.home.port_or_known_default()) {
            return refuse(format!(
                "Azure answered with an address on {host}, which is not {home}: no token is sent there"
            ));
        }
        if url.scheme() != "https" && !is_loopback(url) {
            return refuse(format!("no token is sent to {host} over plain HTTP"));
        }
        Ok(())
    }
}

/// The policy for another service's host, with tokens for that service.
pub fn bearer(credential: Arc<dyn TokenCredential>, scope: &str, home: Url) -> Arc<dyn Policy> {
    Arc::new(BearerToken::new(credential, scope.to_owned(), home))
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[async_trait]
impl Policy for BearerToken {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        self.check(request.url())?;
        let token = self.token().await?;
        request.insert_header("authorization", format!("Bearer {}", token.token.secret()));
        let Some((first, rest)) = next.split_first() else {
            return Err(azure_core::Error::with_message(ErrorKind::Other, "the pipeline has no transport"));
        };
        first.send(context, request, rest).await
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerToken").field("scope", &self.scope).finish_non_exhaustive()
    }
}

fn read_claims(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_from_the_token() {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(r#"{"oid":"o","tid":"t","appid":"a","aud":"x"}"#);
        let claims = read_claims(&format!("h.{payload}.s"));
        let expected = Claims { object_id: "o".to_owned(), tenant_id: "t".to_owned(), client_id: "a".to_owned() };
        assert_eq!(claims, Some(expected));
        assert_eq!(read_claims("opaque"), None);
    }
}
