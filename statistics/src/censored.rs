//! Samples of lengths of time in which some values are known only within bounds, and their distribution function.
//!
//! Rule: a call that was aborted gives a lower bound; a time that a file rounds gives an interval; a call that was never
//! sent says nothing about its service time and is not an observation. The distribution function of such a sample is that of
//! E. L. Kaplan and P. Meier (J. Amer. Statist. Assoc. 53 (1958) 457), where an interval counts as its midpoint.

/// What is known about one length of time, in any unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Observation {
    /// The value.
    Exact(f64),
    /// The value is greater (right-censored).
    AtLeast(f64),
    /// The value is between the two (interval-censored).
    Between(f64, f64),
}

impl Observation {
    /// The observation in another unit.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Exact(x) => Self::Exact(x * factor),
            Self::AtLeast(x) => Self::AtLeast(x * factor),
            Self::Between(low, high) => Self::Between(low * factor, high * factor),
        }
    }

    /// Whether a distribution can be fitted to it: finite, in order, and positive if it is a value.
    #[must_use]
    pub fn is_usable(self) -> bool {
        match self {
            Self::Exact(x) => x.is_finite() && x > 0.0,
            Self::AtLeast(x) => x.is_finite() && x >= 0.0,
            Self::Between(low, high) => low.is_finite() && high.is_finite() && 0.0 <= low && low < high,
        }
    }

    /// A representative value, for starting points and pictures: the value, the bound, or the midpoint.
    #[must_use]
    pub fn middle(self) -> f64 {
        match self {
            Self::Exact(x) | Self::AtLeast(x) => x,
            Self::Between(low, high) => f64::midpoint(low, high),
        }
    }

    /// Whether it is only a lower bound.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::AtLeast(_))
    }
}

/// The knots (probability, value) of the product-limit estimate: values in ascending order with the estimated share of
/// the law up to and including each. It ends below 1 where the greatest observations are only bounds.
///
/// O(n log n).
#[must_use]
pub fn product_limit(sample: &[Observation]) -> Vec<(f64, f64)> {
    let mut sorted: Vec<(f64, bool)> = sample.iter().map(|one| (one.middle(), one.is_open())).collect();
    // At a tie values come before bounds: a call that was aborted at t would have lasted longer.
    sorted.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let (mut surviving, mut knots) = (1.0, Vec::new());
    let mut at_risk = sorted.len();
    for run in sorted.chunk_by(|one, other| one == other) {
        let (value, open) = run[0];
        if !open {
            surviving *= (at_risk - run.len()) as f64 / at_risk as f64;
            knots.push((1.0 - surviving, value));
        }
        at_risk -= run.len();
    }
    knots
}

#[cfg(test)]
mod tests {
    use super::{Observation, product_limit};
    use Observation::{AtLeast, Exact};

    #[test]
    fn the_product_limit_is_that_of_the_textbook() {
        // D. Collett, Modelling Survival Data in Medical Research: 5 at risk, death, loss, death, loss, death.
        let sample = [Exact(1.0), AtLeast(2.0), Exact(3.0), AtLeast(4.0), Exact(5.0)];
        let survival: Vec<f64> = product_limit(&sample).iter().map(|(p, _)| 1.0 - p).collect();
        for (found, known) in survival.iter().zip([4.0 / 5.0, 4.0 / 5.0 * 2.0 / 3.0, 0.0]) {
            assert!((found - known).abs() < 1e-15);
        }
        assert_eq!(survival.len(), 3);
    }

    #[test]
    fn without_bounds_it_is_the_empirical_distribution_and_a_tie_counts_before_a_bound() {
        assert_eq!(
            product_limit(&[Exact(2.0), Exact(1.0), Exact(2.0), Exact(4.0)]),
            [(0.25, 1.0), (0.75, 2.0), (1.0, 4.0)]
        );
        assert_eq!(product_limit(&[AtLeast(2.0), Exact(2.0)]), [(0.5, 2.0)]);
        assert_eq!(product_limit(&[AtLeast(2.0)]), []);
    }
}
