//! Every limit of the traffic model, and what happens at it.

/// Nanoseconds in a second: the unit of every `at`.
pub const SECOND: u64 = 1_000_000_000;

/// Seconds in the model's day.
pub const DAY_S: u64 = 86_400;

/// The largest fleet; a larger one is refused by [`crate::Fleet::draw`]. A device's id has five
/// digits for its number within its class.
pub const MAX_DEVICES: u32 = 99_999;

/// How far ahead of the last one an event may lie, in nanoseconds (400 days); a source whose next
/// event would come later falls silent.
pub const HORIZON: u64 = 400 * DAY_S * SECOND;

/// The largest factor in a [`crate::Tempo`]; a larger one is taken as this.
pub const MAX_FACTOR: u32 = 1 << 20;

/// Re-presses after one press; a person who would press more often stops here (eight is the most
/// reported from a real centre).
pub const MAX_REPEATS: u32 = 8;

/// The most a share multiplied by the tempo's rate may become, per mille: half of the doses are
/// still taken in the fastest demonstration.
pub const MAX_SCALED_SHARE: u32 = 500;

const _: () = assert!(HORIZON.checked_mul(8).is_some(), "sums of a few horizons must fit");
const _: () = assert!(MAX_SCALED_SHARE <= 1000);
