//! Every limit of the lanes, and what happens at it.

use crate::Lane;

/// How much one lane holds. A push beyond it gets its item back at once: SIP 503, link Busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Items from authenticated sources.
    pub trusted: usize,
    /// Items from all sources that are not authenticated, together.
    pub untrusted: usize,
}

/// The room of each lane, by [`Lane`] number. No lane ever lends room to another, so a flood below
/// can never take the room of an alarm.
pub const ROOM: [Room; Lane::COUNT] = [
    // Life-safety: most SCAIP units in the field have no credentials, so both parts are large.
    Room { trusted: 16_384, untrusted: 16_384 },
    // Acts and timers: only logged-in consoles and the engine itself.
    Room { trusted: 4_096, untrusted: 64 },
    Room { trusted: 16_384, untrusted: 8_192 },
    Room { trusted: 8_192, untrusted: 2_048 },
    Room { trusted: 16_384, untrusted: 2_048 },
    Room { trusted: 1_024, untrusted: 512 },
    Room { trusted: 4_096, untrusted: 64 },
];

/// Items one drain takes from all lanes below person together; the rest waits for the next drain,
/// so that a batch with an alarm in it stays short.
pub const BELOW_PERSON: usize = 128;

const _: () = assert!(
    ROOM[Lane::LifeSafety as usize].untrusted >= ROOM[Lane::Telemetry as usize].untrusted,
    "units without credentials need more room for alarms than for telemetry"
);
const _: () = assert!(BELOW_PERSON > 0, "telemetry must move at all");
