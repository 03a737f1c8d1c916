//! The file that stands for an encrypted one: `{"serial":..,"lineage":..,"meta":{..},"encrypted_data":..,
//! "encryption_version":"v0"}`, in OpenTofu's form. Serial and lineage are there for states only.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::cipher::AesGcm;
use super::keys::Metas;
use crate::diagnostic::Diagnostic;

const VERSION: &str = "v0";

/// What an encrypted state says in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its serial.
    pub serial: u64,
    /// Its lineage.
    pub lineage: String,
}

/// The file.
#[derive(Serialize, Deserialize)]
pub struct Envelope<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    serial: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lineage: Option<String>,
    /// Base64 of JSON, by provider.
    #[serde(default)]
    meta: BTreeMap<String, String>,
    #[serde(borrow)]
    encrypted_data: Cow<'a, str>,
    #[serde(borrow)]
    encryption_version: Cow<'a, str>,
}

impl<'a> Envelope<'a> {
    /// Reads one; `None` for anything else.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        if Self::is_one(bytes) { serde_json::from_slice(bytes).ok() } else { None }
    }

    /// Whether bytes look like one: the members that stand before the data do so at the beginning.
    pub fn is_one(bytes: &[u8]) -> bool {
        const MARK: &[u8] = b"\"encrypted_data\"";
        let head = bytes.get(..bytes.len().min(1 << 16)).unwrap_or_default();
        head.trim_ascii_start().starts_with(b"{") && head.windows(MARK.len()).any(|window| window == MARK)
    }

    /// Whether a state is in it, and no plan.
    pub fn is_of_state(&self) -> bool {
        self.lineage.is_some()
    }

    /// Refuses what a later release wrote.
    pub fn check_version(&self, name: &str) -> Result<(), Diagnostic> {
        if self.encryption_version == VERSION {
            return Ok(());
        }
        let detail = format!(
            "{name} is encrypted in the format {:?}, and this program reads {VERSION:?}. Use a newer release of it.",
            self.encryption_version
        );
        Err(Diagnostic::error("Unsupported encryption format", detail))
    }

    /// What is in it; the error says in words why it cannot be had.
    pub fn open(&self, method: &AesGcm) -> Result<Vec<u8>, String> {
        let damaged = || "the file is damaged".to_owned();
        let data = BASE64_STANDARD.decode(self.encrypted_data.as_bytes()).map_err(|_| damaged())?;
        let metas = self.meta.iter().map(|(name, text)| Some((name.clone(), decode_meta(text)?)));
        let metas: Metas = metas.collect::<Option<_>>().ok_or_else(damaged)?;
        method.open(&metas, &data)
    }

    /// The file that stands for these bytes.
    pub fn seal(bytes: &[u8], method: &AesGcm, head: Option<Head>) -> Result<Vec<u8>, Diagnostic> {
        let (sealed, metas) = method.seal(bytes)?;
        let envelope = Envelope {
            serial: head.as_ref().map(|head| head.serial),
            lineage: head.map(|head| head.lineage),
            meta: metas.iter().map(|(name, meta)| (name.clone(), encode_meta(meta))).collect(),
            encrypted_data: BASE64_STANDARD.encode(sealed).into(),
            encryption_version: VERSION.into(),
        };
        // Texts and numbers only: it can always be written.
        Ok(serde_json::to_vec(&envelope).unwrap_or_default())
    }
}

fn encode_meta(meta: &Json) -> String {
    BASE64_STANDARD.encode(meta.to_string())
}

fn decode_meta(text: &str) -> Option<Json> {
    serde_json::from_slice(&BASE64_STANDARD.decode(text).ok()?).ok()
}
