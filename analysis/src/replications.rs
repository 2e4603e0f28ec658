//! Many loads of one plan, counted.
//!
//! Rule: the unit of observation is the page load. Load k of a seed is the same load under every fix and in every cell
//! (common random numbers). Loads are simulated in blocks, in parallel; what is counted is whole numbers, and blocks are
//! joined in the order of their loads, so that the result does not depend on the number of threads.

use rayon::prelude::*;
use sixslot_models::Plan;
use sixslot_models::limits;
use sixslot_models::load::{Extent, Load, LoadError, Station};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Loads that one thread simulates before it asks for more.
const BLOCK: u64 = 500;

/// What happened in a number of loads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Loads.
    pub loads: u64,
    /// Loads that failed.
    pub failures: u64,
    /// Loads in which the page showed its error.
    pub error_shown: u64,
    /// Loads in which a success cleared the error.
    pub recovered: u64,
    /// Loads in which the page was not ready by the horizon, error or not.
    pub not_ready: u64,
    /// Times to ready in nanoseconds, in the order of the loads, of the first [`limits::TIMES`] loads.
    pub ready: Vec<u64>,
    /// Nanoseconds that the failed request spent at each station, over all failed loads.
    pub failed_spent: [u128; Station::COUNT],
    /// The first load that failed.
    pub first_failure: Option<u64>,
}

/// Why counting ended early.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// A load beyond the limits.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl Tally {
    fn join(mut self, later: Self) -> Self {
        self.loads += later.loads;
        self.failures += later.failures;
        self.error_shown += later.error_shown;
        self.recovered += later.recovered;
        self.not_ready += later.not_ready;
        self.ready.extend(later.ready);
        for (sum, more) in self.failed_spent.iter_mut().zip(later.failed_spent) {
            *sum += more;
        }
        self.first_failure = self.first_failure.or(later.first_failure);
        self
    }

    fn count(&mut self, plan: &Plan, load: &Load, number: u64) {
        let verdict = load.verdict();
        self.loads += 1;
        self.error_shown += u64::from(verdict.error.is_some());
        self.recovered += u64::from(verdict.recovered.is_some());
        match verdict.ready {
            None => self.not_ready += 1,
            Some(ready) if number < limits::TIMES => self.ready.push(ready.as_nanos()),
            Some(_) => {}
        }
        if verdict.failed {
            self.failures += 1;
            self.first_failure = self.first_failure.or(Some(number));
            if let Some(request) = load.culprit(plan) {
                for (sum, (station, _)) in self.failed_spent.iter_mut().zip(Station::ALL) {
                    *sum += u128::from(request.spent(station).as_nanos());
                }
            }
        }
    }

    /// Adds the loads of a range to those counted so far.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn extend(self, plan: &Plan, seed: u64, loads: Range<u64>, interrupt: &AtomicBool) -> Result<Self, Stopped> {
        let blocks: Vec<Range<u64>> =
            (loads.start..loads.end).step_by(BLOCK as usize).map(|start| start..loads.end.min(start + BLOCK)).collect();
        let tallies: Vec<Self> = blocks
            .into_par_iter()
            .map_init(Load::new, |load, block| {
                let mut tally = Self::default();
                for number in block {
                    if interrupt.load(Ordering::Relaxed) {
                        return Err(Stopped::Interrupted);
                    }
                    load.simulate(plan, seed, number, Extent::UntilDecided)?;
                    tally.count(plan, load, number);
                }
                Ok(tally)
            })
            .collect::<Result<_, _>>()?;
        Ok(tallies.into_iter().fold(self, Self::join))
    }
}
