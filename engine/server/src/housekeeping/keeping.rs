//! Old segments: to the archive, then out of the log, and thinned by class when their time is over.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use central::entry::{Act, Entry, Sealed, Verb};
use central::kind::Class;
use central::words::KeyId;
use journal::embedded::{self, Kept, Policy, Reader, Trimmer};
use journal::{Pos, Record};

use crate::config::Retention;
use crate::engine::{KEYS, LOG};
use crate::keys::Keys;
use crate::snapshots;

const DAY: u64 = 86_400_000_000_000;
/// In the folder of the keys: those of thinned signals that are still to be erased.
const OWED: &str = "over";

/// What is kept where, and for how long.
pub(crate) struct Keeping {
    /// The data folder.
    pub(crate) data: PathBuf,
    /// Where segments go.
    pub(crate) archive: PathBuf,
    /// Days they stay in the log.
    pub(crate) days: u32,
    /// Days they stay whole in the archive.
    pub(crate) retention: Retention,
    /// Tells the log what may go.
    pub(crate) trimmer: Trimmer,
    /// There is a mirror: the log keeps everything, and is copied to the archive all the same.
    pub(crate) mirrored: bool,
    /// For the keys of what goes.
    pub(crate) keys: Arc<Keys>,
}

impl Keeping {
    /// Does what is due at this Moment, of the engine's clock: a wall clock that jumps ten years must not empty the archive. What fails is said, and tried again the next time:
    /// until then the log keeps everything.
    pub(super) fn round(&self, now: u64) {
        if let Err(why) = self.archive(now).and_then(|()| self.thin(now)) {
            tracing::error!(%why, "the log's old segments stay where they are");
        }
    }

    fn archive(&self, now: u64) -> Result<(), String> {
        if !self.archive.is_dir() {
            // Never made here: it might be the place where a disk is to be mounted.
            return Err(format!(
                "log.archive is {}, which is no folder: mount its disk, make the folder",
                self.archive.display()
            ));
        }
        let before = now.saturating_sub(u64::from(self.days) * DAY);
        let log = self.data.join(LOG);
        let done = embedded::archive(&log, &self.archive, u64::MAX, before).map_err(text)?;
        if done.segments > 0 {
            tracing::info!(segments = done.segments, "copied to the archive and checked there");
        }
        // A mirror has no snapshots yet: what is trimmed could not be started from it.
        if !self.mirrored
            && let (Some(below), Some(needed)) = (done.below, snapshots::needed_from(&self.data))
        {
            self.trimmer.trim(below.min(needed.0));
        }
        Ok(())
    }

    fn thin(&self, now: u64) -> Result<(), String> {
        let owed = self.data.join(KEYS).join(OWED);
        let mut over =
            Over { retention: self.retention, now, keys: Vec::new(), owed: owed.clone() };
        let done = embedded::thin(&self.archive, &self.data.join(LOG), &mut over).map_err(text)?;
        if done.files > 0 {
            let (files, entries, freed) = (done.files, done.entries, done.freed);
            tracing::info!(files, entries, freed, "the archive was thinned");
        }
        self.erase_owed(&owed)
            .map_err(|why| format!("the keys of what was thinned are not erased yet: {why}"))
    }

    /// Erases the keys of thinned signals, except those that something kept still names: a person's, and shared ones.
    fn erase_owed(&self, owed: &Path) -> Result<(), String> {
        let text_of = match fs::read_to_string(owed) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
            read => read.map_err(text)?,
        };
        // A last line cut short by a crash names no key of which anything went.
        let mut keys: BTreeSet<u64> =
            text_of.lines().filter_map(|line| line.parse().ok()).collect();
        for kept in embedded::records(&self.archive).map_err(text)? {
            if let Kept::Entry(entry) = kept.map_err(text)? {
                keep_named(&mut keys, &entry.body);
            }
        }
        let reader = Reader::open(&self.data.join(LOG)).map_err(text)?;
        for record in reader.from(Pos::START).map_err(text)? {
            if let Record::Entry(entry) = record.map_err(text)? {
                keep_named(&mut keys, &entry.body);
            }
        }
        let keys: Vec<KeyId> = keys.into_iter().map(KeyId).collect();
        self.keys.erase(&keys).map_err(text)?;
        fs::remove_file(owed).map_err(text)?;
        tracing::info!(keys = keys.len(), "keys of thinned signals are erased");
        Ok(())
    }
}

