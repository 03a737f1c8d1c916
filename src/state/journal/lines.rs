//! The lines of a journal as they are written: in clear, or each encrypted by itself after a first line that tells the
//! key, `{"keys":{..}}`, as `{"sealed":"<base64>"}`.

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::entry::{Entry, to_line};
use crate::diagnostic::Diagnostic;
use crate::state::encryption::{AesGcm, Key, Metas};

const KEYS: &[u8] = b"{\"keys\":";
const SEALED: &[u8] = b"{\"sealed\":\"";
const END: &[u8] = b"\"}";

/// Encrypts the lines of one journal.
pub(super) struct LineCipher {
    method: Arc<AesGcm>,
    key: Key,
    metas: Metas,
}

#[derive(Deserialize)]
struct KeysRow {
    keys: Metas,
}

impl LineCipher {
    pub(super) fn new(method: &Arc<AesGcm>) -> Result<Self, Diagnostic> {
        let (key, metas) = method.keys().of_this_run()?;
        Ok(Self { method: method.clone(), key, metas })
    }

    fn header(&self) -> Vec<u8> {
        format!("{}\n", serde_json::json!({ "keys": self.metas })).into_bytes()
    }

    fn seal(&self, line: &[u8]) -> Result<Vec<u8>, Diagnostic> {
        let sealed = BASE64_STANDARD.encode(self.method.seal_with(&self.key, line)?);
        Ok([SEALED, sealed.as_bytes(), END, b"\n"].concat())
    }
}

/// One line with its end.
pub(super) fn line(cipher: Option<&LineCipher>, entry: &Entry) -> Result<Vec<u8>, Diagnostic> {
    let line = to_line(entry);
    cipher.map_or(Ok(line.clone()), |cipher| cipher.seal(&line))
}

/// A journal with these lines.
pub(super) fn written(
    cipher: Option<&LineCipher>,
    entries: impl Iterator<Item = Entry>,
) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = cipher.map(LineCipher::header).unwrap_or_default();
    for entry in entries {
        bytes.extend(line(cipher, &entry)?);
    }
    Ok(bytes)
}

/// What tells one journal from every other: its line on who began it and when, with the key's when that is encrypted.
pub(super) fn beginning(bytes: &[u8]) -> Vec<&[u8]> {
    let lines = if bytes.starts_with(KEYS) { 2 } else { 1 };
    bytes.split(|byte| *byte == b'\n').take(lines).collect()
}

/// A journal's lines in clear. One that cannot be decrypted, being torn or damaged, stays as it is and is judged as
/// every line is.
pub(super) fn opened(bytes: &[u8], methods: &[Arc<AesGcm>], path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let mut clear = Vec::with_capacity(bytes.len());
    let (mut metas, mut any) = (None, false);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(KEYS) {
            let row: KeysRow =
                serde_json::from_slice(line).map_err(|_| locked(path, "what tells the key is damaged"))?;
            openable(methods, &row.keys).map_err(|why| locked(path, &why))?;
            metas = Some(row.keys);
            continue;
        }
        let sealed = line.strip_prefix(SEALED).and_then(|rest| rest.strip_suffix(b"\"}\n"));
        let opened = sealed.zip(metas.as_ref()).and_then(|(text, metas)| {
            let bytes = BASE64_STANDARD.decode(text).ok()?;
            methods.iter().find_map(|method| method.open(metas, &bytes).ok())
        });
        match opened {
            Some(opened) => {
                any = true;
                clear.extend(opened);
            }
            // The first lines are written in one piece: they are never torn.
            None if sealed.is_some() && !any => return Err(locked(path, "it was encrypted with another key")),
            None => clear.extend(line),
        }
    }
    Ok(clear)
}

/// Whether any method gives the key; else why none does.
fn openable(methods: &[Arc<AesGcm>], metas: &Metas) -> Result<(), String> {
    let mut why = "no encryption is configured".to_owned();
    for method in methods {
        match method.keys().again(metas) {
            Ok(_) => return Ok(()),
            Err(problem) => why = problem.detail,
        }
    }
    Err(why)
}

fn locked(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error(
        "Encrypted journal cannot be read",
        format!(
            "{} holds what an interrupted run has done, and it cannot be decrypted: {why}. Configure the encryption that it was \
             written with, as a fallback or in TF_ENCRYPTION. Nothing was changed.",
            path.display()
        ),
    )
}
