//! The maker thread: makes the next segment ahead, notes the head, lets go of old segments.
//!
//! All of it outside the path of a commit.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender};

use super::disk::DiskFile;
use super::head::{HeadFile, Note};
use super::segment::Folder;
use super::shared::Shared;
use super::walk::Cursor;
use crate::limits::NOTE_MILLIS;

static ZEROS: [u8; 256 * 1024] = [0; 256 * 1024];

/// A segment made ahead: zeros, synced, under its own name.
pub(super) struct Spare {
    pub(super) number: u64,
    pub(super) file: Box<dyn DiskFile>,
    pub(super) size: u64,
}

pub(super) enum Command {
    /// A spare was taken.
    Make,
    /// Entries below this Seq may go.
    Trim(u64),
    /// The writer has ended; note a clean stop if nothing failed.
    Stop,
}

pub(super) struct Maker {
    pub(super) folder: Folder,
    pub(super) id: [u8; 16],
    pub(super) size: u64,
    /// Number of the next segment to make.
    pub(super) next: u64,
    pub(super) floor: u64,
    pub(super) head: HeadFile,
    pub(super) noted: Cursor,
    pub(super) spares: Sender<Spare>,
    pub(super) commands: Receiver<Command>,
    pub(super) shared: Arc<Shared>,
}

impl Maker {
    /// Runs until told to stop. The answer to a clean stop is whether it could be noted.
    pub(super) fn run(mut self) -> io::Result<()> {
        let second = Duration::from_millis(NOTE_MILLIS);
        let (mut noted, mut tried) = (Instant::now(), None::<Instant>);
        loop {
            if tried.is_none_or(|tried| tried.elapsed() >= second) {
                tried = self.make_ahead();
            }
            if noted.elapsed() >= second {
                noted = Instant::now();
                self.guard(Self::note_head);
            }
            match self.commands.recv_timeout(second.saturating_sub(noted.elapsed())) {
                Ok(Command::Trim(below)) => self.guard(|maker| maker.trim(below)),
                Ok(Command::Stop) => return self.note_clean(),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Ok(Command::Make) | Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// What fails here stops the log: a head that cannot be noted cannot vouch for the tail.
    fn guard(&mut self, act: impl FnOnce(&mut Self) -> io::Result<()>) {
        if self.shared.is_stopped() {
            return;
        }
        if let Err(error) = act(self) {
            self.shared.stop(format!("the head of the log cannot be noted: {error}"));
        }
    }

    /// Makes a spare if there is none. When it fails, says when that was: it is tried again a second later.
    fn make_ahead(&mut self) -> Option<Instant> {
        if self.spares.is_full() {
            return None;
        }
        match make_segment(&self.folder, self.next, self.size) {
            Ok(spare) => {
                self.next += 1;
                let _ = self.spares.try_send(spare);
                self.shared.recovered();
                None
            }
            Err(error) => {
                self.shared.low(format!("the next segment of the log cannot be made: {error}"));
                Some(Instant::now())
            }
        }
    }

    fn note_head(&mut self) -> io::Result<()> {
        let durable = self.shared.durable();
        if durable == self.noted {
            return Ok(());
        }
        self.head.write(&Note::of(self.id, self.floor, &durable, false))?;
        self.noted = durable;
        Ok(())
    }

    /// Both slots, so that neither can be lost unseen.
    fn note_clean(&mut self) -> io::Result<()> {
        if self.shared.is_stopped() {
            let why = self.shared.trouble().unwrap_or_default();
            return Err(io::Error::other(why));
        }
        let note = Note::of(self.id, self.floor, &self.shared.durable(), true);
        self.head.write(&note)?;
        self.head.write(&note)
    }

    /// Lets go of segments all of whose entries are below a Seq: first noted, then removed, so that a segment missing
    /// for another reason is seen.
    fn trim(&mut self, below: u64) -> io::Result<()> {
        let firsts: Vec<_> = self.shared.firsts().iter().copied().collect();
        let kept = firsts.iter().rev().find(|(_, first)| *first <= below);
        let Some(&(floor, first)) = kept.filter(|(floor, _)| *floor > self.floor) else {
            return Ok(());
        };
        let durable = self.shared.durable();
        self.head.write(&Note::of(self.id, floor, &durable, false))?;
        self.noted = durable;
        self.shared.firsts().retain(|(segment, _)| *segment >= floor);
        for number in self.floor..floor {
            self.folder.disk.remove(&self.folder.segment(number))?;
        }
        self.folder.disk.sync_dir(&self.folder.segments_dir())?;
        self.floor = floor;
        self.shared.first.store(first, SeqCst);
        self.shared.wake();
        Ok(())
    }
}

/// Makes a segment of zeros. On failure what was written is removed, so that its room is free again.
pub(super) fn make_segment(folder: &Folder, number: u64, size: u64) -> io::Result<Spare> {
    let made = write_zeros(folder, number, size);
    if made.is_err() {
        let _ = folder.disk.remove(&folder.unfinished(number));
    }
    made.map(|file| Spare { number, file, size })
}

fn write_zeros(folder: &Folder, number: u64, size: u64) -> io::Result<Box<dyn DiskFile>> {
    let file = folder.disk.create(&folder.unfinished(number))?;
    zero(&*file, 0, size)?;
    file.sync_data()?;
    finish(folder, number)?;
    Ok(file)
}

/// Writes zeros from one offset to another.
pub(super) fn zero(file: &dyn DiskFile, mut from: u64, to: u64) -> io::Result<()> {
    while from < to {
        let len = (to - from).min(ZEROS.len() as u64) as usize;
        file.write_at(&ZEROS[..len], from)?;
        from += len as u64;
    }
    Ok(())
}

/// Gives a synced segment its name, durable.
pub(super) fn finish(folder: &Folder, number: u64) -> io::Result<()> {
    folder.disk.rename(&folder.unfinished(number), &folder.segment(number))?;
    folder.disk.sync_dir(&folder.segments_dir())
}
