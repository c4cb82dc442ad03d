//! The one door to the log for the listeners: a signal goes in, its outcome comes back.
//!
//! Nothing is promised before it is durable: an [`Outcome::Stored`] exists only after the log's word.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use central::entry::{Act, Entry, Flags, Sealed, Sender, SessionOpened, Signal};
use central::kind::{Class, Effect};
use central::output::{Answer, Receipt};
use central::words::{AlarmId, KeyId, Moment, Municipality, PersonId, Seq, SessionId};
use central::{Decision, triage};
use dashmap::DashMap;
use lanes::{Lane, Lanes};
use sequencer::Inbound;
use tokio::sync::oneshot;

use crate::board::{Board, Shout};
use crate::clock::Clock;
use crate::gate::Gate;
use crate::keys::Keys;
use crate::limits::{NOT_STORED_AFTER, OPEN_UNVERIFIED, SHOUT_AFTER};
use crate::metrics::Metrics;
use crate::plain::Plain;
use crate::register::{Helped, Register};

/// A signal as a doorway read it, before its personal part is sealed.
#[derive(Clone, Debug)]
pub struct Draft {
    /// `sealed` is `None` here; the intake fills it from `plain`.
    pub signal: Signal,
    /// What identifies or describes a person.
    pub plain: Plain,
}

/// What became of a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Durable: the device may be told.
    Stored(Receipt),
    /// No room in its lane, or for one more alarm of an unverified sender: refused at once.
    Busy,
    /// Not durable in [`NOT_STORED_AFTER`], or the log took it not: the unit tries its next receiver.
    NotStored,
}

/// What became of an entry that is neither a signal nor an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Durable and applied: its place, and what was decided.
    Durable(Seq, Decision),
    /// The log took it not: no room, or no entry that may be applied.
    Refused,
    /// Not durable in [`NOT_STORED_AFTER`]; it may become so yet.
    Unknown,
}

enum Waiter {
    Signal(oneshot::Sender<Outcome>, Class),
    Act(oneshot::Sender<Answer>),
    Session(oneshot::Sender<()>),
    Entry(oneshot::Sender<Noted>),
}

struct Pending {
    /// `None` once it was answered `NotStored`; kept so that its shout leaves when the entry comes.
    waiter: Option<Waiter>,
    since: Instant,
    shout: Option<Shout>,
    shouted: bool,
}

/// Shared by every listener and by the shell behind the sequencer.
pub struct Intake {
    lanes: Lanes<Inbound>,
    /// The engine's clock.
    pub clock: Arc<Clock>,
    /// Shown to consoles.
    pub board: Arc<Board>,
    /// Counted.
    pub metrics: Arc<Metrics>,
    /// What is already known, and what is only counted.
    pub gate: Gate,
    /// Whom each device helps.
    pub register: Register,
    keys: Arc<Keys>,
    pending: DashMap<u64, Pending>,
    next: AtomicU64,
}

impl Intake {
    /// Over the lanes that the sequencer drains.
    pub fn new(
        lanes: Lanes<Inbound>,
        clock: Arc<Clock>,
        board: Arc<Board>,
        metrics: Arc<Metrics>,
        keys: Arc<Keys>,
    ) -> Self {
        let next = AtomicU64::new(1);
        Self {
            lanes,
            clock,
            board,
            metrics,
            gate: Gate::default(),
            register: Register::default(),
            keys,
            pending: DashMap::new(),
            next,
        }
    }

    /// Hands a signal to the log and waits for its outcome, at most [`NOT_STORED_AFTER`].
    pub async fn submit(&self, draft: Draft) -> Outcome {
        self.submit_from(draft, None).await
    }

    /// The same for a sender who is not proved, with the address it came from.
    pub async fn submit_from(&self, draft: Draft, source: Option<IpAddr>) -> Outcome {
        let Draft { mut signal, plain } = draft;
        let helped = self.register.helped_by(&signal.device);
        if let Some(helped) = &helped {
            whose(&mut signal, helped.municipality);
        }
        self.metrics.signal(signal.kind.class());
        if let Some(receipt) = self.known(&signal) {
            self.gate.duplicate(&signal.device.0, self.clock.now());
            self.metrics.duplicate();
            return Outcome::Stored(receipt);
        }
        let now = self.clock.now();
        if !self.gate.rates.admit(&signal, source, now) {
            self.gate.refused(&signal.device.0, now);
            self.metrics.refused(&Outcome::Busy);
            return Outcome::Busy;
        }
        let class = signal.kind.class();
        let trusted = signal.sender == Sender::Verified;
        let opens = triage::read(&signal).effect == Effect::Opens;
        let crowded = opens && !trusted && self.board.open() >= OPEN_UNVERIFIED;
        let shout = may_be_a_person(class).then(|| self.shout_of(&signal));
        (signal.person, signal.sealed) = self.seal(&plain.to_bytes(), helped);
        let (tell, told) = oneshot::channel();
        let body = Entry::Signal(signal).encode();
        let pending = Pending {
            waiter: Some(Waiter::Signal(tell, class)),
            since: Instant::now(),
            shout,
            shouted: false,
        };
        let token = self.remember(pending);
        if crowded || !self.push(lane_of(class), trusted, now, body, token) {
            self.refuse(token, Outcome::Busy);
        }
        told.await.unwrap_or(Outcome::NotStored)
    }

