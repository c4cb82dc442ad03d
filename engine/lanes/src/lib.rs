//! Bounded lock-free lanes between the shells and the sequencer: one for each urgency.
//!
//! Many producers hold [`Lanes`]; one consumer holds [`Outlet`]. A full lane gives the item back at
//! once, so that the sender is told instead of kept waiting.

pub mod limits;
mod outlet;

use std::sync::Arc;

use crossbeam::queue::ArrayQueue;
use crossbeam::sync::{Parker, Unparker};

pub use crate::limits::Room;
pub use crate::outlet::Outlet;

/// The lanes, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Somebody may be in danger.
    LifeSafety = 0,
    /// Operators' acts, sessions and timers.
    Acts = 1,
    /// Somebody needs a look.
    Person = 2,
    /// Equipment.
    Technical = 3,
    /// Doses, positions, resets, measurements.
    Telemetry = 4,
    /// Tests and training.
    Test = 5,
    /// Imports and counts.
    Bulk = 6,
}

impl Lane {
    /// How many there are.
    pub const COUNT: usize = 7;
    /// Every lane, most urgent first.
    pub const ALL: [Self; Self::COUNT] = [
        Self::LifeSafety,
        Self::Acts,
        Self::Person,
        Self::Technical,
        Self::Telemetry,
        Self::Test,
        Self::Bulk,
    ];

    /// Whether the lane counts against [`limits::BELOW_PERSON`].
    pub const fn below_person(self) -> bool {
        self as usize > Self::Person as usize
    }
}

/// One lane: what trusted sources sent, and apart from it what the others sent.
struct Pair<T> {
    trusted: ArrayQueue<T>,
    untrusted: ArrayQueue<T>,
}

type Pairs<T> = [Pair<T>; Lane::COUNT];

/// The producers' side; a clone is another handle to the same lanes.
pub struct Lanes<T> {
    pairs: Arc<Pairs<T>>,
    waker: Waker,
}

/// Wakes the one consumer; a clone wakes the same one. Calling it when nobody sleeps is cheap and
/// is remembered for the next sleep.
#[derive(Clone, Debug)]
pub struct Waker(Unparker);

impl Waker {
    /// Ends the consumer's present or next [`Outlet::wait`].
    pub fn wake(&self) {
        self.0.unpark();
    }
}

/// Makes the lanes with the rooms of [`limits::ROOM`].
pub fn new<T>() -> (Lanes<T>, Outlet<T>) {
    with_room(&limits::ROOM)
}

/// Makes the lanes with other rooms; a room of zero becomes one.
pub fn with_room<T>(room: &[Room; Lane::COUNT]) -> (Lanes<T>, Outlet<T>) {
    let pairs: Arc<Pairs<T>> = Arc::new(room.map(|room| Pair {
        trusted: ArrayQueue::new(room.trusted.max(1)),
        untrusted: ArrayQueue::new(room.untrusted.max(1)),
    }));
    let parker = Parker::new();
    let waker = Waker(parker.unparker().clone());
    (Lanes { pairs: Arc::clone(&pairs), waker: waker.clone() }, Outlet::new(pairs, parker, waker))
}

impl<T> Lanes<T> {
    /// Puts an item into its lane and wakes the consumer. Never blocks.
    ///
    /// # Errors
    /// The item itself, when its part of the lane is full: tell the sender so.
    pub fn push(&self, lane: Lane, trusted: bool, item: T) -> Result<(), T> {
        let pair = &self.pairs[lane as usize];
        let queue = if trusted { &pair.trusted } else { &pair.untrusted };
        queue.push(item)?;
        self.waker.wake();
        Ok(())
    }

    /// Items waiting in a lane, both parts.
    pub fn depth(&self, lane: Lane) -> usize {
        self.pairs[lane as usize].depth()
    }

    /// A handle that wakes the consumer, for the log.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }
}

impl<T> Clone for Lanes<T> {
    fn clone(&self) -> Self {
        Self { pairs: Arc::clone(&self.pairs), waker: self.waker.clone() }
    }
}

impl<T> Pair<T> {
    fn depth(&self) -> usize {
        self.trusted.len() + self.untrusted.len()
    }
}
