//! How often a rare event happens, where plain loads would be too many.
//!
//! Rule: two methods that share no assumption. Cross-entropy tilting draws loads in which what delays the watched request is
//! likelier, and weights each by its exact likelihood ratio (`tilted.rs`). Subset simulation goes to the event in levels, each
//! reached from the loads of the last by small moves (`subset.rs`). Where both are asked and their intervals exclude each other, there is no answer. Neither depends
//! on the number of threads.

mod score;
mod subset;
mod tilted;

pub use score::Event;

use crate::estimate::LEVEL;
use crate::replications::Stopped;
use serde::Serialize;
use sixslot_models::Plan;
use sixslot_statistics::interval::{Interval, Method};
use std::sync::atomic::AtomicBool;

/// The most loads of each method, pilots included.
pub const BUDGET: u64 = 300_000;

/// Where a rare-event method takes the uniforms of its loads from, so that no load of `--loads` is used again.
const FIRST_LOAD: u64 = 1 << 40;

/// Which methods to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Tilting, with subset simulation as its check.
    Both,
    /// Cross-entropy tilting alone.
    Tilting,
    /// Subset simulation alone: also where the event has several causes.
    Subset,
}

/// What one method found.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The probability of the event.
    pub probability: f64,
    /// Its relative standard error.
    pub relative_error: f64,
    /// Its interval.
    pub interval: Interval,
    /// Loads that the method simulated, pilots included.
    pub loads: u64,
    /// The method.
    pub method: Method,
}

/// How often a rare event happens.
#[derive(Clone, Debug, Serialize)]
pub struct Rare {
    /// The answer.
    pub sentence: String,
    /// The event.
    pub event: Event,
    /// The answer's numbers.
    #[serde(flatten)]
    pub found: Found,
    /// The second method, where both were asked.
    pub check: Option<Found>,
    /// What the first method made slower or faster, and by how much.
    pub shifts: Vec<Shift>,
}

/// The shift of a random quantity in a tilted load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shift {
    /// What the quantity belongs to: a class of requests, a parameter, a server cache or a server.
    pub quantity: String,
    /// Standard deviations of its normal score: positive makes it larger.
    pub shift: f64,
    /// The standard deviation of its normal score, where 1 is that of a plain load.
    pub deviation: f64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RareError {
    /// An interrupt, or a load beyond its limits.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The rules of the scenario judge no failure.
    #[error("no load can fail by the rules of this scenario; add --late to estimate how often one is late")]
    NotJudged,
    /// Nothing is drawn, or it does not matter.
    #[error(
        "every load comes equally near to the event: no random quantity changes it, so one load is the answer; see `sixslot run` without --loads"
    )]
    NoRandomness,
    /// Plain loads are as good.
    #[error("the event is not rare: {hits} of {loads} plain loads; use --loads, which has no assumption")]
    Frequent {
        /// Loads with the event.
        hits: u64,
        /// Plain loads.
        loads: u64,
    },
    /// The score does not rise any more.
    #[error(
        "no load comes nearer to the event than {reached:.3} of the way, whatever is drawn, so it may be impossible, or a jump that cannot be approached; \
             --loads gives an upper bound"
    )]
    OutOfReach {
        /// The score that was reached.
        reached: f64,
    },
    /// The error is too large to be stated.
    #[error(
        "{loads} loads do not resolve it: a relative error of {relative_error:.2}, and one load has {largest:.2} of the whole weight; try --rare=subset"
    )]
    Unresolved {
        /// Loads.
        loads: u64,
        /// The relative standard error.
        relative_error: f64,
        /// The share of the largest weight.
        largest: f64,
    },
    /// The methods disagree.
    #[error(
        "the two methods disagree: {tilting:.2e} by cross-entropy tilting and {subset:.2e} by subset simulation, so the event has several causes and one was missed; \
             --rare=subset gives the second alone"
    )]
    Disagree {
        /// By tilting.
        tilting: f64,
        /// By subset simulation.
        subset: f64,
    },
}

