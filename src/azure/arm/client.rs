//! The client: a request goes in, an answer with its headers comes out, or an error that is worth telling.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::{self, ClientOptions, Context, Pipeline, PipelineSendOptions, RetryOptions, Url};

use super::clock::{Clock, Patience};
use super::cloud::Cloud;
use super::envelope::VIRTUAL_TIME;
use super::error::{ArmError, ServiceError};
use super::request::{Method, Request, Response, read};
use super::retry::Retry;
use super::throttle::{Throttle, Turn};
use super::token::{BearerToken, Claims};
use crate::diagnostic::causes;
use crate::provider::Holdups;

/// A client of Azure Resource Manager. Clones share everything: the token, the limiter, the connections.
#[derive(Clone)]
pub struct ArmClient(Arc<Shared>);

struct Shared {
    base: Url,
    pipeline: Pipeline,
    token: Arc<BearerToken>,
    throttle: Throttle,
    clock: Arc<dyn Clock>,
}

impl ArmClient {
    /// A client of a cloud that signs in with a credential when it first has to.
    pub fn new(cloud: &Cloud, credential: Arc<dyn TokenCredential>, clock: Arc<dyn Clock>) -> Self {
        Self::at(cloud.resource_manager.clone(), cloud.scope(), credential, clock)
    }

    /// A client of the service at an address, with tokens for a scope.
    pub(super) fn at(base: Url, scope: String, credential: Arc<dyn TokenCredential>, clock: Arc<dyn Clock>) -> Self {
        let token = Arc::new(BearerToken::new(credential, scope, base.clone()));
        // Tries are counted by our own loop: the pipeline's retries know neither the operation's timeout nor
        // that another caller was told to wait.
        let options = ClientOptions { retry: RetryOptions::none(), ..ClientOptions::default() };
        let (name, version) = (option_env!("CARGO_PKG_NAME"), option_env!("CARGO_PKG_VERSION"));
        let pipeline = Pipeline::new(name, version, options, Vec::new(), vec![token.clone()], None);
        let throttle = Throttle::new(clock.clone());
        Self(Arc::new(Shared { base, pipeline, token, throttle, clock }))
    }

    /// Tells there when calls have to wait.
    pub fn tell(&self, holdups: &Holdups) {
        self.0.throttle.tell(holdups);
    }

