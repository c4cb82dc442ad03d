//! The log as its owner holds it: the seam over the threads.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, TrySendError, bounded};

use super::disk::Lock;
use super::group::Group;
use super::head::{HeadFile, Note};
use super::maker::{Command, Maker, Spare};
use super::open::Options;
use super::reader;
use super::segment::Folder;
use super::shared::Shared;
use super::survey::{Survey, open_window};
use super::walk::Cursor;
use super::writer::{Live, Writer, bytes_of};
use crate::limits::{STALL_NANOS, WATCH_MILLIS};
use crate::seam::{Batch, Entry, Event, Hash, Health, Log, Pos, Records, Refused, Unread};
use crate::seen::fits;

/// Commands that may wait for the maker; a further trim is dropped and can be asked for again.
const COMMANDS: usize = 16;

const PANICKED: &str = "a thread of the log has panicked";

/// A log on disk, open for writing.
///
/// Dropping it ends its threads without noting a clean stop; [`Embedded::stop`] notes one.
pub struct Embedded {
    folder: Folder,
    note: Note,
    shared: Arc<Shared>,
    input: Option<Sender<Batch>>,
    queue: usize,
    ready: VecDeque<Entry>,
    /// Batches that leave the queue when `ready` is empty.
    ending: usize,
    health: Health,
    first: u64,
    maker: Arc<Sender<Command>>,
    writer: Option<JoinHandle<Option<()>>>,
    making: Option<JoinHandle<Option<io::Result<()>>>>,
    watch: Option<(Sender<()>, JoinHandle<()>)>,
    _lock: Lock,
}

/// Says to a log what it may let go of.
#[derive(Clone, Debug)]
pub struct Trimmer(Weak<Sender<Command>>);

impl Trimmer {
    /// As [`Log::trim`]. Nothing when the log is gone.
    pub fn trim(&self, below: u64) {
        if let Some(maker) = self.0.upgrade() {
            let _ = maker.try_send(Command::Trim(below));
        }
    }
}

/// What an opening has found and made.
pub(super) struct Parts<'o> {
    pub(super) options: &'o Options,
    pub(super) folder: Folder,
    pub(super) found: Survey,
    pub(super) head: HeadFile,
    pub(super) lock: Lock,
}

impl Embedded {
    pub(super) fn start(parts: Parts<'_>) -> io::Result<Self> {
        let Parts { options, folder, found, head, lock } = parts;
        let note = Note::of(found.noted.note.id, found.noted.note.floor, &found.end, false);
        let shared = Shared::new(Arc::clone(&options.wake), found.end, found.firsts.clone());
        let shared = Arc::new(shared);
        let (input, batches) = bounded(options.queue.max(1));
        let (maker, commands) = bounded(COMMANDS);
        let (spares, taken) = bounded(1);
        let next = adopt_spare(&folder, &found, options.segment_bytes, &spares)?;
        let writer = Writer {
            id: note.id,
            daily: options.daily,
            input: batches,
            spares: taken,
            maker: maker.clone(),
            shared: Arc::clone(&shared),
            seen: found.seen,
            live: live(&folder, &found.end)?,
            group: Group::after(found.end, &note.id),
            done: (0, 0),
            begun: None,
        };
        let making = Maker {
            folder: folder.clone(),
            id: note.id,
            size: options.segment_bytes,
            next,
            floor: note.floor,
            head,
            noted: found.end,
            spares,
            commands,
            shared: Arc::clone(&shared),
        };
        let (ended, end) = bounded(0);
        let [writes, makes, watched] = [(); 3].map(|()| Arc::clone(&shared));
        Ok(Self {
            first: shared.first.load(SeqCst),
            shared,
            folder,
            note,
            input: Some(input),
            queue: options.queue.max(1),
            ready: VecDeque::new(),
            ending: 0,
            health: Health::Ok,
            maker: Arc::new(maker),
            writer: Some(spawn("journal-write", move || guarded(&writes, || writer.run()))?),
            making: Some(spawn("journal-make", move || guarded(&makes, || making.run()))?),
            watch: Some((ended, spawn("journal-watch", move || watch(&watched, &end))?)),
            _lock: lock,
        })
    }

    /// The id the log was made with.
    pub fn log_id(&self) -> [u8; 16] {
        self.note.id
    }

    /// Seq and hash of the last durable entry; (0, zeros) before the first.
    pub fn head(&self) -> (u64, Hash) {
        let Cursor { chain, .. } = self.shared.durable();
        (chain.seq, chain.head)
    }

    /// Lets another thread say what may go, while this log lives.
    pub fn trimmer(&self) -> Trimmer {
        Trimmer(Arc::downgrade(&self.maker))
    }

    /// What the disk said when health is `Low`, `Full` or `Stopped`.
    pub fn trouble(&self) -> Option<String> {
        self.shared.trouble()
    }

