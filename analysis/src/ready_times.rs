//! Times to ready over all loads, and their quantiles.
//!
//! Rule: a load that never got ready has an infinite time, which is null in JSON. So a quantile is of all loads, and a fix
//! that rescues slow loads cannot look slower by them.

use serde::Serialize;
use sixslot_statistics::quantile;
use std::cmp::Ordering;

/// The time of a load that was not ready by the horizon.
pub const NEVER: u64 = u64::MAX;

/// Times to ready of a number of loads, in nanoseconds, ascending; [`NEVER`] for those that did not get ready.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadyTimes(Vec<u64>);

/// A quantile of the time to ready with its interval, in milliseconds; null is infinite: the load never got ready.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReadyQuantile {
    /// The quantile.
    pub value: Option<f64>,
    /// The lower end of its interval; null if it is infinite.
    pub low: Option<f64>,
    /// The upper end of its interval; null if it is infinite, or if there are too few loads to bound it.
    pub high: Option<f64>,
}

impl ReadyTimes {
    /// The times of `loads` loads, of which those in `times` got ready.
    #[must_use]
    pub fn new(mut times: Vec<u64>, loads: u64) -> Self {
        times.resize(times.len().max(usize::try_from(loads).unwrap_or(usize::MAX)), NEVER);
        Self::sorted(times, u64::cmp)
    }

    /// O(n log n), once: every quantile is then a look-up.
    fn sorted(mut times: Vec<u64>, compare: impl FnMut(&u64, &u64) -> Ordering) -> Self {
        times.sort_unstable_by(compare);
        Self(times)
    }

    /// The times of loads, in any order; [`NEVER`] for those that did not get ready.
    #[must_use]
    pub fn of(times: &[u64]) -> Self {
        Self::new(times.to_vec(), 0)
    }

    /// The times of the loads that got ready, in nanoseconds, ascending.
    #[must_use]
    pub fn finite(&self) -> &[u64] {
        &self.0[..self.0.partition_point(|time| *time < NEVER)]
    }

    /// A quantile in milliseconds; none if it is infinite, or without loads.
    #[must_use]
    pub fn quantile(&self, fraction: f64) -> Option<f64> {
        quantile::quantile(&self.0, fraction).ok().and_then(milliseconds)
    }

    /// A quantile in nanoseconds; [`NEVER`] if it is infinite, or without loads.
    #[must_use]
    pub fn nanoseconds(&self, fraction: f64) -> u64 {
        quantile::quantile(&self.0, fraction).unwrap_or(NEVER)
    }

    /// The interval of a quantile at a level, in nanoseconds, from 0 to [`NEVER`]; order statistics.
    #[must_use]
    pub fn bounds(&self, fraction: f64, level: f64) -> (u64, u64) {
        let interval = quantile::interval(&self.0, fraction, level).ok();
        let low = interval.and_then(|interval| interval.low).unwrap_or(0);
        (low, interval.and_then(|interval| interval.high).unwrap_or(NEVER))
    }

    /// A quantile with the interval that holds whatever the distribution is (order statistics).
    #[must_use]
    pub fn with_interval(&self, fraction: f64, level: f64) -> ReadyQuantile {
        let (low, high) = self.bounds(fraction, level);
        ReadyQuantile { value: self.quantile(fraction), low: milliseconds(low), high: milliseconds(high) }
    }
}

fn milliseconds(nanoseconds: u64) -> Option<f64> {
    (nanoseconds < NEVER).then_some(nanoseconds as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::ReadyTimes;

    #[test]
    fn four_million_times_cost_n_log_n_comparisons() {
        for n in [500_000, 1_000_000, 2_000_000, 4_000_000_u64] {
            // A multiplicative hash: values in no order.
            let times = (0..n).map(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20).collect();
            let mut comparisons = 0_u64;
            let found = ReadyTimes::sorted(times, |one, other| {
                comparisons += 1;
                one.cmp(other)
            });
            let per = comparisons as f64 / (n as f64 * libm::log2(n as f64));
            println!("ready times: n = {n:7}, {comparisons:9} comparisons, {per:.2} n log2 n");
            assert!(found.0.is_sorted() && (0.5..1.6).contains(&per), "{per}");
        }
    }

    #[test]
    fn loads_that_never_got_ready_are_slower_than_all_others() {
        let times = ReadyTimes::new(vec![3_000_000, 1_000_000, 2_000_000], 5);
        assert_eq!(
            [0.2, 0.5, 0.6, 0.61, 0.95].map(|q| times.quantile(q)),
            [Some(1.0), Some(3.0), Some(3.0), None, None]
        );
        assert_eq!(times.finite(), [1_000_000, 2_000_000, 3_000_000]);
        let median = ReadyTimes::new((1..=900).map(|time| time * 1_000_000).collect(), 1000).with_interval(0.5, 0.95);
        assert!(median.low < median.value && median.value < median.high && median.high < Some(540.0), "{median:?}");
        assert_eq!(ReadyTimes::new(Vec::new(), 0).quantile(0.5), None);
    }
}
