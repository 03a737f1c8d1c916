//! The simulator over real HTTP.
#![allow(clippy::unwrap_used, clippy::panic)]

mod as_pod;
mod clusters;
mod control;
mod conventions;
mod graph;
mod identities;
mod kubernetes;
mod neighbours;
mod pods;
mod protocol;
mod workloads;

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::simulator::{Faults, Options, Running, SUBSCRIPTION, start};

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Got {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: Value,
}

impl Got {
    /// The code of an error, in either envelope.
    pub fn code(&self) -> &str {
        let wrapped = self.body.pointer("/error/code");
        wrapped.or_else(|| self.body.get("code")).and_then(Value::as_str).unwrap_or_default()
    }

    /// The text at a pointer of the body.
    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Fails with the whole answer unless the status is this.
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }
}

/// A stream both ways.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A client with one connection.
pub(super) struct Client {
    wire: BufReader<Box<dyn Stream>>,
    host: String,
    /// Sent with each request.
    pub headers: Vec<(String, String)>,
}

impl Client {
    pub async fn of(simulator: &Running) -> Self {
        let host = simulator.url().trim_start_matches("http://").to_owned();
        let wire = TcpStream::connect(&host).await.unwrap();
        Self {
            wire: BufReader::new(Box::new(wire)),
            host,
            headers: vec![("authorization".to_owned(), "Bearer t".to_owned())],
        }
    }

    pub async fn try_send(&mut self, method: &str, path: &str, body: &str) -> std::io::Result<Got> {
        let path = path.strip_prefix(&format!("http://{}", self.host)).unwrap_or(path);
        let given = self.headers.iter().fold(String::new(), |all, (name, value)| all + name + ": " + value + "\r\n");
        let length = body.len();
        let host = &self.host;
        let text = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n{given}\r\n{body}");
        self.wire.write_all(text.as_bytes()).await?;
        let mut line = String::new();
        if self.wire.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap();
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            self.wire.read_line(&mut line).await?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        let length = headers.get("content-length").map_or(0, |length: &String| length.parse().unwrap());
        let mut bytes = vec![0; length];
        self.wire.read_exact(&mut bytes).await?;
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Ok(Got { status, headers, body })
    }

    pub async fn send(&mut self, method: &str, path: &str, body: &Value) -> Got {
        let mark = if path.contains('?') { '&' } else { '?' };
        let path =
            if path.contains("api-version") { path.to_owned() } else { format!("{path}{mark}api-version=2024-11-30") };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.try_send(method, &path, &body).await.unwrap()
    }

    pub async fn get(&mut self, path: &str) -> Got {
        self.send("GET", path, &Value::Null).await
    }

    pub async fn put(&mut self, path: &str, body: &Value) -> Got {
        self.send("PUT", path, body).await
    }

    pub async fn delete(&mut self, path: &str) -> Got {
        self.send("DELETE", path, &Value::Null).await
    }

    /// Polls an accepted operation to its end; the last answer, and how many polls it took.
    pub async fn follow(&mut self, accepted: &Got) -> (Got, usize) {
        let by_status = accepted.headers.get("azure-asyncoperation");
        let url = by_status.or_else(|| accepted.headers.get("location")).unwrap().clone();
        for polls in 1..50 {
            let got = self.get(&url).await;
            let running = got.status == 202 || (by_status.is_some() && got.text("/status") == "InProgress");
            if !running {
                return (got, polls);
            }
        }
        panic!("the operation does not end");
    }

    /// A resource group `rg` to put things in.
    pub async fn group(&mut self) -> String {
        let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg");
        self.put(&group, &json!({"location": "West Europe"})).await;
        group
    }
}

/// A simulator with these faults, without a file.
pub(super) async fn simulator(faults: Faults) -> (Running, Client) {
    let running = start(Options { faults, ..Options::default() }).await.unwrap();
    let client = Client::of(&running).await;
    (running, client)
}

/// An identity in a group; its id, and its body.
pub(super) async fn identity(client: &mut Client, group: &str, name: &str) -> (String, Value) {
    let id = format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}");
    let got = client.put(&id, &json!({"location": "westeurope"})).await.is(201);
    (id, got.body)
}

/// The body of a federated credential.
pub(super) fn credential(subject: &str) -> Value {
    let properties =
        json!({"issuer": "https://issuer/", "subject": subject, "audiences": ["api://AzureADTokenExchange"]});
    json!({ "properties": properties })
}

/// The id of a role assignment at a scope, numbered.
pub(super) fn assignment_id(scope: &str, number: u32) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-{number:012}")
}

/// The body of a role assignment.
pub(super) fn assignment(role: &str, principal: &Value) -> Value {
    let role = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}");
    json!({"properties": {"roleDefinitionId": role, "principalId": principal}})
}

/// Reader.
pub(super) const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
