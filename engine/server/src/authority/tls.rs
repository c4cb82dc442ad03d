//! TLS as the listeners speak it.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};

use tokio_rustls::TlsAcceptor;

use super::certificate::ServerCertificate;
use super::{Authority, AuthorityError};

/// What this machine calls itself.
pub const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

impl Authority {
    /// For QUIC: TLS 1.3, ALPN `alarm/1`, a client certificate of this authority, and every connection a
    /// whole handshake: a resumed one would skip the certificate (RFC 8446, 2.2), early data can be replayed.
    pub fn quic_config(&self, server: ServerCertificate) -> Result<ServerConfig, AuthorityError> {
        let mut roots = RootCertStore::empty();
        roots.add(self.ca_der.clone()).map_err(crypto)?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
        let verifier =
            verifier.build().map_err(|error| AuthorityError::Crypto(error.to_string()))?;
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .map_err(crypto)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(server.chain, server.key)
            .map_err(crypto)?;
        config.alpn_protocols = vec![link::ALPN.to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        Ok(config)
    }

    /// For SIP over TLS: 1.2 and 1.3, no client certificate.
    pub fn sip_config(&self, server: ServerCertificate) -> Result<ServerConfig, AuthorityError> {
        ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(crypto)?
            .with_no_client_auth()
            .with_single_cert(server.chain, server.key)
            .map_err(crypto)
    }

    /// [`Authority::sip_config`] with a certificate for `domain` and this machine's own names.
    pub fn sip_acceptor(&self, domain: &str) -> Result<TlsAcceptor, AuthorityError> {
        let mut names = vec![domain.to_owned()];
        names.extend(LOCAL_NAMES.map(str::to_owned));
        let config = self.sip_config(self.server_certificate(&names)?)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn crypto(error: rustls::Error) -> AuthorityError {
    AuthorityError::Crypto(error.to_string())
}
