//! The centre's side: what may be taken of one connection, and which signals of a device are not
//! here.

mod counters;

pub use counters::{Arrival, Counters, Gap};

use alloc::format;

use crate::VERSION;
use crate::answer::{Refusal, Refused};
use crate::limits::{BUSY_FLOW_MS, PLAIN_UNANSWERED, STREAMS};
use crate::message::Message;

/// What is in flight on one connection.
#[derive(Debug, Default)]
pub struct Session {
    plain: u8,
    alarms: u8,
}

/// What to do with a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Work on it; give the slot back with [`Session::release`] when it is answered or its stream
    /// is gone.
    Admit(Slot),
    /// Answer `busy` at once.
    Busy {
        /// What to say in it.
        retry_ms: u32,
    },
    /// Answer `refused` at once.
    Refuse(Refused),
}

/// A place among the unanswered messages of a connection.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a slot that is never released blocks its connection"]
pub struct Slot {
    alarm: bool,
}

impl Session {
    /// Judges a message that was decoded. Alarms are held back by plain messages never; by other
    /// unanswered alarms only when all [`STREAMS`] are taken by them, which QUIC does not let
    /// happen.
    pub fn admit(&mut self, message: &Message) -> Verdict {
        if let Message::Hello(hello) = message
            && hello.version != VERSION
        {
            let text = format!("version {} is not spoken here, {VERSION} is", hello.version);
            return Verdict::Refuse(Refused::new(Refusal::UnknownVersion, &text));
        }
        let alarm = message.is_alarm();
        let (taken, most) =
            if alarm { (&mut self.alarms, STREAMS) } else { (&mut self.plain, PLAIN_UNANSWERED) };
        if *taken >= most {
            return Verdict::Busy { retry_ms: BUSY_FLOW_MS };
        }
        *taken += 1;
        Verdict::Admit(Slot { alarm })
    }

    /// Gives back the slot of an admitted message.
    pub fn release(&mut self, Slot { alarm }: Slot) {
        let taken = if alarm { &mut self.alarms } else { &mut self.plain };
        *taken = taken.saturating_sub(1);
    }

    /// Messages admitted and not yet released: plain ones and alarms.
    pub fn unanswered(&self) -> (u8, u8) {
        (self.plain, self.alarms)
    }
}
