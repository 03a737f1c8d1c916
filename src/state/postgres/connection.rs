//! The one connection that a run has.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_postgres::Client;

use super::address::Address;
use super::tls::{self, Transport};

/// How long connecting may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a call to the database failed, in words without any secret.
#[derive(Debug)]
pub(super) struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.0.trim_end_matches('.'))
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(database) = error.as_db_error() {
            return Self(format!("the database answered {}: {}", database.code().code(), database.message()));
        }
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        Self(text)
    }
}

impl Failure {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// Connects when it is first needed.
pub(super) struct Link {
    address: Address,
    state: Mutex<Connected>,
}

#[derive(Default)]
struct Connected {
    client: Option<Arc<Client>>,
    /// A lock is held by the connection: no other will do.
    stays: bool,
}

impl Link {
    pub(super) fn new(address: Address) -> Self {
        Self { address, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, Connected> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on a lost connection is an error.
    pub(super) fn stay(&self) {
        self.state().stays = true;
    }

    pub(super) fn leave(&self) {
        self.state().stays = false;
    }

    pub(super) async fn client(&self) -> Result<Arc<Client>, Failure> {
        {
            let state = self.state();
            match &state.client {
                Some(client) if !client.is_closed() => return Ok(client.clone()),
                Some(_) if state.stays => {
                    return Err(Failure::new("the connection was lost, and the lock on the state with it"));
                }
                _ => {}
            }
        }
        let client = Arc::new(self.connect().await?);
        self.state().client = Some(client.clone());
        Ok(client)
    }

    async fn connect(&self) -> Result<Client, Failure> {
        let mut config = self.address.config.clone();
        config.connect_timeout(PATIENCE);
        if config.get_application_name().is_none() {
            config.application_name("bowline");
        }
        match tls::transport(&self.address.tls)? {
            Transport::Plain => {
                let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
                // The task ends with the connection; its error comes out of whatever is asked next.
                tokio::spawn(async move { drop(connection.await) });
                Ok(client)
            }
            Transport::Tls(connector) => {
                let (client, connection) = config.connect(connector).await?;
                tokio::spawn(async move { drop(connection.await) });
                Ok(client)
            }
        }
    }
}
