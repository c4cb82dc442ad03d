//! A file of the archive: its name, its head block, and how a segment becomes one.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::embedded::bytes_le::{crc_without, put, u64_at};
use crate::embedded::copy;
use crate::embedded::disk::{Disk, DiskFile};
use crate::embedded::segment::{Folder, Header};
use crate::embedded::survey::open_window;
use crate::embedded::walk::Cursor;
use crate::embedded::window::Window;
use crate::limits::BLOCK;

const MAGIC: &[u8; 8] = b"VARDEARC";
const SEGMENT: &[u8; 8] = b"VARDELOG";
const CRC: usize = 12;
const OVER: usize = 136;
const LAST: usize = 144;
const END: usize = 152;

/// The folder of an archive.
#[derive(Clone)]
pub(super) struct Archive {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) dir: PathBuf,
}

/// What a file of the archive says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ArchiveHeader {
    /// The segment's own; its size is this file's.
    pub(super) segment: Header,
    /// What was over when it was last thinned, in the words of whoever thinned it; 0: never.
    pub(super) over: u64,
    /// Moment of the last entry in it.
    pub(super) last: u64,
    /// Where its frames ended in the log.
    pub(super) end: u64,
}

impl ArchiveHeader {
    pub(super) fn encode(&self) -> [u8; BLOCK] {
        let mut out = self.segment.encode();
        put(&mut out, 0, *MAGIC);
        put(&mut out, OVER, self.over.to_le_bytes());
        put(&mut out, LAST, self.last.to_le_bytes());
        put(&mut out, END, self.end.to_le_bytes());
        let crc = crc_without(&out, CRC);
        put(&mut out, CRC, crc.to_le_bytes());
        out
    }

    pub(super) fn decode(block: &[u8]) -> Option<Self> {
        let whole = block.len() == BLOCK
            && block[..8] == *MAGIC
            && block[CRC..CRC + 4] == crc_without(block, CRC).to_le_bytes();
        if !whole {
            return None;
        }
        // As a segment's, which knows its other fields.
        let mut segment = block.to_vec();
        put(&mut segment, 0, *SEGMENT);
        let crc = crc_without(&segment, CRC);
        put(&mut segment, CRC, crc.to_le_bytes());
        Some(Self {
            segment: Header::decode(&segment)?,
            over: u64_at(block, OVER),
            last: u64_at(block, LAST),
            end: u64_at(block, END),
        })
    }
}

impl Archive {
    pub(super) fn file(&self, number: u64) -> PathBuf {
        self.dir.join(format!("{number:020}.arc"))
    }

    pub(super) fn unfinished(&self, number: u64) -> PathBuf {
        self.dir.join(format!("{number:020}.tmp"))
    }

    /// The numbers of the files there are, rising.
    pub(super) fn numbers(&self) -> io::Result<Vec<u64>> {
        let number =
            |name: &String| name.strip_suffix(".arc").and_then(|digits| digits.parse().ok());
        let mut numbers: Vec<u64> = self.disk.list(&self.dir)?.iter().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    pub(super) fn window(&self, number: u64) -> io::Result<Window> {
        let path = self.file(number);
        Window::new(self.disk.open(&path, false)?, path)
    }

    pub(super) fn header(&self, number: u64) -> io::Result<Option<ArchiveHeader>> {
        // The block alone: all files are looked at, most of them for nothing more.
        let file = self.disk.open(&self.file(number), false)?;
        let mut block = [0; BLOCK];
        let read = file.read_at(&mut block, 0);
        Ok(read.is_ok().then(|| ArchiveHeader::decode(&block)).flatten())
    }

    /// Of which log it is; `None`: it is empty, or its last file cannot tell.
    pub(super) fn id(&self) -> io::Result<Option<[u8; 16]>> {
        let Some(last) = self.numbers()?.pop() else { return Ok(None) };
        Ok(self.header(last)?.map(|header| header.segment.id))
    }

    /// Gives a synced file its name, durable.
    pub(super) fn finish(&self, number: u64) -> io::Result<()> {
        self.disk.rename(&self.unfinished(number), &self.file(number))?;
        self.disk.sync_dir(&self.dir)
    }
}

/// Writes a sealed segment to the archive.
pub(super) fn write(log: &Folder, to: &Archive, header: &Header, end: &Cursor) -> io::Result<()> {
    let number = header.number;
    let written = put_segment(log, to, header, end);
    if written.is_err() {
        let _ = to.disk.remove(&to.unfinished(number));
    }
    written?;
    to.finish(number)
}

fn put_segment(log: &Folder, to: &Archive, header: &Header, end: &Cursor) -> io::Result<()> {
    let mut source = open_window(log, header.number)?;
    let copy: Box<dyn DiskFile> = to.disk.create(&to.unfinished(header.number))?;
    let segment = Header { size: end.offset, ..*header };
    let about = ArchiveHeader { segment, over: 0, last: end.chain.moment, end: end.offset };
    copy.write_at(&about.encode(), 0)?;
    copy::range(&mut source, &*copy, BLOCK as u64, end.offset)?;
    copy.sync_data()
}
