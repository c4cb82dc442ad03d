//! How long one commit takes on this machine's disk: `cargo run --release -p journal --example commit_latency -- DIR [MIRROR]`.
//!
//! One batch at a time, from `propose` to the last entry from `poll`; beside it a bare write and sync of 4 KiB on a
//! prewritten file, measured in the same run. With MIRROR, a folder on another disk, the log is kept there too. Then batches of 128, as many under way as the queue takes.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use journal::embedded::{Embedded, Mirror, Options, RealDisk, open};
use journal::{Batch, Draft, Event, Log, Refused};

const ROUNDS: u64 = 5_000;
const MANY: u64 = 8_000;

fn main() {
    let Some(dir) = std::env::args().nth(1) else {
        eprintln!("say in which folder to measure: a new log is made there");
        std::process::exit(2);
    };
    let dir = Path::new(&dir);
    std::fs::create_dir_all(dir).expect("the folder can be made");
    let me = std::thread::current();
    let mut options = Options::new(dir.join("log"), Arc::new(move || me.unpark()));
    options.create = Some([1; 16]);
    let mirror = std::env::args().nth(2).map(|second| {
        std::fs::create_dir_all(&second).expect("the mirror's folder can be made");
        Mirror::new((Arc::new(RealDisk), dir.join("log")), (Arc::new(RealDisk), second.into()))
    });
    if let Some(mirror) = &mirror {
        options.disk = Arc::new(mirror.clone());
    }
    let mut log = open(&options).expect("the log opens");
    if let Some(mirror) = &mirror {
        println!("mirror: {:?}", mirror.catch_up());
    }
    println!("{:>22} {:>9} {:>9}", "one at a time, µs", "p50", "p99");
    show("bare 4 KiB fdatasync", bare(&dir.join("bare")));
    let mut n = 0;
    for (name, count) in [("1 entry", 1), ("10 entries", 10), ("128 entries", 128)] {
        show(name, one_by_one(&mut log, &mut n, count));
    }
    let (entries, took) = many(&mut log, &mut n);
    let rate = u128::from(entries) * 1_000_000 / took.as_micros().max(1);
    println!("128 a batch, queue full: {rate} entries/s");
    log.stop().expect("the log stops cleanly");
}

fn batch(n: u64, count: u64) -> Batch {
    let body = Bytes::from_static(&[7; 416]);
    let entries = (0..count).map(|i| Draft { moment: n * 1_000 + i, body: body.clone() }).collect();
    Batch { node: 1, boot: 1, n, entries, decided: Vec::new() }
}

fn one_by_one(log: &mut Embedded, n: &mut u64, count: u64) -> Vec<Duration> {
    let round = |_| {
        *n += 1;
        let batch = batch(*n, count);
        let began = Instant::now();
        log.propose(batch).expect("an empty queue has room");
        let mut left = count;
        while left > 0 {
            match log.poll() {
                Some(Event::Entry(_)) => left -= 1,
                Some(_) => {}
                None => std::thread::park(),
            }
        }
        began.elapsed()
    };
    (0..ROUNDS).map(round).collect()
}

fn many(log: &mut Embedded, n: &mut u64) -> (u64, Duration) {
    let began = Instant::now();
    let (mut proposed, mut told) = (0, 0);
    let mut next = None;
    while told < MANY * 128 {
        while proposed < MANY {
            let batch = next.take().unwrap_or_else(|| {
                *n += 1;
                batch(*n, 128)
            });
            match log.propose(batch) {
                Ok(()) => proposed += 1,
                Err(Refused::Full(batch)) => {
                    next = Some(batch);
                    break;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        match log.poll() {
            Some(Event::Entry(_)) => told += 1,
            Some(_) => {}
            None => std::thread::park(),
        }
    }
    (told, began.elapsed())
}

fn bare(path: &Path) -> Vec<Duration> {
    let file = File::create(path).expect("a file can be made");
    file.write_all_at(&vec![0; 64 << 20], 0).expect("it can be written");
    file.sync_all().expect("and synced");
    let round = |k: u64| {
        let began = Instant::now();
        file.write_all_at(&[7; 4096], (k * 4096) % (64 << 20)).expect("a write");
        file.sync_data().expect("a sync");
        began.elapsed()
    };
    (0..ROUNDS).map(round).collect()
}

fn show(name: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |part: usize| took[took.len() * part / 100].as_micros();
    println!("{name:>22} {:>9} {:>9}", at(50), at(99));
}
