//! What a run has come to so far: counters that every device writes and anybody may read.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hdrhistogram::Histogram;
use traffic::{Class, Kind};

use crate::limits::SHARDS;
use crate::reference::Reference;
use crate::tally::{ClassTally, Latency, Tally};

/// Shared by all devices of a run.
pub(crate) struct Ledger {
    pub(crate) devices: u64,
    pub(crate) connected: Counter,
    pub(crate) connects: Counter,
    pub(crate) failed_connects: Counter,
    pub(crate) losses: Counter,
    pub(crate) sent: Counter,
    pub(crate) receipted: Counter,
    pub(crate) refused: Counter,
    pub(crate) resent: Counter,
    pub(crate) duplicates: Counter,
    pub(crate) duplicates_answered: Counter,
    pub(crate) beats: Counter,
    pub(crate) beats_answered: Counter,
    shards: [Mutex<Shard>; SHARDS],
    lag: Mutex<Histogram<u64>>,
    trouble: Mutex<Option<String>>,
    receipts: Mutex<Receipts>,
}

/// A number that many tasks change.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn up(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    pub(crate) fn down(&self) {
        self.0.fetch_sub(1, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// One row for each of [`Class::ALL`].
struct Shard {
    rows: [Row; Class::ALL.len()],
}

struct Row {
    sent: u64,
    receipted: u64,
    from_intended: Histogram<u64>,
    from_sent: Histogram<u64>,
}

struct Receipts {
    sink: Option<Box<dyn Write + Send>>,
    failed: Option<io::Error>,
}

/// When a receipted signal was intended, first sent, and answered (nanoseconds of the run).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) intended: u64,
    pub(crate) sent: u64,
    pub(crate) answered: u64,
}

impl Ledger {
    pub(crate) fn new(devices: u64, receipts: Option<Box<dyn Write + Send>>) -> Self {
        Self {
            devices,
            connected: Counter::default(),
            connects: Counter::default(),
            failed_connects: Counter::default(),
            losses: Counter::default(),
            sent: Counter::default(),
            receipted: Counter::default(),
            refused: Counter::default(),
            resent: Counter::default(),
            duplicates: Counter::default(),
            duplicates_answered: Counter::default(),
            beats: Counter::default(),
            beats_answered: Counter::default(),
            shards: std::array::from_fn(|_| Mutex::new(Shard::new())),
            lag: Mutex::new(histogram()),
            trouble: Mutex::new(None),
            receipts: Mutex::new(Receipts { sink: receipts, failed: None }),
        }
    }

    /// A device is told to send a new signal.
    pub(crate) fn note_sent(&self, place: usize, kind: Kind) {
        self.sent.up();
        self.row(place, kind, |row| row.sent += 1);
    }

    /// A signal is receipted, for the first time.
    pub(crate) fn note_receipt(&self, place: usize, kind: Kind, times: Times) {
        self.receipted.up();
        self.row(place, kind, |row| {
            row.receipted += 1;
            record(&mut row.from_intended, times.answered.saturating_sub(times.intended));
            record(&mut row.from_sent, times.answered.saturating_sub(times.sent));
        });
    }

    /// Writes down a receipt: device, reference, and Seq where the protocol tells it.
    pub(crate) fn write_receipt(&self, device: &str, reference: Reference, seq: Option<u64>) {
        let mut receipts = lock(&self.receipts);
        let Some(sink) = receipts.sink.as_mut() else { return };
        let seq = seq.map(|seq| seq.to_string()).unwrap_or_default();
        if let Err(why) = writeln!(sink, "{device}\t{reference}\t{seq}") {
            receipts.sink = None;
            receipts.failed = Some(why);
        }
    }

    /// Flushes the receipts; tells if any could not be written.
    pub(crate) fn flush(&self) -> io::Result<()> {
        let mut receipts = lock(&self.receipts);
        if let Some(why) = receipts.failed.take() {
            return Err(why);
        }
        receipts.sink.as_mut().map_or(Ok(()), Write::flush)
    }

    /// How late the player itself was with an order.
    pub(crate) fn note_lag(&self, nanoseconds: u64) {
        record(&mut lock(&self.lag), nanoseconds);
    }

    /// Keeps the newest reason why a connection failed.
    pub(crate) fn note_trouble(&self, why: String) {
        *lock(&self.trouble) = Some(why);
    }

    /// Signals sent that have no answer yet.
    pub(crate) fn open(&self) -> u64 {
        let settled = self.receipted.get() + self.refused.get();
        self.sent.get().saturating_sub(settled)
    }

    /// All of it at this moment.
    pub(crate) fn tally(&self) -> Tally {
        let mut rows: [Row; Class::ALL.len()] = std::array::from_fn(|_| Row::new());
        for shard in &self.shards {
            for (sum, row) in rows.iter_mut().zip(&lock(shard).rows) {
                sum.add(row);
            }
        }
        let classes = Class::ALL.iter().zip(&rows).map(|(class, row)| ClassTally {
            class: class.name(),
            sent: row.sent,
            receipted: row.receipted,
            from_intended: Latency::of(&row.from_intended),
            from_sent: Latency::of(&row.from_sent),
        });
        // Read before `sent`: what is settled was sent.
        let (receipted, refused) = (self.receipted.get(), self.refused.get());
        let sent = self.sent.get();
        Tally {
            devices: self.devices,
            connected: self.connected.get(),
            connects: self.connects.get(),
            failed_connects: self.failed_connects.get(),
            losses: self.losses.get(),
            sent,
            receipted,
            refused,
            unanswered: sent.saturating_sub(receipted + refused),
            resent: self.resent.get(),
            duplicates: self.duplicates.get(),
            duplicates_answered: self.duplicates_answered.get(),
            beats: self.beats.get(),
            beats_answered: self.beats_answered.get(),
            classes: classes.collect(),
            lag: Latency::of(&lock(&self.lag)),
            trouble: lock(&self.trouble).clone(),
        }
    }

    fn row(&self, place: usize, kind: Kind, change: impl FnOnce(&mut Row)) {
        let class = kind.class();
        let at = Class::ALL.iter().position(|&c| c == class).unwrap_or(0);
        change(&mut lock(&self.shards[place % SHARDS]).rows[at]);
    }
}

impl Shard {
    fn new() -> Self {
        Self { rows: std::array::from_fn(|_| Row::new()) }
    }
}

impl Row {
    fn new() -> Self {
        Self { sent: 0, receipted: 0, from_intended: histogram(), from_sent: histogram() }
    }

    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.receipted += other.receipted;
        for (sum, part) in [
            (&mut self.from_intended, &other.from_intended),
            (&mut self.from_sent, &other.from_sent),
        ] {
            // Cannot fail: both grow as needed.
            let _ = sum.add(part);
        }
    }
}

/// Nanoseconds with three digits; grows with what it is given.
#[expect(clippy::expect_used, reason = "three digits are always allowed")]
fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("three digits")
}

fn record(histogram: &mut Histogram<u64>, nanoseconds: u64) {
    // Cannot fail: it grows as needed. (The saturating way would not grow.)
    let _ = histogram.record(nanoseconds.max(1));
}

/// A panic elsewhere leaves numbers, not broken promises.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
