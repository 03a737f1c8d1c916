//! Who holds the lock, in Terraform's words: the JSON of `.terraform.tfstate.lock.info` and of remote locks.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::TERRAFORM_VERSION;
use crate::diagnostic::Diagnostic;

/// What is written beside a lock.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LockInfo {
    /// Names this lock.
    #[serde(rename = "ID")]
    pub id: String,
    /// What the holder does: `OperationTypeApply`.
    pub operation: String,
    /// More about it.
    pub info: String,
    /// `user@host`
    pub who: String,
    /// The holder's release.
    pub version: String,
    /// Since when, RFC 3339.
    pub created: String,
    /// What is locked.
    pub path: String,
}

/// How to lock.
#[derive(Debug, Clone)]
pub struct LockRequest {
    /// What for: `OperationTypePlan`, `OperationTypeApply`, `import`, ... as Terraform names it.
    pub operation: String,
    /// How long to wait for another holder; zero fails at once.
    pub timeout: Duration,
}

impl LockInfo {
    /// A lock of this process, now.
    pub fn new(operation: &str, path: &str) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            operation: operation.into(),
            info: String::new(),
            who: who(),
            version: TERRAFORM_VERSION.into(),
            created: jiff::Timestamp::now().to_string(),
            path: path.into(),
        }
    }

    /// The refusal for somebody who wanted this lock.
    pub fn refusal(holder: Option<&Self>) -> Diagnostic {
        let known = holder.map_or_else(
            || "Who holds it is not recorded.".to_owned(),
            |lock| {
                format!(
                    "Lock Info:\n  ID:        {}\n  Path:      {}\n  Operation: {}\n  Who:       {}\n  \
                     Version:   {}\n  Created:   {}\n  Info:      {}\n",
                    lock.id, lock.path, lock.operation, lock.who, lock.version, lock.created, lock.info
                )
            },
        );
        Diagnostic::error(
            "Error acquiring the state lock",
            format!(
                "The state is locked by another run.\n{known}\nThe lock protects the state from two writers at once. \
                 Wait for that run to end, or give -lock-timeout=5m to wait here. If it is certain that nobody is at \
                 work any more, \"force-unlock\" with the lock's ID breaks the lock."
            ),
        )
    }
}

/// Who runs this process: `user@host`.
pub(super) fn who() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    format!("{}@{}", user.as_deref().unwrap_or("unknown"), host())
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "unknown".into())
}
