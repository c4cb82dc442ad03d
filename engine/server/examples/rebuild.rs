//! How fast history is folded from a log: makes one with its decisions beside it, then folds it from nothing.
//!
//! `cargo run --release -p server --example rebuild -- FOLDER [ENTRIES]`: a folder that is not there yet; a million
//! entries unless told otherwise. Of eight, one press, its claim and its close, a Repeat, and four of telemetry.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use central::entry::{
    Act, Entry, Flags, Genesis, Path as Way, Purpose, Role, Scope, Sender, SessionOpened, Signal,
    Verb,
};
use central::kind::Kind;
use central::words::{
    ActId, AlarmId, ContentHash, DeviceId, Moment, Municipality, Reference, Seq, SessionId,
};
use central::{Central, Placed};
use journal::embedded::{Embedded, Options as LogOptions, open};
use journal::{Batch, Decided, Draft, Event, Log};
use server::projections::{FILE, Figures, Options, Projections, Retention};

const BATCH: usize = 1_024;
const DEVICES: u64 = 150_000;
const SECOND: u64 = 1_000_000_000;
const START: u64 = 1_700_000_000 * SECOND;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name a folder that is not there yet")?;
    let entries = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = Path::new(&folder);
    std::fs::create_dir(folder)?;
    // The entry after the last one brings its decision.
    let last = write(&folder.join("log"), entries)? + 1;
    let figures = Figures::default();
    let began = Instant::now();
    let projections = Projections::start(Options {
        folder: folder.join("projections"),
        log: folder.join("log"),
        retention: Retention::default(),
        durable: Box::new(move || last),
        roomy: Box::new(|| true),
        now: Box::new(|| START),
        figures: figures.clone(),
    })?;
    let file = folder.join("projections").join(FILE);
    while !file.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = began.elapsed();
    drop(projections);
    let bytes = std::fs::metadata(&file)?.len();
    println!("{last} entries folded in {took:.1?}: {} entries/s", per_second(last, took));
    println!("{} MB of tables, {} bytes an entry", bytes / 1_000_000, bytes / last);
    Ok(())
}

fn per_second(entries: u64, took: Duration) -> u128 {
    u128::from(entries) * 1_000 / took.as_millis().max(1)
}

/// Writes the log as the sequencer does: what was decided about a batch stands in the next.
fn write(folder: &Path, entries: u64) -> Result<u64, Box<dyn std::error::Error>> {
    let mut options = LogOptions::new(folder, Arc::new(|| ()));
    options.create = Some([7; 16]);
    let mut log = open(&options)?;
    let mut central = Central::new();
    let mut owed = Vec::new();
    let mut put = |drafts: Vec<Entry>, n: u64, log: &mut Embedded| -> Result<(), String> {
        let moment = START + n * SECOND;
        let decided = std::mem::take(&mut owed);
        let bodies = drafts.iter().map(|entry| Draft { moment, body: entry.encode().into() });
        let batch = Batch { node: 0, boot: 1, n, entries: bodies.collect(), decided };
        log.propose(batch).map_err(|_| "the log takes no batch".to_owned())?;
        let mut drafts = drafts.iter();
        while drafts.len() > 0 {
            let Some(Event::Entry(kept)) = log.poll() else {
                std::thread::yield_now();
                continue;
            };
            let Some(entry) = drafts.next() else { break };
            let at = Placed { seq: Seq(kept.seq), moment: Moment(kept.moment), head: kept.hash };
            let decision =
                central.apply(&at, entry, &mut Vec::new()).map_err(|why| why.to_string())?;
            owed.push(Decided { seq: kept.seq, body: Bytes::from(decision.encode()) });
        }
        Ok(())
    };
    let genesis = Genesis { purpose: Purpose::LoadTest, log_id: [7; 16] };
    let session = SessionOpened {
        id: SessionId([1; 16]),
        operator: "kari".to_owned(),
        role: Role::Operator,
        scope: Scope::All,
        expires: Moment(u64::MAX >> 1),
    };
    put(vec![Entry::Genesis(genesis), Entry::SessionOpened(session)], 1, &mut log)?;
    let mut seq = 2;
    let mut n = 1;
    while seq < entries {
        n += 1;
        let batch: Vec<Entry> =
            (0..BATCH as u64 / 8).flat_map(|at| eight(seq + at * 8 + 1, n)).collect();
        seq += batch.len() as u64;
        put(batch, n, &mut log)?;
    }
    put(vec![Entry::Tick], n + 1, &mut log)?;
    log.stop()?;
    Ok(seq)
}

/// An alarm's life and what goes on around it; `seq` is the place of the first.
fn eight(seq: u64, n: u64) -> [Entry; 8] {
    let device = seq / 8 % DEVICES;
    let alarm = AlarmId(Seq(seq));
    let act = |at: u64, verb: Verb| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(seq + at).to_be_bytes());
        Entry::Act(Act { id: ActId(id), session: SessionId([1; 16]), verb })
    };
    let close =
        Verb::Close { alarm, version: 3, cause: 100, action: 204, outcome: 300, note: None };
    let other = |at: u64| (device + at * 1_009) % DEVICES;
    [
        signal(device, Kind::PRESS, seq, n),
        signal(device, Kind::PRESS, seq + 1, n),
        act(2, Verb::Claim { alarm }),
        act(3, close),
        signal(other(1), Kind::POSITION, seq + 4, n),
        signal(other(2), Kind::MEASUREMENT, seq + 5, n),
        signal(other(3), Kind::DOSE_TAKEN, seq + 6, n),
        signal(other(4), Kind::TEST_AUTO, seq + 7, n),
    ]
}

fn signal(device: u64, kind: Kind, seq: u64, n: u64) -> Entry {
    Entry::Signal(Signal {
        device: DeviceId(format!("scaip:{device:07}")),
        municipality: Municipality(301 + (device % 50) as u16),
        person: None,
        kind,
        reference: Reference(format!("{seq:08}")),
        content: ContentHash::default(),
        counter: None,
        happened: None,
        buffered: false,
        received: Moment(START + n * SECOND),
        path: Way::SipTls,
        sender: Sender::Verified,
        flags: Flags::default(),
        sealed: None,
    })
}