    /// Under the person's key where one is helped; under a key of its own for everybody else, and where the
    /// person was erased this very moment.
    fn seal(&self, plain: &[u8], helped: Option<Helped>) -> (Option<PersonId>, Option<Sealed>) {
        let theirs = helped.and_then(|Helped { person, key, .. }| {
            Some((person, self.keys.seal_under(key, plain)?))
        });
        match theirs {
            Some((person, sealed)) => (Some(person), Some(sealed)),
            None => (None, self.keys.seal(plain)),
        }
    }

    fn known(&self, signal: &Signal) -> Option<Receipt> {
        let is_open = |alarm| self.board.row(alarm).is_some();
        self.gate.known(signal, self.clock.now(), is_open)
    }

    /// Hands an operator's act to the log; `None`: not durable in time, the same act may be sent again.
    pub async fn act(&self, act: Act) -> Option<Answer> {
        let (tell, told) = oneshot::channel();
        self.engine_entry(&Entry::Act(act), Waiter::Act(tell));
        told.await.ok()
    }

    /// Opens a session in the log; false: not durable in time.
    pub async fn open_session(&self, session: SessionOpened) -> bool {
        let (tell, told) = oneshot::channel();
        self.engine_entry(&Entry::SessionOpened(session), Waiter::Session(tell));
        told.await.is_ok()
    }

    /// Ends a session in the log; false: not durable in time.
    pub async fn end_session(&self, id: SessionId) -> bool {
        let (tell, told) = oneshot::channel();
        self.engine_entry(&Entry::SessionEnded(id), Waiter::Session(tell));
        told.await.is_ok()
    }

    /// Hands the log an entry of an operator's or a command's, and waits for what was decided about it.
    pub async fn put(&self, entry: &Entry) -> Noted {
        let (tell, told) = oneshot::channel();
        if self.engine_entry(entry, Waiter::Entry(tell)) {
            told.await.unwrap_or(Noted::Unknown)
        } else {
            Noted::Refused
        }
    }

    /// Seals what an operator writes in words about an alarm, under the key of the alarm's person where there
    /// is one; `None`: no key to seal it with, so it cannot be kept.
    pub fn seal_note(&self, note: &str, person: Option<PersonId>) -> Option<Sealed> {
        let mut plain = Plain::default();
        plain.say("Notat", note);
        let helped = person.and_then(|person| self.register.helped(person));
        self.seal(&plain.to_bytes(), helped).1
    }

    /// A person is erased: what these keys seal can never be opened again. Not at once, for the caller decides
    /// about alarms and a disk may be slow.
    pub(crate) fn destroy(&self, keys: Vec<KeyId>) {
        self.keys.doom(keys);
    }

    /// Hands the log an entry that nobody waits for (hops, counts); false: no room, it is lost and was only statistics.
    pub fn note(&self, entry: &Entry) -> bool {
        self.push(Lane::Telemetry, true, self.clock.now(), entry.encode(), 0)
    }

    /// False: no room in the lane, nobody is told anything.
    fn engine_entry(&self, entry: &Entry, waiter: Waiter) -> bool {
        let pending =
            Pending { waiter: Some(waiter), since: Instant::now(), shout: None, shouted: false };
        let token = self.remember(pending);
        let taken = self.push(Lane::Acts, true, self.clock.now(), entry.encode(), token);
        if !taken {
            self.pending.remove(&token);
        }
        taken
    }

    fn remember(&self, pending: Pending) -> u64 {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        self.pending.insert(token, pending);
        token
    }

    fn push(&self, lane: Lane, trusted: bool, moment: Moment, body: Vec<u8>, token: u64) -> bool {
        let inbound = Inbound { moment: moment.0, body: Bytes::from(body), token };
        self.lanes.push(lane, trusted, inbound).is_ok()
    }

    fn shout_of(&self, signal: &Signal) -> Shout {
        Shout {
            id: self.next.fetch_add(1, Ordering::Relaxed),
            kind: signal.kind,
            municipality: signal.municipality,
            device: signal.device.clone(),
            received: signal.received,
            sent_on: false,
        }
    }

