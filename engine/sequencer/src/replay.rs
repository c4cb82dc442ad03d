//! A replay: a part of history decided again, by the rules it was decided by or by others, and held against
//! what was decided then.

use std::collections::VecDeque;

use bytes::Bytes;
use central::entry::Entry;
use central::output::Output;
use central::words::{Moment, Seq};
use central::{Central, Decision, Placed};
use journal::{Damage, Record};

use crate::limits::UNCOMPARED;
use crate::refold::Irreproducible;
use crate::sequencer::{apply, placed};
use crate::{Halt, Skips};

/// Which entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// By Seq, both included.
    Seqs {
        /// The first.
        from: Seq,
        /// The last.
        to: Seq,
    },
    /// By Moment, the last not included.
    Moments {
        /// From here on.
        from: Moment,
        /// Before this.
        until: Moment,
    },
}

impl Range {
    fn is_before(&self, at: &Placed) -> bool {
        match self {
            Self::Seqs { to, .. } => *to < at.seq,
            Self::Moments { until, .. } => *until <= at.moment,
        }
    }

    fn begins_by(&self, at: &Placed) -> bool {
        match self {
            Self::Seqs { from, .. } => *from <= at.seq,
            Self::Moments { from, .. } => *from <= at.moment,
        }
    }
}

/// One decision that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// About which entry.
    pub seq: Seq,
    /// The entry's name.
    pub what: &'static str,
    /// What was decided; `None`: by a decision this version cannot read.
    pub was: Option<Decision>,
    /// What is decided now.
    pub would_be: Decision,
    /// Whether `was` stands in the log; else it is what the log's own rules come to.
    pub framed: bool,
}

/// What a replay came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Entries of the range that were decided; skipped ones are not.
    pub entries: u64,
    /// Of them, compared with the frame beside them.
    pub compared: u64,
    /// Of them, without a frame: the engine ended before it was written.
    pub without_frame: u64,
    /// Decisions that differ.
    pub differing: u64,
}

/// Folds `own` on up to a range, then decides it again and compares. Under `rules` other than the log's own, the range
/// is decided by them from its first entry on, whatever the log says of rules; what they would have kept from before it they do not know.
/// A difference is told in the order in which it is certain.
///
/// # Errors
/// See [`Irreproducible`]: a damaged log, or an entry that cannot be applied.
pub fn replay(
    records: impl Iterator<Item = Result<Record, Damage>>,
    skips: &Skips,
    range: Range,
    rules: Option<u32>,
    mut own: Central,
    mut tell: impl FnMut(Difference),
) -> Result<Replayed, Irreproducible> {
    let mut other: Option<Central> = None;
    let mut book = Book::default();
    let mut outputs = Vec::new();
    for record in records {
        let kept = match record? {
            Record::Decided(decided) => {
                book.framed(Seq(decided.seq), &decided.body, &mut tell);
                continue;
            }
            Record::Entry(kept) => kept,
        };
        let at = placed(&kept);
        if at.seq <= own.last() {
            continue;
        }
        let settled = book.settled(kept.seq, &mut tell);
        if range.is_before(&at) {
            // Only the last frames are still read for.
            if settled {
                break;
            }
            continue;
        }
        if let (Some(rules), None, true) = (rules, &other, range.begins_by(&at)) {
            let mut begun = own.clone();
            begun.decide_by(rules).map_err(|why| Halt::Refused { seq: kept.seq, why })?;
            other = Some(begun);
        }
        outputs.clear();
        let Some((entry, decision)) = apply(&mut own, skips, &kept, &mut outputs, &mut |_, _| {})?
        else {
            if let Some(other) = &mut other {
                other.pass_over(&at).map_err(|why| Halt::Refused { seq: kept.seq, why })?;
            }
            continue;
        };
        if !range.begins_by(&at) {
            continue;
        }
        let would_be = match &mut other {
            None => decision.clone(),
            Some(other) => under(other, skips, &kept, &entry, &mut outputs)?,
        };
        book.wait(Waits { seq: at.seq, what: entry.name(), by_log: decision, would_be });
    }
    book.close(&mut tell);
    Ok(book.replayed)
}

/// What other rules decide about an entry. What a log says of its rules is not theirs to follow.
fn under(
    other: &mut Central,
    skips: &Skips,
    kept: &journal::Entry,
    entry: &Entry,
    outputs: &mut Vec<Output>,
) -> Result<Decision, Halt> {
    let rules = other.rules();
    outputs.clear();
    let applied = apply(other, skips, kept, outputs, &mut |_, _| {})?;
    if matches!(entry, Entry::Genesis(_) | Entry::Rules(_)) {
        other.decide_by(rules).map_err(|why| Halt::Refused { seq: kept.seq, why })?;
    }
    Ok(applied.map_or(Decision::Void, |(_, decision)| decision))
}

/// A decision made again whose frame has not come yet.
struct Waits {
    seq: Seq,
    what: &'static str,
    by_log: Decision,
    would_be: Decision,
}

#[derive(Default)]
struct Book {
    waiting: VecDeque<Waits>,
    replayed: Replayed,
}

impl Book {
    fn wait(&mut self, waits: Waits) {
        self.replayed.entries += 1;
        self.waiting.push_back(waits);
    }

    /// The frame of an entry has come. Frames come in the order of their entries: the ones passed have none.
    fn framed(&mut self, seq: Seq, body: &Bytes, tell: &mut impl FnMut(Difference)) {
        let Ok(at) = self.waiting.binary_search_by_key(&seq, |waits| waits.seq) else { return };
        let Some(waits) = self.waiting.remove(at) else { return };
        self.replayed.compared += 1;
        if *body != waits.would_be.encode() {
            let was = Decision::decode(body).ok();
            self.differs(waits, was, true, tell);
        }
    }

    /// Whether nothing waits for its frame by this entry; what is older than any batch under way has none.
    fn settled(&mut self, seq: u64, tell: &mut impl FnMut(Difference)) -> bool {
        while let Some(oldest) = self.waiting.front()
            && seq.saturating_sub(oldest.seq.0) > UNCOMPARED as u64
        {
            self.frameless(tell);
        }
        self.waiting.is_empty()
    }

    fn close(&mut self, tell: &mut impl FnMut(Difference)) {
        while !self.waiting.is_empty() {
            self.frameless(tell);
        }
    }

    fn frameless(&mut self, tell: &mut impl FnMut(Difference)) {
        let Some(waits) = self.waiting.pop_front() else { return };
        self.replayed.without_frame += 1;
        if waits.by_log != waits.would_be {
            let was = Some(waits.by_log.clone());
            self.differs(waits, was, false, tell);
        }
    }

    fn differs(
        &mut self,
        waits: Waits,
        was: Option<Decision>,
        framed: bool,
        tell: &mut impl FnMut(Difference),
    ) {
        self.replayed.differing += 1;
        let Waits { seq, what, would_be, .. } = waits;
        tell(Difference { seq, what, was, would_be, framed });
    }
}
