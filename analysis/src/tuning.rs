//! One numeric key of a scenario over a range: what each value costs, and which is best.
//!
//! Rule: all values are simulated on the same loads. Best is first what fails least, then what is late least, then what is
//! ready earliest: the value with the fewest failures is compared with each other by McNemar's exact test, with Holm's
//! correction; among those that are not told apart the same is done for late loads; of those that are left, the one with the
//! lowest median time to ready over all loads is best, then the lowest 95 % quantile, then the fewest failed and late loads,
//! then the scenario's own value.

use crate::acceptance::Shares;
use crate::comparison::ComparisonError;
use crate::estimate::LEVEL;
use crate::replications::{Replications, Simulator, Stopped};
use crate::words::{capital, milliseconds, percent};
use serde::Serialize;
use sixslot_models::knob::{Knob, KnobUnit};
use sixslot_models::load::{Extent, Load, LoadState};
use sixslot_models::{Document, Plan};
use sixslot_statistics::paired::{self, PairedCounts};
use sixslot_statistics::{interval, quantile};

/// The most loads times values: each keeps its outcome.
pub const OUTCOMES: u64 = 50_000_000;

/// A key over a range.
#[derive(Clone, Debug, Serialize)]
pub struct Tuning {
    /// The answer.
    pub sentence: String,
    /// The key.
    pub key: String,
    /// Loads; each was simulated with every value.
    pub loads: u64,
    /// The level of all intervals of shares together.
    pub level: f64,
    /// The values, ascending.
    pub values: Vec<Tuned>,
    /// The best value.
    pub best: String,
    /// Values that are not told apart from the best by failed and late loads.
    pub tied_with: Vec<String>,
    /// The value that the scenario has, if it gives one.
    pub own: Option<String>,
}

/// One value of a key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tuned {
    /// The value as a scenario has it.
    pub value: String,
    /// The value as a number; milliseconds if it is a length of time.
    pub number: f64,
    /// The shares of loads.
    #[serde(flatten)]
    pub shares: Shares,
    /// Quantiles of the time to ready over all loads in milliseconds; none where that share of loads never got ready.
    pub ready_ms: ReadyMs,
    /// Quantiles of the time to the page's error over the loads that failed.
    pub error_ms: Option<f64>,
}

/// Quantiles of the time to ready in milliseconds, over all loads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReadyMs {
    /// The median.
    pub p50: Option<f64>,
    /// The 95 % quantile.
    pub p95: Option<f64>,
}

/// The outcome of a load.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Outcome {
    failed: bool,
    late: bool,
    /// Nanoseconds; the greatest number if the page never got ready.
    ready: u64,
    /// Nanoseconds; the greatest number if no error was shown.
    error: u64,
}

impl Outcome {
    fn of(load: &Load) -> Self {
        let verdict = load.verdict();
        let nanoseconds = |time: Option<sixslot_sim_core::Time>| time.map_or(u64::MAX, |time| time.as_nanos());
        let late = verdict.state() == LoadState::Late;
        Self { failed: verdict.failed, late, ready: nanoseconds(verdict.ready), error: nanoseconds(verdict.error) }
    }
}

/// Simulates the first loads of a seed with each of at most `most` values of a key, on top of fixes (by index). The
/// scenario's own value is one of them if it is in the range.
///
/// # Errors
/// A value that the key does not take, an interrupt, a load beyond its limits.
pub fn tune(
    document: &Document,
    fixes: &[usize],
    knob: &Knob,
    most: usize,
    replications: &Replications<'_>,
) -> Result<Tuning, ComparisonError> {
    let mut values = knob.values(most);
    let own = document.value_of(fixes, knob);
    if let Some(own) = own
        && !values.contains(&own)
        && values[0] < own
        && own < values[values.len() - 1]
    {
        values.push(own);
        values.sort_unstable_by(f64::total_cmp);
    }
    let plan = |value: &f64| document.plan_at(fixes, knob, *value).map_err(Box::new);
    let plans = values.iter().map(plan).collect::<Result<Vec<_>, _>>()?;
    let outcomes = outcomes(&plans, replications)?;
    Ok(conclude(knob, own, &values, &plans, &outcomes))
}

/// The outcomes of each plan, in the order of the loads.
fn outcomes(plans: &[Plan], replications: &Replications<'_>) -> Result<Vec<Vec<Outcome>>, Stopped> {
    let empty = || vec![Vec::new(); plans.len()];
    let each = |outcomes: &mut Vec<Vec<Outcome>>, simulator: &mut Simulator<'_>, number| {
        for (plan, outcomes) in plans.iter().zip(outcomes) {
            outcomes.push(Outcome::of(simulator.simulate(plan, number, Extent::UntilDecided)?));
        }
        Ok(())
    };
    let join = |mut outcomes: Vec<Vec<Outcome>>, later: Vec<Vec<Outcome>>| {
        for (outcomes, later) in outcomes.iter_mut().zip(later) {
            outcomes.extend(later);
        }
        outcomes
    };
    replications.fold(empty, each, join)
}

/// A quantile of ascending nanoseconds in milliseconds; none if it is infinite.
fn quantile_ms(times: &[u64], fraction: f64) -> Option<f64> {
    let time = quantile::quantile(times, fraction).ok()?;
    (time < u64::MAX).then_some(time as f64 / 1e6)
}

