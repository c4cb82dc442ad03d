//! A hash of many parts that is kept up to date while they come and go, whatever their number.
//!
//! The state hash is asked for by the thread that decides, so it may not take time in proportion to the
//! devices known. Each part is hashed once when it comes and once when it goes; the sum of the hashes,
//! modulo 2²⁵⁶, stands for them all, whatever their order.

use alloc::collections::BTreeMap;
use core::convert::Infallible;
use core::ops::Deref;

use minicbor::Encode;
use minicbor::encode::{Encoder, Write};
use sha2::{Digest, Sha256};

/// Feeds what is encoded to a hash, some fields at a time: most have a few bytes, and the hash would be
/// called for each.
pub(crate) struct Feed {
    hash: Sha256,
    held: [u8; HELD],
    len: usize,
}

/// Bytes held back: the parts of one signal fit.
const HELD: usize = 512;

impl Default for Feed {
    fn default() -> Self {
        Self { hash: Sha256::new(), held: [0; HELD], len: 0 }
    }
}

impl Feed {
    pub(crate) fn finish(mut self) -> [u8; 32] {
        self.flush();
        self.hash.finalize().into()
    }

    fn flush(&mut self) {
        self.hash.update(&self.held[..self.len]);
        self.len = 0;
    }
}

impl Write for Feed {
    type Error = Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        if self.len + bytes.len() > HELD {
            self.flush();
        }
        match self.held.get_mut(self.len..self.len + bytes.len()) {
            Some(free) => {
                free.copy_from_slice(bytes);
                self.len += bytes.len();
            }
            None => self.hash.update(bytes),
        }
        Ok(())
    }
}

/// The sum of the hashes of the parts there are: four 64-bit words, the lowest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum([u64; 4]);

impl Sum {
    /// A part has come.
    pub(crate) fn add(&mut self, part: &impl Encode<()>) {
        let mut carry = false;
        for (word, of_part) in self.0.iter_mut().zip(words(part)) {
            (*word, carry) = word.carrying_add(of_part, carry);
        }
    }

    /// A part that had come is gone.
    pub(crate) fn take(&mut self, part: &impl Encode<()>) {
        let mut borrow = false;
        for (word, of_part) in self.0.iter_mut().zip(words(part)) {
            (*word, borrow) = word.borrowing_sub(of_part, borrow);
        }
    }

    pub(crate) fn words(self) -> [u64; 4] {
        self.0
    }
}

fn words(part: &impl Encode<()>) -> [u64; 4] {
    let mut to = Encoder::new(Feed::default());
    to.encode(part).expect("hashing cannot fail");
    let hash = to.into_writer().finish();
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(hash.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

/// A map whose [`Sum`] over its pairs is always at hand. Reading is the map's own; every change goes
/// through here.
#[derive(Clone, Debug)]
pub(crate) struct Summed<K, V> {
    map: BTreeMap<K, V>,
    sum: Sum,
}

impl<K, V> Default for Summed<K, V> {
    fn default() -> Self {
        Self { map: BTreeMap::new(), sum: Sum::default() }
    }
}

impl<K, V> Deref for Summed<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &BTreeMap<K, V> {
        &self.map
    }
}

impl<K: Ord + Encode<()>, V: Encode<()>> Summed<K, V> {
    /// Puts a value in its place; the one before it is gone.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.remove(&key);
        self.sum.add(&(&key, &value));
        self.map.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let value = self.map.remove(key)?;
        self.sum.take(&(key, &value));
        Some(value)
    }

    /// Changes a value where there is one.
    pub(crate) fn change<R>(&mut self, key: &K, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        let value = self.map.get_mut(key)?;
        self.sum.take(&(key, &*value));
        let changed = change(value);
        self.sum.add(&(key, &*value));
        Some(changed)
    }

    pub(crate) fn sum(&self) -> Sum {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_coming_and_what_has_gone_leave_no_trace() {
        let mut one = Summed::default();
        for key in [3_u8, 1, 2, 9] {
            one.insert(key, u64::from(key));
        }
        one.change(&1, |value| *value = 77);
        one.change(&1, |value| *value = 1);
        one.remove(&9);
        let mut other = Summed::default();
        for key in [1_u8, 2, 3] {
            other.insert(key, 0);
            other.insert(key, u64::from(key));
        }
        assert_eq!(one.sum(), other.sum());
        assert_ne!(one.sum(), Sum::default());
        other.change(&2, |value| *value = 3);
        assert_ne!(one.sum(), other.sum(), "a changed value shows");
        for key in [1, 2, 3] {
            one.remove(&key);
        }
        assert_eq!(one.sum(), Sum::default(), "nothing sums to nothing");
    }

    #[test]
    fn what_is_held_back_is_hashed_in_its_place() {
        for pieces in [&[1, 511, 1, 600, 3][..], &[512, 512], &[513], &[300, 300, 2_000, 1], &[]] {
            let all: alloc::vec::Vec<u8> = (0..4_000_u32).map(|n| n as u8).collect();
            let (mut feed, mut at) = (Feed::default(), 0);
            for len in pieces {
                feed.write_all(&all[at..at + len]).expect("hashing cannot fail");
                at += len;
            }
            let whole: [u8; 32] = Sha256::digest(&all[..at]).into();
            assert_eq!(feed.finish(), whole, "{pieces:?}");
        }
    }

    #[test]
    fn a_key_and_a_value_are_not_taken_for_one_another() {
        let (mut one, mut other) = (Summed::default(), Summed::default());
        one.insert(1_u8, 2_u8);
        other.insert(2_u8, 1_u8);
        assert_ne!(one.sum(), other.sum());
    }
}
