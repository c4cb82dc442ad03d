//! Folding a whole log, and checking each snapshot against it on the way.

use std::path::Path;

use central::words::Seq;
use journal::embedded::Reader;
use journal::{Pos, Record, Records, Unread};
use sequencer::Skips;

use super::base::{CannotFold, Folded, fitting, up_to};
use super::folder;
use super::form::Header;
use crate::engine::LOG;
use crate::limits::SNAPSHOTS_KEPT;

/// A log folded, and what became of its snapshots.
#[derive(Debug)]
pub struct Checked {
    /// The fold of everything.
    pub folded: Folded,
    /// Where it began: 0, or the snapshot that a trimmed log begins from, of which no more is known than
    /// that it is whole.
    pub from: Seq,
    /// Snapshots that the log folds to.
    pub good: Vec<Seq>,
    /// What is wrong with the others, a sentence each.
    pub bad: Vec<String>,
}

/// Folds a log up to and with the entry `until`.
///
/// # Errors
/// The log cannot be folded; what is wrong with a snapshot is no error here.
pub fn check(
    data: &Path,
    log_id: [u8; 16],
    read: &dyn Fn(Pos) -> Result<Records, Unread>,
    until: Seq,
) -> Result<Checked, CannotFold> {
    let (due, bad) = snapshots(data, log_id, read);
    let trimmed = is_trimmed(read(Pos::START)?);
    let oldest = due.first().filter(|_| trimmed).map(|header| header.seq);
    let oldest = oldest.and_then(|seq| fitting(data, seq, log_id, read).ok());
    let folded = oldest.map_or_else(Folded::default, |base| base.folded);
    let skips = Skips::scan(up_to(read(folded.pos)?, until))?;
    let from = folded.seq();
    let mut checked = Checked { folded, from, good: Vec::new(), bad };
    for header in due.iter().filter(|header| header.seq > from && header.seq <= until) {
        checked = checked.on(read, &skips, header.seq)?;
        if checked.folded.central.digest() == header.state_hash {
            checked.good.push(header.seq);
        } else {
            let seq = header.seq.0;
            checked.bad.push(format!("snapshot {seq}: the log folds to another state there"));
        }
    }
    checked.on(read, &skips, until)
}

impl Checked {
    fn on(
        self,
        read: &dyn Fn(Pos) -> Result<Records, Unread>,
        skips: &Skips,
        until: Seq,
    ) -> Result<Self, CannotFold> {
        let records = up_to(read(self.folded.pos)?, until);
        Ok(Self { folded: self.folded.on(records, skips)?, ..self })
    }
}

/// The entry from which on a start needs the log: where the oldest snapshot stands, if as many as are kept all
/// fit, so that one that goes bad later is not the end. `None`: it needs the whole log. Nothing else may be
/// let go of.
pub fn needed_from(data: &Path) -> Option<Seq> {
    let reader = Reader::open(&data.join(LOG)).ok()?;
    let seqs = folder::found(data).ok()?;
    let fits = |seq: &Seq| fitting(data, *seq, reader.log_id(), &|pos| reader.from(pos)).is_ok();
    let all = seqs.len() >= SNAPSHOTS_KEPT && seqs.iter().all(fits);
    seqs.last().copied().filter(|_| all)
}

/// Those that fit, oldest first, and what is wrong with the others.
fn snapshots(
    data: &Path,
    log_id: [u8; 16],
    read: &dyn Fn(Pos) -> Result<Records, Unread>,
) -> (Vec<Header>, Vec<String>) {
    let (mut due, mut bad) = (Vec::new(), Vec::new());
    let found = folder::found(data);
    for seq in found.as_deref().unwrap_or_default().iter().rev() {
        match fitting(data, *seq, log_id, read) {
            Ok(base) => due.push(base.header),
            Err(why) => bad.push(format!("snapshot {}: {why}", seq.0)),
        }
    }
    if let Err(why) = found {
        bad.push(format!("the snapshots cannot be looked for: {why}"));
    }
    (due, bad)
}

fn is_trimmed(mut records: Records) -> bool {
    matches!(records.next(), Some(Ok(Record::Entry(kept))) if kept.seq > 1)
}
