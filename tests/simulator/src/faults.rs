//! What goes wrong, and how it is mended.

use journal::memory::Order;

use crate::rng::Rng;

const MILLI: u64 = 1_000_000;

/// One fault, and nanoseconds until it is mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A node is gone; of what was under way so many entries are durable after all.
    Crash { node: usize, keep: usize },
    /// A write or sync fails; the same, but the node knows.
    FailedSync { node: usize, keep: usize },
    /// Nothing becomes durable.
    Stall,
    /// So many bytes are left.
    Room(u64),
    /// The log takes one batch at a time.
    Narrow,
    /// Each batch takes so long.
    Slow(u64),
    /// Too few members answer.
    NoQuorum,
}

impl Fault {
    pub(crate) fn draw(rng: &mut Rng, nodes: usize, order: &Order) -> Self {
        let node = rng.below(nodes as u64) as usize;
        let undecided = order.undecided(node as u16) as u64;
        let keep = rng.below(undecided + 1) as usize;
        match rng.below(10) {
            0..=2 => Self::Crash { node, keep },
            3 => Self::FailedSync { node, keep },
            4 => Self::Stall,
            5 => Self::Room(rng.below(2_000)),
            6 => Self::Room(rng.between(20_000, 400_000)),
            7 => Self::Narrow,
            8 => Self::Slow(rng.between(1, 80) * MILLI),
            _ => Self::NoQuorum,
        }
    }

    /// Applies all but the loss of nodes, which is the caller's.
    pub(crate) fn strike(self, order: &Order) {
        match self {
            Self::Crash { node, keep } => order.crash(node as u16, keep),
            Self::FailedSync { node, keep } => order.fail(node as u16, keep),
            Self::Stall => order.set_stalled(true),
            Self::Room(bytes) => order.set_room(Some(bytes)),
            Self::Narrow => order.set_queue(1),
            Self::Slow(nanos) => order.set_delay(nanos),
            Self::NoQuorum => order.set_quorum(false),
        }
    }
}

/// Everything as it should be.
pub(crate) fn mend(order: &Order) {
    order.set_stalled(false);
    order.set_room(None);
    order.set_queue(journal::limits::QUEUE_DEFAULT);
    order.set_delay(2 * MILLI);
    order.set_quorum(true);
}