    /// Stops: what was taken is made durable (unless it waits for room), and the clean stop is noted.
    ///
    /// # Errors
    /// A write failed, now or earlier: the next opening copies the live segment.
    pub fn stop(mut self) -> io::Result<()> {
        self.end_writing();
        // The maker always comes back to its queue, so there is soon room in it.
        let _ = self.maker.send(Command::Stop);
        match self.making.take().map(JoinHandle::join) {
            Some(Ok(Some(noted))) => noted,
            _ => Err(io::Error::other(PANICKED)),
        }
    }

    fn end_writing(&mut self) {
        self.shared.ending.store(true, SeqCst);
        self.input = None;
        if let Some(writer) = self.writer.take() {
            // A panic in it has stopped the log already.
            let _ = writer.join();
        }
    }

    fn entry(&mut self) -> Option<Entry> {
        while self.ready.is_empty() {
            self.shared.in_flight.fetch_sub(std::mem::take(&mut self.ending), SeqCst);
            let synced = self.shared.take()?;
            self.ready = synced.entries.into();
            self.ending = synced.batches;
        }
        self.ready.pop_front()
    }
}

impl Log for Embedded {
    fn propose(&mut self, batch: Batch) -> Result<(), Refused> {
        if !fits(&batch) {
            return Err(Refused::TooBig(batch));
        }
        let Some(input) = self.input.as_ref().filter(|_| !self.shared.is_stopped()) else {
            return Err(Refused::Stopped(batch));
        };
        let bytes = bytes_of(&batch);
        if self.shared.in_flight.load(SeqCst) >= self.queue || !self.shared.reserve(bytes) {
            return Err(Refused::Full(batch));
        }
        self.shared.in_flight.fetch_add(1, SeqCst);
        input.try_send(batch).map_err(|refused| {
            self.shared.in_flight.fetch_sub(1, SeqCst);
            self.shared.pending.fetch_sub(bytes, SeqCst);
            match refused {
                TrySendError::Full(batch) => Refused::Full(batch),
                TrySendError::Disconnected(batch) => Refused::Stopped(batch),
            }
        })
    }

    fn poll(&mut self) -> Option<Event> {
        if let Some(entry) = self.entry() {
            return Some(Event::Entry(entry));
        }
        let health = self.shared.health();
        if !self.health.same_kind(health) {
            self.health = health;
            return Some(Event::Health(health));
        }
        let first = self.shared.first.load(SeqCst);
        (std::mem::replace(&mut self.first, first) < first)
            .then_some(Event::Trimmed { below: first })
    }

    fn read(&self, from: Pos) -> Result<Records, Unread> {
        let durable = self.shared.durable();
        let floor = self.shared.firsts().front().map_or(self.note.floor, |(floor, _)| *floor);
        let note = Note { floor, ..self.note };
        let until = Some((durable.segment, durable.offset));
        if from == durable.pos() {
            return Ok(Box::new(std::iter::empty()));
        }
        reader::records(&self.folder, &note, from, until)
    }

    fn trim(&mut self, below: u64) {
        let _ = self.maker.try_send(Command::Trim(below));
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.end_writing();
        if let Some((ended, watch)) = self.watch.take() {
            drop(ended);
            let _ = watch.join();
        }
        // Without its queue the maker ends, noting nothing.
        self.maker = Arc::new(bounded(0).0);
        if let Some(making) = self.making.take() {
            let _ = making.join();
        }
    }
}

/// Runs a thread of the log; a panic in it stops the log as a failed write does.
fn guarded<T>(shared: &Shared, run: impl FnOnce() -> T) -> Option<T> {
    let ran = catch_unwind(AssertUnwindSafe(run));
    if ran.is_err() {
        shared.stop(PANICKED.to_owned());
    }
    ran.ok()
}

fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).spawn(run)
}

/// Wakes the owner when a write has lasted too long: an owner at rest would not ask.
fn watch(shared: &Shared, end: &Receiver<()>) {
    let mut told = false;
    while end.recv_timeout(Duration::from_millis(WATCH_MILLIS)).is_err_and(|e| e.is_timeout()) {
        let stalled = shared.lasted().is_some_and(|nanos| nanos > STALL_NANOS);
        if stalled != told {
            told = stalled;
            shared.wake();
        }
    }
}

fn live(folder: &Folder, end: &Cursor) -> io::Result<Option<Live>> {
    if end.segment == 0 {
        return Ok(None);
    }
    let file = folder.disk.open(&folder.segment(end.segment), true)?;
    let size = file.len()?;
    Ok(Some(Live { file, size }))
}

/// Takes the segment already made ahead, if it is of the right size, and removes others. Returns the number to make next.
fn adopt_spare(
    folder: &Folder,
    found: &Survey,
    size: u64,
    spares: &Sender<Spare>,
) -> io::Result<u64> {
    let mut next = found.end.segment + 1;
    for &number in &found.ahead {
        let fits = number == next && open_window(folder, number)?.len == size;
        if fits && !spares.is_full() {
            let file = folder.disk.open(&folder.segment(number), true)?;
            let _ = spares.try_send(Spare { number, file, size });
            next += 1;
        } else {
            folder.disk.remove(&folder.segment(number))?;
        }
    }
    Ok(next)
}
