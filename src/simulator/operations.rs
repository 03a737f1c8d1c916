//! Long-running operations: accepted, asked about, ended when the clock says so.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::simulator::answer::Answer;
use crate::simulator::clock::{Moment, written};
use crate::simulator::target::Key;

/// How far a poll moves the virtual clock: what a patient client would have waited before it.
pub(super) const POLL: Duration = Duration::from_secs(30);

/// What an operation does when it ends well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Purpose {
    /// The resource is ready.
    Create,
    /// The resource is ready again.
    Update,
    /// The resource is gone.
    Delete,
}

/// How a service tells of its operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Style {
    /// By `Azure-AsyncOperation`; deletes by `Location` too.
    AsyncOperation,
    /// By `Location` alone, with 202 for a PUT.
    Location,
    /// Not at all: the resource's `provisioningState` tells.
    State,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Operation {
    /// A UUID.
    pub id: String,
    /// What it works on.
    pub key: Key,
    /// What else it keeps busy: the cluster of a node pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<Key>,
    /// What comes of it.
    pub purpose: Purpose,
    /// When it was accepted.
    pub started: Moment,
    /// When it ends.
    pub ends_at: Moment,
    /// The code and the message with which it ends badly.
    pub failure: Option<(String, String)>,
    /// Whether it has ended.
    pub ended: bool,
}

impl Operation {
    /// `Succeeded`, `Failed`, or `InProgress`.
    pub fn status(&self) -> &'static str {
        match (self.ended, &self.failure) {
            (false, _) => "InProgress",
            (true, None) => "Succeeded",
            (true, Some(_)) => "Failed",
        }
    }

    /// What its `Azure-AsyncOperation` address answers. The HTTP status is 200 even when it failed.
    pub fn report(&self, word: Option<&str>) -> Answer {
        let status = word.filter(|_| !self.ended).unwrap_or(self.status());
        let mut body = json!({"name": self.id, "status": status, "startTime": written(self.started)});
        if let (true, Some(members)) = (self.ended, body.as_object_mut()) {
            members.insert("endTime".to_owned(), Value::from(written(self.ends_at)));
            if let Some((code, message)) = &self.failure {
                members.insert("error".to_owned(), json!({"code": code, "message": message}));
            }
        }
        Answer::json(200, body)
    }
}
