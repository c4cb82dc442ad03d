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

pub(super) struct Judge {
    central: Central,
    records: Records,
}

impl Judge {
    /// `None`: the log cannot be read from its first entry.
    pub(super) fn open(log: &Path) -> Option<Self> {
        let records = Reader::open(log).ok()?.from(Pos::START).ok()?;
        Some(Self { central: Central::new(), records })
    }

    /// What is decided about an entry not yet passed; `None`: it cannot be told.
    pub(super) fn decide(&mut self, seq: u64) -> Option<Decision> {
        while self.central.last().0 < seq {
            let Record::Entry(kept) = self.records.next()?.ok()? else { continue };
            let entry = Entry::decode(&kept.body).ok()?;
            let at = Placed { seq: Seq(kept.seq), moment: Moment(kept.moment), head: kept.hash };
            let central = AssertUnwindSafe(&mut self.central);
            let applied = catch_unwind(move || {
                let central = central;
                central.0.apply(&at, &entry, &mut Vec::new())
            });
            let decision = applied.ok()?.ok()?;
            if kept.seq == seq {
                return Some(decision);
            }
        }
        None
    }
}
