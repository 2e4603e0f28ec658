//! A plan held to its limits, with as few loads as that needs.
//!
//! Rule: every limit is on the share of loads with a property, and each share has a confidence sequence that decides at any
//! look ([`decision_sequence`]). The level is divided over the limits, so with 95 % confidence no verdict is wrong. A plan passes when every limit does, and
//! fails as soon as one does.

use crate::estimate::LEVEL;
use crate::replications::{Replications, Simulator, Stopped, Tally};
use serde::Serialize;
use sixslot_models::load::{Extent, Load, Station};
use sixslot_models::thresholds::Thresholds;
use sixslot_models::{Plan, limits};
use sixslot_sim_core::{Span, Time};
use sixslot_statistics::interval::{Interval, decision_sequence};
use sixslot_statistics::stopping::Stopping;
use std::sync::atomic::AtomicBool;

/// The share of loads that may lie beyond a 95 % quantile.
const BEYOND_P95: f64 = 0.05;

/// The most loads where a limit cannot be decided.
const NOT_JUDGED: u64 = 10_000;

/// What a limit says of loads.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Property {
    /// They fail.
    Failed,
    /// They are late.
    Late,
    /// They are not ready by this time.
    NotReadyBy(Span),
    /// A call of this class is held longer than this before it is sent.
    Held(usize, Span),
}

/// The outcome of a limit, or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Surely kept.
    Passed,
    /// Surely broken.
    Failed,
    /// The loads do not say.
    Undecided,
}

impl Outcome {
    /// The word in outputs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Undecided => "undecided",
        }
    }
}

/// A limit and what the loads say of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// The key of the limit, such as `max_failure`.
    pub key: &'static str,
    /// The request of `max_wait`.
    pub request: Option<String>,
    /// The limit on a time, in milliseconds; none where the limit is on a share of loads.
    pub limit_ms: Option<f64>,
    /// The largest share of loads beyond it.
    pub limit: f64,
    /// Loads beyond it.
    pub loads_beyond: u64,
    /// The share of loads beyond it.
    pub share: f64,
    /// The confidence sequence of that share, at the level divided by the number of limits.
    pub interval: Interval,
    /// What the loads say.
    pub verdict: Outcome,
}

/// A plan held to its limits.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The counts of the loads.
    pub tally: Tally,
    /// The limits.
    pub limits: Vec<Limit>,
    /// Passed if every limit is, failed if one is.
    pub verdict: Outcome,
    /// Whether an interrupt ended it before the loads decided.
    pub is_interrupted: bool,
}

/// The longest time that a call of a class was held before it was sent.
fn held(load: &Load, class: usize) -> Span {
    const BEFORE: [Station; 4] = [Station::Page, Station::Scheduler, Station::Cache, Station::Pool];
    let calls = load.requests().iter().filter(|request| request.class == class);
    calls
        .map(|call| BEFORE.iter().fold(Span::ZERO, |sum, station| sum + call.spent(*station)))
        .max()
        .unwrap_or(Span::ZERO)
}

impl Property {
    fn holds(self, load: &Load) -> bool {
        let verdict = load.verdict();
        match self {
            Self::Failed => verdict.failed,
            Self::Late => !verdict.failed && verdict.ready.is_none(),
            Self::NotReadyBy(time) => verdict.ready.is_none_or(|ready| ready - Time::ZERO > time),
            Self::Held(class, time) => held(load, class) > time,
        }
    }
}

/// The limits with their keys, their times and their shares.
fn properties(thresholds: &Thresholds) -> Vec<(&'static str, Property, f64)> {
    let mut all = Vec::new();
    all.extend(thresholds.max_failure.map(|p| ("max_failure", Property::Failed, p)));
    all.extend(thresholds.max_late.map(|p| ("max_late", Property::Late, p)));
    all.extend(thresholds.max_ready_p95.map(|time| ("max_ready_p95", Property::NotReadyBy(time), BEYOND_P95)));
    all.extend(thresholds.max_wait.iter().map(|(class, time)| ("max_wait", Property::Held(*class, *time), BEYOND_P95)));
    all
}

