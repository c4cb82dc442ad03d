//! Every limit of the shells, and what happens at it.

use std::time::Duration;

/// So many a second, and so many at once.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// In the long run.
    pub per_second: u64,
    /// Ahead of it.
    pub burst: u64,
}

/// The clock gains or loses at most one nanosecond in this many.
pub const CLOCK_SLEW: u64 = 1_000;
/// A wall clock that differs by more (nanoseconds) is reported as an alarm and not followed.
pub const CLOCK_STEP: u64 = 1_000_000_000;
/// A start with a clock this far after the last entry needs `--accept-clock`.
pub const CLOCK_GAP: Duration = Duration::from_hours(48);

/// How long a new log's first entries may take to be durable; then the start is refused.
pub const BEGIN_WAITS: Duration = Duration::from_secs(10);
/// The same once the log says that it has no room.
pub const BEGIN_WAITS_FULL: Duration = Duration::from_secs(1);
/// Entries passed over at one start because they cannot be applied; with one more the start ends and
/// says so, for then it is the version that is wrong and not an entry.
pub const SKIPS: usize = 16;

/// A signal that may be a person and is not durable after this is shown as a Shout.
pub const SHOUT_AFTER: Duration = Duration::from_secs(1);
/// A signal not durable after this is answered 503 / `not stored`, so that the unit tries its next receiver.
pub const NOT_STORED_AFTER: Duration = Duration::from_secs(4);
/// How often what is pending is looked through for the two limits above.
pub const PENDING_SWEEP: Duration = Duration::from_millis(50);
/// Shouts shown at a time; beyond it the oldest whose unit was sent on leaves the strip, or else the oldest.
pub const SHOUTS: usize = 2_000;

/// How long a Shout whose unit was sent on stays before operators when no entry ever comes.
pub const SHOUT_STAYS: Duration = Duration::from_mins(15);

/// Raw bytes of a message kept in its entry; a longer one is cut, with its full length and hash.
pub const RAW_KEPT: usize = 16 * 1024;
/// Copies a device is remembered by at the gate, before the log; an older copy is found by the central.
pub const GATE_COPIES: usize = 8;
/// Devices remembered at the gate; at the limit it forgets all and lets the central find copies.
pub const GATE_DEVICES: usize = 200_000;

/// Signals of one device: alarms, and apart from them everything else. Beyond it the device is answered
/// 503 / Busy and counted; its alarm, if it has one, already stands before operators.
pub const RATE_DEVICE: Rate = Rate { per_second: 1_000, burst: 2_000 };
/// Signals below person from one address whose senders are not proved; beyond it 503 and counted.
pub const RATE_SOURCE: Rate = Rate { per_second: 5_000, burst: 10_000 };
/// Signals below person of one municipality; beyond it 503 / Busy and counted.
pub const RATE_MUNICIPALITY: Rate = Rate { per_second: 10_000, burst: 20_000 };
/// Buckets of one kind; at the limit all are forgotten, which costs one burst each.
pub const RATE_KEYS: usize = 400_000;

/// Changes a console may be behind before it is disconnected and must fetch a new picture.
pub const CONSOLE_BEHIND: usize = 4_096;

/// How often the messages say that the log takes entries not; between, they are counted.
pub const REFUSALS_SAID: Duration = Duration::from_secs(1);
/// Alarms open, in all, from which senders that are not verified open no more: they are answered 503 and
/// shown, so that forged units never take the last of [`central::limits::OPEN_ALARMS`] from proven ones.
pub const OPEN_UNVERIFIED: usize = 150_000;

/// Signals whose hops are being collected; beyond it the oldest is written as it is.
pub const HOPS: usize = 16_384;
/// How long the hops of one signal are collected before they are written.
pub const HOPS_AFTER: Duration = Duration::from_secs(10);
/// How often counts of refusals and duplicates are written, one entry a device or source.
pub const COUNTED_EVERY: Duration = Duration::from_mins(1);
/// Sources counted at a time; beyond it they are counted together as `other`.
pub const COUNTED_SOURCES: usize = 10_000;

const _: () = assert!(OPEN_UNVERIFIED < central::limits::OPEN_ALARMS);
const _: () = assert!(SHOUT_AFTER.as_millis() < NOT_STORED_AFTER.as_millis());
// A receipt limit beyond a unit's own patience (32 s, RFC 3261 timer F) would be no answer at all.
const _: () = assert!(NOT_STORED_AFTER.as_secs() < 32);

