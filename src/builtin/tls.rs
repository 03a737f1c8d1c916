//! `tls_private_key`, made once and kept in the state, and the data source `tls_public_key`.

use async_trait::async_trait;
use md5::Md5;
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use rsa::rand_core::SeedableRng;
use sha1::Sha1;
use sha2::Digest;
use ssh_key::HashAlg;

use crate::diagnostic::Diagnostic;
use crate::provider::{Attribute, Finding, Kind, Schema, Watch};
use crate::value::{Path, Type, Value};

use super::block;
use super::chance::Chance;
use super::key_pair::{CURVES, KeyPair};
use super::local::{Local, LocalData, with};
use super::random::{integer, text};

/// The algorithms, by the names that configurations use.
const ALGORITHMS: [&str; 3] = ["RSA", "ECDSA", "ED25519"];

const DEFAULT_BITS: i64 = 2048;
const DEFAULT_CURVE: &str = "P224";

/// Longer keys take minutes to make, and nothing asks for them.
const BITS: std::ops::RangeInclusive<i64> = 1024..=16384;

/// `tls_private_key`
pub(super) struct TlsPrivateKey {
    schema: Schema,
}

/// `data "tls_public_key"`
pub(super) struct TlsPublicKey {
    schema: Schema,
}

/// What is public of a key, in either kind.
const PUBLIC: [&str; 5] =
    ["id", "public_key_fingerprint_md5", "public_key_fingerprint_sha256", "public_key_openssh", "public_key_pem"];

const PRIVATE: [&str; 3] = ["private_key_openssh", "private_key_pem", "private_key_pem_pkcs8"];

fn public() -> impl Iterator<Item = (&'static str, Attribute)> {
    PUBLIC.into_iter().map(|name| (name, Attribute::computed(Type::String)))
}

fn sensitive(attribute: Attribute) -> Attribute {
    Attribute { sensitive: true, ..attribute }
}

impl TlsPrivateKey {
    pub(super) fn new() -> Self {
        let arguments = [
            ("algorithm", Attribute::required(Type::String)),
            ("ecdsa_curve", Attribute::optional_computed(Type::String)),
            ("rsa_bits", Attribute::optional_computed(Type::Number)),
        ];
        let private = PRIVATE.map(|name| (name, sensitive(Attribute::computed(Type::String))));
        Self { schema: Schema { version: 1, block: block(arguments.into_iter().chain(private).chain(public())) } }
    }
}

impl TlsPublicKey {
    pub(super) fn new() -> Self {
        let arguments = [
            ("algorithm", Attribute::computed(Type::String)),
            ("private_key_openssh", sensitive(Attribute::optional(Type::String))),
            ("private_key_pem", sensitive(Attribute::optional(Type::String))),
        ];
        Self { schema: Schema { version: 1, block: block(arguments.into_iter().chain(public())) } }
    }
}

fn finding(name: &str, summary: &str, detail: String) -> Finding {
    Finding { path: Path::attribute(name), diagnostic: Diagnostic::error(summary, detail) }
}

/// A fault unless the argument is one of some words.
fn one_of(config: &Value, name: &str, words: &[&str]) -> Option<Finding> {
    let given = text(config, name).filter(|given| !words.contains(given))?;
    let detail = format!("Attribute {name} value must be one of: {words:?}, got: {given:?}");
    Some(finding(name, "Invalid Attribute Value Match", detail))
}

impl Kind for TlsPrivateKey {
    fn name(&self) -> &'static str {
        "tls_private_key"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(one_of(config, "algorithm", &ALGORITHMS));
        findings.extend(one_of(config, "ecdsa_curve", &CURVES));
        if let Some(bits) = integer(config, "rsa_bits").filter(|bits| !BITS.contains(bits)) {
            let detail = format!("rsa_bits must be between {} and {}, got: {bits}", BITS.start(), BITS.end());
            findings.push(finding("rsa_bits", "Invalid Attribute Value", detail));
        }
        findings
    }
}

#[async_trait]
impl Local for TlsPrivateKey {
    fn defaults(&self) -> Vec<(&'static str, Value)> {
        vec![("ecdsa_curve", Value::string(DEFAULT_CURVE)), ("rsa_bits", Value::number(DEFAULT_BITS))]
    }

    fn replaces(&self) -> &'static [&'static str] {
        &["algorithm", "ecdsa_curve", "rsa_bits"]
    }

    async fn create(&self, planned: &Value, chance: &Chance, _: &dyn Watch) -> Result<Value, Diagnostic> {
        let algorithm = text(planned, "algorithm").unwrap_or_default();
        let curve = text(planned, "ecdsa_curve").unwrap_or(DEFAULT_CURVE);
        let bits = integer(planned, "rsa_bits").unwrap_or(DEFAULT_BITS);
        // The crates of the algorithms know an older `rand`.
        let mut dice = ChaCha20Rng::from_seed(chance.dice(self.name(), planned).random());
        let bits = usize::try_from(bits).unwrap_or_default();
        let unmade = |why: &str| Diagnostic::error("Unable to generate Key from configuration", why.to_owned());
        let made = KeyPair::generate(algorithm, bits, curve, &mut dice)
            .ok_or_else(|| unmade(&format!("There is no algorithm {algorithm:?} with a curve {curve:?}.")))?;
        let known = made.and_then(|pair| {
            let mut known = public_half(&pair)?;
            known.extend(private_half(&pair)?);
            Ok(known)
        });
        Ok(with(planned, known.map_err(|fault| unmade(&fault.to_string()))?))
    }
}

