//! The certificates of a cluster: its authority, its API server's, and those of the accounts in the kubeconfigs that
//! Azure gives out. All follow from the cluster's own id, which the world file keeps, so they are the same in every run.

use p256::SecretKey;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyUsagePurpose,
    PublicKeyData, SerialNumber, SignatureAlgorithm,
};
use sha2::{Digest, Sha256};

use crate::simulator::body;
use crate::simulator::world::Resource;

/// An account that Azure gives a kubeconfig for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Account {
    /// `listClusterUserCredential`
    User,
    /// `listClusterAdminCredential`
    Admin,
    /// `listClusterMonitoringUserCredential`
    Monitoring,
}

impl Account {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::User, Self::Admin, Self::Monitoring];

    /// As in the names of kubeconfigs and of their users: `clusterAdmin`.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Admin => "Admin",
            Self::Monitoring => "MonitoringUser",
        }
    }

    /// The name and the group that its certificate gives it.
    pub fn subject(self) -> (&'static str, &'static str) {
        match self {
            Self::User | Self::Admin => ("masterclient", "system:masters"),
            Self::Monitoring => ("clusterMonitoringUser", "system:monitoring"),
        }
    }
}

/// A certificate with its key.
pub(in crate::simulator) struct Certified {
    /// The certificate, as it is sent in a handshake.
    pub certificate: Certificate,
    key: SecretKey,
}

impl Certified {
    /// The key in PKCS #8, DER.
    pub fn key_der(&self) -> Result<Vec<u8>, String> {
        self.key.to_pkcs8_der().map(|der| der.as_bytes().to_vec()).map_err(|error| error.to_string())
    }

    /// The key in PKCS #8, PEM.
    pub fn key_pem(&self) -> Result<String, String> {
        self.key.to_pkcs8_pem(LineEnding::LF).map(|pem| pem.to_string()).map_err(|error| error.to_string())
    }
}

/// The authority of one cluster.
pub(in crate::simulator) struct Authority {
    /// What the keys follow from.
    uid: String,
    issuer: Issuer<'static, Pair>,
    /// Its own certificate.
    pub certificate: Certificate,
}

impl Authority {
    /// That of a cluster. An error says why there is none.
    pub fn of(cluster: &Resource) -> Result<Self, String> {
        let uid = body::text(&cluster.body, "/properties/resourceUID").unwrap_or(&cluster.id).to_owned();
        let mut params = params("ca", 1)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let pair = Pair::of(&uid, "authority");
        let certificate = params.self_signed(&pair).map_err(|error| error.to_string())?;
        Ok(Self { uid, issuer: Issuer::new(params, pair), certificate })
    }

    /// The certificate of the API server at this address.
    pub fn server(&self, host: &str) -> Result<Certified, String> {
        let mut params = params("apiserver", 2)?;
        let names = [host, "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
        let names = CertificateParams::new(names.map(str::to_owned).to_vec()).map_err(|error| error.to_string())?;
        params.subject_alt_names = names.subject_alt_names;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params, "apiserver")
    }

    /// The certificate that a kubeconfig signs in with.
    pub fn client(&self, account: Account) -> Result<Certified, String> {
        let (name, group) = account.subject();
        let mut params = params(name, 3)?;
        params.distinguished_name.push(DnType::OrganizationName, group);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params, account.word())
    }

    /// The token that a kubeconfig signs in with.
    pub fn token(&self, account: Account) -> String {
        digest(&format!("{} token {}", self.uid, account.word()))
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    fn sign(&self, mut params: CertificateParams, what: &str) -> Result<Certified, String> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let pair = Pair::of(&self.uid, what);
        let certificate = params.signed_by(&pair, &self.issuer).map_err(|error| error.to_string())?;
        Ok(Certified { certificate, key: pair.secret })
    }
}

/// A key that follows from a name. Its signatures do too (RFC 6979), so certificates are the same whenever they are made.
struct Pair {
    secret: SecretKey,
    public: Vec<u8>,
}

impl Pair {
    fn of(uid: &str, what: &str) -> Self {
        // Nearly every number is a key; should one not be, the next is taken.
        let mut keys = (0u32..).map(|try_number| digest(&format!("{uid} key {what} {try_number}")));
        let secret = keys.find_map(|bytes| SecretKey::from_slice(&bytes).ok());
        let secret = secret.unwrap_or_else(|| SecretKey::random(&mut rsa::rand_core::OsRng));
        let public = secret.public_key().to_encoded_point(false).as_bytes().to_vec();
        Self { secret, public }
    }
}

impl PublicKeyData for Pair {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for Pair {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature: Signature = SigningKey::from(&self.secret).sign(message);
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(format!("simulated cluster {text}")).into()
}

/// What all certificates have: a name, a number, and the years in which they are good.
fn params(name: &str, serial: u64) -> Result<CertificateParams, String> {
    let mut params = CertificateParams::new(Vec::new()).map_err(|error| error.to_string())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from(serial));
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2056, 1, 1);
    Ok(params)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn cluster(uid: &str) -> Resource {
        let body = json!({"properties": {"resourceUID": uid}});
        Resource::new("/c".to_owned(), "Microsoft.ContainerService/managedClusters", body, 0)
    }

    #[test]
    fn the_same_cluster_has_the_same_certificates_and_another_has_others() {
        let [one, again, other] = ["a", "a", "b"].map(|uid| Authority::of(&cluster(uid)).unwrap());
        assert_eq!(one.certificate.pem(), again.certificate.pem());
        assert_ne!(one.certificate.pem(), other.certificate.pem());
        let client = |authority: &Authority| authority.client(Account::Admin).unwrap();
        assert_eq!(client(&one).certificate.pem(), client(&again).certificate.pem());
        assert_eq!(client(&one).key_pem().unwrap(), client(&again).key_pem().unwrap());
        assert_ne!(client(&one).key_pem().unwrap(), one.client(Account::User).unwrap().key_pem().unwrap());
        assert_ne!(one.token(Account::Admin), other.token(Account::Admin));
    }
}
