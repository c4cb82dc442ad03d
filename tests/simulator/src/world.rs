//! Virtual time: what happens when, over links that lose, copy and reorder.

use std::collections::BTreeMap;
use std::sync::Arc;

use central::entry::Entry;
use central::output::{Answer, Output, Receipt};
use central::words::SessionId;
use central::{OLDEST, RULES};
use journal::memory::Order;
use lanes::Lane;
use sequencer::{Halt, Turn, Why};

use crate::auditor::{Auditor, SignalId};
use crate::bug::Bug;
use crate::faults::{Fault, mend};
use crate::node::{Effect, Node, lacks_rules};
use crate::people::{Device, Doing, Operator};
use crate::rng::Rng;
use crate::violation::{Report, Violation};

pub(crate) const START: u64 = 1_700_000_000_000_000_000;
pub(crate) const MILLI: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MILLI;
/// Faults and new signals until then; after it everything works, and what is owed must come.
const QUIET: u64 = START + 30 * SECOND;
const END: u64 = QUIET + 180 * SECOND;
/// The auditor's place in the order.
const AUDITOR: u16 = 99;

/// Who waits for the outcome of an inbound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    Device(SignalId),
    Operator(usize),
}

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Press(usize),
    Send(SignalId),
    Arrive(usize, Asker, Box<Entry>),
    Receipt(SignalId, Receipt),
    Answer(usize, Answer),
    LoggedIn(usize, SessionId),
    Operate(usize),
    Turn(usize),
    Restart(usize),
    Fault,
    Mend,
    Rules,
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) rng: Rng,
    pub(crate) order: Order,
    pub(crate) auditor: Auditor,
    pub(crate) nodes: Vec<Option<Node>>,
    pub(crate) devices: Vec<Device>,
    pub(crate) operators: Vec<Operator>,
    agenda: BTreeMap<(u64, u64), Event>,
    pub(crate) count: u64,
    /// Percent of messages lost, and copied.
    loss: u64,
    copies: u64,
    pub(crate) bug: Option<Bug>,
    trace: u64,
}

impl World {
    pub(crate) fn new(seed: u64, bug: Option<Bug>) -> Self {
        let mut rng = Rng::new(seed);
        let order = Order::new();
        order.advance_to(START);
        mend(&order);
        let auditor = Auditor::new(order.join(AUDITOR, Arc::new(|| ())));
        let nodes = if seed % 3 == 2 { 3 } else { 1 };
        let devices =
            (0..rng.between(2, 10) as usize).map(|id| Device::new(id, &mut rng)).collect();
        let mut world = Self {
            now: START,
            order,
            auditor,
            nodes: (0..nodes).map(|_| None).collect(),
            devices,
            operators: (0..3).map(Operator::new).collect(),
            agenda: BTreeMap::new(),
            count: 0,
            loss: rng.below(35),
            copies: rng.below(25),
            bug,
            trace: seed,
            rng,
        };
        world.open();
        world
    }

    fn open(&mut self) {
        for node in 0..self.nodes.len() {
            self.after(0, Event::Restart(node));
            let pause = self.rng.between(1, 100 * MILLI);
            self.after(pause, Event::Turn(node));
        }
        for device in 0..self.devices.len() {
            // The first is there before the log has its genesis.
            let pause = if device == 0 { 0 } else { self.rng.below(3 * SECOND) };
            self.after(pause, Event::Press(device));
        }
        for operator in 0..self.operators.len() {
            self.after(SECOND, Event::Operate(operator));
        }
        self.after(2 * SECOND, Event::Fault);
        self.after(SECOND, Event::Rules);
        self.after(QUIET - START, Event::Mend);
    }

    /// Lives until nothing is owed any more.
    pub(crate) fn live(&mut self) -> Result<Report, Violation> {
        while let Some(((time, _), event)) = self.agenda.pop_first() {
            self.now = time;
            self.order.advance_to(time);
            self.auditor.follow()?;
            let turned = matches!(event, Event::Turn(_));
            self.handle(event)?;
            if turned && self.is_done() {
                return self.finish();
            }
            if self.now > END {
                return Err(self.owed());
            }
        }
        Err(self.owed())
    }

