//! Folding history again: nothing leaves, and what was decided then must be decided now.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use central::entry::Entry;
use central::output::Output;
use central::words::Seq;
use central::{Central, Decision, Placed};
use journal::{Damage, Decided, Hash, Record};

use crate::limits::UNCOMPARED;
use crate::sequencer::{apply, placed};
use crate::{Halt, Skips};

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
    /// Entries passed over.
    pub skipped: u64,
}

impl Refolded {
    fn reached(&mut self, kept: &journal::Entry) {
        self.last_seq = kept.seq;
        self.head = kept.hash;
        self.moment = kept.moment;
        let boot = self.boots.entry(kept.node).or_default();
        *boot = kept.boot.max(*boot);
    }

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
    /// An entry that cannot be applied here was applied when it came: skipping it now would undo that.
    #[error("{halt}; it was applied when it came: start the version that wrote it")]
    Undone {
        /// Why it cannot be applied.
        halt: Halt,
    },
    /// Something else was decided about an entry when it came.
    #[error("entry {seq} was decided otherwise when it came: start the version that wrote it")]
    Disagrees {
        /// Which.
        seq: u64,
    },
}

/// One entry of a history that is folded again.
pub enum Step<'a> {
    /// It is about to be applied. A panic here is taken for one of the central's: so tests plant one.
    Meets {
        /// Where it stands.
        at: &'a Placed,
        /// What it is.
        entry: &'a Entry,
    },
    /// It is applied.
    Applied {
        /// Where it stands.
        at: &'a Placed,
        /// What it is.
        entry: &'a Entry,
        /// What was decided about it.
        decision: &'a Decision,
        /// What followed; none of it leaves.
        outputs: &'a [Output],
    },
    /// It is skipped: nothing followed from it.
    Passed {
        /// Where it stands.
        at: &'a Placed,
        /// Its bytes, which may be no entry at all.
        body: &'a Bytes,
    },
}

/// Folds records into `central`; what it already has is passed over. No output leaves.
///
/// `skips` are those of the whole log, or of all that `central` does not have yet: see [`Skips::scan`].
///
/// # Errors
/// See [`Irreproducible`]; the state is then that of the last entry before it, or after a panic worthless.
pub fn refold(
    records: impl Iterator<Item = Result<Record, Damage>>,
    skips: &Skips,
    central: &mut Central,
) -> Result<Refolded, Irreproducible> {
    refold_seeing(records, skips, central, |_| {})
}

/// As [`refold`]; `see` is shown each entry with what followed from it, for a projection to fold it too.
///
/// # Errors
/// See [`Irreproducible`].
pub fn refold_seeing(
    records: impl Iterator<Item = Result<Record, Damage>>,
    skips: &Skips,
    central: &mut Central,
    mut see: impl FnMut(Step<'_>),
) -> Result<Refolded, Irreproducible> {
    let mut folded = Refolded::default();
    let mut uncompared = Uncompared::default();
    let mut records = records;
    while let Some(record) = records.next() {
        match record? {
            Record::Entry(kept) => {
                folded.reached(&kept);
                if kept.seq > central.last().0 {
                    match again(&kept, skips, central, &mut see) {
                        Ok(Some(decision)) => uncompared.note(kept.seq, decision.encode().into()),
                        Ok(None) => folded.skipped += 1,
                        Err(halt) => return Err(cannot(halt, records)),
                    }
                }
            }
            Record::Decided(decided) => folded.compared += uncompared.compare(&decided)?,
        }
    }
    Ok(folded)
}

/// Applies one entry again, and shows it; `None`: it is skipped.
fn again(
    kept: &journal::Entry,
    skips: &Skips,
    central: &mut Central,
    see: &mut impl FnMut(Step<'_>),
) -> Result<Option<Decision>, Halt> {
    let at = &placed(kept);
    let mut outputs = Vec::new();
    let mut meets = |at: &Placed, entry: &Entry| see(Step::Meets { at, entry });
    let Some((entry, decision)) = apply(central, skips, kept, &mut outputs, &mut meets)? else {
        see(Step::Passed { at, body: &kept.body });
        return Ok(None);
    };
    see(Step::Applied { at, entry: &entry, decision: &decision, outputs: &outputs });
    Ok(Some(decision))
}

/// An entry that may be skipped, unless its decision stands further on: then it was applied once, and
/// what came after was decided with it.
fn cannot(halt: Halt, rest: impl Iterator<Item = Result<Record, Damage>>) -> Irreproducible {
    let Some(Seq(seq)) = halt.may_skip() else { return halt.into() };
    for record in rest {
        match record {
            Ok(Record::Decided(decided)) if decided.seq == seq => {
                return Irreproducible::Undone { halt };
            }
            Ok(_) => {}
            Err(damage) => return damage.into(),
        }
    }
    halt.into()
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