    /// The log's word on a signal: its receipt goes to whoever still waits, its shout leaves.
    pub(crate) fn stored(&self, token: u64, receipt: Receipt) {
        let Some((_, pending)) = self.pending.remove(&token) else { return };
        if pending.shouted {
            self.unshout(&pending, receipt.alarm);
        }
        if let Some(Waiter::Signal(tell, class)) = pending.waiter {
            self.metrics.stored(class, pending.since.elapsed());
            let _ = tell.send(Outcome::Stored(receipt));
        }
    }

    /// The central's answer to an act.
    pub(crate) fn answered(&self, token: u64, answer: Answer) {
        if let Some((_, Pending { waiter: Some(Waiter::Act(tell)), .. })) =
            self.pending.remove(&token)
        {
            let _ = tell.send(answer);
        }
    }

    /// A session entry is applied.
    pub(crate) fn session_done(&self, token: u64) {
        if let Some((_, Pending { waiter: Some(Waiter::Session(tell)), .. })) =
            self.pending.remove(&token)
        {
            let _ = tell.send(());
        }
    }

    /// What was decided about an entry handed to [`Intake::put`].
    pub(crate) fn noted(&self, token: u64, seq: Seq, decision: &Decision) {
        let waits = |_: &u64, pending: &Pending| matches!(pending.waiter, Some(Waiter::Entry(_)));
        if let Some((_, Pending { waiter: Some(Waiter::Entry(tell)), .. })) =
            self.pending.remove_if(&token, waits)
        {
            let _ = tell.send(Noted::Durable(seq, decision.clone()));
        }
    }

    /// The log took it not: answered at once, and shown if it may be a person, which is then told.
    pub(crate) fn refuse(&self, token: u64, outcome: Outcome) -> bool {
        let Some((_, mut pending)) = self.pending.remove(&token) else { return false };
        self.send_on(&mut pending);
        match pending.waiter.take() {
            Some(Waiter::Signal(tell, _)) => {
                self.metrics.refused(&outcome);
                let _ = tell.send(outcome);
            }
            Some(Waiter::Entry(tell)) => {
                let _ = tell.send(Noted::Refused);
            }
            // Dropped: its sender hears that nothing is known and may ask again.
            Some(Waiter::Act(_) | Waiter::Session(_)) | None => {}
        }
        pending.shouted
    }

    /// The log has ended: nobody is answered any more, and nobody waits for it.
    pub(crate) fn abandon(&self) {
        self.pending.clear();
    }

    /// Looks through what is pending: shouts what may be a person, sends on what waited too long.
    pub(crate) fn sweep(&self, now: Instant) {
        for mut entry in self.pending.iter_mut() {
            let waited = now.saturating_duration_since(entry.since);
            let pending = entry.value_mut();
            if waited >= SHOUT_AFTER
                && !pending.shouted
                && let Some(shout) = &pending.shout
            {
                self.board.shout(shout.clone());
                pending.shouted = true;
            }
            if waited >= NOT_STORED_AFTER && pending.waiter.is_some() {
                self.send_on(pending);
                // An act's waiter is dropped: its sender hears that nothing is known yet and may ask again.
                if let Some(Waiter::Signal(tell, _)) = pending.waiter.take() {
                    self.metrics.refused(&Outcome::NotStored);
                    let _ = tell.send(Outcome::NotStored);
                }
            }
        }
    }

    fn send_on(&self, pending: &mut Pending) {
        if let Some(shout) = &mut pending.shout {
            shout.sent_on = true;
            self.board.shout(shout.clone());
            pending.shouted = true;
        }
    }

    fn unshout(&self, pending: &Pending, alarm: Option<AlarmId>) {
        if let Some(shout) = &pending.shout {
            self.board.unshout(shout.id, alarm);
        }
    }
}

/// A person's data is the person's municipality's, wherever the device was set up. A unit that proves nothing
/// names no municipality of its own, it gets the doorway's; where a proven one differs, operators are told.
fn whose(signal: &mut Signal, municipality: Municipality) {
    if signal.municipality == municipality {
        return;
    }
    if signal.sender == Sender::Verified {
        signal.flags = signal.flags.with(Flags::MUNICIPALITY_DIFFERS);
    }
    signal.municipality = municipality;
}

/// Whether a class is shown when the log cannot keep it.
fn may_be_a_person(class: Class) -> bool {
    matches!(class, Class::LifeSafety | Class::Person)
}

/// Each class has its lane.
pub fn lane_of(class: Class) -> Lane {
    match class {
        Class::LifeSafety => Lane::LifeSafety,
        Class::Person => Lane::Person,
        Class::Technical => Lane::Technical,
        Class::Telemetry => Lane::Telemetry,
        Class::Test => Lane::Test,
    }
}
