//! The page's end: when the last request of a load ended.
//!
//! Rule: of all requests, those that the page is not judged by included. Where one that the page makes once has not ended by the
//! horizon, the end is not known: what ended before it is no end, and under a slower network would come out earlier. Polls, sockets and
//! bodies that nobody reads have none, so they count as far as they ended. Loads are simulated to their horizon for it, while a
//! verdict is known earlier, so it is that of the first [`PageEnd::LOADS`] loads.

use crate::ready_times::ReadyTimes;
use crate::replications::Replications;
use serde::Serialize;
use sixslot_models::Plan;
use sixslot_models::class::{Kind, Start};
use sixslot_models::load::{Extent, Load, Request};
use sixslot_sim_core::Time;
use std::sync::atomic::AtomicBool;

/// When the last request of a load ended; `None` where the horizon came first.
#[must_use]
pub fn of(plan: &Plan, load: &Load) -> Option<Time> {
    let is_cut = |request: &Request| {
        let class = &plan.classes()[request.class];
        let is_poll = class.every.is_some() || matches!(class.common.start, Start::Arrivals { .. });
        request.ended.is_none() && class.kind == Kind::Fetch && class.reads_body && !is_poll
    };
    let requests = load.requests();
    if requests.iter().any(is_cut) { None } else { requests.iter().filter_map(|request| request.ended).max() }
}

/// Quantiles of the page's end, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PageEnd {
    /// The loads that they are of: the first ones.
    pub loads: u64,
    /// The median; null where such a load has not ended by the horizon.
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
        let ends =
            Replications::new(seed, 0..loads, interrupt).map(plan, Extent::Whole, |_, load| of(plan, load)).ok()?;
        let ends = ReadyTimes::new(ends.into_iter().flatten().map(Time::as_nanos).collect(), loads);
        Some(Self { loads, p50: ends.quantile(0.5), p95: ends.quantile(0.95) })
    }
}
