//! Copying segments from one folder to another: written beside, synced, and only then named.

use std::io;

use super::disk::DiskFile;
use super::maker::{finish, zero};
use super::segment::Folder;
use super::survey::open_window;
use super::window::Window;

/// Bytes copied or compared at a time.
const STEP: usize = 128 * 1024;

/// Copies a segment up to `end`, with zeros behind it up to `size`. The copy has its name only when it is synced.
pub(super) fn segment(
    from: &Folder,
    to: &Folder,
    number: u64,
    end: u64,
    size: u64,
) -> io::Result<()> {
    let copied = write_beside(from, to, number, end, size);
    if copied.is_err() {
        let _ = to.disk.remove(&to.unfinished(number));
    }
    copied
}

fn write_beside(from: &Folder, to: &Folder, number: u64, end: u64, size: u64) -> io::Result<()> {
    let mut source = open_window(from, number)?;
    let copy = to.disk.create(&to.unfinished(number))?;
    range(&mut source, &*copy, 0, end)?;
    zero(&*copy, end, size)?;
    copy.sync_data()?;
    drop(copy);
    finish(to, number)
}

/// Copies the bytes from one offset to another.
pub(super) fn range(
    source: &mut Window,
    copy: &dyn DiskFile,
    mut at: u64,
    end: u64,
) -> io::Result<()> {
    while at < end {
        let len = (end - at).min(STEP as u64) as usize;
        let bytes = source.get(at, len)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        copy.write_at(bytes, at)?;
        at += len as u64;
    }
    Ok(())
}

/// Whether a segment is the same in two folders up to `end`; a missing or shorter one is not.
pub(super) fn same(one: &Folder, other: &Folder, number: u64, end: u64) -> io::Result<bool> {
    let (mut one, mut other) = match (open_window(one, number), open_window(other, number)) {
        (Ok(one), Ok(other)) => (one, other),
        (Err(error), _) | (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(false);
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    let mut at = 0;
    while at < end {
        let len = (end - at).min(STEP as u64) as usize;
        let (Some(left), Some(right)) = (one.get(at, len)?, other.get(at, len)?) else {
            return Ok(false);
        };
        if left != right {
            return Ok(false);
        }
        at += len as u64;
    }
    Ok(true)
}
