//! When the next of a source's Poisson arrivals comes.

use crate::draw::Rng;
use crate::limits::{DAY_S, HORIZON, SECOND};
use crate::model::Shape;

/// The model's day as the run's clock passes through it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day {
    /// Nanoseconds of the model's day at the start of the run.
    start: u64,
    /// How many times as fast the day runs.
    clock: u64,
}

const HOUR: u64 = 3600 * SECOND;
const MODEL_DAY: u64 = DAY_S * SECOND;

impl Day {
    /// The day that stands at `start_s` seconds after midnight when the run begins.
    pub(crate) fn new(start_s: u32, clock: u32) -> Self {
        Self { start: u64::from(start_s) % DAY_S * SECOND, clock: u64::from(clock.max(1)) }
    }

    /// How long a model day takes, in nanoseconds of the run.
    pub(crate) fn length(self) -> u64 {
        MODEL_DAY / self.clock
    }

    /// The moment of the model's day at `at`, in model nanoseconds after midnight.
    pub(crate) fn moment(self, at: u64) -> u64 {
        let model = u128::from(self.start) + u128::from(at) * u128::from(self.clock);
        (model % u128::from(MODEL_DAY)) as u64
    }

    /// Nanoseconds of the run until the model's day next stands at `second` (not now).
    pub(crate) fn until(self, at: u64, second: u32) -> u64 {
        let wanted = u64::from(second) * SECOND;
        let now = self.moment(at);
        let ahead = if wanted > now { wanted - now } else { wanted + MODEL_DAY - now };
        ahead.div_ceil(self.clock)
    }

    /// The next arrival after `at` of a process with `per_million_days` events in a million days of
    /// the run, under `shape`; none within the horizon is none.
    pub(crate) fn next_arrival(
        self,
        rng: &mut Rng,
        at: u64,
        per_million_days: u64,
        shape: &Shape,
    ) -> Option<u64> {
        let weights: u64 = shape.iter().map(|&w| u64::from(w)).sum();
        // Expected events in an hour of the run under a weight, Q32. The shape's mean is one.
        let hourly = |weight: u32| {
            ((u128::from(per_million_days) * u128::from(weight)) << 32)
                / (1_000_000 * u128::from(weights.max(1)))
        };
        let in_day = (hourly(1) * u128::from(weights) * u128::from(self.length())
            / u128::from(24 * HOUR))
        .max(1);
        if per_million_days == 0 || weights == 0 {
            return None;
        }
        let mut wanted = u128::from(rng.unit_exponential());
        let days = u64::try_from(wanted / in_day).ok()?;
        let ahead = days.checked_mul(self.length()).filter(|&ahead| ahead < HORIZON)?;
        wanted %= in_day;

        let mut at = at + ahead;
        for _ in 0..=25 {
            let moment = self.moment(at);
            let left = (HOUR - moment % HOUR).div_ceil(self.clock);
            let rate = hourly(shape[(moment / HOUR) as usize]);
            let expected = rate * u128::from(left) / u128::from(HOUR);
            if wanted < expected {
                return Some(at + (wanted * u128::from(HOUR) / rate) as u64);
            }
            wanted -= expected;
            at += left;
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;

    fn arrivals(
        day: Day,
        per_million_days: u64,
        shape: &Shape,
        until: u64,
    ) -> alloc::vec::Vec<u64> {
        let mut rng = Rng::new(5);
        let mut at = 0;
        core::iter::from_fn(|| {
            at = day.next_arrival(&mut rng, at, per_million_days, shape)?;
            (at < until).then_some(at)
        })
        .collect()
    }

    #[test]
    fn counts_meet_the_rate_and_the_shape() {
        // 100 a day for 200 days.
        let day = Day::new(0, 1);
        let all = arrivals(day, 100_000_000, &model::PRESS, 200 * MODEL_DAY);
        assert!(all.len().abs_diff(20_000) < 600, "{} of 20 000", all.len());
        let weights: u32 = model::PRESS.iter().sum();
        for (hour, &weight) in (0_u64..).zip(&model::PRESS) {
            let seen = all.iter().filter(|&&at| day.moment(at) / HOUR == hour).count();
            let expected = 20_000 * weight as usize / weights as usize;
            assert!(seen.abs_diff(expected) < expected / 5, "hour {hour}: {seen} of {expected}");
        }
    }

    #[test]
    fn a_faster_clock_moves_the_shape_not_the_rate() {
        let day = Day::new(8 * 3600, 60);
        let all = arrivals(day, 10_000_000_000, &model::TILSYN, MODEL_DAY);
        assert!(all.len().abs_diff(10_000) < 400, "{} of 10 000", all.len());
        let night = all.iter().filter(|&&at| !(7..22).contains(&(day.moment(at) / HOUR))).count();
        assert!(night.abs_diff(7_280) < 300, "{night} at night");
    }

    #[test]
    fn nothing_never_comes_and_rare_things_end_at_the_horizon() {
        let day = Day::new(0, 1);
        assert_eq!(day.next_arrival(&mut Rng::new(1), 0, 0, &model::FLAT), None);
        assert_eq!(day.next_arrival(&mut Rng::new(1), 0, 1, &[0; 24]), None);
        let rare = (0..100).filter_map(|s| day.next_arrival(&mut Rng::new(s), 0, 1, &model::FLAT));
        assert!(rare.count() < 5);
    }

    #[test]
    fn the_day_is_where_it_was_started() {
        let day = Day::new(8 * 3600, 60);
        assert_eq!(day.moment(60 * SECOND), 9 * HOUR);
        assert_eq!(day.until(0, 9 * 3600), 60 * SECOND);
        assert_eq!(day.until(0, 8 * 3600), day.length(), "not now");
    }
}
