//! What checks said: preconditions, postconditions, validations, `check` blocks.

use serde::{Deserialize, Serialize};

/// The result of one checked thing of the configuration and its instances. Names are Terraform's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// What kind of thing: `resource`, `output`, `check`, `var`.
    #[serde(rename = "object_kind")]
    pub kind: String,
    /// Its address in the configuration.
    #[serde(rename = "config_addr")]
    pub config: String,
    /// The worst of its instances.
    pub status: CheckStatus,
    /// Its instances; `None` when they were never expanded.
    #[serde(default)]
    pub objects: Option<Vec<ObjectCheck>>,
}

/// The result of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectCheck {
    /// Its address.
    #[serde(rename = "object_addr")]
    pub address: String,
    /// What came of it.
    pub status: CheckStatus,
    /// The messages of the conditions that did not hold.
    #[serde(default, rename = "failure_messages", skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// Every condition held.
    Pass,
    /// A condition did not hold.
    Fail,
    /// A condition could not be evaluated.
    Error,
    /// Not known yet.
    #[serde(other)]
    Unknown,
}