impl RareError {
    /// Whether the question does not fit the scenario; otherwise the loads did not decide.
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::NotJudged | Self::NoRandomness | Self::Frequent { .. })
    }
}

/// Estimates the probability of an event, with at most `budget` loads for each method.
///
/// `done` is called with the number of loads that were simulated since its last call.
///
/// # Errors
/// Why there is no answer: a refusal, an interrupt, a load beyond its limits.
pub fn estimate(
    plan: &Plan,
    event: Event,
    wanted: Wanted,
    seed: u64,
    budget: u64,
    interrupt: &AtomicBool,
    done: &(dyn Fn(u64) + Sync),
) -> Result<Rare, RareError> {
    if event == Event::Failed && !plan.load().can_fail {
        return Err(RareError::NotJudged);
    }
    let run = Run { plan, event, seed, interrupt, done };
    let (found, check, shifts) = match wanted {
        Wanted::Subset => (subset::estimate(&run, budget)?, None, Vec::new()),
        Wanted::Tilting => {
            let (found, shifts) = tilted::estimate(&run, budget)?;
            (found, None, shifts)
        }
        Wanted::Both => match tilted::estimate(&run, budget) {
            Ok((found, shifts)) => {
                // A check needs less precision than an answer.
                let check = subset::estimate(&run, budget / 3)?;
                let distance = libm::log(found.probability / check.probability).abs();
                if distance > 4.0 * libm::hypot(found.relative_error, check.relative_error) {
                    return Err(RareError::Disagree { tilting: found.probability, subset: check.probability });
                }
                (found, Some(check), shifts)
            }
            // One shift for each quantity cannot follow several causes; levels can.
            Err(RareError::OutOfReach { .. } | RareError::Unresolved { .. }) => {
                (subset::estimate(&run, budget)?, None, Vec::new())
            }
            Err(error) => return Err(error),
        },
    };
    Ok(Rare { sentence: sentence(event, &found, check.as_ref()), event, found, check, shifts })
}

/// What every part of an estimate needs.
struct Run<'a> {
    plan: &'a Plan,
    event: Event,
    seed: u64,
    interrupt: &'a AtomicBool,
    done: &'a (dyn Fn(u64) + Sync),
}

impl Found {
    /// From a probability with its relative error; the logarithm's interval reaches that many relative errors down and up.
    fn new(probability: f64, relative_error: f64, reach: [f64; 2], loads: u64, method: Method) -> Self {
        let [down, up] = reach.map(|reach| libm::exp(reach * relative_error));
        let interval = Interval { method, level: LEVEL, low: probability / down, high: (probability * up).min(1.0) };
        Self { probability, relative_error, interval, loads, method }
    }
}

/// The answer as a sentence.
fn sentence(event: Event, found: &Found, check: Option<&Found>) -> String {
    let what = match event {
        Event::Failed => "of loads fail",
        Event::Late => "of loads are late: not ready by the horizon, and not failed",
    };
    let Found { probability, relative_error, interval, loads, .. } = found;
    let mut text = format!(
        "{probability:.2e} {what} (95 % interval {:.2e} to {:.2e}), about one in {}: {} with {loads} loads, relative error {:.1} %",
        interval.low,
        interval.high,
        one_in(*probability),
        found.method,
        100.0 * relative_error
    );
    if let Some(check) = check {
        text.push_str(&format!(
            "; {} with {} loads gives {:.2e} ({:.2e} to {:.2e})",
            check.method, check.loads, check.probability, check.interval.low, check.interval.high
        ));
    }
    text + "."
}

/// The reciprocal of a probability, to two digits.
fn one_in(probability: f64) -> String {
    let number = 1.0 / probability;
    for (unit, word) in [(1e12, " trillion"), (1e9, " billion"), (1e6, " million"), (1e3, " thousand")] {
        if number >= unit {
            let places = usize::from(number < 10.0 * unit);
            return format!("{:.places$}{word}", number / unit);
        }
    }
    format!("{number:.0}")
}
