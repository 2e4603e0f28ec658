//! The results that a sweep keeps for a cell.
//!
//! Rule: counts and whole nanoseconds, so that parts of a sweep join exactly; a table's times have a resolution of a
//! microsecond.

use crate::estimate::Shares;
use crate::replications::Tally;
use serde::{Deserialize, Serialize};
use sixslot_models::limits;
use sixslot_models::load::Station;
use sixslot_statistics::quantile;

/// Number of points of a stored distribution of times to ready.
const STEPS: usize = 200;

/// The results of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellResult {
    /// The cell's number.
    pub cell: usize,
    /// Loads.
    pub loads: u64,
    /// Whether a load can fail; if not, `failures` is 0 and says nothing.
    pub judged: bool,
    /// Loads that failed.
    pub failures: u64,
    /// Loads that did not fail and were not ready by the horizon.
    pub late: u64,
    /// Loads in which the error was shown.
    pub error_shown: u64,
    /// Loads in which a success cleared it.
    pub recovered: u64,
    /// Loads that were not ready by the horizon.
    pub not_ready: u64,
    /// The first load that failed.
    pub first_failure: Option<u64>,
    /// 50, 90, 95 and 99 % quantiles of the time to ready in nanoseconds; none where no load got ready.
    pub ready_quantiles: Option<[u64; 4]>,
    /// The distribution of the time to ready: evenly spaced order statistics, ascending, in nanoseconds.
    pub ready_steps: Vec<u64>,
    /// Microseconds that the failed request spent at each station, over all failed loads.
    pub failed_spent: [u64; Station::COUNT],
}

impl CellResult {
    /// The results from a tally.
    pub fn new(cell: usize, judged: bool, tally: Tally) -> Self {
        let mut ready = tally.ready;
        ready.sort_unstable();
        let ready_quantiles = quantile::quantiles(&ready, [0.5, 0.9, 0.95, 0.99]).ok();
        let steps = STEPS.min(ready.len());
        Self {
            cell,
            loads: tally.loads,
            judged,
            failures: tally.failures,
            late: tally.late,
            error_shown: tally.error_shown,
            recovered: tally.recovered,
            not_ready: tally.not_ready,
            first_failure: tally.first_failure,
            ready_quantiles,
            ready_steps: (1..=steps).map(|step| ready[step * ready.len() / steps - 1]).collect(),
            failed_spent: tally.failed_spent.map(|sum| u64::try_from(sum / 1_000).unwrap_or(u64::MAX)),
        }
    }

    /// Whether this can be the result of a cell with this number of loads; else what cannot be.
    ///
    /// # Errors
    /// The first impossible value.
    pub fn check(&self, loads: u64) -> Result<(), &'static str> {
        let ascends = |times: &[u64]| times.is_sorted();
        let ready = loads.saturating_sub(self.not_ready).min(limits::TIMES);
        let most = usize::try_from(ready).unwrap_or(STEPS).min(STEPS);
        let faults = [
            (self.loads != loads, "it has another number of loads"),
            (self.failures > loads || self.error_shown > loads, "more loads fail than there are"),
            (self.recovered > self.error_shown, "more errors are cleared than shown"),
            (self.late > self.not_ready || self.not_ready > loads, "more loads are not ready than there are"),
            (!self.judged && self.failures > 0, "loads fail where nothing can"),
            (self.first_failure.is_some() != (self.failures > 0), "its first failing load does not match its failures"),
            (self.first_failure.is_some_and(|first| first >= loads), "its first failing load is not one of its loads"),
            (self.ready_steps.len() > most || !ascends(&self.ready_steps), "its times to ready are not quantiles"),
            (self.ready_quantiles.is_some() == self.ready_steps.is_empty(), "its quantiles do not match its times"),
            (self.ready_quantiles.is_some_and(|quantiles| !ascends(&quantiles)), "its quantiles do not ascend"),
        ];
        faults.iter().find(|(is_wrong, _)| *is_wrong).map_or(Ok(()), |(_, fault)| Err(*fault))
    }

    /// The share of loads that failed.
    pub fn probability(&self) -> f64 {
        self.failures as f64 / self.loads as f64
    }

    /// The shares of failed, late and ready loads.
    pub fn shares(&self) -> Shares {
        Shares::new(self.loads, self.judged.then_some(self.failures), self.late)
    }
}

/// The results of a cell in a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Loads.
    pub loads: u64,
    /// Whether a load can fail; if not, `failures` is 0 and says nothing.
    pub judged: bool,
    /// Loads that failed.
    pub failures: u64,
    /// Loads that did not fail and were not ready by the horizon.
    pub late: u64,
    /// 50, 90, 95 and 99 % quantiles of the time to ready in milliseconds; none where no load got ready.
    pub ready_ms: Option<[f64; 4]>,
}

impl Row {
    /// The share of loads that failed.
    pub fn probability(&self) -> f64 {
        self.failures as f64 / self.loads as f64
    }
}

/// Nanoseconds as milliseconds with three decimals, as in a table.
fn milliseconds(time: u64) -> f64 {
    format!("{:.3}", time as f64 / 1e6).parse().unwrap_or(f64::INFINITY)
}

impl From<&CellResult> for Row {
    fn from(result: &CellResult) -> Self {
        let ready_ms = result.ready_quantiles.map(|quantiles| quantiles.map(milliseconds));
        Self { loads: result.loads, judged: result.judged, failures: result.failures, late: result.late, ready_ms }
    }
}
