//! A log in memory with faults and virtual time, also as several nodes over one order.
//!
//! [`Order`] is the shared order and the hand that drives it: time, delay, faults. [`Memory`] is one node's log over it.
//! Nothing here has a clock or a thread: the same calls give the same events.

mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::seam::{Batch, Event, Log, Pos, Records, Refused, Unread, Wake};
use state::State;

/// One order that several nodes share, and the switches of its faults.
#[derive(Clone)]
pub struct Order {
    state: Arc<Mutex<State>>,
}

impl Default for Order {
    fn default() -> Self {
        Self::new()
    }
}

impl Order {
    /// An empty order at virtual time 0, without delay or faults.
    pub fn new() -> Self {
        Self { state: Arc::new(Mutex::new(State::new())) }
    }

    /// Opens a node's log. An earlier log of the same node is dead from here on. What the order holds
    /// already is read; what comes is polled.
    pub fn join(&self, node: u16, wake: Wake) -> Memory {
        let (ticket, woken) = with(&self.state, |state| state.join(node, wake));
        run(woken);
        Memory { state: Arc::clone(&self.state), ticket }
    }

    /// Moves virtual time on, in nanoseconds; what is due by then becomes durable, in order.
    pub fn advance_to(&self, now: u64) {
        self.drive(|state| state.now = state.now.max(now));
    }

    /// Nanoseconds from a proposal to durable, for proposals from now on. 0: durable at once.
    pub fn set_delay(&self, nanos: u64) {
        self.drive(|state| state.delay = nanos);
    }

    /// While stalled nothing becomes durable.
    pub fn set_stalled(&self, stalled: bool) {
        self.drive(|state| state.stalled = stalled);
    }

    /// Without a quorum nothing becomes durable, and every node's health says so.
    pub fn set_quorum(&self, quorum: bool) {
        self.drive(|state| state.quorum = quorum);
    }

    /// Bytes of body that still fit (`None`: no bound). A batch over it is refused as `Full`.
    pub fn set_room(&self, room: Option<u64>) {
        self.drive(|state| state.set_room(room));
    }

    /// Batches a node may have proposed and not yet polled.
    pub fn set_queue(&self, batches: usize) {
        self.drive(|state| state.queue = batches);
    }

    /// A node's write fails: of its entries not yet durable the first `keep` are in the order after all,
    /// the others never. Its log is stopped and says so; the other nodes are told.
    pub fn fail(&self, node: u16, keep: usize) {
        self.drive(|state| state.fail(node, keep));
    }

    /// A node is gone without a word: as [`fail`](Self::fail), but its log says nothing any more.
    pub fn crash(&self, node: u16, keep: usize) {
        self.drive(|state| state.crash(node, keep));
    }

    /// The Seq of the last entry in the order.
    pub fn last(&self) -> u64 {
        with(&self.state, |state| state.chain.seq)
    }

    /// Entries proposed by a node and not yet durable.
    pub fn undecided(&self, node: u16) -> usize {
        with(&self.state, |state| state.undecided(node))
    }

    fn drive(&self, change: impl FnOnce(&mut State)) {
        let woken = with(&self.state, |state| {
            change(state);
            state.settle()
        });
        run(woken);
    }
}

/// One node's log over an [`Order`].
pub struct Memory {
    state: Arc<Mutex<State>>,
    ticket: u64,
}

impl Log for Memory {
    fn propose(&mut self, batch: Batch) -> Result<(), Refused> {
        let (answer, woken) = with(&self.state, |state| {
            let answer = state.propose(self.ticket, batch);
            (answer, state.settle())
        });
        run(woken);
        answer
    }

    fn poll(&mut self) -> Option<Event> {
        with(&self.state, |state| state.poll(self.ticket))
    }

    fn read(&self, from: Pos) -> Result<Records, Unread> {
        let records = with(&self.state, |state| state.read(from))?;
        Ok(Box::new(records.into_iter().map(Ok)))
    }

    fn trim(&mut self, below: u64) {
        let woken = with(&self.state, |state| {
            state.trim(below);
            state.settle()
        });
        run(woken);
    }
}

fn with<T>(state: &Mutex<State>, act: impl FnOnce(&mut State) -> T) -> T {
    let mut guard: MutexGuard<'_, State> = state.lock().unwrap_or_else(PoisonError::into_inner);
    act(&mut guard)
}

/// Wakes after the lock is let go: a wake may call back into the log.
fn run(woken: Vec<Wake>) {
    for wake in woken {
        wake();
    }
}
