//! AES-GCM as OpenTofu uses it: a nonce of twelve bytes, then the ciphertext with its tag.

use std::sync::Arc;

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::aes::Aes192;
use aes_gcm::{Aes128Gcm, Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::keys::{Key, Keys, Metas};
use crate::diagnostic::Diagnostic;

/// How long a nonce is, in bytes.
const NONCE: usize = 12;

/// AES-GCM with the keys of one provider. The length of the key (16, 24 or 32 bytes) chooses the cipher.
pub struct AesGcm {
    keys: Arc<Keys>,
    aad: Vec<u8>,
}

impl AesGcm {
    /// The method; `aad` is authenticated with everything that is encrypted.
    pub fn new(keys: Arc<Keys>, aad: Vec<u8>) -> Self {
        Self { keys, aad }
    }

    /// What gives the keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Encrypts with the key of this run; tells also how the key is found again.
    pub fn seal(&self, plain: &[u8]) -> Result<(Vec<u8>, Metas), Diagnostic> {
        let (key, metas) = self.keys.of_this_run()?;
        Ok((self.seal_with(&key, plain)?, metas))
    }

    /// Encrypts with a key, under a random nonce.
    pub fn seal_with(&self, key: &Key, plain: &[u8]) -> Result<Vec<u8>, Diagnostic> {
        let nonce: [u8; NONCE] = rand::random();
        self.seal_under(key, nonce, plain)
    }

    /// Encrypts with a nonce that follows from the key, the place and the text: the same text in the same place is the
    /// same ciphertext, and no two texts or places share a nonce.
    pub fn seal_in_place(&self, key: &Key, place: &str, plain: &[u8]) -> Result<Vec<u8>, Diagnostic> {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key.bytes()).map_err(|_| unusable(key))?;
        for part in [b"bowline nonce".as_slice(), place.as_bytes(), plain] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let digest = mac.finalize().into_bytes();
        let mut nonce = [0; NONCE];
        nonce.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        self.seal_under(key, nonce, plain)
    }

    /// Decrypts with the key that `metas` tell; the error says why in words.
    pub fn open(&self, metas: &Metas, sealed: &[u8]) -> Result<Vec<u8>, String> {
        let key = self.keys.again(metas).map_err(|problem| format!("{}: {}", problem.summary, problem.detail))?;
        let (nonce, text) = sealed.split_at_checked(NONCE).ok_or_else(|| "the data is cut off".to_owned())?;
        let payload = Payload { msg: text, aad: &self.aad };
        let nonce = Nonce::<U12>::from_slice(nonce);
        let opened = match key.bytes().len() {
            16 => Aes128Gcm::new_from_slice(key.bytes()).ok().and_then(|c| c.decrypt(nonce, payload).ok()),
            24 => Aes192Gcm::new_from_slice(key.bytes()).ok().and_then(|c| c.decrypt(nonce, payload).ok()),
            32 => Aes256Gcm::new_from_slice(key.bytes()).ok().and_then(|c| c.decrypt(nonce, payload).ok()),
            _ => return Err(unusable(&key).detail),
        };
        opened.ok_or_else(|| format!("{} gives another key than it was encrypted with", self.keys.name()))
    }

    fn seal_under(&self, key: &Key, nonce: [u8; NONCE], plain: &[u8]) -> Result<Vec<u8>, Diagnostic> {
        let payload = Payload { msg: plain, aad: &self.aad };
        let at = Nonce::<U12>::from_slice(&nonce);
        let sealed = match key.bytes().len() {
            16 => Aes128Gcm::new_from_slice(key.bytes()).ok().and_then(|c| c.encrypt(at, payload).ok()),
            24 => Aes192Gcm::new_from_slice(key.bytes()).ok().and_then(|c| c.encrypt(at, payload).ok()),
            32 => Aes256Gcm::new_from_slice(key.bytes()).ok().and_then(|c| c.encrypt(at, payload).ok()),
            _ => None,
        };
        let sealed = sealed.ok_or_else(|| unusable(key))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }
}

type Aes192Gcm = aes_gcm::AesGcm<Aes192, U12>;

fn unusable(key: &Key) -> Diagnostic {
    Diagnostic::error(
        "Unusable encryption key",
        format!("AES-GCM takes keys of 16, 24 or 32 bytes; the key provider gave {} bytes.", key.bytes().len()),
    )
}
