//! The contribution of each layer of a cause to the failure probability, and the sets of layers that suffice for failures.
//!
//! Rule: load k is simulated with every set of the layers, all others removed, on the same draws (`crossed.rs`). Its verdicts (1: failed) are
//! the worths of a game whose Shapley values are whole numbers over n! ([`sixslot_statistics::shapley`]); a layer's contribution is the
//! mean of its value over the loads, with Student's t interval; where fewer than 30 loads have a value other than 0, or all have the
//! same, the sample's spread says too little, and Clopper-Pearson bounds on the shares of such loads take its place. Only whole numbers are summed, so the contributions add up
//! exactly to P(failure with all layers) - P(failure with none), in any order and on any number of threads.

use crate::comparison::ComparisonError;
use crate::crossed::{self, Crossed};
use crate::estimate::LEVEL;
use crate::replications::{Replications, Stopped};
use crate::subsets::{Interaction, interactions};
use serde::Serialize;
use sixslot_models::Document;
use sixslot_statistics::interval::{self, Interval};
use sixslot_statistics::mean::MeanError;
use sixslot_statistics::{factorial, shapley};
use std::sync::atomic::AtomicBool;

/// The criterion for a sufficient set, for the output.
pub const RULE: &str = "a set suffices if the lower end of its interval is above the threshold; it is smallest if no smaller set within it suffices";

/// The contributions of a scenario's layers.
#[derive(Clone, Debug, Serialize)]
pub struct Attribution {
    /// Number of loads; each was simulated with every set of layers.
    pub loads: u64,
    /// The failure probability with all layers minus that with none; the contributions add up to it.
    pub total: f64,
    /// The units of `numerator`: n! times the number of loads.
    pub denominator: u64,
    /// The layers, in the order of the file.
    pub layers: Vec<Contribution>,
    /// What two layers do together beyond what each does, as factorial effects, the strongest first.
    pub interactions: Vec<Interaction>,
    /// The failure probability that sufficient sets exceed.
    pub threshold: f64,
    /// The criterion for a sufficient set.
    pub rule: &'static str,
    /// The smallest sets that suffice, by size.
    pub smallest_sets: Vec<LayerSet>,
    /// Every set of layers: bit i of its index says whether layer i is in it, so the first is empty and the last has all.
    pub sets: Vec<LayerSet>,
}

/// The contribution of one layer.
#[derive(Clone, Debug, Serialize)]
pub struct Contribution {
    /// The layer.
    pub layer: String,
    /// What it is, in one line.
    pub title: String,
    /// The mean of its Shapley value over the loads: its contribution to [`Attribution::total`].
    pub contribution: f64,
    /// The interval of that.
    pub contribution_interval: Interval,
    /// Its share of the total; none if the total is 0.
    pub share: Option<f64>,
    /// The sum of its Shapley values over the loads, exactly, in units of n!: the contribution is this over
    /// [`Attribution::denominator`].
    pub numerator: i64,
    /// The failure probability that is left if only this layer is removed.
    pub all_others: f64,
    /// The interval of that, for this set alone.
    pub all_others_interval: Interval,
}

/// A set of layers, all others removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerSet {
    /// The layers in it.
    pub layers: Vec<String>,
    /// Loads that failed with them.
    pub failures: u64,
    /// The share of loads that failed.
    pub probability: f64,
    /// The interval of that, for this set alone: it is not widened for the number of sets.
    pub interval: Interval,
}