// Housekeeping

/// How often a mirror out of step is tried again.
pub const MIRROR_EVERY: Duration = Duration::from_secs(5);
/// How long a start waits for the mirror to come into step; then it serves, and says that it is not.
pub const MIRROR_AT_START: Duration = Duration::from_secs(5);
/// How long the log is on one disk instead of two before operators are told by a technical alarm.
pub const MIRROR_SHOUT: Duration = Duration::from_secs(10);
/// How often old segments are looked for, to be archived and thinned.
pub const KEEPING_EVERY: Duration = Duration::from_hours(1);
/// How long a stop waits for housekeeping to end; one that hangs on a disk ends with the process.
pub const HOUSEKEEPING_END: Duration = Duration::from_secs(5);

// Snapshots

/// Snapshots kept; the oldest beyond them is removed once a newer one is durable.
pub const SNAPSHOTS_KEPT: usize = 2;
/// Bytes of a snapshot; 150 000 devices took 26 to 38 MB (docs/numbers.md). A longer one is neither written nor read.
pub const SNAPSHOT_BYTES: u64 = 4 << 30;
/// A snapshot is written at least this often, where there was an entry.
pub const SNAPSHOT_AFTER: Duration = Duration::from_hours(24);
/// How often it is looked whether one is due.
pub const SNAPSHOT_LOOK: Duration = Duration::from_secs(1);
/// After one that could not be written, the next try.
pub const SNAPSHOT_RETRY: Duration = Duration::from_mins(10);

// SIP

/// Bytes a datagram may have: the most UDP can carry, so that none is cut.
pub const UDP_DATAGRAM: usize = 65_536;
/// Answers waiting for the socket's task; a further one waits in its own task.
pub const UDP_ANSWERS: usize = 1_024;
/// Bytes read from a stream at a time; on the stack, so that an idle connection holds none.
pub const STREAM_READ: usize = 4_096;
/// SIP connections at a time, TCP and TLS together; a further one is closed at once and counted.
pub const STREAMS: usize = 18_000;
/// Descriptors that connections of units leave for the log's segments, the console and the operations;
/// where the process may open fewer than [`STREAMS`] and these, that many fewer connections are served
/// (half of what it may open at the least), and the start says so.
pub const FILES_KEPT: usize = 1_200;
/// Requests of one connection under way; beyond it the connection is not read until one is answered.
pub const STREAM_IN_FLIGHT: usize = 16;
/// How long one message may take to arrive on a stream; then what came is shown if it may be a
/// person, and the connection is closed.
pub const STREAM_MESSAGE: Duration = Duration::from_secs(20);
/// How long the rest of a message whose end is unknown is waited for before the connection is closed.
pub const STREAM_REST: Duration = Duration::from_millis(300);
/// How long a peer may leave what it is sent unread; then the connection is closed.
pub const STREAM_WRITE: Duration = Duration::from_secs(10);
/// How long a TLS handshake may take.
pub const TLS_HANDSHAKE: Duration = Duration::from_secs(10);
/// TLS handshakes at a time; a further one waits for a place.
pub const TLS_HANDSHAKES: usize = 64;
/// Messages that could not be read and are being handed to the log; a further one is only counted,
/// for the ones before it already stand before an operator.
pub const UNREADABLE: usize = 1_024;

// Keys

/// Keys kept durable ahead of use (2 MiB on disk and in memory); below half of it more are made.
/// When none is left, signals share the reserve.
pub const KEY_POOL: usize = 65_536;
/// Keys set aside for when the pool is empty; shared round robin, so erasing one erases its sharers.
pub const KEY_RESERVE: usize = 256;
/// How long the pool waits after a failed write before it tries again.
pub const KEY_RETRY: Duration = Duration::from_secs(1);

// The control door

/// Wishes in one call of the control door; a command with more makes several calls.
pub const CONTROL_BATCH: usize = 256;
/// Calls at a time; another one is closed at once.
pub const CONTROL_CALLS: usize = 8;
/// How long a call, or the log opened by a command itself, may take; then the command says that nothing is known.
pub const CONTROL_TIME: Duration = Duration::from_mins(1);
/// How long a command waits for an engine that has the log and does not listen yet.
pub const CONTROL_STARTING: Duration = Duration::from_secs(10);
/// Bytes of an answer that a command reads.
pub const CONTROL_ANSWER: u64 = 1024 * 1024;
/// How long an erasure's answer waits for the disk of the keys; then it says that they are not gone yet.
pub const CONTROL_ERASED: Duration = Duration::from_secs(10);

