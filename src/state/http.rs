//! The state behind an HTTP address, by the protocol of Terraform's `http` backend: GET, POST and DELETE of the state; LOCK
//! and UNLOCK with the holder as JSON where there are addresses for it (hashicorp/terraform,
//! internal/backend/remote-state/http).

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azure_core::credentials::Secret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use reqwest::{Certificate, Client, Identity, Method, StatusCode, Url};

use super::backend::{Backend, Held, LockFailure};
use super::lock::LockInfo;
use super::waiting::wait;
use crate::diagnostic::Diagnostic;

/// Everything that can be set.
pub struct HttpSettings {
    /// Where the state is.
    pub address: Url,
    /// How it is replaced: `POST`.
    pub update_method: String,
    /// Where it is locked, and how: `LOCK`.
    pub lock: Option<(Url, String)>,
    /// Where it is unlocked, and how: `UNLOCK`.
    pub unlock: Option<(Url, String)>,
    /// For basic authentication.
    pub user: Option<(String, Secret)>,
    /// How often a call is tried again.
    pub retry_max: u32,
    /// How long is waited before the first of them, and at most.
    pub retry_wait: (Duration, Duration),
    /// How the connection is trusted.
    pub tls: HttpTls,
}

/// How the connection is trusted. Certificates and keys are PEM texts.
#[derive(Default)]
pub struct HttpTls {
    /// Trust anybody.
    pub skip_verification: bool,
    /// Trust these instead of the system's.
    pub authorities: Option<String>,
    /// Who we are: a certificate and its key.
    pub own: Option<(String, Secret)>,
}

/// A state behind an address.
pub struct HttpBackend {
    place: Arc<Remote>,
    journal: PathBuf,
}

struct Remote {
    settings: HttpSettings,
    client: Client,
    /// The lock, while we hold it: each write names it.
    held: Mutex<Option<LockInfo>>,
}

struct RemoteLock {
    place: Arc<Remote>,
    info: Option<LockInfo>,
}

/// An answer, or why there is none.
struct Answer {
    status: StatusCode,
    body: Vec<u8>,
}

/// Why a call did not come to an answer, in words without any secret.
struct Unanswered(String);

impl HttpBackend {
    /// The state at an address.
    pub fn new(settings: HttpSettings, journal: PathBuf) -> Result<Self, Diagnostic> {
        let client = client(&settings.tls)?;
        Ok(Self { place: Arc::new(Remote { settings, client, held: Mutex::default() }), journal })
    }
}

