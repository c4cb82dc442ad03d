//! Where a log in use is durable beyond doubt, as somebody beside its writer can tell.
//!
//! What a reader sees at the very end may not be synced yet. Two things say that it is: the head note, made after the
//! sync; and a frame of a later group, because a group is written only after the one before it is synced.

use std::io;

use super::damage_at;
use super::frame::Salt;
use super::head::Note;
use super::segment::{Folder, Header};
use super::survey::{open_window, read_header};
use super::walk::{Cursor, Stop, step};
use super::window::Window;
use crate::seam::{Damage, Flaw};

/// The end of what is surely synced; at least the note, or it is damage.
pub(super) fn end(folder: &Folder, note: &Note) -> Result<Cursor, Damage> {
    let mut safe = Cursor::genesis();
    let mut number = note.segment.max(note.floor);
    let mut flaw = match open_window(folder, number) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Flaw::Missing,
        _ => Flaw::Header,
    };
    while let Some((mut window, header)) = begun(folder, note, number)? {
        if safe.segment > 0 && !safe.continues_in(&header) {
            flaw = Flaw::Header;
            break;
        }
        let (cursor, stop) = walk(&mut window, note, &header, &mut safe)?;
        flaw = match stop {
            Stop::Stray => Flaw::Order,
            Stop::Broken => Flaw::Frame,
            _ => Flaw::Tail,
        };
        // A next segment that continues here was written after everything in this one was synced.
        match begun(folder, note, number + 1)? {
            Some((_, next)) if cursor.closed && cursor.continues_in(&next) => safe = cursor,
            _ => break,
        }
        number += 1;
    }
    if note.is_beyond(&safe) {
        let at = if safe.segment == 0 { (number, 0) } else { (safe.segment, safe.offset) };
        return Err(damage_at(folder.segment(at.0), at.1, safe.chain.seq + 1, flaw));
    }
    Ok(safe)
}

/// Walks a segment to where no frame follows, moving `safe` along.
fn walk(
    window: &mut Window,
    note: &Note,
    header: &Header,
    safe: &mut Cursor,
) -> Result<(Cursor, Stop), Damage> {
    let salt = Salt::new(&note.id, header.number);
    let mut cursor = Cursor::at_start(header);
    loop {
        let before = cursor;
        if let Err(stop) = step(window, salt, &mut cursor) {
            if let Stop::Disk(error) = stop {
                let flaw = Flaw::Unreadable(error.to_string());
                return Err(damage_at(
                    window.path.clone(),
                    cursor.offset,
                    cursor.chain.seq + 1,
                    flaw,
                ));
            }
            return Ok((cursor, stop));
        }
        if cursor.group > before.group && before.frame > 0 {
            *safe = before;
        }
        if (note.segment, note.offset) == (cursor.segment, cursor.offset) {
            if !note.is(&cursor) || !cursor.closed {
                let seq = cursor.chain.seq;
                return Err(damage_at(window.path.clone(), cursor.offset, seq, Flaw::Head));
            }
            *safe = cursor;
        }
    }
}

/// A segment with its header, if it is there and begun.
fn begun(folder: &Folder, note: &Note, number: u64) -> Result<Option<(Window, Header)>, Damage> {
    let disk = |error: io::Error| {
        let flaw = Flaw::Unreadable(error.to_string());
        damage_at(folder.segment(number), 0, note.chain.seq + 1, flaw)
    };
    let mut window = match open_window(folder, number) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        window => window.map_err(disk)?,
    };
    let header = read_header(&mut window).map_err(disk)?;
    let header = header.filter(|header| header.number == number && header.id == note.id);
    Ok(header.map(|header| (window, header)))
}
