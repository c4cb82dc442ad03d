//! A copy of a log elsewhere, also of one in use: no lock, nothing changed in the source, every byte checked after.
//!
//! A backup is a log folder like any other, stopped cleanly at the Seq it reaches. Made again into the same folder it
//! copies only what is new. While it is being made its head note is not clean, so that one cut short is still a log.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, RealDisk};
use super::head::{self, HeadFile, Note};
use super::segment::Folder;
use super::survey::{Depth, Survey, Trouble, open_window, read_header, survey};
use super::walk::Cursor;
use super::{OpenError, Summary, copy, durable, verify_on};
use crate::seam::{Damage, Flaw};

/// Looks at a source that changes under our eyes before what is seen is called damage.
const LOOKS: u32 = 4;

/// What a backup holds now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The whole of it, checked after copying.
    pub holds: Summary,
    /// Segments copied this time.
    pub segments: u64,
    /// Segments that were there already with the same bytes.
    pub same: u64,
}

/// Why there is no backup, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The source.
    #[error(transparent)]
    Source(#[from] OpenError),
    /// What the target holds is damaged, or was damaged while it was written.
    #[error(
        "the copy is not whole: {0}; make the backup into an empty folder on a disk that can be trusted"
    )]
    Target(Damage),
    /// The target is the backup of something else.
    #[error("{} holds another log, or one that went another way: make the backup into an empty folder", dir.display())]
    Other {
        /// The target.
        dir: PathBuf,
    },
    /// The source was trimmed past the target's end.
    #[error("{} ends before entry {first}, the first that the log still keeps: make the backup into an empty folder", dir.display())]
    Gap {
        /// The target.
        dir: PathBuf,
        /// The first entry of the source.
        first: u64,
    },
    /// The target's disk refused.
    #[error("the backup cannot be written to {} ({source}): see that its disk is mounted, writable and has room", dir.display())]
    Disk {
        /// The target.
        dir: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

/// Copies the log in a folder, up to what is durable in it now, to another folder, and checks the copy.
///
/// # Errors
/// See [`BackupError`]. What was copied stays, for the next try.
pub fn backup(from: &Path, to: &Path) -> Result<Copied, BackupError> {
    backup_on((Arc::new(RealDisk), from.to_owned()), (Arc::new(RealDisk), to.to_owned()))
}

/// The same between other disks.
///
/// # Errors
/// As [`backup`].
pub fn backup_on(
    from: (Arc<dyn Disk>, PathBuf),
    to: (Arc<dyn Disk>, PathBuf),
) -> Result<Copied, BackupError> {
    let from = Folder { disk: from.0, dir: from.1 };
    let to = Folder { disk: to.0, dir: to.1 };
    let mut looks = 0;
    loop {
        looks += 1;
        // Segments may be let go, and a head noted, while we look: a second look tells that from damage.
        match once(&from, &to) {
            Err(BackupError::Source(OpenError::Damaged(_))) if looks < LOOKS => {}
            done => return done,
        }
    }
}

fn once(from: &Folder, to: &Folder) -> Result<Copied, BackupError> {
    let note = source_note(from)?;
    let end = durable::end(from, &note).map_err(OpenError::from)?;
    let (mut segments, mut same) = (0, 0);
    let floor = begin(from, to, &note, &end)?;
    for number in note.floor..=end.segment {
        let header = header_of(from, number)?;
        let upto = if number < end.segment { header } else { end.offset };
        let known = copy::same(from, to, number, header).map_err(|error| disk(to, error))?;
        if number < end.segment && known {
            same += 1;
        } else {
            copy::segment(from, to, number, upto, header).map_err(|error| disk(to, error))?;
            segments += 1;
        }
    }
    let note = Note::of(note.id, floor, &end, true);
    HeadFile::create(to, &note).map_err(|error| disk(to, error))?;
    let holds = verify_on(Arc::clone(&to.disk), to.dir.clone()).map_err(BackupError::Target)?;
    Ok(Copied { holds, segments, same })
}

fn source_note(from: &Folder) -> Result<Note, OpenError> {
    match head::read(from) {
        Ok(Some(noted)) => Ok(noted.note),
        Ok(None) => Err(super::damage_at(from.head(), 0, 1, Flaw::Note).into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(OpenError::NoLog { dir: from.dir.clone() })
        }
        Err(source) => Err(OpenError::Disk { dir: from.dir.clone(), source }),
    }
}

/// Bytes of a segment's file, by its header.
fn header_of(from: &Folder, number: u64) -> Result<u64, OpenError> {
    let damage = |flaw| super::damage_at(from.segment(number), 0, 0, flaw);
    let read = open_window(from, number).and_then(|mut window| read_header(&mut window));
    let header = read.map_err(|error| damage(Flaw::Unreadable(error.to_string())))?;
    Ok(header.ok_or_else(|| damage(Flaw::Header))?.size)
}

/// Makes the target ready: it is empty, or holds a part of just this log. Returns the first segment it keeps.
fn begin(from: &Folder, to: &Folder, note: &Note, end: &Cursor) -> Result<u64, BackupError> {
    let there = match survey(to, Depth::Live) {
        Err(Trouble::NoLog) => None,
        Err(Trouble::Damage(damage)) => return Err(BackupError::Target(damage)),
        Ok(there) => Some(there),
    };
    to.disk.make_dir(&to.segments_dir()).map_err(|error| disk(to, error))?;
    let Some(Survey { noted, end: has, .. }) = there else { return Ok(note.floor) };
    let floor = noted.note.floor.min(note.floor);
    let other = || BackupError::Other { dir: to.dir.clone() };
    if noted.note.id != note.id || (has.segment, has.offset) > (end.segment, end.offset) {
        return Err(other());
    }
    if has.segment >= note.floor {
        let part = copy::same(from, to, has.segment, has.offset);
        if !part.map_err(|error| disk(to, error))? {
            return Err(other());
        }
    } else if has.segment + 1 < note.floor || !sealed(to, &has, from, note.floor)? {
        let first = super::reader::first_seq(from, note.floor).unwrap_or(0);
        return Err(BackupError::Gap { dir: to.dir.clone(), first });
    }
    let unclean = Note::of(note.id, floor, &has, false);
    HeadFile::create(to, &unclean).map_err(|error| disk(to, error))?;
    Ok(floor)
}

/// Whether the target's last segment is the whole of the one before the source's first.
fn sealed(to: &Folder, has: &Cursor, from: &Folder, floor: u64) -> Result<bool, BackupError> {
    let read = open_window(from, floor).and_then(|mut window| read_header(&mut window));
    Ok(read.map_err(|error| disk(to, error))?.is_some_and(|next| has.continues_in(&next)))
}

fn disk(to: &Folder, source: io::Error) -> BackupError {
    BackupError::Disk { dir: to.dir.clone(), source }
}
