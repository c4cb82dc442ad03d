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
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use link::limits::{BEAT_LEAST_S, BEAT_MOST_S};
use quinn::VarInt;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

pub use self::counts::{Counted, Counts};
use self::devices::Devices;
use crate::authority::{Authority, AuthorityError, LOCAL_NAMES};
use crate::hops::Hops;
use crate::intake::Intake;
use crate::limits::{BEAT, NOT_STORED_AFTER, REVOKED_EVERY};

/// Why the listener cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The socket.
    #[error("the UDP socket cannot carry QUIC: {0}")]
    Socket(#[from] io::Error),
    /// The certificates.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// TLS.
    #[error("QUIC cannot use this TLS configuration: {0}")]
    Tls(String),
    /// The time between beats.
    #[error("{0:?} between beats: choose 5 s to 25 h")]
    Beat(Duration),
}

/// How to listen.
#[derive(Clone, Debug)]
pub struct Options {
    /// Host names and addresses that devices connect to: they stand in the centre's certificate.
    pub names: Vec<String>,
    /// Told to devices in `welcome`; a connection silent for three of them is closed. 5 s to 25 h.
    pub beat: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { names: LOCAL_NAMES.map(str::to_owned).to_vec(), beat: BEAT }
    }
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

/// The running listener. [`Endpoint::stop`] it: a dropped one goes on.
pub struct Endpoint {
    quinn: quinn::Endpoint,
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

/// Listens with the default [`Options`]: for a demonstration on this machine.
pub fn listen(
    socket: UdpSocket,
    authority: Arc<Authority>,
    intake: Arc<Intake>,
    hops: Arc<Hops>,
) -> Result<Endpoint, ListenError> {
    listen_with(socket, authority, intake, hops, &Options::default())
}

/// Serves devices whose certificates are of `authority`. Call inside a tokio runtime; its threads carry
/// the handshakes and the connections.
pub fn listen_with(
    socket: UdpSocket,
    authority: Arc<Authority>,
    intake: Arc<Intake>,
    hops: Arc<Hops>,
    options: &Options,
) -> Result<Endpoint, ListenError> {
    let beat = u32::try_from(options.beat.as_secs()).unwrap_or(u32::MAX);
    if !(BEAT_LEAST_S..=BEAT_MOST_S).contains(&beat) {
        return Err(ListenError::Beat(options.beat));
    }
    let certificate = authority.server_certificate(&options.names)?;
    let tls = authority.quic_config(certificate, Arc::clone(&intake.clock))?;
    let config = transport::config(tls, beat)?;
    let endpoint = transport::endpoint(socket, config)?;
    let (devices, counts) = (Devices::default(), Counts::default());
    let shared = Arc::new(Shared { authority, intake, hops, devices, counts, beat });
    let door = tokio::spawn(door::run(endpoint.clone(), Arc::clone(&shared)));
    let watch = tokio::spawn(watch_revoked(Arc::clone(&shared)));
    Ok(Endpoint { quinn: endpoint, shared, tasks: [door, watch] })
}

impl Endpoint {
    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.quinn.local_addr()
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
    pub async fn stop(&self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.quinn.set_server_config(None);
        let latest = Instant::now() + NOT_STORED_AFTER;
        while self.shared.counts.under_way() > 0 && Instant::now() < latest {
            sleep(Duration::from_millis(5)).await;
        }
        self.quinn.close(VarInt::from_u32(link::close::GOING_AWAY), b"the centre stops");
        // A device that is gone would keep this waiting for its idle timeout.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.quinn.wait_idle()).await;
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
