//! Signing requests with a storage account's key (learn.microsoft.com, "Authorize with Shared Key").

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::Secret;
use azure_core::error::ErrorKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request, Url};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The pipeline's policy that signs each try.
pub(super) struct SharedKey {
    account: String,
    key: Secret,
}

/// The headers that stand in the text to sign, in this order.
const HEADERS: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

impl SharedKey {
    pub(super) fn new(account: String, key: Secret) -> Self {
        Self { account, key }
    }

    /// The signature of a text; `None` when the key is none.
    fn sign(&self, text: &str) -> Option<String> {
        let key = BASE64_STANDARD.decode(self.key.secret()).ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(text.as_bytes());
        Some(BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// What is signed: method, headers, path and parameters.
fn text_to_sign(account: &str, method: &str, url: &Url, headers: &[(String, String)]) -> String {
    let value = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str());
    let mut text = format!("{method}\n");
    for name in HEADERS {
        let value = value(name);
        // From version 2015-02-21 on, no length is an empty one.
        text += if name == "content-length" && value == "0" { "" } else { value };
        text.push('\n');
    }
    let mut own: Vec<_> = headers.iter().filter(|(name, _)| name.starts_with("x-ms-")).collect();
    own.sort();
    for (name, value) in own {
        text += &format!("{name}:{}\n", value.trim());
    }
    text += &format!("/{account}{}", url.path());
    let mut parameters: Vec<(String, String)> =
        url.query_pairs().map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned())).collect();
    parameters.sort();
    for (name, value) in parameters {
        text += &format!("\n{name}:{value}");
    }
    text
}

#[async_trait]
impl Policy for SharedKey {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let failed = |why: &'static str| azure_core::Error::with_message(ErrorKind::Credential, why);
        let now = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        request.insert_header("x-ms-date", now);
        let headers: Vec<(String, String)> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_ascii_lowercase(), value.as_str().to_owned()))
            .collect();
        let text = text_to_sign(&self.account, request.method().as_str(), request.url(), &headers);
        let signature = self.sign(&text).ok_or_else(|| failed("the storage account's key is not in base64"))?;
        request.insert_header("authorization", format!("SharedKey {}:{signature}", self.account));
        let (first, rest) = next.split_first().ok_or_else(|| failed("the pipeline has no transport"))?;
        first.send(context, request, rest).await
    }
}

impl fmt::Debug for SharedKey {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedKey").field("account", &self.account).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_laid_out_as_the_service_does() {
        let url = Url::parse("https://acc.blob.core.windows.net/states/a%20b?restype=container&comp=list").unwrap();
        let headers = [("x-ms-version", "2023-11-03"), ("content-length", "0"), ("x-ms-date", "now")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            text_to_sign("acc", "GET", &url, &headers),
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:now\nx-ms-version:2023-11-03\n/acc/states/a%20b\ncomp:list\nrestype:container"
        );
    }

    #[test]
    fn a_key_that_is_none_is_told_and_never_shown() {
        let key = SharedKey::new("acc".into(), Secret::new("not base64!"));
        assert_eq!(key.sign("x"), None);
        assert!(!format!("{key:?}").contains("not base64"));
        let known = SharedKey::new("acc".into(), Secret::new("a2V5"));
        // HMAC-SHA256 of "The quick brown fox jumps over the lazy dog" with the key "key" (RFC 4231's algorithm; value
        // from Wikipedia's page on HMAC).
        let signature = known.sign("The quick brown fox jumps over the lazy dog").unwrap();
        let bytes = BASE64_STANDARD.decode(signature).unwrap();
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
    }
}
