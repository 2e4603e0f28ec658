//! The quantile of a sample, and its distribution-free confidence interval.
//!
//! Rule: the inverse of the empirical distribution function (type 1 of R. J. Hyndman and Y. Fan,
//! The American Statistician 50 (1996) 361), also called nearest rank: the smallest observation
//! with at least the wanted fraction of the sample at or below it. It is always an observation,
//! never an interpolation, hence exact for whole nanoseconds. The interval is made of two order
//! statistics, chosen by the binomial distribution of the number of observations below the true
//! quantile (H. A. David and H. N. Nagaraja, Order Statistics, 2003, section 7.1).

use super::beta::ln_tail;
use super::level::{LevelError, significance};
use libm::{ceil, exp};

/// Why no quantile can be given.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum QuantileError {
    /// The sample is empty.
    #[error("an empty sample has no quantiles")]
    Empty,
    /// The sample is not in ascending order, or contains NaN.
    #[error("the sample is not in ascending order or contains NaN")]
    NotAscending,
    /// The fraction is not in 0 ..= 1 (for an interval: not strictly between).
    #[error("the fraction {0} is not between 0 and 1 (an interval excludes both)")]
    Fraction(f64),
    /// The level is not a probability strictly between 0 and 1.
    #[error(transparent)]
    Level(#[from] LevelError),
}

/// A confidence interval of a quantile, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct QuantileInterval<T> {
    /// Which quantile, strictly between 0 and 1.
    pub fraction: f64,
    /// The requested confidence level.
    pub level: f64,
    /// The actual confidence level, at least `level` up to rounding: ranks are whole numbers.
    pub coverage: f64,
    /// The lower end; `None` if the sample is too small to bound the quantile from below.
    pub low: Option<T>,
    /// The upper end; `None` if the sample is too small to bound the quantile from above.
    pub high: Option<T>,
}

impl<T> QuantileInterval<T> {
    /// One plain sentence that states what the interval guarantees.
    pub const fn guarantee(&self) -> &'static str {
        "Holds for a number of independent values fixed beforehand, and covers the true quantile at \
         least as often as its level says, whatever the distribution is."
    }
}

fn check_sample<T: PartialOrd>(sample: &[T]) -> Result<(), QuantileError> {
    let first = sample.first().ok_or(QuantileError::Empty)?;
    // A single NaN counts as sorted; only a comparison with itself reveals it.
    if first.partial_cmp(first).is_some() && sample.is_sorted() { Ok(()) } else { Err(QuantileError::NotAscending) }
}

/// The smallest rank, from 1, whose share of the sample is at least the fraction.
fn rank(count: usize, fraction: f64) -> usize {
    let share = |rank: usize| rank as f64 / count as f64;
    // fraction * count rounds: 0.07 * 100 is above 7. The correctly rounded division decides.
    let mut rank = (ceil(fraction * count as f64) as usize).clamp(1, count);
    while rank > 1 && share(rank - 1) >= fraction {
        rank -= 1;
    }
    while rank < count && share(rank) < fraction {
        rank += 1;
    }
    rank
}

/// The quantile of a sample in ascending order; the fractions 0 and 1 give its ends.
///
/// O(n) for checking the order.
///
/// # Errors
/// An empty sample, one that is not in ascending order or holds NaN, or a fraction outside 0 ..= 1.
pub fn quantile<T: PartialOrd + Copy>(sample: &[T], fraction: f64) -> Result<T, QuantileError> {
    quantiles(sample, [fraction]).map(|[quantile]| quantile)
}

/// Several quantiles of a sample in ascending order, one for each fraction.
///
/// O(n) for checking the order, once for all fractions: whoever has the sample sorts it once.
///
/// # Errors
/// An empty sample, one that is not in ascending order or holds NaN, or a fraction outside 0 ..= 1.
pub fn quantiles<T: PartialOrd + Copy, const N: usize>(
    sample: &[T],
    fractions: [f64; N],
) -> Result<[T; N], QuantileError> {
    check_sample(sample)?;
    let wrong = fractions.iter().find(|fraction| !(0.0..=1.0).contains(*fraction));
    match wrong {
        Some(wrong) => Err(QuantileError::Fraction(*wrong)),
        None => Ok(fractions.map(|fraction| sample[rank(sample.len(), fraction) - 1])),
    }
}

/// The distribution-free confidence interval of a quantile, from a sample in ascending order.
///
/// The ends are the closest order statistics that each miss the true quantile with probability at
/// most (1 - level) / 2; where the sample has none, that end is open. Ties and discrete
/// distributions only raise the coverage. O(n) for checking the order, then O(sqrt(n) log n).
///
/// # Errors
/// An empty sample, one that is not in ascending order or holds NaN, a fraction or a level that is
/// not strictly between 0 and 1.
pub fn interval<T: PartialOrd + Copy>(
    sample: &[T],
    fraction: f64,
    level: f64,
) -> Result<QuantileInterval<T>, QuantileError> {
    let tail = 0.5 * significance(level)?;
    check_sample(sample)?;
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(QuantileError::Fraction(fraction));
    }
    let count = sample.len();
    // The observations at or below the true quantile number X ~ Bin(count, fraction). The
    // statistic of rank r exceeds the quantile if X < r, and falls below it only if X >= r.
    let fewer_than = |rank: usize| match rank {
        0 => 0.0,
        rank => exp(ln_tail((count - rank + 1) as f64, rank as f64, 1.0 - fraction, fraction)),
    };
    let at_least = |rank: usize| match rank {
        rank if rank > count => 0.0,
        rank => exp(ln_tail(rank as f64, (count - rank + 1) as f64, fraction, 1.0 - fraction)),
    };
    // Rank 0 stands for minus infinity, rank count + 1 for plus infinity.
    let low = boundary(0, count, |rank| fewer_than(rank) <= tail);
    let high = count + 1 - boundary(0, count, |depth| at_least(count + 1 - depth) <= tail);
    Ok(QuantileInterval {
        fraction,
        level,
        coverage: 1.0 - fewer_than(low) - at_least(high),
        low: low.checked_sub(1).map(|index| sample[index]),
        high: sample.get(high - 1).copied(),
    })
}

/// The largest number in `first` ..= `last` that `holds`, which `first` does, by bisection.
fn boundary(first: usize, last: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut inside, mut outside) = (first, last + 1);
    while outside - inside > 1 {
        let middle = inside + (outside - inside) / 2;
        if holds(middle) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::quantiles;
    use std::cell::Cell;
    use std::cmp::Ordering;

    thread_local! {
        static COMPARISONS: Cell<usize> = const { Cell::new(0) };
    }

    #[derive(Clone, Copy, PartialEq)]
    struct Counted(usize);

    impl PartialOrd for Counted {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            COMPARISONS.set(COMPARISONS.get() + 1);
            self.0.partial_cmp(&other.0)
        }
    }

    #[test]
    fn four_quantiles_look_at_each_value_once() {
        for count in [1_000, 10_000, 100_000, 1_000_000] {
            let sample: Vec<Counted> = (1..=count).map(Counted).collect();
            COMPARISONS.set(0);
            let found = quantiles(&sample, [0.5, 0.9, 0.95, 0.99]).unwrap().map(|value| value.0);
            assert_eq!(found, [50, 90, 95, 99].map(|percent| count / 100 * percent));
            // Each value with the next, and the first with itself, which a NaN is not equal to.
            assert_eq!(COMPARISONS.get(), count);
        }
    }
}