fn client(tls: &HttpTls) -> Result<Client, Diagnostic> {
    let invalid = |what: &str| {
        Diagnostic::error("Invalid backend configuration", format!("The backend \"http\" cannot use its {what}."))
    };
    let mut builder = Client::builder().connect_timeout(Duration::from_secs(30)).timeout(Duration::from_secs(300));
    if tls.skip_verification {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    if let Some(pem) = &tls.authorities {
        let certificates =
            Certificate::from_pem_bundle(pem.as_bytes()).map_err(|_| invalid("client_ca_certificate_pem"))?;
        builder = builder.tls_certs_only(certificates);
    }
    if let Some((certificate, key)) = &tls.own {
        let both = format!("{certificate}\n{}", key.secret());
        let identity = Identity::from_pem(both.as_bytes());
        builder = builder.identity(identity.map_err(|_| invalid("client_certificate_pem and client_private_key_pem"))?);
    }
    builder.build().map_err(|_| invalid("TLS settings"))
}

impl Remote {
    fn held(&self) -> Option<LockInfo> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_held(&self, info: Option<&LockInfo>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = info.cloned();
    }

    /// The address without what may be secret in it.
    fn label(&self) -> String {
        let mut url = self.settings.address.clone();
        let (_, _) = (url.set_password(None), url.set_username(""));
        url.set_query(None);
        url.to_string()
    }

    /// Sends a request, again after answers and failures that pass.
    async fn send(&self, method: &str, url: &Url, body: Option<&[u8]>) -> Result<Answer, Unanswered> {
        let (mut pause, longest) = self.settings.retry_wait;
        let mut left = self.settings.retry_max;
        loop {
            let answer = self.send_once(method, url, body).await;
            let passes = match &answer {
                Ok(answer) => {
                    let is_full = answer.status == StatusCode::NOT_IMPLEMENTED;
                    answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error() && !is_full
                }
                Err(_) => true,
            };
            if !passes || left == 0 {
                return answer;
            }
            left -= 1;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    async fn send_once(&self, method: &str, url: &Url, body: Option<&[u8]>) -> Result<Answer, Unanswered> {
        let unanswered = |error: reqwest::Error| {
            let mut text = error.without_url().to_string();
            if text.is_empty() {
                text = "no answer came".to_owned();
            }
            Unanswered(text)
        };
        let method =
            Method::from_bytes(method.as_bytes()).map_err(|_| Unanswered(format!("{method:?} is no HTTP method")))?;
        let mut request = self.client.request(method, url.clone());
        if let Some((name, password)) = &self.settings.user {
            request = request.basic_auth(name, Some(password.secret()));
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .header("content-md5", BASE64_STANDARD.encode(Md5::digest(body)))
                .body(body.to_vec());
        }
        let answer = request.send().await.map_err(unanswered)?;
        let status = answer.status();
        Ok(Answer { status, body: answer.bytes().await.map_err(unanswered)?.to_vec() })
    }

    fn failed(&self, summary: &str, what: &str, why: &str) -> Diagnostic {
        Diagnostic::error(summary, format!("The state at {} {what}: {why}.", self.label()))
    }

    fn refused(&self, summary: &str, what: &str, status: StatusCode) -> Diagnostic {
        let why = match status.as_u16() {
            401 => {
                "the server answered 401: it wants a user name and a password (username, password or TF_HTTP_USERNAME, \
                    TF_HTTP_PASSWORD)"
                    .to_owned()
            }
            403 => "the server answered 403: this user may not do that".to_owned(),
            409 | 423 => format!("the server answered {}: somebody else holds the lock", status.as_u16()),
            number => format!("the server answered {number}"),
        };
        self.failed(summary, what, &why)
    }

    async fn try_lock(&self, info: &LockInfo) -> Result<(), LockFailure> {
        const SUMMARY: &str = "Error acquiring the state lock";
        let Some((url, method)) = &self.settings.lock else { return Ok(()) };
        let body = serde_json::to_vec(info).unwrap_or_default();
        let answer = self.send(method, url, Some(&body)).await;
        let answer = answer.map_err(|e| LockFailure::Failed(self.failed(SUMMARY, "cannot be locked", &e.0)))?;
        let holder: Option<LockInfo> = serde_json::from_slice(&answer.body).ok();
        match answer.status.as_u16() {
            200 => Ok(()),
            // Our own lock: an earlier try of this call was carried out, and its answer was lost.
            409 | 423 if holder.as_ref().is_some_and(|holder| holder.id == info.id) => Ok(()),
            409 | 423 => Err(LockFailure::Taken(holder)),
            _ => Err(LockFailure::Failed(self.refused(SUMMARY, "cannot be locked", answer.status))),
        }
    }

    async fn unlock(&self, info: &LockInfo, summary: &str) -> Result<(), Diagnostic> {
        let Some((url, method)) = &self.settings.unlock else { return Ok(()) };
        let body = serde_json::to_vec(info).unwrap_or_default();
        let answer = self.send(method, url, Some(&body)).await;
        let answer = answer.map_err(|e| self.failed(summary, "could not be unlocked", &e.0))?;
        if answer.status == StatusCode::OK {
            Ok(())
        } else {
            Err(self.refused(summary, "could not be unlocked", answer.status))
        }
    }
}

impl Backend for HttpBackend {
    fn label(&self) -> String {
        self.place.label()
    }

    fn read(&self) -> Result<Option<Vec<u8>>, Diagnostic> {
        const SUMMARY: &str = "Unreadable state";
        let place = &self.place;
        let answer = wait(place.send("GET", &place.settings.address, None))?;
        let answer = answer.map_err(|e| place.failed(SUMMARY, "cannot be read", &e.0))?;
        match answer.status.as_u16() {
            200 => Ok(Some(answer.body).filter(|body| !body.is_empty())),
            204 | 404 => Ok(None),
            _ => Err(place.refused(SUMMARY, "cannot be read", answer.status)),
        }
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Diagnostic> {
        const SUMMARY: &str = "State not written";
        let place = &self.place;
        let mut url = place.settings.address.clone();
        if let Some(held) = place.held() {
            let others: Vec<(String, String)> = url
                .query_pairs()
                .filter(|(name, _)| name != "ID")
                .map(|(n, v)| (n.into_owned(), v.into_owned()))
                .collect();
            url.query_pairs_mut().clear().extend_pairs(others).append_pair("ID", &held.id);
        }
        let answer = wait(place.send(&place.settings.update_method, &url, Some(bytes)))?;
        let answer = answer.map_err(|e| place.failed(SUMMARY, "could not be replaced", &e.0))?;
        match answer.status.as_u16() {
            200 | 201 | 204 => Ok(()),
            _ => Err(place.refused(SUMMARY, "could not be replaced", answer.status)),
        }
    }

    fn try_lock(&self, info: &LockInfo) -> Result<Box<dyn Held>, LockFailure> {
        wait(self.place.try_lock(info)).map_err(LockFailure::Failed)??;
        if self.place.settings.lock.is_some() {
            self.place.set_held(Some(info));
        }
        Ok(Box::new(RemoteLock { place: self.place.clone(), info: Some(info.clone()) }))
    }

    fn force_unlock(&self, id: &str) -> Result<(), Diagnostic> {
        // The protocol has no way to ask who holds the lock: the server compares the id.
        let info = LockInfo { id: id.to_owned(), path: self.label(), ..LockInfo::default() };
        wait(self.place.unlock(&info, "Failed to unlock state"))?
    }

    fn journal_path(&self) -> PathBuf {
        self.journal.clone()
    }
}

impl RemoteLock {
    fn give_back(&mut self) -> Result<(), Diagnostic> {
        let Some(info) = self.info.take() else { return Ok(()) };
        self.place.set_held(None);
        wait(self.place.unlock(&info, "Error releasing the state lock"))?
    }
}

impl Held for RemoteLock {
    fn release(mut self: Box<Self>) -> Result<(), Diagnostic> {
        self.give_back()
    }
}

impl Drop for RemoteLock {
    fn drop(&mut self) {
        // `release` tells of failures; here there is nobody left to tell.
        let _ = self.give_back();
    }
}
