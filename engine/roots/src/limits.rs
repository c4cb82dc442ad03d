//! Every limit of the roots, and what happens at it.

use std::time::Duration;

/// Newest entries whose municipality is known without reading; an older one is read from the log again.
pub const KNOWN: usize = 1 << 20;
/// How often the log is looked at beside a running engine.
pub const LOOK_EVERY: Duration = Duration::from_mins(1);
/// How long after a start the first look comes: the start's own first entry is then noted.
pub const FIRST_LOOK: Duration = Duration::from_secs(3);
/// How long after midnight (UTC) a log that nothing moves is moved by a Tick, so that the day can be closed: 5 min in
/// nanoseconds.
pub const IDLE_AFTER: u64 = 300 * 1_000_000_000;
/// Entries read in one go beside a running engine; then the thread rests, so that devices come first.
pub const BREATH: u64 = 2_000;
/// How long it rests.
pub const REST: Duration = Duration::from_millis(5);
/// Bytes of a root file; a longer one is none.
pub const ROOT_FILE: u64 = 4_096;
