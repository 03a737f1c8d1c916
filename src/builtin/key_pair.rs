//! A private key and the forms in which it and its public half are written: PEM, PKCS #8, OpenSSH.

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::KeypairBytes;
use rsa::RsaPrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::pkcs8::der::zeroize::Zeroizing;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::CryptoRngCore;
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData, RsaKeypair};
use ssh_key::{PrivateKey, PublicKey};

/// The curves that a key can be on, by the names that configurations use.
pub(super) const CURVES: [&str; 4] = ["P224", "P256", "P384", "P521"];

/// A private key, with its public half.
pub(super) enum KeyPair {
    /// RSA of some number of bits.
    Rsa(Box<RsaPrivateKey>),
    /// ECDSA on NIST's curves.
    P224(p224::SecretKey),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
    /// Ed25519.
    Ed25519(SigningKey),
}

/// Text that is wiped when it is dropped.
type Secret = Zeroizing<String>;

/// Why a key cannot be made, read or written.
type Fault = Box<dyn std::error::Error>;

impl KeyPair {
    /// A new key; `None` when there is no such algorithm or curve.
    pub fn generate(
        algorithm: &str,
        bits: usize,
        curve: &str,
        chance: &mut impl CryptoRngCore,
    ) -> Option<Result<Self, Fault>> {
        Some(Ok(match (algorithm, curve) {
            ("RSA", _) => {
                return Some(RsaPrivateKey::new(chance, bits).map(|key| Self::Rsa(Box::new(key))).map_err(Into::into));
            }
            ("ED25519", _) => Self::Ed25519(SigningKey::generate(chance)),
            ("ECDSA", "P224") => Self::P224(p224::SecretKey::random(chance)),
            ("ECDSA", "P256") => Self::P256(p256::SecretKey::random(chance)),
            ("ECDSA", "P384") => Self::P384(p384::SecretKey::random(chance)),
            ("ECDSA", "P521") => Self::P521(p521::SecretKey::random(chance)),
            _ => return None,
        }))
    }

    /// Reads any of the PEM forms of a private key; `None` when it is none.
    pub fn from_pem(text: &str) -> Option<Self> {
        if let Ok(key) = RsaPrivateKey::from_pkcs1_pem(text).or_else(|_| RsaPrivateKey::from_pkcs8_pem(text)) {
            return Some(Self::Rsa(Box::new(key)));
        }
        if let Ok(key) = SigningKey::from_pkcs8_pem(text) {
            return Some(Self::Ed25519(key));
        }
        macro_rules! curve {
            ($variant:ident, $name:ident) => {
                if let Ok(key) = $name::SecretKey::from_sec1_pem(text)
                    .or_else(|_| $name::SecretKey::from_pkcs8_pem(text).map_err(|_| ()))
                {
                    return Some(Self::$variant(key));
                }
            };
        }
        curve!(P224, p224);
        curve!(P256, p256);
        curve!(P384, p384);
        curve!(P521, p521);
        None
    }

    /// Reads OpenSSH's form of a private key that no passphrase protects.
    pub fn from_openssh(text: &str) -> Result<Self, Fault> {
        let key = PrivateKey::from_openssh(text)?;
        Ok(match key.key_data() {
            KeypairData::Rsa(pair) => Self::Rsa(Box::new(rsa_of(pair)?)),
            KeypairData::Ed25519(pair) => Self::Ed25519(SigningKey::try_from(pair)?),
            KeypairData::Ecdsa(EcdsaKeypair::NistP256 { private, .. }) => {
                Self::P256(p256::SecretKey::from_slice(private.as_slice())?)
            }
            KeypairData::Ecdsa(EcdsaKeypair::NistP384 { private, .. }) => {
                Self::P384(p384::SecretKey::from_slice(private.as_slice())?)
            }
            KeypairData::Ecdsa(EcdsaKeypair::NistP521 { private, .. }) => {
                Self::P521(p521::SecretKey::from_slice(private.as_slice())?)
            }
            _ => {
                return Err(
                    "it is protected by a passphrase, or of an algorithm other than RSA, ECDSA and ED25519".into()
                );
            }
        })
    }

