//! Makes a data folder with a long log, as weeks of a large centre leave it:
//! `cargo run --release -p benches --bin make_log -- DIR ENTRIES DEVICES`.
//!
//! The entries go through the embedded log and the central, so that chain, decisions and key ids are what an
//! engine would have written; only the pace is not. The last entry is a few seconds old. Sealed parts and
//! keys are random bytes of the usual length: nothing opens them.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use benches::signal;
use bytes::Bytes;
use central::entry::{Act, Entry, Genesis, Hop, Purpose, Role, Scope, Sealed, SessionOpened, Verb};
use central::kind::Kind;
use central::output::Output;
use central::words::{ActId, AlarmId, KeyId, Moment, Seq, SessionId};
use central::{Central, Placed};
use journal::embedded::{self, Embedded, Options};
use journal::{Batch, Decided, Draft, Event, Log};

const LOG_ID: [u8; 16] = *b"a log for benchs";
const OPERATOR: SessionId = SessionId([1; 16]);
/// Nanoseconds between two entries: 150 000 devices send about 300 000 signals a day.
const PACE: u64 = 250_000_000;
const BATCH: usize = 1_000;
/// Entries proposed and not yet applied, at most.
const AHEAD: u64 = 8 * BATCH as u64;
/// Alarms left open.
const OPEN: usize = 300;
const KEY: usize = 32;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
    let (Some(dir), Some(entries), Some(devices)) = (words.first(), number(1), number(2)) else {
        eprintln!("say DIR, how many entries and how many devices; DIR must not be there yet");
        std::process::exit(2);
    };
    let data = Path::new(dir);
    let mut maker = Maker::new(data, entries, devices as u32);
    while maker.seq < entries {
        maker.turn(entries);
    }
    maker.finish();
    let keys = maker.key;
    maker.log.stop().expect("the log's head can be noted");
    write_keys(data, keys).expect("the keys can be written");
    println!("{entries} entries, {devices} devices, {keys} keys in {dir}");
}

struct Maker {
    log: Embedded,
    central: Central,
    devices: u32,
    begun: u64,
    seq: u64,
    n: u64,
    key: u64,
    dice: u64,
    /// Opened, and by whom nobody has them yet.
    waiting: VecDeque<AlarmId>,
    /// What an operator does next.
    acts: VecDeque<Verb>,
    hops: Vec<Hop>,
    decided: Vec<Decided>,
    outputs: Vec<Output>,
}

impl Maker {
    fn new(data: &Path, entries: u64, devices: u32) -> Self {
        std::fs::create_dir(data).expect("DIR can be made and was not there");
        std::fs::create_dir(data.join("log")).expect("a folder can be made");
        let mut options = Options::new(data.join("log"), Arc::new(|| {}));
        options.create = Some(LOG_ID);
        let log = embedded::open(&options).expect("a new log can be made");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        let length = entries * PACE + 10_000_000_000;
        let mut maker = Self {
            log,
            central: Central::new(),
            devices,
            begun: u64::try_from(now.as_nanos()).expect("it is before 2554") - length,
            seq: 0,
            n: 0,
            key: 0,
            dice: 1,
            waiting: VecDeque::new(),
            acts: VecDeque::new(),
            hops: Vec::new(),
            decided: Vec::new(),
            outputs: Vec::new(),
        };
        maker.begin();
        maker
    }

    fn begin(&mut self) {
        let opened = SessionOpened {
            id: OPERATOR,
            operator: "vakt".to_owned(),
            role: Role::Operator,
            scope: Scope::All,
            expires: Moment(u64::MAX),
        };
        let genesis = Genesis { purpose: Purpose::LoadTest, log_id: LOG_ID };
        let entries =
            [Entry::Genesis(genesis), Entry::Rules(central::RULES), Entry::SessionOpened(opened)];
        self.put(entries.iter().map(Entry::encode).collect());
        self.finish();
    }

    fn turn(&mut self, entries: u64) {
        let wanted = BATCH.min((entries - self.seq) as usize);
        let batch = (0..wanted as u64).map(|i| self.entry(i).encode()).collect();
        self.put(batch);
        // Operators act on what they see soon: the log is never far ahead of the central.
        self.hear();
        while self.seq - self.central.last().0 > AHEAD {
            std::thread::sleep(std::time::Duration::from_micros(100));
            self.hear();
        }
    }

