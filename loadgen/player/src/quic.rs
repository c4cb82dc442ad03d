//! Sockets and TLS for `alarm/1`.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use link::limits::MESSAGE_BYTES;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, Endpoint, IdleTimeout, TransportConfig, VarInt};
use rustls::RootCertStore;
use tokio::time::timeout;

use crate::identity::{Identities, IdentityError};
use crate::limits::{CONNECT_TIMEOUT, DEVICES_PER_ENDPOINT, KEEP_ALIVE, QUIC_IDLE};
use crate::plan::PlanError;

/// What all QUIC devices of a run share.
pub(crate) struct Quic {
    endpoints: Vec<Endpoint>,
    centre: SocketAddr,
    server_name: String,
    identities: Arc<dyn Identities>,
    roots: Arc<RootCertStore>,
    transport: Arc<TransportConfig>,
    municipality: u16,
}

impl Quic {
    /// Opens the sockets for so many devices. Must be called inside the runtime.
    pub(crate) fn open(
        devices: usize,
        municipality: u16,
        centre: SocketAddr,
        server_name: &str,
        identities: Arc<dyn Identities>,
    ) -> Result<Self, PlanError> {
        let mut roots = RootCertStore::empty();
        for root in identities.roots()? {
            roots.add(root)?;
        }
        let any = match centre {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let sockets = devices.div_ceil(DEVICES_PER_ENDPOINT);
        let endpoints = (0..sockets).map(|_| Endpoint::client(any)).collect::<Result<_, _>>()?;
        let mut transport = TransportConfig::default();
        transport.keep_alive_interval(Some(KEEP_ALIVE));
        transport.max_idle_timeout(IdleTimeout::try_from(QUIC_IDLE).ok());
        transport.max_concurrent_bidi_streams(VarInt::from_u32(0));
        transport.max_concurrent_uni_streams(VarInt::from_u32(0));
        Ok(Self {
            endpoints,
            centre,
            server_name: server_name.to_owned(),
            identities,
            roots: Arc::new(roots),
            transport: Arc::new(transport),
            municipality,
        })
    }

    /// The TLS side of one device: its certificate, our roots, TLS 1.3 only.
    fn config(&self, device: &str) -> Result<ClientConfig, String> {
        let (certificate, key) = self
            .identities
            .certificate(device, self.municipality)
            .map_err(|why: IdentityError| why.to_string())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .and_then(|tls| {
                tls.with_root_certificates(Arc::clone(&self.roots))
                    .with_client_auth_cert(vec![certificate], key)
            })
            .map_err(|why| why.to_string())?;
        tls.alpn_protocols = vec![link::ALPN.to_vec()];
        let tls = QuicClientConfig::try_from(tls).map_err(|why| why.to_string())?;
        let mut config = ClientConfig::new(Arc::new(tls));
        config.transport_config(Arc::clone(&self.transport));
        Ok(config)
    }

    /// Connects the device in this place of the fleet.
    pub(crate) async fn connect(&self, device: &str, place: usize) -> Result<Connection, String> {
        let config = self.config(device)?;
        let endpoint = &self.endpoints[place % self.endpoints.len()];
        let connecting = endpoint
            .connect_with(config, self.centre, &self.server_name)
            .map_err(|why| why.to_string())?;
        match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(connected) => connected.map_err(|why| format!("{}: {why}", self.centre)),
            Err(_) => Err(format!("{}: no answer to the QUIC handshake", self.centre)),
        }
    }

    /// Lets the last packets out.
    pub(crate) async fn finish(&self) {
        for endpoint in &self.endpoints {
            // What is not out after a second is not worth waiting for.
            let _ = timeout(std::time::Duration::from_secs(1), endpoint.wait_idle()).await;
        }
    }
}

/// Sends one message on a stream of its own and reads the answer up to FIN.
pub(crate) async fn exchange(connection: Connection, message: Vec<u8>) -> Option<Vec<u8>> {
    let (mut send, mut receive) = connection.open_bi().await.ok()?;
    send.write_all(&message).await.ok()?;
    send.finish().ok()?;
    receive.read_to_end(MESSAGE_BYTES).await.ok()
}
