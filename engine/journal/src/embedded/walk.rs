//! Walking a segment frame by frame, and judging the place where it stops.

use std::io;

use super::bytes_le::all_zero;
use super::frame::{EntryHead, Head, Kind, Salt};
use super::segment::{Header, Mark};
use super::window::Window;
use crate::chain::{Chain, Link};
use crate::limits::{BLOCK, ENTRY_HEAD, FRAME_HEAD};
use crate::seam::Pos;

/// How far a walk has come. After a whole group it is also how far the log has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) segment: u64,
    /// Where the next frame begins.
    pub(super) offset: u64,
    /// Group of the last frame.
    pub(super) group: u64,
    /// The last frame was the last of its group.
    pub(super) closed: bool,
    /// Where the last frame began; 0 when this segment has none yet.
    pub(super) frame: u64,
    pub(super) chain: Chain,
    /// The proposal of the last entry.
    pub(super) mark: Mark,
}

impl Cursor {
    /// Before the first frame of the first segment.
    pub(super) fn genesis() -> Self {
        Self {
            segment: 0,
            offset: 0,
            group: 0,
            closed: true,
            frame: 0,
            chain: Chain::GENESIS,
            mark: Mark::default(),
        }
    }

    /// At the first frame of a segment.
    pub(super) fn at_start(header: &Header) -> Self {
        Self {
            segment: header.number,
            offset: BLOCK as u64,
            group: header.first_group.saturating_sub(1),
            closed: true,
            frame: 0,
            chain: header.before,
            mark: header.mark,
        }
    }

    /// At a frame in the middle, taken at its word for what was before it. None: no entry's frame is there.
    pub(super) fn at_frame(
        window: &mut Window,
        salt: Salt,
        segment: u64,
        offset: u64,
    ) -> io::Result<Option<Self>> {
        let Some(bytes) = window.get(offset, FRAME_HEAD + ENTRY_HEAD)? else { return Ok(None) };
        let head = Head::decode(salt, offset, bytes).filter(|head| head.kind == Kind::Entry);
        let Some(head) = head.filter(|head| head.seq > 0) else { return Ok(None) };
        let EntryHead { moment, prev, .. } = EntryHead::decode(&bytes[FRAME_HEAD..]);
        let chain = Chain { seq: head.seq - 1, moment, head: prev };
        let start = Self { segment, offset, group: head.group, closed: false, ..Self::genesis() };
        Ok(Some(Self { chain, ..start }))
    }

    /// The group the next frame belongs to.
    pub(super) fn next_group(&self) -> u64 {
        if self.closed { self.group + 1 } else { self.group }
    }

    /// Whether a segment's header continues just here.
    pub(super) fn continues_in(&self, header: &Header) -> bool {
        header.before == self.chain
            && header.first_group == self.group + 1
            && header.before_end == self.offset
            && header.mark == self.mark
    }

    pub(super) fn pos(&self) -> Pos {
        pos(self.segment, self.offset)
    }
}

/// A place as callers keep it.
pub(super) fn pos(segment: u64, offset: u64) -> Pos {
    Pos(segment << 32 | offset)
}

/// The segment and offset of a place.
pub(super) fn place(pos: Pos) -> (u64, u64) {
    (pos.0 >> 32, pos.0 & u64::from(u32::MAX))
}

/// A whole frame that follows the one before it.
pub(super) enum View<'w> {
    Entry { pos: Pos, link: Link, mark: Mark, body: &'w [u8] },
    Decided { seq: u64, body: &'w [u8] },
}

/// Why a walk stops.
#[derive(Debug)]
pub(super) enum Stop {
    /// Zeros, or no room for a frame.
    Blank,
    /// Not a whole frame.
    Broken,
    /// A whole frame that does not follow the one before it.
    Stray,
    /// The disk refused.
    Disk(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// Takes the next frame. The cursor moves only past a whole frame that follows.
pub(super) fn step<'w>(
    window: &'w mut Window,
    salt: Salt,
    cursor: &mut Cursor,
) -> Result<View<'w>, Stop> {
    let at = cursor.offset;
    let head = match window.get(at, FRAME_HEAD)? {
        None => return Err(Stop::Blank),
        Some(bytes) if all_zero(bytes) => return Err(Stop::Blank),
        Some(bytes) => Head::decode(salt, at, bytes).ok_or(Stop::Broken)?,
    };
    let frame = window.get(at, head.frame_len())?.ok_or(Stop::Broken)?;
    let payload = &frame[FRAME_HEAD..];
    if !head.vouches_for(salt, at, payload) {
        return Err(Stop::Broken);
    }
    if head.group != cursor.next_group() {
        return Err(Stop::Stray);
    }
    let mut next = *cursor;
    next.offset = at + head.frame_len() as u64;
    next.frame = at;
    next.group = head.group;
    next.closed = head.last;
    let view = match head.kind {
        Kind::Decided => View::Decided { seq: head.seq, body: &payload[..head.len] },
        Kind::Entry => entry(cursor, &mut next, &head, payload).ok_or(Stop::Stray)?,
        // Never in a log, whose every entry is whole.
        Kind::Thinned => return Err(Stop::Stray),
    };
    *cursor = next;
    Ok(view)
}

fn entry<'w>(was: &Cursor, next: &mut Cursor, head: &Head, payload: &'w [u8]) -> Option<View<'w>> {
    let EntryHead { moment, boot, n, i, node, prev } = EntryHead::decode(payload);
    let body = &payload[ENTRY_HEAD..head.len];
    let link = next.chain.advance(node, boot, n, i, moment, body);
    let follows = link.seq == head.seq && link.prev == prev && link.moment == moment;
    next.mark = Mark { node, boot, n, i };
    follows.then_some(View::Entry { pos: was.pos(), link, mark: next.mark, body })
}

/// What lies after the place where a walk stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Zeros to the end of the file.
    Nothing,
    /// Bytes, but no frame of a group later than the broken one: a group that was being written.
    Torn,
    /// A frame of a later group: the broken one was synced once.
    Later,
}

/// Searches what follows a stop. `group` is the one the frame here belongs to.
pub(super) fn look_after(
    window: &mut Window,
    salt: Salt,
    from: u64,
    group: u64,
) -> io::Result<After> {
    let mut after = After::Nothing;
    let mut at = from;
    while at < window.len {
        let len = (window.len - at).min((BLOCK - at as usize % BLOCK) as u64) as usize;
        let blank = window.get(at, len)?.is_none_or(all_zero);
        if !blank {
            after = After::Torn;
            if later_in(window, salt, at, len, group)? {
                return Ok(After::Later);
            }
        }
        at += len as u64;
    }
    Ok(after)
}

fn later_in(
    window: &mut Window,
    salt: Salt,
    from: u64,
    len: usize,
    group: u64,
) -> io::Result<bool> {
    for offset in (from.next_multiple_of(8)..from + len as u64).step_by(8) {
        let Some(bytes) = window.get(offset, FRAME_HEAD)? else { break };
        if Head::decode(salt, offset, bytes).is_some_and(|head| head.group > group) {
            return Ok(true);
        }
    }
    Ok(false)
}
