//! Every limit of the central, and what happens at it.

const SECOND: u64 = 1_000_000_000;

/// Bytes of an encoded entry: 64 KiB with what a log adds to it. A longer one is refused before it is proposed.
pub const ENTRY: usize = 64 * 1024 - 256;
/// Bytes of a device id; a longer one is cut by the doorway, ends in a hash of the whole, and is flagged `ODD_FIELD`.
pub const DEVICE_ID: usize = 64;
/// Bytes of a unit's own reference; a longer one is cut by the doorway, ends in a hash of the whole, and is flagged `ODD_FIELD`.
pub const REFERENCE: usize = 40;
/// How long a signal's copy is known as a Duplicate: 24 h in nanoseconds; after it, a copy is a new signal.
pub const DUPLICATE_WINDOW: u64 = 24 * 3_600 * SECOND;
/// From when on a copy of a signal whose alarm is closed is a new signal: 15 min in nanoseconds. Every
/// ladder of retries has ended by then, so what comes later is a unit that began its references anew.
pub const LATE_COPY: u64 = 15 * 60 * 1_000_000_000;
/// How many signals a device is remembered by; an evicted one's copy becomes a Repeat, never nothing.
pub const DUPLICATES_PER_DEVICE: usize = 32;
/// How many of those are kept for signals that open alarms, so that a device's own telemetry cannot
/// make the central forget its press. Telemetry has the rest; in either part the oldest is forgotten.
pub const DUPLICATES_OPENING: usize = 24;
/// Devices remembered for duplicates; for a new one the longest quiet is forgotten.
pub const DEVICES: usize = 400_000;
/// Quiet devices forgotten at one signal, so that no entry takes long; the rest go at the next.
pub const FORGET_AT_ONCE: usize = 8;
/// Newest signals named in a row; older ones are in the log and counted.
pub const ROW_SIGNALS: usize = 16;
/// How far back Repeats raise an alarm: 20 min in nanoseconds; older ones are counted only.
pub const REPEATS_WINDOW: u64 = 20 * 60 * SECOND;
/// A signal that came so late (10 min, in seconds) is less urgent, unless it is life-safety.
pub const LATE: u64 = 600;
/// The oldest a device's own time may be (7 days in nanoseconds); an older or future one is not believed,
/// and age counts from when the signal came.
pub const BELIEVED_AGE: u64 = 7 * 24 * 3_600 * SECOND;
/// Alarms open at a time. At it the sequencer refuses new signals, so that their units try the next
/// receiver; nothing open is ever dropped.
pub const OPEN_ALARMS: usize = 200_000;
/// How soon after a close a new alarm of the same source is a recurrence: 2 h in nanoseconds; after it,
/// it is an alarm like any other. One of the last [`CLOSED`] closes, or it is forgotten before.
pub const RECURRENCE: u64 = 2 * 3_600 * SECOND;
/// Closed alarms remembered so that a late act is told who closed it; the one closed first is
/// forgotten, and an act on it is told there is no such alarm.
pub const CLOSED: usize = 4_096;
/// Municipalities in one session's scope; a session with more is void.
pub const SCOPE: usize = 400;
/// Bytes of an operator's user name; a session with a longer one is void.
pub const OPERATOR: usize = 64;
/// Answers remembered so that an act sent twice is one act; the oldest is forgotten.
pub const ACTS: usize = 4_096;
/// Sessions at a time; the one that expires first is ended for a new one.
pub const SESSIONS: usize = 4_096;
/// Persons known, erased ones too; one more is void, and the shell says so before it proposes.
pub const PERSONS: usize = 1_000_000;
/// Devices that help somebody; one more is void, and the shell says so before it proposes.
pub const HELD: usize = 1_000_000;
/// Keys of one person; a signal more is not attributed (void), for a key forgotten is one not erased.
pub const KEYS_OF_A_PERSON: usize = 4_096;
/// Keys remembered of an open alarm that is nobody's; those of later signals are found in the log when it is
/// given to a person.
pub const KEYS_OF_AN_ALARM: usize = 256;

const _: () = assert!(KEYS_OF_AN_ALARM < KEYS_OF_A_PERSON);
const _: () = assert!(DUPLICATES_OPENING < DUPLICATES_PER_DEVICE, "telemetry needs a part too");
const _: () = assert!(LATE * SECOND < BELIEVED_AGE, "late has to be believable");