/// Why there is no attribution.
#[derive(Debug, thiserror::Error)]
pub enum LayersError {
    /// A set of layers that cannot be applied, an interrupt, or a load beyond its limits.
    #[error(transparent)]
    Comparison(#[from] ComparisonError),
    /// Fewer than two loads.
    #[error("no interval from these loads: {0}; give --loads 2 or more")]
    Mean(#[from] MeanError),
}

impl From<Stopped> for LayersError {
    fn from(stopped: Stopped) -> Self {
        Self::Comparison(stopped.into())
    }
}

/// Simulates the first loads of a seed with every set of a scenario's layers: `loads` times 2^n loads. An
/// interrupt gives the attribution of the loads so far.
///
/// `done` is called with the number of loads that were simulated since its last call.
///
/// # Errors
/// A set of layers that cannot be applied, an interrupt before the first round has ended, a load beyond its limits, or fewer
/// than two loads.
pub fn attribute(
    document: &Document,
    seed: u64,
    loads: u64,
    threshold: f64,
    interrupt: &AtomicBool,
    done: impl Fn(u64) + Sync,
) -> Result<Attribution, LayersError> {
    if loads < 2 {
        return Err(MeanError::TooFew(loads as usize).into());
    }
    let layers = document.layers.len();
    let without = |set: usize| -> Vec<usize> { (0..layers).filter(|layer| set >> layer & 1 == 0).collect() };
    let plan = |set| document.plan_without(&without(set)).map_err(|error| ComparisonError::from(Box::new(error)));
    let plans = (0..1 << layers).map(plan).collect::<Result<Vec<_>, _>>()?;
    let replications = Replications { seed, from: 0, to: loads, interrupt, done: &done };
    let effects = factorial::main_and_pairs(layers);
    let values = |verdicts: &[i64]| values(verdicts, &effects);
    let crossed = crossed::cross(&plans, &replications, layers + effects.len(), values)?;
    Ok(conclude(document, &crossed, threshold))
}

/// The Shapley value of each layer, and then the contrasts of the interactions, from the verdicts of a load.
#[expect(clippy::expect_used, reason = "there are 2^n sets, for few layers")]
fn values(verdicts: &[i64], effects: &[usize]) -> Vec<i128> {
    let mut values = shapley::values(verdicts).expect("a verdict for each set").numerators;
    values.extend(crossed::contrasts(verdicts, effects));
    values
}

#[expect(clippy::expect_used, reason = "the counts are of at least two loads, one for each set")]
fn conclude(document: &Document, crossed: &Crossed, threshold: f64) -> Attribution {
    let loads = crossed.loads;
    let names: Vec<&str> = document.layers.iter().map(|layer| layer.name.as_str()).collect();
    let orders: i128 = (1..=names.len() as i128).product();
    let interval = |failures| interval::fixed_sample(failures, loads, LEVEL).expect("counts are consistent");
    let record = |(set, failures): (usize, &u64)| {
        let layers = (0..names.len()).filter(|layer| set >> layer & 1 == 1).map(|layer| names[layer].to_owned());
        let probability = *failures as f64 / loads as f64;
        LayerSet { layers: layers.collect(), failures: *failures, probability, interval: interval(*failures) }
    };
    let sets: Vec<LayerSet> = crossed.failed.iter().enumerate().map(record).collect();
    let suffices: Vec<bool> = sets.iter().map(|set| set.interval.low > threshold).collect();
    let smallest = shapley::minimal_sets(&suffices).expect("an answer for each set");
    let smallest_sets = smallest.into_iter().map(|set| sets[set].clone()).collect();
    let (shapley, effects) = crossed.sums.split_at(names.len());
    let (first, last) = (crossed.failed[0], crossed.failed[crossed.failed.len() - 1]);
    let difference = i128::from(last) - i128::from(first);
    assert_eq!(
        shapley.iter().map(|value| value.sum).sum::<i128>(),
        orders * difference,
        "Shapley values divide the whole"
    );
    let contribution = |(layer, value): (usize, &crossed::Sum)| {
        let (contribution, contribution_interval) = crossed::mean(value, loads, orders, LEVEL);
        Contribution {
            layer: names[layer].to_owned(),
            title: document.layers[layer].title.clone(),
            contribution,
            contribution_interval,
            share: (difference != 0).then(|| value.sum as f64 / (orders * difference) as f64),
            // At most 10! for each of 10^9 loads.
            numerator: value.sum as i64,
            all_others: sets[(sets.len() - 1) & !(1 << layer)].probability,
            all_others_interval: sets[(sets.len() - 1) & !(1 << layer)].interval,
        }
    };
    let values = shapley.iter().enumerate();
    Attribution {
        loads,
        total: difference as f64 / loads as f64,
        denominator: orders as u64 * loads,
        layers: values.map(contribution).collect(),
        interactions: interactions(&names, effects, loads),
        threshold,
        rule: RULE,
        smallest_sets,
        sets,
    }
}
