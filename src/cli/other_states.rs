//! The states of other stacks, for `terraform_remote_state`.

use std::fmt;
use std::sync::Arc;

use super::backend::{Chosen, Environment};
use super::invocation::Invocation;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::provider::{RemoteStates, StatePlace};
use crate::state::encryption::Encryption;
use crate::state::format;

/// How they are reached and decrypted.
pub struct OtherStates {
    environment: Environment,
    encryption: Option<Encryption>,
}

impl OtherStates {
    /// As the environment and the encryption block say.
    pub fn of(invocation: &Invocation) -> Result<Arc<dyn RemoteStates>, Diagnostics> {
        let encryption = invocation.encryption()?.remote.clone();
        Ok(Arc::new(Self { environment: invocation.environment.clone(), encryption }))
    }
}

impl fmt::Debug for OtherStates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtherStates")
    }
}

impl RemoteStates for OtherStates {
    fn fetch(&self, place: &StatePlace) -> Result<Option<Vec<u8>>, Diagnostic> {
        let chosen = Chosen { kind: place.backend.clone(), settings: place.settings.clone() };
        chosen.kept(&place.workspace, &self.environment).map_err(|problems| {
            let error = problems.into_iter().find(|problem| problem.severity == Severity::Error);
            error.unwrap_or_else(|| Diagnostic::error("Unable to read remote state", "The backend gave no answer."))
        })
    }

    fn decrypt(&self, bytes: Vec<u8>, name: &str) -> Result<Vec<u8>, Diagnostic> {
        match &self.encryption {
            Some(encryption) => Ok(format::write(&encryption.read_state(&bytes, name)?.0)),
            None if bytes.windows(ENCRYPTED.len()).any(|window| window == ENCRYPTED) => Err(encrypted(name)),
            None => Ok(bytes),
        }
    }
}

/// What an encrypted state has and no other.
const ENCRYPTED: &[u8] = b"\"encrypted_data\"";

fn encrypted(name: &str) -> Diagnostic {
    let detail = format!(
        "{name} is encrypted. Name the method that it was written with in the block remote_state_data_sources of the \
         encryption block."
    );
    Diagnostic::error("Unable to read remote state", detail)
}
