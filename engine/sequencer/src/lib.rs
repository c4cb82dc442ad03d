//! The production loop: drain ▸ propose ▸ apply what is durable. No runtime, no clock, no thread of its own.
//!
//! Whoever owns a [`Sequencer`] calls [`Sequencer::turn`] with the present Moment, and when it is idle
//! [`Sequencer::wait`]. What follows from an entry reaches the [`Shell`] only after the entry is durable.

mod gather;
pub mod limits;
mod refold;
mod replay;
mod sequencer;
mod skips;
mod weight;

use bytes::Bytes;
use central::entry::Entry;
use central::output::Output;
use central::{Central, Decision, Placed, Stop, Undecodable};

pub use crate::refold::{Irreproducible, Refolded, Step, refold, refold_seeing};
pub use crate::replay::{Difference, Range, Replayed, replay};
pub use crate::sequencer::Sequencer;
pub use crate::skips::Skips;

/// What a shell or the engine itself wants in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// When it came, nanoseconds since the epoch; the log may raise it.
    pub moment: u64,
    /// An encoded [`Entry`].
    pub body: Bytes,
    /// Who waits for it: handed back with its outcome. 0: nobody.
    pub token: u64,
}

/// Why an inbound was not taken: nothing of it is or will be in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No room, in the log or among the open alarms: the sender is to try its next receiver.
    Full,
    /// The log has stopped; the process is about to leave.
    Stopped,
    /// The body is no entry this node could apply, too long, or came before the genesis was applied: a
    /// mistake of the caller.
    Invalid,
}

/// Why the loop ended for good. Nothing more is promised; the process leaves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// A write or sync failed.
    #[error(
        "the log has stopped after a failed write or sync: start again, the log decides what it kept"
    )]
    Log,
    /// A durable entry cannot be read.
    #[error("entry {seq} cannot be read: {why}")]
    Undecodable {
        /// Which.
        seq: u64,
        /// Why.
        why: Undecodable,
    },
    /// A durable entry cannot be applied.
    #[error("entry {seq} cannot be applied: {why}")]
    Refused {
        /// Which.
        seq: u64,
        /// Why.
        why: Stop,
    },
    /// Applying an entry panicked: a mistake in the central.
    #[error(
        "entry {seq} made the central panic: start again, it is then passed over and shown to operators; report it"
    )]
    Panicked {
        /// Which.
        seq: u64,
        /// The number of its kind.
        kind: Option<u16>,
    },
    /// The log now says that an entry is skipped, and it was applied here.
    #[error(
        "entry {seq} is skipped by entry {by} and was applied here: start again to fold without it"
    )]
    Skipped {
        /// Which.
        seq: u64,
        /// The entry that says so.
        by: u64,
    },
}

/// What a turn came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Something was done: turn again.
    Worked,
    /// Nothing to do before this Moment, or before somebody wakes the lanes.
    Idle {
        /// When; `None`: only on a wake.
        wake: Option<u64>,
    },
    /// For good.
    Stopped(Halt),
}

/// What stands around the loop: the server, or the simulator.
pub trait Shell {
    /// An entry is durable and about to be applied. A panic here is taken for one of the central's: so
    /// tests plant one.
    fn meets(&mut self, _at: &Placed, _entry: &Entry) {}

    /// An entry is durable and applied. `token` is the inbound's where this node proposed it in this
    /// run, else 0: then no receipt is owed here. The outputs may be taken.
    fn applied(&mut self, at: &Placed, entry: &Entry, token: u64, outputs: &mut Vec<Output>);

    /// What was decided about it, told after [`Shell::applied`]. Most shells know all they need by then.
    fn decided(&mut self, _at: &Placed, _token: u64, _decision: &Decision) {}

    /// An inbound was not taken.
    fn refused(&mut self, inbound: Inbound, why: Why);

    /// The log's health changed.
    fn health(&mut self, health: &journal::Health);

    /// A turn is over; the state may be read.
    fn turned(&mut self, central: &Central);
}
