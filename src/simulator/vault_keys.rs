//! The keys of vaults: RSA keys that encrypt other keys and never leave. They are real ones, so that what a run encrypts
//! can be decrypted with the same world only.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::traits::PublicKeyParts;
use rsa::{Oaep, RsaPrivateKey};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::arm::Azure;
use crate::simulator::body::text;
use crate::simulator::target::Key;
use crate::simulator::vault_secrets::{Asked, versions};

/// How the versions of a key are kept, beneath the vault.
const KEPT: &str = "keyVersions";
/// In bits. Small, so that a debug build makes one at once.
const SIZE: usize = 2048;

impl Azure {
    pub(super) fn create_key(&mut self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        let mut all = self.kept(asked, KEPT).map(|key| versions(&key)).unwrap_or_default();
        let failed = || Refusal::new(500, "InternalServerError", "The key could not be made.");
        let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, SIZE).map_err(|_| failed())?;
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|_| failed())?;
        let id = asked.id(KEPT);
        let name = self.scene().guid(&Key::of(&id), &format!("version {}", all.len())).replace('-', "");
        let version = json!({ "version": name, "pem": pem.as_str() });
        all.push(version.clone());
        self.keep_secret(&id, KEPT, &all);
        Ok(Answer::json(200, shown(asked, &version)?))
    }

    pub(super) fn read_key(&self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        Ok(Answer::json(200, shown(asked, &self.key_version(asked)?)?))
    }

    pub(super) fn use_key(&self, asked: &Asked<'_>, operation: &str, sent: &Value) -> Result<Answer, Refusal> {
        let version = self.key_version(asked)?;
        let key = private(&version)?;
        let bad = |why: &str| Refusal::bad("BadParameter", why);
        let value =
            text(sent, "/value").and_then(|value| BASE64_URL_SAFE_NO_PAD.decode(value.trim_end_matches('=')).ok());
        let value = value.ok_or_else(|| bad("Property value has invalid value"))?;
        let padding = || match text(sent, "/alg") {
            Some("RSA-OAEP") => Ok(Oaep::new::<Sha1>()),
            Some("RSA-OAEP-256") => Ok(Oaep::new::<Sha256>()),
            _ => Err(bad("Property alg has invalid value")),
        };
        let result = match operation {
            "encrypt" | "wrapkey" => key.to_public_key().encrypt(&mut rsa::rand_core::OsRng, padding()?, &value),
            "decrypt" | "unwrapkey" => key.decrypt(padding()?, &value),
            other => return Err(Refusal::new(405, "MethodNotAllowed", format!("The vault does not know {other}."))),
        };
        let result = result.map_err(|_| bad("The parameter is incorrect."))?;
        let kid = kid(asked, &version);
        Ok(Answer::json(200, json!({ "kid": kid, "value": BASE64_URL_SAFE_NO_PAD.encode(result) })))
    }

    fn key_version(&self, asked: &Asked<'_>) -> Result<Value, Refusal> {
        let missing = || {
            let message = format!("A key with (name/id) {} was not found in this key vault.", asked.name);
            Refusal::new(404, "KeyNotFound", message)
        };
        let all = versions(&self.kept(asked, KEPT).ok_or_else(missing)?);
        let wanted = |version: &&Value| asked.more.is_empty() || text(version, "/version") == Some(asked.more);
        all.iter().rev().find(wanted).cloned().ok_or_else(missing)
    }
}

fn private(version: &Value) -> Result<RsaPrivateKey, Refusal> {
    let pem = text(version, "/pem").unwrap_or_default();
    RsaPrivateKey::from_pkcs8_pem(pem).map_err(|_| Refusal::new(500, "InternalServerError", "The key is damaged."))
}

fn kid(asked: &Asked<'_>, version: &Value) -> String {
    format!("{}/keys/{}/{}", asked.address, asked.name, text(version, "/version").unwrap_or_default())
}

fn shown(asked: &Asked<'_>, version: &Value) -> Result<Value, Refusal> {
    let key = private(version)?;
    let number = |number: &rsa::BigUint| BASE64_URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    Ok(json!({
        "key": {
            "kid": kid(asked, version),
            "kty": "RSA",
            "key_ops": ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"],
            "n": number(key.n()),
            "e": number(key.e()),
        },
        "attributes": { "enabled": true },
    }))
}
