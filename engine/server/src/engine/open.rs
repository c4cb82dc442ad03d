//! Before anything is served: the folder, the log, what it says, and whether this start may go on from it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use central::entry::{Entry, Genesis, Purpose};
use central::words::{KeyId, Moment, Seq};
use central::{Central, RULES};
use journal::embedded::{self, Embedded, Options};
use journal::{Batch, Draft, Event, Health, Log};
use sequencer::{Refolded, Skips};

use super::fold::{Told, fold};
use super::skip;
use crate::addresses::purpose_name;
use crate::clock::wall;
use crate::details::Details;
use crate::limits::{BEGIN_WAITS, BEGIN_WAITS_FULL, CLOCK_GAP};
use crate::snapshots::Folded;

/// This engine's node number; one machine is node 0.
pub const NODE: u16 = 0;
/// Where the log lives below the data folder.
pub const LOG: &str = "log";

/// Why an engine cannot start: one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error("cannot use the data folder {}: {why}; name another with --data or mend its rights", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// The log.
    #[error(transparent)]
    Log(#[from] embedded::OpenError),
    /// The log cannot be folded.
    #[error("{0}")]
    Fold(String),
    /// Another kind of log.
    #[error("the folder {} holds a {found} log, not a {wanted} one; name another folder with --data", folder.display())]
    Purpose {
        /// Which.
        folder: PathBuf,
        /// What it is.
        found: &'static str,
        /// What was asked for.
        wanted: &'static str,
    },
    /// The clock.
    #[error(
        "the machine's clock is {0} the log's last entry; set the clock, or start with --accept-clock if it is right"
    )]
    Clock(String),
    /// A port.
    #[error(
        "cannot listen for {what} on {address}: {why}; free the port or set listen.{what} in the configuration (port 0 picks one)"
    )]
    Listen {
        /// Which listener.
        what: &'static str,
        /// Where.
        address: std::net::SocketAddr,
        /// Why.
        why: std::io::Error,
    },
    /// Keys, certificates, configuration, threads.
    #[error("{0}")]
    Other(String),
}

/// An open log and what it says.
pub(crate) struct Opened {
    /// Ready to propose to.
    pub log: Embedded,
    /// The fold of everything in it.
    pub central: Central,
    /// Where it ended.
    pub last: Refolded,
    /// The signals of open alarms.
    pub details: Arc<Details>,
    /// The highest key any entry names.
    pub last_key: Option<KeyId>,
    /// What is passed over.
    pub skips: Skips,
    /// The snapshot the fold began from; 0: from the first entry.
    pub from: Seq,
    /// What is wrong with the clock, where it was accepted all the same.
    pub accepted_clock: Option<String>,
}

/// What the caller asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// What the log must be, or becomes; `None`: a log that is there, whatever it is, and none is made.
    pub purpose: Option<Purpose>,
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// A second disk.
    pub mirror: Option<&'a embedded::Mirror>,
    /// Go on although the clock is before the last entry or more than [`CLOCK_GAP`] after it.
    pub accept_clock: bool,
}

/// Makes the folder if it is not there, readable by its owner alone.
pub(super) fn make_folder(folder: &Path) -> Result<(), StartError> {
    let wrong = |why| StartError::Folder { folder: folder.to_owned(), why };
    make_private(folder).map_err(wrong)?;
    // Asked now, so that an unwritable folder is one clear sentence and not a later surprise.
    let probe = folder.join(".writable");
    std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(probe)).map_err(wrong)
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Opens the log, folds it, and checks that it is the log that was asked for.
pub(crate) fn open(wanted: &Wanted<'_>, wake: journal::Wake) -> Result<Opened, StartError> {
    make_folder(wanted.data)?;
    let mut options = Options::new(wanted.data.join(LOG), wake);
    options.segment_bytes = wanted.segment_bytes;
    if let Some(mirror) = wanted.mirror {
        options.disk = Arc::new(mirror.clone());
    }
    // Where there are keys there was a log: one that is gone now is not begun anew.
    if wanted.purpose.is_some() && !wanted.data.join(super::KEYS).exists() {
        options.create = Some(random_id()?);
        // The data folder may be one that others may look into; the log is not for them.
        let wrong = |why| StartError::Folder { folder: options.dir.clone(), why };
        make_private(&options.dir).map_err(wrong)?;
    }
    let mut log = embedded::open(&options)?;
    let mut told = fold(&log, wanted.data)?;
    if let Some(purpose) = wanted.purpose
        && told.folded.last.last_seq < 2
    {
        begin(&mut log, purpose, &told.folded.last)?;
        told = fold(&log, wanted.data)?;
    }
    check_purpose(wanted, &told.folded.central)?;
    let clock = check_clock(Moment(told.folded.last.moment), wall());
    let accepted_clock = match clock {
        Err(why) if wanted.accept_clock => Some(why.to_string()),
        checked => checked.map(|()| None)?,
    };
    if !told.unapplied.is_empty() {
        skip::write(&mut log, wanted.data, &told)?;
        told = fold(&log, wanted.data)?;
    }
    let Told { folded, skips, from, .. } = told;
    let Folded { central, details, last_key, last, .. } = folded;
    Ok(Opened { log, central, last, details, last_key, skips, from, accepted_clock })
}

