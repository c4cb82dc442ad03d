//! Every limit of the player, and what happens at it.

use std::time::Duration;

/// Orders a device may have waiting. When full, the signal is not sent and counts as unanswered
/// ("player overrun"); a beat is skipped.
pub const ORDERS: usize = 256;

/// Messages a SCAIP unit waits for at once. A signal beyond it is not sent and counts as unanswered
/// ("unit full"); a beat or duplicate is skipped.
pub const UNIT_PENDING: usize = 1024;

/// Devices that connect in each second of the start, unless the plan says otherwise; the others wait
/// their turn.
pub const CONNECTS_PER_SECOND: u32 = 500;

/// A connection not made by then has failed, and is tried again after the backoff.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A write to a stream not taken by then: the connection is given up.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a device that does not stay keeps its connection after its last answer.
pub const LINGER: Duration = Duration::from_secs(5);

/// The pause between packets that keep an idle QUIC connection open.
pub const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Silence after which a QUIC connection counts as lost (the smaller of both sides' words holds).
pub const QUIC_IDLE: Duration = Duration::from_mins(2);

/// How long the end of a run waits for answers to what was sent, unless the plan says otherwise.
pub const DRAIN: Duration = Duration::from_secs(15);

/// Devices that share one UDP socket for QUIC.
pub const DEVICES_PER_ENDPOINT: usize = 2_000;

/// Parts of the ledger that can be written at the same time.
pub const SHARDS: usize = 4;

/// Sent signals a device can send again unchanged; an older one's duplicate is skipped.
pub const REMEMBERED: usize = 16;

/// Bytes read at once. A longer datagram is cut, does not parse, and counts as lost.
pub const READ_BYTES: usize = 4096;

/// Nanoseconds between sending a SCAIP message and sending it again under the same `ref`, for as
/// long as no `mrs` accepts it; the last step repeats.
pub const RETRY_NS: [u64; 5] =
    [10_000_000_000, 20_000_000_000, 40_000_000_000, 60_000_000_000, 60_000_000_000];

/// Nanoseconds after which the answer to a beat or a duplicate is no longer waited for.
pub const PLAIN_WAIT_NS: u64 = 32_000_000_000;

/// First ceiling of a SCAIP unit's reconnect wait in nanoseconds; it doubles with each failure.
pub const BACKOFF_FIRST_NS: u64 = 1_000_000_000;

/// Last ceiling when no alarm waits (nanoseconds).
pub const BACKOFF_LAST_NS: u64 = 60_000_000_000;

/// Last ceiling while an alarm waits (nanoseconds).
pub const BACKOFF_ALARM_NS: u64 = 4_000_000_000;

const _: () = assert!(BACKOFF_ALARM_NS < BACKOFF_LAST_NS);
const _: () = assert!(KEEP_ALIVE.as_secs() * 2 < QUIC_IDLE.as_secs());
