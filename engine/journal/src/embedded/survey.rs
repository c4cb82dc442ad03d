//! What a folder holds: the walk both `open` and `verify` make, and every rule by which a log is called damaged.

use std::io;

use super::bytes_le::all_zero;
use super::frame::Salt;
use super::head::{self, Note};
use super::segment::{Folder, Header, Mark};
use super::walk::{After, Cursor, Stop, View, look_after, step};
use super::window::Window;
use crate::limits::BLOCK;
use crate::seam::{Damage, Flaw};
use crate::seen::Seen;

/// How much to walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Every segment.
    Whole,
    /// The live segment; of the others the headers.
    Live,
}

/// A log whose every rule holds.
pub(super) struct Survey {
    pub(super) noted: head::Noted,
    /// The end of the log. Its segment is the live one; 0 before the first.
    pub(super) end: Cursor,
    /// Bytes of the live segment's file.
    pub(super) size: u64,
    /// What is after the end in the live segment, or the whole of the one after it, was being written.
    pub(super) torn: bool,
    pub(super) seen: Seen,
    /// Each segment with its first Seq, rising.
    pub(super) firsts: Vec<(u64, u64)>,
    /// Entries walked.
    pub(super) entries: u64,
    /// Segments that are there after the live one.
    pub(super) ahead: Vec<u64>,
}

/// Why a folder cannot be surveyed.
pub(super) enum Trouble {
    /// No log was ever made here.
    NoLog,
    Damage(Damage),
}

impl From<Damage> for Trouble {
    fn from(damage: Damage) -> Self {
        Self::Damage(damage)
    }
}

/// Surveys a folder, changing nothing.
pub(super) fn survey(folder: &Folder, depth: Depth) -> Result<Survey, Trouble> {
    let at_dir = |error: &io::Error| Damage {
        file: folder.segments_dir(),
        offset: 0,
        seq: 0,
        flaw: Flaw::Unreadable(error.to_string()),
    };
    let mut numbers = folder.numbers().map_err(|error| at_dir(&error))?;
    let noted = match head::read(folder) {
        Ok(Some(noted)) => noted,
        Err(error) if error.kind() == io::ErrorKind::NotFound && numbers.is_empty() => {
            return Err(Trouble::NoLog);
        }
        Ok(None) => return Err(note_damage(folder, Flaw::Note).into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(note_damage(folder, Flaw::Note).into());
        }
        Err(error) => {
            return Err(note_damage(folder, Flaw::Unreadable(error.to_string())).into());
        }
    };
    numbers.retain(|number| *number >= noted.note.floor);
    let walk = Walk::new(folder, noted.note, numbers);
    Ok(walk.run(depth, noted)?)
}

fn note_damage(folder: &Folder, flaw: Flaw) -> Damage {
    Damage { file: folder.head(), offset: 0, seq: 1, flaw }
}

struct Walk<'f> {
    folder: &'f Folder,
    note: Note,
    numbers: Vec<u64>,
    cursor: Cursor,
    size: u64,
    torn: bool,
    /// The segment after the end, when it was torn in its first group.
    headless: Option<u64>,
    met_note: bool,
    seen: Seen,
    firsts: Vec<(u64, u64)>,
    entries: u64,
}

impl<'f> Walk<'f> {
    fn new(folder: &'f Folder, note: Note, numbers: Vec<u64>) -> Self {
        Self {
            folder,
            note,
            numbers,
            cursor: Cursor::genesis(),
            size: 0,
            torn: false,
            headless: None,
            met_note: note.segment == 0,
            seen: Seen::default(),
            firsts: Vec::new(),
            entries: 0,
        }
    }

