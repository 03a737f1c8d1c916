//! A request to the Kubernetes API of a cluster, and what it asks for by its path.

use serde_json::Value;

use crate::simulator::kubernetes::certificates::Account;
use crate::simulator::kubernetes::protobuf;
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::request::decoded;

/// A request that was read in whole.
#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct Call {
    pub method: String,
    /// As sent, without the query.
    pub path: String,
    /// The parameters of the query, decoded.
    pub query: Vec<(String, String)>,
    pub content_type: String,
    pub accept: String,
    pub agent: String,
    /// The bearer token.
    pub token: Option<String>,
    /// The account whose certificate was shown in the handshake.
    pub account: Option<Account>,
    pub body: Vec<u8>,
}

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    /// Empty for what is in no namespace, and for all namespaces.
    pub namespace: String,
    pub plural: String,
    /// Empty for the collection.
    pub name: String,
    /// `status`, `scale`, `token`; empty for the object itself.
    pub subresource: String,
}

impl Call {
    /// Reads `a=b&c=d`.
    pub fn parameters(query: &str) -> Vec<(String, String)> {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decoded(name), decoded(value))
            })
            .collect()
    }

    /// A parameter that is given and not empty.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty())
    }

    /// Whether a parameter says yes.
    pub fn is_set(&self, name: &str) -> bool {
        self.parameter(name).is_some_and(|value| value == "true" || value == "1")
    }

    /// Whether nothing is to be kept of what this does.
    pub fn is_dry_run(&self) -> Result<bool, Failure> {
        match self.parameter("dryRun") {
            None => Ok(false),
            Some("All") => Ok(true),
            Some(other) => Err(Failure::bad(format!("invalid dryRun \"{other}\": supported values: \"All\""))),
        }
    }

    /// Who manages the fields that this writes: as told, or what the client calls itself.
    pub fn manager(&self) -> String {
        let agent = self.agent.split(['/', ' ']).next().unwrap_or_default();
        let named = self.parameter("fieldManager").unwrap_or(if agent.is_empty() { "unknown" } else { agent });
        named.to_owned()
    }

    /// The type of the body without its parameters.
    pub fn media(&self) -> &str {
        self.content_type.split(';').next().unwrap_or_default().trim()
    }

    /// The body as JSON; null when there is none.
    pub fn json(&self) -> Result<Value, Failure> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        if self.media().contains("protobuf") {
            return protobuf::read(&self.body).ok_or_else(|| Failure::unsupported_media("application/json"));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            Failure::bad(format!("the object provided is unrecognized (must be of type JSON): {error}"))
        })
    }
}

impl Asked {
    /// Reads a path beneath `/api` or `/apis`; `None` when it names no kind.
    pub fn parse(path: &str) -> Option<Self> {
        let segments: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(percent_decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (group, version, rest) = match segments.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => ("", rest),
            ["namespaces", namespace, rest @ ..] => (*namespace, rest),
            _ => ("", rest),
        };
        let (plural, name, subresource) = match rest {
            [plural] => (*plural, "", ""),
            [plural, name] => (*plural, *name, ""),
            [plural, name, subresource] => (*plural, *name, *subresource),
            _ => return None,
        };
        let [group, version, namespace, plural, name, subresource] =
            [group, version, namespace, plural, name, subresource].map(str::to_owned);
        Some(Self { group, version, namespace, plural, name, subresource })
    }
}

/// `v1` of the core group, `apps/v1` of another.
pub(super) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn percent_decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str) -> Option<[String; 6]> {
        let asked = Asked::parse(path)?;
        Some([asked.group, asked.version, asked.namespace, asked.plural, asked.name, asked.subresource])
    }

    #[test]
    fn paths_name_what_they_ask_for() {
        for (path, wanted) in [
            ("/api/v1/namespaces", Some(["", "v1", "", "namespaces", "", ""])),
            ("/api/v1/namespaces/shop", Some(["", "v1", "", "namespaces", "shop", ""])),
            ("/api/v1/namespaces/shop/finalize", Some(["", "v1", "", "namespaces", "shop", "finalize"])),
            ("/api/v1/namespaces/shop/secrets", Some(["", "v1", "shop", "secrets", "", ""])),
            ("/api/v1/namespaces/s/serviceaccounts/a/token", Some(["", "v1", "s", "serviceaccounts", "a", "token"])),
            ("/apis/apps/v1/deployments", Some(["apps", "v1", "", "deployments", "", ""])),
            (
                "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
                Some(["rbac.authorization.k8s.io", "v1", "", "clusterroles", "system:node", ""]),
            ),
            ("/api/v1", None),
            ("/version", None),
        ] {
            assert_eq!(asked(path), wanted.map(|parts| parts.map(str::to_owned)), "{path}");
        }
    }
}
