//! Every limit of the central, and what happens at it.

/// Bytes of a device id; a longer one is cut by the doorway and flagged `ODD_FIELD`.
pub const DEVICE_ID: usize = 64;
/// Bytes of a unit's own reference; a longer one is cut by the doorway to its hash and flagged `ODD_FIELD`.
pub const REFERENCE: usize = 40;
/// How long a signal's copy is known as a Duplicate: 24 h in nanoseconds; after it, a copy is a new signal.
pub const DUPLICATE_WINDOW: u64 = 24 * 3_600 * 1_000_000_000;
/// How many signals a device is remembered by; an evicted one's copy becomes a Repeat, never nothing.
pub const DUPLICATES_PER_DEVICE: usize = 32;
/// Newest signals named in a row; older ones are in the log and counted.
pub const ROW_SIGNALS: usize = 16;
/// Municipalities in one session's scope; more are refused at login.
pub const SCOPE: usize = 400;
/// Bytes of an operator's user name; a longer one is refused at login.
pub const OPERATOR: usize = 64;
/// Answers remembered so that an act sent twice is one act; the oldest is forgotten.
pub const ACTS: usize = 4_096;
/// Sessions at a time; the one that expires first is ended for a new one.
pub const SESSIONS: usize = 4_096;
