//! Every limit of the journal, each with what happens at it.

/// Bytes of a frame on disk, head and padding included. A larger entry is refused by `propose` ([`Refused::TooBig`]).
///
/// [`Refused::TooBig`]: crate::Refused::TooBig
pub const FRAME_MAX: usize = 64 * 1024;

/// Bytes of the head every frame begins with.
pub const FRAME_HEAD: usize = 32;

/// Bytes an entry adds before its body: moment, boot, n, i, node, and the hash of the entry before it.
pub const ENTRY_HEAD: usize = 64;

/// Bytes of a body, of an entry or of what was decided. A longer one is refused by `propose`.
pub const BODY_MAX: usize = FRAME_MAX - FRAME_HEAD - ENTRY_HEAD;

/// Entries, and decided frames, of one batch. A larger batch is refused by `propose`.
pub const BATCH_MAX: usize = 4096;

/// Batches proposed and not yet polled. One more is refused with `Full`; the caller keeps it and proposes it again.
pub const QUEUE_DEFAULT: usize = 1024;

/// Bytes of one sync group. What is left over goes into the next group.
pub const GROUP_MAX: usize = 1024 * 1024;

/// Bytes of a segment file, unless the options say otherwise.
pub const SEGMENT_DEFAULT: u64 = 64 * 1024 * 1024;

/// Smallest segment: its header and one largest frame must fit. `open` refuses a smaller one.
pub const SEGMENT_MIN: u64 = 72 * 1024;

/// Largest segment: a place in it must fit in 32 bits. `open` refuses a larger one.
pub const SEGMENT_MAX: u64 = 1024 * 1024 * 1024;

/// Nanoseconds a write or sync may be under way before the log's health is `Stalled`.
pub const STALL_NANOS: u64 = 1_000_000_000;

/// Milliseconds between two notes of the head, and between two tries to make a segment after one failed.
pub const NOTE_MILLIS: u64 = 1_000;

/// Milliseconds between two looks of the watchdog at the write under way.
pub const WATCH_MILLIS: u64 = 250;

/// Milliseconds a write or sync of the mirror may take; beyond it the log goes on without the mirror. Under the 4 s after
/// which a unit is told `not stored`.
pub const MIRROR_WAIT_MILLIS: u64 = 2_000;

/// Writes that may wait for one file of the mirror; one more waits, at most [`MIRROR_WAIT_MILLIS`].
pub const MIRROR_JOBS: usize = 64;

/// Bytes the mirror may be behind when writers are held for the rest of its coming into step.
pub const MIRROR_GAP: u64 = 256 * 1024;

/// Rounds of copying in one try to bring the mirror into step; then it is tried anew.
pub const MIRROR_ROUNDS: u32 = 64;

/// Milliseconds between two such rounds.
pub const MIRROR_PAUSE_MILLIS: u64 = 20;

/// Bytes of the block a segment begins with, and of one slot of the head note.
pub const BLOCK: usize = 4096;

const _: () = assert!(BODY_MAX + ENTRY_HEAD + FRAME_HEAD == FRAME_MAX);
const _: () = assert!(SEGMENT_MIN >= (BLOCK + FRAME_MAX) as u64);
const _: () = assert!(SEGMENT_DEFAULT >= SEGMENT_MIN && SEGMENT_DEFAULT <= SEGMENT_MAX);
const _: () = assert!(SEGMENT_MAX <= u32::MAX as u64);
const _: () = assert!(GROUP_MAX >= FRAME_MAX + BLOCK);
