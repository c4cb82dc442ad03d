//! One turn of the loop.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bytes::Bytes;
use central::entry::Entry;
use central::output::Output;
use central::words::{Moment, Seq};
use central::{Central, Decision, Placed};
use journal::{Batch, Decided, Draft, Event, Health, Log, Refused};
use lanes::Outlet;

use crate::gather::{Bounds, Gather, Item};
use crate::limits::{BATCH, FRAME, IN_FLIGHT, REST, RETRY};
use crate::{Halt, Inbound, Shell, Skips, Turn, Why};

/// The loop of one node.
pub struct Sequencer<L, S> {
    log: L,
    outlet: Outlet<Inbound>,
    central: Central,
    shell: S,
    node: u16,
    boot: u64,
    /// The last batch the log took.
    n: u64,
    sent: VecDeque<Sent>,
    gather: Gather,
    decided: VecDeque<Decided>,
    outputs: Vec<Output>,
    skips: Skips,
    /// When something was last done.
    busy: u64,
    /// The log refused the last batch for want of room.
    full: bool,
    /// Bytes left where the log cannot make its next segment, counted down by what was proposed.
    room: Option<u64>,
    halt: Option<Halt>,
}

/// Who waits for the entries of a batch under way.
struct Sent {
    n: u64,
    tokens: Vec<u64>,
}

impl<L: Log, S: Shell> Sequencer<L, S> {
    /// The loop over a log whose records were refolded into `central`. `boot` must be greater than every
    /// earlier one of this node; see [`Refolded::next_boot`](crate::Refolded::next_boot).
    pub fn new(
        log: L,
        outlet: Outlet<Inbound>,
        central: Central,
        shell: S,
        node: u16,
        boot: u64,
    ) -> Self {
        Self {
            log,
            outlet,
            central,
            shell,
            node,
            boot,
            n: 0,
            sent: VecDeque::new(),
            gather: Gather::default(),
            decided: VecDeque::new(),
            outputs: Vec::new(),
            skips: Skips::default(),
            busy: 0,
            full: false,
            room: None,
            halt: None,
        }
    }

    /// The same, passing over what the refold passed over.
    #[must_use]
    pub fn passing_over(mut self, skips: Skips) -> Self {
        self.skips = skips;
        self
    }

    /// One turn at `now`, nanoseconds since the epoch: drain ▸ propose ▸ apply what is durable. Never
    /// waits. After [`Turn::Stopped`] every further turn only refuses what is in the lanes.
    pub fn turn(&mut self, now: u64) -> Turn {
        let mut worked = false;
        if self.halt.is_none() {
            worked |= self.propose(now);
        }
        while self.halt.is_none()
            && let Some(event) = self.log.poll()
        {
            worked = true;
            self.hear(event);
        }
        if let Some(halt) = self.halt.clone() {
            let shell = &mut self.shell;
            self.gather.empty(&mut self.outlet, &mut |inbound, why| shell.refused(inbound, why));
            self.shell.turned(&self.central);
            return Turn::Stopped(halt);
        }
        self.shell.turned(&self.central);
        if worked {
            self.busy = now;
            return Turn::Worked;
        }
        if self.rested(now) {
            self.write_decided();
            self.busy = now;
        }
        Turn::Idle { wake: self.wake(now) }
    }

    /// Hands over the decisions that no entry takes along, in batches without entries; to be asked at a
    /// clean stop, when the loop is quiet. What the log has no room for is decided again by the next fold.
    pub fn write_decided(&mut self) {
        // The last bytes of a log that is about to be full are for acts.
        while self.room.is_none() && !self.full && !self.decided.is_empty() {
            let count = self.decided.len().min(BATCH);
            let decided = self.decided.drain(..count).collect();
            let (node, boot, n) = (self.node, self.boot, self.n + 1);
            let batch = Batch { node, boot, n, entries: Vec::new(), decided };
            match self.log.propose(batch) {
                Ok(()) => self.n = n,
                Err(Refused::Full(batch) | Refused::Stopped(batch) | Refused::TooBig(batch)) => {
                    self.take_back(batch.decided);
                    return;
                }
            }
        }
    }

    fn take_back(&mut self, decided: Vec<Decided>) {
        for decided in decided.into_iter().rev() {
            self.decided.push_front(decided);
        }
    }

