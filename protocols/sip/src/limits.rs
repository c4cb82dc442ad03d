//! Every limit of this crate, and what happens at it.

/// A whole message, head and body, in bytes. A stream whose message would be larger is broken
/// ([`Why::TooLarge`](crate::Why::TooLarge), answer 413, close); a larger datagram cannot exist.
pub const MAX_MESSAGE: usize = 65_536;

/// Start line, headers and the empty line, in bytes. Beyond it the message is malformed
/// ([`Why::HeadTooLarge`](crate::Why::HeadTooLarge), answer 513); what was read is salvaged.
pub const MAX_HEAD: usize = 16_384;

/// One line with its folded continuations, in bytes. Beyond it the message is malformed
/// ([`Why::LineTooLong`](crate::Why::LineTooLong), answer 400); the other headers are salvaged.
pub const MAX_LINE: usize = 8_192;

/// Header lines in one message. The 101st makes it malformed
/// ([`Why::TooManyHeaders`](crate::Why::TooManyHeaders), answer 400); the first 100 are salvaged.
pub const MAX_HEADERS: usize = 100;

/// Room taken at once for an announced body, in bytes. A larger one gets room as it arrives, so
/// that a promise alone costs us no memory.
pub const EAGER_ROOM: usize = 4_096;

/// Server transactions remembered at once, unless the caller says otherwise. When full, the
/// oldest answered one is forgotten: a later copy of it then counts as new, and the layer above
/// must know it as a duplicate. With none answered to forget, the request is `Full`: answer 503.
pub const MAX_SERVER_TRANSACTIONS: usize = 131_072;

/// Bytes of stored answers, unless the caller says otherwise. Beyond it the oldest answered
/// transactions are forgotten, as above.
pub const MAX_SERVER_ANSWER_BYTES: usize = 64 << 20;

/// Our own requests under way at once, unless the caller says otherwise. When full,
/// `ClientTransactions::start` refuses and the caller keeps the request for later.
pub const MAX_CLIENT_TRANSACTIONS: usize = 16_384;

const SECOND: u64 = 1_000_000_000;

/// Estimate of a round trip, nanoseconds (RFC 3261 17.1.1.1).
pub const T1: u64 = SECOND / 2;

/// Longest pause between retransmissions, nanoseconds (RFC 3261 17.1.2.2).
pub const T2: u64 = 4 * SECOND;

/// Longest life of a message in the network, nanoseconds; also timer K over datagrams
/// (RFC 3261 17.1.2.2).
pub const T4: u64 = 5 * SECOND;

/// Timer F, nanoseconds: our request has failed when no final response came by then.
pub const TIMER_F: u64 = 64 * T1;

/// Timer J over datagrams, nanoseconds: how long an answer is kept for retransmissions
/// (RFC 3261 17.2.2). Also the longest a transaction may stay unanswered, on any transport: then
/// it is forgotten, and a later copy counts as new.
pub const TIMER_J: u64 = 64 * T1;

/// How long a nonce may be used, nanoseconds. After it the answer to a right password is "stale",
/// and the unit answers a new challenge by itself.
pub const NONCE_LIFE: u64 = 300 * SECOND;

/// Nonces in use whose counts are remembered, about 50 bytes each. Beyond it the oldest are
/// forgotten and count as used up: their units are challenged again.
pub const MAX_NONCES: usize = 131_072;

/// Bytes of what is kept of a REGISTER: of the URI in one Contact, of Call-ID, of the address of
/// record. A longer one is refused with 403.
pub const MAX_CONTACT: usize = 512;

/// Addresses of record with a binding at once, unless the caller says otherwise. Beyond it a new
/// one is refused with 503; those that are there go on.
pub const MAX_REGISTERED: usize = 262_144;

/// Contacts of one address of record, unless the caller says otherwise. A request with more is
/// refused with 403; otherwise the one that would end soonest gives way to a new one.
pub const MAX_CONTACTS: usize = 8;

/// Seconds a binding lasts at least, unless the caller says otherwise. Less is refused with 423.
pub const MIN_EXPIRES: u32 = 60;

/// Seconds a binding lasts at most, unless the caller says otherwise. More is shortened to it.
pub const MAX_EXPIRES: u32 = 86_400;

/// Seconds a binding lasts when the unit does not say (RFC 3261 10.2.1.1), unless the caller says
/// otherwise.
pub const DEFAULT_EXPIRES: u32 = 3_600;

/// Bytes of a voice address with the longest alarm id in it: what `tnu` may have. A longer one is
/// refused when it is configured.
pub const MAX_VOICE: usize = 256;

// A header's place in the head is kept in 16 bits.
const _: () = assert!(MAX_HEAD <= u16::MAX as usize);
const _: () = assert!(MAX_LINE <= MAX_HEAD && MAX_HEAD < MAX_MESSAGE);
const _: () = assert!(MIN_EXPIRES <= DEFAULT_EXPIRES && DEFAULT_EXPIRES <= MAX_EXPIRES);
const _: () = assert!(MAX_CONTACT < MAX_LINE && TIMER_J < NONCE_LIFE);
const _: () = assert!(T1 < T2 && T2 < TIMER_F && T4 < TIMER_J);
