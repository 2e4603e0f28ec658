//! TLS of a session's servers: a certificate that only this session's browser accepts, and handshakes without resumption.
//!
//! Rule: a connection's handshake is a full one (RFC 8446 in one round trip, RFC 5246 in two), because servers give out no tickets and
//! remember no sessions. ALPN (RFC 7301) offers what the scenario says, and HTTP/1.1 for WebSockets.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{CertifiedKey, PublicKeyData};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::NoServerSessionStorage;
use rustls::version::{TLS12, TLS13};
use sha2::{Digest, Sha256};
use sixslot_models::origin::Origin;
use sixslot_models::protocol::Tls;
use std::fmt;
use std::io::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What a server keeps of a stream's bytes in the buffer of TLS: few records, so that other streams need not wait behind it.
const BUFFER: usize = 4 << 10;

/// The bytes of a record, which fits one packet with what TLS adds.
const RECORD: usize = 1400;

/// The certificate and the key of a session.
pub(crate) struct Credential {
    certified: CertifiedKey<rcgen::KeyPair>,
}

impl Credential {
    /// A new certificate for these hosts.
    pub(crate) fn new(hosts: &[Ipv4Addr]) -> Result<Self, String> {
        let names: Vec<String> = hosts.iter().map(Ipv4Addr::to_string).collect();
        let certified = rcgen::generate_simple_self_signed(names).map_err(|error| error.to_string())?;
        Ok(Self { certified })
    }

    /// The digest of its public key, as Chromium's `--ignore-certificate-errors-spki-list` takes it.
    pub(crate) fn key_digest(&self) -> String {
        BASE64_STANDARD.encode(Sha256::digest(self.certified.signing_key.subject_public_key_info()))
    }

    /// The digest of the certificate, as Firefox's `cert_override.txt` has it.
    pub(crate) fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.certified.cert.der());
        digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    /// The TLS of an origin.
    pub(crate) fn security(&self, origin: &Origin) -> Result<Security, Error> {
        let versions = [if origin.tls() == Tls::V12 { &TLS12 } else { &TLS13 }];
        let key = PrivateKeyDer::try_from(self.certified.signing_key.serialize_der()).map_err(Error::other)?;
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let mut config = builder
            .with_protocol_versions(&versions)
            .map_err(Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![self.certified.cert.der().clone()], key)
            .map_err(Error::other)?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        // A browser reads a record when it has all of it: the headers of an answer must not wait for 16 kB of its body.
        config.max_fragment_size = Some(RECORD);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if origin.protocol.multiplexes() {
            config.alpn_protocols.insert(0, b"h2".to_vec());
        }
        Ok(Security(TlsAcceptor::from(Arc::new(config))))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credential")
    }
}

/// The TLS of an origin.
#[derive(Clone)]
pub(crate) struct Security(TlsAcceptor);

impl fmt::Debug for Security {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Security")
    }
}

impl Security {
    /// Does the handshake of a connection; true if it speaks HTTP/2.
    pub(crate) async fn accept<S>(&self, stream: S) -> Result<(TlsStream<S>, bool), Error>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = self.0.accept_with(stream, |connection| connection.set_buffer_limit(Some(BUFFER))).await?;
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((stream, is_h2))
    }
}
