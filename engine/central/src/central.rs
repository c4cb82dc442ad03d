//! The whole: what an entry does, and what can be read from the state.

use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Encode};

use crate::alarms::Alarms;
use crate::answers::Answers;
use crate::decision::Decision;
use crate::dedup::{self, Memory, Sameness, Seen};
use crate::entry::{Entry, Genesis, Purpose, SessionOpened, Signal};
use crate::limits;
use crate::output::{Output, Receipt, Row, Session};
use crate::persons::Persons;
use crate::roster::Roster;
use crate::rules::{OLDEST, RULES};
use crate::waiting::Waiting;
use crate::words::{AlarmId, ChainHash, Moment, Seq, SessionId};

/// Where the log put an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its number, dense from 1.
    pub seq: Seq,
    /// Its final Moment, never before its predecessor's.
    pub moment: Moment,
    /// The chain hash at it.
    pub head: ChainHash,
}

/// Why a node cannot go on folding. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The log asks for rules this node lacks: start the version that has them.
    LacksRules(u32),
    /// The first entry is not a genesis: this is no log of the central.
    NoGenesis,
    /// An entry is missing or came twice.
    OutOfOrder {
        /// The Seq that should have come.
        expected: Seq,
        /// The one that came.
        got: Seq,
    },
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LacksRules(n) => {
                write!(f, "the log asks for rules {n}, this version has {RULES}: start a newer one")
            }
            Self::NoGenesis => write!(f, "the log does not begin with a genesis entry"),
            Self::OutOfOrder { expected, got } => {
                write!(f, "entry {} came where {} was due: verify the log", got.0, expected.0)
            }
        }
    }
}

impl core::error::Error for Stop {}

/// Counts since genesis; each saturates. `signals` is always the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Tally {
    /// Signals applied.
    #[n(0)]
    pub signals: u64,
    /// Of them, opened an alarm.
    #[n(1)]
    pub opened: u64,
    /// Of them, Repeats.
    #[n(2)]
    pub folded: u64,
    /// Of them, filed.
    #[n(3)]
    pub filed: u64,
    /// Of them, filed and shown on open alarms.
    #[n(4)]
    pub attached: u64,
    /// Of them, Duplicates.
    #[n(5)]
    pub duplicates: u64,
}

/// The alarm central: a fold over the log.
#[derive(Clone, Debug, Default)]
pub struct Central {
    pub(crate) genesis: Option<Genesis>,
    pub(crate) rules: u32,
    /// Knows no rules above these; not part of the state.
    pub(crate) ceiling: Option<u32>,
    pub(crate) last: Seq,
    pub(crate) now: Moment,
    pub(crate) tally: Tally,
    pub(crate) memory: Memory,
    pub(crate) alarms: Alarms,
    pub(crate) waiting: Waiting,
    pub(crate) roster: Roster,
    pub(crate) answers: Answers,
    pub(crate) persons: Persons,
}

impl Central {
    /// Before the first entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies one durable entry; what follows from it is appended to `out`.
    ///
    /// # Errors
    /// [`Stop`]: this node cannot go on; the state is as it was.
    pub fn apply(
        &mut self,
        at: &Placed,
        entry: &Entry,
        out: &mut Vec<Output>,
    ) -> Result<Decision, Stop> {
        self.admit(at, entry)?;
        self.last = at.seq;
        self.now = self.now.max(at.moment);
        self.expire(out);
        Ok(match entry {
            Entry::Genesis(genesis) => self.begin(genesis),
            Entry::Rules(n) => {
                self.rules = *n;
                Decision::Noted
            }
            Entry::Signal(signal) => self.signal(at, signal, out),
            Entry::Act(act) => self.act(at, act, out),
            Entry::SessionOpened(opened) => self.open_session(opened, out),
            Entry::SessionEnded(id) => self
                .end_session(*id, out)
                .map_or(Decision::Void, |released| Decision::SessionEnded { released }),
            Entry::Person(person) => self.register(person, out),
            Entry::Held(held) => self.hold(held, out),
            Entry::Attributed(to) => self.attribute(to, out),
            Entry::Erased(id) => self.erase(*id, out),
            Entry::Started(_)
            | Entry::Counted(_)
            | Entry::Hops(_)
            | Entry::Tick
            | Entry::Skip(_)
            | Entry::Disclosed(_) => Decision::Noted,
        })
    }

