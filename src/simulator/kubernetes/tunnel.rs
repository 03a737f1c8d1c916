//! The way to a cluster's API server: `CONNECT fqdn:443` to the simulator, then TLS with a certificate that the
//! cluster's authority has signed for that name, then HTTP.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::watch as signal;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::simulator::answer::Answer;
use crate::simulator::arm::Azure;
use crate::simulator::body::{flag, text};
use crate::simulator::http::{Held, Shared, lock};
use crate::simulator::kubernetes::api::{self, Given};
use crate::simulator::kubernetes::authenticate::host_of;
use crate::simulator::kubernetes::call::Call;
use crate::simulator::kubernetes::certificates::{Account, Authority};
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::target::{Key, same};
use crate::simulator::world::Resource;

/// How much a request may carry, in bytes.
const LARGEST: usize = 3 * 1024 * 1024;

const CLUSTERS: &str = "Microsoft.ContainerService/managedClusters";

/// An API server that can be reached.
pub(in crate::simulator) struct Gate {
    cluster: Key,
    acceptor: TlsAcceptor,
    /// The certificates of the accounts in kubeconfigs.
    accounts: Vec<(Account, CertificateDer<'static>)>,
}

/// The way to a host of a tunnel: `aks-1234.hcp.westeurope.azmk8s.io:443`. An error says why there is none.
pub(in crate::simulator) fn gate(azure: &Azure, authority: &str) -> Result<Gate, String> {
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let names = ["/properties/fqdn", "/properties/privateFQDN"];
    let is_meant =
        |cluster: &&Resource| names.iter().any(|name| text(&cluster.body, name).is_some_and(|name| same(name, host)));
    let cluster = azure.world().all_of_kind(CLUSTERS).find(is_meant);
    let cluster = cluster.ok_or_else(|| format!("There is no host {host} in the simulated Azure."))?;
    let name = text(&cluster.body, "/name").unwrap_or_default();
    let state = text(&cluster.body, "/properties/provisioningState").unwrap_or_default();
    if matches!(state, "Creating" | "Deleting") {
        return Err(format!(
            "The API server of the cluster {name} does not answer: the cluster is {}.",
            state.to_lowercase()
        ));
    }
    if text(&cluster.body, "/properties/powerState/code") == Some("Stopped") {
        return Err(format!("The API server of the cluster {name} does not answer: the cluster is stopped."));
    }
    let is_private = flag(&cluster.body, "/properties/apiServerAccessProfile/enablePrivateCluster") == Some(true);
    if is_private && !azure.faults().inside_networks {
        return Err(format!(
            "The API server of the cluster {name} is private: it is reached from the cluster's network only."
        ));
    }
    opened(cluster, host).map_err(|why| format!("The API server of the cluster {name} has no certificate: {why}."))
}

fn opened(cluster: &Resource, host: &str) -> Result<Gate, String> {
    let authority = Authority::of(cluster)?;
    let host = if host.is_empty() { host_of(cluster) } else { host };
    let own = authority.server(&host.to_lowercase())?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).map_err(|error| error.to_string())?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.key_der()?));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![own.certificate.der().clone()], key)
        .map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let account = |account| Ok((account, authority.client(account)?.certificate.der().clone()));
    let accounts = Account::ALL.into_iter().map(account).collect::<Result<_, String>>()?;
    Ok(Gate { cluster: cluster.key(), acceptor: TlsAcceptor::from(Arc::new(config)), accounts })
}

/// Serves what comes through a tunnel, until it ends or the simulator stops.
pub(in crate::simulator) async fn serve(
    upgrade: hyper::upgrade::OnUpgrade,
    gate: Gate,
    shared: Shared,
    mut stopped: signal::Receiver<()>,
) {
    let served = async {
        // Clients that go away, or do not trust the certificate, are no fault of ours.
        let Ok(upgraded) = upgrade.await else { return };
        let Ok(stream) = gate.acceptor.accept(TokioIo::new(upgraded)).await else { return };
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let account = shown.and_then(|shown| gate.accounts.iter().find(|(_, known)| known == shown));
        let account = account.map(|(account, _)| *account);
        let cluster = gate.cluster.clone();
        let service = service_fn(move |request| {
            let (shared, cluster) = (shared.clone(), cluster.clone());
            async move { answer(&shared, &cluster, account, request).await }
        });
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    };
    tokio::select! {
        () = served => {}
        // It ends when the one who holds the other side goes away.
        _ = stopped.changed() => {}
    }
}

/// A connection that is to break.
#[derive(Debug, thiserror::Error)]
#[error("the connection breaks")]
struct Cut;

async fn answer(
    shared: &Shared,
    cluster: &Key,
    account: Option<Account>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(Body::new(body), usize::MAX).await.map_err(|_| Cut)?;
    if body.len() > LARGEST {
        return Ok(crate::simulator::http::written(Answer::from(&Failure::too_large(LARGEST))));
    }
    let call = Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: Call::parameters(parts.uri.query().unwrap_or_default()),
        content_type: header_of(&parts.headers, "content-type"),
        accept: header_of(&parts.headers, "accept"),
        agent: header_of(&parts.headers, "user-agent"),
        token: header_of(&parts.headers, "authorization").strip_prefix("Bearer ").map(str::to_owned),
        account,
        body: body.to_vec(),
    };
    loop {
        let released = shared.released.notified();
        let given = api::answer(&mut lock(&shared.azure), cluster, &call);
        if call.method != "GET" {
            shared.changed.notify_waiters();
        }
        return match given {
            Given::Answer(answer) => Ok(crate::simulator::http::written(answer)),
            Given::Word(word) => Ok(Response::new(Body::from(word))),
            Given::Watch(watch) => Ok(streamed(shared.clone(), *watch)),
            Given::Cut => Err(Cut),
            Given::Hold => {
                let _held = Held::new(&shared.azure);
                released.await;
                continue;
            }
            Given::Later(answer) => {
                let _held = Held::new(&shared.azure);
                released.await;
                Ok(crate::simulator::http::written(answer))
            }
        };
    }
}

fn header_of(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// The events of a watch, a line each, as they happen.
fn streamed(shared: Shared, watch: super::watch::Watch) -> Response<Body> {
    let until = tokio::time::Instant::now() + watch.lasts;
    let lines = futures::stream::unfold((shared, watch), move |(shared, mut watch)| async move {
        let text = next_lines(&shared, &mut watch, until).await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), (shared, watch)))
    });
    let mut response = Response::new(Body::from_stream(lines));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The events since the last time, once there are any; `None` when the time is up.
async fn next_lines(shared: &Shared, watch: &mut super::watch::Watch, until: tokio::time::Instant) -> Option<String> {
    loop {
        let changed = shared.changed.notified();
        tokio::pin!(changed);
        // From here on no change is missed.
        changed.as_mut().enable();
        let events = watch.next(&lock(&shared.azure))?;
        if !events.is_empty() {
            return Some(events.iter().fold(String::new(), |text, event| text + &event.to_string() + "\n"));
        }
        tokio::time::timeout_at(until, changed).await.ok()?;
    }
}
