//! A central with a log's numbering around it, and short ways to say entries.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use central::entry::{
    Act, Counter, Entry, Flags, Genesis, Path, Purpose, Role, Scope, Sender, SessionOpened, Signal,
    Verb,
};
use central::kind::Kind;
use central::output::{Answer, Done, Output, Receipt, Refusal, Row};
use central::words::{
    ActId, AlarmId, ContentHash, DeviceId, Moment, Municipality, Reference, Seq, SessionId,
};
use central::{Central, Decision, Placed};

pub const SECOND: u64 = 1_000_000_000;
pub const START: u64 = 1_700_000_000 * SECOND;
pub const KARI: SessionId = SessionId([1; 16]);
pub const OLA: SessionId = SessionId([2; 16]);

pub struct World {
    pub central: Central,
    pub seq: u64,
    pub now: u64,
    acts: u8,
}

impl World {
    /// Genesis only.
    pub fn new() -> Self {
        let mut world = Self { central: Central::new(), seq: 0, now: START, acts: 0 };
        world.put(&genesis());
        world
    }

    /// Kari and Ola are logged in for a day, everywhere.
    pub fn staffed() -> Self {
        let mut world = Self::new();
        for (id, name) in [(KARI, "kari"), (OLA, "ola")] {
            world.put(&session(id, name, Role::Operator, Scope::All, 86_400));
        }
        world
    }

    pub fn put(&mut self, entry: &Entry) -> (Decision, Vec<Output>) {
        self.seq += 1;
        let at = placed(self.seq, self.now);
        let mut out = Vec::new();
        let decision = self.central.apply(&at, entry, &mut out).expect("the entry can be applied");
        (decision, out)
    }

    pub fn signal(&mut self, signal: Signal) -> Decision {
        self.put(&Entry::Signal(signal)).0
    }

    pub fn act(&mut self, session: SessionId, verb: Verb) -> Result<Done, Refusal> {
        self.acts += 1;
        self.act_as(ActId([self.acts; 16]), session, verb)
    }

    pub fn act_as(&mut self, id: ActId, session: SessionId, verb: Verb) -> Result<Done, Refusal> {
        let (_, out) = self.put(&Entry::Act(Act { id, session, verb }));
        answer(&out).expect("every act is answered").result
    }

    pub fn claim(&mut self, session: SessionId, alarm: AlarmId) -> Result<Done, Refusal> {
        self.act(session, Verb::Claim { alarm })
    }

    pub fn close(
        &mut self,
        session: SessionId,
        alarm: AlarmId,
        version: u32,
    ) -> Result<Done, Refusal> {
        self.act(session, close(alarm, version))
    }

    /// Opens an alarm and says which.
    pub fn alarm(&mut self, device: &str, kind: Kind) -> AlarmId {
        let reference = format!("r{}", self.seq);
        self.signal(signal(device, kind, &reference, self.now));
        AlarmId(Seq(self.seq))
    }

    pub fn row(&self, alarm: AlarmId) -> &Row {
        self.central.open(alarm).expect("the alarm is open")
    }

    pub fn waiting(&self) -> Vec<AlarmId> {
        self.central.rows().filter(|row| row.claim.is_none()).map(|row| row.alarm).collect()
    }
}

pub fn placed(seq: u64, moment: u64) -> Placed {
    let mut head = [0; 32];
    head[..8].copy_from_slice(&seq.to_be_bytes());
    Placed { seq: Seq(seq), moment: Moment(moment), head }
}

pub fn genesis() -> Entry {
    Entry::Genesis(Genesis { purpose: Purpose::LoadTest, log_id: [7; 16] })
}

pub fn session(id: SessionId, name: &str, role: Role, scope: Scope, seconds: u64) -> Entry {
    let expires = Moment(START + seconds * SECOND);
    Entry::SessionOpened(SessionOpened { id, operator: name.into(), role, scope, expires })
}

pub fn signal(device: &str, kind: Kind, reference: &str, received: u64) -> Signal {
    Signal {
        device: DeviceId(device.into()),
        municipality: Municipality(301),
        person: None,
        kind,
        reference: Reference(reference.into()),
        content: ContentHash([9; 16]),
        counter: None,
        happened: None,
        buffered: false,
        received: Moment(received),
        path: Path::Link,
        sender: Sender::Verified,
        flags: Flags::default(),
        sealed: None,
    }
}

pub fn counter(boot: u64, n: u64) -> Counter {
    Counter { boot, n }
}

pub fn close(alarm: AlarmId, version: u32) -> Verb {
    Verb::Close { alarm, version, cause: 122, action: 200, outcome: 302, note: None }
}

pub fn answer(out: &[Output]) -> Option<Answer> {
    out.iter().find_map(|output| match output {
        Output::Answer(answer) => Some(answer.clone()),
        _ => None,
    })
}

pub fn receipt(out: &[Output]) -> Option<Receipt> {
    out.iter().find_map(|output| match output {
        Output::Receipt(receipt) => Some(receipt.clone()),
        _ => None,
    })
}

pub fn offers(out: &[Output]) -> Vec<AlarmId> {
    out.iter()
        .filter_map(|output| match output {
            Output::Offer(alarm) => Some(*alarm),
            _ => None,
        })
        .collect()
}
