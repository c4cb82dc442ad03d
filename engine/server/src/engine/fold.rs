//! The fold at a start: history is applied again, and what cannot be applied is passed over.

use central::Central;
use central::entry::{Act, Entry, Verb};
use central::output::Output;
use central::salvage::salvage;
use central::words::{KeyId, Seq};
use journal::embedded::Embedded;
use journal::{Log, Pos, Records};
use sequencer::{Halt, Irreproducible, Refolded, Skips, Step};

use super::StartError;
use super::skip::meets;
use crate::details::Details;
use crate::limits::SKIPS;
use crate::shell::keep_details;

/// What a log says.
pub(super) struct Folded {
    /// The fold of everything in it.
    pub central: Central,
    /// Where it ended.
    pub last: Refolded,
    /// The highest key any entry names.
    pub last_key: Option<KeyId>,
    /// What was passed over.
    pub skips: Skips,
    /// Of that, what the log does not yet say is skipped, and why it could not be applied.
    pub unapplied: Vec<(Seq, Halt)>,
}

/// Folds the whole log. The state after a panic is worthless, so each entry that cannot be applied begins
/// the fold anew without it.
pub(super) fn fold(log: &Embedded, details: &Details) -> Result<Folded, StartError> {
    let mut skips = Skips::scan(read(log)?).map_err(cannot)?;
    let mut unapplied = Vec::new();
    loop {
        let halt = match fold_once(read(log)?, details, &skips) {
            Ok((central, last, last_key)) => {
                return Ok(Folded { central, last, last_key, skips, unapplied });
            }
            Err(Irreproducible::Halt(halt)) => halt,
            Err(why) => return Err(cannot(why)),
        };
        let Some(seq) = halt.may_skip() else { return Err(cannot(halt)) };
        if unapplied.len() == SKIPS || !skips.insert(seq) {
            return Err(StartError::Fold(format!(
                "{} entries cannot be applied, the last one: {halt}; that many are not passed over: start the version that wrote them",
                unapplied.len() + 1
            )));
        }
        tracing::error!(seq = seq.0, %halt, "an entry is passed over and shown to operators");
        unapplied.push((seq, halt));
    }
}

type FoldedOnce = (Central, Refolded, Option<KeyId>);

fn fold_once(
    records: Records,
    details: &Details,
    skips: &Skips,
) -> Result<FoldedOnce, Irreproducible> {
    let mut central = Central::new();
    let mut last_key = None;
    details.clear();
    let see = |step: Step<'_>| match step {
        Step::Meets { entry, .. } => meets(entry),
        Step::Passed { body, .. } => last_key = last_key.max(salvage(body).key),
        Step::Applied { at, entry, outputs, .. } => {
            last_key = last_key.max(key_in(entry));
            keep_details(details, at.seq, entry, outputs);
            for output in outputs {
                if let Output::Gone(gone) = output {
                    details.forget(gone.alarm);
                }
            }
        }
    };
    let last = sequencer::refold_seeing(records, skips, &mut central, see)?;
    Ok((central, last, last_key))
}

fn read(log: &Embedded) -> Result<Records, StartError> {
    log.read(Pos::START).map_err(cannot)
}

fn cannot(why: impl std::fmt::Display) -> StartError {
    StartError::Fold(why.to_string())
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
