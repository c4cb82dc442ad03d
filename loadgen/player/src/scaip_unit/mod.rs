//! A SCAIP unit as one state machine: sends each message until an `mrs` accepts it, under the same
//! `ref`; no sockets and no clock. Moments are nanoseconds of the run.

mod backoff;
pub(crate) mod words;

use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;
use sip::{Action, ClientTransactions, Message, MessageRequest, Reply, Request, Screen, Transport};
use traffic::Rng;

use self::backoff::Backoff;
use crate::book::Word;
use crate::limits::{PLAIN_WAIT_NS, RETRY_NS, UNIT_PENDING};
use crate::reference::{Reference, hex};

/// What the driver does now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Do {
    /// Connect, then say [`Unit::connected`] or [`Unit::lost`].
    Connect,
    /// Write these bytes.
    Write(Bytes),
    /// Close the connection, then say [`Unit::lost`].
    Close,
}

/// What came of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It goes out now, for the first time or again.
    Sent(Purpose, Reference),
    /// Accepted: `mrs` with `snu` 0.
    Accepted(Purpose, Reference),
    /// Not taken now; the unit tries again.
    NotNow(Reference, Word),
    /// Never taken as it is; the unit has given it up.
    Refused(Reference, Word),
}

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A signal: sent until it is accepted.
    Signal,
    /// A signal already accepted, once more.
    Duplicate,
    /// A heartbeat.
    Beat,
}

/// Where the unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Down,
    Connecting,
    Up(SocketAddr),
}

/// One message that no `mrs` has accepted.
#[derive(Debug)]
struct Pending {
    reference: Reference,
    purpose: Purpose,
    alarm: bool,
    body: Vec<u8>,
    sendings: usize,
    /// When it is sent, sent again, or given up.
    due: u64,
    branch: Option<Bytes>,
}

/// One unit and its centre.
pub(crate) struct Unit {
    cid: String,
    centre: SocketAddr,
    transport: Transport,
    rng: Rng,
    line: Line,
    backoff: Backoff,
    pending: Vec<Pending>,
    transactions: ClientTransactions<Reference>,
    out: VecDeque<Do>,
    heard: VecDeque<Heard>,
}

impl Unit {
    pub(crate) fn new(cid: String, centre: SocketAddr, transport: Transport, rng: Rng) -> Self {
        Self {
            cid,
            centre,
            transport,
            rng,
            line: Line::Down,
            backoff: Backoff::default(),
            pending: Vec::new(),
            transactions: ClientTransactions::bounded(2 * UNIT_PENDING),
            out: VecDeque::new(),
            heard: VecDeque::new(),
        }
    }

    /// Takes a message to send. False when too much waits already, or this reference does.
    pub(crate) fn take(
        &mut self,
        reference: Reference,
        purpose: Purpose,
        alarm: bool,
        body: Vec<u8>,
        now: u64,
    ) -> bool {
        let known = self.pending.iter().any(|p| p.reference == reference);
        if known || self.pending.len() >= UNIT_PENDING {
            return false;
        }
        let due = if purpose == Purpose::Signal { 0 } else { now };
        let branch = None;
        self.pending.push(Pending { reference, purpose, alarm, body, sendings: 0, due, branch });
        true
    }

    /// Takes a heartbeat to send, unless the unit has no connection. False then.
    pub(crate) fn beat(&mut self, now: u64) -> bool {
        if !matches!(self.line, Line::Up(_)) {
            return false;
        }
        let reference = Reference::Scaip(hex(self.rng.bits()));
        let body = words::beat(reference.text(), &self.cid);
        self.take(reference, Purpose::Beat, false, body, now)
    }

    /// The connection stands, from this address of ours. What waits is due at once.
    pub(crate) fn connected(&mut self, local: SocketAddr) {
        self.line = Line::Up(local);
    }

    /// The connection is lost or could not be made. Signals wait for the next; the rest is gone.
    pub(crate) fn lost(&mut self, now: u64) {
        self.line = Line::Down;
        self.out.clear();
        self.backoff.lost(now, self.rng.bits());
        self.transactions = ClientTransactions::bounded(2 * UNIT_PENDING);
        self.pending.retain(|p| p.purpose == Purpose::Signal);
        for pending in &mut self.pending {
            (pending.due, pending.sendings, pending.branch) = (0, 0, None);
        }
    }

    /// The driver closed the connection on purpose: the next one may come at once.
    pub(crate) fn left(&mut self, now: u64) {
        self.lost(now);
        self.backoff = Backoff::default();
    }

    /// Whether nothing waits for an answer.
    pub(crate) fn is_idle(&self) -> bool {
        self.pending.is_empty()
    }

    /// The next thing to do; call until it gives nothing.
    pub(crate) fn poll(&mut self, now: u64) -> Option<Do> {
        if let Some(next) = self.out.pop_front() {
            return Some(next);
        }
        match self.line {
            Line::Down if now >= self.backoff.at(self.has_alarm()) => {
                self.line = Line::Connecting;
                Some(Do::Connect)
            }
            Line::Down | Line::Connecting => None,
            Line::Up(local) => self.timers(now).or_else(|| self.send(local, now)),
        }
    }

