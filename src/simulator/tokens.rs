//! Tokens: JSON Web Tokens of the directory and of clusters' issuers, signed with a key that follows from the seed, so
//! that only those made here are believed to be of an issuer that is simulated here.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// The wall clock in seconds since 1970: tokens are for their clients' clocks, whatever the time in here.
pub(super) fn wall_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A signed token with these claims.
pub(super) fn sign(claims: &Value, seed: u64) -> String {
    let header = URL_SAFE_NO_PAD.encode(json!({"alg": "HS256", "kid": "simulator", "typ": "JWT"}).to_string());
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = mac(&signed, seed).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
    format!("{signed}.{}", signature.unwrap_or_default())
}

/// The claims of a token, signed or not; `None` for what is no token.
pub(super) fn claims(token: &str) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&bytes).ok().filter(Value::is_object)
}

/// Whether a token was signed here.
pub(super) fn is_ours(token: &str, seed: u64) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else { return false };
    let (Ok(signature), Some(mac)) = (URL_SAFE_NO_PAD.decode(signature), mac(signed, seed)) else { return false };
    mac.verify_slice(&signature).is_ok()
}

fn mac(signed: &str, seed: u64) -> Option<Hmac<Sha256>> {
    let key = [b"simulated issuer ".as_slice(), &seed.to_be_bytes()].concat();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(signed.as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_what_was_signed_here_is_ours() {
        let token = sign(&json!({"sub": "a"}), 1);
        assert_eq!(claims(&token).unwrap()["sub"], "a");
        assert!(is_ours(&token, 1));
        assert!(!is_ours(&token, 2));
        let (signed, _) = token.rsplit_once('.').unwrap();
        assert!(!is_ours(&format!("{signed}."), 1));
        let forged =
            token.replace(&URL_SAFE_NO_PAD.encode("{\"sub\":\"a\"}"), &URL_SAFE_NO_PAD.encode("{\"sub\":\"b\"}"));
        assert_ne!(forged, token);
        assert!(!is_ours(&forged, 1));
        assert_eq!(claims("x"), None);
    }
}
