//! A SCAIP unit on a real socket.

use std::net::SocketAddr;

use sip::Message;
use tokio::time::sleep_until;
use traffic::{Class, Rng, Signal, Transport};

use crate::book::{Unreceipted, Word};
use crate::device::{Order, Seat};
use crate::limits::LINGER;
use crate::line::Line;
use crate::reference::Reference;
use crate::scaip_unit::{Do, Heard, Purpose, Unit, words};

struct Device {
    seat: Seat,
    unit: Unit,
    transport: Transport,
    centre: SocketAddr,
    line: Option<Line>,
    /// When it last had something to do.
    busy: u64,
}

/// Plays one unit until the run is over; gives what it has no receipt for.
pub(crate) async fn run(
    mut seat: Seat,
    transport: Transport,
    centre: SocketAddr,
    rng: Rng,
) -> Vec<Unreceipted> {
    seat.begin().await;
    let carrier =
        if transport == Transport::Udp { sip::Transport::Udp } else { sip::Transport::Tcp };
    let unit = Unit::new(seat.book.device.clone(), centre, carrier, rng);
    let mut device = Device { seat, unit, transport, centre, line: None, busy: 0 };
    while !device.seat.is_over() {
        device.act().await;
        device.wait().await;
    }
    device.drop_line();
    device.seat.close(Reference::scaip)
}

impl Device {
    /// Does everything that is due.
    async fn act(&mut self) {
        if self.is_asleep() {
            if self.line.is_some() {
                self.drop_line();
                self.unit.left(self.seat.clock.now());
            }
            return;
        }
        while let Some(next) = self.unit.poll(self.seat.clock.now()) {
            match next {
                Do::Connect => self.connect().await,
                Do::Write(bytes) => {
                    let Some(line) = self.line.as_mut() else { continue };
                    if let Err(why) = line.send(&bytes).await {
                        self.lose(Some(&why));
                    }
                }
                Do::Close => self.lose(None),
            }
            self.hear();
        }
    }

    /// Waits for an order, an answer, a timer, or the end.
    async fn wait(&mut self) {
        let wake = match self.unit.wake() {
            Some(wake) if !self.is_asleep() => wake,
            _ => u64::MAX,
        };
        let linger = self.busy.saturating_add(LINGER.as_nanos() as u64);
        let wake = if self.may_leave() { wake.min(linger) } else { wake };
        let received = async {
            match self.line.as_mut() {
                Some(line) => line.receive().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            messages = received => match messages {
                Ok(messages) => self.receive(messages),
                Err(why) => self.lose(Some(&why)),
            },
            Some(order) = self.seat.orders.recv() => self.order(order),
            () = sleep_until(self.seat.clock.at(wake)) => {}
            _ = self.seat.over.changed() => {}
        }
        self.hear();
    }

    fn receive(&mut self, messages: Vec<Message>) {
        let now = self.seat.clock.now();
        self.busy = now;
        for message in messages {
            self.unit.received(message, now);
        }
    }

    fn order(&mut self, order: Order) {
        let now = self.seat.clock.now();
        self.busy = now;
        match order {
            Order::Beat => drop(self.unit.beat(now)),
            Order::Signal { signal, intended } => {
                let reference = self.reference(signal);
                self.seat.book.raise(reference, signal, intended);
                if !self.take(reference, Purpose::Signal, signal, now) {
                    self.seat.book.word(reference, Word::UnitFull);
                }
            }
            Order::Duplicate(signal) => {
                let reference = self.reference(signal);
                // While the signal itself waits, its retries are its duplicates.
                if !self.seat.book.waits_for(reference) && self.line.is_some() {
                    self.take(reference, Purpose::Duplicate, signal, now);
                }
            }
        }
    }

    fn take(&mut self, reference: Reference, purpose: Purpose, signal: Signal, now: u64) -> bool {
        let body = words::signal(reference.text(), &self.seat.book.device, signal);
        let alarm = matches!(signal.kind.class(), Class::LifeSafety | Class::Person);
        self.unit.take(reference, purpose, alarm, body, now)
    }

    /// Writes down what came of the messages.
    fn hear(&mut self) {
        let now = self.seat.clock.now();
        let book = &mut self.seat.book;
        while let Some(heard) = self.unit.heard() {
            match heard {
                Heard::Sent(Purpose::Signal, reference) => book.sent(reference, now),
                Heard::Sent(Purpose::Duplicate, _) => book.ledger.duplicates.up(),
                Heard::Sent(Purpose::Beat, _) => book.ledger.beats.up(),
                Heard::Accepted(Purpose::Signal, reference) => book.receipt(reference, None, now),
                Heard::Accepted(Purpose::Duplicate, _) => book.ledger.duplicates_answered.up(),
                Heard::Accepted(Purpose::Beat, _) => book.ledger.beats_answered.up(),
                Heard::NotNow(reference, word) => book.word(reference, word),
                Heard::Refused(reference, word) => book.refuse(reference, word),
            }
        }
    }

    async fn connect(&mut self) {
        let opened = Line::open(self.transport, self.centre).await;
        let ledger = &self.seat.book.ledger;
        match opened.and_then(|line| Ok((line.local()?, line))) {
            Ok((local, line)) => {
                ledger.connects.up();
                ledger.connected.up();
                self.line = Some(line);
                self.unit.connected(local);
                self.busy = self.seat.clock.now();
            }
            Err(why) => {
                ledger.failed_connects.up();
                ledger.note_trouble(format!("{}: {why}", self.centre));
                self.unit.lost(self.seat.clock.now());
            }
        }
    }

    fn lose(&mut self, why: Option<&std::io::Error>) {
        if let Some(why) = why {
            self.seat.book.ledger.note_trouble(format!("{}: {why}", self.centre));
        }
        self.seat.book.ledger.losses.up();
        self.drop_line();
        self.unit.lost(self.seat.clock.now());
    }

    fn drop_line(&mut self) {
        if self.line.take().is_some() {
            self.seat.book.ledger.connected.down();
        }
    }

    fn reference(&self, signal: Signal) -> Reference {
        Reference::scaip(self.seat.run, &self.seat.book.device, signal.number)
    }

    /// Whether it could go to sleep: it does not stay, and nothing waits.
    fn may_leave(&self) -> bool {
        !self.seat.stays && self.unit.is_idle() && self.line.is_some()
    }

    /// Whether there is nothing to do for which it would wake.
    fn is_asleep(&self) -> bool {
        let lingering = self.line.is_some()
            && self.seat.clock.now() < self.busy.saturating_add(LINGER.as_nanos() as u64);
        !self.seat.stays && self.unit.is_idle() && !lingering
    }
}
