//! What was decided about entries whose decision is not beside them: a fold of the room's own.
//!
//! After a crash the last group of a log has no decisions. A [`Judge`] folds the log from its beginning up to
//! such an entry; it only goes forward, so that a whole rebuild costs at most one more fold.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use central::entry::Entry;
use central::words::{Moment, Seq};
use central::{Central, Decision, Placed};
use journal::embedded::Reader;
use journal::{Pos, Record, Records};
use sequencer::Skips;

/// What a [`Judge`] says.
pub(super) enum Judged {
    Decided(Decision),
    /// Every fold passes it over.
    Skipped,
    /// It cannot be told, and this judge is of no more use.
    Untold,
}

pub(super) struct Judge {
    central: Central,
    records: Records,
    skips: Skips,
}

impl Judge {
    /// `None`: the log cannot be read from its first entry.
    pub(super) fn open(log: &Path) -> Option<Self> {
        let reader = Reader::open(log).ok()?;
        let skips = Skips::scan(reader.from(Pos::START).ok()?).ok()?;
        let records = reader.from(Pos::START).ok()?;
        Some(Self { central: Central::new(), records, skips })
    }

    /// What is decided about an entry not yet passed.
    pub(super) fn decide(&mut self, seq: u64) -> Judged {
        self.fold_to(seq).unwrap_or(Judged::Untold)
    }

    fn fold_to(&mut self, seq: u64) -> Option<Judged> {
        while self.central.last().0 < seq {
            let Record::Entry(kept) = self.records.next()?.ok()? else { continue };
            let at = Placed { seq: Seq(kept.seq), moment: Moment(kept.moment), head: kept.hash };
            let judged = if self.skips.contains(at.seq) {
                self.central.pass_over(&at).ok()?;
                Judged::Skipped
            } else {
                let entry = Entry::decode(&kept.body).ok()?;
                let central = AssertUnwindSafe(&mut self.central);
                let applied = catch_unwind(move || {
                    let central = central;
                    central.0.apply(&at, &entry, &mut Vec::new())
                });
                Judged::Decided(applied.ok()?.ok()?)
            };
            if kept.seq == seq {
                return Some(judged);
            }
        }
        None
    }
}
