//! A steady stream of signals, for bursts: no day, no people.

use alloc::vec;
use alloc::vec::Vec;

use crate::details::Details;
use crate::draw::Rng;
use crate::kind::Kind;
use crate::limits::SECOND;
use crate::timeline::{Intended, Signal, What};

/// Poisson arrivals at one rate over all devices alike, without end.
#[derive(Clone, Debug)]
pub struct Steady {
    rng: Rng,
    at: u64,
    gap: u64,
    kinds: Vec<Kind>,
    numbered: Vec<u32>,
}

impl Steady {
    /// `per_second` signals a second over `devices` devices, each of one of `kinds` in turn of
    /// chance. No devices, no kinds or no rate: nothing ever comes.
    pub fn new(devices: u32, per_second: u32, kinds: Vec<Kind>, seed: u64) -> Self {
        let gap = SECOND.checked_div(u64::from(per_second)).unwrap_or(u64::MAX);
        Self { rng: Rng::new(seed), at: 0, gap, kinds, numbered: vec![0; devices as usize] }
    }
}

impl Iterator for Steady {
    type Item = Intended;

    fn next(&mut self) -> Option<Intended> {
        if self.gap == u64::MAX || self.kinds.is_empty() || self.numbered.is_empty() {
            return None;
        }
        self.at += self.rng.exponential(self.gap);
        let device = self.rng.below(self.numbered.len() as u64) as u32;
        let kind = self.kinds[self.rng.below(self.kinds.len() as u64) as usize];
        let number = &mut self.numbered[device as usize];
        *number += 1;
        let details = Details::draw(kind, &mut self.rng);
        let what = What::Signal(Signal { number: *number, kind, details });
        Some(Intended { at: self.at, device, what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_its_rate_and_spreads_over_the_devices() {
        let kinds = vec![Kind::PRESS, Kind::BED_ABSENCE];
        let events: Vec<Intended> =
            Steady::new(100, 2000, kinds, 5).take_while(|i| i.at < 5 * SECOND).collect();
        assert!(events.len().abs_diff(10_000) < 500, "{}", events.len());
        assert!(events.is_sorted_by_key(|i| i.at));
        let of_one = events.iter().filter(|i| i.device == 7).count();
        assert!(of_one.abs_diff(100) < 50, "{of_one}");
        assert!(Steady::new(0, 1, vec![Kind::PRESS], 1).next().is_none());
        assert!(Steady::new(1, 0, vec![Kind::PRESS], 1).next().is_none());
    }
}
