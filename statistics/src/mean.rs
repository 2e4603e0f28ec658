//! The mean of a sample, its standard error and Student's interval.
//!
//! Rule: two passes with a correction for the rounding error (T. F. Chan, G. H. Golub and
//! R. J. LeVeque, The American Statistician 37 (1983) 242), in the order given, so the same values
//! in the same order give the same bits. The interval is Student's (Biometrika 6 (1908) 1): exact
//! for normal values, and for others as accurate as the central limit theorem makes it.

use super::beta::ln_odds_quantile;
use super::interval::{Interval, Method};
use super::level::{LevelError, significance};
use libm::{exp, sqrt};

/// Why no mean can be given.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum MeanError {
    /// A spread cannot be estimated from fewer than two values.
    #[error("at least two values are needed to estimate a spread, not {0}")]
    TooFew(usize),
    /// A value is infinite or not a number.
    #[error("value {index} is {value}, which is not finite")]
    NotFinite {
        /// Its position in the slice, from 0.
        index: usize,
        /// The value that was refused.
        value: f64,
    },
    /// The level is not a probability strictly between 0 and 1.
    #[error(transparent)]
    Level(#[from] LevelError),
}

/// The mean of a sample and its spread.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Summary {
    /// The number of values, at least 2.
    pub count: usize,
    /// The arithmetic mean.
    pub mean: f64,
    /// The standard deviation of the values (divisor n - 1), at least 0.
    pub standard_deviation: f64,
    /// The standard error of the mean: the standard deviation over the root of the count.
    pub standard_error: f64,
}

impl Summary {
    /// Summarises independent values. O(n).
    ///
    /// # Errors
    /// Fewer than two values, or one that is not finite.
    pub fn of(values: &[f64]) -> Result<Self, MeanError> {
        if values.len() < 2 {
            return Err(MeanError::TooFew(values.len()));
        }
        if let Some((index, &value)) = values.iter().enumerate().find(|(_, v)| !v.is_finite()) {
            return Err(MeanError::NotFinite { index, value });
        }
        let number = values.len() as f64;
        let rough = values.iter().sum::<f64>() / number;
        let (mut squares, mut residue) = (0.0, 0.0);
        for value in values {
            let deviation = value - rough;
            squares += deviation * deviation;
            residue += deviation;
        }
        // With exact arithmetic the residue is 0; it holds the rounding error of the first pass.
        let variance = ((squares - residue * (residue / number)) / (number - 1.0)).max(0.0);
        Ok(Self {
            count: values.len(),
            mean: rough + residue / number,
            standard_deviation: sqrt(variance),
            standard_error: sqrt(variance / number),
        })
    }

    /// Summarises independent values that are whole numbers over one denominator, from the sum of these numbers and the
    /// sum of their squares. O(1).
    ///
    /// Nothing is rounded before the last divisions, so the order of summation does not matter. Numbers up
    /// to 2^31 in size and counts up to 2^32 cannot overflow.
    ///
    /// # Errors
    /// Fewer than two values.
    pub fn of_fractions(count: usize, sum: i128, squares: i128, denominator: i128) -> Result<Self, MeanError> {
        if count < 2 {
            return Err(MeanError::TooFew(count));
        }
        let (number, unit) = (count as f64, denominator as f64);
        let deviations = (count as i128 * squares - sum * sum) as f64;
        let variance = deviations / number / (number - 1.0) / unit / unit;
        Ok(Self {
            count,
            mean: sum as f64 / number / unit,
            standard_deviation: sqrt(variance),
            standard_error: sqrt(variance / number),
        })
    }

    /// Student's t interval of the mean. O(sqrt(n)).
    ///
    /// # Errors
    /// A level outside (0, 1).
    pub fn interval(&self, level: f64) -> Result<Interval, LevelError> {
        let reach = student_quantile((self.count - 1) as f64, significance(level)?) * self.standard_error;
        let (low, high) = (self.mean - reach, self.mean + reach);
        Ok(Interval { method: Method::StudentT, level, low, high })
    }
}

/// Student's t interval of the mean of independent values: [`Summary::of`] and
/// [`Summary::interval`] in one. O(n).
///
/// # Errors
/// Fewer than two values, one that is not finite, or a level outside (0, 1).
pub fn student(values: &[f64], level: f64) -> Result<Interval, MeanError> {
    Ok(Summary::of(values)?.interval(level)?)
}

/// The t with P(|T| > t) = `alpha` for this many degrees of freedom, at least 1.
pub(super) fn student_quantile(freedom: f64, alpha: f64) -> f64 {
    // freedom / (freedom + T^2) has the distribution Beta(freedom / 2, 1 / 2), and its odds are
    // freedom / T^2.
    sqrt(freedom * exp(-ln_odds_quantile(0.5 * freedom, 0.5, alpha)))
}
