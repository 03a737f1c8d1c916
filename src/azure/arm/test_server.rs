//! A server on loopback that answers what a test told it to, and the client that asks it.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{ArmClient, Cloud, Settings, VirtualClock};

/// An answer to be given once: status, headers, body. `{base}` in it stands for the server's address.
pub(in crate::azure) type Answer = (u16, &'static [(&'static str, &'static str)], Value);

/// What the server shares with the test.
#[derive(Default)]
struct Shared {
    base: String,
    answers: VecDeque<Answer>,
    requests: Vec<String>,
    tokens: usize,
}

/// A running server. It ends with the test's runtime.
pub(in crate::azure) struct TestServer {
    shared: Arc<Mutex<Shared>>,
    pub(in crate::azure) client: ArmClient,
    pub(in crate::azure) clock: Arc<VirtualClock>,
}

impl TestServer {
    /// Starts a server that gives these answers in order.
    pub(in crate::azure) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shared = Shared { base: base.clone(), answers: answers.into_iter().collect(), ..Shared::default() };
        let shared = Arc::new(Mutex::new(shared));
        let app = axum::Router::new().fallback(answer).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let clock = Arc::new(VirtualClock::default());
        let cloud = Cloud::simulator(&base).unwrap();
        let client = Settings::default().clients(&cloud, clock.clone()).unwrap().manager;
        Self { shared, client, clock }
    }

    /// Method, path and query of what was asked, but for tokens.
    pub(in crate::azure) fn requests(&self) -> Vec<String> {
        self.shared.lock().unwrap().requests.clone()
    }

    /// How many tokens were fetched.
    pub(in crate::azure) fn tokens(&self) -> usize {
        self.shared.lock().unwrap().tokens
    }

    /// The server's address.
    pub(in crate::azure) fn base(&self) -> String {
        self.shared.lock().unwrap().base.clone()
    }

    /// Time enough for anything.
    pub(in crate::azure) fn patience(&self) -> super::Patience<'_> {
        self.client.patience(Duration::from_secs(5400))
    }
}

async fn answer(
    State(shared): State<Arc<Mutex<Shared>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    _body: Bytes,
) -> Response {
    let mut shared = shared.lock().unwrap();
    if uri.path().ends_with("/oauth2/v2.0/token") {
        shared.tokens += 1;
        return axum::Json(json!({"access_token": format!("token-{}", shared.tokens), "expires_in": 3600}))
            .into_response();
    }
    if headers.get("authorization").is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    shared.requests.push(format!("{method} {uri}"));
    let Some((status, headers, body)) = shared.answers.pop_front() else {
        return (StatusCode::IM_A_TEAPOT, "no more answers").into_response();
    };
    let base = shared.base.clone();
    let text = if body.is_null() { String::new() } else { body.to_string().replace("{base}", &base) };
    let mut response = (StatusCode::from_u16(status).unwrap(), text).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.replace("{base}", &base).parse().unwrap());
    }
    response
}
