//! Every limit of a proof, and what happens at it.

/// Bytes of a proof file; a longer one is not read.
pub const FILE: usize = 64 * 1024 * 1024;
/// Entries in a proof file; an alarm with more is not written as one.
pub const ENTRIES: usize = 10_000;
/// Signed roots in a proof file: the days an alarm lasted, twice (its municipality's, and the centre's); an alarm with
/// more is not written as one.
pub const ROOTS: usize = 1_000;
/// Bytes of an entry's body: the log's own limit.
pub const BODY: usize = 65_440;
/// Steps of a path: a tree of 2^63 leaves, more than a log can count.
pub const STEPS: usize = 63;
