//! The key provider `external`: a program that gives keys, by OpenTofu's protocol. It says who it is in a line, reads
//! `null` or what it said of a key before, and answers with the keys and what tells them again.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::keys::{Key, KeySource, Metas, told};
use crate::diagnostic::Diagnostic;

/// The provider.
pub struct External {
    /// What the metadata stand under.
    pub name: String,
    /// The program and its arguments.
    pub command: Vec<String>,
}

const MAGIC: &str = "OpenTofu-External-Key-Provider";

#[derive(Deserialize)]
struct Header {
    magic: String,
    version: u32,
}

#[derive(Deserialize)]
struct Output {
    keys: OutputKeys,
    #[serde(default)]
    meta: Json,
}

#[derive(Deserialize)]
struct OutputKeys {
    #[serde(default)]
    encryption_key: String,
    #[serde(default)]
    decryption_key: String,
}

impl External {
    fn run(&self, input: &Json) -> Result<Output, Diagnostic> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(self.failed("its command is empty"));
        };
        let cannot = |error: std::io::Error| self.failed(&format!("{program:?} cannot be run: {error}"));
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(cannot)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that ends without reading says why itself.
            let _ = stdin.write_all(input.to_string().as_bytes());
        }
        let output = child.wait_with_output().map_err(cannot)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(self.failed(&format!("{program:?} ended with {}\n{}", output.status, said.trim_end())));
        }
        self.read(&output.stdout)
    }

    /// What the program answered. Nothing of it is ever quoted: there are keys in it.
    fn read(&self, stdout: &[u8]) -> Result<Output, Diagnostic> {
        let text = std::str::from_utf8(stdout).map_err(|_| self.failed("its answer is no text"))?;
        let (header, rest) = text.split_once('\n').ok_or_else(|| self.failed("its answer has no first line"))?;
        let header: Option<Header> = serde_json::from_str(header).ok();
        if !header.is_some_and(|header| header.magic == MAGIC && header.version == 1) {
            let expected = format!("its first line is not {{\"magic\":\"{MAGIC}\",\"version\":1}}");
            return Err(self.failed(&expected));
        }
        serde_json::from_str(rest).map_err(|_| self.failed("its answer is not in the form of the protocol"))
    }

    fn key(&self, text: &str) -> Result<Key, Diagnostic> {
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| self.failed("its key is not base64"))?;
        if bytes.is_empty() { Err(self.failed("it gave no key")) } else { Ok(Key::new(bytes)) }
    }

    fn failed(&self, why: &str) -> Diagnostic {
        Diagnostic::error("External key provider failed", format!("{}: {why}.", self.name))
    }
}

impl KeySource for External {
    fn fresh(&self) -> Result<(Key, Metas), Diagnostic> {
        let output = self.run(&Json::Null)?;
        let key = self.key(&output.keys.encryption_key)?;
        let meta = if output.meta.is_null() { json!({}) } else { output.meta };
        Ok((key, [(self.name.clone(), meta)].into()))
    }

    fn again(&self, metas: &Metas) -> Result<Key, Diagnostic> {
        let output = self.run(&told::<Json>(&self.name, metas)?)?;
        let text = [&output.keys.decryption_key, &output.keys.encryption_key].into_iter().find(|key| !key.is_empty());
        self.key(text.map_or("", String::as_str))
    }
}
