//! Estimates from a number of loads: the failure probability with its interval, quantiles, and times at stations.
//!
//! Rule: a number of loads fixed in advance gets a Wilson interval, or with few failures a Clopper-Pearson interval; a
//! stopping rule gets a confidence sequence, which stays valid for any number of looks. The output names the method.

use crate::page_end::PageEnd;
use crate::ready_times::ReadyTimes;
pub use crate::replications::LEVEL;
use crate::replications::{Replications, Stopped, Tally, next_round};
use crate::waits::Wait;
use serde::Serialize;
use sixslot_models::load::Station;
use sixslot_models::{Plan, limits};
use sixslot_statistics::interval::{self, Interval};
use sixslot_statistics::stopping::Stopping;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// Loads without a failure after which another method is offered.
const RARE: u64 = 100_000;

/// Loads of a run that would stop by what is known about failures, where nothing can fail.
const NOT_JUDGED: u64 = 10_000;

/// The estimate for one plan.
#[derive(Clone, Debug, Serialize)]
pub struct Estimate {
    /// Loads.
    pub loads: u64,
    /// Loads that failed; null where nothing can fail.
    pub failures: Option<u64>,
    /// The share of loads that failed; null where nothing can fail.
    pub probability: Option<f64>,
    /// The interval of the probability, by simulation alone; null where nothing can fail.
    pub interval: Option<Interval>,
    /// Quantiles of the time to ready, in milliseconds, over all loads; null if none got ready.
    pub ready_ms: Option<ReadyQuantiles>,
    /// The page's end; null where it was not computed.
    pub end_ms: Option<PageEnd>,
    /// The guarantee of the interval, in a sentence.
    pub guarantee: Option<&'static str>,
    /// The shares of failed, late and ready loads, as `failed`, `late` and `ready`.
    #[serde(flatten)]
    pub shares: Shares,
    /// The interval of the probability that includes the uncertainty of the archives that the scenario was fitted to; null
    /// where there is no such evidence.
    pub interval_with_data: Option<Interval>,
    /// The share of loads with each outcome.
    pub outcomes: Outcomes,
    /// Milliseconds that the failed request spent at each station, on average over failed loads.
    pub failed_request_ms: Option<BTreeMap<&'static str, f64>>,
    /// The first load that failed: `--replication K` shows it.
    pub first_failure: Option<u64>,
    /// What to know about the verdict ([`crate::notes`]).
    pub notes: Vec<String>,
    /// Where the calls of each class waited, up to the verdict.
    pub waits: Vec<Wait>,
    /// Whether an interrupt ended the run before its rule did, or before the page's end was computed.
    #[serde(skip)]
    pub is_interrupted: bool,
    #[serde(skip)]
    ready: ReadyTimes,
    #[serde(skip)]
    late: u64,
    #[serde(skip)]
    failing: Vec<u64>,
    #[serde(skip)]
    being_late: Vec<u64>,
}

/// Quantiles of the time to ready in milliseconds; null where a load of that quantile never got ready.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ReadyQuantiles {
    /// The median.
    pub p50: Option<f64>,
    /// The 90 % quantile.
    pub p90: Option<f64>,
    /// The 95 % quantile.
    pub p95: Option<f64>,
    /// The 99 % quantile.
    pub p99: Option<f64>,
}

/// The shares of loads that failed, were late and were ready; they add up to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shares {
    /// Failed by the scenario's `fails`; null where nothing can fail.
    pub failed: Option<f64>,
    /// Not failed, and not ready by the horizon.
    pub late: f64,
    /// Not failed, and ready by the horizon.
    pub ready: f64,
}

impl Shares {
    /// The shares among a number of loads; `failed` is none where nothing can fail.
    pub fn new(loads: u64, failed: Option<u64>, late: u64) -> Self {
        let ready = loads - failed.unwrap_or(0) - late;
        Self { failed: failed.map(|failed| share(failed, loads)), late: share(late, loads), ready: share(ready, loads) }
    }
}

/// Shares of loads; they overlap.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Outcomes {
    /// The page showed its error.
    pub error_shown: f64,
    /// The page showed its error only after it was ready.
    pub error_after_ready: f64,
    /// A success cleared the error later.
    pub recovered: f64,
    /// The page was not ready by the horizon.
    pub not_ready: f64,
}

fn share(count: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { count as f64 / of as f64 }
}

/// The interval that a stopping rule allows.
#[expect(clippy::expect_used, reason = "a tally has a load and no more failures than loads, by construction")]
fn interval_of(tally: &Tally, stopping: &Stopping) -> Interval {
    match stopping {
        Stopping::Fixed(_) => interval::fixed_sample(tally.failures, tally.loads, LEVEL),
        Stopping::Decided(threshold) => interval::decision_sequence(tally.failures, tally.loads, *threshold, LEVEL),
        _ => interval::confidence_sequence(tally.failures, tally.loads, LEVEL),
    }
    .expect("a tally is consistent")
}

