//! What to play, at whom, as whom.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use traffic::{Fleet, Intended, Transport};

use crate::addresses::Addresses;
use crate::identity::{Identities, IdentityError};
use crate::limits::{CONNECTS_PER_SECOND, DRAIN};

/// Where the engine listens. A transport without an address cannot be played on.
#[derive(Clone, Debug)]
pub struct Targets {
    /// SIP over TCP.
    pub sip_tcp: Option<SocketAddr>,
    /// SIP over UDP.
    pub sip_udp: Option<SocketAddr>,
    /// `alarm/1` over QUIC.
    pub quic: Option<SocketAddr>,
    /// The name the engine's certificate must bear.
    pub server_name: String,
}

impl From<&Addresses> for Targets {
    fn from(found: &Addresses) -> Self {
        Self {
            sip_tcp: found.sip_tcp,
            sip_udp: found.sip_udp,
            quic: found.quic,
            server_name: "localhost".to_owned(),
        }
    }
}

impl Targets {
    pub(crate) fn of(&self, transport: Transport) -> Option<SocketAddr> {
        match transport {
            Transport::Quic => self.quic,
            Transport::Tcp => self.sip_tcp,
            Transport::Udp => self.sip_udp,
        }
    }
}

/// One run.
pub struct Plan {
    /// The devices.
    pub fleet: Fleet,
    /// What they do, in time order; each names a device by its place in the fleet.
    pub timeline: Box<dyn Iterator<Item = Intended> + Send>,
    /// How long the timeline is played; none: until [`crate::Handle::stop`].
    pub length: Option<Duration>,
    /// The engine.
    pub targets: Targets,
    /// The devices' certificates; needed when a device speaks QUIC.
    pub identities: Option<Arc<dyn Identities>>,
    /// Keeps the references of this run apart from those of every other run at the same engine;
    /// draw it anew for each.
    pub run: u64,
    /// Devices that connect in each second of the start.
    pub connects_per_second: u32,
    /// Whether every device connects at once, also those that otherwise come and go.
    pub hold_all: bool,
    /// How long the end waits for outstanding answers.
    pub drain: Duration,
    /// Where each receipt is written as it comes: device, reference and Seq, separated by tabs
    /// (no Seq from SCAIP, which does not tell it).
    pub receipts: Option<Box<dyn Write + Send>>,
}

impl Plan {
    /// A plan with the usual pace of connecting and draining, and no end of its own.
    pub fn new(
        fleet: Fleet,
        timeline: impl Iterator<Item = Intended> + Send + 'static,
        targets: Targets,
        run: u64,
    ) -> Self {
        Self {
            fleet,
            timeline: Box::new(timeline),
            length: None,
            targets,
            identities: None,
            run,
            connects_per_second: CONNECTS_PER_SECOND,
            hold_all: false,
            drain: DRAIN,
            receipts: None,
        }
    }
}

/// Why a plan cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The engine does not listen on a transport that the fleet uses.
    #[error(
        "the engine gives no address for {0}, which some devices use: choose another transport"
    )]
    NoTarget(&'static str),
    /// QUIC without certificates.
    #[error("devices on QUIC need client certificates: give an authority")]
    NoIdentities,
    /// A certificate cannot be had.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// TLS cannot be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// No socket.
    #[error("cannot open a UDP socket for QUIC: {0}")]
    Socket(#[from] std::io::Error),
}
