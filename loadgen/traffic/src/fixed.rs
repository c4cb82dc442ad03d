//! Logarithm and power of two in fixed point (Q32: 32 bits after the point), so that draws are the
//! same bits on every machine.

const LN_2: u64 = 2_977_044_472;
const LOG2_E: i128 = 6_196_328_019;

/// 2^(2^-i) in Q62 for i = 1 to 32: successive square roots of two.
const ROOTS: [u64; 32] = {
    let mut roots = [0; 32];
    let mut square: u128 = 2 << 62;
    let mut i = 0;
    while i < 32 {
        square = (square << 62).isqrt();
        roots[i] = square as u64;
        i += 1;
    }
    roots
};

/// log2 of a positive integer, Q32. Error below 2^-31.
fn log2(x: u64) -> u64 {
    let zeros = x.leading_zeros();
    let mut mantissa = u128::from(x) << zeros;
    let mut bits = 0_u64;
    for _ in 0..32 {
        mantissa = (mantissa * mantissa) >> 63;
        bits <<= 1;
        if mantissa >> 64 != 0 {
            mantissa >>= 1;
            bits |= 1;
        }
    }
    (u64::from(63 - zeros) << 32) | bits
}

/// -ln(u / 2^64), Q32, for u > 0: an exponential draw of mean one from a uniform one.
pub(crate) fn minus_ln(u: u64) -> u64 {
    let minus_log2 = (64 << 32) - log2(u.max(1));
    ((u128::from(minus_log2) * u128::from(LN_2)) >> 32) as u64
}

/// `scale` × e^(x / 2^32), saturating.
pub(crate) fn scaled_exp(scale: u64, x: i64) -> u64 {
    let power = (i128::from(x) * LOG2_E) >> 32;
    let fraction = power & 0xffff_ffff;
    let mut product = 1_u128 << 62;
    for (i, root) in ROOTS.iter().enumerate() {
        if fraction & (1 << (31 - i)) != 0 {
            product = (product * u128::from(*root)) >> 62;
        }
    }
    let exact = u128::from(scale) * product;
    let result = match 62 - (power >> 32) {
        shift @ 0..128 => exact >> shift,
        128.. => 0,
        _ => u128::from(u64::MAX),
    };
    u64::try_from(result).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_ln_of_powers_of_two_is_exact_to_the_last_bits() {
        assert_eq!(minus_ln(1 << 63), LN_2, "-ln(1/2)");
        assert_eq!(minus_ln(1 << 54), 10 * LN_2, "-ln(2^-10)");
        assert!(minus_ln(u64::MAX) <= 2, "-ln of almost one");
    }

    #[test]
    fn exponentials_match_known_values() {
        let e = 1_i64 << 32;
        assert_eq!(scaled_exp(1_000_000_000, 0), 1_000_000_000);
        assert!(scaled_exp(1_000_000_000, e).abs_diff(2_718_281_828) < 4);
        assert!(scaled_exp(1_000_000_000, -e).abs_diff(367_879_441) < 8);
        assert!(scaled_exp(1_000_000_000, 5 * e).abs_diff(148_413_159_103) < 200);
        assert_eq!(scaled_exp(1 << 40, 100 * e), u64::MAX, "saturates");
        assert_eq!(scaled_exp(1 << 40, -100 * e), 0);
    }
}
