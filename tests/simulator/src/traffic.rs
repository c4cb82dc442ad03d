//! Who sends what to whom: devices, operators, and the shell between them and a node.

use central::entry::{Entry, Verb};
use central::kind::Class;
use central::output::{Answer, Done, Output, Receipt, Refusal};
use central::triage;
use central::words::{Moment, Reference, Seq};
use lanes::Lane;

use crate::auditor::SignalId;
use crate::bug::Bug;
use crate::people::Doing;
use crate::violation::Violation;
use crate::world::{Asker, Event, MILLI, SECOND, World};

impl World {
    pub(crate) fn press(&mut self, device: usize) {
        let signal = self.devices[device].press(&mut self.rng);
        self.after(0, Event::Send((device, signal)));
        if self.devices[device].left > 0 {
            let pause = self.rng.between(SECOND / 10, 4 * SECOND);
            self.after(pause, Event::Press(device));
        }
    }

    /// A device sends until its receipt comes, now and then once more after it.
    pub(crate) fn insist(&mut self, id: SignalId) {
        let (sent, content) = self.devices[id.0].sent[id.1].clone();
        let is_more = !content || !self.is_calm() && self.rng.percent(20);
        if !is_more {
            return;
        }
        let mut entry = Entry::Signal(sent);
        if self.bug == Some(Bug::DedupOff)
            && let Entry::Signal(signal) = &mut entry
        {
            signal.reference = Reference(format!("{}-{}", signal.reference.0, self.count));
        }
        let node = self.rng.below(self.nodes.len() as u64) as usize;
        self.send(&Event::Arrive(node, Asker::Device(id), Box::new(entry)));
        let pause = self.rng.between(SECOND / 2, 3 * SECOND);
        self.after(pause, Event::Send(id));
    }

    /// The shell of a node that is up puts what came into its lane.
    pub(crate) fn arrive(
        &mut self,
        at: usize,
        asker: Asker,
        mut entry: Entry,
    ) -> Result<(), Violation> {
        let Some(node) = &mut self.nodes[at] else { return Ok(()) };
        // No two arrivals are the same bytes, so that what was refused can be told from its retry.
        self.count += 1;
        let moment = self.now + self.count % MILLI;
        let lane = if let Entry::Signal(signal) = &mut entry {
            signal.received = Moment(moment);
            match triage::read(signal).class {
                Class::LifeSafety => Lane::LifeSafety,
                Class::Person => Lane::Person,
                Class::Technical => Lane::Technical,
                Class::Telemetry => Lane::Telemetry,
                Class::Test => Lane::Test,
            }
        } else {
            Lane::Acts
        };
        // Now and then a doorway takes the wrong lane; the batch must put it right.
        let lane = if self.rng.percent(3) { Lane::Bulk } else { lane };
        match node.push(lane, moment, &entry, Some(asker)) {
            Ok(()) => self.plant(asker, &entry),
            Err(body) => self.auditor.refused(body)?,
        }
        Ok(())
    }

    /// The planted mistakes of a shell that promises by itself.
    fn plant(&mut self, asker: Asker, entry: &Entry) {
        match (self.bug, asker, entry) {
            (Some(Bug::ReceiptBeforeDurable), Asker::Device(id), _) => {
                let seq = Seq(self.order.last() + 1);
                let moment = Moment(self.now);
                let head = [0; 32];
                let receipt = Receipt { seq, head, moment, duplicate: false, alarm: None };
                self.send(&Event::Receipt(id, receipt));
            }
            (Some(Bug::ClaimWithoutCentral), Asker::Operator(operator), Entry::Act(act)) => {
                if let Verb::Claim { alarm } = act.verb {
                    let result = Ok(Done { alarm, version: 2 });
                    let answer = Answer { act: act.id, session: act.session, result };
                    self.send(&Event::Answer(operator, answer));
                }
            }
            _ => {}
        }
    }

    pub(crate) fn operate(&mut self, id: usize) {
        let calm = self.is_calm();
        let at = (id + self.rng.below(self.nodes.len() as u64) as usize) % self.nodes.len();
        if let Some(node) = &self.nodes[at] {
            let offered: Vec<_> = node.board.iter().copied().collect();
            let operator = &mut self.operators[id];
            if let Some(entry) = operator.next(self.now, &offered, calm, &mut self.rng) {
                self.send(&Event::Arrive(at, Asker::Operator(id), Box::new(entry)));
            }
        }
        let pause = if calm { 200 * MILLI } else { 900 * MILLI };
        let pause = self.rng.between(40 * MILLI, pause);
        self.after(pause, Event::Operate(id));
    }

    pub(crate) fn answer(&mut self, id: usize, answer: &Answer) -> Result<(), Violation> {
        let operator = &mut self.operators[id];
        let Doing::Asking(act) = &operator.doing else {
            return self.auditor.answered(answer, false);
        };
        if act.id != answer.act {
            return self.auditor.answered(answer, false);
        }
        let claim = matches!(act.verb, Verb::Claim { .. });
        let session = act.session;
        operator.doing = match &answer.result {
            Ok(done) if claim => Doing::Holding(session, done.alarm, done.version),
            Err(Refusal::NoSession) => Doing::Out,
            _ => Doing::Looking(session),
        };
        self.auditor.answered(answer, claim)
    }

    /// What this node's shell sends on: receipts and answers to who waits here.
    pub(crate) fn tell(&mut self, asker: Option<Asker>, entry: &Entry, outputs: Vec<Output>) {
        match (asker, entry) {
            (Some(Asker::Device(id)), Entry::Signal(_)) => {
                for output in outputs {
                    if let Output::Receipt(receipt) = output {
                        self.send(&Event::Receipt(id, receipt));
                    }
                }
            }
            (Some(Asker::Operator(operator)), Entry::Act(_)) => {
                for output in outputs {
                    if let Output::Answer(answer) = output {
                        self.send(&Event::Answer(operator, answer));
                    }
                }
            }
            (Some(Asker::Operator(operator)), Entry::SessionOpened(opened)) => {
                self.send(&Event::LoggedIn(operator, opened.id));
            }
            _ => {}
        }
    }
}
