//! Where a fold begins, and the fold from there: the same at a start and for the next snapshot.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use central::Central;
use central::entry::{Act, Entry, Verb};
use central::output::Output;
use central::salvage::salvage;
use central::words::{KeyId, Seq};
use journal::{Damage, Pos, Record, Records, Unread};
use sequencer::{Irreproducible, Refolded, Skips, Step};

use super::folder;
use super::form::{Header, Unfit};
use crate::details::Details;
use crate::shell::keep_details;

/// What the log came to at one entry, for the central and for the shells.
#[derive(Debug)]
pub struct Folded {
    /// The state.
    pub central: Central,
    /// The signals of open alarms.
    pub details: Arc<Details>,
    /// The highest key any entry names.
    pub last_key: Option<KeyId>,
    /// The last entry.
    pub last: Refolded,
    /// Where the log keeps it.
    pub pos: Pos,
}

/// A whole snapshot.
#[derive(Debug)]
pub struct Base {
    /// What it says of itself.
    pub header: Header,
    /// What is in it.
    pub folded: Folded,
}

/// Why a log cannot be folded on from where a fold stands.
#[derive(Debug, thiserror::Error)]
pub enum CannotFold {
    /// An entry cannot be read or applied.
    #[error(transparent)]
    Fold(#[from] Irreproducible),
    /// Reading cannot begin.
    #[error(transparent)]
    Unread(#[from] Unread),
    /// What was before is trimmed away.
    #[error(
        "the log begins at entry {first} and no snapshot reaches it: put the folder {} back from the backup, or the entries before from the archive",
        folder::FOLDER
    )]
    Trimmed {
        /// The first entry still kept.
        first: u64,
    },
}

impl From<Damage> for CannotFold {
    fn from(damage: Damage) -> Self {
        Self::Fold(damage.into())
    }
}

impl Default for Folded {
    /// Before the first entry.
    fn default() -> Self {
        Self {
            central: Central::new(),
            details: Arc::default(),
            last_key: None,
            last: Refolded::default(),
            pos: Pos::START,
        }
    }
}

impl Folded {
    /// The last entry folded; 0 before the first.
    pub fn seq(&self) -> Seq {
        Seq(self.last.last_seq)
    }

    /// Folds records on, which begin at [`Folded::pos`] or before.
    ///
    /// # Errors
    /// See [`CannotFold`].
    pub fn on(
        self,
        records: impl Iterator<Item = Result<Record, Damage>>,
        skips: &Skips,
    ) -> Result<Self, CannotFold> {
        let Self { mut central, details, mut last_key, last, pos } = self;
        let pos = Cell::new(pos);
        let mut records = records
            .inspect(|record| {
                if let Ok(Record::Entry(kept)) = record {
                    pos.set(kept.pos);
                }
            })
            .peekable();
        if let Some(Ok(Record::Entry(kept))) = records.peek()
            && kept.seq > last.last_seq + 1
        {
            return Err(CannotFold::Trimmed { first: kept.seq });
        }
        let see = |step: Step<'_>| see(&details, &mut last_key, &step);
        let after = sequencer::refold_seeing(records, skips, &mut central, see)?;
        Ok(Self { central, details, last_key, last: joined(last, after), pos: pos.get() })
    }
}

/// What the shells keep of one entry.
fn see(details: &Details, last_key: &mut Option<KeyId>, step: &Step<'_>) {
    match step {
        Step::Meets { entry, .. } => crate::engine::meets(entry),
        Step::Passed { body, .. } => *last_key = (*last_key).max(salvage(body).key),
        Step::Applied { at, entry, outputs, .. } => {
            *last_key = (*last_key).max(key_in(entry));
            keep_details(details, at.seq, entry, outputs);
            for output in *outputs {
                if let Output::Gone(gone) = output {
                    details.forget(gone.alarm);
                }
            }
        }
    }
}

