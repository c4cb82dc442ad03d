//! Which counts of which nonces were used: a response that somebody overheard is good no more.

use alloc::collections::BTreeMap;
use core::fmt;

use super::nonce::Nonce;
use crate::limits::{MAX_NONCES, NONCE_LIFE};

/// The nonces in use and their counts. Only who knows a password can make this grow.
pub struct Counts {
    max: usize,
    windows: BTreeMap<Nonce, Window>,
    /// Nonces up to this one were forgotten for want of room: they count as used up.
    floor: Option<Nonce>,
}

impl Default for Counts {
    fn default() -> Self {
        Self::bounded(MAX_NONCES)
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Counts({})", self.len())
    }
}

impl Counts {
    /// None yet, of at most `max` nonces.
    pub fn bounded(max: usize) -> Self {
        Self { max, windows: BTreeMap::new(), floor: None }
    }

    /// How many nonces are remembered.
    pub fn len(&self) -> usize {
        self.windows.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// Uses `count` of `nonce` at `now`; `false` when it was used before, or may have been.
    pub(super) fn take(&mut self, nonce: Nonce, count: u32, now: u64) -> bool {
        self.expire(now);
        if self.floor.is_some_and(|floor| nonce <= floor) {
            return false;
        }
        let fresh = self.windows.entry(nonce).or_default().take(count);
        while self.windows.len() > self.max
            && let Some((oldest, _)) = self.windows.pop_first()
        {
            self.floor = Some(oldest);
        }
        fresh
    }

    /// Nonces are in the order of their making: what is too old to be answered is in front.
    fn expire(&mut self, now: u64) {
        while let Some(oldest) = self.windows.first_entry()
            && oldest.key().issued.saturating_add(NONCE_LIFE) <= now
        {
            oldest.remove();
        }
    }
}

/// The highest count seen, and which of the 63 below it: datagrams may overtake each other.
#[derive(Default)]
struct Window {
    highest: u32,
    /// Bit n: highest - n was seen. Zero: nothing was.
    seen: u64,
}

impl Window {
    fn take(&mut self, count: u32) -> bool {
        if self.seen == 0 || count > self.highest {
            let ahead = count.saturating_sub(self.highest);
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let bit = 1_u64.checked_shl(self.highest - count).unwrap_or(0);
        let fresh = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn nonce(issued: u64) -> Nonce {
        Nonce { issued, unique: 1 }
    }

    #[test]
    fn each_count_is_good_once_and_may_come_late() {
        let mut window = Window::default();
        for (count, fresh) in [
            (5, true),
            (5, false),
            (1, true),
            (1, false),
            (9, true),
            (5, false),
            (4, true),
            (72, true),
            (9, false), // The 63rd below the highest: still known.
            (8, false), // Too far below: may have been used.
            (10, true),
            (u32::MAX, true),
            (72, false),
            (u32::MAX, false),
        ] {
            assert_eq!(window.take(count), fresh, "{count}");
        }
        assert!(Window::default().take(0));
    }

    #[test]
    fn a_nonce_forgotten_for_want_of_room_is_used_up() {
        let mut counts = Counts::bounded(2);
        for issued in [10, 20, 30] {
            assert!(counts.take(nonce(issued), 1, 40));
        }
        assert_eq!(counts.len(), 2);
        assert!(!counts.take(nonce(10), 2, 40), "its counts are not known any more");
        assert!(!counts.take(nonce(5), 1, 40), "nor whether this one was used");
        assert!(counts.take(nonce(20), 2, 40) && !counts.take(nonce(20), 2, 40));
    }

    #[test]
    fn what_is_too_old_is_forgotten() {
        let mut counts = Counts::default();
        assert!(counts.take(nonce(10), 1, 20));
        assert!(counts.take(nonce(20 + NONCE_LIFE), 1, 20 + NONCE_LIFE));
        assert_eq!(counts.len(), 1);
    }
}
