//! The random numbers: one small generator and the few distributions the model needs.

use crate::fixed;
use crate::model::Heterogeneity;

/// `SplitMix64` (Steele, Lea and Flood 2014): eight bytes of state, any seed is good, and streams are
/// told apart by hashing what they belong to into the seed, so that no device's draws depend on
/// another's, nor on the order they are asked in.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The generator of one seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The stream of `seed` that belongs to `owner` (a path of numbers, such as a municipality and a
    /// device).
    pub fn stream(seed: u64, owner: &[u64]) -> Self {
        let mut rng = Self(seed);
        for part in owner {
            rng = Self(rng.bits() ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93));
        }
        Self(rng.bits())
    }

    /// 64 uniform bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `0..bound` (0 for a bound of 0). The bias is below bound / 2^64.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// True `per_mille` times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }

    /// The index of one of the weights, as often as its weight.
    pub(crate) fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().map(|&w| u64::from(w)).sum());
        for (i, &weight) in weights.iter().enumerate() {
            if left < u64::from(weight) {
                return i;
            }
            left -= u64::from(weight);
        }
        0
    }

    /// Exponential of mean one, Q32.
    pub(crate) fn unit_exponential(&mut self) -> u64 {
        fixed::minus_ln(self.bits())
    }

    /// Exponential with the given mean, in the mean's unit.
    pub(crate) fn exponential(&mut self, mean: u64) -> u64 {
        ((u128::from(self.unit_exponential()) * u128::from(mean)) >> 32) as u64
    }

    /// Lognormal with the given median, in its unit; `sigma` in thousandths. The normal under it is
    /// the sum of twelve uniforms, so nothing lies beyond six sigma.
    pub(crate) fn lognormal(&mut self, median: u64, sigma: u32) -> u64 {
        let mut sum = 0_i64;
        for _ in 0..6 {
            let pair = self.bits();
            sum += i64::from((pair >> 32) as u32) + i64::from(pair as u32);
        }
        let z = sum - (6 << 32);
        fixed::scaled_exp(median, z * i64::from(sigma) / 1000)
    }

    /// `value` moved by at most `per_mille` thousandths of itself, uniformly.
    pub(crate) fn jittered(&mut self, value: u64, per_mille: u64) -> u64 {
        let span = value / 1000 * per_mille;
        value - span + self.below(2 * span + 1)
    }

    /// A personal factor, per mille, with mean 1000.
    pub(crate) fn personal(&mut self, heterogeneity: Heterogeneity) -> u32 {
        let cells = heterogeneity.cells();
        let cell = self.below(cells.len() as u64) as usize;
        cells.get(cell).copied().unwrap_or(1000)
    }

    /// Shuffles in place (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: u64 = 20_000;

    #[test]
    fn the_generator_is_splitmix64() {
        // The reference implementation's first three numbers for the seed 1234567.
        let mut rng = Rng::new(1_234_567);
        let got = [rng.bits(), rng.bits(), rng.bits()];
        assert_eq!(
            got,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn streams_of_different_owners_differ() {
        let first = |owner: &[u64]| Rng::stream(1, owner).bits();
        let all = [first(&[]), first(&[0]), first(&[1]), first(&[0, 1]), first(&[1, 0])];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b));
        }
    }

    #[test]
    fn exponential_and_lognormal_have_their_mean_and_median() {
        let mut rng = Rng::new(7);
        let mean = (0..N).map(|_| rng.exponential(1_000_000)).sum::<u64>() / N;
        assert!(mean.abs_diff(1_000_000) < 30_000, "mean {mean}");
        let below = (0..N).filter(|_| rng.lognormal(240_000, 1000) < 240_000).count() as u64;
        assert!(below.abs_diff(N / 2) < 300, "{below} of {N} below the median");
        // One sigma up is e times the median: 15.9 % lie beyond it.
        let beyond = (0..N).filter(|_| rng.lognormal(240_000, 1000) > 652_388).count() as u64;
        assert!(beyond.abs_diff(N * 159 / 1000) < 250, "{beyond} of {N} beyond one sigma");
    }

    #[test]
    fn weights_and_chances_are_met() {
        let mut rng = Rng::new(9);
        let mut counts = [0_u64; 3];
        (0..N).for_each(|_| counts[rng.weighted(&[1, 0, 3])] += 1);
        assert_eq!(counts[1], 0);
        assert!(counts[0].abs_diff(N / 4) < 300, "{counts:?}");
        let hits = (0..N).filter(|_| rng.chance(25)).count() as u64;
        assert!(hits.abs_diff(N / 40) < 100, "{hits}");
    }
}
