//! Every limit of `alarm/1`, each with what happens at it.

/// Bytes in one message or one answer. A longer message is answered `refused` (too large) without
/// being read further.
pub const MESSAGE_BYTES: usize = 4096;

/// Streams a device may have open at once; the centre's QUIC stack allows no more, so a fifth waits
/// in the device.
pub const STREAMS: u8 = 4;

/// Unanswered messages a connection that are not alarms. One more is answered `busy` at once: the
/// fourth stream belongs to an alarm.
pub const PLAIN_UNANSWERED: u8 = 3;

/// Milliseconds from the opening of a stream within which its FIN comes. Later: the centre resets
/// the stream with [`crate::close::STREAM_GIVEN_UP`].
pub const MESSAGE_MS: u64 = 10_000;

/// Milliseconds from the arrival of a signal within which it is durable. Later: `not stored`.
pub const STORE_MS: u64 = 4_000;

/// Beat intervals without a packet after which a connection is gone: the idle timeout the centre
/// announces to QUIC.
pub const IDLE_BEATS: u32 = 3;

/// Milliseconds said in the `busy` that a plain message beyond [`PLAIN_UNANSWERED`] gets.
pub const BUSY_FLOW_MS: u32 = 1_000;

/// Entries in one CBOR map. One more: the message is refused as malformed.
pub const MAP_ENTRIES: u64 = 32;

/// Levels of nesting, the outermost map being the first. One more: refused as malformed.
pub const DEPTH: u8 = 8;

/// Bytes of UTF-8 in a device model or firmware name. Longer: refused as malformed.
pub const NAME_BYTES: usize = 64;

/// Bytes of UTF-8 in a location text. Longer: refused as malformed.
pub const LOCATION_BYTES: usize = 128;

/// Bytes of UTF-8 in a free text. Longer: refused as malformed.
pub const TEXT_BYTES: usize = 512;

/// Bytes of UTF-8 in a sensor id. Longer: refused as malformed.
pub const SENSOR_BYTES: usize = 32;

/// Bytes of UTF-8 in a phone number. Longer: refused as malformed.
pub const PHONE_BYTES: usize = 32;

/// Measured values in one signal. One more: refused as malformed.
pub const MEASURED: usize = 8;

/// Decimal places a measured value may claim. More: refused as malformed.
pub const DECIMALS: u8 = 9;

/// Bytes of text in a `refused` answer. A longer text is cut by the one who writes it.
pub const REASON_BYTES: usize = 128;

/// Signals a device keeps that have no receipt. When full, the oldest that is not an alarm makes
/// room; when all are alarms the new signal is refused to the caller.
pub const KEPT_SIGNALS: usize = 64;

/// Bytes of a device id (subject CN). Longer or with other characters: the connection is closed.
pub const DEVICE_ID_BYTES: usize = 32;

/// Counters below the highest that the centre tells apart one by one. An older one is counted as
/// arrived as long as fewer arrived than were sent.
pub const COUNTER_WINDOW: u64 = 256;

/// Milliseconds a device waits for the answer to the n-th sending of a signal, then sends the
/// same bytes again on a new stream. The last step repeats for as long as the device has power.
pub const RETRY_MS: [u64; 5] = [10_000, 20_000, 40_000, 60_000, 60_000];

/// Milliseconds a device waits for the answer to a `hello` or a `beat`, then gives the stream up.
pub const PLAIN_WAIT_MS: u64 = 10_000;

/// Milliseconds without any answer, while one is owed, after which a device takes its connection
/// for dead and makes a new one.
pub const QUIET_MS: u64 = 30_000;

/// Longest wait in milliseconds a device takes from a `busy`; a longer one is cut to this.
pub const BUSY_MS: u32 = 60_000;

/// First ceiling of the reconnect wait in milliseconds; it doubles with each failure.
pub const RECONNECT_FIRST_MS: u64 = 1_000;

/// Last ceiling of the reconnect wait in milliseconds when no alarm waits.
pub const RECONNECT_LAST_MS: u64 = 60_000;

/// Last ceiling of the reconnect wait in milliseconds while an alarm waits.
pub const RECONNECT_ALARM_MS: u64 = 4_000;

/// A connection that lasted this many milliseconds forgets the failures before it.
pub const STEADY_MS: u64 = 60_000;

/// Shortest beat interval in seconds a device takes from a `welcome`; a shorter one is raised.
pub const BEAT_LEAST_S: u32 = 5;

/// Longest beat interval in seconds a device takes from a `welcome`; a longer one is cut.
pub const BEAT_MOST_S: u32 = 90_000;

const _: () = assert!(PLAIN_UNANSWERED < STREAMS);
const _: () = assert!(LOCATION_BYTES + TEXT_BYTES + SENSOR_BYTES + PHONE_BYTES < MESSAGE_BYTES / 2);
const _: () = assert!(RECONNECT_ALARM_MS < RECONNECT_LAST_MS);
const _: () = assert!(COUNTER_WINDOW > KEPT_SIGNALS as u64);
