//! The head note: how far the log had come, in a file of its own, written each second and at a clean stop.
//!
//! Two slots, written in turn, so that a torn write leaves the other. A clean stop fills both: then a slot that does
//! not match its checksum is damage, not a crash.

use std::io;

use super::bytes_le::{crc_without, put, take, u32_at, u64_at};
use super::disk::DiskFile;
use super::segment::Folder;
use super::walk::Cursor;
use crate::chain::Chain;
use crate::limits::BLOCK;

const MAGIC: &[u8; 8] = b"VARDHEAD";
const VERSION: u32 = 1;
const CRC: usize = 12;

/// How far the log has come, always at the end of a sync group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) id: [u8; 16],
    /// The first segment still kept.
    pub(super) floor: u64,
    /// The live segment; 0 before the first.
    pub(super) segment: u64,
    /// Where its frames end.
    pub(super) offset: u64,
    pub(super) group: u64,
    pub(super) chain: Chain,
    /// Nothing was written after this note.
    pub(super) clean: bool,
}

impl Note {
    pub(super) fn of(id: [u8; 16], floor: u64, at: &Cursor, clean: bool) -> Self {
        let Cursor { segment, offset, group, chain, .. } = *at;
        Self { id, floor, segment, offset, group, chain, clean }
    }

    /// Whether the log must reach further than this place.
    pub(super) fn is_beyond(&self, at: &Cursor) -> bool {
        (self.segment, self.offset) > (at.segment, at.offset)
    }

    /// Whether this is just what was found at the noted place.
    pub(super) fn is(&self, at: &Cursor) -> bool {
        self.group == at.group && self.chain == at.chain
    }

    fn encode(&self, count: u64) -> [u8; BLOCK] {
        let mut out = [0; BLOCK];
        put(&mut out, 0, *MAGIC);
        put(&mut out, 8, VERSION.to_le_bytes());
        put(&mut out, 16, self.id);
        put(&mut out, 32, count.to_le_bytes());
        put(&mut out, 40, self.floor.to_le_bytes());
        put(&mut out, 48, self.segment.to_le_bytes());
        put(&mut out, 56, self.offset.to_le_bytes());
        put(&mut out, 64, self.group.to_le_bytes());
        put(&mut out, 72, self.chain.seq.to_le_bytes());
        put(&mut out, 80, self.chain.moment.to_le_bytes());
        put(&mut out, 88, self.chain.head);
        out[120] = u8::from(self.clean);
        let crc = crc_without(&out, CRC);
        put(&mut out, CRC, crc.to_le_bytes());
        out
    }

    fn decode(slot: &[u8]) -> Option<(u64, Self)> {
        let whole = slot[..8] == *MAGIC
            && u32_at(slot, 8) == VERSION
            && u32_at(slot, CRC) == crc_without(slot, CRC);
        whole.then(|| {
            let note = Self {
                id: take(slot, 16),
                floor: u64_at(slot, 40),
                segment: u64_at(slot, 48),
                offset: u64_at(slot, 56),
                group: u64_at(slot, 64),
                chain: Chain {
                    seq: u64_at(slot, 72),
                    moment: u64_at(slot, 80),
                    head: take(slot, 88),
                },
                clean: slot[120] == 1,
            };
            (u64_at(slot, 32), note)
        })
    }
}

/// What the head file holds.
pub(super) struct Noted {
    pub(super) note: Note,
    /// One slot is not what a clean stop leaves there.
    pub(super) flawed: bool,
    count: u64,
}

/// Reads the newest note. `None`: no note can be read from the file that is there.
pub(super) fn read(folder: &Folder) -> io::Result<Option<Noted>> {
    let file = folder.disk.open(&folder.head(), false)?;
    let len = file.len()?;
    let mut bytes = vec![0; BLOCK * 2];
    let readable = len.min(bytes.len() as u64) as usize;
    file.read_at(&mut bytes[..readable], 0)?;
    let slots = [Note::decode(&bytes[..BLOCK]), Note::decode(&bytes[BLOCK..])];
    let lost = slots.iter().any(Option::is_none) || len != bytes.len() as u64;
    let newest = slots.into_iter().flatten().max_by_key(|(count, _)| *count);
    Ok(newest.map(|(count, note)| Noted { note, flawed: note.clean && lost, count }))
}

/// The head file, open for notes.
pub(super) struct HeadFile {
    file: Box<dyn DiskFile>,
    count: u64,
}

impl HeadFile {
    /// Makes the file with a first note in both slots, durable before it has its name.
    pub(super) fn create(folder: &Folder, note: &Note) -> io::Result<Self> {
        let unfinished = folder.dir.join("head.tmp");
        let file = folder.disk.create(&unfinished)?;
        file.write_at(&note.encode(1), BLOCK as u64)?;
        file.write_at(&note.encode(2), 0)?;
        file.sync_data()?;
        folder.disk.rename(&unfinished, &folder.head())?;
        folder.disk.sync_dir(&folder.dir)?;
        Ok(Self { file, count: 2 })
    }

    /// Opens the file for the notes after the newest one.
    pub(super) fn open(folder: &Folder, noted: &Noted) -> io::Result<Self> {
        Ok(Self { file: folder.disk.open(&folder.head(), true)?, count: noted.count })
    }

    /// Writes a note, durable, over the older slot.
    pub(super) fn write(&mut self, note: &Note) -> io::Result<()> {
        self.count += 1;
        let slot = (self.count % 2) * BLOCK as u64;
        self.file.write_at(&note.encode(self.count), slot)?;
        self.file.sync_data()
    }
}
