//! How much faster than life a timeline runs.

use crate::fleet::Fleet;
use crate::limits::{DAY_S, MAX_FACTOR, MAX_SCALED_SHARE};
use crate::model::{self, Pace};

/// Three factors, because three things do not scale alike. What is set by people and protocols in
/// real time (re-presses, retries, clock errors, connection set-up) is never scaled.
///
/// A run at any tempo but [`Tempo::REAL`] shows that things work; its counts say nothing about how
/// busy a centre is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tempo {
    /// Events that want somebody come this many times as often as in the model.
    pub rate: u32,
    /// The model's day runs this many times as fast: hour shapes, doses, self-tests, positions,
    /// measurements and beats.
    pub clock: u32,
    /// Waits between a cause and its consequence (reset, restore) are this many times shorter.
    pub delay: u32,
}

impl Tempo {
    /// As in life.
    pub const REAL: Self = Self { rate: 1, clock: 1, delay: 1 };

    /// A day in 24 minutes, resets after some 20 s, and one alarm every `alarm_every_s` seconds in
    /// the mean of a day, repeats apart: the factor for the rate is computed from this fleet.
    pub fn demonstration(fleet: &Fleet, alarm_every_s: u64) -> Self {
        let clock = 60;
        let wanted = DAY_S * 1_000_000 / alarm_every_s.max(1);
        let (mut low, mut high) = (1, MAX_FACTOR);
        while low < high {
            let rate = low.midpoint(high);
            if (Self { rate, clock, delay: 12 }).alarms_per_million_days(fleet) < wanted {
                low = rate + 1;
            } else {
                high = rate;
            }
        }
        Self { rate: low, clock, delay: 12 }
    }

    /// Signals that open an alarm, expected in a million real days, repeats apart.
    pub fn alarms_per_million_days(self, fleet: &Fleet) -> u64 {
        fleet
            .devices
            .iter()
            .map(|device| {
                let spontaneous: u64 = model::sources(device.unit)
                    .iter()
                    .map(|source| {
                        let own = if source.personal { device.personal } else { 1000 };
                        let times = u64::from(source.rate) * u64::from(own) / 1000
                            * u64::from(self.of(source.pace));
                        let openers = u64::from(source.kind.opens()) * 1000
                            + source
                                .follows
                                .iter()
                                .filter(|follow| follow.kind.opens())
                                .map(|follow| u64::from(follow.share))
                                .sum::<u64>();
                        times * openers / 1000
                    })
                    .sum();
                let doses = device.doses.len() as u64 * u64::from(self.clock);
                spontaneous + doses * u64::from(self.missed_share()) * 1000
            })
            .sum()
    }

    /// The factor of a pace.
    pub(crate) fn of(self, pace: Pace) -> u32 {
        match pace {
            Pace::Rate => self.rate.clamp(1, MAX_FACTOR),
            Pace::Clock => self.clock.clamp(1, MAX_FACTOR),
        }
    }

    /// How many doses are missed, per mille: the model's share times the rate, up to a limit.
    pub(crate) fn missed_share(self) -> u32 {
        model::MISSED.saturating_mul(self.rate.max(1)).clamp(model::MISSED, MAX_SCALED_SHARE)
    }

    /// Whether it scales anything.
    pub fn is_real(self) -> bool {
        self == Self::REAL
    }
}

impl core::fmt::Display for Tempo {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.is_real() {
            return f.write_str("as in life");
        }
        write!(
            f,
            "scaled: events that want somebody × {}, the day × {}, waits until a consequence ÷ {}",
            self.rate, self.clock, self.delay
        )
    }
}
