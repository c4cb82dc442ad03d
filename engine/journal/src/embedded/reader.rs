//! Reading a log while it is written, or after: frame by frame across segments, every one checked against the chain.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::disk::{Disk, RealDisk};
use super::frame::Salt;
use super::head::{self, Note};
use super::segment::{Folder, Header};
use super::survey::{open_window, read_header};
use super::walk::{After, Cursor, Stop, View, look_after, place, step};
use super::window::Window;
use super::{OpenError, damage_at};
use crate::limits::BLOCK;
use crate::seam::{Damage, Decided, Entry, Flaw, Pos, Record, Records, Unread};

/// Reads the log in a folder, also while a process writes it. Takes no lock and changes nothing.
///
/// What it reads at the very end of a log in use may not be durable yet.
pub struct Reader {
    folder: Folder,
    note: Note,
}

impl Reader {
    /// Opens the log in a folder.
    ///
    /// # Errors
    /// There is no log, or its head note cannot be read.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        Self::open_on(Arc::new(RealDisk), dir.to_owned())
    }

    /// The same on another disk.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn open_on(disk: Arc<dyn Disk>, dir: PathBuf) -> Result<Self, OpenError> {
        let folder = Folder { disk, dir };
        match head::read(&folder) {
            Ok(Some(noted)) => Ok(Self { folder, note: noted.note }),
            Ok(None) => Err(damage_at(folder.head(), 0, 1, Flaw::Note).into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(OpenError::NoLog { dir: folder.dir })
            }
            Err(source) => Err(OpenError::Disk { dir: folder.dir, source }),
        }
    }

    /// The id the log was made with.
    pub fn log_id(&self) -> [u8; 16] {
        self.note.id
    }

    /// Seq of the noted head, read anew: every entry up to it is durable, whatever became of the process that wrote.
    pub fn noted(&self) -> u64 {
        self.newest_note().chain.seq
    }

    /// Everything from a place on, up to what is the end when it is reached.
    ///
    /// # Errors
    /// See [`Unread`].
    pub fn from(&self, from: Pos) -> Result<Records, Unread> {
        records(&self.folder, &self.newest_note(), from, None)
    }

    /// Segments may have been let go since this reader was opened.
    fn newest_note(&self) -> Note {
        let read = head::read(&self.folder).ok().flatten();
        read.map_or(self.note, |noted| noted.note)
    }

    /// Everything from an entry on, found by its Seq.
    ///
    /// # Errors
    /// See [`Unread`].
    pub fn from_seq(&self, seq: u64) -> Result<Records, Unread> {
        let mut start = Pos::START;
        for number in self.newest_note().floor.. {
            let Ok(mut window) = open_window(&self.folder, number) else { break };
            let header = read_header(&mut window).map_err(|error| {
                damage_at(window.path.clone(), 0, seq, Flaw::Unreadable(error.to_string()))
            })?;
            match header {
                Some(header) if header.before.seq < seq => start = Cursor::at_start(&header).pos(),
                _ => break,
            }
        }
        let records = self.from(start)?;
        Ok(Box::new(records.skip_while(move |record| {
            record.is_ok() && seq_of(record).is_none_or(|found| found < seq)
        })))
    }
}

fn seq_of(record: &Result<Record, Damage>) -> Option<u64> {
    match record {
        Ok(Record::Entry(entry)) => Some(entry.seq),
        _ => None,
    }
}

/// Everything from a place on. With `until`, exactly up to there: an end before it is damage.
pub(super) fn records(
    folder: &Folder,
    note: &Note,
    from: Pos,
    until: Option<(u64, u64)>,
) -> Result<Records, Unread> {
    let (segment, offset) = place(from);
    if until == Some((0, 0)) || (from == Pos::START && note.segment == 0 && blank(folder, note)) {
        return Ok(Box::new(std::iter::empty()));
    }
    let segment = if from == Pos::START { note.floor } else { segment };
    if segment < note.floor {
        let below = first_seq(folder, note.floor).unwrap_or(0);
        return Err(Unread::Trimmed { below });
    }
    let file = folder.segment(segment);
    let damage = |flaw| damage_at(file.clone(), offset, 0, flaw);
    let disk = |error: io::Error| damage(Flaw::Unreadable(error.to_string()));
    let mut window = open_window(folder, segment).map_err(disk)?;
    let header = read_header(&mut window).map_err(disk)?;
    let header = header.filter(|header| header.number == segment && header.id == note.id);
    let header = header.ok_or_else(|| damage(Flaw::Header))?;
    let salt = Salt::new(&note.id, segment);
    let cursor = if offset <= BLOCK as u64 {
        Cursor::at_start(&header)
    } else {
        let at = Cursor::at_frame(&mut window, salt, segment, offset).map_err(disk)?;
        at.ok_or_else(|| damage(Flaw::Frame))?
    };
    let folder = folder.clone();
    Ok(Box::new(Frames { folder, id: note.id, window, salt, cursor, until, tries: 0, done: false }))
}

/// Whether the first segment is not begun: a log without an entry.
fn blank(folder: &Folder, note: &Note) -> bool {
    match open_window(folder, note.floor) {
        Ok(mut window) => !matches!(window.get(0, BLOCK), Ok(Some(block)) if block != [0; BLOCK]),
        Err(_) => true,
    }
}

