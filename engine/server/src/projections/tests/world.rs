//! A log in a folder, written as the sequencer writes it, and the projections beside it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use central::entry::{
    Act, Entry, Flags, Genesis, Path as Way, Purpose, Role, Scope, Sender, SessionOpened, Signal,
    Verb,
};
use central::kind::Kind;
use central::words::{
    ActId, AlarmId, ContentHash, DeviceId, Moment, Municipality, PersonId, Reference, Seq,
    SessionId,
};
use central::{Central, Decision, Placed};
use journal::embedded::{Embedded, Options as LogOptions, open};
use journal::{Batch, Decided, Draft, Event, Log};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::super::dump::dump;
use super::super::{FILE, Figures, Options, Projections, Retention};

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const DAY: u64 = 24 * 3_600 * SECOND;
/// A midnight (UTC).
pub(crate) const START: u64 = 20_000 * DAY;

/// A log being written.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) central: Central,
    log: Option<Embedded>,
    boot: u64,
    n: u64,
    now: u64,
    owed: VecDeque<Decided>,
    durable: Arc<AtomicU64>,
    pub(crate) roomy: Arc<AtomicBool>,
    pub(crate) retention: Retention,
    pub(crate) figures: Figures,
}

impl World {
    /// A log with its genesis.
    pub(crate) fn new() -> Self {
        Self::of([7; 16])
    }

    pub(crate) fn of(log_id: [u8; 16]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut options = LogOptions::new(folder.path().join("log"), Arc::new(|| ()));
        options.create = Some(log_id);
        options.segment_bytes = 1 << 20;
        let mut world = Self {
            log: Some(open(&options).unwrap()),
            folder,
            central: Central::new(),
            boot: 1,
            n: 0,
            now: START,
            owed: VecDeque::new(),
            durable: Arc::default(),
            roomy: Arc::new(AtomicBool::new(true)),
            retention: Retention::default(),
            figures: Figures::default(),
        };
        world.put(&Entry::Genesis(Genesis { purpose: Purpose::LoadTest, log_id }));
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("projections").join(name)
    }

    /// One entry, as a batch of its own: durable when it returns, its decision owed to the next batch.
    pub(crate) fn put(&mut self, entry: &Entry) -> (u64, Decision) {
        self.put_all(std::slice::from_ref(entry)).pop().unwrap()
    }

    /// One batch.
    pub(crate) fn put_all(&mut self, entries: &[Entry]) -> Vec<(u64, Decision)> {
        self.n += 1;
        let draft = |entry: &Entry| Draft { moment: self.now, body: Bytes::from(entry.encode()) };
        let batch = Batch {
            node: 0,
            boot: self.boot,
            n: self.n,
            entries: entries.iter().map(draft).collect(),
            decided: self.owed.drain(..).collect(),
        };
        let log = self.log.as_mut().unwrap();
        log.propose(batch).unwrap();
        let mut put = Vec::new();
        while put.len() < entries.len() {
            let Some(Event::Entry(kept)) = log.poll() else {
                std::thread::sleep(Duration::from_micros(50));
                continue;
            };
            let at = Placed { seq: Seq(kept.seq), moment: Moment(kept.moment), head: kept.hash };
            let decision = self.central.apply(&at, &entries[put.len()], &mut Vec::new()).unwrap();
            self.owed.push_back(Decided { seq: kept.seq, body: decision.encode().into() });
            self.durable.store(kept.seq, Ordering::Release);
            put.push((kept.seq, decision));
        }
        put
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, nanos: u64) {
        self.now += nanos;
    }

    /// Nothing more is owed: everything in the log has its decision beside it, but the last.
    pub(crate) fn settle(&mut self) {
        self.put(&Entry::Tick);
    }

    /// The decisions owed are lost, as in a crash, and another start goes on.
    pub(crate) fn crash(&mut self) {
        self.owed.clear();
        self.boot += 1;
        self.n = 0;
    }

    pub(crate) fn signal(&mut self, device: &str, kind: Kind) -> (u64, Decision) {
        let signal = self.said(device, kind);
        self.put(&Entry::Signal(signal))
    }

