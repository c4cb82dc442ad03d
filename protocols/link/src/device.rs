//! The device's side as one state machine: which stream to open now, what an answer means, when to
//! try again, when to reconnect.
//!
//! The caller owns the sockets and the clock. It calls [`Session::poll`] until it gives nothing
//! more, does what it says, and calls again when something happened or when [`Session::wake`] has
//! come. All times are milliseconds of a clock that only goes forward.

mod kept;
mod reconnect;
mod words;

use alloc::vec::Vec;

use crate::VERSION;
use crate::answer::Answer;
use crate::limits::{
    BEAT_LEAST_S, BEAT_MOST_S, BUSY_MS, PLAIN_UNANSWERED, PLAIN_WAIT_MS, QUIET_MS, STREAMS,
};
use crate::message::{Beat, Hello, Message, Signal};
pub use kept::NotKept;
use kept::{Kept, Queue};
use reconnect::Reconnect;
pub use words::{Do, Draft, Heard, Identity};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plain {
    Hello,
    Beat,
}

#[derive(Debug)]
struct Waiting {
    stream: u64,
    what: Plain,
    until: u64,
}

/// One device and its centre.
#[derive(Debug)]
pub struct Session {
    identity: Identity,
    counter: u64,
    queue: Queue,
    state: (Option<u8>, Option<bool>, Option<i16>),
    reconnect: Reconnect,
    waiting: Vec<Waiting>,
    /// When a hello is to be said; none once it was welcomed.
    hello_at: Option<u64>,
    /// When the next beat is to be sent; none before the welcome.
    beat_at: Option<u64>,
    beat_ms: u64,
    plain_limit: u8,
    next_stream: u64,
    /// Since when an answer has been owed without any coming.
    quiet_since: Option<u64>,
}

