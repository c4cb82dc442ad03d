//! Bringing the mirror into step while the log is written: copy what differs, follow what is written meanwhile, and
//! hold the writers only for the last few bytes.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, PoisonError};

use super::file::Open;
use super::worker::Worker;
use super::{Inner, Mirror, Standing, lock};
use crate::embedded::segment::Folder;
use crate::embedded::survey::{Depth, Survey, Trouble, open_window, read_header, survey};
use crate::embedded::{copy, head, sealed};
use crate::limits::{BLOCK, MIRROR_GAP, MIRROR_PAUSE_MILLIS, MIRROR_ROUNDS};

/// Why it is not in step, in words.
struct Why(String);

impl From<io::Error> for Why {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<String> for Why {
    fn from(why: String) -> Self {
        Self(why)
    }
}

impl From<&str> for Why {
    fn from(why: &str) -> Self {
        Self(why.to_owned())
    }
}

/// What is opened on the second disk while the writers are held.
type Joined = Arc<Mutex<Vec<(Arc<Open>, Box<dyn crate::embedded::DiskFile>)>>>;

impl Mirror {
    /// Brings the mirror into step if it is not. Takes as long as the copying takes: call it from a thread of its own,
    /// and again after a while when it fails. What the mirror holds of another log, or of this log gone another way, is
    /// never written over.
    pub fn catch_up(&self) -> Standing {
        let inner = &self.0;
        if !inner.is_in_step() {
            match inner.catch_up() {
                Ok(()) => inner.stand(Standing::InStep),
                Err(Why(why)) => inner.stand(Standing::Lost { why }),
            }
        }
        self.standing()
    }
}

impl Inner {
    fn catch_up(&self) -> Result<(), Why> {
        *lock(&self.names) = None;
        for file in self.open_files() {
            file.leave();
        }
        if Arc::strong_count(&self.alive) > 1 {
            return Err("something begun on its disk has not come back yet".into());
        }
        let id = self.first_id()?;
        // From this number on nothing the mirror holds is taken at its word.
        if let Err(error) = self.second.disk.list(&self.second.dir) {
            // Never made here: it might be the place where a disk is to be mounted.
            return Err(Why(format!(
                "its folder cannot be read ({error}): mount its disk, make the folder"
            )));
        }
        let from = self.look(&id)?;
        let mut copied = BTreeSet::new();
        self.second.disk.make_dir(&self.second.segments_dir())?;
        for _ in 0..MIRROR_ROUNDS {
            self.copy_segments(&id, from, &mut copied)?;
            let behind = self.copy_written()?;
            if behind <= MIRROR_GAP && self.join(&copied)? {
                return Ok(());
            }
            // A segment is being made just now, or the log moved on.
            std::thread::sleep(std::time::Duration::from_millis(MIRROR_PAUSE_MILLIS));
        }
        Err("the log is written faster than it can be copied".into())
    }

    fn first_id(&self) -> Result<[u8; 16], Why> {
        let noted = head::read(&self.first)?;
        Ok(noted.ok_or("the log's own head note cannot be read")?.note.id)
    }

    /// What the mirror holds: nothing, or a part of this log. Returns the first segment to compare byte for byte.
    fn look(&self, id: &[u8; 16]) -> Result<u64, Why> {
        let kept = |folder: &Folder| head::read(folder).ok().flatten().map(|noted| noted.note.id);
        if kept(&self.second).is_some_and(|other| other != *id) {
            return Err("it holds another log: move that away, or name another folder".into());
        }
        let Survey { end, .. } = match survey(&self.second, Depth::Live) {
            Err(Trouble::NoLog) => return Ok(0),
            // Damaged, or cut short while it was first made: all of it is compared, and what differs made anew.
            Err(Trouble::Damage(_)) => return self.is_ours(id).map(|()| 0),
            Ok(found) => found,
        };
        // The last frame of a torn group may have been marked as its last since.
        let upto = if end.closed { end.offset } else { end.frame };
        let gone =
            end.segment > 0 && self.first.numbers()?.first().is_some_and(|n| end.segment < *n);
        if end.segment > 0 && !gone && !copy::same(&self.first, &self.second, end.segment, upto)? {
            return Err(Why(format!(
                "it went another way than the log, at or before entry {}: move it away, or name another folder",
                end.chain.seq
            )));
        }
        Ok(end.segment)
    }

    /// No segment on the second disk may be another log's.
    fn is_ours(&self, id: &[u8; 16]) -> Result<(), Why> {
        for number in self.second.numbers()? {
            let header = read_header(&mut open_window(&self.second, number)?)?;
            if header.is_some_and(|header| header.id != *id) {
                return Err("it holds another log: move that away, or name another folder".into());
            }
        }
        Ok(())
    }

