//! The consumer's side: what is most urgent first.

use std::sync::Arc;
use std::time::Duration;

use crossbeam::sync::Parker;

use crate::limits::BELOW_PERSON;
use crate::{Lane, Pair, Pairs, Waker};

/// The one consumer of the lanes.
pub struct Outlet<T> {
    pairs: Arc<Pairs<T>>,
    parker: Parker,
    waker: Waker,
}

impl<T> Outlet<T> {
    pub(crate) fn new(pairs: Arc<Pairs<T>>, parker: Parker, waker: Waker) -> Self {
        Self { pairs, parker, waker }
    }

    /// Appends at most `max` items to `out` and says how many: strictly by urgency, at most
    /// [`BELOW_PERSON`] of them from below person, first in first out within a part of a lane.
    pub fn drain(&mut self, out: &mut Vec<T>, max: usize) -> usize {
        self.drain_where(out, max, |_| true)
    }

    /// As [`Outlet::drain`], leaving the lanes that `wanted` does not name.
    pub fn drain_where(
        &mut self,
        out: &mut Vec<T>,
        max: usize,
        wanted: impl Fn(Lane) -> bool,
    ) -> usize {
        let before = out.len();
        let mut below = BELOW_PERSON;
        for lane in Lane::ALL.into_iter().filter(|lane| wanted(*lane)) {
            let left = max - (out.len() - before);
            let room = if lane.below_person() { left.min(below) } else { left };
            let taken = self.pairs[lane as usize].take(out, room);
            if lane.below_person() {
                below -= taken;
            }
        }
        out.len() - before
    }

    /// Items waiting in a lane, both parts.
    pub fn depth(&self, lane: Lane) -> usize {
        self.pairs[lane as usize].depth()
    }

    /// Whether every lane is empty.
    pub fn is_empty(&self) -> bool {
        self.pairs.iter().all(|pair| pair.depth() == 0)
    }

    /// A handle that ends [`Outlet::wait`], for the log.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Sleeps until something is pushed, a [`Waker`] is used or the time is over. What came just
    /// before the call ends it at once; it may also end for no reason.
    pub fn wait(&self, timeout: Duration) {
        self.parker.park_timeout(timeout);
    }
}

impl<T> Pair<T> {
    /// Takes at most `room` items, in turn from either part, so that neither starves the other.
    fn take(&self, out: &mut Vec<T>, room: usize) -> usize {
        let before = out.len();
        while out.len() - before < room {
            let mut found = false;
            for queue in [&self.trusted, &self.untrusted] {
                if out.len() - before < room
                    && let Some(item) = queue.pop()
                {
                    out.push(item);
                    found = true;
                }
            }
            if !found {
                break;
            }
        }
        out.len() - before
    }
}
