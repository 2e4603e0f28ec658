//! The share of failing loads, recorded and simulated.
//!
//! Rule: recorded loads fail by the rule of `rule.rs`. The simulated
//! share contradicts the recorded one where it lies outside the 95 % Clopper-Pearson interval of the recorded count. Where no
//! rule of failure was seen, there is no share.

use super::calls::Load;
use super::page::Page;
use crate::estimate::Estimate;
use sixslot_models::Plan;
use sixslot_statistics::interval::{Interval, clopper_pearson};
use sixslot_statistics::stopping::Stopping;
use std::sync::atomic::AtomicBool;

/// Shares of failing loads.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Share {
    /// Recorded loads that failed.
    pub failed: u64,
    /// Recorded loads.
    pub recorded: u64,
    /// Lower end of the interval of the recorded share.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Simulated loads.
    pub simulated: u64,
    /// The share of them that failed.
    pub probability: f64,
}

/// Simulated loads.
const LOADS: u64 = 400;

/// Requests that all simulated loads together may have.
const REQUESTS: usize = 2_000_000;

/// Loads of a page of which fewer are simulated say too little.
const FEWEST: u64 = 50;

impl Share {
    /// The shares of a page; `None` where failure is not judged, or where a load is too large to simulate many of them.
    #[must_use]
    pub fn of(page: &Page<'_>, loads: &[Load], plan: &Plan) -> Option<Self> {
        let failed = page.failed?;
        let recorded = loads.len() as u64;
        let Interval { low, high, .. } = clopper_pearson(failed, recorded, 0.95).ok()?;
        let most = loads.iter().map(|load| load.archive.entries.len()).max().unwrap_or(1).max(1);
        let simulated = LOADS.min((REQUESTS / most) as u64);
        if simulated < FEWEST {
            return None;
        }
        let stopping = Stopping::Fixed(simulated);
        let estimate = Estimate::run(plan, 1, &stopping, simulated, &AtomicBool::new(false), |_| ()).ok()?;
        let probability = estimate.probability?;
        Some(Self { failed, recorded, low, high, simulated, probability })
    }

    /// Whether the simulated share lies outside the interval of the recorded one.
    #[must_use]
    pub fn contradicts(&self) -> bool {
        self.probability < self.low || self.probability > self.high
    }

    /// The sentence that stands above everything else.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { failed, recorded, low, high, simulated, probability } = self;
        let percent = |share: &f64| format!("{:.1}", 100.0 * share);
        let verdict = if self.contradicts() {
            "The model contradicts its archives"
        } else {
            "The model agrees with its archives"
        };
        let loads = if *recorded == 1 { "load" } else { "loads" };
        format!(
            "{verdict}: {failed} of {recorded} recorded {loads} failed (95 % interval {} to {} %), and {} % of {simulated} simulated ones.",
            percent(low),
            percent(high),
            percent(probability)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn outside_the_interval_is_a_contradiction_and_inside_is_none() {
        let share = Share { failed: 5, recorded: 12, low: 0.152, high: 0.723, simulated: 400, probability: 0.27 };
        assert!(!share.contradicts() && share.sentence().starts_with("The model agrees"));
        for probability in [0.1, 0.8] {
            let share = Share { probability, ..share };
            assert!(share.contradicts() && share.sentence().starts_with("The model contradicts"));
        }
    }
}
