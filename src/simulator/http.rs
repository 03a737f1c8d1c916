//! From the wire to a request, and from an answer to the wire.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request as Incoming, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use serde_json::Value;
use tokio::sync::{Notify, oneshot, watch};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::arm::{Azure, Reply};
use crate::simulator::connection::{Switch, Wires};
use crate::simulator::request::Request;
use crate::simulator::service::service_of;
use crate::simulator::target::{Key, Target};
use crate::simulator::{control, graph, kubernetes, vault_secrets};

/// How long a write that may not overlap with another is held open for one to arrive. Handling is far too quick
/// for two to meet otherwise, while in Azure they are under way for a second or two.
const OVERLAP: Duration = Duration::from_millis(1);

/// What the handlers share.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub azure: Arc<Mutex<Azure>>,
    /// The parents beneath which a write is under way that may not overlap with another.
    writing: Arc<Mutex<HashSet<Key>>>,
    /// Told when the faults may have changed: what is held may go on.
    pub released: Arc<Notify>,
    /// Told when objects of a cluster may have changed: whoever watches looks again.
    pub changed: Arc<Notify>,
    /// Gone when the simulator stops: then tunnels end.
    running: watch::Receiver<()>,
    /// Whether requests come through TLS.
    is_encrypted: bool,
}

/// Serves until told to stop.
pub(super) async fn serve(wires: Wires, azure: Azure, stopped: oneshot::Receiver<()>) {
    let is_encrypted = matches!(wires, Wires::Tls(..));
    let azure = Arc::new(Mutex::new(azure));
    let (running, seen) = watch::channel(());
    let shared = Shared {
        azure,
        writing: Arc::default(),
        released: Arc::default(),
        changed: Arc::default(),
        running: seen,
        is_encrypted,
    };
    let router = Router::new().fallback(handle).with_state(shared);
    let service = router.into_make_service_with_connect_info::<Switch>();
    let stop = async {
        // A sender that is gone means the same as one that spoke.
        let _ = stopped.await;
    };
    // Serving never fails: errors of single connections are theirs.
    let _ = axum::serve(wires, service).with_graceful_shutdown(stop).await;
    drop(running);
}

async fn handle(
    State(shared): State<Shared>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    incoming: Incoming,
) -> Response {
    if incoming.method() == Method::CONNECT {
        return tunnel(shared, incoming);
    }
    let (parts, body) = incoming.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        switch.cut();
        return Response::new(Body::empty());
    };
    let mut request = read(&parts.method, &parts.uri, &parts.headers, shared.is_encrypted);
    let reply = match body_of(&request, &bytes) {
        Ok(body) => {
            request.body = body;
            in_time(&shared, &request, &bytes).await
        }
        Err(refusal) => Reply::Answer(Answer::from(&refusal)),
    };
    if request.method != "GET" {
        // What is written to Azure may change what is in a cluster.
        shared.changed.notify_waiters();
    }
    match reply {
        Reply::Answer(answer) | Reply::Later(answer) => written(answer),
        Reply::Cut | Reply::Hold => {
            switch.cut();
            Response::new(Body::empty())
        }
    }
}

/// `CONNECT`: the way to the API server of a cluster, as through any proxy.
fn tunnel(shared: Shared, mut incoming: Incoming) -> Response {
    let authority = incoming.uri().authority().map(ToString::to_string).unwrap_or_default();
    let gate = match kubernetes::tunnel::gate(&lock(&shared.azure), &authority) {
        Ok(gate) => gate,
        Err(why) => {
            let mut response = Response::new(Body::from(why + "\n"));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            return response;
        }
    };
    let running = shared.running.clone();
    let upgrade = hyper::upgrade::on(&mut incoming);
    tokio::spawn(kubernetes::tunnel::serve(upgrade, gate, shared, running));
    Response::new(Body::empty())
}

