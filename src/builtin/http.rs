//! `data "http"`: what an address on the web answers, such as the address that one is seen with.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, Identity, Method, RequestBuilder, Response};

use crate::diagnostic::Diagnostic;
use crate::provider::{Attribute, Finding, Kind, NestedBlock, Nesting, Schema, Surroundings};
use crate::value::{Fields, Path, Type, Value};

use super::block;
use super::local::{LocalData, with};

/// The data source.
pub(super) struct Http {
    schema: Schema,
}

/// How long an answer is waited for where nothing is said.
const USUAL_WAIT: Duration = Duration::from_secs(60);

impl Http {
    pub(super) fn new() -> Self {
        let mut block = block([
            ("url", Attribute::required(Type::String)),
            ("method", Attribute::optional(Type::String)),
            ("request_headers", Attribute::optional(Type::map(Type::String))),
            ("request_body", Attribute::optional(Type::String)),
            ("request_timeout_ms", Attribute::optional(Type::Number)),
            ("insecure", Attribute::optional(Type::Bool)),
            ("ca_cert_pem", Attribute::optional(Type::String)),
            ("client_cert_pem", Attribute::optional(Type::String)),
            ("client_key_pem", Attribute { sensitive: true, ..Attribute::optional(Type::String) }),
            ("response_body", Attribute::computed(Type::String)),
            (
                "body",
                Attribute {
                    deprecated: Some("Use response_body instead.".into()),
                    ..Attribute::computed(Type::String)
                },
            ),
            ("response_body_base64", Attribute::computed(Type::String)),
            ("response_headers", Attribute::computed(Type::map(Type::String))),
            ("status_code", Attribute::computed(Type::Number)),
            ("id", Attribute::computed(Type::String)),
        ]);
        let retry =
            self::block(["attempts", "min_delay_ms", "max_delay_ms"].map(|n| (n, Attribute::optional(Type::Number))));
        let retry = NestedBlock { nesting: Nesting::Single, block: retry, min_items: 0, max_items: 0, computed: false };
        block.blocks.insert("retry".into(), retry);
        Self { schema: Schema { version: 0, block } }
    }
}

impl Kind for Http {
    fn name(&self) -> &'static str {
        "http"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let method = config.field("method").and_then(Value::as_str);
        let refused = |method: &str| Finding {
            path: Path::attribute("method"),
            diagnostic: Diagnostic::error(
                "Invalid method",
                format!("{method:?} is none of the methods that can be sent: GET, POST or HEAD."),
            ),
        };
        method.filter(|method| !["GET", "POST", "HEAD"].contains(method)).map(refused).into_iter().collect()
    }
}

#[async_trait]
impl LocalData for Http {
    async fn read(&self, config: &Value, _around: &Surroundings) -> Result<Value, Diagnostic> {
        let url = text(config, "url").unwrap_or_default();
        let failed = |why: String| {
            Diagnostic::error(
                "Error making request",
                format!("{url} gave no answer: {why}. Check the address and the network."),
            )
        };
        let client = client(config).map_err(|error| failed(causes(&error)))?;
        let request = request(&client, config, url);
        let answer = send(request, config).await.map_err(|error| failed(causes(&error)))?;
        let (status, headers) = (answer.status().as_u16(), headers_of(answer.headers()));
        let bytes = answer.bytes().await.map_err(|error| failed(causes(&error)))?;
        let body = Value::string(String::from_utf8_lossy(&bytes).into_owned());
        Ok(with(
            config,
            [
                ("id", Value::string(url)),
                ("status_code", Value::number(i64::from(status))),
                ("response_headers", Value::map(Type::String, headers)),
                ("response_body_base64", Value::string(BASE64_STANDARD.encode(&bytes))),
                ("body", body.clone()),
                ("response_body", body),
            ],
        ))
    }
}

fn text<'v>(config: &'v Value, name: &str) -> Option<&'v str> {
    config.field(name).and_then(Value::as_str)
}

fn number(config: &Value, name: &str) -> Option<u64> {
    config.field(name).and_then(Value::as_number).and_then(|number| number.to_string().parse().ok())
}

fn client(config: &Value) -> Result<Client, reqwest::Error> {
    let insecure = config.field("insecure").and_then(Value::as_bool) == Some(true);
    let mut client = Client::builder().tls_danger_accept_invalid_certs(insecure);
    if let Some(pem) = text(config, "ca_cert_pem") {
        client = client.tls_certs_only(Certificate::from_pem_bundle(pem.as_bytes())?);
    }
    if let (Some(certificate), Some(key)) = (text(config, "client_cert_pem"), text(config, "client_key_pem")) {
        client = client.identity(Identity::from_pem(format!("{certificate}\n{key}").as_bytes())?);
    }
    client.timeout(number(config, "request_timeout_ms").map_or(USUAL_WAIT, Duration::from_millis)).build()
}