pub(super) fn first_seq(folder: &Folder, number: u64) -> Option<u64> {
    let header = read_header(&mut open_window(folder, number).ok()?).ok()??;
    Some(header.before.seq + 1)
}

struct Frames {
    folder: Folder,
    id: [u8; 16],
    window: Window,
    salt: Salt,
    cursor: Cursor,
    until: Option<(u64, u64)>,
    /// Looks taken at the place where the walk stands: a writer may be at work just here.
    tries: u32,
    done: bool,
}

/// What to do where no frame follows.
enum Turn {
    Again,
    End,
}

/// The segment after the one being read.
enum Next {
    /// It is not there, not begun, or torn in its first group.
    None,
    Begun(Header, Box<Window>),
    /// It goes on, but its header is damaged.
    Headless,
}

impl Iterator for Frames {
    type Item = Result<Record, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            if self.until == Some((self.cursor.segment, self.cursor.offset)) {
                self.done = true;
                break;
            }
            let stop = match step(&mut self.window, self.salt, &mut self.cursor) {
                Ok(view) => {
                    self.tries = 0;
                    return Some(Ok(record(&view)));
                }
                Err(stop) => stop,
            };
            match self.turn(&stop) {
                Ok(Turn::Again) => {}
                Ok(Turn::End) => self.done = true,
                Err(damage) => {
                    self.done = true;
                    return Some(Err(damage));
                }
            }
        }
        None
    }
}

impl Frames {
    /// Decides where a walk stops: look again with fresh bytes, go on in the next segment, end, or name the damage.
    /// What looks like damage is looked at twice, because a writer may have come by in between.
    fn turn(&mut self, stop: &Stop) -> Result<Turn, Damage> {
        self.tries += 1;
        let flaw = match stop {
            Stop::Disk(error) => return Err(self.damage(Flaw::Unreadable(error.to_string()))),
            Stop::Stray => Flaw::Order,
            Stop::Broken => Flaw::Frame,
            Stop::Blank => Flaw::Tail,
        };
        if self.tries == 1 {
            return Ok(self.again());
        }
        let suspect = match self.next_segment()? {
            Next::Begun(header, window) if self.cursor.continues_in(&header) => {
                self.window = *window;
                self.salt = Salt::new(&self.id, header.number);
                self.cursor = Cursor::at_start(&header);
                self.tries = 0;
                return Ok(Turn::Again);
            }
            Next::Begun(..) | Next::Headless => Some(flaw),
            Next::None => self.suspect(flaw)?,
        };
        match suspect {
            None => Ok(Turn::End),
            Some(_) if self.tries == 2 => Ok(self.again()),
            Some(flaw) => Err(self.damage(flaw)),
        }
    }

    fn again(&mut self) -> Turn {
        self.window.refresh();
        Turn::Again
    }

    /// What is wrong with an end here, if anything.
    fn suspect(&mut self, flaw: Flaw) -> Result<Option<Flaw>, Damage> {
        let short = self.cursor_is_short()?;
        if short.is_some() || flaw == Flaw::Order {
            return Ok(short.or(Some(flaw)));
        }
        let group = self.cursor.next_group();
        let after = look_after(&mut self.window, self.salt, self.cursor.offset, group);
        let after = after.map_err(|error| self.damage(Flaw::Unreadable(error.to_string())))?;
        Ok((after == After::Later).then_some(flaw))
    }

    /// The log must reach what was asked for, and the noted head.
    fn cursor_is_short(&self) -> Result<Option<Flaw>, Damage> {
        let read = head::read(&self.folder);
        let noted = read.map_err(|error| self.damage(Flaw::Unreadable(error.to_string())))?;
        let note = noted.ok_or_else(|| self.damage(Flaw::Note))?.note;
        let short = self.until.is_some() || note.is_beyond(&self.cursor);
        Ok(short.then_some(Flaw::Short { head: note.chain.seq }))
    }

    fn next_segment(&self) -> Result<Next, Damage> {
        let number = self.cursor.segment + 1;
        let disk = |error: io::Error| self.damage(Flaw::Unreadable(error.to_string()));
        let mut window = match open_window(&self.folder, number) {
            Ok(window) => window,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Next::None),
            Err(error) => return Err(disk(error)),
        };
        if let Some(header) = read_header(&mut window).map_err(disk)? {
            return Ok(Next::Begun(header, Box::new(window)));
        }
        let salt = Salt::new(&self.id, number);
        let group = self.cursor.group + 1;
        let after = look_after(&mut window, salt, BLOCK as u64, group).map_err(disk)?;
        Ok(if after == After::Later { Next::Headless } else { Next::None })
    }

    fn damage(&self, flaw: Flaw) -> Damage {
        damage_at(self.window.path.clone(), self.cursor.offset, self.cursor.chain.seq + 1, flaw)
    }
}

fn record(view: &View<'_>) -> Record {
    match *view {
        View::Decided { seq, body } => {
            Record::Decided(Decided { seq, body: Bytes::copy_from_slice(body) })
        }
        View::Entry { pos, link, mark, body } => Record::Entry(Entry {
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
