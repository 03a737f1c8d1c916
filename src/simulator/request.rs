//! A request as the simulator looks at it.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::simulator::target::same;

/// A request that was read in whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Request {
    /// `PUT`
    pub method: String,
    /// As sent, without the query.
    pub path: String,
    /// As sent, without the question mark.
    pub query: String,
    /// The JSON body; null when there is none.
    pub body: Value,
    /// Where the client found us: `127.0.0.1:4711`.
    pub host: String,
    /// Whether it came through TLS.
    pub is_encrypted: bool,
    /// The bearer token.
    pub token: Option<String>,
    /// `If-Match`
    pub if_match: Option<String>,
    /// `If-None-Match`
    pub if_none_match: Option<String>,
    /// `x-ms-client-request-id`
    pub client_request_id: Option<String>,
    /// Whether the client wants its id back.
    pub echo_client_request_id: bool,
}

impl Request {
    /// A parameter of the query, decoded. Names are compared in any casing, with or without the dollar sign's code.
    pub fn parameter(&self, name: &str) -> Option<String> {
        parameters(&self.query).find(|(found, _)| same(found, name)).map(|(_, value)| value)
    }

    /// The address of this very request with another skip token: the next page.
    pub fn next_page(&self, token: &str) -> String {
        let kept = self.query.split('&').filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !pair.is_empty() && !same(&decoded(name), "$skiptoken")
        });
        let kept: Vec<&str> = kept.collect();
        format!("{}{}?{}&%24skiptoken={token}", self.origin(), self.path, kept.join("&"))
    }

    /// Where the client found us, as an address: `http://127.0.0.1:4711`.
    pub fn origin(&self) -> String {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        format!("{scheme}://{}", self.host)
    }
}

fn parameters(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

/// Undoes form encoding.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_rest_of_the_query() {
        let request = Request {
            path: "/subscriptions/s/resourceGroups".to_owned(),
            query: "api-version=2023-07-01&$skiptoken=a&%24filter=x+eq+1".to_owned(),
            host: "127.0.0.1:1".to_owned(),
            ..Request::default()
        };
        assert_eq!(request.parameter("$filter").as_deref(), Some("x eq 1"));
        assert_eq!(
            request.next_page("b"),
            "http://127.0.0.1:1/subscriptions/s/resourceGroups?api-version=2023-07-01&%24filter=x+eq+1&%24skiptoken=b"
        );
    }
}
