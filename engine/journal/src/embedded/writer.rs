//! The writer thread: drains what was proposed, one write and one sync a group, then tells.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender};

use super::disk::DiskFile;
use super::frame::frame_len;
use super::group::Group;
use super::maker::{Command, Spare};
use super::segment::Mark;
use super::shared::{Shared, Synced};
use crate::limits::{ENTRY_HEAD, GROUP_MAX, NOTE_MILLIS};
use crate::seam::{Batch, Decided, Draft};
use crate::seen::Seen;

const DAY: u64 = 86_400_000_000_000;

/// Why the thread ends before its queue does.
pub(super) enum Halt {
    /// The owner ends it while it waits for room.
    Ended,
    Failed(io::Error),
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// The segment being written.
pub(super) struct Live {
    pub(super) file: Box<dyn DiskFile>,
    pub(super) size: u64,
}

pub(super) struct Writer {
    pub(super) id: [u8; 16],
    pub(super) daily: bool,
    pub(super) input: Receiver<Batch>,
    pub(super) spares: Receiver<Spare>,
    pub(super) maker: Sender<Command>,
    pub(super) shared: Arc<Shared>,
    pub(super) seen: Seen,
    pub(super) live: Option<Live>,
    pub(super) group: Group,
    /// Batches and bytes whose last frame is in the group being built.
    pub(super) done: (usize, u64),
    /// The segment this group begins, with its first Seq.
    pub(super) begun: Option<(u64, u64)>,
}

impl Writer {
    /// Runs until the queue is closed and empty, or a write fails.
    pub(super) fn run(mut self) {
        self.tell_room();
        if let Err(Halt::Failed(error)) = self.serve() {
            self.shared.stop(format!("a write to the log failed: {error}"));
        }
    }

    fn serve(&mut self) -> Result<(), Halt> {
        while let Ok(batch) = self.input.recv() {
            self.take(batch)?;
            while self.group.bytes.len() < GROUP_MAX {
                let Ok(batch) = self.input.try_recv() else { break };
                self.take(batch)?;
            }
            self.flush()?;
        }
        Ok(())
    }

    fn take(&mut self, batch: Batch) -> Result<(), Halt> {
        let bytes = bytes_of(&batch);
        let fresh = self.seen.take(&batch);
        let Batch { node, boot, n, entries, decided } = batch;
        if fresh.decided {
            for decided in &decided {
                self.make_room(decided_len(decided), None)?;
                self.group.decided(decided);
            }
        }
        for (i, draft) in entries.into_iter().enumerate().skip(fresh.skip) {
            self.make_room(draft_len(&draft), Some(draft.moment))?;
            self.group.entry(Mark { node, boot, n, i: i as u32 }, draft);
        }
        self.done.0 += 1;
        self.done.1 += bytes;
        Ok(())
    }

    /// Sees to it that the next frame fits into the group and the live segment.
    fn make_room(&mut self, len: usize, moment: Option<u64>) -> Result<(), Halt> {
        let size = self.live.as_ref().map_or(0, |live| live.size);
        if self.group.cursor.offset + len as u64 > size {
            self.flush()?;
            let spare = self.wait_for_spare()?;
            self.roll(spare);
        } else if moment.is_some_and(|moment| self.ends_day(moment)) {
            self.flush()?;
            // A day's end is no reason to wait.
            if let Ok(spare) = self.spares.try_recv() {
                self.roll(spare);
            }
        } else if self.group.bytes.len() + len > GROUP_MAX {
            self.flush()?;
        }
        Ok(())
    }

    fn ends_day(&self, moment: u64) -> bool {
        let last = self.group.cursor.chain.moment;
        self.daily && self.group.cursor.frame > 0 && moment / DAY > last / DAY
    }

    fn wait_for_spare(&mut self) -> Result<Spare, Halt> {
        self.shared.write_begins();
        loop {
            match self.spares.recv_timeout(Duration::from_millis(NOTE_MILLIS / 10)) {
                Ok(spare) => {
                    self.shared.write_ends();
                    return Ok(spare);
                }
                Err(RecvTimeoutError::Timeout) if !self.shared.is_ending() => {}
                Err(_) => return Err(Halt::Ended),
            }
        }
    }

    fn roll(&mut self, spare: Spare) {
        let Spare { number, file, size } = spare;
        let header = self.group.header(self.id, number, size);
        self.group.begin_segment(&header);
        self.begun = Some((number, header.before.seq + 1));
        self.live = Some(Live { file, size });
        // If its queue is full it is awake already.
        let _ = self.maker.try_send(Command::Make);
    }

    /// One write, one sync; then what is durable is told.
    fn flush(&mut self) -> Result<(), Halt> {
        let written = !self.group.is_empty();
        if written {
            self.group.close();
            self.commit()?;
        }
        let (batches, bytes) = std::mem::take(&mut self.done);
        self.shared.pending.fetch_sub(bytes, SeqCst);
        self.tell_room();
        if written || batches > 0 {
            let entries = std::mem::take(&mut self.group.entries);
            let synced = Synced { entries, batches };
            self.shared.publish(synced, &self.group.cursor, self.begun.take());
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Halt> {
        if let Some(live) = &self.live {
            self.shared.write_begins();
            live.file.write_at(&self.group.bytes, self.group.base)?;
            live.file.sync_data()?;
            self.shared.write_ends();
        }
        self.group.next();
        Ok(())
    }

    fn tell_room(&self) {
        let size = self.live.as_ref().map_or(0, |live| live.size);
        self.shared.room.store(size.saturating_sub(self.group.cursor.offset), SeqCst);
    }
}

/// Bytes of a batch's frames.
pub(super) fn bytes_of(batch: &Batch) -> u64 {
    let entries = batch.entries.iter().map(draft_len);
    entries.chain(batch.decided.iter().map(decided_len)).sum::<usize>() as u64
}

fn draft_len(draft: &Draft) -> usize {
    frame_len(ENTRY_HEAD + draft.body.len())
}

fn decided_len(decided: &Decided) -> usize {
    frame_len(decided.body.len())
}
