//! Walking a file of the archive: as a segment, with entries among them of which only the hash is left.

use std::io;

use super::file::{Archive, ArchiveHeader};
use crate::chain::{Chain, Link};
use crate::embedded::bytes_le::take;
use crate::embedded::damage_at;
use crate::embedded::frame::{EntryHead, Head, Kind, Salt};
use crate::embedded::segment::Mark;
use crate::embedded::walk::{Cursor, Stop, View, step};
use crate::embedded::window::Window;
use crate::limits::{BLOCK, ENTRY_HEAD, FRAME_HEAD};
use crate::seam::{Damage, Flaw};

/// What stands at a place.
pub(super) enum Frame<'w> {
    Whole(View<'w>),
    Thinned(Link),
}

/// A file that was walked to its end.
pub(super) struct Walked {
    pub(super) header: ArchiveHeader,
    pub(super) cursor: Cursor,
    pub(super) entries: u64,
    pub(super) thinned: u64,
}

/// Takes the next frame; only one that follows the one before it.
pub(super) fn step_archived<'w>(
    window: &'w mut Window,
    salt: Salt,
    cursor: &mut Cursor,
) -> Result<Frame<'w>, Stop> {
    let at = cursor.offset;
    let head = window.get(at, FRAME_HEAD)?.and_then(|bytes| Head::decode(salt, at, bytes));
    let Some(head) = head.filter(|head| head.kind == Kind::Thinned) else {
        return step(window, salt, cursor).map(Frame::Whole);
    };
    let frame = window.get(at, head.frame_len())?.ok_or(Stop::Broken)?;
    let payload = &frame[FRAME_HEAD..];
    if !head.vouches_for(salt, at, payload) {
        return Err(Stop::Broken);
    }
    let EntryHead { moment, boot, n, i, node, prev } = EntryHead::decode(payload);
    let Chain { seq, moment: before, head: last } = cursor.chain;
    let follows = head.group == cursor.next_group() && head.seq == seq + 1 && prev == last;
    if !follows || moment < before {
        return Err(Stop::Stray);
    }
    let hash = take(payload, ENTRY_HEAD);
    *cursor = Cursor {
        offset: at + head.frame_len() as u64,
        frame: at,
        group: head.group,
        closed: head.last,
        chain: Chain { seq: head.seq, moment, head: hash },
        mark: Mark { node, boot, n, i },
        ..*cursor
    };
    Ok(Frame::Thinned(Link { seq: head.seq, moment, prev, hash }))
}

/// Opens a file and reads its head block.
pub(super) fn open(
    archive: &Archive,
    id: &[u8; 16],
    number: u64,
) -> Result<(Window, ArchiveHeader), Damage> {
    let file = archive.file(number);
    let damage = |flaw| damage_at(file.clone(), 0, 0, flaw);
    let mut window = archive.window(number).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => damage(Flaw::Missing),
        _ => damage(Flaw::Unreadable(error.to_string())),
    })?;
    let block =
        window.get(0, BLOCK).map_err(|error| damage(Flaw::Unreadable(error.to_string())))?;
    let header = block.and_then(ArchiveHeader::decode);
    let header = header.filter(|it| it.segment.number == number && it.segment.id == *id);
    let header = header.ok_or_else(|| damage(Flaw::Header))?;
    if window.len != header.segment.size {
        return Err(damage(Flaw::Length { len: window.len, size: header.segment.size }));
    }
    Ok((window, header))
}

/// Checks every frame of a file, up to its last byte.
pub(super) fn check(archive: &Archive, id: &[u8; 16], number: u64) -> Result<Walked, Damage> {
    let (window, header) = open(archive, id, number)?;
    check_in(window, header)
}

pub(super) fn check_in(mut window: Window, header: ArchiveHeader) -> Result<Walked, Damage> {
    let salt = Salt::new(&header.segment.id, header.segment.number);
    let cursor = Cursor::at_start(&header.segment);
    let mut walked = Walked { header, cursor, entries: 0, thinned: 0 };
    while walked.cursor.offset < window.len {
        match step_archived(&mut window, salt, &mut walked.cursor) {
            Ok(Frame::Whole(View::Entry { .. })) => walked.entries += 1,
            Ok(Frame::Whole(View::Decided { .. })) => {}
            Ok(Frame::Thinned(_)) => walked.thinned += 1,
            Err(stop) => return Err(stopped(&window, &walked.cursor, stop)),
        }
    }
    if !walked.cursor.closed || walked.cursor.chain.moment != header.last {
        return Err(stopped(&window, &walked.cursor, Stop::Blank));
    }
    Ok(walked)
}

/// What it means that a walk stopped here.
pub(super) fn stopped(window: &Window, cursor: &Cursor, stop: Stop) -> Damage {
    let flaw = match stop {
        Stop::Disk(error) => Flaw::Unreadable(error.to_string()),
        Stop::Stray => Flaw::Order,
        Stop::Broken => Flaw::Frame,
        Stop::Blank => Flaw::Tail,
    };
    damage_at(window.path.clone(), cursor.offset, cursor.chain.seq + 1, flaw)
}