/// The answer, once nothing holds it.
async fn in_time(shared: &Shared, request: &Request, bytes: &Bytes) -> Reply {
    loop {
        let released = shared.released.notified();
        tokio::pin!(released);
        // From here on no release is missed.
        released.as_mut().enable();
        let reply = answer(shared, request, bytes).await;
        if !matches!(reply, Reply::Hold | Reply::Later(_)) {
            return reply;
        }
        let _held = Held::new(&shared.azure);
        released.await;
        if matches!(reply, Reply::Later(_)) {
            return reply;
        }
    }
}

/// Counts a request as held, also when its client goes away meanwhile.
pub(super) struct Held<'a>(&'a Mutex<Azure>);

impl<'a> Held<'a> {
    pub(super) fn new(azure: &'a Mutex<Azure>) -> Self {
        lock(azure).held += 1;
        Self(azure)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        lock(self.0).held -= 1;
    }
}

async fn answer(shared: &Shared, request: &Request, bytes: &Bytes) -> Reply {
    if let Some(answer) = control::answer(&mut lock(&shared.azure), request) {
        if request.method != "GET" {
            shared.released.notify_waiters();
        }
        return Reply::Answer(answer);
    }
    let form = std::str::from_utf8(bytes).unwrap_or_default();
    if let Some(answer) = lock(&shared.azure).answer_directory(request, form) {
        return Reply::Answer(answer);
    }
    if let Some((vault, path)) = vault_secrets::of_vault(request) {
        return Reply::Answer(lock(&shared.azure).answer_vault(request, &vault, &path));
    }
    if let Some(path) = graph::of_graph(request) {
        return lock(&shared.azure).answer_graph(request, &path);
    }
    let Some((parent, refusal)) = overlapping(request) else {
        return lock(&shared.azure).answer(request, None);
    };
    if !lock(&shared.writing).insert(parent.clone()) {
        return lock(&shared.azure).answer(request, Some(refusal));
    }
    let _turn = Turn { writing: &shared.writing, parent };
    tokio::time::sleep(OVERLAP).await;
    lock(&shared.azure).answer(request, None)
}

/// For a write that may not overlap with another beneath the same parent: the parent, and what the second is told.
fn overlapping(request: &Request) -> Option<(Key, Refusal)> {
    if !matches!(request.method.as_str(), "PUT" | "PATCH" | "DELETE") {
        return None;
    }
    match Target::parse(&request.path)? {
        Target::Resource(place) => {
            let refusal = service_of(&place.kind).overlap(&place)?;
            Some((Key::of(&place.parent), refusal))
        }
        _ => None,
    }
}

/// Its parent's turn ends with it, even when the client goes away meanwhile.
struct Turn<'a> {
    writing: &'a Mutex<HashSet<Key>>,
    parent: Key,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(self.writing).remove(&self.parent);
    }
}

/// A panic while answering leaves the world as the last change left it, which is good enough to go on with.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(method: &Method, uri: &Uri, headers: &HeaderMap, is_encrypted: bool) -> Request {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let authorization = text("authorization").unwrap_or_default();
    let token = authorization
        .split_once(' ')
        .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty());
    Request {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        body: Value::Null,
        host: text("host").unwrap_or_default(),
        is_encrypted,
        token: token.map(|(_, token)| token.to_owned()),
        if_match: text("if-match"),
        if_none_match: text("if-none-match"),
        client_request_id: text("x-ms-client-request-id"),
        echo_client_request_id: text("x-ms-return-client-request-id")
            .is_some_and(|text| text.eq_ignore_ascii_case("true")),
    }
}

fn body_of(request: &Request, bytes: &Bytes) -> Result<Value, Refusal> {
    if bytes.is_empty() || request.path.to_ascii_lowercase().ends_with("/token") {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let message = format!("The request content was invalid and could not be deserialized: '{error}'.");
        Refusal::bad("InvalidRequestContent", message)
    })
}

pub(super) fn written(answer: Answer) -> Response {
    let body = answer.body.as_ref().map(Value::to_string);
    let has_body = body.is_some();
    let mut response = Response::new(body.map_or_else(Body::empty, Body::from));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if has_body {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}
