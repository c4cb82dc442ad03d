//! Frames: how entries and what was decided about them lie in a segment.
//!
//! A frame is a 32-byte head, a payload, and zeros up to the next multiple of 8. The head has its own checksum, so that
//! a length can be trusted before it is followed; both checksums begin from the log's id, the segment's number and the
//! frame's offset, so that no copy of a frame elsewhere, nor one inside a body, is ever taken for a frame.

use super::bytes_le::{put, take, u16_at, u32_at, u64_at};
use crate::limits::{ENTRY_HEAD, FRAME_HEAD, FRAME_MAX};
use crate::seam::Hash;

const ENTRY: u8 = 1;
const DECIDED: u8 = 2;
const THINNED: u8 = 3;
const LAST: u8 = 1;
/// Bytes of a hash.
const HASH: usize = 32;

/// What the checksums of one segment begin from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Salt(u32);

impl Salt {
    pub(super) fn new(id: &[u8; 16], segment: u64) -> Self {
        Self(crc32c::crc32c_append(crc32c::crc32c(id), &segment.to_le_bytes()))
    }

    fn crc(self, offset: u64, bytes: &[u8]) -> u32 {
        crc32c::crc32c_append(crc32c::crc32c_append(self.0, &offset.to_le_bytes()), bytes)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Entry,
    Decided,
    /// An entry of which only the hash is left; in an archive alone.
    Thinned,
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: Kind,
    /// Bytes of payload, without padding.
    pub(super) len: usize,
    pub(super) group: u64,
    /// The last frame of its group.
    pub(super) last: bool,
    /// Its own Seq, or that of the entry it was decided about.
    pub(super) seq: u64,
    payload_crc: u32,
}

/// Bytes a frame takes on disk for a payload.
pub(super) const fn frame_len(payload: usize) -> usize {
    FRAME_HEAD + payload.next_multiple_of(8)
}

impl Head {
    /// Reads a head, or `None` when these bytes are not one, here.
    pub(super) fn decode(salt: Salt, offset: u64, bytes: &[u8]) -> Option<Self> {
        let len = u32_at(bytes, 8) as usize;
        let kind = match bytes[12] {
            ENTRY if len >= ENTRY_HEAD => Kind::Entry,
            DECIDED => Kind::Decided,
            THINNED if len == ENTRY_HEAD + HASH => Kind::Thinned,
            _ => return None,
        };
        // The cheap checks first: a search for later frames comes by here at every eighth byte.
        let plausible =
            len <= FRAME_MAX - FRAME_HEAD && bytes[13] <= LAST && u16_at(bytes, 14) == 0;
        if !plausible || u32_at(bytes, 0) != salt.crc(offset, &bytes[4..FRAME_HEAD]) {
            return None;
        }
        Some(Self {
            kind,
            len,
            group: u64_at(bytes, 16),
            last: bytes[13] == LAST,
            seq: u64_at(bytes, 24),
            payload_crc: u32_at(bytes, 4),
        })
    }

    /// Bytes of the whole frame.
    pub(super) const fn frame_len(&self) -> usize {
        frame_len(self.len)
    }

    /// Whether the payload, padding included, is what was written.
    pub(super) fn vouches_for(&self, salt: Salt, offset: u64, padded: &[u8]) -> bool {
        salt.crc(offset, padded) == self.payload_crc
    }

    fn encode(&self, salt: Salt, offset: u64, out: &mut [u8]) {
        put(out, 4, self.payload_crc.to_le_bytes());
        put(out, 8, (self.len as u32).to_le_bytes());
        out[12] = match self.kind {
            Kind::Entry => ENTRY,
            Kind::Decided => DECIDED,
            Kind::Thinned => THINNED,
        };
        out[13] = if self.last { LAST } else { 0 };
        put(out, 14, [0; 2]);
        put(out, 16, self.group.to_le_bytes());
        put(out, 24, self.seq.to_le_bytes());
        let crc = salt.crc(offset, &out[4..FRAME_HEAD]);
        put(out, 0, crc.to_le_bytes());
    }
}

/// What an entry's payload begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EntryHead {
    pub(super) moment: u64,
    pub(super) boot: u64,
    pub(super) n: u64,
    pub(super) i: u32,
    pub(super) node: u16,
    pub(super) prev: Hash,
}

