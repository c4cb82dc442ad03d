//! What the tests of the log share.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

pub mod sim_disk;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use bytes::Bytes;
use journal::embedded::{Disk, Embedded, OpenError, Options, open};
use journal::limits::SEGMENT_MIN;
use journal::{Batch, Draft, Entry, Event, Health, Log, Pos, Record, Refused, Wake};

/// A wake for tests that poll in a loop.
pub fn no_wake() -> Wake {
    Arc::new(|| ())
}

/// Small segments, made if there is no log.
pub fn options(dir: &Path) -> Options {
    let mut options = Options::new(dir, no_wake());
    options.create = Some([7; 16]);
    options.segment_bytes = SEGMENT_MIN;
    options
}

/// The same on a disk of the test's own.
pub fn open_on(disk: &Arc<dyn Disk>) -> Result<Embedded, OpenError> {
    let mut options = options(Path::new("/log"));
    options.disk = Arc::clone(disk);
    open(&options)
}

/// A body of `len` bytes that tells its batch and index.
pub fn body(n: u64, i: u64, len: usize) -> Bytes {
    let mut body = format!("{n}/{i} ").into_bytes();
    body.resize(len.max(body.len()), b'x');
    body.into()
}

/// A batch of `count` entries of `len` bytes each.
pub fn batch(boot: u64, n: u64, count: u64, len: usize) -> Batch {
    let entries = (0..count).map(|i| Draft { moment: n * 1_000, body: body(n, i, len) }).collect();
    Batch { node: 1, boot, n, entries, decided: Vec::new() }
}

/// Polls until this many entries came; the health told meanwhile is left out.
pub fn take(log: &mut dyn Log, count: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    wait("entries", || {
        while let Some(event) = log.poll() {
            if let Event::Entry(entry) = event {
                entries.push(entry);
            }
        }
        entries.len() >= count
    });
    assert_eq!(entries.len(), count, "no more than what was proposed");
    entries
}

/// Polls until a health comes that this accepts.
pub fn health(log: &mut dyn Log, want: impl Fn(Health) -> bool) {
    wait("health", || {
        std::iter::from_fn(|| log.poll())
            .any(|event| matches!(event, Event::Health(health) if want(health)))
    });
}

/// Proposes, again and again while the log is full.
pub fn propose(log: &mut dyn Log, batch: Batch) -> Result<(), Refused> {
    let mut answer = log.propose(batch);
    let until = Instant::now() + Duration::from_secs(10);
    while let Err(Refused::Full(batch)) = answer {
        assert!(Instant::now() < until, "the log stays full");
        std::thread::sleep(Duration::from_millis(1));
        answer = log.propose(batch);
    }
    answer
}

/// Waits for something that another thread does.
pub fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < until, "no {what} in 20 s");
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// All records from a place on, none of them damaged.
pub fn records(log: &dyn Log, from: Pos) -> Vec<Record> {
    log.read(from).unwrap().map(Result::unwrap).collect()
}

/// The entries among them.
pub fn entries(records: Vec<Record>) -> Vec<Entry> {
    let only = |record| if let Record::Entry(entry) = record { Some(entry) } else { None };
    records.into_iter().filter_map(only).collect()
}

/// Numbers that look random and are the same for the same seed (splitmix64).
pub struct Seeded(AtomicU64);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    pub fn next(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, SeqCst);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}
