//! A small log over three days, made with the real journal: two municipalities, one alarm from press to close, a person.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::path::Path as File;
use std::sync::Arc;
use std::time::Duration;

use central::entry::{
    Act, Attributed, Entry, Flags, Genesis, Held, Hop, Path, Person, Purpose, Role, Scope, Sealed,
    Sender, SessionOpened, Signal, Verb,
};
use central::kind::Kind;
use central::output::Output;
use central::words::{
    ActId, AlarmId, ContentHash, DeviceId, KeyId, Moment, Municipality, PersonId, Reference, Seq,
    SessionId,
};
use central::{Central, Placed};
use journal::embedded::{self, Embedded, Options};
use journal::{Batch, Draft, Event, Log as _};

pub const LOG_ID: [u8; 16] = [7; 16];
pub const KARI: SessionId = SessionId([1; 16]);
pub const SECOND: u64 = 1_000_000_000;

/// A log being written, and the central that follows it.
pub struct Town {
    log: Embedded,
    central: Central,
    seq: u64,
    n: u64,
    now: u64,
}

impl Town {
    /// A new log below `data`, its first entries at noon of a day.
    pub fn begin(data: &File, day: u32) -> Self {
        let mut options = Options::new(data.join("log"), Arc::new(|| {}));
        options.create = Some(LOG_ID);
        options.segment_bytes = 1 << 20;
        std::fs::create_dir_all(&options.dir).unwrap();
        let log = embedded::open(&options).unwrap();
        let now = u64::from(day) * proof::day::NANOS + proof::day::NANOS / 2;
        let mut town = Self { log, central: Central::new(), seq: 0, n: 0, now };
        town.put(&Entry::Genesis(Genesis { purpose: Purpose::LoadTest, log_id: LOG_ID }));
        town.put(&Entry::Rules(1));
        town
    }

    /// The same log again, a second after its last entry.
    pub fn go_on(data: &File, n: u64) -> Self {
        let mut log = embedded::open(&Options::new(data.join("log"), Arc::new(|| {}))).unwrap();
        let mut central = Central::new();
        let records = || log.read(journal::Pos::START).unwrap();
        let skips = sequencer::Skips::scan(records()).unwrap();
        let folded = sequencer::refold(records(), &skips, &mut central).unwrap();
        while log.poll().is_some() {}
        Self { log, central, seq: folded.last_seq, n, now: folded.moment + SECOND }
    }

    /// Appends an entry, waits until it is durable, and tells what followed from it.
    pub fn put(&mut self, entry: &Entry) -> Vec<Output> {
        self.body(&entry.encode());
        let at = Placed { seq: Seq(self.seq), moment: Moment(self.now), head: [0; 32] };
        let mut outputs = Vec::new();
        self.central.apply(&at, entry, &mut outputs).unwrap();
        outputs
    }

    /// Appends any bytes as an entry.
    pub fn body(&mut self, body: &[u8]) {
        self.n += 1;
        self.now += SECOND;
        let entries = vec![Draft { moment: self.now, body: bytes::Bytes::copy_from_slice(body) }];
        let batch = Batch { node: 0, boot: 1, n: self.n, entries, decided: Vec::new() };
        self.log.propose(batch).unwrap();
        loop {
            match self.log.poll() {
                Some(Event::Entry(_)) => break,
                _ => std::thread::sleep(Duration::from_micros(200)),
            }
        }
        self.seq += 1;
    }

    /// A press or another signal; its Seq.
    pub fn signal(&mut self, municipality: u16, device: &str, kind: Kind) -> u64 {
        let signal = Signal {
            device: DeviceId(device.to_owned()),
            municipality: Municipality(municipality),
            person: None,
            kind,
            reference: Reference(format!("r{}", self.seq)),
            content: ContentHash([9; 16]),
            counter: None,
            happened: None,
            buffered: false,
            received: Moment(self.now),
            path: Path::SipTcp,
            sender: Sender::Claimed,
            flags: Flags::default(),
            sealed: Some(Sealed { key: KeyId(self.seq), nonce: [1; 12], bytes: vec![2; 40] }),
        };
        self.put(&Entry::Signal(signal));
        self.seq
    }

    pub fn act(&mut self, verb: Verb) -> u32 {
        let id = ActId([self.seq as u8; 16]);
        let outputs = self.put(&Entry::Act(Act { id, session: KARI, verb }));
        let done = outputs.iter().find_map(|output| match output {
            Output::Answer(answer) => answer.result.as_ref().ok().map(|done| done.version),
            _ => None,
        });
        done.expect("the act takes effect")
    }

    pub fn next_day(&mut self) {
        self.now += proof::day::NANOS;
    }

    pub fn stop(self) {
        self.log.stop().unwrap();
    }
}

/// The alarm of [`three_days`], and Seqs by municipality: first day, second day.
pub struct Days {
    pub alarm: u64,
    pub of_the_alarm: Vec<u64>,
    pub first: Vec<(u16, Vec<u64>)>,
    pub second: Vec<(u16, Vec<u64>)>,
}

/// Writes the log: a press in 0301 with a repeat next day and a close, another in 4601, a person, time stamps; the third day is under way.
pub fn three_days(data: &File, day: u32) -> Days {
    let mut town = Town::begin(data, day);
    town.put(&Entry::SessionOpened(SessionOpened {
        id: KARI,
        operator: "kari".to_owned(),
        role: Role::Operator,
        scope: Scope::All,
        expires: Moment(u64::MAX),
    }));
    let alarm = town.signal(301, "scaip:1", Kind::PRESS);
    let other = town.signal(4601, "scaip:2", Kind::PRESS);
    let version = town.act(Verb::Claim { alarm: AlarmId(Seq(alarm)) });
    let hop = |seq| Hop {
        seq: Seq(seq),
        durable: Moment(1),
        receipt: Moment(2),
        presented: Moment(3),
        painted: Moment(4),
    };
    town.put(&Entry::Hops(vec![hop(alarm)]));
    town.put(&Entry::Hops(vec![hop(alarm), hop(other)]));
    town.next_day();
    let repeat = town.signal(301, "scaip:1", Kind::PRESS);
    let person = PersonId(5);
    town.put(&Entry::Person(Person {
        id: person,
        municipality: Municipality(4601),
        key: KeyId(900),
        about: None,
    }));
    let held = |person| Entry::Held(Held { device: DeviceId("scaip:2".to_owned()), person });
    town.put(&held(Some(person)));
    town.put(&Entry::Attributed(Attributed { signal: Seq(alarm), person, key: None }));
    town.put(&held(None));
    town.put(&Entry::Erased(person));
    let at = AlarmId(Seq(alarm));
    town.act(Verb::Close { alarm: at, version, cause: 100, action: 200, outcome: 302, note: None });
    town.next_day();
    town.put(&Entry::Tick);
    town.stop();
    assert_eq!((alarm, other, repeat), (4, 5, 9));
    Days {
        alarm,
        of_the_alarm: vec![4, 6, 9, 12, 15],
        first: vec![(0, vec![1, 2, 3, 8]), (301, vec![4, 6, 7]), (4601, vec![5])],
        second: vec![(0, vec![13]), (301, vec![9, 12, 15]), (4601, vec![10, 11, 14])],
    }
}