fn random_id() -> Result<[u8; 16], StartError> {
    let mut id = [0; 16];
    let made =
        getrandom::fill(&mut id).map_err(|why| format!("the system gives no random bytes: {why}"));
    made.map(|()| id).map_err(StartError::Other)
}

/// Writes the first two entries of a new log and waits until they are durable.
fn begin(log: &mut Embedded, purpose: Purpose, last: &Refolded) -> Result<(), StartError> {
    let log_id = log.log_id();
    let moment = wall();
    let draft = |entry: Entry| Draft { moment, body: Bytes::from(entry.encode()) };
    let mut entries =
        vec![draft(Entry::Genesis(Genesis { purpose, log_id })), draft(Entry::Rules(RULES))];
    // A log torn in its very first write may hold the one and not the other.
    entries.drain(..last.last_seq as usize);
    let batch =
        Batch { node: NODE, boot: last.next_boot(NODE), n: 1, entries, decided: Vec::new() };
    put(log, batch)
}

/// Proposes to a log that nobody else uses, and waits until it is durable.
pub(super) fn put(log: &mut Embedded, batch: Batch) -> Result<(), StartError> {
    let wanted = batch.entries.len();
    log.propose(batch)
        .map_err(|_| StartError::Fold("the log takes no entries; is the disk full?".to_owned()))?;
    let mut durable = 0;
    let mut until = Instant::now() + BEGIN_WAITS;
    while Instant::now() < until {
        match log.poll() {
            Some(Event::Entry(_)) => durable += 1,
            Some(Event::Health(Health::Stopped)) => break,
            // What has room already may still come; more room would have to be made by someone.
            Some(Event::Health(Health::Low { .. } | Health::Full)) => {
                until = until.min(Instant::now() + BEGIN_WAITS_FULL);
            }
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
        if durable == wanted {
            return Ok(());
        }
    }
    Err(StartError::Fold(
        "the disk did not keep the entries this start begins with; see that it works and has room, and start again"
            .to_owned(),
    ))
}

fn check_purpose(wanted: &Wanted<'_>, central: &Central) -> Result<(), StartError> {
    match (central.purpose(), wanted.purpose) {
        (Some(_), None) => Ok(()),
        (Some(found), Some(asked)) if found == asked => Ok(()),
        (Some(found), Some(asked)) => Err(StartError::Purpose {
            folder: wanted.data.to_owned(),
            found: purpose_name(found),
            wanted: purpose_name(asked),
        }),
        (None, _) => Err(StartError::Fold(
            "the log does not begin with a genesis entry; it is not Varde's".to_owned(),
        )),
    }
}

fn check_clock(last: Moment, wall: u64) -> Result<(), StartError> {
    if wall < last.0 {
        let behind = Duration::from_nanos(last.0 - wall);
        // A clock that a time service corrects by less than a step is slewed, not refused.
        return if behind > Duration::from_nanos(crate::limits::CLOCK_STEP) {
            Err(StartError::Clock(format!("{} s before", behind.as_secs())))
        } else {
            Ok(())
        };
    }
    let ahead = Duration::from_nanos(wall - last.0);
    if ahead > CLOCK_GAP {
        return Err(StartError::Clock(format!("{} h after", ahead.as_secs() / 3_600)));
    }
    Ok(())
}

/// The wake-up the log is given.
pub(crate) fn wake_by(waker: lanes::Waker) -> journal::Wake {
    Arc::new(move || waker.wake())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600 * 1_000_000_000;

    #[test]
    fn a_new_log_is_its_owners_alone_in_a_folder_that_others_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), mode).unwrap();
        let wanted = Wanted {
            data: folder.path(),
            purpose: Some(Purpose::LoadTest),
            segment_bytes: 1 << 20,
            mirror: None,
            accept_clock: false,
        };
        let opened = open(&wanted, Arc::new(|| {})).unwrap();
        assert_eq!(opened.last.last_seq, 2);
        let log = std::fs::metadata(folder.path().join(LOG)).unwrap();
        assert_eq!(log.permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_clock_before_the_last_entry_or_far_after_it_is_refused() {
        let last = Moment(1_000_000 * HOUR);
        assert!(check_clock(last, last.0).is_ok());
        assert!(check_clock(last, last.0 + 47 * HOUR).is_ok());
        assert!(check_clock(last, last.0 - HOUR / 7_200).is_ok());
        assert!(
            check_clock(last, last.0 - HOUR).unwrap_err().to_string().contains("3600 s before")
        );
        assert!(
            check_clock(last, last.0 + 49 * HOUR).unwrap_err().to_string().contains("49 h after")
        );
    }
}
