//! TLS as the listeners speak it.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::UnixTime;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};

use tokio_rustls::TlsAcceptor;

use super::certificate::ServerCertificate;
use super::{Authority, AuthorityError};
use crate::clock::Clock;

/// What this machine calls itself.
pub const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

impl Authority {
    /// For QUIC: TLS 1.3, ALPN `alarm/1`, a client certificate of this authority, and every connection a
    /// whole handshake: a resumed one would skip the certificate (RFC 8446, 2.2), early data can be replayed.
    ///
    /// Devices' certificates are judged by `clock`: the machine's wall clock may step past their validity.
    pub fn quic_config(
        &self,
        server: ServerCertificate,
        clock: Arc<Clock>,
    ) -> Result<ServerConfig, AuthorityError> {
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
        config.time_provider = Arc::new(ByMoment(clock));
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

/// The engine's clock as rustls asks for it.
#[derive(Debug)]
struct ByMoment(Arc<Clock>);

impl TimeProvider for ByMoment {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_nanos(self.0.now().0)))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn crypto(error: rustls::Error) -> AuthorityError {
    AuthorityError::Crypto(error.to_string())
}
