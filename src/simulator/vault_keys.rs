//! The keys of vaults, RSA keys and keys on curves, which never leave. They are real ones, so that what a run encrypts
//! can be decrypted with the same world only.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::traits::PublicKeyParts;
use rsa::{Oaep, RsaPrivateKey};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::arm::Azure;
use crate::simulator::body::{self, fill, merge, set, text};
use crate::simulator::target::Key;
use crate::simulator::vault_secrets::{Asked, versions};
use crate::simulator::world::{Change, Resource};

/// How the versions of a key are kept, beneath the vault.
const KEPT: &str = "keyVersions";
const DELETED: &str = "deletedKeyVersions";
/// How the document is kept that says how a key is rotated.
const ROTATION: &str = "keyRotation";
/// In bits, when nothing is asked for.
const SIZE: usize = 2048;
/// The sizes that there are.
const SIZES: [usize; 3] = [2048, 3072, 4096];

impl Azure {
    pub(super) fn create_key(&mut self, asked: &Asked<'_>, sent: &Value) -> Result<Answer, Refusal> {
        if self.kept(asked, DELETED).is_some() {
            let message = format!(
                "Key {} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, \
                 the key can only be recovered or purged.",
                asked.name
            );
            return Err(Refusal::new(409, "Conflict", message));
        }
        let mut all = self.kept(asked, KEPT).map(|key| versions(&key)).unwrap_or_default();
        let failed = || Refusal::new(500, "InternalServerError", "The key could not be made.");
        let key = Private::generate(sent)?;
        let pem = key.pem().map_err(|_| failed())?;
        let id = asked.id(KEPT);
        let name = self.scene().guid(&Key::of(&id), &format!("version {}", all.len())).replace('-', "");
        let mut version = json!({ "version": name, "pem": pem.as_str() });
        for member in ["kty", "crv", "key_ops", "attributes", "tags"] {
            if let Some(given) = sent.get(member).filter(|given| !body::is_empty(given)) {
                set(&mut version, &format!("/{member}"), given.clone());
            }
        }
        all.push(version.clone());
        self.keep_secret(&id, KEPT, &all);
        Ok(Answer::json(200, shown(asked, &version)?))
    }

    pub(super) fn change_key(&mut self, asked: &Asked<'_>, sent: &Value) -> Result<Answer, Refusal> {
        let mut changed = self.key_version(asked)?;
        for member in ["key_ops", "tags"] {
            if let Some(given) = sent.get(member) {
                set(&mut changed, &format!("/{member}"), given.clone());
            }
        }
        if let Some(given) = sent.get("attributes") {
            let mut attributes = changed.get("attributes").cloned().unwrap_or_default();
            merge(&mut attributes, given);
            set(&mut changed, "/attributes", attributes);
        }
        let mut all = self.kept(asked, KEPT).map(|key| versions(&key)).unwrap_or_default();
        let name = text(&changed, "/version").unwrap_or_default().to_owned();
        for version in all.iter_mut().filter(|version| text(version, "/version") == Some(name.as_str())) {
            *version = changed.clone();
        }
        self.keep_secret(&asked.id(KEPT), KEPT, &all);
        Ok(Answer::json(200, shown(asked, &changed)?))
    }

    pub(super) fn delete_key(&mut self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        self.move_key(asked, KEPT, DELETED)
    }

    pub(super) fn recover_key(&mut self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        self.move_key(asked, DELETED, KEPT)
    }

    pub(super) fn deleted_key(&self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        let key = self.kept(asked, DELETED).ok_or_else(|| missing(asked))?;
        let newest = versions(&key).pop().ok_or_else(|| missing(asked))?;
        Ok(Answer::json(200, shown(asked, &newest)?))
    }

    pub(super) fn purge_key(&mut self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        let key = self.kept(asked, DELETED).ok_or_else(|| missing(asked))?;
        if body::flag(&asked.vault.body, "/properties/enablePurgeProtection") == Some(true) {
            return Err(Refusal::new(403, "Forbidden", "Operation \"purge\" is not allowed on this vault."));
        }
        self.world.make(Change::Remove(key.key()));
        Ok(Answer::empty(204))
    }