    /// Makes every segment that was not looked at yet the same in both, and lets go of what the log let go of.
    fn copy_segments(
        &self,
        id: &[u8; 16],
        from: u64,
        copied: &mut BTreeSet<u64>,
    ) -> Result<(), Why> {
        for left in self.second.leftovers()? {
            self.second.disk.remove(&left)?;
        }
        let numbers = self.first.numbers()?;
        let there = self.second.numbers()?;
        for number in there.iter().filter(|number| !numbers.contains(number)) {
            self.second.disk.remove(&self.second.segment(*number))?;
        }
        copied.retain(|number| numbers.contains(number));
        let of = numbers.len() as u64;
        for number in numbers {
            if !copied.insert(number) {
                continue;
            }
            self.stand(Standing::Making { done: copied.len() as u64, of });
            let known = there.contains(&number);
            let upto = if number < from { BLOCK as u64 } else { u64::MAX };
            match self.copy_segment(id, number, known, upto) {
                // Let go of meanwhile: the next round sees it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                done => done?,
            }
        }
        self.second.disk.sync_dir(&self.second.segments_dir())?;
        Ok(())
    }

    fn copy_segment(&self, id: &[u8; 16], number: u64, known: bool, upto: u64) -> io::Result<()> {
        let size = open_window(&self.first, number)?.len;
        let len = if known { open_window(&self.second, number)?.len } else { 0 };
        if len == size && copy::same(&self.first, &self.second, number, size.min(upto))? {
            return Ok(());
        }
        let follows = sealed::open(&self.first, id, number + 1).is_ok();
        if follows {
            // A damaged segment of the log must never replace a good one of the mirror.
            sealed::check(&self.first, id, number).map_err(io::Error::other)?;
        }
        copy::segment(&self.first, &self.second, number, size, size)?;
        if follows {
            sealed::check_alone(&self.second, id, number).map_err(io::Error::other)?;
        }
        Ok(())
    }

    /// Copies what was written since the last round. Returns how many bytes that were.
    fn copy_written(&self) -> Result<u64, Why> {
        let mut bytes = 0;
        for file in self.open_files() {
            let path = file.path();
            let Some((from, to)) = file.take_written() else { continue };
            if self.number_of(&path).is_none() {
                continue;
            }
            bytes += to - from;
            self.copy_range(&file, from, to)?;
        }
        Ok(bytes)
    }

    fn copy_range(&self, file: &Open, from: u64, to: u64) -> io::Result<()> {
        let path = file.path();
        let there = self.there(&path).ok_or(io::ErrorKind::NotFound)?;
        let second = match self.second.disk.open(&there, true) {
            // Not named yet when the folder was listed: the next round copies all of it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            second => second?,
        };
        file.copy_to(&*second, from, to)?;
        second.sync_data()
    }

    fn number_of(&self, path: &std::path::Path) -> Option<()> {
        (path.parent() == Some(&self.first.segments_dir())
            && path.extension().is_some_and(|end| end == "seg"))
        .then_some(())
    }

    /// Holds the writers, copies the rest and the head note, and joins. False: the segments changed meanwhile.
    fn join(&self, copied: &BTreeSet<u64>) -> Result<bool, Why> {
        let disk = Arc::clone(&self.second.disk);
        let worker = Worker::start(disk, Arc::clone(&self.alive))?;
        let _held = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        // A segment being made has no name yet: its maker is awaited.
        let unnamed = !self.first.leftovers()?.is_empty();
        if unnamed || !self.first.numbers()?.iter().eq(copied) {
            drop(worker);
            return Ok(false);
        }
        let mut rest = Vec::new();
        for file in self.open_files() {
            let path = file.path();
            let is_head = path == self.first.head();
            if is_head || self.number_of(&path).is_some() {
                let there = self.there(&path).ok_or("a file of the log is not in its folder")?;
                rest.push((Arc::clone(&file), there, file.take_written(), is_head));
            }
        }
        let joined: Joined = Arc::default();
        let opened = Arc::clone(&joined);
        let second = self.second.clone();
        worker.call(move |_| {
            for (file, there, written, is_head) in rest {
                if is_head {
                    put_head(&second, &file)?;
                }
                let copy = second.disk.open(&there, true)?;
                if let Some((from, to)) = written.filter(|_| !is_head) {
                    file.copy_to(&*copy, from, to)?;
                    copy.sync_data()?;
                }
                lock(&opened).push((file, copy));
            }
            Ok(())
        })?;
        for (file, copy) in lock(&joined).drain(..) {
            file.join(Worker::start(copy, Arc::clone(&self.alive))?);
        }
        *lock(&self.names) = Some(worker);
        self.in_step.store(true, SeqCst);
        Ok(true)
    }
}

/// The head note as a whole, under its name only when it is synced.
fn put_head(second: &Folder, head: &Open) -> io::Result<()> {
    let unfinished = second.dir.join("head.tmp");
    let copy = second.disk.create(&unfinished)?;
    head.copy_to(&*copy, 0, head.len()?)?;
    copy.sync_data()?;
    second.disk.rename(&unfinished, &second.head())?;
    second.disk.sync_dir(&second.dir)
}
