//! An `alarm/1` device on a real QUIC connection: the link crate's own session, driven.
//!
//! The session beats as the centre asks in its welcome, so the beats of a timeline are not played.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use link::close::{NO_IDENTITY, NOT_ALLOWED};
use link::device::{Do, Draft, Heard, Identity, Session};
use link::{Details, Kind, Measured, Position};
use quinn::{Connection, ConnectionError, VarInt};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep_until;
use traffic::{Rng, Signal};

use crate::book::{Unreceipted, Word};
use crate::device::{Order, Seat};
use crate::limits::{LINGER, REMEMBERED};
use crate::quic::{Quic, exchange};
use crate::reference::Reference;

const MS: u64 = 1_000_000;

struct Device {
    seat: Seat,
    session: Session,
    quic: Arc<Quic>,
    place: usize,
    rng: Rng,
    connection: Option<Connection>,
    tasks: JoinSet<Event>,
    streams: HashMap<u64, Stream>,
    sent: VecDeque<(Reference, Vec<u8>)>,
    /// Duplicates under way.
    again: Vec<Reference>,
    /// When it last had something to do.
    busy: u64,
    /// Told not to come back.
    barred: bool,
}

/// One open stream.
struct Stream {
    task: AbortHandle,
    /// The signal in it; none for hello and beat.
    signal: Option<Reference>,
}

enum Event {
    Connected(Result<Connection, String>),
    Answered(u64, Option<Vec<u8>>),
    Closed(ConnectionError),
}

/// Plays one device until the run is over; gives what it has no receipt for.
pub(crate) async fn run(
    mut seat: Seat,
    quic: Arc<Quic>,
    place: usize,
    mut rng: Rng,
) -> Vec<Unreceipted> {
    seat.begin().await;
    let identity = Identity {
        model: "varde-loadgen".to_owned(),
        firmware: env!("CARGO_PKG_VERSION").to_owned(),
        boot: rng.bits() >> 1,
        supports: 0,
    };
    let mut device = Device {
        seat,
        session: Session::new(identity),
        quic,
        place,
        rng,
        connection: None,
        tasks: JoinSet::new(),
        streams: HashMap::new(),
        sent: VecDeque::new(),
        again: Vec::new(),
        busy: 0,
        barred: false,
    };
    while !device.seat.is_over() {
        device.act();
        device.wait().await;
    }
    device.close();
    device.seat.close(Reference::link)
}

impl Device {
    /// Does everything that is due.
    fn act(&mut self) {
        if self.barred {
            return;
        }
        if self.is_asleep() {
            if self.connection.is_some() {
                self.close();
                self.session.lost(self.now_ms(), 0);
            }
            return;
        }
        while let Some(next) = self.session.poll(self.now_ms()) {
            match next {
                Do::Connect => self.connect(),
                Do::Open { stream, bytes } => self.open(stream, bytes),
                Do::Abandon { stream } => {
                    if let Some(stream) = self.streams.remove(&stream) {
                        stream.task.abort();
                    }
                }
                Do::Close => {
                    self.seat.book.ledger.losses.up();
                    self.close();
                    self.session.lost(self.now_ms(), self.rng.bits());
                }
            }
        }
    }

    /// Waits for an order, an answer, a timer, or the end.
    async fn wait(&mut self) {
        let wake = match self.session.wake() {
            Some(wake) if !self.barred && !self.is_asleep() => wake.saturating_mul(MS),
            _ => u64::MAX,
        };
        let linger = self.busy.saturating_add(LINGER.as_nanos() as u64);
        let wake = if self.may_leave() { wake.min(linger) } else { wake };
        tokio::select! {
            Some(event) = self.tasks.join_next() => {
                // A task that was aborted has nothing to say.
                if let Ok(event) = event {
                    self.event(event);
                }
            }
            Some(order) = self.seat.orders.recv() => self.order(order),
            () = sleep_until(self.seat.clock.at(wake)) => {}
            _ = self.seat.over.changed() => {}
        }
    }

    fn connect(&mut self) {
        let (quic, place) = (Arc::clone(&self.quic), self.place);
        let device = self.seat.book.device.clone();
        self.tasks.spawn(async move { Event::Connected(quic.connect(&device, place).await) });
    }

    fn open(&mut self, number: u64, bytes: Vec<u8>) {
        let Some(connection) = self.connection.clone() else { return self.session.failed(number) };
        let signal = self.session.signal_on(number).map(Reference::Link);
        match signal {
            Some(reference) => self.seat.book.sent(reference, self.seat.clock.now()),
            None if is_beat(&bytes) => self.seat.book.ledger.beats.up(),
            None => {}
        }
        let exchange = async move { Event::Answered(number, exchange(connection, bytes).await) };
        let task = self.tasks.spawn(exchange);
        self.streams.insert(number, Stream { task, signal });
    }

    fn event(&mut self, event: Event) {
        let now = self.now_ms();
        let ledger = &self.seat.book.ledger;
        match event {
            Event::Connected(Ok(connection)) => {
                ledger.connects.up();
                ledger.connected.up();
                self.connection = Some(connection.clone());
                self.tasks.spawn(async move { Event::Closed(connection.closed().await) });
                self.busy = self.seat.clock.now();
                self.session.connected(now);
            }
            Event::Connected(Err(why)) => {
                ledger.failed_connects.up();
                ledger.note_trouble(why);
                self.session.lost(now, self.rng.bits());
            }
            Event::Closed(why) => {
                if self.connection.as_ref().is_some_and(|c| c.close_reason().is_some()) {
                    ledger.losses.up();
                    ledger.note_trouble(why.to_string());
                    self.barred = is_bar(&why);
                    self.close();
                    self.session.lost(now, self.rng.bits());
                }
            }
            Event::Answered(stream, answer) => self.answered(stream, answer),
        }
    }

