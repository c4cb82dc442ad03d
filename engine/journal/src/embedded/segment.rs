//! Segments: the folder they lie in, and the header each begins with.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bytes_le::{crc_without, put, take, u16_at, u32_at, u64_at};
use super::disk::Disk;
use crate::chain::Chain;
use crate::limits::BLOCK;

const MAGIC: &[u8; 8] = b"VARDELOG";
const VERSION: u32 = 1;
const CRC: usize = 12;

/// The folder of a log.
#[derive(Clone)]
pub(super) struct Folder {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) dir: PathBuf,
}

impl Folder {
    pub(super) fn segments_dir(&self) -> PathBuf {
        self.dir.join("segments")
    }

    pub(super) fn segment(&self, number: u64) -> PathBuf {
        self.segments_dir().join(format!("{number:020}.seg"))
    }

    /// Under this name a segment is made; only a whole one gets its own.
    pub(super) fn unfinished(&self, number: u64) -> PathBuf {
        self.segments_dir().join(format!("{number:020}.tmp"))
    }

    pub(super) fn head(&self) -> PathBuf {
        self.dir.join("head")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// The numbers of the segments there are, rising. None when the folder is not there.
    pub(super) fn numbers(&self) -> io::Result<Vec<u64>> {
        let names = match self.disk.list(&self.segments_dir()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            names => names?,
        };
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| number_of(name)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Names left behind by an unfinished segment.
    pub(super) fn leftovers(&self) -> io::Result<Vec<PathBuf>> {
        let names = self.disk.list(&self.segments_dir())?;
        let left =
            names.iter().filter(|name| Path::new(name).extension().is_some_and(|e| e == "tmp"));
        Ok(left.map(|name| self.segments_dir().join(name)).collect())
    }
}

pub(super) fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".seg")?;
    (digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| digits.parse().ok())?
}

/// Which proposal an entry came from: what a retry is recognised by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) node: u16,
    pub(super) boot: u64,
    pub(super) n: u64,
    pub(super) i: u32,
}

/// What a segment says of itself, and of the log up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) id: [u8; 16],
    pub(super) number: u64,
    /// Bytes of the file.
    pub(super) size: u64,
    pub(super) first_group: u64,
    /// The log before this segment.
    pub(super) before: Chain,
    /// Where the frames of the segment before end.
    pub(super) before_end: u64,
    /// The proposal of the last entry before.
    pub(super) mark: Mark,
}

impl Header {
    pub(super) fn encode(&self) -> [u8; BLOCK] {
        let mut out = [0; BLOCK];
        put(&mut out, 0, *MAGIC);
        put(&mut out, 8, VERSION.to_le_bytes());
        put(&mut out, 16, self.id);
        put(&mut out, 32, self.number.to_le_bytes());
        put(&mut out, 40, self.size.to_le_bytes());
        put(&mut out, 48, (self.before.seq + 1).to_le_bytes());
        put(&mut out, 56, self.first_group.to_le_bytes());
        put(&mut out, 64, self.before.moment.to_le_bytes());
        put(&mut out, 72, self.before.head);
        put(&mut out, 104, self.before_end.to_le_bytes());
        put(&mut out, 112, self.mark.boot.to_le_bytes());
        put(&mut out, 120, self.mark.n.to_le_bytes());
        put(&mut out, 128, self.mark.i.to_le_bytes());
        put(&mut out, 132, self.mark.node.to_le_bytes());
        let crc = crc_without(&out, CRC);
        put(&mut out, CRC, crc.to_le_bytes());
        out
    }

    pub(super) fn decode(block: &[u8]) -> Option<Self> {
        let whole = block.len() == BLOCK
            && block[..8] == *MAGIC
            && u32_at(block, 8) == VERSION
            && u32_at(block, CRC) == crc_without(block, CRC);
        let first_seq = u64_at(block.get(..BLOCK)?, 48);
        if !whole || first_seq == 0 {
            return None;
        }
        Some(Self {
            id: take(block, 16),
            number: u64_at(block, 32),
            size: u64_at(block, 40),
            first_group: u64_at(block, 56),
            before: Chain { seq: first_seq - 1, moment: u64_at(block, 64), head: take(block, 72) },
            before_end: u64_at(block, 104),
            mark: Mark {
                boot: u64_at(block, 112),
                n: u64_at(block, 120),
                i: u32_at(block, 128),
                node: u16_at(block, 132),
            },
        })
    }
}
