//! Transport to Azure Resource Manager: one client that authenticates, waits its turn, tries again what may be tried
//! again, follows long-running operations to their end, and turns what goes wrong into words.
//!
//! Bodies are raw JSON: what is read is what Azure answered, and what is sent is exactly what the caller made.

mod client;
mod clock;
mod cloud;
mod conflict;
mod credentials;
mod envelope;
mod error;
mod graph;
mod login;
mod models;
mod operation;
mod paging;
mod request;
mod retry;
mod throttle;
mod token;
mod vault;

#[cfg(test)]
pub(super) mod test_server;

pub use client::ArmClient;
pub use clock::{Backoff, Clock, Patience, SystemClock, VirtualClock};
pub use cloud::Cloud;
pub use conflict::{Conflict, retry_while};
pub use credentials::{Clients, Settings};
pub use envelope::{
    AZURE_ASYNC_OPERATION, AdditionalInfo, CORRELATION_ID, ErrorBody, ErrorEnvelope, LOCATION, OperationStatus, Page,
    REQUEST_ID, RETRY_AFTER, VIRTUAL_TIME,
};
pub use error::{ArmError, ServiceError};
pub use graph::GraphClient;
pub use login::Login;
pub use models::{Misfit, Model};
pub use request::{Method, Request, Response};
pub use token::{Claims, bearer};
pub use vault::VaultClient;
