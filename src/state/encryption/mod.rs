//! Encryption of what is written: states, saved plans, journals. Formats and settings are OpenTofu's
//! (opentofu.org/docs/language/state/encryption), so that either tool reads what the other wrote.
//!
//! A state is encrypted whole when its target names a method. When keys are configured and no method is named, only
//! what is sensitive is encrypted, value by value ([`Sealer`]), so that a diff of two states stays readable.

mod cipher;
mod envelope;
mod external;
mod keys;
mod passphrase;
mod sealed;
#[cfg(test)]
mod tests;
mod vault;

use std::borrow::Cow;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::provider::Registry;

use super::{State, format};

pub use cipher::AesGcm;
pub use envelope::{Envelope, Head};
pub use external::External;
pub use keys::{Key, KeySource, Keys, Metas};
pub use passphrase::{Hash, Passphrase, Pbkdf2};
pub use sealed::Sealer;
pub use vault::{VaultKey, VaultSettings};

/// How one thing is encrypted.
#[derive(Clone)]
pub enum Method {
    /// Not at all: for the way there and back.
    Unencrypted,
    /// AES-GCM.
    AesGcm(Arc<AesGcm>),
}

/// What is encrypted how: the first method encrypts, all of them are tried to decrypt.
#[derive(Clone, Default)]
pub struct Target {
    /// The method and its fallbacks; none leaves everything as it is.
    pub methods: Vec<Method>,
}

/// Everything that an `encryption` block settles.
#[derive(Clone, Default)]
pub struct Encryption {
    /// States, those of backends too.
    pub state: Target,
    /// Saved plans.
    pub plan: Target,
    /// What encrypts single values and journals: the first seals, all of them open.
    pub sealers: Vec<Arc<AesGcm>>,
    /// Which attributes are sensitive.
    pub registry: Option<Arc<Registry>>,
}

/// Bytes that were decrypted, or were never encrypted.
pub struct Decrypted<'a> {
    /// The bytes in clear.
    pub bytes: Cow<'a, [u8]>,
    /// Encrypted as the target asks for now; otherwise they are to be written anew.
    pub is_current: bool,
}

impl Target {
    /// The bytes in clear. `name` is what to call them in a diagnostic.
    pub fn decrypt<'a>(&self, bytes: &'a [u8], name: &str) -> Result<Decrypted<'a>, Diagnostic> {
        let Some(envelope) = Envelope::parse(bytes) else {
            let plain = self.methods.iter().position(|method| matches!(method, Method::Unencrypted));
            return match plain {
                Some(index) => Ok(Decrypted { bytes: bytes.into(), is_current: index == 0 }),
                None if self.methods.is_empty() => Ok(Decrypted { bytes: bytes.into(), is_current: true }),
                None => Err(not_encrypted(name)),
            };
        };
        envelope.check_version(name)?;
        let mut failures = Vec::new();
        for (index, method) in self.methods.iter().enumerate() {
            let Method::AesGcm(method) = method else { continue };
            match envelope.open(method) {
                Ok(bytes) => return Ok(Decrypted { bytes: bytes.into(), is_current: index == 0 }),
                Err(failure) => failures.push(failure),
            }
        }
        Err(undecryptable(name, &failures))
    }

    /// The bytes as they are to be written. `head` is what an encrypted state still says in clear.
    pub fn encrypt(&self, bytes: Vec<u8>, head: Option<Head>) -> Result<Vec<u8>, Diagnostic> {
        match self.methods.first() {
            None | Some(Method::Unencrypted) => Ok(bytes),
            Some(Method::AesGcm(method)) => Envelope::seal(&bytes, method, head),
        }
    }
}

