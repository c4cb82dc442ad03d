//! What happened at this listener, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use quinn::ConnectionError;

/// Counters that only rise, but for `under_way`.
#[derive(Debug, Default)]
pub struct Counts {
    accepted: AtomicU64,
    no_certificate: AtomicU64,
    bad_certificate: AtomicU64,
    other_handshake: AtomicU64,
    no_identity: AtomicU64,
    revoked: AtomicU64,
    replaced: AtomicU64,
    retried: AtomicU64,
    over_limit: AtomicU64,
    busy: AtomicU64,
    malformed: AtomicU64,
    given_up: AtomicU64,
    gaps: AtomicU64,
    moved: AtomicU64,
    under_way: AtomicU64,
}

/// [`Counts`] as they were at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Handshakes that ended in a connection of a device.
    pub accepted: u64,
    /// Handshakes refused: no client certificate.
    pub no_certificate: u64,
    /// Handshakes refused: a certificate of another authority, expired, or of no use here.
    pub bad_certificate: u64,
    /// Handshakes that failed otherwise: too slow, other ALPN, not QUIC version 1.
    pub other_handshake: u64,
    /// Closed: the certificate names no device.
    pub no_identity: u64,
    /// Closed or refused: the device is revoked.
    pub revoked: u64,
    /// Closed: the same device opened a newer connection.
    pub replaced: u64,
    /// Asked to prove their address first (Retry).
    pub retried: u64,
    /// Left unanswered: too many from one network.
    pub over_limit: u64,
    /// Messages answered `busy`.
    pub busy: u64,
    /// Messages that could not be decoded.
    pub malformed: u64,
    /// Streams given up: not finished in time, or reset by the device.
    pub given_up: u64,
    /// Statements of devices that show signals missing here.
    pub gaps: u64,
    /// Connections that came on from another address (migration).
    pub moved: u64,
}

/// Which counter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    Accepted,
    NoIdentity,
    Revoked,
    Replaced,
    Retried,
    OverLimit,
    Busy,
    Malformed,
    GivenUp,
    Gap,
    Moved,
}

/// TLS alerts (RFC 8446, 6) as QUIC codes (RFC 9001, 4.8): `bad_certificate` to `unknown_ca`.
const CERTIFICATE_ALERTS: std::ops::RangeInclusive<u64> = 0x100 + 42..=0x100 + 48;
/// A signature that does not fit: the authority's name was borrowed, or the device lacks its key.
const DECRYPT_ERROR: u64 = 0x100 + 51;
const CERTIFICATE_REQUIRED: u64 = 0x100 + 116;

impl Counts {
    pub(super) fn add(&self, count: Count) {
        let counter = match count {
            Count::Accepted => &self.accepted,
            Count::NoIdentity => &self.no_identity,
            Count::Revoked => &self.revoked,
            Count::Replaced => &self.replaced,
            Count::Retried => &self.retried,
            Count::OverLimit => &self.over_limit,
            Count::Busy => &self.busy,
            Count::Malformed => &self.malformed,
            Count::GivenUp => &self.given_up,
            Count::Gap => &self.gaps,
            Count::Moved => &self.moved,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// A handshake failed. True if its certificate was the reason.
    pub(super) fn handshake_failed(&self, error: Option<&ConnectionError>) -> bool {
        let code = match error {
            Some(ConnectionError::TransportError(error)) => u64::from(error.code),
            _ => 0,
        };
        let bad = code == DECRYPT_ERROR || CERTIFICATE_ALERTS.contains(&code);
        let counter = match code {
            CERTIFICATE_REQUIRED => &self.no_certificate,
            _ if bad => &self.bad_certificate,
            _ => &self.other_handshake,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        bad || code == CERTIFICATE_REQUIRED
    }

    /// A message came; it is under way until the guard is dropped.
    pub(super) fn begin(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self)
    }

    pub(super) fn under_way(&self) -> u64 {
        self.under_way.load(Ordering::Relaxed)
    }

    pub(super) fn read(&self) -> Counted {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counted {
            accepted: of(&self.accepted),
            no_certificate: of(&self.no_certificate),
            bad_certificate: of(&self.bad_certificate),
            other_handshake: of(&self.other_handshake),
            no_identity: of(&self.no_identity),
            revoked: of(&self.revoked),
            replaced: of(&self.replaced),
            retried: of(&self.retried),
            over_limit: of(&self.over_limit),
            busy: of(&self.busy),
            malformed: of(&self.malformed),
            given_up: of(&self.given_up),
            gaps: of(&self.gaps),
            moved: of(&self.moved),
        }
    }
}

/// See [`Counts::begin`].
pub(super) struct UnderWay<'a>(&'a Counts);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
