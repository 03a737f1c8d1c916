//! Blobs of a storage account: the few calls that keeping a state needs. The protocol is that of Azure Blob Storage's
//! REST API, version 2023-11-03 (learn.microsoft.com, "Blob service REST API").

mod sign;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::policies::Policy;
use azure_core::http::{
    self, ClientOptions, Context, ExponentialRetryOptions, Method, Pipeline, PipelineSendOptions, RetryOptions, Url,
};

use super::arm::bearer;
use sign::SharedKey;

/// The API's version.
const VERSION: &str = "2023-11-03";
/// What tokens are asked for, in every cloud.
const SCOPE: &str = "https://storage.azure.com/.default";

/// How a storage account is asked.
pub enum Access {
    /// With a key of the account.
    Key {
        /// The account's name.
        account: String,
        /// The key, in base64.
        key: Secret,
    },
    /// With a shared access signature: the query that is appended to every address.
    Signature(Secret),
    /// As somebody who is signed in.
    Token(Arc<dyn TokenCredential>),
}

/// The blobs of one container.
pub struct Container {
    url: Url,
    pipeline: Pipeline,
}

/// What a blob is kept with.
pub type Metadata = BTreeMap<String, String>;

/// A blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Its contents.
    pub bytes: Vec<u8>,
    /// What it is kept with.
    pub metadata: Metadata,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status; 0 when no answer came.
    pub status: u16,
    /// Azure's word for it: `LeaseAlreadyPresent`.
    pub code: String,
    /// What was said, or why no answer came.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.code.as_str()) {
            (0, _) => f.write_str(&self.message),
            (status, "") => write!(f, "the storage account answered {status}"),
            (status, code) => write!(f, "the storage account answered {status} {code}"),
        }
    }
}

