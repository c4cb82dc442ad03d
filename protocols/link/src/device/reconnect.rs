//! When to connect again: full jitter under a ceiling that doubles, so that a fleet does not come
//! back together; a low ceiling while an alarm waits.

use crate::limits::{RECONNECT_ALARM_MS, RECONNECT_FIRST_MS, RECONNECT_LAST_MS, STEADY_MS};

#[derive(Debug)]
pub(super) struct Reconnect {
    state: State,
    failures: u32,
}

#[derive(Debug)]
enum State {
    Down { at: u64, alarm_at: u64 },
    Connecting,
    Up { since: u64 },
}

impl Default for Reconnect {
    fn default() -> Self {
        Self { state: State::Down { at: 0, alarm_at: 0 }, failures: 0 }
    }
}

impl Reconnect {
    pub(super) fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    pub(super) fn up(&mut self, now: u64) {
        self.state = State::Up { since: now };
    }

    pub(super) fn lost(&mut self, now: u64, random: u64) {
        if matches!(self.state, State::Up { since } if now >= since + STEADY_MS) {
            self.failures = 0;
        }
        let doubled = RECONNECT_FIRST_MS << self.failures.min(16);
        let wait = |last: u64| random % (doubled.min(last) + 1);
        self.state = State::Down {
            at: now + wait(RECONNECT_LAST_MS),
            alarm_at: now + wait(RECONNECT_ALARM_MS),
        };
        self.failures = self.failures.saturating_add(1);
    }

    /// When to connect, if nothing is under way.
    pub(super) fn at(&self, alarm: bool) -> Option<u64> {
        match self.state {
            State::Down { at, alarm_at } if alarm => Some(at.min(alarm_at)),
            State::Down { at, .. } => Some(at),
            State::Connecting | State::Up { .. } => None,
        }
    }

    /// Whether to connect now; asked once, it is under way.
    pub(super) fn connect(&mut self, now: u64, alarm: bool) -> bool {
        let due = self.at(alarm).is_some_and(|at| now >= at);
        if due {
            self.state = State::Connecting;
        }
        due
    }
}