    fn answered(&mut self, number: u64, answer: Option<Vec<u8>>) {
        let signal = self.streams.remove(&number).and_then(|stream| stream.signal);
        let Some(answer) = answer else { return self.session.failed(number) };
        self.busy = self.seat.clock.now();
        let random = self.rng.bits();
        let heard = self.session.answered(number, &answer, self.busy / MS, random);
        let book = &mut self.seat.book;
        match heard {
            Heard::Stored { id, receipt } => {
                let reference = Reference::Link(id);
                if let Some(at) = self.again.iter().position(|r| *r == reference) {
                    self.again.swap_remove(at);
                    book.ledger.duplicates_answered.up();
                } else {
                    book.receipt(reference, Some(receipt.seq), self.busy);
                }
            }
            Heard::BeatOk { .. } => book.ledger.beats_answered.up(),
            Heard::Later => self.word(signal, Word::Busy),
            Heard::TryNext { id } => book.word(Reference::Link(id), Word::NotStored),
            Heard::Refused { id: Some(id), refused } => {
                book.refuse(Reference::Link(id), Word::Refused(refused.code.number()));
            }
            Heard::Refused { id: None, refused } => {
                book.ledger.note_trouble(format!("the engine refused a hello: {}", refused.text));
            }
            Heard::Welcome(_) | Heard::Nothing => {}
        }
    }

    fn word(&mut self, signal: Option<Reference>, word: Word) {
        if let Some(reference) = signal {
            self.seat.book.word(reference, word);
        }
    }

    fn order(&mut self, order: Order) {
        self.busy = self.seat.clock.now();
        match order {
            Order::Beat => {}
            Order::Signal { signal, intended } => self.raise(signal, intended),
            Order::Duplicate(signal) => self.send_again(self.reference(signal)),
        }
    }

    fn raise(&mut self, signal: Signal, intended: u64) {
        let reference = self.reference(signal);
        let Reference::Link(id) = reference else { return };
        self.seat.book.raise(reference, signal, intended);
        let kind = Kind(signal.kind.0);
        let draft = Draft { id, kind, happened: None, details: details(signal.details) };
        match self.session.raise(draft) {
            Ok(bytes) => self.remember(reference, bytes),
            Err(_) => self.seat.book.word(reference, Word::UnitFull),
        }
    }

    /// A true duplicate: the bytes of a signal that has its receipt, once more.
    fn send_again(&mut self, reference: Reference) {
        let known = self.sent.iter().find(|(r, _)| *r == reference).map(|(_, bytes)| bytes.clone());
        let waits = self.seat.book.waits_for(reference) || self.again.contains(&reference);
        if let Some(bytes) = known
            && !waits
            && self.connection.is_some()
            && self.session.restore(bytes).is_ok()
        {
            self.seat.book.ledger.duplicates.up();
            self.again.push(reference);
        }
    }

    fn remember(&mut self, reference: Reference, bytes: Vec<u8>) {
        if self.sent.len() >= REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back((reference, bytes));
    }

    /// Ends the connection, if there is one.
    fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close(VarInt::from_u32(link::close::GOING_AWAY), b"");
            self.seat.book.ledger.connected.down();
        }
        self.tasks.abort_all();
        self.streams.clear();
    }

    fn reference(&self, signal: Signal) -> Reference {
        Reference::link(self.seat.run, &self.seat.book.device, signal.number)
    }

    fn now_ms(&self) -> u64 {
        self.seat.clock.now() / MS
    }

    /// Whether every signal, and every duplicate, is settled.
    fn is_idle(&self) -> bool {
        self.session.unsettled().next().is_none()
    }

    /// Whether it could go to sleep: it does not stay, and nothing waits.
    fn may_leave(&self) -> bool {
        !self.seat.stays && self.is_idle() && self.connection.is_some()
    }

    /// Whether there is nothing to do for which it would wake.
    fn is_asleep(&self) -> bool {
        let lingering = self.connection.is_some()
            && self.seat.clock.now() < self.busy.saturating_add(LINGER.as_nanos() as u64);
        !self.seat.stays && self.is_idle() && !lingering
    }
}

fn is_beat(bytes: &[u8]) -> bool {
    matches!(link::Message::decode(bytes), Ok(link::Message::Beat(_)))
}

/// Whether the centre closed with a word that means: do not come back with this certificate.
fn is_bar(why: &ConnectionError) -> bool {
    let barred = |code: u32| VarInt::from_u32(code);
    matches!(why, ConnectionError::ApplicationClosed(closed)
        if closed.error_code == barred(NO_IDENTITY) || closed.error_code == barred(NOT_ALLOWED))
}

/// The rooms of the simulated homes (SCAIP's numbers), as a Norwegian device names them.
fn room_words(room: u8) -> Option<&'static str> {
    Some(match room {
        11 => "bad",
        12 => "soverom",
        21 => "kjøkken",
        39 => "inngangsdør",
        42 => "gang",
        43 => "stue",
        _ => return None,
    })
}

/// What a signal says, in the device protocol's words.
fn details(said: traffic::Details) -> Details {
    let mut details = Details::default();
    match said {
        traffic::Details::Nothing => {}
        traffic::Details::Room(room) => {
            details.location = room_words(room).map(str::to_owned);
        }
        traffic::Details::Battery(charge) => details.battery = Some(charge),
        traffic::Details::Position { lat, lon } => {
            details.position = Some(Position { lat, lon, accuracy: Some(15) });
        }
        traffic::Details::Measured { unit, value, decimals } => {
            details.measured = vec![Measured { unit, value: i64::from(value), decimals }];
        }
    }
    details
}