    /// The algorithm, by the name that configurations use.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RSA",
            Self::Ed25519(_) => "ED25519",
            _ => "ECDSA",
        }
    }

    /// The form that is usual for the algorithm: PKCS #1 (RFC 8017), SEC 1 (RFC 5915), or PKCS #8.
    pub fn private_pem(&self) -> Result<Secret, Fault> {
        Ok(match self {
            Self::Rsa(key) => key.to_pkcs1_pem(LineEnding::LF)?,
            Self::P224(key) => key.to_sec1_pem(LineEnding::LF)?,
            Self::P256(key) => key.to_sec1_pem(LineEnding::LF)?,
            Self::P384(key) => key.to_sec1_pem(LineEnding::LF)?,
            Self::P521(key) => key.to_sec1_pem(LineEnding::LF)?,
            Self::Ed25519(_) => self.private_pkcs8()?,
        })
    }

    /// PKCS #8 (RFC 5958), without the public half, as Go's library writes it.
    pub fn private_pkcs8(&self) -> Result<Secret, Fault> {
        Ok(match self {
            Self::Rsa(key) => key.to_pkcs8_pem(LineEnding::LF)?,
            Self::P224(key) => key.to_pkcs8_pem(LineEnding::LF)?,
            Self::P256(key) => key.to_pkcs8_pem(LineEnding::LF)?,
            Self::P384(key) => key.to_pkcs8_pem(LineEnding::LF)?,
            Self::P521(key) => key.to_pkcs8_pem(LineEnding::LF)?,
            Self::Ed25519(key) => {
                KeypairBytes { secret_key: key.to_bytes(), public_key: None }.to_pkcs8_pem(LineEnding::LF)?
            }
        })
    }

    /// `SubjectPublicKeyInfo` (RFC 5280) in DER.
    pub fn public_der(&self) -> Result<Vec<u8>, Fault> {
        let document = match self {
            Self::Rsa(key) => key.to_public_key().to_public_key_der()?,
            Self::P224(key) => key.public_key().to_public_key_der()?,
            Self::P256(key) => key.public_key().to_public_key_der()?,
            Self::P384(key) => key.public_key().to_public_key_der()?,
            Self::P521(key) => key.public_key().to_public_key_der()?,
            Self::Ed25519(key) => key.verifying_key().to_public_key_der()?,
        };
        Ok(document.into_vec())
    }

    /// The same in PEM.
    pub fn public_pem(&self) -> Result<String, Fault> {
        Ok(match self {
            Self::Rsa(key) => key.to_public_key().to_public_key_pem(LineEnding::LF)?,
            Self::P224(key) => key.public_key().to_public_key_pem(LineEnding::LF)?,
            Self::P256(key) => key.public_key().to_public_key_pem(LineEnding::LF)?,
            Self::P384(key) => key.public_key().to_public_key_pem(LineEnding::LF)?,
            Self::P521(key) => key.public_key().to_public_key_pem(LineEnding::LF)?,
            Self::Ed25519(key) => key.verifying_key().to_public_key_pem(LineEnding::LF)?,
        })
    }

    /// For OpenSSH, which knows no curve P-224.
    pub fn openssh(&self) -> Result<Option<OpenSsh>, Fault> {
        let pair = match self {
            Self::P224(_) => return Ok(None),
            Self::Rsa(key) => KeypairData::Rsa(RsaKeypair::try_from(&**key)?),
            Self::Ed25519(key) => KeypairData::Ed25519(Ed25519Keypair::from(key)),
            Self::P256(key) => KeypairData::Ecdsa(EcdsaKeypair::NistP256 {
                public: key.public_key().into(),
                private: key.clone().into(),
            }),
            Self::P384(key) => KeypairData::Ecdsa(EcdsaKeypair::NistP384 {
                public: key.public_key().into(),
                private: key.clone().into(),
            }),
            Self::P521(key) => KeypairData::Ecdsa(EcdsaKeypair::NistP521 {
                public: key.public_key().into(),
                private: key.clone().into(),
            }),
        };
        let key = PrivateKey::new(pair, "")?;
        Ok(Some(OpenSsh { private: key.to_openssh(LineEnding::LF)?, public: key.public_key().clone() }))
    }
}

/// A key as OpenSSH has it.
pub(super) struct OpenSsh {
    /// The file that `ssh-keygen` would write.
    pub private: Secret,
    /// The public half.
    pub public: PublicKey,
}

/// The crate's own conversion takes one prime twice (ssh-key 0.6.7), which no key survives.
fn rsa_of(pair: &RsaKeypair) -> Result<RsaPrivateKey, Fault> {
    let number = |number: &ssh_key::Mpint| rsa::BigUint::try_from(number);
    let primes = vec![number(&pair.private.p)?, number(&pair.private.q)?];
    Ok(RsaPrivateKey::from_components(
        number(&pair.public.n)?,
        number(&pair.public.e)?,
        number(&pair.private.d)?,
        primes,
    )?)
}
