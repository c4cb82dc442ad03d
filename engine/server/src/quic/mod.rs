//! `alarm/1` over QUIC: devices with certificates (`docs/link-protocol.md`).
//!
//! Handshakes are let in by [`door`] one bounded share at a time, so that a storm of them does not starve
//! devices that are connected. Each connection is one task that waits for streams, each stream a short one.

mod admit;
mod connection;
mod counts;
mod devices;
mod door;
mod stream;
#[cfg(test)]
mod tests;
mod transport;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quinn::VarInt;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

pub use self::counts::{Counted, Counts};
use self::devices::Devices;
use crate::authority::{Authority, AuthorityError, ServerCertificate};
use crate::hops::Hops;
use crate::intake::Intake;
use crate::limits::{NOT_STORED_AFTER, REVOKED_EVERY};

/// Why the listener cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The socket.
    #[error("cannot listen on UDP {address}: {source}: is another engine running, or the address not of this machine?")]
    Socket {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The certificates.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// TLS.
    #[error("QUIC cannot use this TLS configuration: {0}")]
    Tls(String),
}

/// What every connection of this listener shares.
struct Shared {
    authority: Arc<Authority>,
    intake: Arc<Intake>,
    hops: Arc<Hops>,
    devices: Devices,
    counts: Counts,
    /// Seconds between beats.
    beat: u32,
}

/// The running listener. [`Listener::stop`] it: a dropped one goes on.
pub struct Listener {
    endpoint: quinn::Endpoint,
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

/// Listens on UDP `address` and serves devices whose certificates are of `authority`.
///
/// `beat` is told to devices in `welcome`; a connection silent for three of them is closed. Call inside a
/// tokio runtime; its threads carry the handshakes and the connections.
pub fn listen(
    address: SocketAddr,
    authority: Arc<Authority>,
    certificate: ServerCertificate,
    intake: Arc<Intake>,
    hops: Arc<Hops>,
    beat: Duration,
) -> Result<Listener, ListenError> {
    let config = transport::config(authority.quic_config(certificate)?, beat)?;
    let endpoint = transport::endpoint(address, config)
        .map_err(|source| ListenError::Socket { address, source })?;
    let beat = u32::try_from(beat.as_secs()).unwrap_or(link::limits::BEAT_MOST_S);
    let (devices, counts) = (Devices::default(), Counts::default());
    let shared = Arc::new(Shared { authority, intake, hops, devices, counts, beat });
    let door = tokio::spawn(door::run(endpoint.clone(), Arc::clone(&shared)));
    let watch = tokio::spawn(watch_revoked(Arc::clone(&shared)));
    Ok(Listener { endpoint, shared, tasks: [door, watch] })
}

impl Listener {
    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// What happened since the start.
    pub fn counts(&self) -> Counted {
        self.shared.counts.read()
    }

    /// When a device last said anything, if it has in this run: nanoseconds since the epoch.
    pub fn heard(&self, device: &str) -> Option<central::words::Moment> {
        self.shared.devices.heard(device)
    }

    /// Takes no more connections, answers what is under way, then tells every device to reconnect.
    pub async fn stop(self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.endpoint.set_server_config(None);
        let latest = Instant::now() + NOT_STORED_AFTER;
        while self.shared.counts.under_way() > 0 && Instant::now() < latest {
            sleep(Duration::from_millis(5)).await;
        }
        self.endpoint.close(VarInt::from_u32(link::close::GOING_AWAY), b"the centre stops");
        // A device that is gone would keep this waiting for its idle timeout.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.endpoint.wait_idle()).await;
    }
}

/// Closes the connections of devices that were revoked while connected.
async fn watch_revoked(shared: Arc<Shared>) {
    loop {
        sleep(REVOKED_EVERY).await;
        let authority = Arc::clone(&shared.authority);
        let changed = tokio::task::spawn_blocking(move || authority.reload()).await;
        if !matches!(changed, Ok(true)) {
            continue;
        }
        for connection in shared.devices.connected(|device| shared.authority.is_revoked(device)) {
            connection.close(VarInt::from_u32(link::close::NOT_ALLOWED), b"revoked");
        }
    }
}