    fn entry(&mut self, i: u64) -> Entry {
        let at = self.begun + (self.seq + i) * PACE;
        if let Some(verb) = self.acts.pop_front() {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&(self.seq + i).to_le_bytes());
            return Entry::Act(Act { id: ActId(id), session: OPERATOR, verb });
        }
        if self.hops.len() >= 16 {
            return Entry::Hops(self.hops.drain(..16).collect());
        }
        let kind = match self.roll() % 1_000 {
            0..50 => Kind::PRESS,
            50..60 => Kind::FALL,
            60..110 => Kind::BATTERY_LOW,
            110..130 => Kind::MAINS_LOST,
            130..330 => Kind::POSITION,
            330..530 => Kind::DOSE_TAKEN,
            _ => Kind::TEST_AUTO,
        };
        let device = (self.roll() % u64::from(self.devices)) as u32;
        let mut signal = signal(device, self.seq + i, kind);
        signal.received = Moment(at);
        self.key += 1;
        let bytes = (0..20).flat_map(|_| self.roll().to_le_bytes()).collect();
        signal.sealed = Some(Sealed { key: KeyId(self.key), nonce: [3; 12], bytes });
        Entry::Signal(signal)
    }

    fn put(&mut self, bodies: Vec<Vec<u8>>) {
        self.n += 1;
        let count = bodies.len() as u64;
        let moments = (self.seq..).map(|seq| self.begun + seq * PACE);
        let draft = |(moment, body)| Draft { moment, body: Bytes::from(body) };
        let entries = moments.zip(bodies).map(draft).collect();
        let decided = std::mem::take(&mut self.decided);
        let mut batch = Batch { node: 0, boot: 1, n: self.n, entries, decided };
        self.seq += count;
        // What does not fit into the queue now fits when the disk has caught up.
        while let Err(refused) = self.log.propose(batch) {
            let journal::Refused::Full(again) = refused else { panic!("the log has stopped") };
            batch = again;
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    /// Applies what is durable.
    fn hear(&mut self) {
        while let Some(event) = self.log.poll() {
            let Event::Entry(kept) = event else { continue };
            let entry = Entry::decode(&kept.body).expect("it was encoded here");
            let at = Placed { seq: Seq(kept.seq), moment: Moment(kept.moment), head: kept.hash };
            let decision = self.central.apply(&at, &entry, &mut self.outputs);
            let body = decision.expect("an entry in its place is applied").encode().into();
            // The decisions of the last batches stay out, as after a kill.
            if self.decided.len() < BATCH {
                self.decided.push(Decided { seq: kept.seq, body });
            }
            self.follow(&at);
        }
    }

    /// Operators claim what waits, the oldest first, and close what they have.
    fn follow(&mut self, at: &Placed) {
        for output in self.outputs.drain(..) {
            match output {
                Output::Offer(alarm) if alarm.0 == at.seq => {
                    self.waiting.push_back(alarm);
                    let late = |nanos| Moment(at.moment.0 + nanos);
                    self.hops.push(Hop {
                        seq: at.seq,
                        durable: late(400_000),
                        receipt: late(500_000),
                        presented: late(900_000),
                        painted: late(30_000_000),
                    });
                }
                Output::Answer(answer) => {
                    let Ok(done) = answer.result else { continue };
                    if self.central.open(done.alarm).is_some() {
                        self.acts.push_back(Verb::Close {
                            alarm: done.alarm,
                            version: done.version,
                            cause: 122,
                            action: 200,
                            outcome: 302,
                            note: None,
                        });
                    }
                }
                _ => {}
            }
        }
        while self.waiting.len() > OPEN {
            let claims = self.waiting.pop_front().map(|alarm| Verb::Claim { alarm });
            self.acts.extend(claims);
        }
    }

    /// Waits until everything proposed is durable and applied.
    fn finish(&mut self) {
        while self.central.last().0 < self.seq {
            self.hear();
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    /// Xorshift: fast, and the same each time.
    fn roll(&mut self) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }
}

/// The key file of `docs/keys.md`, with a key for each sealed part.
fn write_keys(data: &Path, keys: u64) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = data.join("keys");
    std::fs::create_dir(&folder)?;
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))?;
    let file = File::create(folder.join("keys"))?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    let mut to = BufWriter::new(file);
    let mut header = [0; 4_096];
    header[..16].copy_from_slice(b"varde keys\0\0v1\0\0");
    to.write_all(&header)?;
    for key in 1..=keys {
        let mut slot = [0x5a; KEY];
        slot[..8].copy_from_slice(&key.to_le_bytes());
        to.write_all(&slot)?;
    }
    to.into_inner()?.sync_all()
}
