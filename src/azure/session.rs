//! What the kinds of one configured provider work with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use super::arm::ArmClient;
use super::wire::Dialect;

/// A configured connection to Azure: the client, whose subscription it is, and how the configuration is to be read.
#[derive(Clone)]
pub struct Azure {
    /// The way to Azure Resource Manager.
    pub client: ArmClient,
    /// The subscription that ids without one of their own are in.
    pub subscription: String,
    /// The directory.
    pub tenant: String,
    /// Which azurerm the configuration is written for.
    pub dialect: Dialect,
    /// Whether an existing object is taken over by a create instead of being refused.
    pub overwrite_existing: bool,
    /// Whether a resource group that still holds something is not deleted.
    pub keep_full_groups: bool,
    ahead: Arc<Mutex<HashMap<String, Json>>>,
}

impl Azure {
    /// A connection with azurerm's defaults.
    pub fn new(client: ArmClient, subscription: String, tenant: String, dialect: Dialect) -> Self {
        Self {
            client,
            subscription,
            tenant,
            dialect,
            overwrite_existing: false,
            keep_full_groups: true,
            ahead: Arc::default(),
        }
    }

    /// Keeps an answer for the [`Azure::take_ahead`] that follows.
    pub fn read_ahead(&self, id: &str, answer: Json) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.insert(id.to_ascii_lowercase(), answer);
    }

    /// An answer that was read ahead; it serves once.
    pub fn take_ahead(&self, id: &str) -> Option<Json> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.remove(&id.to_ascii_lowercase())
    }
}
