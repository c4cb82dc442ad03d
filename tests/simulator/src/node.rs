//! One node: the production loop with the simulator's shell and a watched log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use central::entry::{Entry, Genesis, Purpose, Started};
use central::output::Output;
use central::words::{AlarmId, Seq};
use central::{Central, RULES, Stop};
use journal::memory::{Memory, Order};
use journal::{Batch, Event, Health, Log, Pos, Record, Records, Refused, Unread};
use lanes::{Lane, Lanes};
use sequencer::{Halt, Inbound, Irreproducible, Sequencer, Shell, Skips, Turn, Why, refold};

use crate::bug::Bug;
use crate::model::rank;
use crate::violation::Violation;

/// An older version met rules it does not have.
pub(crate) fn lacks_rules(halt: &Halt) -> bool {
    matches!(halt, Halt::Refused { why: Stop::LacksRules(_), .. })
}

/// What the loop told its shell.
pub(crate) enum Effect {
    Applied { seq: Seq, entry: Entry, token: u64, outputs: Vec<Output> },
    Refused { inbound: Inbound, why: Why },
}

/// A shell that writes down what it is told.
#[derive(Default)]
pub(crate) struct Tape {
    effects: Vec<Effect>,
}

impl Shell for Tape {
    fn applied(
        &mut self,
        at: &central::Placed,
        entry: &Entry,
        token: u64,
        outputs: &mut Vec<Output>,
    ) {
        let outputs = std::mem::take(outputs);
        self.effects.push(Effect::Applied { seq: at.seq, entry: entry.clone(), token, outputs });
    }

    fn refused(&mut self, inbound: Inbound, why: Why) {
        self.effects.push(Effect::Refused { inbound, why });
    }

    fn health(&mut self, _: &Health) {}

    fn turned(&mut self, _: &Central) {}
}

/// The log as a node sees it, with an eye on what is proposed while an alarm waits in its lane.
pub(crate) struct Watched {
    inner: Memory,
    lanes: Lanes<Inbound>,
    bug: Option<Bug>,
    pub(crate) unfair: Option<u64>,
}

impl Log for Watched {
    fn propose(&mut self, mut batch: Batch) -> Result<(), Refused> {
        let urgent = |body: &Bytes| Entry::decode(body).is_ok_and(|entry| rank(&entry) == 0);
        let is_full = batch.entries.len() >= sequencer::limits::BATCH;
        if !is_full
            && self.lanes.depth(Lane::LifeSafety) > 0
            && !batch.entries.iter().all(|draft| urgent(&draft.body))
        {
            self.unfair = Some(batch.n);
        }
        match self.bug {
            Some(Bug::BatchReversed) => batch.entries.reverse(),
            Some(Bug::LogDropsEntry) if batch.entries.len() > 1 && batch.n.is_multiple_of(7) => {
                batch.entries.remove(0);
            }
            _ => {}
        }
        self.inner.propose(batch)
    }

    fn poll(&mut self) -> Option<Event> {
        self.inner.poll()
    }

    fn read(&self, from: Pos) -> Result<Records, Unread> {
        let records = self.inner.read(from)?;
        if self.bug != Some(Bug::ReadsOtherwise) {
            return Ok(records);
        }
        Ok(Box::new(records.map(|record| record.map(otherwise))))
    }

    fn trim(&mut self, below: u64) {
        self.inner.trim(below);
    }
}

/// A press becomes a fall.
fn otherwise(record: Record) -> Record {
    let Record::Entry(mut kept) = record else { return record };
    if let Ok(Entry::Signal(mut signal)) = Entry::decode(&kept.body)
        && signal.kind.0 == 100
    {
        signal.kind.0 = 102;
        kept.body = Entry::Signal(signal).encode().into();
    }
    Record::Entry(kept)
}

/// A node that is up.
pub(crate) struct Node {
    pub(crate) lanes: Lanes<Inbound>,
    pub(crate) sequencer: Sequencer<Watched, Tape>,
    /// What its consoles were offered and nobody has yet.
    pub(crate) board: BTreeSet<AlarmId>,
    /// Decisions its start compared.
    pub(crate) compared: u64,
    /// Who waits: what the caller keeps for each token.
    pub(crate) asked: BTreeMap<u64, crate::world::Asker>,
    genesis: Option<u64>,
    tokens: u64,
    bug: Option<Bug>,
}

