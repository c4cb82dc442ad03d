//! Behind the sequencer: what the central says reaches devices and consoles, and only that.

use std::sync::Arc;
use std::time::Instant;

use central::entry::Entry;
use central::output::Output;
use central::words::{AlarmId, Seq};
use central::{Central, Decision, Placed};
use journal::Health;
use sequencer::{Inbound, Shell, Why};

use crate::board::LogHealth;
use crate::details::Details;
use crate::hops::Hops;
use crate::intake::{Intake, Outcome};
use crate::limits::REFUSALS_SAID;
use crate::ops::StateProbe;

/// The engine's end of the sequencer.
pub struct Outbox {
    intake: Arc<Intake>,
    details: Arc<Details>,
    hops: Arc<Hops>,
    probe: Arc<StateProbe>,
    /// Refused since it was last said, and when that was.
    refusals: (u64, Option<Instant>),
}

impl Outbox {
    /// Over what the listeners and consoles share.
    pub fn new(
        intake: &Arc<Intake>,
        details: &Arc<Details>,
        hops: &Arc<Hops>,
        probe: &Arc<StateProbe>,
    ) -> Self {
        Self {
            intake: Arc::clone(intake),
            details: Arc::clone(details),
            hops: Arc::clone(hops),
            probe: Arc::clone(probe),
            refusals: (0, None),
        }
    }

    /// Said at most each second: a flood that is refused must not become a flood of messages, written
    /// by the thread that decides and often to the very disk that is full.
    fn say_refused(&mut self, why: Why) {
        let (entries, said) = &mut self.refusals;
        *entries = entries.saturating_add(1);
        if said.is_none_or(|said| said.elapsed() >= REFUSALS_SAID) {
            tracing::warn!(?why, entries = *entries, "the log took entries not");
            self.refusals = (0, Some(Instant::now()));
        }
    }

    /// Before the row is told: a console may have been sent it before this returns.
    fn collect_hops(&self, at: &Placed, entry: &Entry, outputs: &[Output]) {
        let Entry::Signal(signal) = entry else { return };
        if alarm_of(outputs).is_some() {
            self.hops.durable(at.seq, signal.received, self.intake.clock.now());
        }
    }

    fn send(&self, at: &Placed, entry: &Entry, token: u64, output: Output) {
        match output {
            Output::Receipt(receipt) => {
                if receipt.duplicate {
                    self.intake.metrics.duplicate();
                }
                if let Entry::Signal(signal) = entry
                    && !receipt.duplicate
                {
                    self.intake.gate.applied(signal, &receipt);
                    if receipt.alarm.is_some_and(|alarm| alarm.0 == at.seq) {
                        self.intake.metrics.opened();
                    }
                }
                self.intake.stored(token, receipt);
            }
            Output::Row(row) => self.intake.board.put(row),
            Output::Gone(gone) => {
                self.details.forget(gone.alarm);
                self.intake.board.remove(gone);
            }
            Output::Offer(alarm) => self.intake.board.offer(alarm),
            Output::Answer(answer) => self.intake.answered(token, answer),
            Output::Session(id, session) => self.intake.board.session_changed(id, session),
            Output::Person(_) | Output::Held(..) => {}
            Output::Erase(_, keys) => self.intake.destroy(keys),
        }
    }
}

/// The signals of open alarms are kept for consoles; told both while folding history and live.
pub fn keep_details(details: &Details, seq: Seq, entry: &Entry, outputs: &[Output]) {
    let Entry::Signal(signal) = entry else { return };
    if let Some(alarm) = alarm_of(outputs) {
        details.keep(alarm, seq, signal);
    }
}

/// The alarm that a signal, no copy, opened or was folded into.
fn alarm_of(outputs: &[Output]) -> Option<AlarmId> {
    outputs.iter().find_map(|output| match output {
        Output::Receipt(receipt) if !receipt.duplicate => receipt.alarm,
        _ => None,
    })
}

impl Shell for Outbox {
    fn meets(&mut self, _: &Placed, entry: &Entry) {
        crate::engine::meets(entry);
    }

    fn applied(&mut self, at: &Placed, entry: &Entry, token: u64, outputs: &mut Vec<Output>) {
        self.probe.applied(at);
        keep_details(&self.details, at.seq, entry, outputs);
        self.collect_hops(at, entry, outputs);
        for output in outputs.drain(..) {
            self.intake.register.heard(entry, &output);
            self.send(at, entry, token, output);
        }
        if token != 0 && matches!(entry, Entry::SessionOpened(_) | Entry::SessionEnded(_)) {
            self.intake.session_done(token);
        }
    }

    fn decided(&mut self, at: &Placed, token: u64, decision: &Decision) {
        if token != 0 {
            self.intake.noted(token, at.seq, decision);
        }
    }

    fn refused(&mut self, inbound: Inbound, why: Why) {
        self.say_refused(why);
        let person = self.intake.refuse(inbound.token, Outcome::NotStored);
        // What is left of a low log is kept for acts: once an alarm is turned away, it is full for whoever asks.
        if person && why == Why::Full {
            self.intake.board.set_health(LogHealth::Full, self.intake.clock.now());
        }
    }

    fn health(&mut self, health: &Health) {
        let health = match health {
            Health::Ok => LogHealth::Ok,
            Health::Stalled { .. } => LogHealth::Stalled,
            Health::Low { .. } => LogHealth::Low,
            Health::Full => LogHealth::Full,
            Health::NoQuorum => LogHealth::NoQuorum,
            Health::Stopped => LogHealth::Stopped,
        };
        self.intake.board.set_health(health, self.intake.clock.now());
    }

    fn turned(&mut self, central: &Central) {
        self.probe.answer(central);
    }
}
