//! TLS for the connection, by rustls, in libpq's modes.

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

use super::address::Tls;
use super::connection::Failure;

/// How the connection is made.
pub(super) enum Transport {
    Plain,
    Tls(Connector),
}

/// What the settings ask for.
pub(super) fn transport(tls: &Tls) -> Result<Transport, Failure> {
    if tls.mode == "disable" {
        return Ok(Transport::Plain);
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let trust = Arc::new(Trust { whom: whom(tls, &provider)?, provider: provider.clone() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Failure::new(e.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(trust);
    let config = match &tls.own {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = certificates(certificate)?;
            let secret = PrivateKeyDer::from_pem_file(key).map_err(|e| unreadable(key, &e))?;
            config
                .with_client_auth_cert(chain, secret)
                .map_err(|e| Failure::new(format!("{}: {e}", certificate.display())))?
        }
    };
    Ok(Transport::Tls(Connector(Arc::new(config))))
}

/// Whom the mode trusts.
fn whom(tls: &Tls, provider: &Arc<CryptoProvider>) -> Result<Whom, Failure> {
    let named = tls.mode == "verify-full";
    let Some(root) = &tls.root else {
        if matches!(tls.mode.as_str(), "allow" | "prefer" | "require") {
            return Ok(Whom::Anybody);
        }
        let verifier = rustls_platform_verifier::Verifier::new(provider.clone());
        let verifier = verifier.map_err(|e| Failure::new(format!("the system's authorities cannot be read: {e}")))?;
        return Ok(Whom::VouchedFor { by: Arc::new(verifier), given: Vec::new(), named });
    };
    // As in libpq, a given authority is asked for its own also where only "require" is said.
    vouched_for(certificates(root)?, named, provider).map_err(|e| Failure::new(format!("{}: {e}", root.display())))
}

/// Trust in those for whom one of the given authorities vouches.
fn vouched_for(
    given: Vec<CertificateDer<'static>>,
    named: bool,
    provider: &Arc<CryptoProvider>,
) -> Result<Whom, Box<dyn std::error::Error>> {
    let mut roots = RootCertStore::empty();
    for authority in &given {
        roots.add(authority.clone())?;
    }
    let by = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone()).build()?;
    Ok(Whom::VouchedFor { by, given, named })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let read = CertificateDer::pem_file_iter(path).map_err(|e| unreadable(path, &e))?;
    read.collect::<Result<_, _>>().map_err(|e| unreadable(path, &e))
}

fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("{} cannot be read: {why}", path.display()))
}

/// Who may answer, and how signatures are checked.
#[derive(Debug)]
struct Trust {
    whom: Whom,
    provider: Arc<CryptoProvider>,
}

/// Who may answer.
#[derive(Debug)]
enum Whom {
    /// Whoever does: what `require` means.
    Anybody,
    /// For whom an authority vouches.
    VouchedFor {
        /// Knows the authorities.
        by: Arc<dyn ServerCertVerifier>,
        /// Those that the user gave.
        given: Vec<CertificateDer<'static>>,
        /// Under the host's own name (`verify-full`), or under any (`verify-ca`).
        named: bool,
    },
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        use rustls::CertificateError::{NotValidForName, NotValidForNameContext, Other};
        let Whom::VouchedFor { by, given, named } = &self.whom else { return Ok(ServerCertVerified::assertion()) };
        match by.verify_server_cert(certificate, chain, name, ocsp, now) {
            // The name is looked at last, when the chain was found good.
            Err(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) if !named => {
                Ok(ServerCertVerified::assertion())
            }
            // A certificate that signed itself is an authority and the server's at once. Web PKI knows no such thing; for
            // OpenSSL, and so for libpq, what was given to be trusted is trusted. That it is in date was looked at before.
            Err(rustls::Error::InvalidCertificate(Other(_))) if given.iter().any(|own| own == certificate) => {
                if *named {
                    verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                }
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Makes the TLS connection for the driver.
#[derive(Clone)]
pub(super) struct Connector(Arc<ClientConfig>);

/// One connection to one host.
pub(super) struct HostConnector {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// The connection.
pub(super) struct Stream<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Connector {
    type Stream = Stream<S>;
    type TlsConnect = HostConnector;
    type Error = rustls::pki_types::InvalidDnsNameError;

    fn make_tls_connect(&mut self, host: &str) -> Result<HostConnector, Self::Error> {
        Ok(HostConnector { config: self.0.clone(), name: ServerName::try_from(host.to_owned())? })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for HostConnector {
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let connector = tokio_rustls::TlsConnector::from(self.config);
            Ok(Stream(connector.connect(self.name, stream).await?))
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A certificate that signed itself: the server's, and the authority to trust for it.
    fn self_signed(is_authority: bool, last_year: i32) -> CertificateDer<'static> {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut own = rcgen::CertificateParams::new(vec!["db.example".to_owned()]).unwrap();
        if is_authority {
            own.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        }
        own.not_after = rcgen::date_time_ymd(last_year, 1, 1);
        own.self_signed(&key).unwrap().der().clone()
    }

    fn trusts(given: &CertificateDer<'static>, shown: &CertificateDer<'static>, named: bool, host: &str) -> bool {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let whom = vouched_for(vec![given.clone()], named, &provider).unwrap();
        let host = ServerName::try_from(host.to_owned()).unwrap();
        Trust { whom, provider }.verify_server_cert(shown, &[], &host, &[], UnixTime::now()).is_ok()
    }

    #[test]
    fn a_certificate_that_is_its_own_authority_is_trusted_where_it_was_given() {
        for is_authority in [true, false] {
            let (own, other) = (self_signed(is_authority, 2099), self_signed(is_authority, 2099));
            assert!(trusts(&own, &own, true, "db.example"), "authority: {is_authority}");
            assert!(!trusts(&own, &own, true, "other.example"), "another name passes with verify-full");
            assert!(trusts(&own, &own, false, "other.example"), "verify-ca looks at no name");
            assert!(!trusts(&own, &other, false, "db.example"), "another certificate passes");
        }
        let old = self_signed(true, 2001);
        assert!(!trusts(&old, &old, true, "db.example"), "one that is out of date passes");
    }
}
