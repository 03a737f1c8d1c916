//! Azure's activity log: who did what to an object lately. Source: Microsoft's reference of Activity Logs, List.

use serde_json::Value as Json;

use crate::diagnostic::Diagnostics;
use crate::provider::Read;

const LOG: &str = "providers/Microsoft.Insights/eventtypes/management/values";
const VERSION: &str = "2015-04-01";

/// Who changed an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// Azure Policy, by a rule that changes what it finds.
    Policy,
    /// Somebody who signed in with this name.
    Person(String),
    /// An application or a managed identity, by the object id of its principal.
    Application(String),
}

/// The last change of an object that the log has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastChange {
    /// Who.
    pub author: Author,
    /// `Microsoft.Storage/storageAccounts/write`
    pub operation: String,
    /// When, as the log writes it.
    pub at: String,
}

/// The last change of an object since a moment (RFC 3339); the log reaches back 90 days.
pub async fn last_change(reader: &dyn Read, id: &str, since: &str) -> Result<Option<LastChange>, Diagnostics> {
    let filter = format!("eventTimestamp ge '{since}' and resourceUri eq '{id}'");
    let events = reader.list(LOG, VERSION, Some(&filter)).await?;
    Ok(events.iter().filter_map(change).max_by(|a, b| a.at.cmp(&b.at)))
}

fn change(event: &Json) -> Option<LastChange> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Json::as_str).map(str::to_owned);
    let operation = text("/operationName/value")?;
    let changes = ["/write", "/delete", "/action"].iter().any(|end| operation.to_lowercase().ends_with(end));
    let succeeded = text("/status/value").is_none_or(|status| matches!(&*status, "Succeeded" | "Accepted"));
    if !changes || !succeeded {
        return None;
    }
    let caller = text("/caller").unwrap_or_default();
    let is_policy = text("/category/value").is_some_and(|category| category.eq_ignore_ascii_case("Policy"))
        || operation.to_lowercase().starts_with("microsoft.authorization/policies/");
    let author = if is_policy {
        Author::Policy
    } else if caller.contains('@') {
        Author::Person(caller)
    } else {
        Author::Application(caller)
    };
    Some(LastChange { author, operation, at: text("/eventTimestamp")? })
}

impl std::fmt::Display for LastChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { author, operation, at } = self;
        match author {
            Author::Policy => write!(f, "by Azure Policy, {at}: {operation}"),
            Author::Person(name) => write!(f, "by {name}, {at}: {operation}"),
            Author::Application(id) => write!(f, "by application {id}, {at}: {operation}"),
        }
    }
}
