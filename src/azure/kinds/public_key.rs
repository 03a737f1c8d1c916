//! The public half of a key in a vault, from the members of its JSON Web Key (RFC 7518, 6.2 and 6.3), in the forms that
//! other programs take.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, RsaPublicKey};
use serde_json::Value as Json;
use ssh_key::public::{EcdsaPublicKey, KeyData};

use super::super::wire::json as at;

/// A public key.
pub(super) enum PublicKey {
    Rsa(RsaPublicKey),
    P256(p256::PublicKey),
    P384(p384::PublicKey),
    P521(p521::PublicKey),
}

impl PublicKey {
    /// Reads a JSON Web Key; `None` for what is none, and for P-256K, of which azurerm does not tell these forms either.
    pub(super) fn of(key: &Json) -> Option<Self> {
        let bytes = |member: &str| BASE64_URL_SAFE_NO_PAD.decode(at::get_str(key, member)?).ok();
        let point = |size: usize| {
            let coordinate = |member: &str| {
                let found = bytes(member)?;
                let missing = size.checked_sub(found.len())?;
                Some([vec![0; missing], found].concat())
            };
            // Uncompressed, as SEC 1 (2.3.3) writes a point.
            Some([vec![4], coordinate("x")?, coordinate("y")?].concat())
        };
        match at::get_str(key, "crv").unwrap_or_default() {
            "" => {
                let number = |member: &str| Some(BigUint::from_bytes_be(&bytes(member)?));
                RsaPublicKey::new(number("n")?, number("e")?).ok().map(Self::Rsa)
            }
            "P-256" => p256::PublicKey::from_sec1_bytes(&point(32)?).ok().map(Self::P256),
            "P-384" => p384::PublicKey::from_sec1_bytes(&point(48)?).ok().map(Self::P384),
            "P-521" => p521::PublicKey::from_sec1_bytes(&point(66)?).ok().map(Self::P521),
            _ => None,
        }
    }

    /// The size of an RSA key, in bits.
    pub(super) fn bits(&self) -> Option<usize> {
        match self {
            Self::Rsa(key) => Some(key.n().bits()),
            _ => None,
        }
    }

    /// `SubjectPublicKeyInfo` (RFC 5280) in PEM.
    pub(super) fn pem(&self) -> Option<String> {
        match self {
            Self::Rsa(key) => key.to_public_key_pem(LineEnding::LF),
            Self::P256(key) => key.to_public_key_pem(LineEnding::LF),
            Self::P384(key) => key.to_public_key_pem(LineEnding::LF),
            Self::P521(key) => key.to_public_key_pem(LineEnding::LF),
        }
        .ok()
    }

    /// A line of `authorized_keys`.
    pub(super) fn openssh(&self) -> Option<String> {
        let data = match self {
            Self::Rsa(key) => KeyData::Rsa(key.clone().try_into().ok()?),
            Self::P256(key) => KeyData::Ecdsa(EcdsaPublicKey::NistP256(key.into())),
            Self::P384(key) => KeyData::Ecdsa(EcdsaPublicKey::NistP384(key.into())),
            Self::P521(key) => KeyData::Ecdsa(EcdsaPublicKey::NistP521(key.into())),
        };
        Some(format!("{}\n", ssh_key::PublicKey::from(data).to_openssh().ok()?.trim_end()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::PublicKey;

    #[test]
    fn a_point_of_a_curve_is_told_in_both_forms() {
        // The key of RFC 7517, appendix A.1.
        let key = PublicKey::of(&json!({
            "kty": "EC",
            "crv": "P-256",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        }))
        .unwrap();
        assert!(key.bits().is_none());
        assert!(key.pem().unwrap().starts_with("-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"));
        assert!(key.openssh().unwrap().starts_with("ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY"));
    }

    #[test]
    fn what_is_no_key_has_no_public_half() {
        for wrong in [
            json!({}),
            json!({ "crv": "P-256", "x": "AA", "y": "AA" }),
            json!({ "crv": "P-256K", "x": "AA", "y": "AA" }),
            json!({ "n": "!", "e": "AQAB" }),
        ] {
            assert!(PublicKey::of(&wrong).is_none(), "{wrong}");
        }
    }
}