    /// Passes over an entry that is skipped: its Seq is taken, and nothing else of it is there. Not even
    /// time moves, for that alone may be what could not be applied.
    ///
    /// # Errors
    /// [`Stop::OutOfOrder`]; the state is as it was.
    pub fn pass_over(&mut self, at: &Placed) -> Result<(), Stop> {
        self.in_order(at)?;
        self.last = at.seq;
        Ok(())
    }

    fn in_order(&self, at: &Placed) -> Result<(), Stop> {
        let expected = Seq(self.last.0.saturating_add(1));
        if at.seq == expected { Ok(()) } else { Err(Stop::OutOfOrder { expected, got: at.seq }) }
    }

    /// What may not be applied at all.
    fn admit(&self, at: &Placed, entry: &Entry) -> Result<(), Stop> {
        self.in_order(at)?;
        match entry {
            Entry::Rules(n) if !self.has_rules(*n) => Err(Stop::LacksRules(*n)),
            Entry::Genesis(_) => Ok(()),
            _ if self.genesis.is_none() => Err(Stop::NoGenesis),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, genesis: &Genesis) -> Decision {
        if self.genesis.is_some() {
            return Decision::Void;
        }
        self.genesis = Some(genesis.clone());
        self.rules = OLDEST;
        Decision::Noted
    }

    /// Ends the sessions whose time is over, before the entry that moved the time is applied.
    fn expire(&mut self, out: &mut Vec<Output>) {
        while let Some((moment, id)) = self.roster.next_expiry()
            && moment <= self.now
        {
            self.end_session(id, out);
        }
    }

    /// Opens a session; one that is void (over already, or over a limit) is answered as ended. The
    /// same id again begins anew: what it had goes back to waiting.
    fn open_session(&mut self, opened: &SessionOpened, out: &mut Vec<Output>) -> Decision {
        self.end_session(opened.id, out);
        if opened.expires <= self.now
            || opened.operator.len() > limits::OPERATOR
            || !opened.scope.within_limit()
        {
            out.push(Output::Session(opened.id, None));
            return Decision::Void;
        }
        if let Some(id) = self.roster.crowded_out(opened.id) {
            self.end_session(id, out);
        }
        let session = Session {
            operator: opened.operator.clone(),
            role: opened.role,
            scope: opened.scope.clone(),
            expires: opened.expires,
        };
        self.roster.open(opened.id, session.clone());
        out.push(Output::Session(opened.id, Some(session)));
        Decision::SessionOpened
    }

    /// When time itself will change something: propose a Tick then, if nothing else has moved it.
    pub fn next_wake(&self) -> Option<Moment> {
        self.roster.next_expiry().map(|(moment, _)| moment)
    }

    /// What this log is; `None` before its genesis.
    pub fn purpose(&self) -> Option<Purpose> {
        self.genesis.as_ref().map(|genesis| genesis.purpose)
    }

    /// The log's own random id; `None` before its genesis.
    pub fn log_id(&self) -> Option<[u8; 16]> {
        self.genesis.as_ref().map(|genesis| genesis.log_id)
    }

    /// The last entry applied.
    pub fn last(&self) -> Seq {
        self.last
    }

    /// The Moment of the last entry.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Counts since genesis.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// An open alarm.
    pub fn open(&self, alarm: AlarmId) -> Option<&Row> {
        self.alarms.get(alarm).map(|alarm| &alarm.row)
    }

    /// Open alarms, and of them those nobody has.
    pub fn depth(&self) -> (usize, usize) {
        (self.alarms.open().len(), self.waiting.len())
    }

    /// Whether [`limits::OPEN_ALARMS`] is reached: no new signal may be proposed.
    pub fn is_crowded(&self) -> bool {
        self.alarms.open().len() >= limits::OPEN_ALARMS
    }

    /// Every row: waiting ones in the order of waiting, then those somebody has, oldest id first.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        let waiting = self.waiting.ids().filter_map(|id| self.open(id));
        let claimed = self.alarms.open().values().map(|alarm| &alarm.row);
        waiting.chain(claimed.filter(|row| row.claim.is_some()))
    }

    /// Every session.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.roster.members().iter().map(|(id, member)| (*id, &member.session))
    }

    /// The receipt of a signal already stored, at `now`; `None` where it is not known.
    pub fn known(&self, signal: &Signal, now: Moment) -> Option<Receipt> {
        let same = dedup::sameness(signal)?;
        self.first(signal, same, now).map(Seen::receipt)
    }

    /// The stored signal that this one is a copy of.
    pub(crate) fn first(&self, signal: &Signal, same: Sameness, now: Moment) -> Option<&Seen> {
        self.memory.find(&signal.device, same, now, |alarm| self.open(alarm).is_some())
    }
}
