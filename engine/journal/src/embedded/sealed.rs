//! One segment by itself: is every frame in it whole and in the chain, from its header to that of the next?

use std::io;

use super::damage_at;
use super::frame::Salt;
use super::segment::{Folder, Header};
use super::survey::{open_window, read_header};
use super::walk::{After, Cursor, Stop, View, look_after, step};
use super::window::Window;
use crate::limits::BLOCK;
use crate::seam::{Damage, Flaw};

/// Checks a segment that is not the live one, and that the next goes on from it where that is there.
pub(super) fn check(
    folder: &Folder,
    id: &[u8; 16],
    number: u64,
) -> Result<(Header, Cursor), Damage> {
    let (header, cursor) = check_alone(folder, id, number)?;
    if let Ok((_, next)) = open(folder, id, number + 1)
        && !cursor.continues_in(&next)
    {
        let flaw = Flaw::Short { head: next.before.seq };
        return Err(damage_at(folder.segment(number), cursor.offset, cursor.chain.seq + 1, flaw));
    }
    Ok((header, cursor))
}

/// Checks a segment that is not the live one. Returns its header and the cursor at its end.
pub(super) fn check_alone(
    folder: &Folder,
    id: &[u8; 16],
    number: u64,
) -> Result<(Header, Cursor), Damage> {
    let (mut window, header) = open(folder, id, number)?;
    let salt = Salt::new(id, number);
    let mut cursor = Cursor::at_start(&header);
    let stop = loop {
        match step(&mut window, salt, &mut cursor) {
            Ok(View::Entry { .. } | View::Decided { .. }) => {}
            Err(stop) => break stop,
        }
    };
    let damage =
        |flaw| Err(damage_at(window.path.clone(), cursor.offset, cursor.chain.seq + 1, flaw));
    let flaw = match stop {
        Stop::Disk(error) => return damage(Flaw::Unreadable(error.to_string())),
        Stop::Stray => return damage(Flaw::Order),
        Stop::Broken => return damage(Flaw::Frame),
        Stop::Blank => Flaw::Tail,
    };
    let path = window.path.clone();
    let after = look_after(&mut window, salt, cursor.offset, cursor.next_group());
    let after = after.map_err(|error| unreadable(&path, cursor.offset, &error))?;
    if after != After::Nothing || !cursor.closed {
        return Err(damage_at(path, cursor.offset, cursor.chain.seq + 1, flaw));
    }
    Ok((header, cursor))
}

/// A segment and its header, where both are what they should be.
pub(super) fn open(
    folder: &Folder,
    id: &[u8; 16],
    number: u64,
) -> Result<(Window, Header), Damage> {
    let path = folder.segment(number);
    let mut window = match open_window(folder, number) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(damage_at(path, 0, 0, Flaw::Missing));
        }
        window => window.map_err(|error| unreadable(&path, 0, &error))?,
    };
    let header = read_header(&mut window).map_err(|error| unreadable(&path, 0, &error))?;
    let header = header.filter(|header| header.number == number && header.id == *id);
    let header = header.ok_or_else(|| damage_at(path.clone(), 0, 0, Flaw::Header))?;
    if window.len != header.size {
        let flaw = Flaw::Length { len: window.len, size: header.size };
        return Err(damage_at(path, window.len.min(header.size), header.before.seq + 1, flaw));
    }
    Ok((window, header))
}

/// Whether a file holds a frame of a group later than this one, anywhere.
pub(super) fn goes_past(
    folder: &Folder,
    id: &[u8; 16],
    number: u64,
    group: u64,
) -> io::Result<bool> {
    let mut window = match open_window(folder, number) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        window => window?,
    };
    let after = look_after(&mut window, Salt::new(id, number), BLOCK as u64, group)?;
    Ok(after == After::Later)
}

fn unreadable(path: &std::path::Path, offset: u64, error: &io::Error) -> Damage {
    damage_at(path.to_owned(), offset, 0, Flaw::Unreadable(error.to_string()))
}
