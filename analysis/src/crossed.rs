//! The same loads with every set of several changes.
//!
//! Rule: load k is simulated with every set, so that sets differ only by the effect of their changes. A set is a number: bit
//! i says whether change i is in it. Only whole numbers are summed, so a result does not depend on the number of threads.

use crate::estimate::LEVEL;
use crate::replications::{Replications, Simulator, Stopped};
use sixslot_models::Plan;
use sixslot_models::load::{Extent, LoadState};
use sixslot_statistics::factorial;
use sixslot_statistics::interval::{self, Interval};
use sixslot_statistics::mean::Summary;

/// Fewer loads than this with an effect are too few for an interval that assumes a normal mean.
const FEW: u64 = 30;

/// Counts of each set, and sums over the loads.
#[derive(Clone, Debug)]
pub(crate) struct Crossed {
    /// Loads; fewer than were asked for after an interrupt.
    pub(crate) loads: u64,
    /// Loads that failed, by set.
    pub(crate) failed: Vec<u64>,
    /// Loads that were late, by set.
    pub(crate) late: Vec<u64>,
    /// Of each value that was computed from the verdicts of a load.
    pub(crate) sums: Vec<Sum>,
}

/// A whole number summed over loads.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    pub(crate) sum: i128,
    pub(crate) squares: i128,
    /// Loads in which it was above 0, and below.
    positive: u64,
    negative: u64,
}

impl Sum {
    fn add(&mut self, value: i128) {
        self.sum += value;
        self.squares += value * value;
        self.positive += u64::from(value > 0);
        self.negative += u64::from(value < 0);
    }

    fn join(&mut self, more: Self) {
        self.sum += more.sum;
        self.squares += more.squares;
        self.positive += more.positive;
        self.negative += more.negative;
    }
}

/// Simulates the loads with the plan of each set. `values` computes whole numbers from the verdicts of a load (1: failed),
/// `number` of them. An interrupt gives the sums of the loads so far.
///
/// # Errors
/// An interrupt before the first round has ended, a load beyond its limits.
pub(crate) fn cross(
    plans: &[Plan],
    replications: &Replications<'_>,
    number: usize,
    values: impl Fn(&[i64]) -> Vec<i128> + Sync,
) -> Result<Crossed, Stopped> {
    // Changes of the same keys give sets with the same plan; each plan is simulated once.
    let first = |plan: &Plan| plans.iter().position(|other| other == plan).unwrap_or_default();
    let firsts: Vec<usize> = plans.iter().map(first).collect();
    let none = || vec![0; plans.len()];
    let empty = || Crossed { loads: 0, failed: none(), late: none(), sums: vec![Sum::default(); number] };
    let each = |crossed: &mut Crossed, simulator: &mut Simulator<'_>, load| {
        let mut failed = vec![0_i64; plans.len()];
        let mut late = vec![false; plans.len()];
        for (set, plan) in plans.iter().enumerate() {
            if firsts[set] < set {
                (failed[set], late[set]) = (failed[firsts[set]], late[firsts[set]]);
            } else {
                let verdict = simulator.simulate(plan, load, Extent::UntilDecided)?.verdict();
                failed[set] = i64::from(verdict.failed);
                late[set] = verdict.state() == LoadState::Late;
            }
            crossed.failed[set] += failed[set].unsigned_abs();
            crossed.late[set] += u64::from(late[set]);
        }
        for (value, sum) in values(&failed).into_iter().zip(&mut crossed.sums) {
            sum.add(value);
        }
        Ok(())
    };
    let join = |mut crossed: Crossed, more: Crossed| {
        let failed = crossed.failed.iter_mut().zip(more.failed);
        for (sum, more) in failed.chain(crossed.late.iter_mut().zip(more.late)) {
            *sum += more;
        }
        for (sum, more) in crossed.sums.iter_mut().zip(more.sums) {
            sum.join(more);
        }
        crossed
    };
    let (crossed, loads) = replications.fold_so_far(empty, each, join)?;
    Ok(Crossed { loads, ..crossed })
}

/// The contrasts of the main effects and of the interactions of two, from the verdicts of a load.
#[expect(clippy::expect_used, reason = "there are 2^n sets, for few changes")]
pub(crate) fn contrasts(verdicts: &[i64], effects: &[usize]) -> impl Iterator<Item = i128> {
    let contrasts = factorial::contrasts(verdicts).expect("a verdict for each set");
    effects.iter().map(move |set| i128::from(contrasts[*set]))
}

/// A factorial effect on the failure probability, with its interval for `effects` effects at once.
pub(crate) fn effect(sum: &Sum, loads: u64, changes: usize, effects: usize) -> (f64, Interval) {
    mean(sum, loads, 1_i128 << (changes - 1), 1.0 - (1.0 - LEVEL) / effects.max(1) as f64)
}

/// The mean of a value that is between -1 and 1 in each load, in whole numbers of 1 / `units`, with its interval: Student's, or
/// from Clopper-Pearson bounds where few loads have a value other than 0, or all have the same.
#[expect(clippy::expect_used, reason = "there are at least two loads, and no more with an effect than loads")]
pub(crate) fn mean(sum: &Sum, loads: u64, units: i128, level: f64) -> (f64, Interval) {
    let summary = Summary::of_fractions(loads as usize, sum.sum, sum.squares, units).expect("two loads");
    let bound = |count| interval::clopper_pearson(count, loads, level).expect("consistent").high;
    let with_effect = sum.positive + sum.negative;
    let method = interval::Method::ClopperPearson;
    let interval = if summary.standard_error == 0.0 {
        // The same in every load: at most this share of all loads has another effect.
        let other = bound(0);
        let centre = summary.mean * (1.0 - other);
        Interval { method, level, low: centre - other, high: centre + other }
    } else if with_effect < FEW {
        Interval { method, level, low: -bound(sum.negative), high: bound(sum.positive) }
    } else {
        summary.interval(level).expect("a level")
    };
    (summary.mean, interval)
}
