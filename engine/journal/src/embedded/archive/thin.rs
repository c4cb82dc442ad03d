//! Thinning: of an entry whose time is over the archive keeps its head and its hash.
//!
//! A file is written anew beside the old one, checked to end in the same chain, and only then takes its name.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ArchiveError;
use super::file::{Archive, ArchiveHeader};
use super::read::{Kept, kept};
use super::walk::{self, Walked, check_in, step_archived, stopped};
use crate::embedded::damage_at;
use crate::embedded::disk::{Disk, DiskFile, RealDisk};
use crate::embedded::frame::{Head, Kind, Place, Salt, append, mark_last};
use crate::embedded::segment::{Folder, Header};
use crate::embedded::walk::Cursor;
use crate::embedded::window::Window;
use crate::limits::{BLOCK, ENTRY_HEAD, FRAME_HEAD, GROUP_MAX};
use crate::seam::{Damage, Entry, Flaw, Hash};

/// Who decides what goes. The journal does not know what an entry is about.
pub trait Policy {
    /// What is over in a file whose last entry is of this Moment (nanoseconds since the epoch): any number that tells it,
    /// 0 for nothing. It is noted in the file, which is not looked through again for the same number.
    fn over(&self, last: u64) -> u64;

    /// Whether the body of this entry goes.
    fn goes(&mut self, over: u64, entry: &Entry) -> bool;

    /// Called when all entries of a file have been asked about, before any of them goes. What must go with them is gone,
    /// durably, when this returns; it may be asked about the same entries again after a crash.
    ///
    /// # Errors
    /// Then nothing of the file goes.
    fn before(&mut self) -> io::Result<()>;
}

/// What a thinning came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Thinned {
    /// Files written anew.
    pub files: u64,
    /// Entries of which only the hash is left now.
    pub entries: u64,
    /// Bytes that became free.
    pub freed: u64,
}

/// Thins an archive. What the log beside it still has is left as it is.
///
/// # Errors
/// See [`ArchiveError`]; a damaged file is named and left as it is.
pub fn thin(archive: &Path, log: &Path, policy: &mut dyn Policy) -> Result<Thinned, ArchiveError> {
    let real = |dir: &Path| -> (Arc<dyn Disk>, PathBuf) { (Arc::new(RealDisk), dir.to_owned()) };
    thin_on(real(archive), real(log), policy)
}

/// The same on another disk.
///
/// # Errors
/// As [`thin`].
pub fn thin_on(
    archive: (Arc<dyn Disk>, PathBuf),
    log: (Arc<dyn Disk>, PathBuf),
    policy: &mut dyn Policy,
) -> Result<Thinned, ArchiveError> {
    let archive = Archive { disk: archive.0, dir: archive.1 };
    let disk = |source| ArchiveError::Disk { dir: archive.dir.clone(), source };
    let note = super::note_of(&Folder { disk: log.0, dir: log.1 })?;
    let mut thinned = Thinned::default();
    let numbers = archive.numbers().map_err(disk)?;
    for number in numbers.into_iter().filter(|number| *number < note.floor) {
        let header = archive.header(number).map_err(disk)?.ok_or_else(|| {
            ArchiveError::Damaged(damage_at(archive.file(number), 0, 0, Flaw::Header))
        })?;
        let over = policy.over(header.last);
        if over == 0 || over == header.over {
            continue;
        }
        let goes = choose(&archive, &header, over, policy).map_err(ArchiveError::Damaged)?;
        policy.before().map_err(disk)?;
        let size = rewrite(&archive, &header, over, &goes)?;
        thinned.files += 1;
        thinned.entries += goes.len() as u64;
        thinned.freed += header.segment.size.saturating_sub(size);
    }
    Ok(thinned)
}

/// The entries of a file that go, with the hashes that stay.
fn choose(
    archive: &Archive,
    header: &ArchiveHeader,
    over: u64,
    policy: &mut dyn Policy,
) -> Result<BTreeSet<u64>, Damage> {
    let Header { id, number, .. } = header.segment;
    let (mut window, _) = walk::open(archive, &id, number)?;
    let salt = Salt::new(&id, number);
    let mut cursor = Cursor::at_start(&header.segment);
    let mut goes = BTreeSet::new();
    while cursor.offset < window.len {
        let before = cursor;
        let frame = step_archived(&mut window, salt, &mut cursor).map(|frame| kept(&frame));
        match frame.map_err(|stop| stopped(&window, &before, stop))? {
            Kept::Entry(entry) if policy.goes(over, &entry) => drop(goes.insert(entry.seq)),
            _ => {}
        }
    }
    Ok(goes)
}

