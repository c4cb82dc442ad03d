//! A sync group being built: the bytes of one write, and the entries it makes durable.

use super::frame::{EntryHead, Kind, Place, Salt, append, mark_last};
use super::segment::{Header, Mark};
use super::walk::{Cursor, pos};
use crate::chain::Link;
use crate::seam::{Decided, Draft, Entry};

pub(super) struct Group {
    /// What is written at `base`.
    pub(super) bytes: Vec<u8>,
    pub(super) base: u64,
    /// Where the log will be once this group is durable.
    pub(super) cursor: Cursor,
    pub(super) entries: Vec<Entry>,
    salt: Salt,
    frames: usize,
}

impl Group {
    pub(super) fn after(cursor: Cursor, id: &[u8; 16]) -> Self {
        let salt = Salt::new(id, cursor.segment);
        let base = cursor.offset;
        Self { bytes: Vec::new(), base, cursor, entries: Vec::new(), salt, frames: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames == 0
    }

    /// Begins a segment: its header is the first part of its first write.
    pub(super) fn begin_segment(&mut self, header: &Header) {
        self.bytes.clear();
        self.bytes.extend_from_slice(&header.encode());
        self.base = 0;
        self.cursor = Cursor::at_start(header);
        self.salt = Salt::new(&header.id, header.number);
    }

    pub(super) fn decided(&mut self, decided: &Decided) {
        let place = self.place();
        append(&mut self.bytes, place, Kind::Decided, decided.seq, [&[], &decided.body]);
        self.count();
    }

    /// Gives a draft its place in the chain and in the segment.
    pub(super) fn entry(&mut self, mark: Mark, draft: Draft) {
        let Mark { node, boot, n, i } = mark;
        let Draft { moment, body } = draft;
        let link = self.cursor.chain.advance(node, boot, n, i, moment, &body);
        let Link { seq, moment, prev, hash } = link;
        let head = EntryHead { moment, boot, n, i, node, prev }.encode();
        let pos = pos(self.cursor.segment, self.cursor.offset);
        let place = self.place();
        append(&mut self.bytes, place, Kind::Entry, seq, [&head, &body]);
        self.cursor.mark = mark;
        self.entries.push(Entry { pos, seq, moment, prev, hash, node, boot, n, i, body });
        self.count();
    }

    /// Closes the group: its last frame says so.
    pub(super) fn close(&mut self) {
        let at = (self.cursor.frame - self.base) as usize;
        let marked = mark_last(self.salt, self.cursor.frame, &mut self.bytes[at..]);
        debug_assert!(marked, "a closed group ends in a frame");
        self.cursor.group += 1;
        self.cursor.closed = true;
    }

    /// Makes ready for the next group, just behind this one. Its room is kept.
    pub(super) fn next(&mut self) {
        self.bytes.clear();
        self.base = self.cursor.offset;
        self.frames = 0;
    }

    /// The header a segment beginning here would have.
    pub(super) fn header(&self, id: [u8; 16], number: u64, size: u64) -> Header {
        let Cursor { group, chain, offset, mark, .. } = self.cursor;
        Header { id, number, size, first_group: group + 1, before: chain, before_end: offset, mark }
    }

    fn place(&self) -> Place {
        Place { salt: self.salt, offset: self.cursor.offset, group: self.cursor.group + 1 }
    }

    fn count(&mut self) {
        self.cursor.frame = self.cursor.offset;
        self.cursor.offset = self.base + self.bytes.len() as u64;
        self.frames += 1;
    }
}
