//! One file open for writing, on both disks.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::worker::{Asked, Worker};
use super::{Inner, lock, read};
use crate::embedded::disk::DiskFile;

/// Bytes copied at a time.
const STEP: usize = 128 * 1024;

/// What is known of an open file, whether or not the mirror is in step.
pub(super) struct Open {
    path: Mutex<PathBuf>,
    first: Box<dyn DiskFile>,
    second: Mutex<Option<Worker<Box<dyn DiskFile>>>>,
    /// From where to where it was written since somebody last asked.
    written: Mutex<Option<(u64, u64)>>,
}

impl Open {
    pub(super) fn new(
        path: PathBuf,
        first: Box<dyn DiskFile>,
        second: Option<Worker<Box<dyn DiskFile>>>,
    ) -> Self {
        let (second, written) = (Mutex::new(second), Mutex::default());
        Self { path: Mutex::new(path), first, second, written }
    }

    pub(super) fn path(&self) -> PathBuf {
        lock(&self.path).clone()
    }

    pub(super) fn renamed(&self, from: &Path, to: &Path) {
        let mut path = lock(&self.path);
        if *path == from {
            to.clone_into(&mut path);
        }
    }

    /// What was written since this was last asked, and forgets it.
    pub(super) fn take_written(&self) -> Option<(u64, u64)> {
        lock(&self.written).take()
    }

    /// Writes a part of it, as it is on the first disk, to another file.
    pub(super) fn copy_to(&self, copy: &dyn DiskFile, mut at: u64, end: u64) -> io::Result<()> {
        let mut bytes = vec![0; STEP];
        while at < end {
            let len = (end - at).min(STEP as u64) as usize;
            self.first.read_at(&mut bytes[..len], at)?;
            copy.write_at(&bytes[..len], at)?;
            at += len as u64;
        }
        Ok(())
    }

    pub(super) fn len(&self) -> io::Result<u64> {
        self.first.len()
    }

    /// The second disk gets nothing more of it.
    pub(super) fn leave(&self) {
        *lock(&self.second) = None;
    }

    /// From now on the second disk gets what this file gets.
    pub(super) fn join(&self, second: Worker<Box<dyn DiskFile>>) {
        *lock(&self.second) = Some(second);
    }

    fn note(&self, offset: u64, len: usize) {
        let end = offset + len as u64;
        let mut written = lock(&self.written);
        *written = match *written {
            None => Some((offset, end)),
            Some((from, to)) => Some((from.min(offset), to.max(end))),
        };
    }
}

/// The log's handle on it.
pub(super) struct MirrorFile {
    pub(super) open: Arc<Open>,
    pub(super) of: Arc<Inner>,
}

impl MirrorFile {
    /// Does something with the second file, if there is one; what fails there loses the mirror and nothing else.
    fn second<T>(
        &self,
        act: impl FnOnce(&Worker<Box<dyn DiskFile>>) -> Result<T, String>,
    ) -> Option<T> {
        let mut second = lock(&self.open.second);
        if !self.of.is_in_step() {
            // Its thread ends when it comes back, and not before may the mirror catch up.
            *second = None;
            return None;
        }
        let done = act(second.as_ref()?);
        done.map_err(|why| self.of.lose(why)).ok()
    }
}

impl DiskFile for MirrorFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let _held = read(&self.of.gate);
        self.open.first.write_at(bytes, offset)?;
        self.open.note(offset, bytes.len());
        self.second(|worker| {
            let copy = bytes.to_vec();
            worker.post(move |file| file.write_at(&copy, offset))
        });
        Ok(())
    }

    /// Both at once: on two disks it takes as long as the slower one.
    fn sync_data(&self) -> io::Result<()> {
        let _held = read(&self.of.gate);
        let asked = self.second(|worker| {
            worker.post(|file| file.sync_data())?;
            worker.ask()
        });
        self.open.first.sync_data()?;
        if let Some(Err(why)) = asked.map(Asked::wait) {
            self.of.lose(why);
        }
        Ok(())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.open.first.read_at(bytes, offset)
    }

    fn len(&self) -> io::Result<u64> {
        self.open.first.len()
    }
}