    fn run(mut self, depth: Depth, noted: head::Noted) -> Result<Survey, Damage> {
        self.contiguous()?;
        let top = self.last_begun()?;
        let begun: Vec<u64> = self.numbers.iter().copied().filter(|n| *n <= top).collect();
        let from = match depth {
            Depth::Whole => 0,
            Depth::Live => self.live_among(&begun)?,
        };
        for &number in &begun[..from] {
            let (window, header) = self.header(number)?;
            let header = header.ok_or_else(|| self.damage(number, 0, Flaw::Header))?;
            self.whole_file(&window, &header)?;
            self.firsts.push((number, header.before.seq + 1));
            self.cursor.chain = header.before;
        }
        for &number in &begun[from..] {
            self.segment(number, number == top, number == begun[from])?;
        }
        self.against_note(begun.get(from).copied())?;
        let ahead = self.numbers.iter().copied().filter(|n| *n > self.cursor.segment).collect();
        let Self { cursor: end, size, torn, seen, firsts, entries, .. } = self;
        Ok(Survey { noted, end, size, torn, seen, firsts, entries, ahead })
    }

    /// Every segment from the floor to the noted one, and on, is there.
    fn contiguous(&self) -> Result<(), Damage> {
        let last = self.numbers.last().copied().unwrap_or(0).max(self.note.segment);
        let wanted = self.note.floor..=last;
        let missing =
            wanted.zip(self.numbers.iter().copied().map(Some).chain(std::iter::repeat(None)));
        for (want, have) in missing {
            if have != Some(want) {
                let before = (want > self.note.floor).then(|| self.header(want - 1));
                let seq = match before.transpose()? {
                    Some((_, Some(header))) => header.before.seq + 1,
                    _ => 1,
                };
                let file = self.folder.segment(want);
                return Err(Damage { file, offset: 0, seq, flaw: Flaw::Missing });
            }
        }
        Ok(())
    }

    /// The last segment that is not all zeros; 0 when there is none.
    fn last_begun(&self) -> Result<u64, Damage> {
        for &number in self.numbers.iter().rev() {
            let mut window = self.window(number)?;
            if !self.io(number, 0, is_blank(&mut window))? {
                return Ok(number);
            }
        }
        Ok(0)
    }

    /// The index of the first segment to walk when only the live one is: one earlier when the last header is torn.
    fn live_among(&self, begun: &[u64]) -> Result<usize, Damage> {
        let Some(&top) = begun.last() else { return Ok(0) };
        let torn = self.header(top)?.1.is_none();
        Ok((begun.len() - 1).saturating_sub(usize::from(torn)))
    }

    fn segment(&mut self, number: u64, top: bool, first: bool) -> Result<(), Damage> {
        let (mut window, header) = self.header(number)?;
        let Some(header) = header else {
            return self.headless(number, top, &mut window);
        };
        let continues = if first && number > 1 {
            header.number == number
        } else {
            header.number == number && self.cursor.continues_in(&header)
        };
        if !continues || header.id != self.note.id {
            return Err(self.damage(number, 0, Flaw::Header));
        }
        self.cursor = Cursor::at_start(&header);
        self.size = header.size;
        self.firsts.push((number, header.before.seq + 1));
        self.note_mark(header.mark);
        self.whole_file(&window, &header)?;
        self.frames(number, top, &mut window)
    }

    fn whole_file(&self, window: &Window, header: &Header) -> Result<(), Damage> {
        if window.len == header.size {
            return Ok(());
        }
        let flaw = Flaw::Length { len: window.len, size: header.size };
        Err(self.damage(header.number, window.len.min(header.size), flaw))
    }

    /// The last segment may have been torn in its first group, header and all.
    fn headless(&mut self, number: u64, top: bool, window: &mut Window) -> Result<(), Damage> {
        let follows = number == self.cursor.segment + 1;
        if !top || !follows {
            return Err(self.damage(number, 0, Flaw::Header));
        }
        let salt = Salt::new(&self.note.id, number);
        let after = look_after(window, salt, BLOCK as u64, self.cursor.group + 1);
        if self.io(number, 0, after)? == After::Later {
            return Err(self.damage(number, 0, Flaw::Header));
        }
        self.torn = true;
        self.headless = Some(number);
        Ok(())
    }

    fn frames(&mut self, number: u64, top: bool, window: &mut Window) -> Result<(), Damage> {
        let salt = Salt::new(&self.note.id, number);
        loop {
            self.meet_note(number)?;
            let mark = match step(window, salt, &mut self.cursor) {
                Ok(View::Entry { mark, .. }) => mark,
                Ok(View::Decided { .. }) => continue,
                Err(stop) => return self.stopped(number, top, window, stop),
            };
            self.note_mark(mark);
            self.entries += 1;
        }
    }

