//! Public keys for SSH. The service makes a pair on request, and tells the private half once.

use rand_chacha::ChaCha20Rng;
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::LineEnding;
use rsa::rand_core::SeedableRng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use ssh_key::private::{KeypairData, RsaKeypair};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::body::{self, set};
use crate::simulator::operations::Style;
use crate::simulator::service::{Acted, Draft, Outcome, Scene, Service};
use crate::simulator::world::{Change, Resource};

/// `Microsoft.Compute/sshPublicKeys`
pub(in crate::simulator) struct SshKeys;

/// What the service makes.
const BITS: usize = 3072;

impl Service for SshKeys {
    fn kind(&self) -> &'static str {
        "Microsoft.Compute/sshPublicKeys"
    }

    fn style(&self) -> Style {
        Style::State
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body;
        body::without_nulls(&mut body);
        Ok(Outcome::of(body))
    }

    fn act(&self, scene: Scene<'_>, resource: &Resource, action: &str, _sent: &Value) -> Result<Acted, Refusal> {
        if !action.eq_ignore_ascii_case("generateKeyPair") {
            return Err(Refusal::new(404, "InvalidResourceType", format!("An SSH key has no action '{action}'.")));
        }
        let (private, public) = pair(scene.guid(&resource.key(), "key pair").as_bytes())
            .map_err(|error| Refusal::new(500, "InternalError", error.to_string()))?;
        let mut body = resource.body.clone();
        set(&mut body, "/properties/publicKey", Value::from(public.as_str()));
        let answer = json!({"id": resource.id, "privateKey": private, "publicKey": public});
        Ok((Answer::json(200, answer), vec![Change::Put(Box::new(Resource { body, ..resource.clone() }))]))
    }
}

/// A private key in PEM, always the same for a seed, and its public half as OpenSSH writes it.
fn pair(seed: &[u8]) -> Result<(String, String), Box<dyn std::error::Error>> {
    let key = RsaPrivateKey::new(&mut ChaCha20Rng::from_seed(Sha256::digest(seed).into()), BITS)?;
    let public =
        ssh_key::PublicKey::from(&ssh_key::PrivateKey::new(KeypairData::Rsa(RsaKeypair::try_from(&key)?), "")?);
    Ok((key.to_pkcs1_pem(LineEnding::CRLF)?.to_string(), public.to_openssh()?))
}
