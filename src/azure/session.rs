//! What the kinds of one configured provider work with.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use super::arm::{ArmClient, GraphClient, VaultClient};
use super::registration::Registrations;
use super::wire::Dialect;
use crate::provider::Mentioned;

/// A configured connection to Azure: the client, whose subscription it is, and how the configuration is to be read.
#[derive(Clone)]
pub struct Azure {
    /// The way to Azure Resource Manager.
    pub client: ArmClient,
    /// The way to what vaults hold.
    pub vaults: Option<VaultClient>,
    /// The way to the directory.
    pub graph: Option<GraphClient>,
    /// The subscription that ids without one of their own are in.
    pub subscription: String,
    /// The directory.
    pub tenant: String,
    /// What the names of storage services end with.
    pub storage_domain: String,
    /// Which azurerm the configuration is written for.
    pub dialect: Dialect,
    /// Whether an existing object is taken over by a create instead of being refused.
    pub overwrite_existing: bool,
    /// Which providers the subscription is registered with.
    pub registrations: Registrations,
    /// Whether a resource group that still holds something is not deleted.
    pub keep_full_groups: bool,
    /// Whether a subscription that is destroyed is cancelled too.
    pub cancel_subscriptions: bool,
    /// What becomes of machines that are destroyed.
    pub machines: Machines,
    /// What the configuration refers to.
    pub mentioned: Mentioned,
    /// What becomes of secrets that vaults keep after their deletion.
    pub deleted_secrets: Kept,
    /// What becomes of keys that vaults keep after their deletion.
    pub deleted_keys: Kept,
    /// What becomes of vaults that Azure keeps after their deletion.
    pub deleted_vaults: Kept,
    ahead: Arc<Mutex<HashMap<String, Json>>>,
    principals: Arc<Mutex<HashSet<String>>>,
}

/// What becomes of what a service keeps after its deletion.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// One that is destroyed is purged too.
    pub purge: bool,
    /// One that was deleted is recovered instead of being made.
    pub recover: bool,
}

/// What becomes of a machine that is destroyed.
#[derive(Debug, Clone, Copy)]
pub struct Machines {
    /// The disk that it started from goes too.
    pub delete_os_disk: bool,
    /// It goes without being shut down.
    pub force_delete: bool,
}

impl Azure {
    /// A connection with azurerm's defaults.
    pub fn new(client: ArmClient, subscription: String, tenant: String, dialect: Dialect) -> Self {
        Self {
            client,
            vaults: None,
            graph: None,
            subscription,
            tenant,
            storage_domain: "core.windows.net".to_owned(),
            dialect,
            overwrite_existing: false,
            registrations: Registrations::default(),
            keep_full_groups: true,
            cancel_subscriptions: true,
            machines: Machines { delete_os_disk: true, force_delete: false },
            mentioned: Mentioned::default(),
            deleted_secrets: Kept { purge: true, recover: true },
            deleted_keys: Kept { purge: true, recover: true },
            deleted_vaults: Kept { purge: true, recover: true },
            ahead: Arc::default(),
            principals: Arc::default(),
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

    /// What was read ahead and nobody asked for.
    pub fn take_left(&self) -> HashMap<String, Json> {
        std::mem::take(&mut *self.ahead.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Remembers the principals of an object that was just written.
    pub fn note_made(&self, answer: &Json) {
        let mut principals = self.principals.lock().unwrap_or_else(PoisonError::into_inner);
        gather_principals(answer, &mut principals);
    }

    /// Whether a principal was made in this run, so that Azure may not know it everywhere yet.
    pub fn has_made(&self, principal: &str) -> bool {
        let principals = self.principals.lock().unwrap_or_else(PoisonError::into_inner);
        principals.contains(&principal.to_ascii_lowercase())
    }
}

fn gather_principals(json: &Json, principals: &mut HashSet<String>) {
    match json {
        Json::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(id) if name == "principalId" || name == "objectId" => {
                        principals.insert(id.to_ascii_lowercase());
                    }
                    _ => gather_principals(member, principals),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| gather_principals(item, principals)),
        _ => {}
    }
}
