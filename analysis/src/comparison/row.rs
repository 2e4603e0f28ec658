//! The results of a comparison: the loads without a fix, and a row for each fix.
//!
//! Rule: shares and quantiles are over all loads; a load that never got ready has an infinite time, which is null.

use super::pairs::Track;
use super::settings::Variant;
use super::word::Word;
use crate::estimate::{LEVEL, Shares};
use crate::page_end::PageEnd;
use crate::ready_times::{ReadyQuantile, ReadyTimes};
use serde::Serialize;
use sixslot_models::Plan;
use sixslot_statistics::interval::{self, Interval};
use std::sync::atomic::{AtomicBool, Ordering};

/// The loads without a fix, or with one.
#[derive(Clone, Debug, Serialize)]
pub struct Outcomes {
    /// The shares of failed, late and ready loads, as `failed`, `late` and `ready`.
    #[serde(flatten)]
    pub shares: Shares,
    /// The interval of the share of failed loads; null where nothing can fail.
    pub failed_interval: Option<Interval>,
    /// The interval of the share of late loads.
    pub late_interval: Interval,
    /// Times to ready over all loads, in milliseconds.
    pub ready_ms: Quantiles,
    /// The intervals of these.
    pub ready_interval_ms: QuantileIntervals,
    /// The page's end; null where it was not computed.
    pub end_ms: Option<PageEnd>,
    /// The longest time for which a call was stalled, over all loads, in milliseconds.
    pub stalled_ms: Quantiles,
}

/// Quantiles of a time; null is infinite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    /// The median.
    pub p50: Option<f64>,
    /// The 95th percentile.
    pub p95: Option<f64>,
}

/// Quantiles with their intervals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct QuantileIntervals {
    /// The median.
    pub p50: ReadyQuantile,
    /// The 95th percentile.
    pub p95: ReadyQuantile,
}

/// A fix compared with none.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The fix.
    pub fix: String,
    /// Its title, in one line.
    pub title: String,
    /// The loads with it.
    #[serde(flatten)]
    pub outcomes: Outcomes,
    /// Loads that fail only without it.
    pub fixed: u64,
    /// Loads that fail only with it.
    pub broken: u64,
    /// What it does; null where no horizon that could be simulated shows it.
    pub verdict: Option<Word>,
    /// Its place among the fixes, from 1.
    pub place: usize,
    /// The fixes that are neither better nor worse for certain.
    pub tied_with: Vec<String>,
    /// The loads that fail without it and do not fail with it.
    pub rescued: Rescued,
    /// The horizon at which the verdict was reached, in milliseconds: longer than the scenario's where that is too short to
    /// see a failure with the fix.
    pub judged_horizon_ms: f64,
    /// The horizon that a verdict would need, in milliseconds, where there is none.
    pub needed_horizon_ms: Option<f64>,
    /// The probability of a failure without it.
    pub without: f64,
    /// The interval of that.
    pub without_interval: Interval,
    /// The probability of a failure with it.
    pub with: f64,
    /// The interval of that.
    pub with_interval: Interval,
    /// The probability with it minus the probability without it.
    pub difference: f64,
    /// The interval of the difference, which holds for all fixes of the comparison at once.
    pub difference_interval: Interval,
    /// Loads that fail only without it, and only with it.
    pub discordant: Discordant,
    /// Exact, two-sided.
    pub p_value: f64,
    /// Corrected for the number of fixes.
    pub p_value_holm: f64,
}

/// The loads that fail without a fix and do not fail with it, at the horizon of the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rescued {
    /// Their number.
    pub loads: u64,
    /// How many of them are ready before they would have failed, or the request that showed the error has succeeded by then.
    pub early: u64,
    /// The median of when each would have failed, in milliseconds.
    pub error_ms: Option<f64>,
    /// The median of when each is ready with the fix; null is infinite.
    pub ready_ms: Option<f64>,
}

/// Loads with different outcomes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Discordant {
    /// Loads that fail only without the fix.
    pub fixed: u64,
    /// Loads that fail only with the fix.
    pub broken: u64,
}

/// Fixes compared with none.
#[derive(Clone, Debug)]
pub struct Comparisons {
    /// Number of loads, each without and with every fix.
    pub loads: u64,
    /// Whether an interrupt came before the loads were simulated, all fixes judged, and the page's ends computed.
    pub is_interrupted: bool,
    /// The scenario's horizon, in milliseconds.
    pub horizon_ms: f64,
    /// The loads without a fix.
    pub without: Outcomes,
    /// Loads that failed without a fix.
    pub failures: u64,
    /// Loads that were late without a fix.
    pub late: u64,
    /// The first loads that failed without a fix.
    pub failing: Vec<u64>,
    /// The first loads that were late without a fix.
    pub being_late: Vec<u64>,
    /// The fixes, the best first.
    pub fixes: Vec<Comparison>,
}

impl Comparisons {
    /// The same with the page's end of the baseline and of each variant. An interrupt, or a load that goes beyond its limits
    /// after its verdict, leaves that out.
    #[must_use]
    pub fn with_ends(mut self, baseline: &Plan, variants: &[Variant], seed: u64, interrupt: &AtomicBool) -> Self {
        let end = |plan: &Plan| PageEnd::of(plan, seed, self.loads, interrupt);
        self.without.end_ms = end(baseline);
        for fix in &mut self.fixes {
            let variant = variants.iter().find(|variant| variant.name == fix.fix);
            fix.outcomes.end_ms = variant.and_then(|variant| end(&variant.plan));
        }
        self.is_interrupted |= interrupt.load(Ordering::Relaxed);
        self
    }
}

impl Outcomes {
    #[expect(clippy::expect_used, reason = "the counts are of at least one load")]
    pub(super) fn new(plan: &Plan, track: &Track, loads: u64) -> Self {
        let failed = plan.load().can_fail.then_some(track.failures);
        let interval = |count| interval::fixed_sample(count, loads, LEVEL).expect("counts are consistent");
        let (ready, stalled) = (ReadyTimes::of(&track.ready), ReadyTimes::of(&track.stalled));
        let quantiles = |times: &ReadyTimes| Quantiles { p50: times.quantile(0.5), p95: times.quantile(0.95) };
        Self {
            shares: Shares::new(loads, failed, track.late),
            failed_interval: failed.map(interval),
            late_interval: interval(track.late),
            ready_ms: quantiles(&ready),
            ready_interval_ms: QuantileIntervals {
                p50: ready.with_interval(0.5, LEVEL),
                p95: ready.with_interval(0.95, LEVEL),
            },
            end_ms: None,
            stalled_ms: quantiles(&stalled),
        }
    }
}