    /// So much time, from now.
    pub fn patience(&self, budget: Duration) -> Patience<'_> {
        Patience::new(self.0.clock.as_ref(), budget)
    }

    /// Who we are signed in as.
    pub async fn claims(&self) -> Result<Claims, ArmError> {
        self.0.token.claims().await.map_err(|e| ArmError::Login(causes(&e)))
    }

    /// Reads.
    pub async fn get(
        &self,
        path: impl fmt::Display,
        api_version: &str,
        patience: &Patience<'_>,
    ) -> Result<Response, ArmError> {
        self.send(&Request::new(Method::Get, path, api_version), patience).await
    }

    /// Reads, where nothing may be there.
    pub async fn find(
        &self,
        path: impl fmt::Display,
        api_version: &str,
        patience: &Patience<'_>,
    ) -> Result<Option<Response>, ArmError> {
        match self.get(path, api_version, patience).await {
            Err(error) if error.is_not_found() => Ok(None),
            other => other.map(Some),
        }
    }

    /// Sends a request and gives its answer when it is a success. Waits its turn; tries again what may be tried again
    /// until patience ends. Does not follow long-running operations: see [`ArmClient::put`] and its like.
    pub async fn send(&self, request: &Request, patience: &Patience<'_>) -> Result<Response, ArmError> {
        let turn = Turn::of(request.method, &request.target);
        let mut retry = Retry::new(request.method);
        loop {
            self.0.throttle.admit(&turn, patience).await?;
            let (error, wait) = match self.attempt(request).await {
                Ok(response) if response.is_success() => return Ok(response),
                Ok(response) => {
                    if response.status == 401 {
                        self.0.token.forget().await;
                    }
                    let wait = retry.after_answer(&response, patience);
                    if let Some(wait) = wait.filter(|_| response.status == 429) {
                        self.0.throttle.close(&turn, wait);
                    }
                    (ArmError::from(ServiceError::of(request.title(), &response)), wait)
                }
                Err(Failed { error, sent }) => {
                    let wait = retry.after_failure(&error, sent, patience);
                    (error, wait)
                }
            };
            let Some(wait) = wait else { return Err(error) };
            match patience.pause(wait).await {
                Err(ArmError::TimedOut { after, .. }) => {
                    return Err(ArmError::TimedOut { after, last: Some(Box::new(error)) });
                }
                other => other?,
            }
        }
    }

    /// One try.
    async fn attempt(&self, request: &Request) -> Result<Response, Failed> {
        let malformed = |reason: String| ArmError::Malformed { request: request.title(), reason };
        let url = self.url(request).map_err(|reason| Failed { error: malformed(reason), sent: false })?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut raw = http::Request::new(url, request.method.into());
        raw.insert_header("accept", "application/json");
        for (name, value) in &request.headers {
            raw.insert_header(name.clone().into_owned(), value.clone());
        }
        if let Some(body) = &request.body {
            raw.insert_header("content-type", "application/json");
            raw.set_body(body.to_string());
        }
        let options = PipelineSendOptions { skip_checks: true, ..PipelineSendOptions::default() };
        let sent = self.0.pipeline.send(&Context::new(), &mut raw, Some(options)).await;
        let answer = sent.map_err(|e| Failed::of(&e, host))?;
        let response = read(&answer).map_err(|reason| Failed { error: malformed(reason), sent: true })?;
        if let Some(now) = response.header(VIRTUAL_TIME).and_then(|text| text.parse().ok()) {
            self.0.clock.hear(Duration::from_millis(now));
        }
        Ok(response)
    }

    fn url(&self, request: &Request) -> Result<Url, String> {
        let mut url = if request.target.starts_with('/') {
            let mut url = self.0.base.clone();
            let (path, query) = request.target.split_once('?').map_or((&*request.target, None), |(p, q)| (p, Some(q)));
            url.set_path(&format!("{}{path}", self.0.base.path().trim_end_matches('/')));
            url.set_query(query);
            url
        } else {
            Url::parse(&request.target).map_err(|e| format!("{:?} is no address: {e}", request.target))?
        };
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        Ok(url)
    }
}

/// A try without an answer.
struct Failed {
    error: ArmError,
    /// Whether Azure may have got the request.
    sent: bool,
}

impl Failed {
    fn of(error: &azure_core::Error, host: String) -> Self {
        match error.kind() {
            ErrorKind::Connection => Self { error: unreachable(error, host), sent: false },
            ErrorKind::Io => Self { error: unreachable(error, host), sent: true },
            _ => Self { error: ArmError::Login(causes(error)), sent: false },
        }
    }
}