/// Takes out what an entry names.
fn keep_named(keys: &mut BTreeSet<u64>, body: &[u8]) {
    let Ok(entry) = Entry::decode(body) else { return };
    let named = match &entry {
        Entry::Attributed(attributed) => attributed.key,
        Entry::Person(person) => Some(person.key),
        entry => sealed_in(entry).map(|sealed| sealed.key),
    };
    if let Some(key) = named {
        keys.remove(&key.0);
    }
}

fn sealed_in(entry: &Entry) -> Option<&Sealed> {
    match entry {
        Entry::Signal(signal) => signal.sealed.as_ref(),
        Entry::Act(Act { verb: Verb::Close { note, .. }, .. }) => note.as_ref(),
        Entry::Disclosed(disclosed) => disclosed.reason.as_ref(),
        _ => None,
    }
}

/// Which classes are over, and the keys that go with them.
struct Over {
    retention: Retention,
    now: u64,
    keys: Vec<u64>,
    owed: PathBuf,
}

impl Policy for Over {
    /// A bit for each class whose days have passed since the last entry of a file.
    fn over(&self, last: u64) -> u64 {
        let passed = |days: u32| last.saturating_add(u64::from(days) * DAY) <= self.now;
        let bit = |(at, (_, days)): (usize, (_, Option<u32>))| {
            if days.is_some_and(passed) { 1_u64 << at } else { 0 }
        };
        self.retention.each().into_iter().enumerate().map(bit).sum()
    }

    fn goes(&mut self, over: u64, kept: &journal::Entry) -> bool {
        let Ok(entry) = Entry::decode(&kept.body) else { return false };
        let goes = class(&entry).is_some_and(|at| over & (1 << at) != 0);
        if goes {
            self.keys.extend(sealed_in(&entry).map(|sealed| sealed.key.0));
        }
        goes
    }

    fn before(&mut self) -> io::Result<()> {
        if self.keys.is_empty() {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        let mut file: File = options.append(true).create(true).mode(0o600).open(&self.owed)?;
        // A line of its own even after one that a crash cut short.
        let mut lines = String::new();
        for key in self.keys.drain(..) {
            lines.push('\n');
            lines.push_str(&key.to_string());
        }
        lines.push('\n');
        file.write_all(lines.as_bytes())?;
        file.sync_all()?;
        self.owed.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }
}

/// The place of an entry's class in [`Retention::each`]; `None`: it stays for ever.
fn class(entry: &Entry) -> Option<usize> {
    match entry {
        Entry::Signal(signal) => Some(match signal.kind.class() {
            Class::Telemetry => 0,
            Class::Test => 1,
            Class::Technical => 2,
            Class::Person => 3,
            Class::LifeSafety => 4,
        }),
        Entry::Hops(_) | Entry::Counted(_) | Entry::Tick => Some(0),
        Entry::Act(_) | Entry::SessionOpened(_) | Entry::SessionEnded(_) => Some(5),
        // What the log itself, and who is whose, rests on.
        Entry::Genesis(_)
        | Entry::Rules(_)
        | Entry::Started(_)
        | Entry::Skip(_)
        | Entry::Person(_)
        | Entry::Held(_)
        | Entry::Attributed(_)
        | Entry::Erased(_)
        | Entry::Disclosed(_) => None,
    }
}

fn text(why: impl std::fmt::Display) -> String {
    why.to_string()
}
