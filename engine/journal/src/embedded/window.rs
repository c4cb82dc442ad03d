//! A moving view into a file, so that a 64 MiB segment is walked with a quarter of a megabyte.

use std::io;
use std::path::PathBuf;

use super::disk::DiskFile;

const WINDOW: usize = 256 * 1024;

pub(super) struct Window {
    pub(super) path: PathBuf,
    pub(super) len: u64,
    file: Box<dyn DiskFile>,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    pub(super) fn new(file: Box<dyn DiskFile>, path: PathBuf) -> io::Result<Self> {
        let len = file.len()?;
        Ok(Self { path, len, file, start: 0, bytes: Vec::new() })
    }

    /// These bytes, or `None` when the file ends before them.
    pub(super) fn get(&mut self, offset: u64, len: usize) -> io::Result<Option<&[u8]>> {
        if offset.checked_add(len as u64).is_none_or(|end| end > self.len) {
            return Ok(None);
        }
        let held =
            offset >= self.start && offset + len as u64 <= self.start + self.bytes.len() as u64;
        if !held {
            self.load(offset, len)?;
        }
        let at = (offset - self.start) as usize;
        Ok(Some(&self.bytes[at..at + len]))
    }

    /// Forgets what was read: the file may have been written since.
    pub(super) fn refresh(&mut self) {
        self.bytes.clear();
    }

    fn load(&mut self, offset: u64, len: usize) -> io::Result<()> {
        let want = (len.max(WINDOW) as u64).min(self.len - offset) as usize;
        self.bytes.clear();
        self.bytes.resize(want, 0);
        self.start = offset;
        let read = self.file.read_at(&mut self.bytes, offset);
        if read.is_err() {
            self.bytes.clear();
        }
        read
    }
}
