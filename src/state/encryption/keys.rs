//! Keys and where they come from.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::Value as Json;

use crate::diagnostic::Diagnostic;

/// What tells keys again, by the name of their provider: `key_provider.pbkdf2.main`. Not secret.
pub type Metas = BTreeMap<String, Json>;

/// A symmetric key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

/// A way to come by keys.
pub trait KeySource: Send + Sync {
    /// A key to encrypt with, and what tells it again.
    fn fresh(&self) -> Result<(Key, Metas), Diagnostic>;

    /// The key that was told so.
    fn again(&self, metas: &Metas) -> Result<Key, Diagnostic>;
}

/// A `key_provider` block: asked once for each key in a run, since deriving one takes long and a vault is far.
pub struct Keys {
    name: String,
    source: Box<dyn KeySource>,
    fresh: Mutex<Option<(Key, Metas)>>,
    known: Mutex<Vec<(Metas, Key)>>,
}

impl Key {
    /// A key of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// A random one.
    pub fn random(length: usize) -> Self {
        use rand::Rng;
        let mut bytes = vec![0; length];
        rand::rng().fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} bytes)", self.0.len())
    }
}

impl Keys {
    /// The keys of a source; `name` is what its metadata stand under.
    pub fn new(name: String, source: Box<dyn KeySource>) -> Self {
        Self { name, source, fresh: Mutex::default(), known: Mutex::default() }
    }

    /// What the metadata stand under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that this run encrypts with.
    pub fn of_this_run(&self) -> Result<(Key, Metas), Diagnostic> {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = fresh.as_ref() {
            return Ok(made.clone());
        }
        let made = self.source.fresh()?;
        *fresh = Some(made.clone());
        Ok(made)
    }

    /// The key that was told so.
    pub fn again(&self, metas: &Metas) -> Result<Key, Diagnostic> {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((key, _)) = fresh.filter(|(_, own)| own == metas) {
            return Ok(key);
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = known.iter().find(|(told, _)| told == metas) {
            return Ok(key.clone());
        }
        let key = self.source.again(metas)?;
        known.push((metas.clone(), key.clone()));
        Ok(key)
    }
}

/// What a provider's metadata say, in its own shape.
pub(super) fn told<T: serde::de::DeserializeOwned>(name: &str, metas: &Metas) -> Result<T, Diagnostic> {
    let meta = metas.get(name).ok_or_else(|| {
        Diagnostic::error(
            "Encrypted with other keys",
            format!(
                "it was encrypted with {}, and not with {name}",
                metas.keys().map(String::as_str).collect::<Vec<_>>().join(" and ")
            ),
        )
    })?;
    serde_json::from_value(meta.clone()).map_err(|_| {
        Diagnostic::error("Unreadable key metadata", format!("what tells the key of {name} is not in its form"))
    })
}