/// One call: method, parameters, headers, body.
struct Call<'a> {
    method: Method,
    parameters: &'a [(&'a str, &'a str)],
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Container {
    /// A container by its address, without a trailing slash: `https://account.blob.core.windows.net/states`.
    pub fn new(mut url: Url, access: Access) -> Self {
        let policy: Option<Arc<dyn Policy>> = match access {
            Access::Key { account, key } => Some(Arc::new(SharedKey::new(account, key))),
            Access::Token(credential) => Some(bearer(credential, SCOPE, url.clone())),
            Access::Signature(query) => {
                url.set_query(Some(query.secret().trim_start_matches('?')));
                None
            }
        };
        let retries = ExponentialRetryOptions { max_retries: 3, ..ExponentialRetryOptions::default() };
        let options = ClientOptions { retry: RetryOptions::exponential(retries), ..ClientOptions::default() };
        let (name, version) = (option_env!("CARGO_PKG_NAME"), option_env!("CARGO_PKG_VERSION"));
        let pipeline = Pipeline::new(name, version, options, Vec::new(), policy.into_iter().collect(), None);
        Self { url, pipeline }
    }

    /// A blob with its metadata; `None` when there is none of that name.
    pub async fn read(&self, name: &str, lease: Option<&str>) -> Result<Option<Blob>, Refusal> {
        let call = Call { method: Method::Get, parameters: &[], headers: lease_header(lease), body: None };
        found(self.send(name, call).await.map(|(bytes, metadata)| Blob { bytes, metadata }))
    }

    /// What a blob is kept with; `None` when there is none of that name.
    pub async fn metadata(&self, name: &str) -> Result<Option<Metadata>, Refusal> {
        let call = Call { method: Method::Head, parameters: &[], headers: Vec::new(), body: None };
        found(self.send(name, call).await.map(|(_, metadata)| metadata))
    }

    /// Replaces a blob, whole or not at all.
    pub async fn write(&self, name: &str, blob: &Blob, lease: Option<&str>) -> Result<(), Refusal> {
        let mut headers = lease_header(lease);
        headers.push(("x-ms-blob-type".into(), "BlockBlob".into()));
        headers.push(("content-type".into(), "application/json".into()));
        headers.extend(metadata_headers(&blob.metadata));
        let call = Call { method: Method::Put, parameters: &[], headers, body: Some(blob.bytes.clone()) };
        self.send(name, call).await.map(drop)
    }

    /// Makes an empty blob, unless there is one.
    pub async fn create(&self, name: &str) -> Result<(), Refusal> {
        let headers = vec![("x-ms-blob-type".into(), "BlockBlob".into()), ("if-none-match".into(), "*".to_owned())];
        let call = Call { method: Method::Put, parameters: &[], headers, body: Some(Vec::new()) };
        match self.send(name, call).await {
            Err(refusal) if refusal.status == 409 || refusal.status == 412 => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Makes an empty blob that can be added to, in the place of any other.
    pub async fn create_appendable(&self, name: &str) -> Result<(), Refusal> {
        self.put(name, &[], vec![("x-ms-blob-type".into(), "AppendBlob".into())]).await
    }

    /// Adds at the end of a blob that is `position` bytes long. One of another length gives a refusal with 412.
    pub async fn append(&self, name: &str, position: u64, bytes: &[u8]) -> Result<(), Refusal> {
        let headers = vec![("x-ms-blob-condition-appendpos".into(), position.to_string())];
        let body = Some(bytes.to_vec());
        let call = Call { method: Method::Put, parameters: &[("comp", "appendblock")], headers, body };
        self.send(name, call).await.map(drop)
    }

    /// Replaces what a blob is kept with.
    pub async fn set_metadata(&self, name: &str, metadata: &Metadata, lease: Option<&str>) -> Result<(), Refusal> {
        let headers = lease_header(lease).into_iter().chain(metadata_headers(metadata)).collect();
        self.put(name, &[("comp", "metadata")], headers).await
    }

    /// Takes the lease of a blob, for as long as it is not given back. Somebody else's gives a refusal with 409.
    pub async fn lease(&self, name: &str, id: &str) -> Result<(), Refusal> {
        let action = [("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", "-1"), ("x-ms-proposed-lease-id", id)];
        self.put(name, &[("comp", "lease")], owned(&action)).await
    }

    /// Gives a lease back.
    pub async fn release(&self, name: &str, id: &str) -> Result<(), Refusal> {
        let action = [("x-ms-lease-action", "release"), ("x-ms-lease-id", id)];
        self.put(name, &[("comp", "lease")], owned(&action)).await
    }

    /// Ends whatever lease there is.
    pub async fn break_lease(&self, name: &str) -> Result<(), Refusal> {
        let action = [("x-ms-lease-action", "break"), ("x-ms-lease-break-period", "0")];
        self.put(name, &[("comp", "lease")], owned(&action)).await
    }

    /// Removes a blob.
    pub async fn remove(&self, name: &str) -> Result<(), Refusal> {
        let headers = vec![("x-ms-delete-snapshots".into(), "include".into())];
        let call = Call { method: Method::Delete, parameters: &[], headers, body: None };
        found(self.send(name, call).await).map(drop)
    }

    /// The names of all blobs that begin so.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, Refusal> {
        let mut names = Vec::new();
        let mut marker = String::new();
        loop {
            let parameters =
                [("restype", "container"), ("comp", "list"), ("prefix", prefix), ("marker", marker.as_str())];
            let call = Call { method: Method::Get, parameters: &parameters, headers: Vec::new(), body: None };
            let (bytes, _) = self.send("", call).await?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            names.extend(elements(&text, "Name"));
            match elements(&text, "NextMarker").pop().filter(|next| !next.is_empty()) {
                Some(next) => marker = next,
                None => return Ok(names),
            }
        }
    }

    async fn put(
        &self,
        name: &str,
        parameters: &[(&str, &str)],
        headers: Vec<(String, String)>,
    ) -> Result<(), Refusal> {
        let call = Call { method: Method::Put, parameters, headers, body: Some(Vec::new()) };
        self.send(name, call).await.map(drop)
    }

    async fn send(&self, name: &str, call: Call<'_>) -> Result<(Vec<u8>, Metadata), Refusal> {
        let unsent = |message: String| Refusal { status: 0, code: String::new(), message };
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(name.split('/').filter(|part| !part.is_empty()));
        }
        if !call.parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(call.parameters.iter().filter(|(_, value)| !value.is_empty()));
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut request = http::Request::new(url, call.method);
        request.insert_header("x-ms-version", VERSION);
        for (name, value) in call.headers {
            request.insert_header(name, value);
        }
        if let Some(body) = call.body {
            request.insert_header("content-length", body.len().to_string());
            request.set_body(body);
        }
        let options = PipelineSendOptions { skip_checks: true, ..PipelineSendOptions::default() };
        let answer = self.pipeline.send(&Context::new(), &mut request, Some(options)).await;
        let answer = answer.map_err(|e| unsent(format!("{host} could not be reached: {e}")))?;
        let status = u16::from(answer.status());
        let headers: BTreeMap<String, String> =
            answer.headers().iter().map(|(n, v)| (n.as_str().to_ascii_lowercase(), v.as_str().to_owned())).collect();
        if !(200..300).contains(&status) {
            let code = headers.get("x-ms-error-code").cloned().unwrap_or_default();
            let message = String::from_utf8_lossy(answer.body().as_ref()).into_owned();
            return Err(Refusal { status, code, message });
        }
        let metadata = headers
            .into_iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("x-ms-meta-")?.to_owned(), value)))
            .collect();
        Ok((answer.body().as_ref().to_vec(), metadata))
    }
}

fn found<T>(outcome: Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    match outcome {
        Err(refusal) if refusal.status == 404 && refusal.code != "ContainerNotFound" => Ok(None),
        other => other.map(Some),
    }
}

fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn lease_header(lease: Option<&str>) -> Vec<(String, String)> {
    lease.map(|id| ("x-ms-lease-id".to_owned(), id.to_owned())).into_iter().collect()
}

fn metadata_headers(metadata: &Metadata) -> impl Iterator<Item = (String, String)> {
    metadata.iter().map(|(name, value)| (format!("x-ms-meta-{name}"), value.clone()))
}

/// The texts of the elements of that name, in a listing's XML.
fn elements(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open)
        .skip(1)
        .filter_map(|rest| rest.split_once(&close))
        .map(|(text, _)| {
            text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&apos;", "'")
                .replace("&amp;", "&")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read() {
        let xml = "<Blobs><Blob><Name>a&amp;b</Name></Blob><Blob><Name>cenv:x</Name></Blob></Blobs><NextMarker />";
        assert_eq!(elements(xml, "Name"), ["a&b", "cenv:x"]);
        assert!(elements(xml, "NextMarker").is_empty());
    }
}