impl Node {
    /// Joins the order, folds what it holds, and begins: a version that has rules up to `newest`. One that
    /// lacks what the log asks for is replaced by the newest.
    pub(crate) fn start(
        order: &Order,
        id: u16,
        bug: Option<Bug>,
        newest: u32,
    ) -> Result<Self, Violation> {
        let halted = |why: String| Violation::Halted { why };
        let (lanes, outlet) = lanes::new();
        let inner = order.join(id, Arc::new(|| ()));
        let log = Watched { inner, lanes: lanes.clone(), bug, unfair: None };
        let mut central = Central::knowing(newest);
        let read = || log.read(Pos::START).map_err(|why| halted(why.to_string()));
        let skips = Skips::scan(read()?).map_err(|damage| halted(damage.to_string()))?;
        let records = read()?;
        let folded = match refold(records, &skips, &mut central) {
            Ok(folded) => folded,
            Err(Irreproducible::Disagrees { seq }) => {
                return Err(Violation::HashDiffers { seq });
            }
            Err(Irreproducible::Halt(halt)) if lacks_rules(&halt) && newest < RULES => {
                drop(log);
                return Self::start(order, id, bug, RULES);
            }
            Err(why) => return Err(halted(why.to_string())),
        };
        // What a console sees first is the picture, made from state.
        let waiting = central.rows().filter(|row| row.claim.is_none());
        let board = waiting.map(|row| row.alarm).collect();
        let boot = folded.next_boot(id);
        let sequencer =
            Sequencer::new(log, outlet, central, Tape::default(), id, boot).passing_over(skips);
        let compared = folded.compared;
        let asked = BTreeMap::new();
        Ok(Self { lanes, sequencer, board, compared, asked, genesis: None, tokens: 0, bug })
    }

    /// Puts an entry into its lane; the body comes back where there is no room.
    pub(crate) fn push(
        &mut self,
        lane: Lane,
        moment: u64,
        entry: &Entry,
        asker: Option<crate::world::Asker>,
    ) -> Result<(), Bytes> {
        self.tokens += 1;
        let token = self.tokens;
        let inbound = Inbound { moment, body: entry.encode().into(), token };
        self.lanes.push(lane, true, inbound).map_err(|inbound| inbound.body)?;
        if let Some(asker) = asker {
            self.asked.insert(token, asker);
        }
        Ok(())
    }

    /// Turns until idle; what the shell was told comes back.
    pub(crate) fn turn(&mut self, now: u64) -> (Turn, Vec<Effect>) {
        self.begin(now);
        let mut turn = self.sequencer.turn(now);
        for _ in 0..3 {
            if turn != Turn::Worked {
                break;
            }
            turn = self.sequencer.turn(now);
        }
        let effects = std::mem::take(&mut self.sequencer.shell().effects);
        for effect in &effects {
            match effect {
                Effect::Applied { outputs, .. } => self.show(outputs),
                Effect::Refused { inbound, .. } if self.genesis == Some(inbound.token) => {
                    self.genesis = None;
                }
                Effect::Refused { .. } => {}
            }
        }
        (turn, effects)
    }

    /// An empty log gets its genesis before anything else; one that has begun is told of this start.
    fn begin(&mut self, now: u64) {
        if self.sequencer.central().purpose().is_none() && self.genesis.is_none() {
            let genesis = Genesis { purpose: Purpose::LoadTest, log_id: [1; 16] };
            if self.push(Lane::Acts, now, &Entry::Genesis(genesis), None).is_ok() {
                self.genesis = Some(self.tokens);
            }
        } else if self.tokens == 0 {
            let started = Entry::Started(Started { version: "simulator".into() });
            let _full = self.push(Lane::Acts, now, &started, None);
        }
    }

    fn show(&mut self, outputs: &[Output]) {
        for output in outputs {
            match output {
                Output::Offer(alarm)
                    if self.bug == Some(Bug::OfferLost) && alarm.0.0.is_multiple_of(3) => {}
                Output::Offer(alarm) => {
                    self.board.insert(*alarm);
                }
                Output::Row(row) if row.claim.is_some() => {
                    self.board.remove(&row.alarm);
                }
                Output::Gone(gone) => {
                    self.board.remove(&gone.alarm);
                }
                _ => {}
            }
        }
    }
}
