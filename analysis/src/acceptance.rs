//! What is asked of a page: the largest shares of loads that may fail and that may be late.
//!
//! Rule: a page meets this if both shares are below their limits, and misses it if one of them is above. With intervals the
//! answer can also be that neither is known. A wrong "met" needs one interval that is wrong, so that the level of each is the
//! level of the answer; a wrong "missed" needs one of two, so each has half of the significance.

use crate::replications::Tally;
use serde::Serialize;
use sixslot_statistics::Interval;

/// The limits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Acceptance {
    max_failure: f64,
    max_late: f64,
}

/// A limit that is not a probability.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{flag} {value} is not a probability between 0 and 1, such as 0.01")]
pub struct AcceptanceError {
    flag: &'static str,
    value: f64,
}

/// Whether a page meets the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Both shares are below their limits, with the confidence of the intervals.
    Met,
    /// A share is above its limit, with that confidence.
    Missed,
    /// More loads are needed.
    Undecided,
}

/// The shares of loads of one plan, with their intervals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shares {
    /// Loads.
    pub loads: u64,
    /// The share that failed; none where nothing can fail.
    pub failed: Option<f64>,
    /// Its interval.
    pub failed_interval: Option<Interval>,
    /// The share that was late: not failed, and not ready by the horizon.
    pub late: f64,
    /// Its interval.
    pub late_interval: Interval,
}

impl Shares {
    /// The shares, with an interval for a count of loads from `interval`; `can_fail` says whether failure is judged.
    pub(crate) fn new(loads: u64, failed: u64, late: u64, can_fail: bool, interval: impl Fn(u64) -> Interval) -> Self {
        let share = |count: u64| count as f64 / loads as f64;
        Self {
            loads,
            failed: can_fail.then(|| share(failed)),
            failed_interval: can_fail.then(|| interval(failed)),
            late: share(late),
            late_interval: interval(late),
        }
    }

    /// The shares in words: `0.1 % of loads fail (0.05 % to 0.2 %), 0 % are late`.
    pub fn sentence(&self) -> String {
        use crate::words::percent;
        let late = format!("{} are late", percent(self.late));
        match (self.failed, self.failed_interval) {
            (Some(failed), Some(interval)) => {
                let (low, high) = (percent(interval.low), percent(interval.high));
                format!("{} of loads fail ({low} to {high}), {late}", percent(failed))
            }
            _ => format!("nothing can fail, {late}"),
        }
    }
}

impl Acceptance {
    /// The limits; each is a probability strictly between 0 and 1.
    ///
    /// # Errors
    /// Another number.
    pub fn new(max_failure: f64, max_late: f64) -> Result<Self, AcceptanceError> {
        for (flag, value) in [("--max-failure", max_failure), ("--max-late", max_late)] {
            if !(value > 0.0 && value < 1.0) {
                return Err(AcceptanceError { flag, value });
            }
        }
        Ok(Self { max_failure, max_late })
    }

    /// The largest share of loads that may fail.
    pub const fn max_failure(&self) -> f64 {
        self.max_failure
    }

    /// The largest share of loads that may be late.
    pub const fn max_late(&self) -> f64 {
        self.max_late
    }

    /// The limits in words: `failed and late loads to at most 1 % each`.
    pub fn sentence(&self) -> String {
        use crate::words::percent;
        let (failure, late) = (percent(self.max_failure), percent(self.max_late));
        if failure == late {
            format!("failed and late loads to at most {failure} each")
        } else {
            format!("failed loads to at most {failure} and late ones to at most {late}")
        }
    }

    /// The shares of a tally; `interval` gives that of a count for its limit. `can_fail` says whether failure is judged.
    pub(crate) fn shares(&self, tally: &Tally, can_fail: bool, interval: impl Fn(u64, f64) -> Interval) -> Shares {
        Shares {
            late_interval: interval(tally.late, self.max_late),
            ..Shares::new(tally.loads, tally.failures, tally.late, can_fail, |count| interval(count, self.max_failure))
        }
    }

    /// Whether shares meet the limits, by their intervals.
    pub fn decide(&self, shares: &Shares) -> Decision {
        let sides = [(shares.failed_interval, self.max_failure), (Some(shares.late_interval), self.max_late)];
        let judged = || sides.iter().filter_map(|(interval, limit)| interval.map(|interval| (interval, *limit)));
        if judged().any(|(interval, limit)| interval.low > limit) {
            Decision::Missed
        } else if judged().all(|(interval, limit)| interval.high <= limit) {
            Decision::Met
        } else {
            Decision::Undecided
        }
    }
}
