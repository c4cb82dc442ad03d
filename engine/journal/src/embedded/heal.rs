//! What an opening does after anything but a clean stop: the live segment is copied before it is trusted.
//!
//! After a crash, or a sync that failed, what is read may be what memory holds and not what the disk holds. The copy is
//! synced, and only then takes the name. It ends at the cut, so that no torn bytes are left to be met again.

use std::io;

use super::frame::{Salt, mark_last};
use super::maker::{finish, make_segment, zero};
use super::segment::Folder;
use super::survey::{Survey, open_window};
use super::walk::Cursor;
use crate::limits::FRAME_MAX;

/// Copies the live segment up to the end of the log, and makes anew the one after it if that may be torn.
pub(super) fn heal(folder: &Folder, survey: &mut Survey, size: u64) -> io::Result<()> {
    if survey.end.segment > 0 {
        let id = survey.noted.note.id;
        match copy(folder, &id, &survey.end, survey.size) {
            // The segments made ahead hold nothing: on a full disk their room is the copy's.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                for number in std::mem::take(&mut survey.ahead) {
                    folder.disk.remove(&folder.segment(number))?;
                }
                copy(folder, &id, &survey.end, survey.size)?;
            }
            copied => copied?,
        }
    }
    survey.end.closed = true;
    if survey.torn {
        for &number in &survey.ahead {
            make_segment(folder, number, size)?;
        }
    }
    Ok(())
}

fn copy(folder: &Folder, id: &[u8; 16], end: &Cursor, size: u64) -> io::Result<()> {
    let mut from = open_window(folder, end.segment)?;
    let to = folder.disk.create(&folder.unfinished(end.segment))?;
    let mut at = 0;
    while at < end.offset {
        let len = (end.offset - at).min(FRAME_MAX as u64) as usize;
        let bytes = from.get(at, len)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        to.write_at(bytes, at)?;
        at += len as u64;
    }
    zero(&*to, end.offset, size)?;
    if !end.closed && end.frame > 0 {
        // What is left of the torn group is a whole group from now on.
        let len = (end.offset - end.frame) as usize;
        let frame = from.get(end.frame, len)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut frame = frame.to_vec();
        mark_last(Salt::new(id, end.segment), end.frame, &mut frame);
        to.write_at(&frame, end.frame)?;
    }
    to.sync_data()?;
    finish(folder, end.segment)
}
