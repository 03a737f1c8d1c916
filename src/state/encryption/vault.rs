//! The key provider `azure_vault`: a random key for each run, encrypted with an RSA key that never leaves its vault.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::waiting::wait;
use super::keys::{Key, KeySource, Metas, told};
use crate::azure::arm::{Method, VaultClient};
use crate::diagnostic::Diagnostic;

/// How a key of the vault encrypts another.
const ALGORITHM: &str = "RSA-OAEP-256";

/// Which key of which vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultSettings {
    /// `https://name.vault.azure.net/`
    pub vault_uri: String,
    /// The key's name; its newest version encrypts.
    pub key_name: String,
    /// How long the keys are that it encrypts, in bytes.
    pub key_length: usize,
}

/// The provider.
pub struct VaultKey {
    /// What the metadata stand under.
    pub name: String,
    /// The key.
    pub settings: VaultSettings,
    /// Asks the vault.
    pub client: VaultClient,
}

/// What stands in the file, in OpenTofu's names.
#[derive(Serialize, Deserialize)]
struct Meta {
    ciphertext: String,
    #[serde(default)]
    iv: Option<String>,
    #[serde(default)]
    authentication_tag: Option<String>,
    #[serde(default)]
    additional_authenticated_data: Option<String>,
    key_version: String,
    algo: String,
}

impl VaultKey {
    /// One of the operations of a key: what comes out, and the version that did it.
    fn operate(
        &self,
        version: &str,
        operation: &str,
        algorithm: &str,
        value: &[u8],
    ) -> Result<(Vec<u8>, String), Diagnostic> {
        let failed = |why: String| {
            let VaultSettings { vault_uri, key_name, .. } = &self.settings;
            let detail =
                format!("The key {key_name} of {vault_uri} could not {operation} a key of {}: {why}", self.name);
            Diagnostic::error("Key vault not usable", detail)
        };
        let key = format!("keys/{}", self.settings.key_name);
        let path =
            if version.is_empty() { format!("{key}/{operation}") } else { format!("{key}/{version}/{operation}") };
        let body = json!({ "alg": algorithm, "value": BASE64_URL_SAFE_NO_PAD.encode(value) });
        let request = self.client.request(Method::Post, &self.settings.vault_uri, &path).body(body);
        let client = self.client.client();
        let patience = client.patience(std::time::Duration::from_secs(120));
        let answer = wait(client.send(&request, &patience))?.map_err(|error| failed(error.to_string()))?;
        let text = |name: &str| answer.body.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        let result = BASE64_URL_SAFE_NO_PAD.decode(text("value").trim_end_matches('='));
        let result = result.map_err(|_| failed("its answer is not base64.".to_owned()))?;
        Ok((result, text("kid").rsplit('/').next().unwrap_or_default().to_owned()))
    }
}

impl KeySource for VaultKey {
    fn fresh(&self) -> Result<(Key, Metas), Diagnostic> {
        let key = Key::random(self.settings.key_length);
        let (ciphertext, key_version) = self.operate("", "encrypt", ALGORITHM, key.bytes())?;
        let meta = Meta {
            ciphertext: BASE64_STANDARD.encode(ciphertext),
            iv: None,
            authentication_tag: None,
            additional_authenticated_data: None,
            key_version,
            algo: ALGORITHM.to_owned(),
        };
        Ok((key, [(self.name.clone(), serde_json::to_value(&meta).unwrap_or_default())].into()))
    }

    fn again(&self, metas: &Metas) -> Result<Key, Diagnostic> {
        let meta: Meta = told(&self.name, metas)?;
        let ciphertext = BASE64_STANDARD.decode(&meta.ciphertext).map_err(|_| {
            Diagnostic::error("Unreadable key metadata", format!("what tells the key of {} is damaged", self.name))
        })?;
        let algorithm = if meta.algo.is_empty() { ALGORITHM } else { &meta.algo };
        Ok(Key::new(self.operate(&meta.key_version, "decrypt", algorithm, &ciphertext)?.0))
    }
}
