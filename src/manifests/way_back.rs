//! What brings back what a migration takes out of a container: the variables that it signed in by, as they stood there.
//! Where a secret stood in the manifest itself nothing does, since that is written nowhere.

use serde_json::{Value as Json, json};

use super::environment::key_in;
use super::sign_in::SignIn;
use super::yaml::Node;

/// Variables whose value is a secret itself.
const SECRETS: [&str; 4] =
    ["AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_CLIENT_KEY", "AZURE_CLIENT_SECRET", "AZURE_PASSWORD"];

/// What a strategic merge patch has to make a container what it was.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WayBack {
    /// For `env`.
    pub env: Vec<Json>,
    /// The order of `env`.
    pub order: Vec<Json>,
    /// All of `envFrom`, where that changed.
    pub env_from: Option<Vec<Json>>,
    /// A secret stood in the manifest itself, and is written nowhere: there is no such patch.
    pub is_barred: bool,
}

/// What brings back what this takes out of a container.
pub(super) fn of(container: &Node, taken: &SignIn) -> WayBack {
    let mut back = WayBack::default();
    let items = |list: &str| container.get(list).map(Node::items).unwrap_or_default();
    let name_of = |item: &Node| item.get("name").and_then(Node::text).map(str::to_owned);
    for change in &taken.env {
        let name = change["name"].as_str().unwrap_or_default();
        let Some(item) = items("env").iter().find(|item| name_of(item).as_deref() == Some(name)) else {
            back.env.push(json!({ "name": name, "$patch": "delete" }));
            continue;
        };
        if is_secret(name, item.get("value").and_then(Node::text).unwrap_or_default()) {
            return WayBack { is_barred: true, ..WayBack::default() };
        }
        let mut before = item.to_json();
        if change["value"].is_string() && before["value"].is_null() {
            before["value"] = Json::Null;
        }
        back.env.push(before);
    }
    if !taken.env.is_empty() {
        back.order = items("env").iter().filter_map(name_of).map(|name| json!({ "name": name })).collect();
    }
    back.env_from = taken.env_from.as_ref().map(|_| items("envFrom").iter().map(Node::to_json).collect());
    back
}

/// Whether what stands in the manifest is a secret. `$(NAME)` is what stands elsewhere.
fn is_secret(name: &str, value: &str) -> bool {
    let is_own = SECRETS.contains(&name) && !value.is_empty() && !value.starts_with("$(");
    is_own || key_in(value) == Some("AppKey")
}