impl Kind for TlsPublicKey {
    fn name(&self) -> &'static str {
        "tls_public_key"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let names = ["private_key_pem", "private_key_openssh"];
        let given = names.iter().filter(|name| config.field(name).is_some_and(|value| !value.is_null())).count();
        if given == 1 {
            return Vec::new();
        }
        let detail = format!("Exactly one of these attributes must be configured: [{}]", names.join(","));
        vec![finding(names[0], "Invalid Attribute Combination", detail)]
    }
}

#[async_trait]
impl LocalData for TlsPublicKey {
    async fn read(&self, config: &Value, _around: &crate::provider::Surroundings) -> Result<Value, Diagnostic> {
        // What is wrong with a key is told without a word of the key.
        let unread = |form: &str, why: &str| {
            Diagnostic::error(
                "Failed to parse private key",
                format!("The value given is no private key in {form}{why}."),
            )
        };
        let pair = match text(config, "private_key_openssh") {
            Some(key) => KeyPair::from_openssh(key).map_err(|why| unread("OpenSSH's format", &format!(": {why}")))?,
            None => KeyPair::from_pem(text(config, "private_key_pem").unwrap_or_default())
                .ok_or_else(|| unread("PEM (RSA, ECDSA or ED25519)", ""))?,
        };
        let known = public_half(&pair).map_err(|why| unread("a form that can be written", &format!(": {why}")))?;
        Ok(with(config, known.into_iter().chain([("algorithm", Value::string(pair.algorithm()))])))
    }
}

/// Attributes as they turned out.
type Known = Vec<(&'static str, Value)>;

type Fault = Box<dyn std::error::Error>;

fn private_half(pair: &KeyPair) -> Result<Known, Fault> {
    let openssh = pair.openssh()?.map(|key| key.private.to_string()).unwrap_or_default();
    Ok(vec![
        ("private_key_pem", Value::string(pair.private_pem()?.to_string())),
        ("private_key_pem_pkcs8", Value::string(pair.private_pkcs8()?.to_string())),
        ("private_key_openssh", Value::string(openssh)),
    ])
}

/// The public half; what only OpenSSH has is empty where it does not know the curve.
fn public_half(pair: &KeyPair) -> Result<Known, Fault> {
    let (mut line, mut md5, mut sha256) = Default::default();
    if let Some(key) = pair.openssh()? {
        line = format!("{}\n", key.public.to_openssh()?.trim_end());
        let bytes: Vec<_> = Md5::digest(key.public.to_bytes()?).iter().map(|byte| format!("{byte:02x}")).collect();
        md5 = bytes.join(":");
        sha256 = key.public.fingerprint(HashAlg::Sha256).to_string();
    }
    let id: String = Sha1::digest(pair.public_der()?).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(vec![
        ("id", Value::string(id)),
        ("public_key_pem", Value::string(pair.public_pem()?)),
        ("public_key_openssh", Value::string(line)),
        ("public_key_fingerprint_md5", Value::string(md5)),
        ("public_key_fingerprint_sha256", Value::string(sha256)),
    ])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn pair(algorithm: &str, curve: &str) -> KeyPair {
        KeyPair::generate(algorithm, 1024, curve, &mut ChaCha20Rng::from_seed([7; 32])).unwrap().unwrap()
    }

    #[test]
    fn every_private_form_is_read_back_as_the_same_key() {
        for (algorithm, curve) in
            [("RSA", ""), ("ED25519", ""), ("ECDSA", "P224"), ("ECDSA", "P256"), ("ECDSA", "P384"), ("ECDSA", "P521")]
        {
            let pair = pair(algorithm, curve);
            let public = pair.public_der().unwrap();
            for pem in [pair.private_pem().unwrap(), pair.private_pkcs8().unwrap()] {
                let read = KeyPair::from_pem(&pem).unwrap_or_else(|| panic!("{algorithm} {curve}"));
                assert_eq!((read.algorithm(), read.public_der().unwrap()), (algorithm, public.clone()), "{curve}");
            }
            match pair.openssh().unwrap() {
                Some(openssh) => {
                    let read = KeyPair::from_openssh(&openssh.private).unwrap();
                    assert_eq!(read.public_der().unwrap(), public, "{algorithm} {curve}");
                }
                None => assert_eq!(curve, "P224"),
            }
        }
    }

    #[test]
    fn a_published_key_has_the_fingerprints_that_its_tools_print() {
        // RFC 8410, section 10.3: the first private key, and its public key in 10.1.
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let pair = KeyPair::from_pem(pem).unwrap();
        assert_eq!(*pair.private_pem().unwrap(), pem);
        let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
        assert_eq!(pair.public_pem().unwrap(), public);
        let known = public_half(&pair).unwrap();
        let of = |name: &str| known.iter().find(|(n, _)| *n == name).and_then(|(_, v)| v.as_str()).unwrap();
        assert_eq!(
            of("public_key_openssh"),
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBm/RAlphM3+hUG6wWfcO5bIUIaqMLa2ywxcOK1wMWbh\n"
        );
        assert_eq!(of("public_key_fingerprint_md5").len(), 47);
    }
}
