//! The fold at a start: the tail after a snapshot, or the whole log, and what cannot be applied is passed over.

use std::path::Path;

use central::words::Seq;
use journal::Log;
use journal::embedded::Embedded;
use sequencer::{Halt, Irreproducible, Skips};

use super::StartError;
use crate::limits::SKIPS;
use crate::snapshots::{self, CannotFold, Folded};

/// What a log says.
pub(super) struct Told {
    /// The fold of everything in it.
    pub folded: Folded,
    /// The snapshot it began from; 0: from the first entry.
    pub from: Seq,
    /// What was passed over after that.
    pub skips: Skips,
    /// Of that, what the log does not yet say is skipped, and why it could not be applied.
    pub unapplied: Vec<(Seq, Halt)>,
}

/// Folds a log. The state after a panic is worthless, so each entry that cannot be applied begins the fold
/// anew without it.
pub(super) fn fold(log: &Embedded, data: &Path) -> Result<Told, StartError> {
    let read = |pos| log.read(pos);
    let mut unapplied = Vec::new();
    loop {
        let (base, mut skips) = snapshots::begin(data, log.log_id(), &read).map_err(cannot)?;
        for (seq, _) in &unapplied {
            skips.insert(*seq);
        }
        let from = base.seq();
        let records = read(base.pos).map_err(cannot)?;
        let halt = match base.on(records, &skips) {
            Ok(folded) => return Ok(Told { folded, from, skips, unapplied }),
            Err(CannotFold::Fold(Irreproducible::Halt(halt))) => halt,
            Err(why) => return Err(cannot(why)),
        };
        let Some(seq) = halt.may_skip() else { return Err(cannot(halt)) };
        if unapplied.len() == SKIPS || skips.contains(seq) {
            return Err(StartError::Fold(format!(
                "{} entries cannot be applied, the last one: {halt}; that many are not passed over: start the version that wrote them",
                unapplied.len() + 1
            )));
        }
        tracing::error!(seq = seq.0, %halt, "an entry is passed over and shown to operators");
        unapplied.push((seq, halt));
    }
}

fn cannot(why: impl std::fmt::Display) -> StartError {
    StartError::Fold(why.to_string())
}
