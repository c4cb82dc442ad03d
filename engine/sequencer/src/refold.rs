//! Folding history again: nothing leaves, and what was decided then must be decided now.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use central::entry::Entry;
use central::output::Output;
use central::{Central, Placed};
use journal::{Damage, Decided, Hash, Record};

use crate::Halt;
use crate::limits::UNCOMPARED;
use crate::sequencer::{apply, placed};

/// How far the log has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refolded {
    /// Seq of the last entry; 0 for an empty log.
    pub last_seq: u64,
    /// Chain hash at it; zeros for an empty log.
    pub head: Hash,
    /// Its Moment, nanoseconds since the epoch; 0 for an empty log.
    pub moment: u64,
    /// The last start of each node that is in the log.
    pub boots: BTreeMap<u16, u64>,
    /// Decisions compared with those noted beside their entries.
    pub compared: u64,
}

impl Refolded {
    /// The number of a node's next start.
    pub fn next_boot(&self, node: u16) -> u64 {
        self.boots.get(&node).copied().unwrap_or(0).saturating_add(1)
    }
}

/// Why a log cannot be folded again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Irreproducible {
    /// The log is damaged.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// An entry cannot be applied.
    #[error(transparent)]
    Halt(#[from] Halt),
    /// Something else was decided about an entry when it came.
    #[error("entry {seq} was decided otherwise when it came: start the version that wrote it")]
    Disagrees {
        /// Which.
        seq: u64,
    },
}

/// Folds records into `central`; what it already has is passed over. No output leaves.
///
/// # Errors
/// See [`Irreproducible`]; the state is then that of the last entry before it.
pub fn refold(
    records: impl Iterator<Item = Result<Record, Damage>>,
    central: &mut Central,
) -> Result<Refolded, Irreproducible> {
    refold_seeing(records, central, |_, _, _| {})
}

/// As [`refold`]; `see` is shown each entry with what followed from it, for a projection to fold it too.
///
/// # Errors
/// See [`Irreproducible`].
pub fn refold_seeing(
    records: impl Iterator<Item = Result<Record, Damage>>,
    central: &mut Central,
    mut see: impl FnMut(&Placed, &Entry, &[Output]),
) -> Result<Refolded, Irreproducible> {
    let mut folded = Refolded::default();
    let mut uncompared = Uncompared::default();
    let mut outputs = Vec::new();
    for record in records {
        match record? {
            Record::Entry(kept) => {
                folded.last_seq = kept.seq;
                folded.head = kept.hash;
                folded.moment = kept.moment;
                let boot = folded.boots.entry(kept.node).or_default();
                *boot = kept.boot.max(*boot);
                if kept.seq > central.last().0 {
                    let (entry, decision) = apply(central, &kept, &mut outputs)?;
                    see(&placed(&kept), &entry, &outputs);
                    uncompared.note(kept.seq, decision.encode().into());
                    outputs.clear();
                }
            }
            Record::Decided(decided) => folded.compared += uncompared.compare(&decided)?,
        }
    }
    Ok(folded)
}

/// Decisions made again whose frame has not come yet, oldest first.
#[derive(Default)]
struct Uncompared(VecDeque<(u64, Bytes)>);

impl Uncompared {
    fn note(&mut self, seq: u64, decision: Bytes) {
        if self.0.len() >= UNCOMPARED {
            self.0.pop_front();
        }
        self.0.push_back((seq, decision));
    }

    /// 1 where there was something to compare with.
    fn compare(&self, decided: &Decided) -> Result<u64, Irreproducible> {
        let found = self.0.binary_search_by_key(&decided.seq, |(seq, _)| *seq);
        match found.map(|at| &self.0[at].1) {
            Ok(again) if *again != decided.body => {
                Err(Irreproducible::Disagrees { seq: decided.seq })
            }
            Ok(_) => Ok(1),
            Err(_) => Ok(0),
        }
    }
}
