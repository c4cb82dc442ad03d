//! Ten years of a small centre at full speed, through log, archive and thinning:
//! `cargo run --release -p journal --example ten_years -- DIR [DAYS] [UNITS]`.
//!
//! Each day is one segment. Entries a unit and day, by class, are those of the traffic model for an ordinary weekday of the whole
//! country (231 500 signals of 125 286 units); acts are two an alarm or half of the technical ones, hops one an alarm. After
//! each month what is older than 30 days goes to the archive and is thinned there.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use journal::embedded::{Embedded, Options, Policy, archive, open, thin, verify_both};
use journal::{Batch, Decided, Draft, Entry, Event, Log, Pos, Refused};

const DAY: u64 = 86_400_000_000_000;
const KEEP_DAYS: u64 = 30;
const SEGMENT: u64 = 256 * 1024;
/// Class, entries a day of the whole country, bytes of a body, days kept in the archive (0: for ever).
const CLASSES: [(&str, u64, usize, u64); 6] = [
    ("telemetry", 96_500 + 18_700, 640, 90),
    ("test", 116_345, 640, 30),
    ("technical", 6_600, 640, 365),
    ("person", 6_800, 640, 0),
    ("life_safety", 5_300, 640, 0),
    ("acts", 30_800, 200, 730),
];
const COUNTRY: u64 = 125_286;

fn main() {
    let mut args = std::env::args().skip(1);
    let Some(dir) = args.next() else {
        eprintln!("say in which folder: a new log and its archive are made there");
        std::process::exit(2);
    };
    let mut number = |or: u64| args.next().and_then(|text| text.parse().ok()).unwrap_or(or);
    let (days, units) = (number(3_650), number(100));
    let dir = Path::new(&dir);
    let (folder, kept) = (dir.join("log"), dir.join("archive"));
    std::fs::create_dir_all(&kept).expect("the folder can be made");
    let mut log = begin(&folder);
    let (mut freed, mut entries) = (0, 0);
    println!(
        "{:>6} {:>9} {:>10} {:>11} {:>11} {:>10}",
        "day", "entries", "log MB", "archive MB", "unthinned", "start ms"
    );
    for day in 0..days {
        entries += one_day(&mut log, day, units);
        if day % 30 != 29 {
            continue;
        }
        // A restart each month; it notes the head, below which alone is archived.
        log.stop().expect("the log stops cleanly");
        log = begin(&folder);
        let before = (day + 1).saturating_sub(KEEP_DAYS) * DAY;
        let done = archive(&folder, &kept, u64::MAX, before).expect("it is archived");
        if let Some(below) = done.below {
            log.trim(below);
            wait(&mut log, |event| matches!(event, Event::Trimmed { .. }));
        }
        freed += thin(&kept, &folder, &mut Over((day + 1) * DAY)).expect("it is thinned").freed;
        if day % 360 == 359 {
            log.stop().expect("the log stops cleanly");
            let since = Instant::now();
            log = begin(&folder);
            // A start opens the log and folds what it still has.
            let read = log.read(Pos::START).expect("it reads").map_while(Result::ok).count();
            let took = since.elapsed().as_millis();
            assert!(read > 0, "the log has a tail");
            let (log_bytes, archive_bytes) = (size(&folder.join("segments")), size(&kept));
            println!(
                "{:>6} {entries:>9} {:>10} {:>11} {:>11} {took:>10}",
                day + 1,
                mb(log_bytes),
                mb(archive_bytes),
                mb(archive_bytes + freed)
            );
        }
    }
    log.stop().expect("the log stops cleanly");
    let whole = verify_both(&folder, &kept).expect("the chain is whole from the first entry on");
    println!(
        "chain whole from entry 1 to {}: {} whole and {} thinned in {} files of the archive",
        whole.log.seq, whole.entries, whole.thinned, whole.files
    );
}

fn begin(folder: &Path) -> Embedded {
    let me = std::thread::current();
    let mut options = Options::new(folder, Arc::new(move || me.unpark()));
    options.create = Some([1; 16]);
    options.segment_bytes = SEGMENT;
    open(&options).expect("the log opens")
}

/// Proposes a day's entries and waits until they are durable.
fn one_day(log: &mut Embedded, day: u64, units: u64) -> u64 {
    let mut entries = Vec::new();
    for (class, (_, country, bytes, _)) in (0_u8..).zip(CLASSES) {
        let due = |days: u64| days * country * units / COUNTRY;
        for _ in due(day)..due(day + 1) {
            let mut body = vec![class; bytes];
            body[1..9].copy_from_slice(&day.to_le_bytes());
            entries.push(Draft { moment: day * DAY, body: Bytes::from(body) });
        }
    }
    let mut count = 0;
    for (n, part) in (0..).zip(entries.chunks(1_000)) {
        let last = log.head().0;
        let decided = (0..part.len() as u64).map(|back| Decided {
            seq: (last + 1).saturating_sub(back).max(1),
            body: Bytes::from_static(&[7; 40]),
        });
        let mut batch = Batch {
            node: 0,
            boot: 1,
            n: day * 1_000 + n + 1,
            entries: part.to_vec(),
            decided: decided.collect(),
        };
        while let Err(Refused::Full(again)) = log.propose(batch) {
            batch = again;
            std::thread::park_timeout(Duration::from_millis(1));
        }
        let mut left = part.len();
        wait(log, |event| {
            left -= usize::from(matches!(event, Event::Entry(_)));
            left == 0
        });
        count += part.len() as u64;
    }
    count
}

fn wait(log: &mut Embedded, mut done: impl FnMut(&Event) -> bool) {
    loop {
        match log.poll() {
            Some(event) if done(&event) => return,
            Some(_) => {}
            None => std::thread::park_timeout(Duration::from_millis(1)),
        }
    }
}

/// What is over at this Moment.
struct Over(u64);

impl Policy for Over {
    fn over(&self, last: u64) -> u64 {
        let passed = |days: u64| days > 0 && last + days * DAY <= self.0;
        let bits = CLASSES.iter().enumerate().filter(|(_, class)| passed(class.3));
        bits.map(|(at, _)| 1_u64 << at).sum()
    }

    fn goes(&mut self, over: u64, entry: &Entry) -> bool {
        over & (1 << entry.body[0]) != 0
    }

    fn before(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn size(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).expect("the folder lists");
    files.map(|file| file.and_then(|file| file.metadata()).map_or(0, |about| about.len())).sum()
}

fn mb(bytes: u64) -> u64 {
    bytes / 1_000_000
}
