//! The page's end: when the last request of a load ended.
//!
//! Rule: of the requests that ended by the horizon, those that the page is not judged by included. Loads are simulated to their
//! horizon for it, while a verdict is known earlier, so it is that of the first [`PageEnd::LOADS`] loads.

use crate::ready_times::ReadyTimes;
use crate::replications::Replications;
use serde::Serialize;
use sixslot_models::Plan;
use sixslot_models::load::{Extent, Load};
use sixslot_sim_core::Time;
use std::sync::atomic::AtomicBool;

/// When the last request of a load ended.
#[must_use]
pub fn of(load: &Load) -> Option<Time> {
    load.requests().iter().filter_map(|request| request.ended).max()
}

/// Quantiles of the page's end, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PageEnd {
    /// The loads that they are of: the first ones.
    pub loads: u64,
    /// The median; null where no request of such a load ended.
    pub p50: Option<f64>,
    /// The 95th percentile.
    pub p95: Option<f64>,
}

impl PageEnd {
    /// Loads that it is computed from.
    pub const LOADS: u64 = 1_000;

    /// That of a plan, from the first of a number of loads; `None` after an interrupt, or where a load goes beyond its limits.
    #[must_use]
    pub fn of(plan: &Plan, seed: u64, loads: u64, interrupt: &AtomicBool) -> Option<Self> {
        let loads = loads.min(Self::LOADS);
        let ends = Replications::new(seed, 0..loads, interrupt).map(plan, Extent::Whole, |_, load| of(load)).ok()?;
        let ends = ReadyTimes::new(ends.into_iter().flatten().map(Time::as_nanos).collect(), loads);
        Some(Self { loads, p50: ends.quantile(0.5), p95: ends.quantile(0.95) })
    }
}