impl Session {
    /// A device that has just started and connects as soon as it is polled.
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            counter: 0,
            queue: Queue::default(),
            state: (None, None, None),
            reconnect: Reconnect::default(),
            waiting: Vec::new(),
            hello_at: None,
            beat_at: None,
            beat_ms: 0,
            plain_limit: PLAIN_UNANSWERED,
            next_stream: 0,
            quiet_since: None,
        }
    }

    /// Makes a signal of the draft and keeps it until it is stored. Its bytes never change again.
    /// Gives them, so that the device can write them where a power cut does not reach.
    pub fn raise(&mut self, draft: Draft) -> Result<Vec<u8>, NotKept> {
        let signal = Signal {
            id: draft.id,
            boot: self.identity.boot,
            counter: self.counter + 1,
            kind: draft.kind,
            happened: draft.happened,
            buffered: !self.reconnect.is_up(),
            details: draft.details,
        };
        let bytes = signal.encode();
        Message::decode(&bytes).map_err(|malformed| NotKept::Malformed(malformed.reason))?;
        self.queue.keep(Kept::new(signal.id, signal.boot, signal.kind, bytes.clone()))?;
        self.counter += 1;
        Ok(bytes)
    }

    /// Takes back a signal of an earlier boot from where [`Session::raise`]'s bytes were written.
    pub fn restore(&mut self, bytes: Vec<u8>) -> Result<(), NotKept> {
        match Message::decode(&bytes) {
            Ok(Message::Signal(signal)) => {
                self.queue.keep(Kept::new(signal.id, signal.boot, signal.kind, bytes))
            }
            Ok(_) => Err(NotKept::NotASignal),
            Err(malformed) => Err(NotKept::Malformed(malformed.reason)),
        }
    }

    /// What the next beats say: battery in per cent, mains, signal strength in dBm.
    pub fn set_state(&mut self, battery: Option<u8>, mains: Option<bool>, strength: Option<i16>) {
        self.state = (battery, mains, strength);
    }

    /// Another receiver has given a receipt for this signal.
    pub fn settled_elsewhere(&mut self, id: [u8; 16]) {
        self.queue.remove(id);
    }

    /// The ids of the signals that have no receipt, oldest first.
    pub fn unsettled(&self) -> impl Iterator<Item = [u8; 16]> {
        self.queue.ids()
    }

    /// The signal without a receipt that was last sent on this stream: what to hand to another
    /// receiver at [`Do::Abandon`] or [`Heard::Later`].
    pub fn signal_on(&self, stream: u64) -> Option<[u8; 16]> {
        self.queue.last_on(stream)
    }

    /// The connection stands. Everything without a receipt is due at once, the ladder from its
    /// start.
    pub fn connected(&mut self, now: u64) {
        self.reconnect.up(now);
        self.hello_at = Some(now);
        self.beat_at = None;
        self.quiet_since = None;
        self.plain_limit = PLAIN_UNANSWERED;
    }

    /// The connection is lost, or could not be made. `random` is any evenly spread number.
    pub fn lost(&mut self, now: u64, random: u64) {
        self.reconnect.lost(now, random);
        self.waiting.clear();
        self.queue.start_over();
        self.hello_at = None;
        self.beat_at = None;
        self.quiet_since = None;
    }

    /// The next thing to do; call until it gives nothing.
    pub fn poll(&mut self, now: u64) -> Option<Do> {
        if !self.reconnect.is_up() {
            let alarm = self.queue.has_alarm();
            return self.reconnect.connect(now, alarm).then_some(Do::Connect);
        }
        if self.quiet_since.is_some_and(|since| now >= since + QUIET_MS) {
            self.quiet_since = None;
            return Some(Do::Close);
        }
        self.abandon(now).or_else(|| self.open(now))
    }

    /// When to poll again if nothing else happens before.
    pub fn wake(&self) -> Option<u64> {
        if !self.reconnect.is_up() {
            return self.reconnect.at(self.queue.has_alarm());
        }
        let room = self.in_flight() < usize::from(STREAMS);
        let plain_room = room && self.plain_in_flight() < usize::from(self.plain_limit);
        let quiet = self.quiet_since.map(|since| since + QUIET_MS);
        let plain = [self.hello_at, self.beat_at].into_iter().flatten().filter(|_| plain_room);
        let waiting = self.waiting.iter().map(|w| w.until);
        plain.chain(waiting).chain(quiet).chain(self.queue.wake(room, plain_room)).min()
    }

    /// The centre reset this stream; what it carried is sent again when its time comes.
    pub fn failed(&mut self, stream: u64) {
        self.waiting.retain(|w| w.stream != stream);
        self.queue.forget_stream(stream);
    }

    /// The answer on a stream, from its start to FIN. `random` spreads what is sent again.
    pub fn answered(&mut self, stream: u64, bytes: &[u8], now: u64, random: u64) -> Heard {
        let Ok(answer) = Answer::decode(bytes) else {
            self.failed(stream);
            return Heard::Nothing;
        };
        self.quiet_since = None;
        let heard = if let Some(at) = self.waiting.iter().position(|w| w.stream == stream) {
            let what = self.waiting.swap_remove(at).what;
            self.plain_answered(what, answer, now, random)
        } else {
            self.signal_answered(stream, answer, now, random)
        };
        if self.in_flight() > 0 {
            self.quiet_since = Some(now);
        }
        heard
    }

    fn plain_answered(&mut self, what: Plain, answer: Answer, now: u64, random: u64) -> Heard {
        match answer {
            Answer::Welcome(welcome) if what == Plain::Hello => {
                self.hello_at = None;
                self.beat_ms = u64::from(welcome.beat_s.clamp(BEAT_LEAST_S, BEAT_MOST_S)) * 1000;
                self.beat_at = Some(now + self.beat_ms);
                self.plain_limit = welcome.unanswered.clamp(1, PLAIN_UNANSWERED);
                Heard::Welcome(welcome)
            }
            Answer::BeatOk { time } if what == Plain::Beat => Heard::BeatOk { time },
            Answer::Busy { retry_ms } => {
                if what == Plain::Hello {
                    self.hello_at = Some(now + busy_wait(retry_ms, random));
                }
                Heard::Later
            }
            Answer::Refused(refused) => {
                if what == Plain::Hello {
                    self.hello_at = None;
                }
                Heard::Refused { id: None, refused }
            }
            _ => Heard::Nothing,
        }
    }

    fn signal_answered(&mut self, stream: u64, answer: Answer, now: u64, random: u64) -> Heard {
        let Some(id) = self.queue.on_stream(stream) else { return Heard::Nothing };
        match answer {
            Answer::Receipt(receipt) => {
                self.queue.remove(id);
                Heard::Stored { id, receipt }
            }
            Answer::Busy { retry_ms } => {
                self.queue.put_off(stream, now + busy_wait(retry_ms, random));
                Heard::Later
            }
            Answer::NotStored => {
                self.queue.forget_stream(stream);
                Heard::TryNext { id }
            }
            Answer::Refused(refused) => {
                self.queue.remove(id);
                Heard::Refused { id: Some(id), refused }
            }
            Answer::Welcome(_) | Answer::BeatOk { .. } => {
                self.queue.forget_stream(stream);
                Heard::Nothing
            }
        }
    }

    fn abandon(&mut self, now: u64) -> Option<Do> {
        if let Some(at) = self.waiting.iter().position(|w| now >= w.until) {
            let stream = self.waiting.swap_remove(at).stream;
            return Some(Do::Abandon { stream });
        }
        self.queue.overdue(now).map(|stream| Do::Abandon { stream })
    }

    fn open(&mut self, now: u64) -> Option<Do> {
        if self.in_flight() >= usize::from(STREAMS) {
            return None;
        }
        let plain_room = self.plain_in_flight() < usize::from(self.plain_limit);
        let bytes = if plain_room && self.hello_at.is_some_and(|at| now >= at) {
            self.hello_at = Some(now + PLAIN_WAIT_MS);
            self.wait_for(Plain::Hello, now);
            self.hello().encode()
        } else if let Some(bytes) = self.queue.send(now, self.next_stream, plain_room) {
            bytes
        } else if plain_room && self.beat_at.is_some_and(|at| now >= at) {
            self.beat_at = Some(now + self.beat_ms);
            self.wait_for(Plain::Beat, now);
            self.beat().encode()
        } else {
            return None;
        };
        let stream = self.next_stream;
        self.next_stream += 1;
        self.quiet_since.get_or_insert(now);
        Some(Do::Open { stream, bytes })
    }

    fn wait_for(&mut self, what: Plain, now: u64) {
        self.waiting.push(Waiting { stream: self.next_stream, what, until: now + PLAIN_WAIT_MS });
    }

    fn hello(&self) -> Hello {
        Hello {
            version: VERSION,
            model: self.identity.model.clone(),
            firmware: self.identity.firmware.clone(),
            boot: self.identity.boot,
            supports: self.identity.supports,
            counter: self.counter,
            queued: self.queue.of_boot(self.identity.boot),
        }
    }

    fn beat(&self) -> Beat {
        let (battery, mains, strength) = self.state;
        Beat {
            boot: self.identity.boot,
            counter: self.counter,
            queued: self.queue.of_boot(self.identity.boot),
            battery,
            mains,
            strength,
        }
    }

    fn plain_in_flight(&self) -> usize {
        self.waiting.len() + self.queue.in_flight(false)
    }

    fn in_flight(&self) -> usize {
        self.plain_in_flight() + self.queue.in_flight(true)
    }
}

/// The wait a `busy` asks for, and up to a quarter more so that devices do not return together.
fn busy_wait(retry_ms: u32, random: u64) -> u64 {
    let wait = u64::from(retry_ms.min(BUSY_MS));
    wait + random % (wait / 4 + 1)
}
