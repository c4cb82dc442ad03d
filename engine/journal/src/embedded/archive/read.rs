//! Reading an archive, and checking the chain from the first entry on over archive and log.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::file::Archive;
use super::walk::{Frame, Walked, check, open, step_archived, stopped};
use crate::embedded::disk::{Disk, RealDisk};
use crate::embedded::frame::Salt;
use crate::embedded::segment::{Folder, Header};
use crate::embedded::walk::{Cursor, View};
use crate::embedded::window::Window;
use crate::embedded::{Summary, damage_at, sealed, verify_on};
use crate::seam::{Damage, Decided, Entry, Flaw, Hash};

/// What an archive keeps, in log order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// An entry, whole.
    Entry(Entry),
    /// An entry whose time was over.
    Thinned {
        /// Its place.
        seq: u64,
        /// Its Moment, nanoseconds since the epoch.
        moment: u64,
        /// Its hash, as it stands in the entry after it.
        hash: Hash,
    },
    /// What was decided about an entry.
    Decided(Decided),
}

/// A log checked together with its archive, from the first entry on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    /// The log by itself.
    pub log: Summary,
    /// Files of the archive.
    pub files: u64,
    /// Entries whole in the archive.
    pub entries: u64,
    /// Entries of which the archive keeps the hash.
    pub thinned: u64,
}

/// Checks every byte of an archive and of its log, and that the one goes on where the other ends. Takes no lock.
///
/// # Errors
/// The first damage, with its place.
pub fn verify_both(log: &Path, archive: &Path) -> Result<Whole, Damage> {
    verify_both_on((Arc::new(RealDisk), log.to_owned()), (Arc::new(RealDisk), archive.to_owned()))
}

/// The same on other disks.
///
/// # Errors
/// As [`verify_both`].
pub fn verify_both_on(
    log: (Arc<dyn Disk>, PathBuf),
    archive: (Arc<dyn Disk>, PathBuf),
) -> Result<Whole, Damage> {
    let summary = verify_on(Arc::clone(&log.0), log.1.clone())?;
    let log = Folder { disk: log.0, dir: log.1 };
    let archive = Archive { disk: archive.0, dir: archive.1 };
    let mut whole = Whole { log: summary, files: 0, entries: 0, thinned: 0 };
    let unreadable = |error: std::io::Error| {
        damage_at(archive.dir.clone(), 0, 1, Flaw::Unreadable(error.to_string()))
    };
    let last = archive.numbers().map_err(unreadable)?.last().copied().unwrap_or(0);
    let mut end: Option<Walked> = None;
    for number in 1..=last {
        let walked = check(&archive, &summary.log_id, number)?;
        let header = &walked.header.segment;
        if !end.as_ref().map_or(header.before.seq == 0, |end| goes_on(end, header)) {
            return Err(damage_at(archive.file(number), 0, header.before.seq + 1, Flaw::Header));
        }
        whole.files += 1;
        whole.entries += walked.entries;
        whole.thinned += walked.thinned;
        // Where the log still has the next segment, that must go on here too.
        if let Ok((_, next)) = sealed::open(&log, &summary.log_id, number + 1)
            && !goes_on(&walked, &next)
        {
            return Err(damage_at(log.segment(number + 1), 0, next.before.seq + 1, Flaw::Header));
        }
        end = Some(walked);
    }
    let reaches = end.map_or(0, |end| end.cursor.chain.seq);
    if reaches + 1 < summary.first {
        return Err(damage_at(archive.file(last + 1), 0, reaches + 1, Flaw::Missing));
    }
    Ok(whole)
}

/// Whether a segment goes on where a file of the archive ends.
fn goes_on(end: &Walked, next: &Header) -> bool {
    next.before == end.cursor.chain
        && next.first_group == end.cursor.group + 1
        && next.before_end == end.header.end
        && next.mark == end.cursor.mark
}

/// Everything an archive keeps, every frame checked. Ends with an `Err` where something is damaged.
///
/// # Errors
/// The archive's folder cannot be read, or holds nothing.
pub fn records(
    archive: &Path,
) -> Result<impl Iterator<Item = Result<Kept, Damage>> + use<>, Damage> {
    let archive = Archive { disk: Arc::new(RealDisk), dir: archive.to_owned() };
    let unreadable = |why: String| damage_at(archive.dir.clone(), 0, 1, Flaw::Unreadable(why));
    let numbers = archive.numbers().map_err(|error| unreadable(error.to_string()))?;
    let id = archive.id().map_err(|error| unreadable(error.to_string()))?;
    let id = id.ok_or_else(|| damage_at(archive.dir.clone(), 0, 1, Flaw::Missing))?;
    Ok(numbers.into_iter().flat_map(move |number| file(&archive, &id, number)))
}

/// One file's frames.
struct Frames {
    window: Window,
    salt: Salt,
    cursor: Cursor,
    done: bool,
}

fn file(
    archive: &Archive,
    id: &[u8; 16],
    number: u64,
) -> Box<dyn Iterator<Item = Result<Kept, Damage>>> {
    match open(archive, id, number) {
        Err(damage) => Box::new(std::iter::once(Err(damage))),
        Ok((window, header)) => Box::new(Frames {
            window,
            salt: Salt::new(id, number),
            cursor: Cursor::at_start(&header.segment),
            done: false,
        }),
    }
}

impl Iterator for Frames {
    type Item = Result<Kept, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done || self.cursor.offset >= self.window.len {
            return None;
        }
        let before = self.cursor;
        match step_archived(&mut self.window, self.salt, &mut self.cursor) {
            Ok(frame) => Some(Ok(kept(&frame))),
            Err(stop) => {
                self.done = true;
                Some(Err(stopped(&self.window, &before, stop)))
            }
        }
    }
}

/// A frame as callers see it.
pub(super) fn kept(frame: &Frame<'_>) -> Kept {
    match *frame {
        Frame::Thinned(link) => {
            Kept::Thinned { seq: link.seq, moment: link.moment, hash: link.hash }
        }
        Frame::Whole(View::Decided { seq, body }) => {
            Kept::Decided(Decided { seq, body: Bytes::copy_from_slice(body) })
        }
        Frame::Whole(View::Entry { pos, link, mark, body }) => Kept::Entry(Entry {
            pos,
            seq: link.seq,
            moment: link.moment,
            prev: link.prev,
            hash: link.hash,
            node: mark.node,
            boot: mark.boot,
            n: mark.n,
            i: mark.i,
            body: Bytes::copy_from_slice(body),
        }),
    }
}