fn request(client: &Client, config: &Value, url: &str) -> RequestBuilder {
    let method = match text(config, "method") {
        Some("POST") => Method::POST,
        Some("HEAD") => Method::HEAD,
        _ => Method::GET,
    };
    let mut request = client.request(method, url);
    for (name, value) in config.field("request_headers").and_then(Value::as_fields).into_iter().flatten() {
        request = request.header(&**name, value.as_str().unwrap_or_default());
    }
    match text(config, "request_body") {
        Some(body) => request.body(body.to_owned()),
        None => request,
    }
}

/// Sends it, again as often as is asked for while the server is at fault or does not answer.
async fn send(request: RequestBuilder, config: &Value) -> Result<Response, reqwest::Error> {
    let retry = config.field("retry").filter(|retry| !retry.is_null());
    let asked = |name: &str| retry.and_then(|retry| number(retry, name));
    let mut left = asked("attempts").unwrap_or(0);
    let mut pause = Duration::from_millis(asked("min_delay_ms").unwrap_or(1000));
    let longest = Duration::from_millis(asked("max_delay_ms").unwrap_or(30_000));
    loop {
        // A body that is text can always be sent again.
        let Some(again) = request.try_clone() else { return request.send().await };
        let answer = again.send().await;
        let is_sound = answer.as_ref().is_ok_and(|answer| !answer.status().is_server_error());
        if is_sound || left == 0 {
            return answer;
        }
        left -= 1;
        tokio::time::sleep(pause.min(longest)).await;
        pause *= 2;
    }
}

/// Each header once, under its name as servers write it, with its values in their order.
fn headers_of(headers: &HeaderMap) -> Fields {
    let values = |name| headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let joined = |name| Value::string(values(name).collect::<Vec<_>>().join(", "));
    headers.keys().map(|name| (Arc::from(canonical(name.as_str())), joined(name))).collect()
}

/// `content-type` as `Content-Type`.
fn canonical(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

/// What went wrong, down to its cause; without the address, which may hold a secret.
fn causes(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers each connection with the next of these.
    async fn serve(answers: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ip", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut asked = [0; 1024];
                let _ = stream.read(&mut asked).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        url
    }

    fn config(url: &str, attempts: Option<i64>) -> Value {
        let retry = attempts.map_or_else(
            || Value::null(Type::Dynamic),
            |attempts| {
                Value::object_of([("attempts", Value::number(attempts)), ("min_delay_ms", Value::number(1_i64))])
            },
        );
        Value::object_of([("url", Value::string(url)), ("retry", retry)])
    }

    #[tokio::test]
    async fn an_answer_is_told_with_its_status_and_headers() {
        let url = serve(&[
            "HTTP/1.1 200 OK\r\ncontent-length: 10\r\nx-a: 1\r\nx-a: 2\r\nconnection: close\r\n\r\n192.0.2.7\n",
        ])
        .await;
        let read = Http::new().read(&config(&url, None), &Surroundings::default()).await.unwrap();
        assert_eq!(read.field("response_body").unwrap().as_str(), Some("192.0.2.7\n"));
        assert_eq!(read.field("body").unwrap().as_str(), Some("192.0.2.7\n"));
        assert_eq!(read.field("status_code").unwrap().as_number().unwrap().to_string(), "200");
        assert_eq!(read.field("response_headers").unwrap().field("X-A").unwrap().as_str(), Some("1, 2"));
    }

    #[tokio::test]
    async fn a_server_at_fault_is_asked_again_as_often_as_is_said() {
        const BUSY: &str = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        const SOUND: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
        let url = serve(&[BUSY, BUSY, SOUND]).await;
        let read = Http::new().read(&config(&url, Some(2)), &Surroundings::default()).await.unwrap();
        assert_eq!(read.field("response_body").unwrap().as_str(), Some("ok"));
        let url = serve(&[BUSY, SOUND]).await;
        let read = Http::new().read(&config(&url, None), &Surroundings::default()).await.unwrap();
        assert_eq!(read.field("status_code").unwrap().as_number().unwrap().to_string(), "503");
    }

    #[tokio::test]
    async fn no_answer_is_an_error_that_does_not_tell_the_address_twice() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/?key=k", listener.local_addr().unwrap());
        drop(listener);
        let error = Http::new().read(&config(&url, None), &Surroundings::default()).await.unwrap_err();
        assert_eq!(error.summary, "Error making request");
        assert_eq!(error.detail.matches("key=k").count(), 1);
    }
}
