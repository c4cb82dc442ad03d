//! How much an inbound matters when room is short.

use central::entry::Entry;
use central::kind::{Class, Effect};
use central::triage;

use crate::limits;

/// Most urgent first, as the lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    LifeSafety,
    Act,
    Person,
    Technical,
    Below,
}

impl Weight {
    pub(crate) fn of(entry: &Entry) -> Self {
        match entry {
            Entry::Signal(signal) => match triage::read(signal).class {
                Class::LifeSafety => Self::LifeSafety,
                Class::Person => Self::Person,
                Class::Technical => Self::Technical,
                Class::Telemetry | Class::Test => Self::Below,
            },
            Entry::Counted(_) | Entry::Hops(_) => Self::Below,
            Entry::Genesis(_)
            | Entry::Rules(_)
            | Entry::Started(_)
            | Entry::Act(_)
            | Entry::SessionOpened(_)
            | Entry::SessionEnded(_)
            | Entry::Tick
            | Entry::Skip(_)
            | Entry::Person(_)
            | Entry::Held(_)
            | Entry::Attributed(_)
            | Entry::Erased(_)
            | Entry::Disclosed(_) => Self::Act,
        }
    }

    /// Whether it is taken with so many bytes left in a log that cannot make its next segment.
    pub(crate) fn fits(self, room: u64) -> bool {
        match self {
            Self::Act => true,
            Self::LifeSafety => room >= limits::ROOM_FOR_ACTS,
            Self::Person | Self::Technical => room >= limits::ROOM_FOR_PERSON,
            Self::Below => false,
        }
    }
}

/// Whether it may open an alarm.
pub(crate) fn opens(entry: &Entry) -> bool {
    matches!(entry, Entry::Signal(signal) if triage::read(signal).effect == Effect::Opens)
}
