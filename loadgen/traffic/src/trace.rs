//! The canonical form of a timeline, by which two runs are told to be the same.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::details::Details;
use crate::timeline::{Intended, What};

/// Appends the canonical bytes of one event: every number big-endian and of fixed width, each
/// variant led by a byte of its own.
pub fn canonical(intended: &Intended, out: &mut Vec<u8>) {
    out.extend_from_slice(&intended.at.to_be_bytes());
    out.extend_from_slice(&intended.device.to_be_bytes());
    let (tag, signal) = match intended.what {
        What::Beat => return out.push(0),
        What::Signal(signal) => (1, signal),
        What::Duplicate(signal) => (2, signal),
    };
    out.push(tag);
    out.extend_from_slice(&signal.number.to_be_bytes());
    out.extend_from_slice(&signal.kind.0.to_be_bytes());
    match signal.details {
        Details::Nothing => out.push(0),
        Details::Room(room) => out.extend_from_slice(&[1, room]),
        Details::Battery(charge) => out.extend_from_slice(&[2, charge]),
        Details::Position { lat, lon } => {
            out.push(3);
            out.extend_from_slice(&lat.to_be_bytes());
            out.extend_from_slice(&lon.to_be_bytes());
        }
        Details::Measured { unit, value, decimals } => {
            out.push(4);
            out.extend_from_slice(&unit.to_be_bytes());
            out.extend_from_slice(&value.to_be_bytes());
            out.push(decimals);
        }
    }
}

/// The SHA-256 of the canonical bytes of all events.
pub fn fingerprint(events: impl IntoIterator<Item = Intended>) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut bytes = Vec::with_capacity(64);
    for intended in events {
        bytes.clear();
        canonical(&intended, &mut bytes);
        hash.update(&bytes);
    }
    hash.finalize().into()
}
