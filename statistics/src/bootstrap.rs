//! The interval of a probability that was simulated from a model which was fitted to recorded loads.
//!
//! Rule: cluster bootstrap (A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8):
//! whole loads are drawn again, the model is fitted again and simulated. On log odds, the variance over the resamples, less
//! the part that is the simulations' own, times n / (n - 1) for n recorded loads, is added to that of the estimate's own
//! interval; the reach is Student's quantile with n - 1 degrees of freedom. Where no resample fails, or all do, the spread
//! says nothing: then the ends are those of the Clopper-Pearson interval of as many recorded loads.

use super::interval::{Interval, IntervalError, Method, clopper_pearson};
use super::level::{critical_value, significance};
use super::mean::student_quantile;
use libm::{exp, log, sqrt};

/// Failures among loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Loads that failed.
    pub failures: u64,
    /// Loads, at least 1 and at least the failures.
    pub loads: u64,
}

impl Count {
    /// The log odds, with half a load on either side so that they are finite.
    fn log_odds(self) -> f64 {
        log((self.failures as f64 + 0.5) / ((self.loads - self.failures) as f64 + 0.5))
    }

    /// The variance of the log odds that comes from counting.
    fn variance(self) -> f64 {
        1.0 / (self.failures as f64 + 0.5) + 1.0 / ((self.loads - self.failures) as f64 + 0.5)
    }
}

/// The interval with the uncertainty of the recorded loads. `simulation` is the estimate's own interval, `resamples` are the
/// simulations of the models that were fitted again, `recorded` is the number of recorded loads, at least 2.
///
/// # Errors
/// No loads, or more failures than loads.
pub fn with_data(
    estimate: Count,
    simulation: &Interval,
    resamples: &[Count],
    recorded: u64,
) -> Result<Interval, IntervalError> {
    let level = simulation.level;
    // Checks the counts and the level.
    clopper_pearson(estimate.failures, estimate.loads, level)?;
    let method = Method::ClusterBootstrap;
    let (least, most) = (simulation.low, simulation.high);
    let none = resamples.iter().all(|count| count.failures == 0);
    let all = resamples.iter().all(|count| count.failures == count.loads);
    if none || all {
        let failures = if none { 0 } else { recorded };
        let bare = clopper_pearson(failures, recorded.max(1), level)?;
        return Ok(Interval { method, level, low: least.min(bare.low), high: most.max(bare.high) });
    }
    let number = resamples.len() as f64;
    let odds = || resamples.iter().map(|count| count.log_odds());
    let mean = odds().sum::<f64>() / number;
    let spread = odds().map(|one| (one - mean) * (one - mean)).sum::<f64>() / (number - 1.0).max(1.0);
    let counting = resamples.iter().map(|count| count.variance()).sum::<f64>() / number;
    let clusters = recorded.max(2) as f64;
    let data = (spread - counting).max(0.0) * clusters / (clusters - 1.0);
    let ends = |p: f64| log(p.max(1e-300) / (1.0 - p).max(1e-300));
    let own = (ends(most) - ends(least)) / (2.0 * critical_value(significance(level)?));
    let own = if own.is_finite() { (own * own).min(estimate.variance()) } else { estimate.variance() };
    let reach = student_quantile(clusters - 1.0, significance(level)?) * sqrt(data + own);
    let middle = estimate.log_odds();
    let share = |odds: f64| 1.0 / (1.0 + exp(-odds));
    Ok(Interval { method, level, low: share(middle - reach).min(least), high: share(middle + reach).max(most) })
}

#[cfg(test)]
mod tests {
    use super::{Count, with_data};
    use crate::interval::wilson;

    #[test]
    fn resamples_that_spread_widen_the_interval_and_equal_ones_hardly_do() -> Result<(), crate::IntervalError> {
        let estimate = Count { failures: 2_700, loads: 10_000 };
        let simulation = wilson(2_700, 10_000, 0.95)?;
        let count = |failures| Count { failures, loads: 200 };
        let equal: Vec<Count> = (0..100).map(|at| count(54 + at % 3)).collect();
        let narrow = with_data(estimate, &simulation, &equal, 12)?;
        assert!(narrow.low <= simulation.low && narrow.high - narrow.low < 0.03, "{narrow:?}");
        let spread: Vec<Count> = (0..100).map(|at| count(20 + at % 70)).collect();
        let wide = with_data(estimate, &simulation, &spread, 12)?;
        assert!(wide.low < 0.15 && wide.high > 0.4, "{wide:?}");
        // Nothing failed in any resample: the recorded loads alone bound the share.
        let zero = wilson(0, 10_000, 0.95)?;
        let none = with_data(Count { failures: 0, loads: 10_000 }, &zero, &[count(0); 100], 12)?;
        assert!((none.low, (none.high - 0.2646).abs() < 1e-3) == (0.0, true), "{none:?}");
        Ok(())
    }
}
