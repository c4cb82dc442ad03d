//! Moments: monotonic, anchored at start, slewed at most 1:1000 towards the wall clock, never stepped.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use central::words::Moment;

use crate::limits::{CLOCK_SLEW, CLOCK_STEP};

/// The engine's clock. Cheap to ask; safe to share.
#[derive(Debug)]
pub struct Clock {
    anchor: Mutex<Anchor>,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    at: Instant,
    moment: u64,
    /// Nanoseconds still to be gained (positive) or lost (negative).
    owed: i64,
}

impl Anchor {
    fn moment_at(&self, now: Instant) -> (u64, i64) {
        let passed = now.duration_since(self.at).as_nanos() as u64;
        let most = (passed / CLOCK_SLEW).cast_signed();
        let slewed = self.owed.clamp(-most, most);
        ((self.moment + passed).saturating_add_signed(slewed), slewed)
    }
}

impl Clock {
    /// Anchors at the wall clock, or at `floor` (the last entry's Moment) if that is later: a log's Moments never fall.
    pub fn start(floor: Moment) -> Self {
        let moment = wall().max(floor.0);
        Self { anchor: Mutex::new(Anchor { at: Instant::now(), moment, owed: 0 }) }
    }

    /// Now.
    pub fn now(&self) -> Moment {
        self.at(Instant::now())
    }

    /// The Moment of an instant taken earlier in this run.
    pub fn at(&self, instant: Instant) -> Moment {
        let anchor = *self.anchor.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Moment(anchor.moment_at(instant).0)
    }

    /// Compares with the wall clock and slews towards it; call each second.
    /// A difference over [`CLOCK_STEP`] is returned, in nanoseconds, and not followed: it is an alarm, not a jump.
    pub fn discipline(&self) -> Option<i64> {
        self.discipline_to(wall(), Instant::now())
    }

    fn discipline_to(&self, wall: u64, now: Instant) -> Option<i64> {
        let mut anchor = self.anchor.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (moment, _) = anchor.moment_at(now);
        let differs = wall.cast_signed().wrapping_sub(moment.cast_signed());
        let stepped = differs.unsigned_abs() > CLOCK_STEP;
        *anchor = Anchor { at: now, moment, owed: if stepped { 0 } else { differs } };
        stepped.then_some(differs)
    }
}

/// The wall clock, nanoseconds since the epoch.
pub fn wall() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn clock_at(moment: u64) -> (Clock, Instant) {
        let at = Instant::now();
        (Clock { anchor: Mutex::new(Anchor { at, moment, owed: 0 }) }, at)
    }

    #[test]
    fn a_small_difference_is_slewed_one_in_a_thousand() {
        let (clock, start) = clock_at(1_000 * SECOND);
        assert_eq!(clock.discipline_to(1_000 * SECOND + SECOND / 2, start), None);
        let later = start + Duration::from_secs(100);
        assert_eq!(clock.at(later).0, 1_100 * SECOND + SECOND / 10);
        let much_later = start + Duration::from_secs(1_000);
        assert_eq!(clock.at(much_later).0, 2_000 * SECOND + SECOND / 2);
    }

    #[test]
    fn it_never_runs_backwards_when_the_wall_clock_is_behind() {
        let (clock, start) = clock_at(1_000 * SECOND);
        assert_eq!(clock.discipline_to(1_000 * SECOND - SECOND / 2, start), None);
        let mut last = clock.at(start);
        for ms in 1..1_000 {
            let now = clock.at(start + Duration::from_millis(ms));
            assert!(now > last);
            last = now;
        }
    }

    #[test]
    fn a_step_over_a_second_is_told_and_not_followed() {
        let (clock, start) = clock_at(1_000 * SECOND);
        let told = clock.discipline_to(4_600 * SECOND, start);
        assert_eq!(told, Some((3_600 * SECOND).cast_signed()));
        assert_eq!(clock.at(start + Duration::from_secs(10)).0, 1_010 * SECOND);
    }

    /// An hour either way (a machine in local time when summer time changes), ten years, a clock that stands still.
    #[test]
    fn a_wall_clock_that_lies_for_a_minute_moves_no_moment() {
        let (hour, year) = ((3_600 * SECOND).cast_signed(), (31_536_000 * SECOND).cast_signed());
        for shift in [hour, -hour, 10 * year, -10 * year, 2 * SECOND.cast_signed()] {
            let (clock, start) = clock_at(2_000_000_000 * SECOND);
            for s in 1..=60 {
                let now = start + Duration::from_secs(s);
                let wall = (2_000_000_000 + s) * SECOND;
                let told = clock.discipline_to(wall.saturating_add_signed(shift), now);
                assert_eq!(told, Some(shift), "{shift} after {s} s");
                assert_eq!(clock.at(now).0, wall, "{shift} after {s} s");
            }
        }
        let (clock, start) = clock_at(2_000_000_000 * SECOND);
        let stopped =
            |s| clock.discipline_to(2_000_000_000 * SECOND, start + Duration::from_secs(s));
        assert_eq!(stopped(1), None, "a second is slewed");
        assert!((2..=60).all(|s| stopped(s).is_some()), "more is told");
        // What was slewed before it was told, and nothing more.
        let after = clock.at(start + Duration::from_mins(1)).0;
        let slewed = 2_000_000_060 * SECOND - after;
        assert!(slewed <= 2 * SECOND / CLOCK_SLEW, "{slewed}");
    }

    /// Whatever the wall clock says and however often it is asked.
    #[test]
    fn it_never_falls_and_runs_one_in_a_thousand_off_at_most() {
        let mut random = 88_172_645_463_325_252_u64;
        let mut below = |n: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % n
        };
        let (clock, start) = clock_at(2_000_000_000 * SECOND);
        let (mut passed, mut last) = (0, clock.at(start).0);
        for _ in 0..10_000 {
            let step = below(3 * SECOND);
            passed += step;
            let now = start + Duration::from_nanos(passed);
            let moment = clock.at(now).0;
            assert!(moment >= last, "it fell");
            assert!((moment - last).abs_diff(step) <= step / CLOCK_SLEW + 1, "it ran too fast");
            last = moment;
            let far = [SECOND / 2, SECOND, 3_600 * SECOND, 315_360_000 * SECOND][below(4) as usize];
            clock.discipline_to(moment - far + below(2 * far), now);
        }
    }

    #[test]
    fn it_starts_no_earlier_than_the_last_entry() {
        let floor = Moment(wall() + 3_600 * SECOND);
        assert!(Clock::start(floor).now() >= floor);
    }
}
