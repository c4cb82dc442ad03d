//! What the log's threads and its owner tell each other.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::walk::Cursor;
use crate::limits::{ENTRY_HEAD, FRAME_HEAD, STALL_NANOS};
use crate::seam::{Entry, Health, Wake};

/// What one sync made durable.
pub(super) struct Synced {
    pub(super) entries: Vec<Entry>,
    /// Batches that ended in it.
    pub(super) batches: usize,
}

pub(super) struct Shared {
    wake: Wake,
    opened: Instant,
    /// Nanoseconds after `opened` at which the write under way began; 0 when there is none.
    under_way: AtomicU64,
    /// No segment can be made ahead.
    failing: AtomicBool,
    /// A batch was refused for want of room.
    refused: AtomicBool,
    stopped: AtomicBool,
    /// The owner wants the threads to end.
    pub(super) ending: AtomicBool,
    /// Bytes left in the live segment.
    pub(super) room: AtomicU64,
    /// Bytes of frames proposed and not yet durable.
    pub(super) pending: AtomicU64,
    /// Batches proposed and not yet polled.
    pub(super) in_flight: AtomicUsize,
    /// The first Seq still kept.
    pub(super) first: AtomicU64,
    out: Mutex<VecDeque<Synced>>,
    durable: Mutex<Cursor>,
    /// Each segment with its first Seq, rising.
    firsts: Mutex<VecDeque<(u64, u64)>>,
    trouble: Mutex<Option<String>>,
}

impl Shared {
    pub(super) fn new(wake: Wake, durable: Cursor, firsts: Vec<(u64, u64)>) -> Self {
        let first = firsts.first().map_or(1, |(_, seq)| *seq);
        Self {
            wake,
            opened: Instant::now(),
            under_way: AtomicU64::new(0),
            failing: AtomicBool::new(false),
            refused: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            room: AtomicU64::new(0),
            pending: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            first: AtomicU64::new(first),
            out: Mutex::default(),
            durable: Mutex::new(durable),
            firsts: Mutex::new(firsts.into()),
            trouble: Mutex::default(),
        }
    }

    pub(super) fn wake(&self) {
        (self.wake)();
    }

    /// Hands over what a sync made durable.
    pub(super) fn publish(&self, synced: Synced, durable: &Cursor, begun: Option<(u64, u64)>) {
        *lock(&self.durable) = *durable;
        lock(&self.firsts).extend(begun);
        lock(&self.out).push_back(synced);
        self.wake();
    }

    pub(super) fn take(&self) -> Option<Synced> {
        lock(&self.out).pop_front()
    }

    pub(super) fn durable(&self) -> Cursor {
        *lock(&self.durable)
    }

    pub(super) fn firsts(&self) -> MutexGuard<'_, VecDeque<(u64, u64)>> {
        lock(&self.firsts)
    }

    pub(super) fn write_begins(&self) {
        let nanos = self.opened.elapsed().as_nanos() as u64;
        self.under_way.store(nanos.max(1), SeqCst);
    }

    pub(super) fn write_ends(&self) {
        self.under_way.store(0, SeqCst);
    }

    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(SeqCst)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(SeqCst)
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(SeqCst)
    }

    /// No segment could be made: only the live one's room is left.
    pub(super) fn low(&self, why: String) {
        *lock(&self.trouble) = Some(why);
        self.failing.store(true, SeqCst);
        self.wake();
    }

    /// A segment was made again.
    pub(super) fn recovered(&self) {
        if self.failing.swap(false, SeqCst) {
            self.refused.store(false, SeqCst);
            *lock(&self.trouble) = None;
            self.wake();
        }
    }

    /// A write or sync failed: nothing more is promised.
    pub(super) fn stop(&self, why: String) {
        *lock(&self.trouble) = Some(why);
        self.stopped.store(true, SeqCst);
        self.wake();
    }

    pub(super) fn trouble(&self) -> Option<String> {
        lock(&self.trouble).clone()
    }

    /// Takes room for a batch, or says there is none.
    pub(super) fn reserve(&self, bytes: u64) -> bool {
        let pending = self.pending.load(SeqCst);
        if self.is_failing() && pending + bytes > self.room.load(SeqCst) {
            self.refused.store(true, SeqCst);
            return false;
        }
        self.pending.fetch_add(bytes, SeqCst);
        true
    }

    /// Nanoseconds the write under way has lasted.
    pub(super) fn lasted(&self) -> Option<u64> {
        match self.under_way.load(SeqCst) {
            0 => None,
            began => Some((self.opened.elapsed().as_nanos() as u64).saturating_sub(began)),
        }
    }

    pub(super) fn health(&self) -> Health {
        let room = self.room.load(SeqCst);
        let full = room < (FRAME_HEAD + ENTRY_HEAD) as u64 || self.refused.load(SeqCst);
        match self.lasted() {
            _ if self.is_stopped() => Health::Stopped,
            _ if self.is_failing() && full => Health::Full,
            Some(nanos) if nanos > STALL_NANOS => Health::Stalled { nanos },
            _ if self.is_failing() => Health::Low { room },
            _ => Health::Ok,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