/// Only the innermost cause is told: the outer ones repeat the URL with its signed query.
fn unreachable(error: &azure_core::Error, host: String) -> ArmError {
    let mut cause: &(dyn std::error::Error + 'static) = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    ArmError::Unreachable { host, reason: cause.to_string() }
}

impl fmt::Debug for ArmClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArmClient({})", self.0.base)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::azure::arm::test_server::TestServer;

    const PATH: &str = "/subscriptions/s/resourceGroups/g";

    #[tokio::test]
    async fn one_token_serves_many_calls() {
        let server = TestServer::start((0..8).map(|i| (200, &[][..], json!({"n": i})))).await;
        let patience = server.patience();
        let calls = (0..8).map(|_| server.client.get(PATH, "2023-07-01", &patience));
        let answers = futures::future::join_all(calls).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(server.tokens(), 1);
        assert_eq!(server.requests()[0], format!("GET {PATH}?api-version=2023-07-01"));
    }

    #[tokio::test]
    async fn a_refused_token_is_renewed_once() {
        let refused = json!({"error": {"code": "ExpiredAuthenticationToken", "message": "expired"}});
        let answers =
            [(401, &[][..], refused.clone()), (200, &[], json!({})), (401, &[], refused.clone()), (401, &[], refused)];
        let server = TestServer::start(answers).await;
        assert!(server.client.get(PATH, "1", &server.patience()).await.is_ok());
        let error = server.client.get(PATH, "1", &server.patience()).await.unwrap_err();
        assert_eq!((error.code(), server.tokens()), ("ExpiredAuthenticationToken", 3));
    }

    #[tokio::test]
    async fn retry_after_is_honoured_and_faults_are_tried_again() {
        let throttled = json!({"error": {"code": "TooManyRequests", "message": "slow"}});
        let answers = [
            (429, &[("retry-after", "7")][..], throttled.clone()),
            (429, &[("retry-after", "0")], throttled),
            (500, &[], Value::Null),
            (503, &[("x-ms-retry-after-ms", "1500")], Value::Null),
            (200, &[], json!({"ok": true})),
        ];
        let server = TestServer::start(answers).await;
        let answer = server.client.get(PATH, "1", &server.patience()).await.unwrap();
        assert_eq!(answer.body, json!({"ok": true}));
        let waited = server.clock.now().as_millis();
        assert!((9250..=9500).contains(&waited), "{waited}");
    }

    #[tokio::test]
    async fn an_action_is_not_repeated_after_a_fault() {
        let server = TestServer::start([(500, &[][..], Value::Null)]).await;
        let request = Request::new(Method::Post, PATH, "1").body(json!({}));
        let error = server.client.send(&request, &server.patience()).await.unwrap_err();
        assert_eq!((error.code(), server.requests().len()), ("HTTP 500", 1));
    }

    #[tokio::test]
    async fn throttling_ends_with_patience() {
        let busy = json!({"error": {"code": "SubscriptionRequestsThrottled", "message": "slow"}});
        let server = TestServer::start((0..9).map(|_| (429, &[("retry-after", "20")][..], busy.clone()))).await;
        let patience = server.client.patience(Duration::from_secs(50));
        let error = server.client.get(PATH, "1", &patience).await.unwrap_err();
        assert!(matches!(error, ArmError::TimedOut { .. }), "{error}");
        assert_eq!((error.code(), server.requests().len()), ("SubscriptionRequestsThrottled", 3));
    }

    #[tokio::test]
    async fn nothing_secret_is_told_of_a_failed_request() {
        let refusal = json!({"code": "BadRequest", "message": "no"});
        let headers = &[("x-ms-correlation-request-id", "corr-1"), ("x-ms-request-id", "req-1")][..];
        let server = TestServer::start([(400, headers, refusal)]).await;
        let request = Request::new(Method::Put, PATH, "1").query("t", "signed").body(json!({"password": "hunter2"}));
        let error = server.client.send(&request, &server.patience()).await.unwrap_err();
        let told = format!("{error} {error:?} {:?} {request:?}", error.diagnostic("write"));
        assert!(["hunter2", "signed", "token-1"].iter().all(|secret| !told.contains(secret)), "{told}");
        assert!(
            ["corr-1", "req-1", "PUT /subscriptions/s/resourceGroups/g"].iter().all(|s| told.contains(s)),
            "{told}"
        );
    }

    #[tokio::test]
    async fn no_token_goes_to_a_stranger() {
        let server = TestServer::start([]).await;
        for url in ["http://127.0.0.1:9/x", "https://management.example.com/x"] {
            let error = server.client.send(&Request::follow(url), &server.patience()).await.unwrap_err();
            assert!(matches!(error, ArmError::Login(_)), "{error}");
        }
        assert_eq!(server.tokens(), 0);
    }

    #[tokio::test]
    async fn who_is_not_there_is_told_at_once() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let cloud = Cloud::simulator(&base).unwrap();
        let clock = Arc::new(crate::azure::arm::VirtualClock::default());
        let client = crate::azure::arm::Settings::default().clients(&cloud, clock).unwrap().manager;
        let error = client.get(PATH, "1", &client.patience(Duration::from_secs(600))).await.unwrap_err();
        assert!(matches!(error, ArmError::Login(_)), "{error}");
    }
}