    pub(crate) fn after(&mut self, pause: u64, event: Event) {
        self.count += 1;
        self.agenda.insert((self.now + pause, self.count), event);
    }

    /// Sends over a link: lost, late, copied.
    pub(crate) fn send(&mut self, event: &Event) {
        let copies = 1 + u64::from(self.rng.percent(self.copies));
        for _ in 0..copies {
            if !self.rng.percent(self.loss) {
                let late = if self.rng.percent(self.loss / 4) { 4 * SECOND } else { 30 * MILLI };
                let pause = self.rng.between(MILLI / 10, late);
                self.after(pause, event.clone());
            }
        }
    }

    fn note(&mut self, what: u64) {
        self.trace = (self.trace ^ what).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.now >= QUIET
    }

    fn handle(&mut self, event: Event) -> Result<(), Violation> {
        self.note(self.now);
        match event {
            Event::Press(device) => self.press(device),
            Event::Send(id) => self.insist(id),
            Event::Arrive(node, asker, entry) => self.arrive(node, asker, *entry)?,
            Event::Receipt(id, receipt) => {
                let (sent, content) = &mut self.devices[id.0].sent[id.1];
                *content = true;
                self.auditor.receipted(id, sent, &receipt)?;
            }
            Event::Answer(operator, answer) => self.answer(operator, &answer)?,
            Event::LoggedIn(operator, session) => {
                let operator = &mut self.operators[operator];
                if matches!(&operator.doing, Doing::LoggingIn(opened) if opened.id == session) {
                    operator.doing = Doing::Looking(session);
                }
            }
            Event::Operate(operator) => self.operate(operator),
            Event::Turn(node) => self.turn(node)?,
            Event::Restart(node) => self.restart(node)?,
            Event::Fault => self.fault(),
            Event::Rules => self.choose_rules(),
            Event::Mend => {
                mend(&self.order);
                if self.is_calm() {
                    self.loss = 0;
                }
            }
        }
        Ok(())
    }

    /// Somebody has other rules decide, up or down, by a node that has them.
    fn choose_rules(&mut self) {
        let at = self.rng.below(self.nodes.len() as u64) as usize;
        let rules = OLDEST + self.rng.below(u64::from(RULES - OLDEST) + 1) as u32;
        if let Some(node) = &mut self.nodes[at]
            && node.sequencer.central().has_rules(rules)
        {
            let _full = node.push(Lane::Acts, self.now, &Entry::Rules(rules), None);
        }
        if !self.is_calm() {
            let pause = self.rng.between(SECOND, 8 * SECOND);
            self.after(pause, Event::Rules);
        }
    }

    fn turn(&mut self, at: usize) -> Result<(), Violation> {
        let pause = self.rng.between(MILLI, 25 * MILLI);
        self.after(pause, Event::Turn(at));
        let Some(mut node) = self.nodes[at].take() else { return Ok(()) };
        let (turn, effects) = node.turn(self.now);
        for effect in effects {
            self.effect(&mut node, effect)?;
        }
        match turn {
            Turn::Stopped(Halt::Log) => {
                self.down(at);
                return Ok(());
            }
            Turn::Stopped(halt) if lacks_rules(&halt) => {
                self.auditor.report.outdated += 1;
                self.down(at);
                return Ok(());
            }
            Turn::Stopped(halt) => return Err(Violation::Halted { why: halt.to_string() }),
            Turn::Worked | Turn::Idle { .. } => {}
        }
        if let Some(n) = node.sequencer.log().unfair.take() {
            return Err(Violation::OutOfPriority { n });
        }
        if node.sequencer.is_quiet() && !node.asked.is_empty() {
            let what = format!("{} inbounds came to nothing", node.asked.len());
            return Err(Violation::Owed { what });
        }
        if self.rng.percent(10) {
            self.auditor.state(node.sequencer.central())?;
        }
        self.nodes[at] = Some(node);
        Ok(())
    }

