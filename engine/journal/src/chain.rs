//! The one place where Seq, the final Moment and the hash of an entry are made.
//!
//! Pure: every kind of log feeds it the same entries in the same order and so gets the same chain.

use sha2::{Digest, Sha256};

use crate::seam::Hash;

/// What the hash of an entry begins with: the name and the version of the layout below.
const LAYOUT: &[u8; 16] = b"VARDE ENTRY v1\0\0";

/// Bytes hashed before the body.
const PREFIX: usize = 88;

/// How far the log has come: the last Seq, its Moment, its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Seq of the last entry; 0 before the first.
    pub seq: u64,
    /// Moment of the last entry, nanoseconds since the epoch; 0 before the first.
    pub moment: u64,
    /// Hash of the last entry; zeros before the first.
    pub head: Hash,
}

/// What [`Chain::advance`] gives an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// One more than the entry before.
    pub seq: u64,
    /// The proposed Moment, raised to at least that of the entry before.
    pub moment: u64,
    /// Hash of the entry before.
    pub prev: Hash,
    /// Hash of this entry.
    pub hash: Hash,
}

impl Chain {
    /// Before the first entry.
    pub const GENESIS: Self = Self { seq: 0, moment: 0, head: [0; 32] };

    /// Takes the next entry in log order and gives it its place.
    pub fn advance(
        &mut self,
        node: u16,
        boot: u64,
        n: u64,
        i: u32,
        moment: u64,
        body: &[u8],
    ) -> Link {
        let seq = self.seq + 1;
        let moment = moment.max(self.moment);
        let mut prefix = [0; PREFIX];
        prefix[..16].copy_from_slice(LAYOUT);
        prefix[16..24].copy_from_slice(&seq.to_le_bytes());
        prefix[24..32].copy_from_slice(&moment.to_le_bytes());
        prefix[32..40].copy_from_slice(&boot.to_le_bytes());
        prefix[40..48].copy_from_slice(&n.to_le_bytes());
        prefix[48..52].copy_from_slice(&i.to_le_bytes());
        prefix[52..54].copy_from_slice(&node.to_le_bytes());
        // 54..56 stay zero.
        prefix[56..].copy_from_slice(&self.head);
        let hash: Hash = Sha256::new().chain_update(prefix).chain_update(body).finalize().into();
        let link = Link { seq, moment, prev: self.head, hash };
        *self = Self { seq, moment, head: hash };
        link
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(hash: &Hash) -> String {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16);
        hash.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
    }

    /// The layout is a promise to strangers: these bytes were hashed by another tool (`sha256sum`).
    #[test]
    fn the_layout_never_changes() {
        let mut chain = Chain::GENESIS;
        let link = chain.advance(7, 3, 2, 1, 1_000, b"body");
        assert_eq!(
            hex(&link.hash),
            "3e5f34645bc25e56e778871cc71ba53e704c0894edb4821ced2c89222bfdb45f"
        );
    }

    #[test]
    fn a_moment_is_raised_to_its_predecessors() {
        let mut chain = Chain::GENESIS;
        assert_eq!(chain.advance(0, 1, 1, 0, 50, b"").moment, 50);
        assert_eq!(chain.advance(0, 1, 1, 1, 20, b"").moment, 50);
        assert_eq!(chain.advance(0, 1, 1, 2, 51, b"").moment, 51);
    }

    #[test]
    fn every_field_is_in_the_hash() {
        let hash = |node, boot, n, i, moment, body: &[u8]| {
            Chain::GENESIS.clone().advance(node, boot, n, i, moment, body).hash
        };
        let all = [
            hash(1, 1, 1, 1, 1, b"a"),
            hash(2, 1, 1, 1, 1, b"a"),
            hash(1, 2, 1, 1, 1, b"a"),
            hash(1, 1, 2, 1, 1, b"a"),
            hash(1, 1, 1, 2, 1, b"a"),
            hash(1, 1, 1, 1, 2, b"a"),
            hash(1, 1, 1, 1, 1, b"b"),
            hash(1, 1, 1, 1, 1, b"a\0"),
        ];
        for (k, one) in all.iter().enumerate() {
            assert!(all[k + 1..].iter().all(|other| other != one), "field {k} is not hashed");
        }
    }
}
