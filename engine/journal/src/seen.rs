//! What makes a retry harmless: for each node, the last of its proposals that the log has.

use crate::limits::{BATCH_MAX, BODY_MAX};
use crate::seam::Batch;

/// The last proposal of each node. A handful of nodes, so a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    nodes: Vec<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    node: u16,
    batch: (u64, u64),
    /// Entries of that batch in the log.
    taken: usize,
}

/// What of a batch is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fresh {
    /// Entries at its beginning that the log already has.
    pub(crate) skip: usize,
    /// Whether what was decided is new too.
    pub(crate) decided: bool,
}

impl Seen {
    /// Notes an entry found in the log.
    pub(crate) fn note(&mut self, node: u16, boot: u64, n: u64, i: u32) {
        let last = self.of(node);
        last.batch = (boot, n);
        last.taken = i as usize + 1;
    }

    /// Says what of a batch is new, and takes all of it as seen.
    pub(crate) fn take(&mut self, batch: &Batch) -> Fresh {
        let last = self.of(batch.node);
        let count = batch.entries.len();
        match (batch.boot, batch.n).cmp(&last.batch) {
            std::cmp::Ordering::Less => Fresh { skip: count, decided: false },
            std::cmp::Ordering::Equal => {
                let skip = last.taken.min(count);
                last.taken = last.taken.max(count);
                Fresh { skip, decided: false }
            }
            std::cmp::Ordering::Greater => {
                last.batch = (batch.boot, batch.n);
                last.taken = count;
                Fresh { skip: 0, decided: true }
            }
        }
    }

    fn of(&mut self, node: u16) -> &mut Last {
        let at = self.nodes.iter().position(|last| last.node == node).unwrap_or_else(|| {
            self.nodes.push(Last { node, batch: (0, 0), taken: 0 });
            self.nodes.len() - 1
        });
        &mut self.nodes[at]
    }
}

/// Whether a batch keeps the limits.
pub(crate) fn fits(batch: &Batch) -> bool {
    batch.entries.len() <= BATCH_MAX
        && batch.decided.len() <= BATCH_MAX
        && batch.entries.iter().all(|draft| draft.body.len() <= BODY_MAX)
        && batch.decided.iter().all(|decided| decided.body.len() <= BODY_MAX)
}
