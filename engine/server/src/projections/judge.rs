//! What was decided about entries whose decision is not beside them: a fold of the room's own.
//!
//! After a crash the last group of a log has no decisions. A [`Judge`] folds the log from its beginning up to
//! such an entry; it only goes forward, so that a whole rebuild costs at most one more fold.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use central::entry::Entry;
use central::words::{Moment, Seq};
use central::{Central, Decision, Placed};
use journal::{Pos, Record, Records};
use sequencer::Skips;

use super::{Trouble, source};

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
    stop: Arc<AtomicBool>,
    /// Read, not folded yet.
    first: Option<journal::Entry>,
}

impl Judge {
    /// `None`: the log no longer has its first entry, so that nothing can be decided from it.
    pub(super) fn open(log: &Path, stop: &Arc<AtomicBool>) -> Result<Option<Self>, Trouble> {
        let reader = source::open(log)?;
        let skips = match reader.from(Pos::START) {
            Ok(records) => Skips::scan(records)?,
            Err(why) => return Err(why.into()),
        };
        let records = reader.from(Pos::START)?;
        let mut judge =
            Self { central: Central::new(), records, skips, stop: Arc::clone(stop), first: None };
        let whole = judge.next()?.is_some_and(|kept| {
            let first = kept.seq == 1;
            judge.first = Some(kept);
            first
        });
        Ok(whole.then_some(judge))
    }

    /// What is decided about an entry not yet passed.
    pub(super) fn decide(&mut self, seq: u64) -> Result<Judged, Trouble> {
        while self.central.last().0 < seq {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Trouble::Stop);
            }
            let kept = match self.first.take() {
                Some(kept) => Some(kept),
                None => self.next()?,
            };
            let Some(kept) = kept else { return Ok(Judged::Untold) };
            let judged = self.fold(&kept).unwrap_or(Judged::Untold);
            if kept.seq == seq || matches!(judged, Judged::Untold) {
                return Ok(judged);
            }
        }
        Ok(Judged::Untold)
    }

    fn next(&mut self) -> Result<Option<journal::Entry>, Trouble> {
        for record in self.records.by_ref() {
            if let Record::Entry(kept) = record? {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }

    /// `None`: it cannot be applied, and the state is worthless.
    fn fold(&mut self, kept: &journal::Entry) -> Option<Judged> {
        let at = Placed { seq: Seq(kept.seq), moment: Moment(kept.moment), head: kept.hash };
        if self.skips.contains(at.seq) {
            self.central.pass_over(&at).ok()?;
            return Some(Judged::Skipped);
        }
        let entry = Entry::decode(&kept.body).ok()?;
        let central = AssertUnwindSafe(&mut self.central);
        let applied = catch_unwind(move || {
            let central = central;
            central.0.apply(&at, &entry, &mut Vec::new())
        });
        Some(Judged::Decided(applied.ok()?.ok()?))
    }
}
