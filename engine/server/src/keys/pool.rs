//! Keys that are durable and not yet used.

use std::collections::{HashSet, VecDeque};
use std::hint::black_box;

use central::words::KeyId;

use crate::limits::{KEY_POOL, KEY_RESERVE};

/// Bytes of an AES-256 key.
pub(super) const KEY: usize = 32;

/// One key; its memory is overwritten when it is dropped.
#[derive(Clone)]
pub(super) struct Key([u8; KEY]);

/// A key and its name.
#[derive(Clone)]
pub(super) struct Slot {
    pub(super) id: u64,
    pub(super) key: Key,
}

/// What the pool gave.
pub(super) struct Taken {
    pub(super) slot: Slot,
    /// The pool asks to be filled.
    pub(super) low: bool,
    /// Others are sealed under this key too.
    pub(super) shared: bool,
}

/// Keys in the order of their ids, and a reserve for when there are none.
#[derive(Default)]
pub(super) struct Pool {
    ready: VecDeque<Slot>,
    reserve: Vec<Slot>,
    turn: usize,
    /// The reserve has been drawn on and is due to be renewed.
    drawn: bool,
    /// To be erased, oldest first.
    pub(super) doomed: Vec<KeyId>,
}

impl Key {
    /// `None`: all zeros, which is how an erased key looks.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; KEY] = bytes.try_into().ok()?;
        (bytes != [0; KEY]).then_some(Self(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.fill(0);
        // Keeps the compiler from dropping a write that nothing reads.
        black_box(&self.0);
    }
}

impl Pool {
    pub(super) fn len(&self) -> usize {
        self.ready.len()
    }

    pub(super) fn is_low(&self) -> bool {
        self.ready.len() < KEY_POOL / 2
    }

    pub(super) fn take(&mut self) -> Option<Taken> {
        if let Some(slot) = self.ready.pop_front() {
            return Some(Taken { slot, low: self.is_low(), shared: false });
        }
        self.drawn = true;
        self.turn = self.turn.wrapping_add(1);
        let slot = self.reserve.get(self.turn.checked_rem(self.reserve.len())?)?.clone();
        Some(Taken { slot, low: true, shared: true })
    }

    /// A key that nobody shares.
    pub(super) fn own(&mut self) -> Option<Slot> {
        self.ready.pop_front()
    }

    /// Adds durable keys, setting a few aside as the reserve where that is missing or was drawn on.
    pub(super) fn add(&mut self, keys: Vec<Slot>) {
        self.ready.extend(keys);
        if (self.drawn || self.reserve.is_empty()) && self.ready.len() > KEY_RESERVE {
            let reserve = self.ready.drain(..KEY_RESERVE).collect();
            self.reserve_of(reserve);
        }
    }

    pub(super) fn reserve_of(&mut self, reserve: Vec<Slot>) {
        self.reserve = reserve;
        self.drawn = false;
    }

    #[cfg(test)]
    pub(super) fn reserve(&self) -> impl Iterator<Item = &Slot> {
        self.reserve.iter()
    }

    pub(super) fn forget(&mut self, keys: &[KeyId]) {
        let gone: HashSet<u64> = keys.iter().map(|key| key.0).collect();
        let kept = |slot: &Slot| !gone.contains(&slot.id);
        self.ready.retain(kept);
        self.reserve.retain(kept);
    }
}