    fn effect(&mut self, node: &mut Node, effect: Effect) -> Result<(), Violation> {
        match effect {
            Effect::Refused { inbound, why } => {
                node.asked.remove(&inbound.token);
                // Only before the genesis is applied may a whole entry be called so.
                if why == Why::Invalid && self.auditor.model.last > 50 {
                    return Err(Violation::Halted { why: "a whole entry was invalid".into() });
                }
                self.auditor.refused(inbound.body)
            }
            Effect::Applied { seq, entry, token, outputs } => {
                self.note(seq.0 ^ token.rotate_left(32));
                self.auditor.applied(seq, &entry, &outputs)?;
                self.auditor.report.lapsed += lapsed(&entry, &outputs);
                let asker = node.asked.remove(&token);
                self.tell(asker, &entry, outputs);
                Ok(())
            }
        }
    }

    fn fault(&mut self) {
        if self.is_calm() {
            return;
        }
        let fault = Fault::draw(&mut self.rng, self.nodes.len(), &self.order);
        fault.strike(&self.order);
        match fault {
            Fault::Crash { node, .. } => self.down(node),
            // The node learns of it from its log and stops by itself.
            Fault::FailedSync { .. } => {}
            _ => {
                let pause = self.rng.between(SECOND / 10, 4 * SECOND);
                self.after(pause, Event::Mend);
            }
        }
        let pause = self.rng.between(SECOND / 5, 3 * SECOND);
        self.after(pause, Event::Fault);
    }

    fn down(&mut self, at: usize) {
        self.nodes[at] = None;
        self.auditor.report.crashes += 1;
        let pause = self.rng.between(SECOND / 20, 2 * SECOND);
        self.after(pause, Event::Restart(at));
    }

    fn restart(&mut self, at: usize) -> Result<(), Violation> {
        if self.nodes[at].is_none() {
            // Some are still of the version before the newest rules.
            let newest = if self.rng.percent(50) { OLDEST } else { RULES };
            let node = Node::start(&self.order, at as u16, self.bug, newest)?;
            self.auditor.state(node.sequencer.central())?;
            self.auditor.report.compared += node.compared;
            self.nodes[at] = Some(node);
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.is_calm()
            && self.devices.iter().all(Device::is_content)
            && self.auditor.model.open().is_empty()
            && self.nodes.iter().all(|node| {
                node.as_ref().is_some_and(|node| {
                    node.sequencer.central().last().0 == self.auditor.model.last
                        && node.sequencer.central().depth() == (0, 0)
                })
            })
    }

    /// Everything settled: fold it all once more.
    fn finish(&mut self) -> Result<Report, Violation> {
        for node in self.nodes.iter().flatten() {
            self.auditor.state(node.sequencer.central())?;
        }
        let again = Node::start(&self.order, AUDITOR + 1, self.bug, RULES)?;
        self.auditor.state(again.sequencer.central())?;
        self.note(u64::from_be_bytes(first_eight(again.sequencer.central().digest())));
        let signals = self.devices.iter().map(|device| device.sent.len() as u64).sum();
        Ok(Report { trace: self.trace, signals, ..self.auditor.report })
    }

    fn owed(&self) -> Violation {
        let devices = self.devices.iter().filter(|device| !device.is_content()).count();
        let open = self.auditor.model.open();
        let begun = self.auditor.model.begun();
        let what = format!("{devices} devices wait, log begun: {begun}, open alarms: {open:?}");
        Violation::Owed { what }
    }
}

/// Alarms that came back to waiting although nobody gave them back.
fn lapsed(entry: &Entry, outputs: &[Output]) -> u64 {
    let by_hand = matches!(entry, Entry::Act(_) | Entry::Signal(_));
    let offers = outputs.iter().filter(|output| matches!(output, Output::Offer(_)));
    if by_hand { 0 } else { offers.count() as u64 }
}

fn first_eight(digest: [u8; 32]) -> [u8; 8] {
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    first
}