/// Writes a file anew without these bodies. Returns its length.
fn rewrite(
    archive: &Archive,
    header: &ArchiveHeader,
    over: u64,
    goes: &BTreeSet<u64>,
) -> Result<u64, ArchiveError> {
    let Header { id, number, .. } = header.segment;
    let disk = |source| ArchiveError::Disk { dir: archive.dir.clone(), source };
    let (window, _) = walk::open(archive, &id, number).map_err(ArchiveError::Damaged)?;
    let old = walk::check(archive, &id, number).map_err(ArchiveError::Damaged)?;
    let mut anew = Anew::begin(archive, number, Salt::new(&id, number)).map_err(disk)?;
    let written = anew.frames(window, &header.segment, goes).and_then(|size| {
        let segment = Header { size, ..header.segment };
        anew.file.write_at(&ArchiveHeader { segment, over, ..*header }.encode(), 0)?;
        anew.file.sync_data()?;
        Ok(size)
    });
    let checked = written.map_err(disk).and_then(|size| {
        let path = archive.unfinished(number);
        let again = archive.disk.open(&path, false).and_then(|file| Window::new(file, path));
        same_chain(again.map_err(disk)?, &old).map_err(ArchiveError::Damaged)?;
        Ok(size)
    });
    match checked {
        Ok(size) => archive.finish(number).map(|()| size).map_err(disk),
        Err(why) => {
            let _ = archive.disk.remove(&archive.unfinished(number));
            Err(why)
        }
    }
}

/// The file written anew is whole, ends where the old one did, and keeps as many entries, whole or as hashes.
fn same_chain(mut window: Window, old: &Walked) -> Result<(), Damage> {
    let path = window.path.clone();
    let block = window.get(0, BLOCK).ok().flatten().and_then(ArchiveHeader::decode);
    let header = block.ok_or_else(|| damage_at(path.clone(), 0, 0, Flaw::Header))?;
    let new = check_in(window, header)?;
    let same = new.cursor.chain == old.cursor.chain
        && new.cursor.group == old.cursor.group
        && new.entries + new.thinned == old.entries + old.thinned;
    if same {
        Ok(())
    } else {
        Err(damage_at(path, 0, old.header.segment.before.seq + 1, Flaw::Order))
    }
}

/// A file being written anew.
struct Anew {
    file: Box<dyn DiskFile>,
    salt: Salt,
    /// Where the bytes gathered go.
    at: u64,
    gathered: Vec<u8>,
}

impl Anew {
    fn begin(archive: &Archive, number: u64, salt: Salt) -> io::Result<Self> {
        let file = archive.disk.create(&archive.unfinished(number))?;
        Ok(Self { file, salt, at: BLOCK as u64, gathered: Vec::new() })
    }

    /// Writes every frame, those that go without their bodies. The file has been checked.
    fn frames(
        &mut self,
        mut window: Window,
        segment: &Header,
        goes: &BTreeSet<u64>,
    ) -> io::Result<u64> {
        let mut cursor = Cursor::at_start(segment);
        while cursor.offset < window.len {
            let at = cursor.offset;
            let hash = match step_archived(&mut window, self.salt, &mut cursor) {
                Ok(_) => cursor.chain.head,
                Err(_) => return Err(io::Error::other("the file changed while it was read")),
            };
            let len = (cursor.offset - at) as usize;
            let frame = window.get(at, len)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let head = Head::decode(self.salt, at, frame).ok_or(io::ErrorKind::InvalidData)?;
            self.put(&head, &frame[FRAME_HEAD..FRAME_HEAD + head.len], &hash, goes);
            if self.gathered.len() >= GROUP_MAX {
                self.flush()?;
            }
        }
        self.flush()?;
        Ok(self.at)
    }

    fn put(&mut self, head: &Head, payload: &[u8], hash: &Hash, goes: &BTreeSet<u64>) {
        let start = self.gathered.len();
        let offset = self.at + start as u64;
        let place = Place { salt: self.salt, offset, group: head.group };
        let gone = goes.contains(&head.seq);
        let out = &mut self.gathered;
        match head.kind {
            Kind::Entry if gone => {
                append(out, place, Kind::Thinned, head.seq, [&payload[..ENTRY_HEAD], hash]);
            }
            // An empty frame holds its place in the group.
            Kind::Decided if gone => append(out, place, Kind::Decided, head.seq, [&[], &[]]),
            kind => append(out, place, kind, head.seq, [payload, &[]]),
        }
        if head.last {
            let marked = mark_last(self.salt, offset, &mut out[start..]);
            debug_assert!(marked, "a frame was just written here");
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_at(&self.gathered, self.at)?;
        self.at += self.gathered.len() as u64;
        self.gathered.clear();
        Ok(())
    }
}