    fn rested(&self, now: u64) -> bool {
        self.owes_decided() && now >= self.busy.saturating_add(REST)
    }

    fn owes_decided(&self) -> bool {
        !self.decided.is_empty() && self.sent.is_empty() && self.room.is_none() && !self.full
    }

    /// Sleeps until something is pushed, the lanes' waker is used, or the time is over.
    pub fn wait(&self, timeout: Duration) {
        self.outlet.wait(timeout);
    }

    /// Whether nothing is in the lanes, kept for a next try, or under way to the log.
    pub fn is_quiet(&self) -> bool {
        self.sent.is_empty() && self.gather.is_empty() && self.outlet.is_empty()
    }

    /// The state, between turns.
    pub fn central(&self) -> &Central {
        &self.central
    }

    /// The shell, between turns.
    pub fn shell(&mut self) -> &mut S {
        &mut self.shell
    }

    /// The log, between turns, such as to trim it.
    pub fn log(&mut self) -> &mut L {
        &mut self.log
    }

    /// Ends the loop and gives the log back, to stop it.
    pub fn into_log(self) -> L {
        self.log
    }

    /// Proposes what the lanes hold, as far as batches may be under way; says whether anything was done.
    fn propose(&mut self, now: u64) -> bool {
        let mut worked = false;
        while self.sent.len() < IN_FLIGHT && self.halt.is_none() {
            // With nothing kept for the next try, whatever comes is itself the next try.
            let full = self.full && !self.gather.is_empty();
            let bounds = Bounds {
                full,
                room: self.room,
                crowded: self.central.is_crowded(),
                unborn: self.central.purpose().is_none(),
                rules: self.central.newest_rules(),
            };
            let shell = &mut self.shell;
            self.gather.fill(&mut self.outlet, bounds, &mut |inbound, why| {
                worked = true;
                shell.refused(inbound, why);
            });
            let mut items = self.gather.batch(full);
            if items.is_empty() && self.sent.is_empty() && self.tick_is_due(now) {
                items.push(tick(now));
            }
            if items.is_empty() || !self.hand_over(items) {
                break;
            }
            worked = true;
        }
        worked
    }

    fn tick_is_due(&self, now: u64) -> bool {
        self.central.next_wake().is_some_and(|wake| wake.0 <= now)
    }

    /// Whether the log took the batch.
    fn hand_over(&mut self, items: Vec<Item>) -> bool {
        let draft =
            |item: &Item| Draft { moment: item.inbound.moment, body: item.inbound.body.clone() };
        // A try after a full log is as small as can be.
        let decided = if self.full { 0 } else { self.decided.len().min(BATCH) };
        let batch = Batch {
            node: self.node,
            boot: self.boot,
            n: self.n + 1,
            entries: items.iter().map(draft).collect(),
            decided: self.decided.drain(..decided).collect(),
        };
        let bodies = batch.entries.iter().map(|draft| &draft.body);
        let bodies = bodies.chain(batch.decided.iter().map(|decided| &decided.body));
        let size: u64 = bodies.map(|body| body.len() as u64 + FRAME).sum();
        let (batch, why) = match self.log.propose(batch) {
            Ok(()) => {
                self.n += 1;
                self.full = false;
                self.room = self.room.map(|room| room.saturating_sub(size));
                let tokens = items.iter().map(|item| item.inbound.token).collect();
                self.sent.push_back(Sent { n: self.n, tokens });
                return true;
            }
            Err(Refused::Full(batch)) => (batch, Why::Full),
            Err(Refused::Stopped(batch)) => (batch, Why::Stopped),
            Err(Refused::TooBig(batch)) => (batch, Why::Invalid),
        };
        self.take_back(batch.decided);
        self.not_taken(items, why);
        false
    }

    fn not_taken(&mut self, items: Vec<Item>, why: Why) {
        let shell = &mut self.shell;
        let mut refuse = |inbound, why| shell.refused(inbound, why);
        match why {
            Why::Full => {
                self.full = true;
                self.gather.hand_back(items, &mut refuse);
            }
            Why::Stopped | Why::Invalid => {
                for item in items {
                    refuse(item.inbound, why);
                }
                if why == Why::Stopped {
                    self.halt = Some(Halt::Log);
                }
            }
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Entry(entry) => {
                if let Err(halt) = self.apply(&entry) {
                    self.halt = Some(halt);
                }
            }
            Event::Health(health) => {
                self.room = match health {
                    Health::Low { room } => Some(room),
                    Health::Ok => None,
                    _ => self.room,
                };
                if health == Health::Stopped {
                    self.halt = Some(Halt::Log);
                }
                self.shell.health(&health);
            }
            Event::Trimmed { .. } | Event::MemberLost { .. } => {}
        }
    }

