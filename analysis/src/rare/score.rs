//! How near a load comes to the rare event.
//!
//! Rule: the score of a load without the event is between 0 and the number of failures in a row that show the error: for each
//! instance of a watched request, its failures in a row plus the fraction of the next call's deadline that has passed when
//! the awaited moment comes (its sojourn, as if it had no deadline: a sojourn beyond the deadline is the event). With the event it is infinite.
//! A score only steers the search: an estimate does not rest on it.

use sixslot_models::Plan;
use sixslot_models::class::DeadlineUntil;
use sixslot_models::load::{Load, Request, Station};
use sixslot_sim_core::{Span, Time};
use std::collections::BTreeMap;

/// The rare event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The load fails, by the scenario's `fails`.
    Failed,
    /// The load does not fail, and the page is not ready by the horizon.
    Late,
}

/// The fraction of one span in another.
fn fraction(part: Span, whole: Span) -> f64 {
    if whole.is_zero() { 1.0 } else { part.as_seconds_f64() / whole.as_seconds_f64() }
}

/// Time from the issue of a request to its end, or to the end of the load.
fn life(request: &Request) -> Span {
    Station::ALL.iter().fold(Span::ZERO, |sum, (station, _)| sum + request.spent(*station))
}

impl Event {
    /// Whether the event has happened in a load.
    pub fn happened(self, load: &Load) -> bool {
        let verdict = load.verdict();
        match self {
            Self::Failed => verdict.failed,
            Self::Late => !verdict.failed && verdict.ready.is_none(),
        }
    }

    /// The score of a load; infinite where the event has happened.
    pub fn score(self, plan: &Plan, load: &Load) -> f64 {
        if self.happened(load) {
            return f64::INFINITY;
        }
        // A load that fails is not late, however slow it is.
        if load.verdict().failed {
            return 0.0;
        }
        let horizon = plan.horizon() - Time::ZERO;
        let rules = plan.load();
        let mut score = 0.0_f64;
        if self == Self::Failed {
            for rule in &rules.errors {
                score = score.max(nearest(plan, load, rule.class, rule.failures, rule.no_success_for));
            }
        }
        if self == Self::Late || rules.errors.is_empty() {
            let ready = load.verdict().ready.map_or(horizon, |ready| ready - Time::ZERO);
            score = score.max(fraction(ready, horizon));
            for class in &rules.ready {
                score = score.max(nearest(plan, load, *class, plan.classes()[*class].attempts, None));
            }
        }
        score
    }
}

/// How near an instance of a class comes to this many failures in a row, or to this time without a success.
fn nearest(plan: &Plan, load: &Load, number: usize, failures: u32, no_success_for: Option<Span>) -> f64 {
    let class = &plan.classes()[number];
    let mut rows: BTreeMap<(u32, u32), (u32, Time)> = BTreeMap::new();
    let mut score = 0.0_f64;
    for request in load.requests().iter().filter(|request| request.class == number) {
        let (row, began) = rows.entry((request.index, request.tab)).or_insert((0, request.issued));
        if *row == 0 {
            *began = request.issued;
        }
        let awaited = match class.deadline_until {
            DeadlineUntil::Sent => request.sent,
            DeadlineUntil::Headers => request.headers,
            DeadlineUntil::End => None,
        };
        let sojourn = awaited.map_or_else(|| life(request), |at| at - request.issued);
        let limit = class.deadline.unwrap_or(plan.horizon() - Time::ZERO);
        if failures > 0 {
            score = score.max(f64::from(*row) + fraction(sojourn, limit).min(1.0));
        }
        if let Some(span) = no_success_for {
            score = score.max(fraction(request.issued + life(request) - *began, span));
        }
        *row = if request.succeeded() || request.ended.is_none() { 0 } else { *row + 1 };
    }
    score
}

/// The score that a share of the loads reach; the next higher one where more than half of them have that score. `sorted`
/// falls, and has at least one score.
pub(super) fn level(sorted: &[f64], share: f64) -> f64 {
    let level = sorted[((share * sorted.len() as f64) as usize).max(1) - 1];
    if sorted.partition_point(|score| *score >= level) * 2 <= sorted.len() {
        return level;
    }
    let above = sorted.partition_point(|score| *score > level);
    above.checked_sub(1).map_or(level, |at| sorted[at])
}