#[expect(clippy::expect_used, reason = "counts of loads are consistent")]
fn tuned(knob: &Knob, value: f64, plan: &Plan, outcomes: &[Outcome], level: f64) -> Tuned {
    let loads = outcomes.len() as u64;
    let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count() as u64;
    let interval = |count| interval::clopper_pearson(count, loads, level).expect("counts are consistent");
    let mut ready: Vec<u64> = outcomes.iter().map(|outcome| outcome.ready).collect();
    ready.sort_unstable();
    let mut errors: Vec<u64> = outcomes.iter().filter(|outcome| outcome.failed).map(|outcome| outcome.error).collect();
    errors.sort_unstable();
    Tuned {
        value: knob.text(value),
        number: if knob.unit() == KnobUnit::Time { value / 1e6 } else { value },
        shares: Shares::new(loads, count(|load| load.failed), count(|load| load.late), plan.load().can_fail, interval),
        ready_ms: ReadyMs { p50: quantile_ms(&ready, 0.5), p95: quantile_ms(&ready, 0.95) },
        error_ms: quantile_ms(&errors, 0.5),
    }
}

/// Of these values, those that are not told apart from the one with the fewest loads of a kind.
#[expect(clippy::expect_used, reason = "p values are probabilities")]
fn fewest(among: &[usize], outcomes: &[Vec<Outcome>], is: fn(&Outcome) -> bool) -> Vec<usize> {
    let count = |value: &usize| outcomes[*value].iter().filter(|outcome| is(outcome)).count();
    let Some(least) = among.iter().copied().min_by_key(count) else { return Vec::new() };
    let p_value = |value: &usize| {
        let mut counts = PairedCounts::default();
        for (one, other) in outcomes[least].iter().zip(&outcomes[*value]) {
            counts.record(is(one), is(other));
        }
        paired::mcnemar(&counts).p_value
    };
    let p_values: Vec<f64> = among.iter().map(p_value).collect();
    let corrected = paired::holm(&p_values).expect("p values are probabilities");
    let told_apart = among.iter().zip(corrected).filter(|(_, p_value)| *p_value > 1.0 - LEVEL);
    told_apart.map(|(value, _)| *value).collect()
}

fn conclude(knob: &Knob, own: Option<f64>, values: &[f64], plans: &[Plan], outcomes: &[Vec<Outcome>]) -> Tuning {
    // Two shares of each value.
    let level = 1.0 - (1.0 - LEVEL) / (2.0 * values.len() as f64);
    let each = values.iter().zip(plans).zip(outcomes);
    let points: Vec<Tuned> = each.map(|((value, plan), outcomes)| tuned(knob, *value, plan, outcomes, level)).collect();
    let all: Vec<usize> = (0..values.len()).collect();
    let tied = fewest(&fewest(&all, outcomes, |load| load.failed), outcomes, |load| load.late);
    let time = |value: usize| {
        let ReadyMs { p50, p95 } = points[value].ready_ms;
        (p50.unwrap_or(f64::INFINITY), p95.unwrap_or(f64::INFINITY))
    };
    let is_own = |value: usize| own == Some(values[value]);
    let earliest = |one: &usize, other: &usize| {
        let ((p50, p95), (other_p50, other_p95)) = (time(*one), time(*other));
        let bad = |value: usize| points[value].shares.failed.unwrap_or(0.0) + points[value].shares.late;
        let later = p50.total_cmp(&other_p50).then(p95.total_cmp(&other_p95));
        later.then(bad(*one).total_cmp(&bad(*other))).then(is_own(*other).cmp(&is_own(*one)))
    };
    let best = tied.iter().copied().min_by(earliest).unwrap_or_default();
    let mut tuning = Tuning {
        sentence: String::new(),
        key: knob.key(),
        loads: outcomes[0].len() as u64,
        level: LEVEL,
        best: points[best].value.clone(),
        tied_with: tied.iter().filter(|value| **value != best).map(|value| points[*value].value.clone()).collect(),
        own: own.map(|own| knob.text(own)),
        values: points,
    };
    let differs = outcomes.iter().any(|values| *values != outcomes[0]);
    tuning.sentence = if differs { tuning.sentence(best) } else { tuning.no_effect() };
    tuning
}

impl Tuning {
    fn no_effect(&self) -> String {
        let (key, values, loads) = (&self.key, &self.values, self.loads);
        let (low, high) = (&values[0].value, &values[values.len() - 1].value);
        format!(
            "`{key}` makes no difference from {low} to {high}: each of {loads} loads has the same outcome with all {} values. {}.",
            values.len(),
            capital(&values[0].shares.sentence()),
        )
    }

    /// The best value, what the scenario's own does, and which are not told apart.
    fn sentence(&self, best: usize) -> String {
        let point = &self.values[best];
        let ready = point.ready_ms.p50.map_or("half of the loads never get ready".to_owned(), |p50| {
            format!("half of the loads are ready after {}", milliseconds(p50))
        });
        let mut text = format!(
            "Of {} values of `{}` from {} to {}, {} is best: {}, and {ready}.",
            self.values.len(),
            self.key,
            self.values[0].value,
            self.values[self.values.len() - 1].value,
            point.value,
            point.shares.sentence(),
        );
        let own = self.values.iter().find(|point| Some(&point.value) == self.own.as_ref());
        match own {
            Some(own) if own.value == point.value => text.push_str(" It is the scenario's own value."),
            Some(own) => {
                let failed = own.shares.failed.map_or(String::new(), |failed| format!("{} fail, ", percent(failed)));
                let late = percent(own.shares.late);
                let p50 = own.ready_ms.p50.map_or("never".to_owned(), milliseconds);
                text.push_str(&format!(
                    " With the scenario's own {} {failed}{late} are late, median {p50}.",
                    own.value
                ));
            }
            None => {}
        }
        if !self.tied_with.is_empty() {
            text.push_str(&format!(
                " By failed and late loads it is not told apart from {}; none of these has a lower median time to ready.",
                self.tied_with.join(", ")
            ));
        }
        text
    }
}
