//! Triage: how a signal reads, and how urgent that makes its alarm. One table, integers only.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::entry::{Flags, Sender, Signal};
use crate::kind::{Class, Effect, Kind};
use crate::limits;
use crate::output::Reason;
use crate::words::{AlarmId, Moment};

/// How a signal reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What opens the alarm.
    pub kind: Kind,
    /// Which lane it takes, and where its priority starts.
    pub class: Class,
    /// What it does.
    pub effect: Effect,
}

/// Reads a signal. What could not be decoded may be a person: it is life-safety whatever was salvaged.
pub fn read(signal: &Signal) -> Reading {
    let spec = signal.kind.spec();
    if !signal.flags.has(Flags::UNDECODABLE) {
        return Reading { kind: signal.kind, class: spec.class, effect: spec.effect };
    }
    let kind = if spec.effect == Effect::Opens { signal.kind } else { Kind::UNDECODABLE };
    Reading { kind, class: Class::LifeSafety, effect: Effect::Opens }
}

/// What decides an alarm's priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Facts {
    #[n(0)]
    class: Class,
    /// Seconds between when it happened and when it came, for a buffered signal.
    #[n(1)]
    late: Option<u64>,
    #[n(2)]
    undecodable: bool,
    #[n(3)]
    doubtful: bool,
    /// The alarm of the same source closed shortly before, and how many seconds.
    #[n(4)]
    recurred: Option<Recurred>,
}

/// What a new alarm comes back from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Recurred {
    #[n(0)]
    pub(crate) after: AlarmId,
    #[n(1)]
    pub(crate) seconds: u64,
}

/// One class: its priority, with one Repeat, with three or more, and when it came late.
struct Band {
    alone: u8,
    repeated: u8,
    insisted: u8,
    late: u8,
}

/// The table. Bands do not overlap: nothing lifts a class above the one before it.
const fn band(class: Class) -> Band {
    match class {
        Class::LifeSafety => Band { alone: 2, repeated: 1, insisted: 0, late: 2 },
        Class::Person => Band { alone: 4, repeated: 3, insisted: 3, late: 5 },
        Class::Technical => Band { alone: 7, repeated: 6, insisted: 6, late: 7 },
        Class::Telemetry => Band { alone: 8, repeated: 8, insisted: 8, late: 8 },
        Class::Test => Band { alone: 9, repeated: 9, insisted: 9, late: 9 },
    }
}

impl Facts {
    /// What the opening signal says about priority.
    pub(crate) fn of(signal: &Signal, reading: Reading) -> Self {
        Self {
            class: reading.class,
            late: signal
                .buffered
                .then(|| signal.received.0.saturating_sub(since(signal).0) / 1_000_000_000),
            undecodable: signal.flags.has(Flags::UNDECODABLE) || reading.kind == Kind::UNDECODABLE,
            doubtful: signal.sender == Sender::Doubtful,
            recurred: None,
        }
    }

    /// The same for an alarm that comes back from one closed shortly before.
    pub(crate) fn recurring(self, recurred: Option<Recurred>) -> Self {
        Self { recurred, ..self }
    }

    /// The priority (0 most urgent, 9 least) and its reasons, with so many Repeats of late.
    pub(crate) fn judge(&self, repeats: u32) -> (u8, Vec<Reason>) {
        let band = band(self.class);
        let priority = match repeats {
            0 if self.late.is_some_and(|late| late >= limits::LATE) => band.late,
            0 => band.alone,
            1 | 2 => band.repeated,
            _ => band.insisted,
        };
        // As urgent as if the closed alarm were still open and this its first Repeat; never less than without.
        let priority = match self.recurred {
            Some(_) => priority.min(band.repeated),
            None => priority,
        };
        let mut reasons = Vec::with_capacity(2);
        reasons.push(Reason::Class(self.class));
        reasons.extend((repeats > 0).then_some(Reason::Repeats(repeats)));
        let recurred = |Recurred { after, seconds }| Reason::Recurred { after, seconds };
        reasons.extend(self.recurred.map(recurred));
        reasons.extend(self.late.map(Reason::Buffered));
        reasons.extend(self.undecodable.then_some(Reason::Undecodable));
        reasons.extend(self.doubtful.then_some(Reason::Doubtful));
        (priority, reasons)
    }

    /// Takes the more urgent class, and a Repeat that came live is not late.
    pub(crate) fn join(&mut self, repeat: &Self) {
        self.class = self.class.min(repeat.class);
        self.late = self.late.filter(|_| repeat.late.is_some());
        self.undecodable |= repeat.undecodable;
        self.doubtful |= repeat.doubtful;
    }

    pub(crate) fn class(&self) -> Class {
        self.class
    }
}

/// What age counts from: when it happened if it was buffered and its clock can be believed, else when
/// it came.
pub(crate) fn since(signal: &Signal) -> Moment {
    let received = signal.received;
    match signal.happened {
        Some(happened)
            if signal.buffered
                && happened <= received
                && received.0 - happened.0 <= limits::BELIEVED_AGE =>
        {
            happened
        }
        _ => received,
    }
}
