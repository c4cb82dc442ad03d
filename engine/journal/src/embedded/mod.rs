//! The log on disk: prewritten segments, one write and one sync a group, damage named and never hidden.
//!
//! The format is `docs/log-format.md`. Inside: `frame`, `segment` and `head` are the bytes; `walk` and `survey` judge
//! them; `heal` makes them trustworthy at an opening; `writer` and `maker` are the threads; `reader` reads beside them;
//! `backup` copies what is durable elsewhere, `mirror` and `mend` keep two disks, `archive` keeps what the log lets go of.

mod archive;
mod backup;
mod bytes_le;
mod copy;
mod disk;
mod durable;
mod frame;
mod group;
mod head;
mod heal;
mod log;
mod maker;
mod mend;
mod mirror;
mod open;
mod reader;
mod sealed;
mod segment;
mod shared;
mod survey;
mod walk;
mod window;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use archive::{
    ArchiveError, Archived, Kept, Policy, Thinned, Whole, archive, archive_on, records, thin,
    thin_on, verify_both, verify_both_on,
};
pub use backup::{BackupError, Copied, backup, backup_on};
pub use disk::{Disk, DiskFile, Lock, RealDisk};
pub use log::{Embedded, Trimmer};
pub use mend::{MendError, mend, mend_on};
pub use mirror::{Mirror, Standing};
pub use open::{OpenError, Options, open};
pub use reader::Reader;

use crate::seam::{Damage, Flaw, Hash};
use segment::Folder;
use survey::{Depth, Survey, Trouble, survey};

/// What a whole log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The id the log was made with.
    pub log_id: [u8; 16],
    /// The first Seq still kept.
    pub first: u64,
    /// The last Seq; one less than `first` when there are no entries.
    pub seq: u64,
    /// Hash of the last entry.
    pub head: Hash,
    /// Entries checked.
    pub entries: u64,
    /// Segments begun.
    pub segments: u64,
    /// The log was stopped cleanly, and nothing was written since.
    pub clean: bool,
}

/// Checks every byte of the log in a folder. Takes no lock and changes nothing; a log in use may be checked.
///
/// # Errors
/// The first damage, with its place. A folder without a log is damage too: its head note is missing.
pub fn verify(dir: &Path) -> Result<Summary, Damage> {
    verify_on(Arc::new(RealDisk), dir.to_owned())
}

/// The same on another disk.
///
/// # Errors
/// As [`verify`].
pub fn verify_on(disk: Arc<dyn Disk>, dir: PathBuf) -> Result<Summary, Damage> {
    let folder = Folder { disk, dir };
    let mut last = None;
    // A writer may be at work under our eyes: what is seen twice in the same place is damage.
    loop {
        match check(&folder) {
            Err(damage) if last.as_ref() != Some(&damage) => last = Some(damage),
            checked => return checked,
        }
    }
}

fn check(folder: &Folder) -> Result<Summary, Damage> {
    let note_damage = |offset| damage_at(folder.head(), offset, 1, Flaw::Note);
    let Survey { noted, end, firsts, entries, .. } =
        survey(folder, Depth::Whole).map_err(|trouble| match trouble {
            Trouble::NoLog => note_damage(0),
            Trouble::Damage(damage) => damage,
        })?;
    if let Some(offset) = noted.flaw {
        return Err(note_damage(offset));
    }
    Ok(Summary {
        log_id: noted.note.id,
        first: firsts.first().map_or(1, |(_, first)| *first),
        seq: end.chain.seq,
        head: end.chain.head,
        entries,
        segments: firsts.len() as u64,
        clean: noted.note.clean,
    })
}

fn damage_at(file: PathBuf, offset: u64, seq: u64, flaw: Flaw) -> Damage {
    Damage { file, offset, seq, flaw }
}
