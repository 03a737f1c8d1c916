//! What is asked of Azure, and what it answers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use azure_core::http::{self, Url};
use serde_json::Value;

use super::envelope::RETRY_AFTER;

/// What is asked of Azure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Asks whether there is something.
    Head,
    /// Makes or replaces.
    Put,
    /// Changes in part.
    Patch,
    /// Acts.
    Post,
    /// Removes.
    Delete,
}

impl Method {
    /// As in HTTP: `PUT`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::Get,
            Method::Head => Self::Head,
            Method::Put => Self::Put,
            Method::Patch => Self::Patch,
            Method::Post => Self::Post,
            Method::Delete => Self::Delete,
        }
    }
}

/// One request. The body is sent as it stands.
#[derive(Clone)]
pub struct Request {
    pub(super) method: Method,
    /// A path that begins with `/`, or a whole URL as Azure gave it.
    pub(super) target: String,
    pub(super) query: Vec<(Cow<'static, str>, String)>,
    pub(super) headers: Vec<(Cow<'static, str>, String)>,
    pub(super) body: Option<Value>,
}

/// A successful answer.
#[derive(Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body; null when there was none.
    pub body: Value,
    /// By name in lower case.
    pub(super) headers: BTreeMap<String, String>,
}

impl Request {
    /// A request to a resource's id or another path, in a version of its API: `2023-01-31`.
    pub fn new(method: Method, path: impl fmt::Display, api_version: &str) -> Self {
        let query = vec![("api-version".into(), api_version.to_owned())];
        Self { method, target: path.to_string(), query, headers: Vec::new(), body: None }
    }

    /// A request to a URL that Azure gave, which is followed as it stands.
    pub fn follow(url: &str) -> Self {
        Self::plain(Method::Get, url)
    }

    /// A request to a service whose path says all, the version too.
    pub fn plain(method: Method, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), query: Vec::new(), headers: Vec::new(), body: None }
    }

    /// With a parameter: `$filter`.
    #[must_use]
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// With a header: `if-match`.
    #[must_use]
    pub fn header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// What is asked for.
    pub(super) fn method(&self) -> Method {
        self.method
    }

    /// The path or URL as it was given.
    pub fn path(&self) -> &str {
        &self.target
    }

    /// The version of the API that it speaks; empty when it follows a URL.
    pub(super) fn version(&self) -> &str {
        self.query.iter().find(|(name, _)| *name == "api-version").map_or("", |(_, version)| version)
    }

    /// What is sent.
    pub(super) fn sent_body(&self) -> Option<&Value> {
        self.body.as_ref()
    }

    /// The request that reads what this one writes: without its conditions and its body.
    pub(super) fn read_back(&self) -> Self {
        Self { method: Method::Get, headers: Vec::new(), body: None, ..self.clone() }
    }

    /// Method and path, for people. Without the query, whose parts may be signed.
    pub(super) fn title(&self) -> String {
        let path = self.target.split('?').next().unwrap_or_default();
        let path = Url::parse(path).map_or_else(|_| path.to_owned(), |url| url.path().to_owned());
        format!("{} {path}", self.method.as_str())
    }
}

impl Response {
    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// How long Azure asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        let milliseconds = ["x-ms-retry-after-ms", "retry-after-ms"].iter().find_map(|n| self.header(n)?.parse().ok());
        milliseconds.map(Duration::from_millis).or_else(|| read_retry_after(self.header(RETRY_AFTER)?))
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Seconds, or an HTTP date. A date that has passed is no wait.
fn read_retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Duration::try_from(date.timestamp().duration_since(jiff::Timestamp::now())).unwrap_or_default())
}

/// Reads an answer. What is no JSON is kept only when it stands for an error: proxies answer in HTML.
pub(super) fn read(answer: &http::RawResponse) -> Result<Response, String> {
    let status = u16::from(answer.status());
    let headers: BTreeMap<_, _> =
        answer.headers().iter().map(|(n, v)| (n.as_str().to_ascii_lowercase(), v.as_str().to_owned())).collect();
    let bytes = answer.body().as_ref();
    let body = if bytes.iter().all(u8::is_ascii_whitespace) {
        Value::Null
    } else {
        match serde_json::from_slice(bytes) {
            Ok(body) => body,
            Err(e) if (200..300).contains(&status) => return Err(format!("its body is no JSON: {e}")),
            Err(_) => Value::Null,
        }
    };
    Ok(Response { status, body, headers })
}

/// Bodies may hold secrets: they are not shown.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(read_retry_after("17"), Some(Duration::from_secs(17)));
        assert_eq!(read_retry_after("Fri, 01 Jan 2021 00:00:00 GMT"), Some(Duration::ZERO));
        assert!(read_retry_after("Fri, 01 Jan 2100 00:00:00 GMT") > Some(Duration::from_secs(1 << 30)));
        assert_eq!(read_retry_after("soon"), None);
    }
}