    /// A key goes from those that are there to those that are kept for a while, or back.
    fn move_key(&mut self, asked: &Asked<'_>, from: &str, to: &str) -> Result<Answer, Refusal> {
        let key = self.kept(asked, from).ok_or_else(|| missing(asked))?;
        let all = versions(&key);
        let newest = all.last().ok_or_else(|| missing(asked))?;
        let answer = Answer::json(200, shown(asked, newest)?);
        self.world.make(Change::Remove(key.key()));
        self.keep_secret(&asked.id(to), to, &all);
        Ok(answer)
    }

    /// How a key is rotated; what every key begins with until somebody says otherwise.
    pub(super) fn read_rotation(&self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        self.key_version(asked)?;
        let kept = self.kept(asked, ROTATION).map(|kept| kept.body).and_then(|body| body.get("policy").cloned());
        let usual = json!({ "lifetimeActions": [{ "trigger": { "timeBeforeExpiry": "P30D" }, "action": { "type": "Notify" } }],
                            "attributes": {} });
        let mut policy = kept.unwrap_or(usual);
        let id = format!("{}/keys/{}/rotationpolicy", asked.address, asked.name);
        set(&mut policy, "/id", Value::from(id));
        Ok(Answer::json(200, policy))
    }

    pub(super) fn set_rotation(&mut self, asked: &Asked<'_>, sent: &Value) -> Result<Answer, Refusal> {
        self.key_version(asked)?;
        let actions = sent.get("lifetimeActions").and_then(Value::as_array);
        let is_rotated = |action: &Value| text(action, "/action/type") == Some("Rotate");
        let by_expiry = |action: &Value| text(action, "/trigger/timeBeforeExpiry").is_some();
        let expires = text(sent, "/attributes/expiryTime").is_some();
        if actions.into_iter().flatten().any(|action| is_rotated(action) && by_expiry(action)) && !expires {
            let message = "Rotation before expiry needs an expiryTime in the attributes of the policy.";
            return Err(Refusal::bad("BadParameter", message));
        }
        let kind = format!("Microsoft.KeyVault/vaults/{ROTATION}");
        let kept = Resource::new(asked.id(ROTATION), &kind, json!({ "policy": sent }), self.timer.now());
        self.store(kept);
        self.read_rotation(asked)
    }

    pub(super) fn read_key(&self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        Ok(Answer::json(200, shown(asked, &self.key_version(asked)?)?))
    }

    pub(super) fn use_key(&self, asked: &Asked<'_>, operation: &str, sent: &Value) -> Result<Answer, Refusal> {
        let version = self.key_version(asked)?;
        let bad = |why: &str| Refusal::bad("BadParameter", why);
        let Private::Rsa(key) = Private::of(&version)? else {
            return Err(bad(&format!("Operation {operation} is not supported on EC key")));
        };
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
        let missing = || missing(asked);
        let all = versions(&self.kept(asked, KEPT).ok_or_else(missing)?);
        let wanted = |version: &&Value| asked.more.is_empty() || text(version, "/version") == Some(asked.more);
        all.iter().rev().find(wanted).cloned().ok_or_else(missing)
    }
}

fn missing(asked: &Asked<'_>) -> Refusal {
    let message = format!("A key with (name/id) {} was not found in this key vault.", asked.name);
    Refusal::new(404, "KeyNotFound", message)
}

/// A private key.
enum Private {
    Rsa(Box<RsaPrivateKey>),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
}

