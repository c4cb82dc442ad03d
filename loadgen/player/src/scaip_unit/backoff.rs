//! When a unit connects again: full jitter under a ceiling that doubles.

use crate::limits::{BACKOFF_ALARM_NS, BACKOFF_FIRST_NS, BACKOFF_LAST_NS};

/// Waits between attempts, so that a fleet does not come back together.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    /// When to try; when to try with an alarm waiting.
    at: (u64, u64),
}

impl Backoff {
    /// A connection was lost or not made. `random` is any evenly spread number.
    pub(super) fn lost(&mut self, now: u64, random: u64) {
        let ceiling = BACKOFF_FIRST_NS << self.failures.min(16);
        let wait = |last: u64| random % (ceiling.min(last) + 1);
        self.at = (now + wait(BACKOFF_LAST_NS), now + wait(BACKOFF_ALARM_NS));
        self.failures += 1;
    }

    /// Something was answered: the next loss is a first one.
    pub(super) fn well(&mut self) {
        self.failures = 0;
    }

    /// When to connect.
    pub(super) fn at(&self, alarm: bool) -> u64 {
        if alarm { self.at.0.min(self.at.1) } else { self.at.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceilings_double_up_to_their_last_and_alarms_wait_less() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.at(false), 0);
        let mut longest = Vec::new();
        for _ in 0..8 {
            // The number that waits longest under any ceiling up to a minute.
            let ceiling = (BACKOFF_FIRST_NS << backoff.failures).min(BACKOFF_LAST_NS);
            backoff.lost(0, ceiling);
            longest.push(backoff.at(false) / BACKOFF_FIRST_NS);
            assert!(backoff.at(true) <= BACKOFF_ALARM_NS);
        }
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 60, 60]);
        backoff.well();
        backoff.lost(5, BACKOFF_FIRST_NS);
        assert_eq!(backoff.at(false), 5 + BACKOFF_FIRST_NS);
    }
}
