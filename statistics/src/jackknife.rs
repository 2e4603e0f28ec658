//! The jackknife: the standard error of an estimate that is any smooth function of sums over groups of loads.
//!
//! Rule: the sample is divided into groups, the estimate is computed again without each of them, and the spread of these
//! gives the standard error (R. G. Miller, The jackknife - a review, Biometrika 61 (1974) 1). Student's quantile with one
//! degree of freedom less than groups makes the interval. Approximate: it needs estimates that are nearly normal.

use super::interval::{Interval, Method};
use super::level::{LevelError, significance};
use super::mean::student_quantile;
use libm::sqrt;

/// An estimate with its interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Estimated {
    /// The estimate from the whole sample.
    pub value: f64,
    /// Its interval.
    pub interval: Interval,
}

/// The estimate, and its interval from the estimates without each group; `without(None)` is the estimate from all.
///
/// # Errors
/// A level outside (0, 1).
///
/// # Panics
/// In debug builds, if there are fewer than two groups.
pub fn jackknife(groups: usize, level: f64, without: impl Fn(Option<usize>) -> f64) -> Result<Estimated, LevelError> {
    debug_assert!(groups >= 2, "one group has no spread");
    let alpha = significance(level)?;
    let number = groups as f64;
    let value = without(None);
    let parts: Vec<f64> = (0..groups).map(|group| without(Some(group))).collect();
    let mean = parts.iter().sum::<f64>() / number;
    let squares: f64 = parts.iter().map(|part| (part - mean) * (part - mean)).sum();
    let reach = student_quantile(number - 1.0, alpha) * sqrt(squares * (number - 1.0) / number);
    Ok(Estimated {
        value,
        interval: Interval { method: Method::Jackknife, level, low: value - reach, high: value + reach },
    })
}
