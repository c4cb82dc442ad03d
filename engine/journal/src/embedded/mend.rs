//! A damaged log made whole from its mirror, before it is opened.
//!
//! Only where the mirror is whole and not behind: whatever the log's head note says was durable, and every group of
//! which the log shows a trace, must be in the mirror. Nothing is overwritten: a damaged file is kept aside, under its name
//! and `.damaged-1`, `-2` and so on. The mirror itself is only read.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use super::disk::{Disk, DiskFile, RealDisk};
use super::head::{self, Note};
use super::segment::{Folder, number_of};
use super::survey::{Depth, Survey, Trouble, open_window, survey};
use super::walk::Cursor;
use super::{copy, sealed};
use crate::limits::MIRROR_WAIT_MILLIS;
use crate::seam::Damage;

/// Why a log cannot be made whole, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum MendError {
    /// The mirror has the log and the folder does not.
    #[error("there is no log in {}, but its mirror {} holds one: see that the log's disk is mounted; if it is lost, `varde restore --from` the mirror into a new data folder", dir.display(), mirror.display())]
    OnlyMirror {
        /// The log's folder.
        dir: PathBuf,
        /// The mirror's.
        mirror: PathBuf,
    },
    /// The mirror does not help.
    #[error("{damage}; its mirror does not help: {why}")]
    Helpless {
        /// What is wrong with the log.
        damage: Damage,
        /// Why not.
        why: String,
    },
    /// A disk refused.
    #[error("the log in {} could not be mended from its mirror ({source}): nothing was overwritten; see to both disks and start again", dir.display())]
    Disk {
        /// The log's folder.
        dir: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

/// Makes the log in a folder whole from its mirror, if it is damaged or ends before it. `deep`: looks at every frame and
/// not only at those that an opening looks at. Returns what was mended, a sentence each; most often nothing.
///
/// The log must not be in use.
///
/// # Errors
/// See [`MendError`].
pub fn mend(dir: &Path, mirror: &Path, deep: bool) -> Result<Vec<String>, MendError> {
    mend_on((Arc::new(RealDisk), dir.to_owned()), (Arc::new(RealDisk), mirror.to_owned()), deep)
}

/// The same on other disks.
///
/// # Errors
/// As [`mend`].
pub fn mend_on(
    log: (Arc<dyn Disk>, PathBuf),
    mirror: (Arc<dyn Disk>, PathBuf),
    deep: bool,
) -> Result<Vec<String>, MendError> {
    let log = Folder { disk: log.0, dir: log.1 };
    let mirror = Folder { disk: mirror.0, dir: mirror.1 };
    let mut mending = Mending { log, mirror, mended: BTreeSet::new(), said: Vec::new() };
    let depth = if deep { Depth::Whole } else { Depth::Live };
    loop {
        match survey(&mending.log, depth) {
            Err(Trouble::NoLog) => {
                mending.nothing_there()?;
                return Ok(mending.said);
            }
            Ok(found) if mending.takes_tail(&found)? => {}
            Ok(_) => return Ok(mending.said),
            Err(Trouble::Damage(damage)) => mending.mend(&damage)?,
        }
    }
}

struct Mending {
    log: Folder,
    mirror: Folder,
    /// Each file is mended at most once.
    mended: BTreeSet<PathBuf>,
    said: Vec<String>,
}

impl Mending {
    /// The mirror's end, where it is a whole log and its disk answers.
    fn mirrored(&self) -> Result<(Note, Cursor), String> {
        let (tell, told) = mpsc::channel();
        let mirror = self.mirror.clone();
        let look = move || {
            let _ = tell.send(match survey(&mirror, Depth::Live) {
                Ok(Survey { noted, end, .. }) => Ok((noted.note, end)),
                Err(Trouble::NoLog) => Err("it holds no log".to_owned()),
                Err(Trouble::Damage(damage)) => Err(format!("it is damaged too: {damage}")),
            });
        };
        // A disk that hangs must not keep the log from its start.
        std::thread::Builder::new().spawn(look).map_err(|error| error.to_string())?;
        told.recv_timeout(Duration::from_millis(MIRROR_WAIT_MILLIS))
            .unwrap_or_else(|_| Err("its disk does not answer".to_owned()))
    }

    fn nothing_there(&self) -> Result<(), MendError> {
        match self.mirrored() {
            Ok((_, end)) if end.segment > 0 => {
                let (dir, mirror) = (self.log.dir.clone(), self.mirror.dir.clone());
                Err(MendError::OnlyMirror { dir, mirror })
            }
            _ => Ok(()),
        }
    }

    /// The log is whole, but its mirror is the same log and reaches further: the log's disk lost an end it had synced, or
    /// the mirror was written first.
    fn takes_tail(&mut self, found: &Survey) -> Result<bool, MendError> {
        let Ok((note, end)) = self.mirrored() else { return Ok(false) };
        let has = &found.end;
        let further = (end.segment, end.offset) > (has.segment, has.offset);
        if note.id != found.noted.note.id || !further || !self.said.is_empty() {
            return Ok(false);
        }
        let first = has.segment.max(1);
        let part = has.segment == 0 || self.same(has.segment, has.offset)?;
        if !part {
            return Ok(false);
        }
        for number in first..=end.segment {
            self.replace_segment(number)?;
        }
        self.replace_head()?;
        self.said.push(format!(
            "the log ended at entry {}, its mirror at {}: the rest is taken from the mirror",
            has.chain.seq, end.chain.seq
        ));
        Ok(true)
    }

    fn mend(&mut self, damage: &Damage) -> Result<(), MendError> {
        let helpless =
            |why: &str| MendError::Helpless { damage: damage.clone(), why: why.to_owned() };
        if !self.mended.insert(damage.file.clone()) {
            return Err(helpless("what was taken from it does not fit"));
        }
        let (note, end) = self.mirrored().map_err(|why| helpless(&why))?;
        let known = head::read(&self.log).ok().flatten().map(|noted| noted.note);
        if known.is_some_and(|known| known.id != note.id) {
            return Err(helpless("it holds another log"));
        }
        let name = damage.file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = number_of(name);
        match number {
            Some(number) if number < end.segment => {
                let whole = sealed::check(&self.mirror, &note.id, number);
                whole.map_err(|its| helpless(&format!("it is damaged too: {its}")))?;
                self.replace_segment(number)?;
            }
            Some(number) if number == end.segment => {
                self.not_behind(known.as_ref(), &note, &end).map_err(|why| helpless(&why))?;
                self.replace_segment(number)?;
            }
            None if damage.file == self.log.head() => {
                self.not_behind(None, &note, &end).map_err(|why| helpless(&why))?;
                self.replace_head()?;
            }
            _ => return Err(helpless("it does not reach so far")),
        }
        self.said.push(format!("{damage}. It is mended from the mirror"));
        Ok(())
    }

    /// Whether the mirror holds all that the log's note vouches for and all groups the log shows a trace of.
    fn not_behind(&self, known: Option<&Note>, note: &Note, end: &Cursor) -> Result<(), String> {
        let behind = || format!("it ends at entry {}, before the log did", end.chain.seq);
        if known.is_some_and(|known| known.is_beyond(end)) {
            return Err(behind());
        }
        for number in self.log.numbers().map_err(|error| error.to_string())? {
            if number >= end.segment {
                let past = sealed::goes_past(&self.log, &note.id, number, end.group);
                if past.map_err(|error| error.to_string())? {
                    return Err(behind());
                }
            }
        }
        Ok(())
    }

    fn same(&self, number: u64, end: u64) -> Result<bool, MendError> {
        copy::same(&self.log, &self.mirror, number, end).map_err(|error| self.disk(error))
    }

    fn replace_segment(&self, number: u64) -> Result<(), MendError> {
        let replace = || {
            let size = open_window(&self.mirror, number)?.len;
            self.log.disk.make_dir(&self.log.segments_dir())?;
            self.keep_aside(&self.log.segment(number))?;
            copy::segment(&self.mirror, &self.log, number, size, size)
        };
        replace().map_err(|error| self.disk(error))
    }

    fn replace_head(&self) -> Result<(), MendError> {
        let replace = || {
            let note = self.mirror.disk.open(&self.mirror.head(), false)?;
            let mut bytes = vec![0; note.len()? as usize];
            note.read_at(&mut bytes, 0)?;
            let unfinished = self.log.dir.join("head.tmp");
            let copy = self.log.disk.create(&unfinished)?;
            copy.write_at(&bytes, 0)?;
            copy.sync_data()?;
            self.keep_aside(&self.log.head())?;
            self.log.disk.rename(&unfinished, &self.log.head())?;
            self.log.disk.sync_dir(&self.log.dir)
        };
        replace().map_err(|error| self.disk(error))
    }

    /// Copies a damaged file beside itself. The file keeps its name until what replaces it takes it, so that a crash in
    /// between leaves the damage to be seen and mended again.
    fn keep_aside(&self, path: &Path) -> io::Result<()> {
        let damaged = match self.log.disk.open(path, false) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
        let there = self.log.disk.list(folder)?;
        let aside = (1..).map(|k| format!("{}.damaged-{k}", name.to_string_lossy()));
        let aside = aside.into_iter().find(|aside| !there.contains(aside)).unwrap_or_default();
        let kept = self.log.disk.create(&folder.join(aside))?;
        copy_readable(&*damaged, &*kept)?;
        kept.sync_data()
    }

    fn disk(&self, source: io::Error) -> MendError {
        MendError::Disk { dir: self.log.dir.clone(), source }
    }
}

/// Copies what the disk still gives; what it refuses stays zeros in the copy.
fn copy_readable(from: &dyn DiskFile, to: &dyn DiskFile) -> io::Result<()> {
    let (mut at, end) = (0, from.len()?);
    let mut bytes = vec![0; crate::limits::BLOCK];
    while at < end {
        let len = (end - at).min(bytes.len() as u64) as usize;
        if from.read_at(&mut bytes[..len], at).is_err() {
            bytes.fill(0);
        }
        to.write_at(&bytes[..len], at)?;
        at += len as u64;
    }
    Ok(())
}