/// The highest key an entry names. No key that was ever used may be used again.
fn key_in(entry: &Entry) -> Option<KeyId> {
    let sealed = match entry {
        Entry::Signal(signal) => signal.sealed.as_ref(),
        Entry::Act(Act { verb: Verb::Close { note, .. }, .. }) => note.as_ref(),
        Entry::Disclosed(disclosed) => disclosed.reason.as_ref(),
        Entry::Person(person) => return Some(person.key),
        _ => None,
    };
    sealed.map(|sealed| sealed.key)
}

/// Records up to and with the entry `last`.
pub(super) fn up_to(
    mut records: impl Iterator<Item = Result<Record, Damage>>,
    last: Seq,
) -> impl Iterator<Item = Result<Record, Damage>> {
    let mut done = last == Seq(0);
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let record = records.next()?;
        done = matches!(&record, Ok(Record::Entry(kept)) if kept.seq >= last.0);
        Some(record)
    })
}

fn joined(before: Refolded, after: Refolded) -> Refolded {
    let mut boots = before.boots.clone();
    for (node, boot) in &after.boots {
        let known = boots.entry(*node).or_default();
        *known = (*known).max(*boot);
    }
    let compared = before.compared + after.compared;
    let skipped = before.skipped + after.skipped;
    let last = if after.last_seq == 0 { before } else { after };
    Refolded { boots, compared, skipped, ..last }
}

/// The newest snapshot that fits a log, or what is before the first entry. One that does not fit is said
/// and passed over: while the log is whole, a snapshot only saves time.
pub fn newest(
    data: &Path,
    log_id: [u8; 16],
    read: &dyn Fn(Pos) -> Result<Records, Unread>,
) -> Folded {
    let seqs = folder::found(data).unwrap_or_else(|why| {
        tracing::warn!(%why, "the snapshots cannot be looked for");
        Vec::new()
    });
    for seq in seqs {
        match fitting(data, seq, log_id, read) {
            Ok(base) => return base.folded,
            Err(why) => tracing::warn!(seq = seq.0, %why, "a snapshot is passed over"),
        }
    }
    Folded::default()
}

/// Where the fold of a log begins, and what it passes over from there.
///
/// # Errors
/// See [`CannotFold`].
pub fn begin(
    data: &Path,
    log_id: [u8; 16],
    read: &dyn Fn(Pos) -> Result<Records, Unread>,
) -> Result<(Folded, Skips), CannotFold> {
    let base = newest(data, log_id, read);
    let skips = Skips::scan(read(base.pos)?)?;
    if skips.first().is_none_or(|first| first > base.seq()) {
        return Ok((base, skips));
    }
    // What the snapshot has applied is skipped since: then it is the snapshot that is wrong.
    tracing::warn!(
        seq = base.seq().0,
        "a snapshot holds an entry that is skipped: it is passed over"
    );
    Ok((Folded::default(), Skips::scan(read(Pos::START)?)?))
}

/// One snapshot, if it is whole and the log holds the very entry it stands at.
///
/// # Errors
/// See [`Unfit`].
pub fn fitting(
    data: &Path,
    seq: Seq,
    log_id: [u8; 16],
    read: &dyn Fn(Pos) -> Result<Records, Unread>,
) -> Result<Base, Unfit> {
    let base = folder::read(&folder::file(data, seq))?;
    let header = &base.header;
    if header.seq != seq {
        return Err(Unfit::Disagrees);
    }
    if header.log_id != log_id {
        return Err(Unfit::OtherLog);
    }
    let other = |why: String| Unfit::OtherChain(seq.0, why);
    let first = read(header.pos).map_err(|why| other(why.to_string()))?.next();
    match first {
        Some(Ok(Record::Entry(kept))) if kept.seq == seq.0 && kept.hash == header.head => Ok(base),
        Some(Ok(_)) => Err(other("another one stands in its place".to_owned())),
        Some(Err(damage)) => Err(other(damage.to_string())),
        None => Err(other("it ends before".to_owned())),
    }
}
