//! Entries that every fold passes over.
//!
//! An entry that made the central panic, or that cannot be read, must not stop the centre at every start.
//! A later entry [`Skip`](central::entry::Entry::Skip) names it, and from then on it is as if only its Seq
//! were there: for the version that could not apply it, and for a newer one that could, because what
//! came after was decided without it. So a fold has to know what is skipped before it begins.

use std::collections::BTreeSet;

use central::entry::Entry;
use central::words::Seq;
use journal::{Damage, Record};

use crate::Halt;

/// The Seqs of entries that are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skips(BTreeSet<u64>);

impl Skips {
    /// What the log says is skipped. Looks at the head of each entry only, but reads every one of `records`.
    ///
    /// A fold that begins from a snapshot scans what follows it: where that names an entry
    /// the snapshot already holds ([`Skips::first`] not above its Seq), it is the snapshot that is wrong.
    ///
    /// # Errors
    /// The damage met on the way.
    pub fn scan(records: impl Iterator<Item = Result<Record, Damage>>) -> Result<Self, Damage> {
        let mut skips = Self::default();
        for record in records {
            if let Record::Entry(kept) = record?
                && let Some(seq) = Entry::skipped_by(&kept.body).filter(|seq| seq.0 < kept.seq)
            {
                skips.insert(seq);
            }
        }
        Ok(skips)
    }

    /// Adds one; false: it was there.
    pub fn insert(&mut self, seq: Seq) -> bool {
        self.0.insert(seq.0)
    }

    /// Whether this entry is passed over.
    pub fn contains(&self, seq: Seq) -> bool {
        self.0.contains(&seq.0)
    }

    /// The lowest.
    pub fn first(&self) -> Option<Seq> {
        self.0.first().copied().map(Seq)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Halt {
    /// The entry to skip, where skipping it lets the centre go on: it made the central panic, or is no
    /// longer what it was although its kind is known. What a newer version wrote is never skipped.
    pub fn may_skip(&self) -> Option<Seq> {
        match self {
            Self::Panicked { seq, kind } if Entry::may_be_skipped(*kind) => Some(Seq(*seq)),
            Self::Undecodable { seq, why: central::Undecodable::Malformed { kind, .. } }
                if Entry::may_be_skipped(*kind) =>
            {
                Some(Seq(*seq))
            }
            _ => None,
        }
    }
}
