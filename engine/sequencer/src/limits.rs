//! Every limit of the loop, and what happens at it.

/// Entries of one batch. What is more waits for the next, most urgent first.
pub const BATCH: usize = 1_024;
/// Bytes of one batch's bodies. What is more waits for the next, most urgent first.
pub const BATCH_BYTES: usize = 512 * 1024;
/// Batches proposed and not yet durable. With more, an alarm would stand behind them while a sync is
/// slow; with one, the disk would rest while the next gathers. Beyond it the lanes wait.
pub const IN_FLIGHT: usize = 2;
/// Inbounds taken from the lanes and not yet proposed. At it nothing more is taken, so that the lanes
/// fill and refuse.
pub const HELD: usize = 2 * BATCH;
/// After the log was full, the next try (50 ms in nanoseconds), unless it has news before.
pub const RETRY: u64 = 50_000_000;
/// Bytes left in the log below which only acts and life-safety are taken, once no segment can be made.
pub const ROOM_FOR_PERSON: u64 = 4 * 1024 * 1024;
/// Bytes left in the log below which only acts are taken, so that operators can still close what came.
pub const ROOM_FOR_ACTS: u64 = 256 * 1024;
/// Bytes an entry takes in the log besides its body, at most.
pub const FRAME: u64 = 128;
/// When nothing else came for so long (1 s in nanoseconds), the last decisions are written by themselves.
pub const REST: u64 = 1_000_000_000;
/// Decisions a refold keeps until the frame to compare them with comes; older ones are not compared.
pub const UNCOMPARED: usize = 16 * BATCH;

const _: () = assert!(BATCH <= journal::limits::BATCH_MAX, "the log would refuse a full batch");
const _: () =
    assert!(central::limits::ENTRY <= journal::limits::BODY_MAX, "the log would refuse it");
const _: () = assert!(central::limits::ENTRY <= BATCH_BYTES, "the largest entry must fit alone");
const _: () = assert!(IN_FLIGHT < journal::limits::QUEUE_DEFAULT);
const _: () = assert!(FRAME as usize >= journal::limits::FRAME_HEAD + journal::limits::ENTRY_HEAD);
const _: () = assert!(ROOM_FOR_ACTS < ROOM_FOR_PERSON);
