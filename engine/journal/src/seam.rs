//! The seam: what every kind of log takes and gives. The journal never looks into a body.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

/// SHA-256.
pub type Hash = [u8; 32];

/// Called, from any thread, whenever `poll` may have news. Must return at once.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Everything a log keeps from some place on, in log order.
pub type Records = Box<dyn Iterator<Item = Result<Record, Damage>> + Send>;

/// Where the log keeps an entry. The log's own: callers keep it, compare it and hand it back to the same log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pos(pub(crate) u64);

impl Pos {
    /// Before everything the log still keeps.
    pub const START: Self = Self(0);

    /// The form to store, for a projection that notes how far it has come.
    pub const fn to_u64(self) -> u64 {
        self.0
    }

    /// The stored form again.
    pub const fn from_u64(stored: u64) -> Self {
        Self(stored)
    }
}

/// A proposed entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Nanoseconds since the epoch; the log may raise it to its predecessor's.
    pub moment: u64,
    /// At most [`BODY_MAX`](crate::limits::BODY_MAX) bytes.
    pub body: Bytes,
}

/// What was decided about an entry already in the log: a frame beside the entries, without a Seq of its own
/// and not in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The entry it was decided about.
    pub seq: u64,
    /// At most [`BODY_MAX`](crate::limits::BODY_MAX) bytes.
    pub body: Bytes,
}

/// What one node proposes at once. (node, boot, n) makes a retry harmless: what is already in the log does nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The proposing node.
    pub node: u16,
    /// Its start; greater than every earlier start of the same node.
    pub boot: u64,
    /// Its count within that start. Must rise: a batch not above the last one taken is a retry of it.
    pub n: u64,
    /// New entries, in order; at most [`BATCH_MAX`](crate::limits::BATCH_MAX).
    pub entries: Vec<Draft>,
    /// What was decided about earlier entries; at most [`BATCH_MAX`](crate::limits::BATCH_MAX).
    pub decided: Vec<Decided>,
}

/// A batch not taken, handed back whole: nothing of it will reach the log unless it is proposed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The queue or the disk has no room now; propose it again after news from `poll`.
    Full(Batch),
    /// The log has stopped for good: leave the process.
    Stopped(Batch),
    /// A body or the batch is over its limit: a mistake of the caller.
    TooBig(Batch),
}

/// One entry as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is kept.
    pub pos: Pos,
    /// Dense, from 1, in log order.
    pub seq: u64,
    /// Nanoseconds since the epoch, never below the entry before.
    pub moment: u64,
    /// Hash of the entry before; zeros in the first.
    pub prev: Hash,
    /// Its own hash.
    pub hash: Hash,
    /// Who proposed it.
    pub node: u16,
    /// In which of its starts.
    pub boot: u64,
    /// In which batch of that start.
    pub n: u64,
    /// At which index of that batch.
    pub i: u32,
    /// What was proposed.
    pub body: Bytes,
}

/// What a log keeps: entries, and between them what was decided about earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An entry.
    Entry(Entry),
    /// What was decided about an entry.
    Decided(Decided),
}

/// How the log is. Reported when it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Durable writes succeed.
    Ok,
    /// A write has been under way for more than a second. Nothing is lost; nothing is promised either.
    Stalled {
        /// Nanoseconds it had been under way when this was reported.
        nanos: u64,
    },
    /// No further segment can be made: only what is left in the live one can be used.
    Low {
        /// Bytes left when this was reported.
        room: u64,
    },
    /// A batch was refused for want of room, or none is left. Smaller ones may still fit. Intake resumes by itself
    /// when there is room again.
    Full,
    /// Too few members answer (a log of several nodes).
    NoQuorum,
    /// A write or sync failed: nothing more is promised, the process must exit (74).
    Stopped,
}

impl Health {
    /// The same state, whatever its figures.
    pub fn same_kind(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// What `poll` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The next entry in log order, durable. Whoever proposed it.
    Entry(Entry),
    /// Entries below this Seq are no longer kept.
    Trimmed {
        /// The first Seq still kept.
        below: u64,
    },
    /// The log's health changed.
    Health(Health),
    /// A member of a log of several nodes is gone.
    MemberLost {
        /// Which.
        node: u16,
    },
}

/// A place where the log is not what was written. Never repaired by shortening.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the log is damaged in {}, byte {offset}, where entry {seq} is expected: {flaw}; keep the folder as it is \
     and restore this file from the mirror or the backup",
    file.display()
)]
pub struct Damage {
    /// In which file.
    pub file: PathBuf,
    /// At which byte of it.
    pub offset: u64,
    /// The first Seq that cannot be vouched for.
    pub seq: u64,
    /// What is wrong there.
    pub flaw: Flaw,
}

/// What is wrong at a damaged place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A frame does not match its checksum although later groups follow it.
    #[error("a frame does not match its checksum and later ones follow it")]
    Frame,
    /// A frame is whole but does not follow the one before it.
    #[error("a whole frame does not follow the one before it")]
    Order,
    /// A segment's header does not match its checksum, its name or the segment before.
    #[error(
        "the header of the segment does not match its checksum, its name or the segment before"
    )]
    Header,
    /// Bytes that are not zero after the end of a segment.
    #[error("bytes that are not zero follow the end")]
    Tail,
    /// The log ends before the noted head.
    #[error("the log ends here, before its noted head (entry {head})")]
    Short {
        /// Seq of the noted head.
        head: u64,
    },
    /// The noted head is in the log, but is not the entry found there.
    #[error("the entry here is not the noted head")]
    Head,
    /// The head note cannot be read.
    #[error("the head note is missing or does not match its checksum")]
    Note,
    /// A segment is missing.
    #[error("this segment is missing")]
    Missing,
    /// A segment's file has not its full length.
    #[error("the file is {len} bytes long, its header says {size}")]
    Length {
        /// Bytes found.
        len: u64,
        /// Bytes expected.
        size: u64,
    },
    /// The disk refused to read.
    #[error("the disk refused to read it ({0})")]
    Unreadable(String),
}

/// Why reading cannot begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// That place is trimmed away.
    #[error("entries below {below} are no longer kept: start from a snapshot or from a backup")]
    Trimmed {
        /// The first Seq still kept.
        below: u64,
    },
    /// The log does not hold what it must.
    #[error(transparent)]
    Damage(#[from] Damage),
}

/// A log: makes batches durable, gives them one order, and tells in that order.
pub trait Log {
    /// Hands over a batch. Never waits. Handed over is not yet durable: only `poll` says so. A batch proposed
    /// again adds nothing to what the log already has of it.
    ///
    /// # Errors
    /// The batch comes back whole; see [`Refused`].
    fn propose(&mut self, batch: Batch) -> Result<(), Refused>;

    /// The next news, if there is any. Entries come in log order, each once, from this opening on; earlier
    /// ones are read. In a log of several nodes what is read may reach past the opening: skip by Seq.
    fn poll(&mut self) -> Option<Event>;

    /// Everything durable from a place on (the entry there included).
    ///
    /// # Errors
    /// See [`Unread`]. Damage met on the way ends the records with an `Err`.
    fn read(&self, from: Pos) -> Result<Records, Unread>;

    /// Lets go of entries below a Seq where whole segments allow it, then tells [`Event::Trimmed`].
    fn trim(&mut self, below: u64);
}
