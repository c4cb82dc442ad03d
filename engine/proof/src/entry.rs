//! An entry as the log frames it, and its hash (`docs/log-format.md`, The chain).
//!
//! Said here a second time on purpose: whoever checks a proof must not need the log, nor its code.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::Hash;

/// An entry with what its hash covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framed {
    /// Its number in the log.
    pub seq: u64,
    /// Nanoseconds since the epoch.
    pub moment: u64,
    /// Which start of the node proposed it.
    pub boot: u64,
    /// In which batch.
    pub n: u64,
    /// At which place in it.
    pub i: u32,
    /// Which node.
    pub node: u16,
    /// Hash of the entry before; zeros in the first.
    pub prev: Hash,
    /// What was proposed; what is sealed in it stays sealed.
    pub body: Vec<u8>,
}

impl Framed {
    /// Its hash.
    pub fn hash(&self) -> Hash {
        Sha256::new()
            .chain_update(b"VARDE ENTRY v1\0\0")
            .chain_update(self.seq.to_le_bytes())
            .chain_update(self.moment.to_le_bytes())
            .chain_update(self.boot.to_le_bytes())
            .chain_update(self.n.to_le_bytes())
            .chain_update(self.i.to_le_bytes())
            .chain_update(self.node.to_le_bytes())
            .chain_update([0; 2])
            .chain_update(self.prev)
            .chain_update(&self.body)
            .finalize()
            .into()
    }
}