// Persons

/// Bytes of what is known of a person; more is refused.
pub const ABOUT: usize = 16 * 1024;
/// Bytes of the reason why somebody looks; a longer one is refused.
pub const REASON: usize = 1024;

const _: () = assert!(ABOUT + 1024 < central::limits::ENTRY);
const _: () = assert!(KEY_RESERVE < KEY_POOL / 2);

// QUIC

/// Validity of a device's and the centre's certificate (5 years); after it the handshake is refused.
pub const CERTIFICATE_VALID: Duration = Duration::from_hours(5 * 365 * 24);
/// Validity of the authority's own certificate (30 years).
pub const ROOT_VALID: Duration = Duration::from_hours(30 * 365 * 24);
/// A certificate is valid from this long before it was made, for devices whose clocks run behind.
pub const CERTIFICATE_EARLY: Duration = Duration::from_hours(24);
/// Bytes of the list of revoked devices (250 000 ids); a longer one is not read, the last stays in force.
pub const REVOKED_FILE: u64 = 8 * 1024 * 1024;
/// Between beats; told to devices, whose connection is closed after three of them without a packet.
pub const BEAT: Duration = Duration::from_mins(1);
/// How often the list of revoked devices is looked at; a revoked device is cut off within this.
pub const REVOKED_EVERY: Duration = Duration::from_secs(1);

/// Bytes a device may have on the way on one stream; QUIC stops it there.
pub const STREAM_WINDOW: u32 = 64 * 1024;
/// Bytes a device may have on the way in all; QUIC stops it there.
pub const CONNECTION_WINDOW: u32 = 256 * 1024;
/// Bytes of answers kept for a device that does not read; then its answers wait, at most [`ANSWER_LIMIT`].
pub const SEND_WINDOW: u64 = 64 * 1024;
/// Bytes asked of the system for the socket's buffers; it may grant less.
pub const SOCKET_BUFFER: usize = 4 * 1024 * 1024;
/// First datagrams waiting for a handshake; one more is refused by QUIC at once.
pub const INCOMING: usize = 1_024;
/// Bytes kept of all who wait for a handshake; more is dropped and sent again by the device.
pub const INCOMING_BYTES: u64 = 4 * 1024 * 1024;
/// Handshakes at a time; the next waits its turn.
pub const HANDSHAKES: usize = 128;
/// A handshake not complete after this is dropped.
pub const HANDSHAKE_LIMIT: Duration = Duration::from_secs(5);
/// Handshakes under way or waiting, above which an address must be proved first (Retry).
pub const RETRY_ABOVE: usize = 128;
/// Handshakes a second for each /24 of IPv4 or /64 of IPv6; those beyond are left unanswered, and sent again.
pub const NETWORK_RATE: f64 = 500.0;
/// Handshakes a network may begin at once after a quiet time.
pub const NETWORK_BURST: f64 = 1_000.0;
/// Handshakes of one network under way or waiting; those beyond are left unanswered, and sent again.
pub const NETWORK_OPEN: usize = 576;
/// Networks told apart; those beyond share one bucket until others are idle.
pub const NETWORKS: usize = 65_536;
/// Devices remembered (connection, last heard, counters); one more is served without it.
pub const DEVICES: usize = 200_000;
/// A message not finished after this is given up, and shown if it may be a person.
pub const MESSAGE_LIMIT: Duration = Duration::from_secs(10);
/// An answer that a device does not read in this time is dropped.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Milliseconds after which a device may ask again when its lane is full.
pub const BUSY_LANE_MS: u32 = 2_000;
/// Undecodable messages of one device are shown at most this often; between, they are counted.
pub const UNDECODABLE_EVERY: Duration = Duration::from_mins(1);

// A network alone never takes every place, nor the whole of the wait.
const _: () = assert!(NETWORK_OPEN * 2 <= HANDSHAKES + INCOMING);
const _: () = assert!(RETRY_ABOVE < HANDSHAKES + INCOMING);
