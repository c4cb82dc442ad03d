//! Day roots and proof files, byte by byte as in `docs/proof-format.md`: a Merkle tree over a municipality's entries
//! of a day, the statement a centre signs about it, and a file that shows one alarm's entries to be in it.
//!
//! Pure: bytes in, bytes or a verdict out. Signatures are made and checked by whoever calls.

#![no_std]

extern crate alloc;

pub mod day;
pub mod entry;
pub mod file;
pub mod limits;
pub mod line;
pub mod root;
pub mod tree;

pub use entry::Framed;
pub use file::{Proof, Proved, Proven, Wrong};
pub use root::{DayRoot, Signed, fingerprint};

/// SHA-256.
pub type Hash = [u8; 32];

/// An Ed25519 public key.
pub type Key = [u8; 32];

/// An Ed25519 signature.
pub type Signature = [u8; 64];

/// Whether a signature of a key over some bytes is good.
pub type Verify<'a> = &'a dyn Fn(&Key, &[u8], &Signature) -> bool;