    fn stopped(
        &mut self,
        number: u64,
        top: bool,
        window: &mut Window,
        stop: Stop,
    ) -> Result<(), Damage> {
        let at = self.cursor.offset;
        let flaw = match stop {
            Stop::Disk(error) => return self.io(number, at, Err(error)),
            Stop::Stray => return Err(self.damage(number, at, Flaw::Order)),
            Stop::Broken => Flaw::Frame,
            Stop::Blank => Flaw::Tail,
        };
        let salt = Salt::new(&self.note.id, number);
        let after = look_after(window, salt, at, self.cursor.next_group());
        match self.io(number, at, after)? {
            After::Nothing if self.cursor.closed => Ok(()),
            After::Nothing | After::Torn if top => {
                self.torn = true;
                Ok(())
            }
            _ => Err(self.damage(number, at, flaw)),
        }
    }

    /// Where the note was made, the log must be just what was noted.
    fn meet_note(&mut self, number: u64) -> Result<(), Damage> {
        if (self.note.segment, self.note.offset) != (number, self.cursor.offset) {
            return Ok(());
        }
        self.met_note = true;
        if self.note.is(&self.cursor) && self.cursor.closed {
            return Ok(());
        }
        Err(self.damage(number, self.cursor.offset, Flaw::Head))
    }

    /// The log must reach the note; after a clean stop, no further.
    fn against_note(&self, walked_from: Option<u64>) -> Result<(), Damage> {
        let at = &self.cursor;
        let file = if at.segment == 0 { self.note.segment } else { at.segment };
        if self.note.is_beyond(at) {
            let flaw = Flaw::Short { head: self.note.chain.seq };
            return Err(self.damage(file, at.offset, flaw));
        }
        let walked = walked_from.is_some_and(|from| from <= self.note.segment);
        if walked && !self.met_note {
            return Err(self.damage(self.note.segment, self.note.offset, Flaw::Head));
        }
        if self.note.clean && (self.torn || !self.note.is(at)) {
            let (file, offset) = self.headless.map_or((file, at.offset), |number| (number, 0));
            return Err(self.damage(file, offset, Flaw::Tail));
        }
        Ok(())
    }

    fn note_mark(&mut self, mark: Mark) {
        if mark.boot > 0 || mark.n > 0 {
            self.seen.note(mark.node, mark.boot, mark.n, mark.i);
        }
    }

    fn header(&self, number: u64) -> Result<(Window, Option<Header>), Damage> {
        let mut window = self.window(number)?;
        let header = self.io(number, 0, read_header(&mut window))?;
        Ok((window, header))
    }

    fn window(&self, number: u64) -> Result<Window, Damage> {
        self.io(number, 0, open_window(self.folder, number))
    }

    fn io<T>(&self, number: u64, offset: u64, result: io::Result<T>) -> Result<T, Damage> {
        result.map_err(|error| self.damage(number, offset, Flaw::Unreadable(error.to_string())))
    }

    fn damage(&self, number: u64, offset: u64, flaw: Flaw) -> Damage {
        let file = self.folder.segment(number);
        Damage { file, offset, seq: self.cursor.chain.seq + 1, flaw }
    }
}

/// Opens a segment for reading.
pub(super) fn open_window(folder: &Folder, number: u64) -> io::Result<Window> {
    let path = folder.segment(number);
    Window::new(folder.disk.open(&path, false)?, path)
}

/// A segment's header, or `None` when these bytes are not one.
pub(super) fn read_header(window: &mut Window) -> io::Result<Option<Header>> {
    Ok(window.get(0, BLOCK)?.and_then(Header::decode))
}

/// Whether a file is zeros throughout: made ahead, not begun.
pub(super) fn is_blank(window: &mut Window) -> io::Result<bool> {
    let mut at = 0;
    while at < window.len {
        let len = (window.len - at).min(BLOCK as u64 * 16) as usize;
        if !window.get(at, len)?.is_none_or(all_zero) {
            return Ok(false);
        }
        at += len as u64;
    }
    Ok(true)
}
