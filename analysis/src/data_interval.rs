//! The interval of a failure probability with the uncertainty of the recorded loads behind the scenario.
//!
//! Rule: whole recorded loads are drawn again with replacement, as many as there are; every fitted number that still has its
//! evidence is fitted again, the choice of its family included; and the first [`LOADS`] loads of the scenario with these
//! numbers are simulated, the same ones for each resample. `sixslot_statistics::bootstrap` makes an interval of the counts.

use crate::estimate::Estimate;
use crate::import::evidence::Redrawn;
use crate::replications::{Replications, Stopped, Tally};
use rayon::prelude::*;
use sixslot_models::Document;
use sixslot_models::evidence::Evidence;
use sixslot_sim_core::{Purpose, Streams};
use sixslot_statistics::bootstrap::{Count, with_data};
use sixslot_statistics::interval::Interval;
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
}

impl DataInterval {
    /// The interval of an estimate; `None` where the scenario has no evidence, or one recorded load, or where no recorded load
    /// was judged.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn of(
        document: &Document,
        fixes: &[usize],
        seed: u64,
        estimate: &Estimate,
        interrupt: &AtomicBool,
    ) -> Result<Option<Self>, Stopped> {
        let Some(evidence) = document.evidence().filter(|evidence| can_be_drawn(evidence)) else { return Ok(None) };
        let Some((failures, simulation)) = estimate.failures.zip(estimate.interval) else { return Ok(None) };
        let one = |resample: u64| {
            let loads = redrawn(seed, resample, evidence.loads);
            let values = Redrawn { loads: &loads }.values(evidence);
            // A fit that is no scenario says nothing: a law of a few loads can be beyond a limit.
            let Ok(plan) = document.plan_with(fixes, &[], &values) else { return Ok(None) };
            let tally = Tally::default().extend(&plan, &Replications::new(seed, 0..LOADS, interrupt))?;
            Ok(Some(Count { failures: tally.failures, loads: tally.loads }))
        };
        let counts: Result<Vec<Option<Count>>, Stopped> = (0..RESAMPLES).into_par_iter().map(one).collect();
        let counts: Vec<Count> = counts?.into_iter().flatten().collect();
        let recorded = evidence.loads;
        let interval = with_data(Count { failures, loads: estimate.loads }, &simulation, &counts, recorded as u64);
        let failed = evidence.failed.filter(|_| fixes.is_empty() && document.is_as_imported());
        Ok(interval.ok().map(|interval| Self { interval, recorded, failed }))
    }

    /// Recorded loads that failed, and all of them, where the interval does not have their share: the model misses it.
    #[must_use]
    pub fn missed(&self) -> Option<(u64, usize)> {
        let failed = self.failed?;
        let share = failed as f64 / self.recorded as f64;
        (!self.interval.contains(share)).then_some((failed, self.recorded))
    }
}

/// Whether there are loads to draw again, of which it is known whether they failed.
fn can_be_drawn(evidence: &Evidence) -> bool {
    evidence.loads > 1 && evidence.failed.is_some() && !evidence.numbers.is_empty()
}

/// Which recorded load each load of a resample is.
fn redrawn(seed: u64, resample: u64, loads: usize) -> Vec<usize> {
    let streams = Streams::new(seed, resample);
    let one = |at: usize| streams.uniform(Purpose::named("recorded load"), at as u64) * loads as f64;
    (0..loads).map(|at| (one(at) as usize).min(loads - 1)).collect()
}