impl EntryHead {
    pub(super) fn decode(payload: &[u8]) -> Self {
        Self {
            moment: u64_at(payload, 0),
            boot: u64_at(payload, 8),
            n: u64_at(payload, 16),
            i: u32_at(payload, 24),
            node: u16_at(payload, 28),
            prev: take(payload, 32),
        }
    }

    pub(super) fn encode(&self) -> [u8; ENTRY_HEAD] {
        let mut out = [0; ENTRY_HEAD];
        put(&mut out, 0, self.moment.to_le_bytes());
        put(&mut out, 8, self.boot.to_le_bytes());
        put(&mut out, 16, self.n.to_le_bytes());
        put(&mut out, 24, self.i.to_le_bytes());
        put(&mut out, 28, self.node.to_le_bytes());
        put(&mut out, 32, self.prev);
        out
    }
}

/// Where a frame goes, and in which group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) salt: Salt,
    pub(super) offset: u64,
    pub(super) group: u64,
}

/// Appends a frame whose payload is these parts in a row.
pub(super) fn append(out: &mut Vec<u8>, at: Place, kind: Kind, seq: u64, parts: [&[u8]; 2]) {
    let start = out.len();
    let len = parts[0].len() + parts[1].len();
    out.resize(start + FRAME_HEAD, 0);
    out.extend_from_slice(parts[0]);
    out.extend_from_slice(parts[1]);
    out.resize(start + frame_len(len), 0);
    let payload_crc = at.salt.crc(at.offset, &out[start + FRAME_HEAD..]);
    let head = Head { kind, len, group: at.group, last: false, seq, payload_crc };
    head.encode(at.salt, at.offset, &mut out[start..]);
}

/// Marks a frame as the last of its group. False when there is no frame here.
pub(super) fn mark_last(salt: Salt, offset: u64, frame: &mut [u8]) -> bool {
    let Some(mut head) = Head::decode(salt, offset, frame) else { return false };
    head.last = true;
    head.encode(salt, offset, frame);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_only_a_frame_where_it_was_written() {
        let salt = Salt::new(&[7; 16], 3);
        let mut out = Vec::new();
        append(
            &mut out,
            Place { salt, offset: 4096, group: 9 },
            Kind::Decided,
            5,
            [b"what", b"ever"],
        );
        let head = Head::decode(salt, 4096, &out).unwrap();
        assert_eq!((head.len, head.group, head.seq, head.last), (8, 9, 5, false));
        assert!(head.vouches_for(salt, 4096, &out[FRAME_HEAD..]));
        assert_eq!(Head::decode(salt, 4104, &out), None);
        assert_eq!(Head::decode(Salt::new(&[7; 16], 4), 4096, &out), None);
        assert_eq!(Head::decode(Salt::new(&[8; 16], 3), 4096, &out), None);
        assert!(mark_last(salt, 4096, &mut out));
        assert!(Head::decode(salt, 4096, &out).unwrap().last);
    }

    #[test]
    fn every_bit_of_a_frame_counts() {
        let salt = Salt::new(&[7; 16], 3);
        let mut out = Vec::new();
        append(
            &mut out,
            Place { salt, offset: 8, group: 1 },
            Kind::Decided,
            5,
            [b"", b"padded body"],
        );
        for bit in 0..out.len() * 8 {
            let mut flipped = out.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let whole = Head::decode(salt, 8, &flipped)
                .is_some_and(|head| head.vouches_for(salt, 8, &flipped[FRAME_HEAD..]));
            assert!(!whole, "bit {bit}");
        }
    }
}
