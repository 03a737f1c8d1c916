//! The key provider `pbkdf2`: a key derived from a passphrase.

use std::sync::Arc;

use azure_core::credentials::Secret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Sha256, Sha512};

use super::keys::{Key, KeySource, Keys, Metas, told};
use crate::diagnostic::Diagnostic;

/// The hash that a derivation repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hash {
    /// SHA-256
    Sha256,
    /// SHA-512
    Sha512,
}

/// What a key is derived from.
pub enum Passphrase {
    /// A text.
    Text(Secret),
    /// The key of another provider (`chain`).
    Chain(Arc<Keys>),
}

/// The provider. Lengths are in bytes.
pub struct Pbkdf2 {
    /// What the metadata stand under.
    pub name: String,
    /// What the key is derived from.
    pub passphrase: Passphrase,
    /// How long the key is.
    pub key_length: usize,
    /// How often the hash is repeated.
    pub iterations: u32,
    /// The hash.
    pub hash: Hash,
    /// How long the salt is.
    pub salt_length: usize,
}

/// What stands in the file, in OpenTofu's names.
#[derive(Serialize, Deserialize)]
struct Meta {
    salt: String,
    iterations: u32,
    hash_function: Hash,
    key_length: usize,
}

impl Pbkdf2 {
    /// The fewest repetitions that OpenTofu takes.
    pub const FEWEST_ITERATIONS: u32 = 200_000;
    /// The shortest passphrase that OpenTofu takes.
    pub const SHORTEST_PASSPHRASE: usize = 16;
    /// More than this nobody waits for; a damaged file may say anything.
    const MOST_ITERATIONS: u32 = 100_000_000;

    fn derive(&self, passphrase: &[u8], meta: &Meta) -> Result<Key, Diagnostic> {
        let unreadable =
            || Diagnostic::error("Unreadable key metadata", format!("what tells the key of {} is damaged", self.name));
        let salt = BASE64_STANDARD.decode(&meta.salt).map_err(|_| unreadable())?;
        if meta.iterations == 0 || meta.iterations > Self::MOST_ITERATIONS || !(1..=64).contains(&meta.key_length) {
            return Err(unreadable());
        }
        let mut key = vec![0; meta.key_length];
        match meta.hash_function {
            Hash::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(passphrase, &salt, meta.iterations, &mut key),
            Hash::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(passphrase, &salt, meta.iterations, &mut key),
        }
        Ok(Key::new(key))
    }
}

impl KeySource for Pbkdf2 {
    fn fresh(&self) -> Result<(Key, Metas), Diagnostic> {
        let meta = Meta {
            salt: BASE64_STANDARD.encode(Key::random(self.salt_length).bytes()),
            iterations: self.iterations,
            hash_function: self.hash,
            key_length: self.key_length,
        };
        let (key, mut metas) = match &self.passphrase {
            Passphrase::Text(text) => (self.derive(text.secret().as_bytes(), &meta)?, Metas::new()),
            Passphrase::Chain(keys) => {
                let (key, metas) = keys.of_this_run()?;
                (self.derive(key.bytes(), &meta)?, metas)
            }
        };
        metas.insert(self.name.clone(), serde_json::to_value(&meta).unwrap_or_default());
        Ok((key, metas))
    }

    fn again(&self, metas: &Metas) -> Result<Key, Diagnostic> {
        let meta: Meta = told(&self.name, metas)?;
        match &self.passphrase {
            Passphrase::Text(text) => self.derive(text.secret().as_bytes(), &meta),
            Passphrase::Chain(keys) => self.derive(keys.again(metas)?.bytes(), &meta),
        }
    }
}
