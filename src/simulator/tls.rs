//! TLS for clients that insist on it: a certificate authority of this run, and a certificate of it for the names under
//! which the simulator may be asked. Neither is kept, so neither can be misused later.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Whom the certificate is for: this machine, and those whose names a test may send here.
const NAMES: [&str; 7] = [
    "localhost",
    "127.0.0.1",
    "::1",
    "management.azure.com",
    "login.microsoftonline.com",
    "*.vault.azure.net",
    "*.blob.core.windows.net",
];

/// What is shown to clients, and what they have to trust for it.
pub(super) struct Certified {
    /// Takes connections.
    pub acceptor: TlsAcceptor,
    /// The authority's certificate, in PEM.
    pub authority: String,
}

/// Makes both. An error says why it cannot be done.
pub(super) fn certified() -> Result<Certified, String> {
    let failed = |error: rcgen::Error| error.to_string();
    let key = KeyPair::generate().map_err(failed)?;
    let mut authority = CertificateParams::new(Vec::new()).map_err(failed)?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.distinguished_name.push(DnType::CommonName, "Simulated Azure");
    authority.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    let shown = authority.self_signed(&key).map_err(failed)?;
    let issuer = Issuer::new(authority, key);

    let own_key = KeyPair::generate().map_err(failed)?;
    let mut own = CertificateParams::new(NAMES.map(str::to_owned).to_vec()).map_err(failed)?;
    own.distinguished_name.push(DnType::CommonName, "localhost");
    own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    own.use_authority_key_identifier_extension = true;
    let own = own.signed_by(&own_key, &issuer).map_err(failed)?;

    let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own_key.serialize_der()));
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], secret)
        .map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Certified { acceptor: TlsAcceptor::from(Arc::new(config)), authority: shown.pem() })
}
