//! The interval of a failure probability with the uncertainty of the recorded loads behind the scenario.
//!
//! Rule: whole recorded loads are drawn again with replacement, as many as there are; every fitted number that still has its
//! evidence is fitted again, the choice of its family included; and the first [`LOADS`] loads of the scenario with these
//! numbers are simulated, the same ones for each resample. `sixslot_statistics::bootstrap` makes an interval of the counts.
//!
//! The recorded loads themselves have an exact interval for the share that fails (Clopper-Pearson). Where it contains the
//! model's share, few loads cannot mislead: it is taken where the other one is wider, and both together where the other one
//! does not have the recorded share, as when every load was broken off at the same deadline and all resamples are alike.
//! Where it does not contain the model's share, and the other one not the recorded share, the model misses its archives.

use crate::comparison::Comparisons;
use crate::estimate::Estimate;
use crate::import::evidence::Redrawn;
use crate::parallel;
use crate::replications::{Replications, Stopped, Tally};
use sixslot_models::Document;
use sixslot_models::evidence::Evidence;
use sixslot_sim_core::{Purpose, Streams};
use sixslot_statistics::bootstrap::{Count, with_data};
use sixslot_statistics::interval::{Interval, clopper_pearson};
use std::sync::atomic::AtomicBool;

/// Resamples of the recorded loads.
pub const RESAMPLES: u64 = 100;

/// Simulated loads of each.
pub const LOADS: u64 = 200;

/// The interval with the data, and what the recorded loads themselves show.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DataInterval {
    /// The interval of the failure probability.
    pub interval: Interval,
    /// Recorded loads, at least 2.
    pub recorded: usize,
    /// Those that failed; none where the scenario was changed since, or has a fix, so that they say nothing of it.
    pub failed: Option<u64>,
    /// Whether the model misses its archives.
    is_missed: bool,
}

/// What the loads of the model alone say: how many fail, with the interval of that share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulated {
    failed: Count,
    interval: Interval,
}

impl Simulated {
    /// Those of an estimate; `None` where failure is not judged.
    pub fn of_estimate(estimate: &Estimate) -> Option<Self> {
        let failed = Count { failures: estimate.failures?, loads: estimate.loads };
        Some(Self { failed, interval: estimate.interval? })
    }

    /// Those of a comparison, without a fix; `None` where failure is not judged.
    pub fn of_comparisons(found: &Comparisons) -> Option<Self> {
        let failed = Count { failures: found.failures, loads: found.loads };
        Some(Self { failed, interval: found.without.failed_interval? })
    }
}

impl DataInterval {
    /// The interval with the data around what was simulated; `None` where nothing is judged, where the scenario has no evidence
    /// or one recorded load, where no recorded load was judged, or after an interrupt.
    ///
    /// # Errors
    /// A load beyond its limits.
    pub fn of(
        document: &Document,
        fixes: &[usize],
        seed: u64,
        simulated: Option<Simulated>,
        interrupt: &AtomicBool,
    ) -> Result<Option<Self>, Stopped> {
        let Some(evidence) = evidence(document) else { return Ok(None) };
        let Some(Simulated { failed: count, interval: simulation }) = simulated else { return Ok(None) };
        let one = |resample: u64| {
            let loads = redrawn(seed, resample, evidence.loads);
            let values = Redrawn { loads: &loads }.values(evidence);
            // A fit that is no scenario says nothing: a law of a few loads can be beyond a limit.
            let Ok(plan) = document.plan_with(fixes, &[], &values) else { return Ok(None) };
            let tally = Tally::default().extend(&plan, &Replications::new(seed, 0..LOADS, interrupt))?;
            Ok(Some(Count { failures: tally.failures, loads: tally.loads }))
        };
        let counts: Result<Vec<Option<Count>>, Stopped> =
            parallel::map((0..RESAMPLES).collect(), one).into_iter().collect();
        let counts: Vec<Count> = match counts {
            Ok(counts) => counts.into_iter().flatten().collect(),
            Err(Stopped::Interrupted) => return Ok(None),
            Err(stopped) => return Err(stopped),
        };
        let recorded = evidence.loads;
        let interval = with_data(count, &simulation, &counts, recorded as u64);
        let failed = evidence.failed.filter(|_| fixes.is_empty() && document.is_as_imported());
        let Ok(interval) = interval else { return Ok(None) };
        let alone = Self { interval, recorded, failed, is_missed: false };
        let exact = failed.and_then(|failed| clopper_pearson(failed, recorded as u64, interval.level).ok());
        Ok(Some(match (failed, exact) {
            (Some(failed), Some(exact)) => {
                alone.held_against(failed, &exact, count.failures as f64 / count.loads as f64)
            }
            _ => alone,
        }))
    }

    /// The interval with what the recorded loads show by themselves: how many failed, with the exact interval of their share.
    /// `share` is the model's.
    fn held_against(self, failed: u64, exact: &Interval, share: f64) -> Self {
        let is_near = self.interval.contains(failed as f64 / self.recorded as f64);
        if !exact.contains(share) {
            return Self { is_missed: !is_near, ..self };
        }
        let Interval { low, high, .. } = self.interval;
        let (low, high) = if !is_near {
            (low.min(exact.low), high.max(exact.high))
        } else if self.interval.half_width() > exact.half_width() {
            (exact.low, exact.high)
        } else {
            (low, high)
        };
        Self { interval: Interval { low, high, ..self.interval }, ..self }
    }

    /// Whether a scenario has loads to draw again, so that only an interrupt or nothing to judge leaves the interval out.
    #[must_use]
    pub fn is_expected(document: &Document) -> bool {
        evidence(document).is_some()
    }

    /// Recorded loads that failed, and all of them, where the model misses its archives.
    #[must_use]
    pub fn missed(&self) -> Option<(u64, usize)> {
        self.failed.filter(|_| self.is_missed).map(|failed| (failed, self.recorded))
    }
}

/// The evidence of a scenario, where there are loads to draw again, of which it is known whether they failed.
fn evidence(document: &Document) -> Option<&Evidence> {
    let can_be_drawn =
        |evidence: &&Evidence| evidence.loads > 1 && evidence.failed.is_some() && !evidence.numbers.is_empty();
    document.evidence().filter(can_be_drawn)
}

/// Which recorded load each load of a resample is.
fn redrawn(seed: u64, resample: u64, loads: usize) -> Vec<usize> {
    let streams = Streams::new(seed, resample);
    let one = |at: usize| streams.uniform(Purpose::named("recorded load"), at as u64) * loads as f64;
    (0..loads).map(|at| (one(at) as usize).min(loads - 1)).collect()
}