impl Estimate {
    /// The estimate for a plan from a tally of at least one load.
    pub fn new(plan: &Plan, tally: Tally, stopping: &Stopping) -> Self {
        let judged = plan.load().can_fail;
        let mut notes = crate::notes::notes(plan);
        if judged && tally.failures == 0 && tally.loads >= RARE {
            notes.push(
                "no load failed; `sixslot run SCENARIO --rare` estimates failures too rare to be counted".to_owned(),
            );
        }
        notes.extend(crate::notes::of_first(limits::TIMES, tally.loads));
        let failures = judged.then_some(tally.failures);
        let interval = judged.then(|| interval_of(&tally, stopping));
        let ready = ReadyTimes::new(tally.ready, tally.loads.min(limits::TIMES));
        let mean = |sum: u128| sum as f64 / 1e6 / tally.failures as f64;
        let spent = Station::ALL.iter().zip(tally.failed_spent).map(|((_, name), sum)| (*name, mean(sum)));
        Self {
            loads: tally.loads,
            failures,
            probability: failures.map(|failures| share(failures, tally.loads)),
            interval,
            guarantee: interval.map(|interval| interval.method.guarantee()),
            ready_ms: (!ready.finite().is_empty()).then(|| ReadyQuantiles {
                p50: ready.quantile(0.5),
                p90: ready.quantile(0.9),
                p95: ready.quantile(0.95),
                p99: ready.quantile(0.99),
            }),
            end_ms: None,
            shares: Shares::new(tally.loads, failures, tally.late),
            interval_with_data: None,
            outcomes: Outcomes {
                error_shown: share(tally.error_shown, tally.loads),
                error_after_ready: share(tally.error_after_ready, tally.loads),
                recovered: share(tally.recovered, tally.loads),
                not_ready: share(tally.not_ready, tally.loads),
            },
            failed_request_ms: (tally.failures > 0).then(|| spent.collect()),
            first_failure: tally.first_failure,
            notes,
            waits: tally.waits.map_or_else(Vec::new, |waits| waits.rows(plan, tally.loads)),
            is_interrupted: false,
            ready,
            late: tally.late,
            failing: tally.failing,
            being_late: tally.being_late,
        }
    }

    /// Loads that did not fail and were not ready by the horizon.
    pub const fn late_loads(&self) -> u64 {
        self.late
    }

    /// The first loads that failed.
    pub fn failing(&self) -> &[u64] {
        &self.failing
    }

    /// The first loads that were late.
    pub fn being_late(&self) -> &[u64] {
        &self.being_late
    }

    /// The same with the page's end. An interrupt, or a load that goes beyond its limits after its verdict, leaves that out.
    #[must_use]
    pub fn with_end(self, plan: &Plan, seed: u64, interrupt: &AtomicBool) -> Self {
        let end_ms = PageEnd::of(plan, seed, self.loads, interrupt);
        Self { end_ms, is_interrupted: self.is_interrupted || interrupt.load(Ordering::Relaxed), ..self }
    }

    /// Times to ready of all loads.
    pub const fn ready_times(&self) -> &ReadyTimes {
        &self.ready
    }

    /// Simulates until the stopping rule is satisfied, or `most` loads.
    ///
    /// `look` is called with the number of loads after each round. An interrupt gives the estimate of the loads so far.
    ///
    /// # Errors
    /// An interrupt before the first round has ended, or a load beyond its limits.
    pub fn run(
        plan: &Plan,
        seed: u64,
        stopping: &Stopping,
        most: u64,
        interrupt: &AtomicBool,
        mut look: impl FnMut(u64),
    ) -> Result<Self, Stopped> {
        let most = most.min(limits::LOADS);
        let mut tally = Tally::with_waits();
        loop {
            let target = match stopping {
                Stopping::Fixed(loads) => next_round(tally.loads, *loads),
                // Looks are cheap against loads, and the sequence allows any number of them.
                rule => most.min(rule.next_look(tally.loads)),
            };
            let loads = tally.loads..target;
            match Tally::with_waits().extend(plan, &Replications::new(seed, loads, interrupt)) {
                Ok(later) => tally = tally.join(later),
                Err(Stopped::Interrupted) if tally.loads > 0 => {
                    return Ok(Self { is_interrupted: true, ..Self::new(plan, tally, stopping) });
                }
                Err(stopped) => return Err(stopped),
            }
            look(tally.loads);
            let done = match stopping {
                Stopping::Fixed(loads) => tally.loads >= *loads,
                _ if !plan.load().can_fail => tally.loads >= most.min(NOT_JUDGED),
                rule => {
                    let interval = interval_of(&tally, rule);
                    tally.loads >= most || rule.is_satisfied(tally.failures, tally.loads, &interval)
                }
            };
            if done {
                return Ok(Self::new(plan, tally, stopping));
            }
        }
    }
}
