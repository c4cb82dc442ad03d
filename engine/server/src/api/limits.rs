//! Every limit of the console's API, and what happens at it.

use std::time::Duration;

/// Connections at a time; another one is closed at once.
pub const CONNECTIONS: usize = 512;
/// Live connections at a time, in all; another one is answered 503 `busy`.
pub const LIVE: usize = 256;
/// Live connections of one session, so that no session takes all of [`LIVE`]; another one is answered 503 `busy`.
pub const LIVE_PER_SESSION: usize = 8;
/// A request head that takes longer, or a connection idle for so long, is closed.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// Header lines of a request; one with more is answered 431.
pub const HEADERS: usize = 64;
/// Bytes of a request head; a longer one is answered 431.
pub const HEAD: usize = 16 * 1024;
/// A request that takes longer, its body included, is answered 503 `busy`. Longer than the 4 s of an act.
pub const REQUEST_TIME: Duration = Duration::from_secs(10);
/// A connection this old is closed after its present request; a live connection is not bound by it.
pub const CONNECTION_AGE: Duration = Duration::from_mins(5);
/// What is under way at a stop, or at [`CONNECTION_AGE`], has this long.
pub const GRACE: Duration = Duration::from_secs(5);
/// Bytes of a request body; a longer one is answered 413.
pub const BODY: usize = 16 * 1024;
/// Bytes of a note with a close; a longer one is answered 400.
pub const NOTE: usize = 4 * 1024;

/// A session ends by itself after this: one long shift.
pub const SESSION: Duration = Duration::from_hours(12);
/// A one-time login not used for this long is void.
pub const ONCE: Duration = Duration::from_mins(10);
/// One-time logins at a time; beyond it the oldest is void.
pub const ONCES: usize = 256;

/// Wrong logins of one account, or from one source address, within [`THROTTLE_WINDOW`]; after them
/// passwords are answered 429 unread until the first of them is that old.
pub const FAILURES: usize = 10;
/// See [`FAILURES`].
pub const THROTTLE_WINDOW: Duration = Duration::from_mins(15);
/// Accounts and sources whose failures are remembered, each; beyond it the one that failed longest ago is forgotten.
pub const THROTTLED: usize = 10_000;
/// Passwords verified at a time (each takes 19 MiB and a core for tens of milliseconds); others wait within [`REQUEST_TIME`].
pub const VERIFYING: usize = 2;
/// Bytes of a password; a longer one is answered 400.
pub const PASSWORD: usize = 256;

/// Details of alarms read at a time; others wait within [`REQUEST_TIME`].
pub const READING: usize = 8;

/// Persons in one answer; the next ones are asked for after the last.
pub const PERSONS_LISTED: usize = 1_000;

/// How often a live connection hears from the server, and is looked at: expired, or its page gone.
pub const BEAT: Duration = Duration::from_secs(5);
/// A page that takes nothing for this long is disconnected.
pub const SEND_TIME: Duration = Duration::from_secs(5);
/// A page not heard from for this long (its browser answers every beat's ping) is disconnected.
pub const PAGE_SILENT: Duration = Duration::from_secs(30);
/// Bytes of one message from a page; a longer one closes the connection.
pub const PAGE_MESSAGE: usize = 16 * 1024;
/// Rows kept as text, so that each change is written once for all consoles; two that share a slot are written anew each time.
pub const FACES: usize = 4_096;

/// Asked states waiting for the sequencer; another one is answered 503.
pub const PROBES: usize = 16;
/// A state not told in this time is answered 503.
pub const PROBE_TIME: Duration = Duration::from_secs(2);

const _: () = assert!(REQUEST_TIME.as_secs() > crate::limits::NOT_STORED_AFTER.as_secs());
const _: () = assert!(BEAT.as_secs() < PAGE_SILENT.as_secs());
const _: () = assert!(LIVE_PER_SESSION < LIVE);
const _: () = assert!(NOTE < BODY);
