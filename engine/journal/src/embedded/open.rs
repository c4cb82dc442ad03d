//! Opening a log for writing: make it or survey it, heal it, note the head, start the threads.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::disk::{Disk, Lock, RealDisk};
use super::head::{HeadFile, Note};
use super::heal::heal;
use super::log::{Embedded, Parts};
use super::segment::Folder;
use super::survey::{Depth, Survey, Trouble, survey};
use crate::limits::{QUEUE_DEFAULT, SEGMENT_DEFAULT, SEGMENT_MAX, SEGMENT_MIN};
use crate::seam::{Damage, Wake};

/// How to open a log.
#[derive(Clone)]
pub struct Options {
    /// The log's folder.
    pub dir: PathBuf,
    /// Make a new log with this id if the folder holds none. `None`: a folder without a log is refused, so that a disk
    /// not mounted is never taken for a log without entries.
    pub create: Option<[u8; 16]>,
    /// Bytes of each segment made from now on; a multiple of 4096 within the limits.
    pub segment_bytes: u64,
    /// Begin a new segment at the first entry of each day (UTC, by Moment) as well.
    pub daily: bool,
    /// Batches proposed and not yet polled, at most; at least 1.
    pub queue: usize,
    /// Called whenever `poll` may have news.
    pub wake: Wake,
    /// The disk; tests give their own.
    pub disk: Arc<dyn Disk>,
}

impl Options {
    /// The usual settings for the log in a folder.
    pub fn new(dir: impl Into<PathBuf>, wake: Wake) -> Self {
        Self {
            dir: dir.into(),
            create: None,
            segment_bytes: SEGMENT_DEFAULT,
            daily: true,
            queue: QUEUE_DEFAULT,
            wake,
            disk: Arc::new(RealDisk),
        }
    }
}

/// Why a log cannot be opened, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process writes it.
    #[error("another process writes the log in {}: stop that one first; `log` and `verify` read it meanwhile", dir.display())]
    InUse {
        /// The log's folder.
        dir: PathBuf,
    },
    /// The disk refused.
    #[error("the log in {} cannot be opened ({source}): check that the folder belongs to this user and that its disk is mounted, writable and not full", dir.display())]
    Disk {
        /// The log's folder.
        dir: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// It does not hold what was written.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// There is none.
    #[error("there is no log in {}: check that its disk is mounted and the path is right; a new log is made only when that is asked for", dir.display())]
    NoLog {
        /// The folder.
        dir: PathBuf,
    },
    /// A setting out of its limits.
    #[error(
        "segments of {bytes} bytes are not possible: choose a multiple of 4096 from {SEGMENT_MIN} to {SEGMENT_MAX}"
    )]
    SegmentBytes {
        /// What was asked for.
        bytes: u64,
    },
}

/// Opens the log in a folder for writing. After anything but a clean stop this copies the live segment first.
///
/// Of sealed segments only names, lengths and headers are checked here, so that an opening does not grow with the log; every
/// frame in them is checked when it is read, and by [`verify`](super::verify).
///
/// # Errors
/// See [`OpenError`]; nothing is changed by an opening that finds damage.
pub fn open(options: &Options) -> Result<Embedded, OpenError> {
    let bytes = options.segment_bytes;
    if !(SEGMENT_MIN..=SEGMENT_MAX).contains(&bytes) || !bytes.is_multiple_of(4096) {
        return Err(OpenError::SegmentBytes { bytes });
    }
    let folder = Folder { disk: Arc::clone(&options.disk), dir: options.dir.clone() };
    let disk = |source| OpenError::Disk { dir: options.dir.clone(), source };
    let lock = prepare(&folder, options.create.is_some()).map_err(disk)?;
    let lock = lock.ok_or_else(|| OpenError::InUse { dir: options.dir.clone() })?;
    let mut found = match find(&folder, options.create) {
        Ok(found) => found,
        Err(Lost::Trouble(Trouble::NoLog)) => {
            return Err(OpenError::NoLog { dir: options.dir.clone() });
        }
        Err(Lost::Trouble(Trouble::Damage(damage))) => return Err(damage.into()),
        Err(Lost::Disk(source)) => return Err(disk(source)),
    };
    let head = make_ready(&folder, &mut found, bytes).map_err(disk)?;
    Embedded::start(Parts { options, folder, found, head, lock }).map_err(disk)
}

/// Makes the folders and takes the lock; `None` when another holds it.
fn prepare(folder: &Folder, create: bool) -> io::Result<Option<Lock>> {
    if create {
        folder.disk.make_dir(&folder.segments_dir())?;
        folder.disk.sync_dir(&folder.dir)?;
        if let Some(above) = folder.dir.parent().filter(|above| !above.as_os_str().is_empty()) {
            folder.disk.sync_dir(above)?;
        }
    }
    folder.disk.lock(&folder.lock())
}

enum Lost {
    Trouble(Trouble),
    Disk(io::Error),
}

fn find(folder: &Folder, create: Option<[u8; 16]>) -> Result<Survey, Lost> {
    match (survey(folder, Depth::Live), create) {
        (Ok(found), _) => Ok(found),
        (Err(Trouble::NoLog), Some(id)) => {
            let note = Note::of(id, 1, &super::walk::Cursor::genesis(), false);
            HeadFile::create(folder, &note).map_err(Lost::Disk)?;
            survey(folder, Depth::Live).map_err(Lost::Trouble)
        }
        (Err(trouble), _) => Err(Lost::Trouble(trouble)),
    }
}

/// Removes what is left over, heals what was not stopped cleanly, and notes where the log ends before any of it is served.
fn make_ready(folder: &Folder, found: &mut Survey, size: u64) -> io::Result<HeadFile> {
    for left in folder.leftovers()? {
        folder.disk.remove(&left)?;
    }
    let floor = found.noted.note.floor;
    for number in folder.numbers()?.into_iter().filter(|number| *number < floor) {
        folder.disk.remove(&folder.segment(number))?;
    }
    if !found.noted.note.clean || found.noted.flaw.is_some() {
        heal(folder, found, size)?;
    }
    folder.disk.sync_dir(&folder.segments_dir())?;
    let mut head = HeadFile::open(folder, &found.noted)?;
    head.write(&Note::of(found.noted.note.id, floor, &found.end, false))?;
    Ok(head)
}
