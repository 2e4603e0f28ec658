//! Estimates from a number of loads: the failure probability with its interval, quantiles, and times at stations.
//!
//! Rule: a number of loads fixed in advance gets a Wilson interval, or if none or all failed a Clopper-Pearson bound; a
//! stopping rule gets a confidence sequence, which stays valid for any number of looks. The output names the method.

use crate::replications::{Replications, Stopped, Tally};
use serde::Serialize;
use sixslot_models::load::Station;
use sixslot_models::{Plan, limits};
use sixslot_statistics::interval::{self, Interval};
use sixslot_statistics::quantile;
use sixslot_statistics::stopping::Stopping;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

/// The level of all intervals.
pub const LEVEL: f64 = 0.95;

/// The estimate for one plan.
#[derive(Clone, Debug, Serialize)]
pub struct Estimate {
    /// Loads.
    pub loads: u64,
    /// Loads that failed.
    pub failures: u64,
    /// The share of loads that failed.
    pub probability: f64,
    /// The interval of the probability.
    pub interval: Interval,
    /// Quantiles of the time to ready, in milliseconds, among loads that got ready.
    pub ready_ms: Option<ReadyQuantiles>,
    /// The guarantee of the interval, in a sentence.
    pub guarantee: &'static str,
    /// The share of loads with each outcome.
    pub outcomes: Outcomes,
    /// Milliseconds that the failed request spent at each station, on average over failed loads.
    pub failed_request_ms: Option<BTreeMap<&'static str, f64>>,
    /// The first load that failed: `--replication K` shows it.
    pub first_failure: Option<u64>,
    #[serde(skip)]
    ready: Vec<u64>,
}

/// Quantiles of the time to ready in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ReadyQuantiles {
    /// The median.
    pub p50: f64,
    /// The 90 % quantile.
    pub p90: f64,
    /// The 95 % quantile.
    pub p95: f64,
    /// The 99 % quantile.
    pub p99: f64,
}

/// Shares of loads; they overlap.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Outcomes {
    /// The page showed its error.
    pub error_shown: f64,
    /// A success cleared the error later.
    pub recovered: f64,
    /// The page was not ready by the horizon.
    pub not_ready: f64,
}

fn share(count: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { count as f64 / of as f64 }
}

/// Nanoseconds as milliseconds.
fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

/// The interval that a stopping rule allows.
#[expect(clippy::expect_used, reason = "a tally has a load and no more failures than loads, by construction")]
fn interval_of(tally: &Tally, stopping: &Stopping) -> Interval {
    match stopping {
        Stopping::Fixed(_) => interval::fixed_sample(tally.failures, tally.loads, LEVEL),
        _ => interval::confidence_sequence(tally.failures, tally.loads, LEVEL),
    }
    .expect("a tally is consistent")
}

impl Estimate {
    /// The estimate from a tally of at least one load.
    pub fn new(mut tally: Tally, stopping: &Stopping) -> Self {
        let interval = interval_of(&tally, stopping);
        tally.ready.sort_unstable();
        let quantiles = quantile::quantiles(&tally.ready, [0.5, 0.9, 0.95, 0.99]).ok();
        let mean = |sum: u128| sum as f64 / 1e6 / tally.failures as f64;
        let spent = Station::ALL.iter().zip(tally.failed_spent).map(|((_, name), sum)| (*name, mean(sum)));
        Self {
            loads: tally.loads,
            failures: tally.failures,
            probability: share(tally.failures, tally.loads),
            interval,
            guarantee: interval.method.guarantee(),
            ready_ms: quantiles.map(|values| ReadyQuantiles {
                p50: milliseconds(values[0]),
                p90: milliseconds(values[1]),
                p95: milliseconds(values[2]),
                p99: milliseconds(values[3]),
            }),
            outcomes: Outcomes {
                error_shown: share(tally.error_shown, tally.loads),
                recovered: share(tally.recovered, tally.loads),
                not_ready: share(tally.not_ready, tally.loads),
            },
            failed_request_ms: (tally.failures > 0).then(|| spent.collect()),
            first_failure: tally.first_failure,
            ready: tally.ready,
        }
    }

    /// Times to ready in nanoseconds, ascending.
    pub fn ready_times(&self) -> &[u64] {
        &self.ready
    }

    /// Simulates until the stopping rule is satisfied, or `most` loads.
    ///
    /// `look` is called with the number of loads after each round.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn run(
        plan: &Plan,
        seed: u64,
        stopping: &Stopping,
        most: u64,
        interrupt: &AtomicBool,
        mut look: impl FnMut(u64),
    ) -> Result<Self, Stopped> {
        let most = most.min(limits::LOADS);
        let mut tally = Tally::default();
        loop {
            let target = match stopping {
                // In rounds too, so that progress can be shown.
                Stopping::Fixed(loads) => (*loads).min(tally.loads + 50_000),
                // A quarter more each time: looks are cheap against loads, and the sequence allows any number of them.
                _ => most.min(tally.loads + (tally.loads / 4).max(1_000)),
            };
            let loads = tally.loads..target;
            tally = tally.extend(plan, &Replications::new(seed, loads, interrupt))?;
            look(tally.loads);
            let done = match stopping {
                Stopping::Fixed(loads) => tally.loads >= *loads,
                rule => {
                    let interval = interval_of(&tally, rule);
                    tally.loads >= most || rule.is_satisfied(tally.failures, tally.loads, &interval)
                }
            };
            if done {
                return Ok(Self::new(tally, stopping));
            }
        }
    }
}