    /// What came of the messages since the last call; call until it gives nothing.
    pub(crate) fn heard(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    /// When to poll again if nothing else happens before.
    pub(crate) fn wake(&self) -> Option<u64> {
        match self.line {
            Line::Down => Some(self.backoff.at(self.has_alarm())),
            Line::Connecting => None,
            Line::Up(_) => {
                let due = self.pending.iter().map(|p| p.due);
                due.chain(self.transactions.next_wake()).min()
            }
        }
    }

    /// A message from the centre.
    pub(crate) fn received(&mut self, message: Message, now: u64) {
        self.backoff.well();
        match message {
            Message::Response(response) => {
                let action = self.transactions.received(&response, now);
                if let Some(Action::Done { status, token }) = action
                    && status >= 300
                {
                    self.refuse(token, Word::Sip(status), is_final_status(status));
                }
            }
            Message::Request(request) => self.request(&request),
        }
    }

    fn request(&mut self, request: &Request) {
        let answer = match sip::screen(request, self.centre, scaip::MEDIA_TYPE) {
            Screen::Answer(answer) => answer,
            Screen::Ignore => return,
            Screen::Register => Reply::new(request.headers(), self.centre, 405).build(),
            Screen::Message => {
                if let Ok(scaip::Document::Mrs(mrs)) = scaip::decode(request.body()) {
                    self.answered(&mrs);
                }
                Reply::new(request.headers(), self.centre, 200).build()
            }
        };
        self.out.push_back(Do::Write(answer));
    }

    fn answered(&mut self, mrs: &scaip::Mrs) {
        let wanted = mrs.reference.as_deref().unwrap_or_default();
        let Some(at) = self.pending.iter().position(|p| p.reference.text() == wanted) else {
            return; // The same mrs again.
        };
        let reference = self.pending[at].reference;
        if !mrs.is_accepted() {
            let snu = mrs.snu.as_ref().and_then(|snu| snu.num).unwrap_or(u16::MAX);
            return self.refuse(reference, Word::Snu(snu), is_final_snu(snu));
        }
        let pending = self.pending.swap_remove(at);
        if let Some(branch) = &pending.branch {
            self.transactions.abandon(branch);
        }
        self.heard.push_back(Heard::Accepted(pending.purpose, reference));
    }

    fn refuse(&mut self, reference: Reference, word: Word, for_good: bool) {
        let Some(at) = self.pending.iter().position(|p| p.reference == reference) else { return };
        let signal = self.pending[at].purpose == Purpose::Signal;
        if for_good || !signal {
            self.pending.swap_remove(at);
        }
        if signal {
            let refused = Heard::Refused(reference, word);
            let heard = if for_good { refused } else { Heard::NotNow(reference, word) };
            self.heard.push_back(heard);
        }
    }

    /// SIP's own timers: repeats over datagrams; over a stream, silence means a dead connection.
    fn timers(&mut self, now: u64) -> Option<Do> {
        match self.transactions.poll(now)? {
            Action::Send { bytes, .. } => Some(Do::Write(bytes)),
            Action::TimedOut { .. } if self.transport.is_reliable() => Some(Do::Close),
            Action::TimedOut { .. } | Action::Done { .. } => self.timers(now),
        }
    }

    /// Sends what is due, alarms first.
    fn send(&mut self, local: SocketAddr, now: u64) -> Option<Do> {
        self.pending.retain(|p| p.purpose == Purpose::Signal || p.sendings == 0 || now < p.due);
        let due = |p: &&mut Pending| now >= p.due;
        let pending = match self.pending.iter_mut().filter(due).find(|p| p.alarm) {
            Some(alarm) => alarm,
            None => self.pending.iter_mut().find(due)?,
        };
        if let Some(branch) = pending.branch.take() {
            self.transactions.abandon(&branch);
        }
        let nonce = [hex(self.rng.bits()), hex(self.rng.bits())];
        let [branch, tag] = nonce.each_ref().map(|n| std::str::from_utf8(n).unwrap_or_default());
        let us = format!("sip:{}@{}", self.cid, self.centre.ip());
        let them = format!("sip:alarm@{}", self.centre);
        let request = MessageRequest {
            target: them.as_bytes(),
            from: us.as_bytes(),
            from_tag: tag,
            to: them.as_bytes(),
            call_id: branch,
            cseq: 1,
            transport: self.transport,
            sent_by: &local.to_string(),
            branch,
            content_type: scaip::MEDIA_TYPE,
            body: &pending.body,
        };
        let outgoing = request.build();
        pending.branch = Some(outgoing.branch.clone());
        pending.due = now
            + match pending.purpose {
                Purpose::Signal => RETRY_NS[pending.sendings.min(RETRY_NS.len() - 1)],
                Purpose::Duplicate | Purpose::Beat => PLAIN_WAIT_NS,
            };
        pending.sendings += 1;
        let (purpose, reference) = (pending.purpose, pending.reference);
        let reliable = self.transport.is_reliable();
        // A full table or a branch drawn twice: the message waits for its next turn.
        let bytes = self.transactions.start(outgoing, reference, reliable, now).ok()?;
        self.heard.push_back(Heard::Sent(purpose, reference));
        Some(Do::Write(bytes))
    }

    fn has_alarm(&self) -> bool {
        self.pending.iter().any(|p| p.alarm)
    }
}

/// Whether a SIP status says that the message will never be taken as it is.
fn is_final_status(status: u16) -> bool {
    !matches!(status, 408 | 429 | 480 | 500..600)
}

/// Whether an `snu` says so: too long, not readable, wrong content, mandatory tag missing.
fn is_final_snu(snu: u16) -> bool {
    matches!(snu, 1..=3 | 7)
}

#[cfg(test)]
mod tests;
