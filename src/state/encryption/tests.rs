//! The formats, held against another program's.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use azure_core::credentials::Secret;

use super::*;
use crate::state::{OutputValue, State};

/// Made by node's own PBKDF2 and AES-GCM.
const OPENTOFU: &[u8] = include_bytes!("../../../state/golden/opentofu-encrypted.json");

fn method(passphrase: &str, hash: Hash) -> Arc<AesGcm> {
    let name = "key_provider.pbkdf2.main".to_owned();
    let source = Pbkdf2 {
        name: name.clone(),
        passphrase: Passphrase::Text(Secret::new(passphrase.to_owned())),
        key_length: 32,
        iterations: 1_000,
        hash,
        salt_length: 32,
    };
    Arc::new(AesGcm::new(Arc::new(Keys::new(name, Box::new(source))), Vec::new()))
}

fn whole(methods: Vec<Method>) -> Encryption {
    Encryption { state: Target { methods }, ..Encryption::default() }
}

fn state() -> State {
    let mut state = State { serial: 3, ..State::begun() };
    let output = OutputValue { value: "hush".into(), ty: "string".into(), sensitive: true };
    state.outputs.insert("secret".into(), output);
    state
}

#[test]
fn a_file_in_opentofus_format_is_read() {
    let right = whole(vec![Method::AesGcm(method("correct-horse-battery-staple", Hash::Sha512))]);
    let (state, is_current) = right.read_state(OPENTOFU, "x").unwrap();
    assert!(is_current);
    assert_eq!((state.serial, state.outputs["greeting"].value.as_str()), (3, Some("hello")));
    let wrong = whole(vec![Method::AesGcm(method("another-horse-battery-staple", Hash::Sha512))]);
    let refusal = wrong.read_state(OPENTOFU, "x").unwrap_err();
    assert!(refusal.detail.contains("another key"), "{}", refusal.detail);
    assert!(
        Encryption::default().read_state(OPENTOFU, "x").unwrap_err().detail.contains("No encryption is configured")
    );
}

#[test]
fn what_is_written_says_serial_and_lineage_and_nothing_else() {
    let encryption = whole(vec![Method::AesGcm(method("correct-horse-battery-staple", Hash::Sha256))]);
    let state = state();
    let bytes = encryption.write_state(&state, &[]).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(json["lineage"].as_str(), Some(state.lineage.as_str()));
    assert!(!String::from_utf8(bytes.clone()).unwrap().contains("secret"));
    let again = encryption.read_state(&bytes, "x").unwrap().0;
    assert_eq!(format::write(&again), format::write(&state));
    let mut damaged = bytes;
    let at = damaged.windows(16).position(|w| w == b"\"encrypted_data\"").unwrap() + 40;
    damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
    assert!(encryption.read_state(&damaged, "x").is_err());
}

#[test]
fn a_change_of_keys_goes_by_a_fallback() {
    let (old, new) =
        (method("the-first-of-two-phrases", Hash::Sha512), method("the-second-of-two-phrases", Hash::Sha512));
    let before = whole(vec![Method::AesGcm(old.clone())]).write_state(&state(), &[]).unwrap();
    let both = whole(vec![Method::AesGcm(new.clone()), Method::AesGcm(old)]);
    let (read, is_current) = both.read_state(&before, "x").unwrap();
    assert!(!is_current, "it is to be written anew");
    let after = both.write_state(&read, &before).unwrap();
    assert!(whole(vec![Method::AesGcm(new.clone())]).read_state(&after, "x").unwrap().1);
    // In clear only where that is said.
    let clear = format::write(&state());
    assert!(whole(vec![Method::AesGcm(new.clone())]).read_state(&clear, "x").is_err());
    assert!(!whole(vec![Method::AesGcm(new), Method::Unencrypted]).read_state(&clear, "x").unwrap().1);
}

#[test]
fn sealed_values_stay_as_they_are_until_they_change() {
    let sealing = |passphrase: &str| Encryption {
        sealers: vec![method(passphrase, Hash::Sha512)],
        registry: Some(Arc::new(Registry::new(Vec::new()))),
        ..Encryption::default()
    };
    let mut state = state();
    let open = OutputValue { value: "open".into(), ty: "string".into(), sensitive: false };
    state.outputs.insert("open".into(), open);
    state.outputs.insert("twin".into(), state.outputs["secret"].clone());
    let first = sealing("correct-horse-battery-staple").write_state(&state, &[]).unwrap();
    let text = String::from_utf8(first.clone()).unwrap();
    assert!(text.contains("\"open\"") && !text.contains("hush"), "{text}");
    let sealed: Vec<&str> = text.lines().filter(|line| line.contains("sealed:v1:")).collect();
    assert!(sealed.len() == 2 && sealed[0] != sealed[1], "{text}");
    // Another run, which derives another key for itself, goes on with the one that is there.
    let later = sealing("correct-horse-battery-staple");
    let (read, is_current) = later.read_state(&first, "x").unwrap();
    assert!(is_current);
    assert_eq!(read.outputs["secret"].value, "hush");
    assert_eq!(later.write_state(&read, &first).unwrap(), first);
    assert!(sealing("another-horse-battery-staple").read_state(&first, "x").is_err());
}
