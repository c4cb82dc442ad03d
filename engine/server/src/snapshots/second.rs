//! The second fold: reads the log again, and becomes a snapshot only where it agrees with the live state.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use central::words::Seq;
use journal::embedded::{OpenError, Reader};
use journal::{Damage, Pos, Record, Records, Unread};

use super::base::{CannotFold, Folded, begin, up_to};
use super::folder;
use super::form::{Header, Unfit};
use crate::engine::LOG;
use crate::ops::EngineState;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    /// The two folds of one log disagree: a defect, or memory that does not hold what it was given.
    #[error(
        "the log folded again comes to another state at entry {}: restart from the log (a start folds it anew), run `varde verify`, and report it",
        .0.0
    )]
    Differs(Seq),
    /// The log cannot be read that far.
    #[error("the log cannot be read up to entry {}, only to {}", live.0, read.0)]
    Short {
        /// Where the live state is.
        live: Seq,
        /// Where the reading ended.
        read: Seq,
    },
    /// The log cannot be opened for reading.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The log cannot be folded.
    #[error(transparent)]
    Fold(#[from] CannotFold),
    /// The snapshot cannot be written, or was not what was written.
    #[error("the snapshot cannot be written: {0}")]
    Write(#[from] Unfit),
    /// The live state was not told in time.
    #[error("the live state was not told in time")]
    Unanswered,
    /// The engine stops.
    #[error("the engine stops")]
    Stopped,
    /// A defect in here.
    #[error("the second fold panicked")]
    Panicked,
}

impl Failed {
    /// Whether operators must know: something is wrong that is not want of room or time.
    pub(super) fn is_grave(&self) -> bool {
        matches!(
            self,
            Self::Differs(_) | Self::Fold(_) | Self::Panicked | Self::Write(Unfit::Checksum)
        )
    }
}

/// Folds the log up to where the live state is, compares, and writes the snapshot.
pub(super) fn write(
    data: &Path,
    live: &EngineState,
    stop: &Arc<AtomicBool>,
) -> Result<Header, Failed> {
    let reader = Reader::open(&data.join(LOG))?;
    let read = |pos: Pos| -> Result<Records, Unread> {
        let stop = Arc::clone(stop);
        let going = move |_: &Result<Record, Damage>| !stop.load(Ordering::Relaxed);
        Ok(Box::new(up_to(reader.from(pos)?, live.seq).take_while(going)))
    };
    let (base, skips) = begin(data, reader.log_id(), &read)?;
    let records = read(base.pos).map_err(CannotFold::from)?;
    let folded = base.on(records, &skips)?;
    if stop.load(Ordering::Acquire) {
        return Err(Failed::Stopped);
    }
    if folded.seq() != live.seq {
        return Err(Failed::Short { live: live.seq, read: folded.seq() });
    }
    let header = header(&folded, reader.log_id());
    if header.head != live.head || header.state_hash != live.state_hash {
        return Err(Failed::Differs(live.seq));
    }
    folder::write(data, &header, folded)?;
    Ok(header)
}

pub(super) fn header(folded: &Folded, log_id: [u8; 16]) -> Header {
    Header {
        rules: folded.central.rules(),
        log_id,
        seq: folded.seq(),
        moment: central::words::Moment(folded.last.moment),
        pos: folded.pos,
        head: folded.last.head,
        state_hash: folded.central.digest(),
    }
}