impl Encryption {
    /// Reads a state, whatever it is encrypted with; also tells whether it is written as it would be now.
    pub fn read_state(&self, bytes: &[u8], name: &str) -> Result<(State, bool), Diagnostic> {
        let (mut state, is_current) = if Envelope::is_one(bytes) {
            let decrypted = self.of_states().decrypt(bytes, name)?;
            (format::read(&decrypted.bytes, name)?, decrypted.is_current)
        } else {
            let state = format::read(bytes, name)?;
            if state.is_empty() {
                // Nothing is in it that anybody could read: an empty file, or what a backend begins with.
                return Ok((state, true));
            }
            (state, self.of_states().decrypt(bytes, name)?.is_current)
        };
        let had_sealed = sealed::open(&mut state, &self.sealers, name)?;
        let is_current = match self.sealer() {
            Some(_) => state.is_empty() || self.write_state(&state, bytes)? == bytes,
            None => is_current && !had_sealed,
        };
        Ok((state, is_current))
    }

    /// Reads a state that somebody gives: it may be in clear, whatever is configured.
    pub fn read_given(&self, bytes: &[u8], name: &str) -> Result<State, Diagnostic> {
        if Envelope::is_one(bytes) {
            return Ok(self.read_state(bytes, name)?.0);
        }
        let mut state = format::read(bytes, name)?;
        sealed::open(&mut state, &self.sealers, name)?;
        Ok(state)
    }

    /// What may decrypt a state: where none is to be encrypted whole, one that was is read all the same.
    fn of_states(&self) -> Cow<'_, Target> {
        if !self.state.methods.is_empty() || self.sealers.is_empty() {
            return Cow::Borrowed(&self.state);
        }
        let methods = self.sealers.iter().cloned().map(Method::AesGcm);
        Cow::Owned(Target { methods: methods.chain([Method::Unencrypted]).collect() })
    }

    /// The bytes of a state as they are to be written; `before` are those that it replaces.
    pub fn write_state(&self, state: &State, before: &[u8]) -> Result<Vec<u8>, Diagnostic> {
        if let (Some(method), Some(registry)) = (self.sealer(), &self.registry) {
            let sealer = Sealer::new(method, before)?;
            return Ok(format::write(&sealer.seal(state, registry)?));
        }
        let head = Head { serial: state.serial, lineage: state.lineage.clone() };
        self.state.encrypt(format::write(state), Some(head))
    }

    /// What seals single values, when that is what is to be done.
    fn sealer(&self) -> Option<&Arc<AesGcm>> {
        if self.state.methods.is_empty() { self.sealers.first() } else { None }
    }

    /// What journals are encrypted with.
    pub fn of_journals(&self) -> Option<&Arc<AesGcm>> {
        match self.state.methods.first() {
            Some(Method::AesGcm(method)) => Some(method),
            Some(Method::Unencrypted) => None,
            None => self.sealers.first(),
        }
    }
}

fn not_encrypted(name: &str) -> Diagnostic {
    Diagnostic::error(
        "Unencrypted data where encryption is configured",
        format!(
            "{name} is not encrypted, and the encryption block names no way to read it so. To encrypt it from here on, add the \
             method \"unencrypted\" as a fallback for one run:\n\n  method \"unencrypted\" \"before\" {{}}\n\n  state {{\n    \
             method = ...\n    fallback {{\n      method = method.unencrypted.before\n    }}\n  }}"
        ),
    )
}

fn undecryptable(name: &str, failures: &[String]) -> Diagnostic {
    let why = if failures.is_empty() {
        "No encryption is configured. Add the encryption block that it was written with to the configuration, or set \
         TF_ENCRYPTION to its contents."
            .to_owned()
    } else {
        format!(
            "None of the configured methods could decrypt it:\n{}\n\nAfter a change of key or passphrase, name the earlier \
             method as a fallback until everything was written once.",
            failures.iter().map(|failure| format!("  - {failure}")).collect::<Vec<_>>().join("\n")
        )
    };
    Diagnostic::error("Encrypted data cannot be read", format!("{name} is encrypted. {why} Nothing was changed."))
}