    pub(crate) fn said(&self, device: &str, kind: Kind) -> Signal {
        Signal {
            device: DeviceId(device.to_owned()),
            kind,
            reference: Reference(format!("r{}-{}", self.boot, self.n)),
            received: Moment(self.now),
            ..template()
        }
    }

    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// A press of somebody's.
    pub(crate) fn press_of(&mut self, device: &str, person: u64) -> u64 {
        let mut signal = self.said(device, Kind::PRESS);
        signal.person = Some(PersonId(person));
        self.put(&Entry::Signal(signal)).0
    }

    pub(crate) fn enter(&mut self, session: u8, operator: &str) {
        let opened = SessionOpened {
            id: SessionId([session; 16]),
            operator: operator.to_owned(),
            role: Role::Operator,
            scope: Scope::All,
            expires: Moment(self.now + 30 * DAY),
        };
        self.put(&Entry::SessionOpened(opened));
    }

    pub(crate) fn act(&mut self, session: u8, verb: Verb) -> Decision {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(self.boot << 40 | self.n).to_be_bytes());
        let act = Act { id: ActId(id), session: SessionId([session; 16]), verb };
        self.put(&Entry::Act(act)).1
    }

    pub(crate) fn claim(&mut self, session: u8, alarm: u64) -> Decision {
        self.act(session, Verb::Claim { alarm: AlarmId(Seq(alarm)) })
    }

    /// Closes an alarm that the session has.
    pub(crate) fn close(&mut self, session: u8, alarm: u64) {
        let alarm = AlarmId(Seq(alarm));
        let version = self.central.open(alarm).unwrap().version;
        let close =
            Verb::Close { alarm, version, cause: 100, action: 204, outcome: 300, note: None };
        assert!(matches!(self.act(session, close), Decision::Done(_)));
    }

    /// The projections beside this log.
    pub(crate) fn start(&self) -> Projections {
        let (durable, roomy) = (Arc::clone(&self.durable), Arc::clone(&self.roomy));
        let now = self.now;
        Projections::start(Options {
            folder: self.folder.path().join("projections"),
            log: self.folder.path().join("log"),
            retention: self.retention.clone(),
            durable: Box::new(move || durable.load(Ordering::Acquire)),
            roomy: Box::new(move || roomy.load(Ordering::Relaxed)),
            now: Box::new(move || now),
            figures: self.figures.clone(),
        })
        .unwrap()
    }

    /// Waits until the database itself says that it is folded up to a Seq.
    pub(crate) fn wait_for(&self, seq: u64) {
        let file = self.path(FILE);
        eventually(&format!("entry {seq} is folded"), || folded(&file) == Some(seq));
    }

    /// Follows the log up to its last decided entry and tells everything in the tables.
    pub(crate) fn folded(&self) -> String {
        let projections = self.start();
        let seq = self.durable() - 1;
        eventually("it is folded and may be read", || {
            projections.shared.readable.read().unwrap().so && folded(&self.path(FILE)) == Some(seq)
        });
        drop(projections);
        self.dump()
    }

    /// The same from nothing.
    pub(crate) fn rebuilt(&self) -> String {
        let _ = std::fs::remove_dir_all(self.folder.path().join("projections"));
        self.folded()
    }

    pub(crate) fn dump(&self) -> String {
        dump(&self.path(FILE)).unwrap()
    }

    /// One number from the database.
    pub(crate) fn one(&self, sql: &str) -> Option<i64> {
        let tables = Connection::open(self.path(FILE)).unwrap();
        tables.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// A press that came by the link, in Oslo.
pub(crate) fn template() -> Signal {
    Signal {
        device: DeviceId::default(),
        municipality: Municipality(301),
        person: None,
        kind: Kind::PRESS,
        reference: Reference::default(),
        content: ContentHash::default(),
        counter: None,
        happened: None,
        buffered: false,
        received: Moment(START),
        path: Way::Link,
        sender: Sender::Verified,
        flags: Flags::ODD_FIELD,
        sealed: None,
    }
}

/// Up to which entry a database is folded.
pub(crate) fn folded(file: &Path) -> Option<u64> {
    let tables = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    let seq = tables.query_row("SELECT seq FROM meta", [], |row| row.get::<_, i64>(0)).ok()?;
    Some(seq.cast_unsigned())
}

pub(crate) fn eventually(what: &str, happened: impl Fn() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_mins(1), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
