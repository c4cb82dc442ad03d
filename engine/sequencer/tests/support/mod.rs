//! A loop over a log in memory, and a shell that writes down what it is told.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::sync::Arc;

use bytes::Bytes;
use central::entry::{
    Entry, Flags, Genesis, Path, Purpose, Role, Scope, Sender, SessionOpened, Signal,
};
use central::kind::Kind;
use central::output::{Output, Receipt};
use central::words::{ContentHash, DeviceId, Moment, Municipality, Reference, SessionId};
use central::{Central, Placed};
use journal::Health;
use journal::memory::{Memory, Order};
use lanes::{Lane, Lanes};
use sequencer::{Inbound, Sequencer, Shell, Turn, Why};

pub const NODE: u16 = 1;

#[derive(Default)]
pub struct Tape {
    /// Seq, token and receipt of what was applied.
    pub applied: Vec<(u64, u64, Option<Receipt>)>,
    pub refused: Vec<(u64, Why)>,
    pub health: Vec<Health>,
    pub turns: u64,
    /// The central panics at a signal of this reference.
    pub panics_at: Option<&'static str>,
}

/// A mistake of the central's: it panics at a signal of this reference.
pub fn plant(reference: Option<&str>, entry: &Entry) {
    let Entry::Signal(signal) = entry else { return };
    assert!(reference != Some(signal.reference.0.as_str()), "planted");
}

impl Shell for Tape {
    fn meets(&mut self, _: &Placed, entry: &Entry) {
        plant(self.panics_at, entry);
    }

    fn applied(&mut self, at: &Placed, _: &Entry, token: u64, outputs: &mut Vec<Output>) {
        let receipt = outputs.drain(..).find_map(|output| match output {
            Output::Receipt(receipt) => Some(receipt),
            _ => None,
        });
        self.applied.push((at.seq.0, token, receipt));
    }

    fn refused(&mut self, inbound: Inbound, why: Why) {
        self.refused.push((inbound.token, why));
    }

    fn health(&mut self, health: &Health) {
        self.health.push(*health);
    }

    fn turned(&mut self, _: &Central) {
        self.turns += 1;
    }
}

pub struct Rig {
    pub order: Order,
    pub lanes: Lanes<Inbound>,
    pub sequencer: Sequencer<Memory, Tape>,
    pub token: u64,
}

impl Rig {
    /// A log without a genesis.
    pub fn empty() -> Self {
        let order = Order::new();
        let log = order.join(NODE, Arc::new(|| ()));
        let (lanes, outlet) = lanes::new();
        let sequencer = Sequencer::new(log, outlet, Central::new(), Tape::default(), NODE, 1);
        Self { order, lanes, sequencer, token: 0 }
    }

    /// A log with its genesis applied, as Seq 1.
    pub fn new() -> Self {
        let mut rig = Self::empty();
        rig.push(Lane::Acts, &genesis());
        rig.settle(0);
        *rig.sequencer.shell() = Tape::default();
        rig
    }

    pub fn push(&mut self, lane: Lane, entry: &Entry) -> u64 {
        self.push_bytes(lane, entry.encode().into())
    }

    pub fn push_bytes(&mut self, lane: Lane, body: Bytes) -> u64 {
        self.token += 1;
        let inbound = Inbound { moment: self.token, body, token: self.token };
        self.lanes.push(lane, true, inbound).expect("the lane has room");
        self.token
    }

    /// One signal of a kind, in the lane of its class.
    pub fn signal(&mut self, kind: Kind) -> u64 {
        let lane = match kind.class() {
            central::kind::Class::LifeSafety => Lane::LifeSafety,
            central::kind::Class::Person => Lane::Person,
            central::kind::Class::Technical => Lane::Technical,
            central::kind::Class::Telemetry => Lane::Telemetry,
            central::kind::Class::Test => Lane::Test,
        };
        let entry = signal(kind, &format!("r{}", self.token));
        self.push(lane, &entry)
    }

    /// Turns until there is nothing to do; the last turn.
    pub fn settle(&mut self, now: u64) -> Turn {
        for _ in 0..100 {
            let turn = self.sequencer.turn(now);
            if turn != Turn::Worked {
                return turn;
            }
        }
        panic!("a loop that never rests");
    }

    /// Tokens applied, in log order.
    pub fn applied(&mut self) -> Vec<u64> {
        self.sequencer.shell().applied.iter().map(|(_, token, _)| *token).collect()
    }

    pub fn refused(&mut self) -> Vec<(u64, Why)> {
        std::mem::take(&mut self.sequencer.shell().refused)
    }
}

pub fn genesis() -> Entry {
    Entry::Genesis(Genesis { purpose: Purpose::LoadTest, log_id: [7; 16] })
}

pub fn session(expires: u64) -> Entry {
    Entry::SessionOpened(SessionOpened {
        id: SessionId([1; 16]),
        operator: "kari".into(),
        role: Role::Operator,
        scope: Scope::All,
        expires: Moment(expires),
    })
}

pub fn signal(kind: Kind, reference: &str) -> Entry {
    Entry::Signal(Signal {
        device: DeviceId("link:1".into()),
        municipality: Municipality(301),
        person: None,
        kind,
        reference: Reference(reference.into()),
        content: ContentHash([1; 16]),
        counter: None,
        happened: None,
        buffered: false,
        received: Moment(5),
        path: Path::Link,
        sender: Sender::Verified,
        flags: Flags::default(),
        sealed: None,
    })
}
