//! The embedded Azure: an ARM server over HTTP on loopback, with a token endpoint, that does what Azure really does:
//! long-running operations, eventual consistency, limits, the casing and the defaults that it gives back.
//!
//! It shares nothing with the kinds' tables, or a wrong path in a table would agree with itself.
//! docs/simulator.md tells how to use it.

mod answer;
mod arm;
mod body;
mod clock;
mod connection;
mod control;
mod directory;
mod faults;
mod graph;
mod http;
mod kubernetes;
mod listing;
mod operations;
mod record;
mod request;
mod rights;
mod service;
mod services;
mod subscriptions;
mod target;
mod throttle;
mod tls;
mod tokens;
mod vault_keys;
mod vault_secrets;
mod world;
mod writes;

#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use clock::Clock;
pub use faults::{Effect, Faults, Rule};
pub use service::TENANT;
pub use subscriptions::SUBSCRIPTION;

/// How to run a simulator.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// The file that keeps the world between runs; nothing is kept without one.
    pub world: Option<PathBuf>,
    /// Which time it keeps.
    pub clock: Clock,
    /// What it does wrong.
    pub faults: Faults,
    /// What its ids and its casing follow from.
    pub seed: u64,
    /// Whether it speaks TLS, with a certificate made for the run.
    pub tls: bool,
}

impl Default for Options {
    fn default() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { address, world: None, clock: Clock::Virtual, faults: Faults::default(), seed: 0, tls: false }
    }
}

/// Why a simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// No certificate can be made.
    #[error("cannot make a certificate: {reason}")]
    Certificate {
        /// Why.
        reason: String,
    },
    /// The world file cannot be read or written.
    #[error("cannot use the simulator's world file {}: {source}", path.display())]
    World {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another simulator has the world file open.
    #[error("another simulator is using {}; stop it, or give this one another file", path.display())]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// A line of the world file makes no sense.
    #[error("line {line} of the simulator's world file {} is damaged ({source}); delete the file to begin with \
             an empty Azure", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// A simulator at work. Dropping it stops it at once; what it answered is on disk in any case.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    authority: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

/// Starts a simulator in the present tokio runtime.
pub async fn start(options: Options) -> Result<Running, Error> {
    let failed = |source| Error::Listen { address: options.address, source };
    let listener = TcpListener::bind(options.address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let azure = arm::Azure::open(&options)?;
    let certified = options.tls.then(tls::certified).transpose().map_err(|reason| Error::Certificate { reason })?;
    let (acceptor, authority) = certified.map(|made| (made.acceptor, made.authority)).unzip();
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(http::serve(connection::Wires::of(listener, address, acceptor), azure, stopped));
    Ok(Running { address, authority, stop: Some(stop), server })
}

impl Running {
    /// Where it is: `http://127.0.0.1:4711`.
    pub fn url(&self) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The certificate of the authority that clients have to trust, in PEM, when it speaks TLS.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Answers what has been asked, then stops.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // The server may have stopped by itself: then there is nobody to tell.
            let _ = stop.send(());
        }
        let _ = (&mut self.server).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
    }
}
