//! Every limit of the projections, and what happens at it.

use std::time::Duration;

/// Entries folded in one transaction; what is left comes in the next.
pub const BATCH: usize = 2_000;
/// Entries read whose decision has not come yet; beyond it they are decided by a fold of the room's own.
pub const UNDECIDED: usize = 20_000;
/// An entry whose decision has not come in this time is decided by a fold of the room's own: nothing came after
/// it that would have brought the decision.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How often the log is looked at for more when there was none.
pub const LOOK: Duration = Duration::from_millis(250);
/// After a failure (a full disk, an unreadable log) the next try comes this much later; always whole, from
/// where the database says it is.
pub const RETRY: Duration = Duration::from_secs(5);
/// Bytes the write-ahead file is cut back to after a checkpoint.
pub const WAL_BYTES: i64 = 16 * 1024 * 1024;
/// KiB of pages the writer keeps in memory.
pub const CACHE_KIB: i64 = 16 * 1024;
/// A question not answered in this time is given up (503 `too_slow`): so long can a reader keep the write-ahead
/// file from being emptied, and a database from being exchanged.
pub const ANSWER_TIME: Duration = Duration::from_secs(2);
/// Questions at a time, and connections kept open for them; others wait within a request's time.
pub const READERS: usize = 4;
/// Alarms on a page; whoever asks for more gets these and where to go on.
pub const PAGE: usize = 200;
/// Signals and acts in one alarm's timeline: the oldest; that there are more is said.
pub const TIMELINE: usize = 2_000;
/// Rows of statistics; whoever asks for more is told to ask for a shorter time.
pub const GROUPS: usize = 2_000;