    /// Applies a durable entry, whoever proposed it; what was already refolded is passed over.
    fn apply(&mut self, kept: &journal::Entry) -> Result<(), Halt> {
        let token = self.token(kept);
        if kept.seq <= self.central.last().0 {
            return Ok(());
        }
        let shell = &mut self.shell;
        let mut meets = |at: &Placed, entry: &Entry| shell.meets(at, entry);
        let applied = apply(&mut self.central, &self.skips, kept, &mut self.outputs, &mut meets)?;
        let Some((entry, decision)) = applied else { return Ok(()) };
        // One node writes what was decided: the one that proposed the entry.
        if kept.node == self.node {
            self.decided.push_back(Decided { seq: kept.seq, body: decision.encode().into() });
        }
        self.shell.applied(&placed(kept), &entry, token, &mut self.outputs);
        self.shell.decided(&placed(kept), token, &decision);
        self.outputs.clear();
        Ok(())
    }

    /// Who waits for an entry; a batch whose last entry came is no longer under way.
    fn token(&mut self, kept: &journal::Entry) -> u64 {
        if kept.node != self.node || kept.boot != self.boot {
            return 0;
        }
        while self.sent.front().is_some_and(|sent| sent.n < kept.n) {
            self.sent.pop_front();
        }
        let Some(sent) = self.sent.front().filter(|sent| sent.n == kept.n) else { return 0 };
        let token = sent.tokens.get(kept.i as usize).copied().unwrap_or(0);
        if kept.i as usize + 1 >= sent.tokens.len() {
            self.sent.pop_front();
        }
        token
    }

    /// When to turn again without news.
    fn wake(&self, now: u64) -> Option<u64> {
        let retry = (!self.gather.is_empty()).then(|| now.saturating_add(RETRY));
        // While a batch is under way its entries move the time; the Tick, if still due, comes after.
        let tick = self.central.next_wake().map(|wake| wake.0).filter(|_| self.sent.is_empty());
        let rest = self.owes_decided().then(|| self.busy.saturating_add(REST));
        retry.into_iter().chain(tick).chain(rest).min()
    }
}

/// Decodes and applies one durable entry; `None`: it is skipped. A panic is caught to name the entry, not
/// to go on.
pub(crate) fn apply(
    central: &mut Central,
    skips: &Skips,
    kept: &journal::Entry,
    outputs: &mut Vec<Output>,
    meets: &mut impl FnMut(&Placed, &Entry),
) -> Result<Option<(Entry, Decision)>, Halt> {
    let (seq, at) = (kept.seq, placed(kept));
    if skips.contains(at.seq) {
        let passed = central.pass_over(&at).map(|()| None);
        return passed.map_err(|why| Halt::Refused { seq, why });
    }
    let entry = Entry::decode(&kept.body).map_err(|why| Halt::Undecodable { seq, why })?;
    if let Entry::Skip(skipped) = entry
        && skipped < at.seq
        && !skips.contains(skipped)
    {
        return Err(Halt::Skipped { seq: skipped.0, by: seq });
    }
    let applied = catch_unwind(AssertUnwindSafe(|| {
        meets(&at, &entry);
        central.apply(&at, &entry, outputs)
    }));
    match applied {
        Ok(Ok(decision)) => Ok(Some((entry, decision))),
        Ok(Err(why)) => Err(Halt::Refused { seq, why }),
        Err(_) => Err(Halt::Panicked { seq, kind: Entry::kind_of(&kept.body) }),
    }
}

pub(crate) fn placed(kept: &journal::Entry) -> Placed {
    Placed { seq: Seq(kept.seq), moment: Moment(kept.moment), head: kept.hash }
}

fn tick(now: u64) -> Item {
    let body = Bytes::from(Entry::Tick.encode());
    let weight = crate::weight::Weight::of(&Entry::Tick);
    Item { inbound: Inbound { moment: now, body, token: 0 }, weight }
}
