//! The binomial distribution: the number of successes among independent trials of equal probability.
//!
//! Rule: P(Bin(n, p) <= k) = I_(1-p)(n - k, k + 1), the incomplete beta function (DLMF 8.17.5), from its logarithm. Terms
//! are never multiplied up from (1 - p)^n, which is zero in floating point for 1000 trials of probability 0.608.

use super::beta::ln_tail;
use super::level::{LevelError, significance};
use libm::{exp, log};

/// The most trials: up to here the probabilities keep ten digits.
pub const TRIALS: u64 = 1_000_000_000;

/// Two probabilities whose ratio is nearer to one are equal: their difference is a rounding error.
const TIE: f64 = 1e-12;

/// Why a binomial distribution has no such value.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BinomialError {
    /// More trials than [`TRIALS`].
    #[error("{0} trials are more than {TRIALS}, the most for which the probabilities keep their digits")]
    Trials(u64),
    /// The probability of a success, or the fraction of a quantile, is not in 0 ..= 1.
    #[error("a probability is a number from 0 to 1, not {0}")]
    Probability(f64),
    /// The level is not strictly between 0 and 1.
    #[error(transparent)]
    Level(#[from] LevelError),
}

fn check(trials: u64, probabilities: &[f64]) -> Result<(), BinomialError> {
    if trials > TRIALS {
        return Err(BinomialError::Trials(trials));
    }
    // Written so that NaN is refused too.
    let wrong = probabilities.iter().find(|probability| !(0.0..=1.0).contains(*probability));
    wrong.map_or(Ok(()), |wrong| Err(BinomialError::Probability(*wrong)))
}

/// ln P(Bin(`trials`, `probability`) <= `most`) for arguments that have been checked.
fn ln_cumulative(trials: u64, probability: f64, most: u64) -> f64 {
    if most >= trials {
        return 0.0;
    }
    ln_tail((trials - most) as f64, (most + 1) as f64, 1.0 - probability, probability)
}

/// The probability that at most `most` of `trials` succeed, each with `probability`. O(sqrt(trials)).
///
/// ```
/// use sixslot_statistics::binomial::cumulative;
///
/// assert!((cumulative(3, 0.5, 1)? - 0.5).abs() < 1e-15);
/// # Ok::<(), sixslot_statistics::binomial::BinomialError>(())
/// ```
///
/// # Errors
/// More than [`TRIALS`] trials, or a probability outside 0 ..= 1.
pub fn cumulative(trials: u64, probability: f64, most: u64) -> Result<f64, BinomialError> {
    check(trials, &[probability])?;
    Ok(exp(ln_cumulative(trials, probability, most)))
}

/// The smallest count that is not exceeded with a probability of at least `fraction`: 0 for the fraction 0, `trials` for
/// the fraction 1 where a success is possible. A probability that equals the fraction but for rounding reaches it. O(sqrt(trials) log trials).
///
/// # Errors
/// More than [`TRIALS`] trials, or a probability or a fraction outside 0 ..= 1.
pub fn quantile(trials: u64, probability: f64, fraction: f64) -> Result<u64, BinomialError> {
    check(trials, &[probability, fraction])?;
    if fraction >= 1.0 {
        return Ok(if probability > 0.0 { trials } else { 0 });
    }
    let wanted = log(fraction) - TIE;
    let (mut low, mut high) = (0, trials);
    while low < high {
        let middle = low + (high - low) / 2;
        if ln_cumulative(trials, probability, middle) >= wanted {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

/// The central range of the count: its quantiles at (1 - `level`) / 2 and (1 + `level`) / 2, both included. The count is
/// in it with a probability of at least `level`.
///
/// ```
/// use sixslot_statistics::binomial::central_range;
///
/// assert_eq!(central_range(1000, 0.608, 0.95)?, (578, 638));
/// # Ok::<(), sixslot_statistics::binomial::BinomialError>(())
/// ```
///
/// # Errors
/// More than [`TRIALS`] trials, a probability outside 0 ..= 1, or a level that is not strictly between 0 and 1.
pub fn central_range(trials: u64, probability: f64, level: f64) -> Result<(u64, u64), BinomialError> {
    let tail = 0.5 * significance(level)?;
    Ok((quantile(trials, probability, tail)?, quantile(trials, probability, 1.0 - tail)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteenths: `trials` choose k times p^k q^(trials - k), times 16^trials, as whole numbers.
    fn exact(trials: u32, sixteenths: u128) -> Vec<u128> {
        let mut choose = 1;
        let term = |k: u32| {
            let term = choose * sixteenths.pow(k) * (16 - sixteenths).pow(trials - k);
            choose = choose * u128::from(trials - k) / u128::from(k + 1);
            term
        };
        (0..=trials).map(term).collect()
    }

    #[test]
    fn small_numbers_of_trials_have_the_exact_quantiles_and_probabilities() {
        for trials in 0..=12_u32 {
            for sixteenths in 0..=16_u128 {
                let (terms, probability) = (exact(trials, sixteenths), sixteenths as f64 / 16.0);
                let whole = 16_u128.pow(trials);
                let below = |k: usize| terms[..=k].iter().sum::<u128>();
                for k in 0..=trials {
                    let expected = below(k as usize) as f64 / whole as f64;
                    let found = cumulative(trials.into(), probability, k.into()).unwrap();
                    assert!((found - expected).abs() < 1e-13, "{trials} {sixteenths} {k}: {found} {expected}");
                }
                // Of 64ths many are reached exactly: one half by 3 trials of probability one half.
                for part in 0..=64_u128 {
                    let reached = |k: &usize| below(*k) * 64 >= part * whole;
                    let expected = (0..terms.len()).find(reached).unwrap() as u64;
                    let found = quantile(trials.into(), probability, part as f64 / 64.0).unwrap();
                    assert_eq!(found, expected, "{trials} trials of {sixteenths}/16, {part}/64");
                }
            }
        }
    }

    #[test]
    fn a_thousand_trials_do_not_underflow() {
        // From sums of exact fractions.
        assert_eq!(central_range(1000, 0.608, 0.95).unwrap(), (578, 638));
        assert!((cumulative(1000, 0.608, 577).unwrap() / 0.024_452_773_792_316_092 - 1.0).abs() < 1e-11);
        assert_eq!(central_range(10, 0.1, 0.95).unwrap(), (0, 3));
        assert_eq!(central_range(12, 0.0, 0.95).unwrap(), (0, 0));
        assert_eq!(central_range(12, 1.0, 0.95).unwrap(), (12, 12));
        // 1.96 standard deviations of 15811 on each side.
        let (low, high) = central_range(TRIALS, 0.5, 0.95).unwrap();
        assert_eq!(low + high, TRIALS);
        assert!((high - low).abs_diff(2 * 30_990) <= 2, "{low} {high}");
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        assert_eq!(quantile(TRIALS + 1, 0.5, 0.5), Err(BinomialError::Trials(TRIALS + 1)));
        assert_eq!(quantile(3, 1.5, 0.5), Err(BinomialError::Probability(1.5)));
        assert_eq!(quantile(3, 0.5, -0.1), Err(BinomialError::Probability(-0.1)));
        assert!(cumulative(3, f64::NAN, 1).is_err());
        assert!(matches!(central_range(3, 0.5, 1.0), Err(BinomialError::Level(_))));
    }
}
