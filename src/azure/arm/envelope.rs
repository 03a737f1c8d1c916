//! The shapes that all of Azure Resource Manager shares: errors, the status of an operation, a page of a list, and
//! the names of headers. The simulator writes what is read here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where to ask for the end of an operation; the answer's body is an [`OperationStatus`].
pub const AZURE_ASYNC_OPERATION: &str = "azure-asyncoperation";
/// Where to ask for the result of an operation; 202 until there is one.
pub const LOCATION: &str = "location";
/// Seconds, or an HTTP date, before which not to ask again.
pub const RETRY_AFTER: &str = "retry-after";
/// The id of one request, for support.
pub const REQUEST_ID: &str = "x-ms-request-id";
/// The id under which Azure logs all that came of a request, for support.
pub const CORRELATION_ID: &str = "x-ms-correlation-request-id";
/// Milliseconds since the simulator's virtual clock started. Azure itself never sends it.
pub const VIRTUAL_TIME: &str = "x-bowline-virtual-time";

/// The body of a failed request: `{"error": {...}}`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ErrorEnvelope {
    /// What went wrong.
    pub error: ErrorBody,
}

/// What went wrong. Some providers answer it bare, without an envelope.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ErrorBody {
    /// A word for programs: `RoleAssignmentExists`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// The property or resource at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// AKS's finer word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subcode: Option<String>,
    /// Causes.
    #[serde(deserialize_with = "list_or_nothing", skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ErrorBody>,
    /// Among others: the policies that refused a request.
    #[serde(deserialize_with = "list_or_nothing", skip_serializing_if = "Vec::is_empty")]
    pub additional_info: Vec<AdditionalInfo>,
}

/// A typed supplement of an error.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AdditionalInfo {
    /// `PolicyViolation`
    #[serde(rename = "type")]
    pub kind: String,
    /// Its contents, by type.
    pub info: Value,
}

/// The body that an `Azure-AsyncOperation` URL answers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OperationStatus {
    /// `Succeeded`, `Failed` and `Canceled` are ends; every other word means that it still runs.
    pub status: String,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorBody>,
    /// The result of an action.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub properties: Value,
}

/// One page of a list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Page {
    /// The elements; none does not mean that there are no more.
    #[serde(deserialize_with = "list_or_nothing")]
    pub value: Vec<Value>,
    /// Where the next page is, to be followed as it stands; Graph has a name of its own for it.
    #[serde(alias = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
}

/// Some providers write `null`, or an object, where a list is documented.
fn list_or_nothing<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let Value::Array(items) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(items.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect())
}