/// Simulates a plan until the limits of its `[thresholds]` are decided, or `most` loads.
///
/// `look` is called with the number of loads after each round. An interrupt gives what the loads so far say.
///
/// # Errors
/// An interrupt before the first round has ended, or a load beyond its limits.
pub fn check(
    plan: &Plan,
    seed: u64,
    most: u64,
    interrupt: &AtomicBool,
    mut look: impl FnMut(u64),
) -> Result<Checked, Stopped> {
    let thresholds = plan.thresholds();
    // Where no load can fail, a limit on failures is neither kept nor broken, and no number of loads decides it.
    let is_judged = plan.load().can_fail || thresholds.max_failure.is_none();
    let most = most.min(if is_judged { limits::LOADS } else { NOT_JUDGED });
    let properties = properties(thresholds);
    // A wait can be that of a call after the load is decided.
    let needs_all = properties.iter().any(|(_, property, _)| matches!(property, Property::Held(..)));
    let extent = if needs_all { Extent::Whole } else { Extent::UntilDecided };
    let (mut tally, mut beyond) = (Tally::with_waits(), vec![0_u64; properties.len()]);
    loop {
        let next = Stopping::Decided(BEYOND_P95).next_look(tally.loads).min(most);
        let replications = Replications { seed, from: tally.loads, to: next, interrupt, done: &|_| () };
        let each = |(tally, beyond): &mut (Tally, Vec<u64>), simulator: &mut Simulator<'_>, number| {
            let load = simulator.simulate(plan, number, extent)?;
            tally.count(plan, load, number);
            for (count, (_, property, _)) in beyond.iter_mut().zip(&properties) {
                *count += u64::from(property.holds(load));
            }
            Ok::<(), Stopped>(())
        };
        let join = |(tally, mut beyond): (Tally, Vec<u64>), (later, more): (Tally, Vec<u64>)| {
            beyond.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
            (tally.join(later), beyond)
        };
        let none = || (Tally::with_waits(), vec![0; properties.len()]);
        let is_interrupted = match replications.fold(none, each, join) {
            Ok(later) => {
                (tally, beyond) = join((tally, beyond), later);
                false
            }
            Err(Stopped::Interrupted) if tally.loads > 0 => true,
            Err(stopped) => return Err(stopped),
        };
        look(tally.loads);
        let limits: Vec<Limit> = properties
            .iter()
            .zip(&beyond)
            .map(|(property, count)| limit(plan, property, *count, tally.loads, properties.len()))
            .collect();
        let verdict = if limits.iter().any(|limit| limit.verdict == Outcome::Failed) {
            Outcome::Failed
        } else if limits.iter().all(|limit| limit.verdict == Outcome::Passed) {
            Outcome::Passed
        } else {
            Outcome::Undecided
        };
        if verdict != Outcome::Undecided || tally.loads >= most || is_interrupted {
            return Ok(Checked { tally, limits, verdict, is_interrupted });
        }
    }
}

#[expect(clippy::expect_used, reason = "there is a load, no more are beyond a limit, and a limit is between 0 and 1")]
fn limit(
    plan: &Plan,
    (key, property, limit): &(&'static str, Property, f64),
    beyond: u64,
    loads: u64,
    of: usize,
) -> Limit {
    let level = 1.0 - (1.0 - LEVEL) / of as f64;
    let interval = decision_sequence(beyond, loads, *limit, level).expect("counts are consistent");
    let (request, time) = match property {
        Property::Failed | Property::Late => (None, None),
        Property::NotReadyBy(time) => (None, Some(time)),
        Property::Held(class, time) => (Some(plan.classes()[*class].name.clone()), Some(time)),
    };
    Limit {
        key,
        request,
        limit_ms: time.map(|time| time.as_millis_f64()),
        limit: *limit,
        loads_beyond: beyond,
        share: beyond as f64 / loads as f64,
        interval,
        verdict: match (interval.high < *limit, interval.low > *limit) {
            _ if *property == Property::Failed && !plan.load().can_fail => Outcome::Undecided,
            (true, _) => Outcome::Passed,
            (_, true) => Outcome::Failed,
            _ => Outcome::Undecided,
        },
    }
}
