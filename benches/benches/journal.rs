//! The journal on a real folder below `target/`: one commit, from `propose` to its last durable entry.
//!
//! Beside it a bare write and fdatasync of 4 KiB: read a commit as a multiple of that.

mod quick;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use central::kind::Kind;
use criterion::{Criterion, Throughput};
use journal::embedded::{Embedded, Options, open};
use journal::{Batch, Draft, Event, Log};

const BLOCK: usize = 4096;
const PREWRITTEN: u64 = 16 << 20;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("journal-bench");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder below target/ can be made");
    let mut criterion = quick::quick();
    bare(&mut criterion, &folder.join("bare"));
    commits(&mut criterion, &folder.join("log"));
    criterion.final_summary();
    let _ = std::fs::remove_dir_all(&folder);
}

fn bare(criterion: &mut Criterion, path: &Path) {
    let file = File::create(path).expect("a file can be made");
    file.write_all_at(&vec![0; PREWRITTEN as usize], 0).expect("it can be written");
    file.sync_all().expect("it can be synced");
    let mut place = 0;
    criterion.bench_function("bare fdatasync of 4 KiB", |bencher| {
        bencher.iter(|| {
            place = (place + BLOCK as u64) % PREWRITTEN;
            file.write_all_at(&[7; BLOCK], place).expect("a block can be written");
            file.sync_data().expect("it can be synced");
        });
    });
}

fn commits(criterion: &mut Criterion, folder: &Path) {
    let me = std::thread::current();
    let mut options = Options::new(folder, Arc::new(move || me.unpark()));
    options.create = Some([1; 16]);
    let mut log = open(&options).expect("a new log opens");
    let body = benches::body(1, 1, Kind::PRESS);
    let mut n = 0;
    let mut group = criterion.benchmark_group("journal");
    for count in [1, 10, 128] {
        group.throughput(Throughput::Elements(count));
        group.bench_function(format!("commit of {count}"), |bencher| {
            bencher.iter(|| {
                n += 1;
                commit(&mut log, batch(n, count, &body));
            });
        });
    }
    group.finish();
    log.stop().expect("the log stops cleanly");
}

fn batch(n: u64, count: u64, body: &Bytes) -> Batch {
    let draft = |_| Draft { moment: benches::START + n, body: body.clone() };
    let entries = (0..count).map(draft).collect();
    Batch { node: 1, boot: 1, n, entries, decided: Vec::new() }
}

/// Proposes, and sleeps until the last entry is durable.
fn commit(log: &mut Embedded, batch: Batch) {
    let mut left = batch.entries.len();
    log.propose(batch).expect("an empty queue has room");
    while left > 0 {
        match log.poll() {
            Some(Event::Entry(_)) => left -= 1,
            Some(_) => {}
            None => std::thread::park(),
        }
    }
}
