//! The archive: segments that the log let go of, in another folder, and thinned there when a class's time is over.
//!
//! A file of the archive is a segment without its zeros. A thinned one keeps of an entry that is over its head and its hash,
//! in a frame of a kind of its own: the chain is whole from the first entry on, and every entry kept can still be proved.
//! What cannot be had from an archive with holes is the state: it is not refolded, a snapshot is the way in.

mod file;
mod read;
mod thin;
mod walk;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, RealDisk};
use super::head::{self, Note};
use super::segment::Folder;
use super::{OpenError, damage_at, sealed};
use crate::seam::{Damage, Flaw};
use file::Archive;

pub use read::{Kept, Whole, records, verify_both, verify_both_on};
pub use thin::{Policy, Thinned, thin, thin_on};

/// What an archiving came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Archived {
    /// Segments copied to the archive this time.
    pub segments: u64,
    /// Entries below this Seq are in the archive, checked: the log may let go of them.
    pub below: Option<u64>,
}

/// Why nothing more was archived or thinned, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The log.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// The archive's own files.
    #[error("the archive does not hold what was put there: {0}")]
    Damaged(Damage),
    /// It belongs to another log, or holds another past of this one.
    #[error("{} is the archive of another log, or of another past of this one: name another folder", dir.display())]
    Other {
        /// The archive.
        dir: PathBuf,
    },
    /// Its disk refused.
    #[error("the archive in {} cannot be written ({source}): see that its disk is mounted, writable and has room; the log lets go of nothing meanwhile", dir.display())]
    Disk {
        /// The archive.
        dir: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

/// Copies to the archive every sealed segment whose entries are all below Seq `below` and before Moment `before`, checks
/// each there, and says up to where the log may let go. The log may be in use.
///
/// # Errors
/// See [`ArchiveError`].
pub fn archive(log: &Path, to: &Path, below: u64, before: u64) -> Result<Archived, ArchiveError> {
    archive_on(
        (Arc::new(RealDisk), log.to_owned()),
        (Arc::new(RealDisk), to.to_owned()),
        below,
        before,
    )
}

/// The same between other disks.
///
/// # Errors
/// As [`archive`].
pub fn archive_on(
    log: (Arc<dyn Disk>, PathBuf),
    to: (Arc<dyn Disk>, PathBuf),
    below: u64,
    before: u64,
) -> Result<Archived, ArchiveError> {
    let log = Folder { disk: log.0, dir: log.1 };
    let to = Archive { disk: to.0, dir: to.1 };
    let note = note_of(&log)?;
    let disk = |source| ArchiveError::Disk { dir: to.dir.clone(), source };
    if to.id().map_err(disk)?.is_some_and(|id| id != note.id) {
        return Err(ArchiveError::Other { dir: to.dir.clone() });
    }
    let mut archived = Archived::default();
    for number in note.floor..note.segment {
        let (_, next) = sealed::open(&log, &note.id, number + 1).map_err(OpenError::from)?;
        if next.before.seq >= below || next.before.moment >= before {
            break;
        }
        // Checked before it is copied: damage must not take the place of what the mirror or a backup still has.
        let (header, end) = sealed::check(&log, &note.id, number).map_err(OpenError::from)?;
        let there = walk::check(&to, &note.id, number);
        // A whole file with another chain is the only copy of another past, such as of before an older backup was
        // restored: it is never written over.
        if there.as_ref().is_ok_and(|there| there.cursor.chain != end.chain) {
            return Err(ArchiveError::Other { dir: to.dir.clone() });
        }
        if there.is_err() {
            file::write(&log, &to, &header, &end).map_err(disk)?;
            let there = walk::check(&to, &note.id, number).map_err(ArchiveError::Damaged)?;
            if there.cursor.chain != end.chain {
                let file = to.file(number);
                let damage = damage_at(file, 0, header.before.seq + 1, Flaw::Order);
                return Err(ArchiveError::Damaged(damage));
            }
            archived.segments += 1;
        }
        archived.below = Some(end.chain.seq + 1);
    }
    Ok(archived)
}

/// The log's newest head note.
fn note_of(log: &Folder) -> Result<Note, OpenError> {
    let noted =
        head::read(log).map_err(|source| OpenError::Disk { dir: log.dir.clone(), source })?;
    Ok(noted.ok_or_else(|| damage_at(log.head(), 0, 1, Flaw::Note))?.note)
}