impl Private {
    /// A new one, of the type and on the curve that are asked for.
    fn generate(sent: &Value) -> Result<Self, Refusal> {
        let bad = |member: &str, value: &str| {
            Refusal::bad("BadParameter", format!("Property {member} has invalid value {value}"))
        };
        let chance = &mut rsa::rand_core::OsRng;
        match text(sent, "/kty").unwrap_or("RSA") {
            "RSA" | "RSA-HSM" => {
                let size = sent.get("key_size").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
                let size = size.unwrap_or(SIZE);
                if !SIZES.contains(&size) {
                    return Err(bad("key_size", &size.to_string()));
                }
                let failed = |_| Refusal::new(500, "InternalServerError", "The key could not be made.");
                RsaPrivateKey::new(chance, size).map(|key| Self::Rsa(Box::new(key))).map_err(failed)
            }
            "EC" | "EC-HSM" => match text(sent, "/crv").unwrap_or("P-256") {
                "P-256" => Ok(Self::P256(p256::SecretKey::random(chance))),
                "P-384" => Ok(Self::P384(p384::SecretKey::random(chance))),
                "P-521" => Ok(Self::P521(p521::SecretKey::random(chance))),
                other => Err(bad("crv", other)),
            },
            other => Err(bad("kty", other)),
        }
    }

    /// That of a version.
    fn of(version: &Value) -> Result<Self, Refusal> {
        let pem = text(version, "/pem").unwrap_or_default();
        let key = match text(version, "/crv").unwrap_or_default() {
            "P-384" => p384::SecretKey::from_pkcs8_pem(pem).map(Self::P384),
            "P-521" => p521::SecretKey::from_pkcs8_pem(pem).map(Self::P521),
            _ => p256::SecretKey::from_pkcs8_pem(pem)
                .map(Self::P256)
                .or_else(|_| RsaPrivateKey::from_pkcs8_pem(pem).map(|key| Self::Rsa(Box::new(key)))),
        };
        key.map_err(|_| Refusal::new(500, "InternalServerError", "The key is damaged."))
    }

    fn pem(&self) -> Result<String, rsa::pkcs8::Error> {
        let pem = match self {
            Self::Rsa(key) => key.to_pkcs8_pem(LineEnding::LF),
            Self::P256(key) => key.to_pkcs8_pem(LineEnding::LF),
            Self::P384(key) => key.to_pkcs8_pem(LineEnding::LF),
            Self::P521(key) => key.to_pkcs8_pem(LineEnding::LF),
        };
        pem.map(|pem| pem.to_string())
    }

    /// The members of its JSON Web Key that are public (RFC 7518, 6.2.1 and 6.3.1).
    fn public(&self) -> Vec<(&'static str, String)> {
        let point = |curve: &str, bytes: &[u8]| {
            // Uncompressed, as SEC 1 writes a point: one byte, and two coordinates of equal length.
            let (x, y) = bytes[1..].split_at(bytes.len() / 2);
            vec![("crv", curve.to_owned()), ("x", coded(x)), ("y", coded(y))]
        };
        match self {
            Self::Rsa(key) => vec![("n", coded(&key.n().to_bytes_be())), ("e", coded(&key.e().to_bytes_be()))],
            Self::P256(key) => point("P-256", key.public_key().to_encoded_point(false).as_bytes()),
            Self::P384(key) => point("P-384", key.public_key().to_encoded_point(false).as_bytes()),
            Self::P521(key) => point("P-521", key.public_key().to_encoded_point(false).as_bytes()),
        }
    }
}

fn coded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn kid(asked: &Asked<'_>, version: &Value) -> String {
    format!("{}/keys/{}/{}", asked.address, asked.name, text(version, "/version").unwrap_or_default())
}

fn shown(asked: &Asked<'_>, version: &Value) -> Result<Value, Refusal> {
    let key = Private::of(version)?;
    let usual = match &key {
        Private::Rsa(_) => json!(["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]),
        _ => json!(["sign", "verify"]),
    };
    let mut attributes = version.get("attributes").cloned().unwrap_or_else(|| json!({}));
    fill(&mut attributes, "/enabled", true);
    let mut answer = json!({
        "key": {
            "kid": kid(asked, version),
            "kty": text(version, "/kty").unwrap_or("RSA"),
            "key_ops": version.get("key_ops").unwrap_or(&usual),
        },
        "attributes": attributes,
    });
    for (member, value) in key.public() {
        set(&mut answer, &format!("/key/{member}"), Value::from(value));
    }
    if let Some(tags) = version.get("tags") {
        set(&mut answer, "/tags", tags.clone());
    }
    Ok(answer)
}
