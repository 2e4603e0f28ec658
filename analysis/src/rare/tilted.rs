//! Cross-entropy tilting: loads in which the event is likelier, weighted by exact likelihood ratios.
//!
//! Rule: the shifts are found on loads of their own, level by level ([`Tilt::fitted`]); then the probability is estimated on a
//! number of fresh loads that is fixed before they are drawn. A twentieth of these are plain and half of the
//! others are widened ([`Tilt::widened`]): the weights are those of this mixture.
//! A load's verdict is that of the scenario, with all its deadlines.

use super::score::level;
use super::{FIRST_LOAD, Found, RareError, Run, Shift};
use crate::replications::{Replications, Simulator, Stopped};
use sixslot_models::Plan;
use sixslot_models::load::{Extent, Uniforms};
use sixslot_sim_core::special::{inverse_normal_cumulative, normal_cumulative};
use sixslot_sim_core::{Purpose, Streams};
use sixslot_statistics::interval::Method;
use sixslot_statistics::tilting::{Normal, Scores, Tilt, Weights, weight};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The least and the greatest number of loads of a round of the search, and the share of all loads between them.
const ROUND: [u64; 2] = [800, 4_000];
const ROUND_SHARE: u64 = 75;
/// The share of a round's loads that the next shifts are fitted to.
const ELITE: f64 = 0.1;
/// The most rounds, and the most in a row in which the score does not rise.
const ROUNDS: u64 = 40;
const STALLED: u32 = 3;
/// The relative error to reach, if the loads allow it.
const PRECISION: f64 = 0.02;
/// The share of plain loads in the estimate.
const PLAIN: f64 = 0.05;
/// Where the event happens in this share of plain loads, it is not rare.
const FREQUENT: f64 = 0.01;
/// A larger relative error, or a larger share of the whole weight in one load, is no answer.
pub(super) const LARGEST_ERROR: f64 = 0.25;
const LARGEST_SHARE: f64 = 0.1;
/// The least and the greatest uniform.
const LEAST: f64 = f64::EPSILON / 2.0;
const GREATEST: f64 = 1.0 - LEAST;

/// The uniform of a normal score.
pub(super) fn uniform_of(score: f64) -> f64 {
    normal_cumulative(score).clamp(LEAST, GREATEST)
}

/// The uniforms of a tilted load, which remembers the scores that it has read.
#[derive(Debug)]
struct Tilted {
    streams: Streams,
    tilt: Arc<Tilt>,
    read: Mutex<BTreeMap<(Purpose, u64), f64>>,
}

impl Uniforms for Tilted {
    fn uniform(&self, purpose: Purpose, entity: u64) -> f64 {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let plain = || inverse_normal_cumulative(self.streams.uniform(purpose, entity));
        uniform_of(*read.entry((purpose, entity)).or_insert_with(|| self.tilt.score(purpose, plain())))
    }
}

impl Tilted {
    fn scores(&self) -> Scores {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scores = Scores::new();
        for ((purpose, _), score) in read.iter() {
            scores.entry(*purpose).or_default().add(*score);
        }
        scores
    }
}

/// One load of a round: how near it came to the event, and the scores that it read.
type Seen = (f64, Scores);

impl Run<'_> {
    fn loads(&self, from: u64, number: u64) -> Replications<'_> {
        Replications { seed: self.seed, from, to: from + number, interrupt: self.interrupt, done: self.done }
    }

    fn one(&self, simulator: &mut Simulator<'_>, tilt: &Arc<Tilt>, number: u64) -> Result<Seen, Stopped> {
        let streams = Streams::new(self.seed, number);
        let uniforms = Arc::new(Tilted { streams, tilt: tilt.clone(), read: Mutex::default() });
        let load = simulator.simulate_with(self.plan, uniforms.clone(), number, Extent::UntilDecided)?;
        Ok((self.event.score(self.plan, load), uniforms.scores()))
    }

    fn round(&self, tilt: &Arc<Tilt>, from: u64, number: u64) -> Result<Vec<Seen>, Stopped> {
        let each = |seen: &mut Vec<Seen>, simulator: &mut Simulator<'_>, number| {
            seen.push(self.one(simulator, tilt, number)?);
            Ok(())
        };
        self.loads(from, number).fold(Vec::new, each, |mut seen, later| {
            seen.extend(later);
            seen
        })
    }

    fn weigh(&self, tilt: &Arc<Tilt>, from: u64, number: u64) -> Result<Weights, Stopped> {
        let (untilted, wide) = (Arc::new(Tilt::default()), Arc::new(tilt.widened()));
        let each = |sums: &mut Vec<Weights>, simulator: &mut Simulator<'_>, load| {
            // A twentieth plain, the others half and half, as `weight` has it.
            let drawn = match load % 40 {
                0 | 1 => &untilted,
                2..=20 => tilt,
                _ => &wide,
            };
            let (score, scores) = self.one(simulator, drawn, load)?;
            let mut weights = Weights::default();
            weights.add(if score == f64::INFINITY { weight(&[tilt, &wide], &scores, PLAIN) } else { 0.0 });
            match sums.last_mut() {
                Some(last) => *last = last.joined(weights),
                None => sums.push(weights),
            }
            Ok::<(), Stopped>(())
        };
        // The sums of blocks are added up in the order of the loads: sums of floating-point numbers depend on the order.
        let blocks = self.loads(from, number).fold(Vec::new, each, |mut sums: Vec<Weights>, later| {
            sums.extend(later);
            sums
        })?;
        Ok(blocks.into_iter().fold(Weights::default(), Weights::joined))
    }
}

/// The estimate by tilting, and the shifts that it used.
pub(super) fn estimate(run: &Run<'_>, budget: u64) -> Result<(Found, Vec<Shift>), RareError> {
    let (tilt, next, planned) = search(run, budget)?;
    let used = next - FIRST_LOAD;
    let wanted = (planned / (PRECISION * PRECISION)).min(1e12) as u64;
    let number = wanted.clamp(20_000, budget.saturating_sub(used).max(20_000));
    let weights = run.weigh(&tilt, next, number)?;
    let (relative_error, largest) = (weights.relative_error(), weights.largest / weights.sum);
    let loads = used + number;
    if !(relative_error <= LARGEST_ERROR && largest <= LARGEST_SHARE) {
        return Err(RareError::Unresolved { loads, relative_error, largest });
    }
    let reach = weights.reach(crate::estimate::LEVEL).unwrap_or([f64::INFINITY; 2]);
    let found = Found::new(weights.probability(), relative_error, reach, loads, Method::CrossEntropyTilting);
    Ok((found, named(run.plan, &tilt)))
}

/// The shifts, the load after the last one used, and the relative variance of one load with these shifts.
fn search(run: &Run<'_>, budget: u64) -> Result<(Arc<Tilt>, u64, f64), RareError> {
    let mut tilt = Arc::new(Tilt::default());
    let (mut reached, mut stalled, mut arrived) = (0.0_f64, 0, 0);
    let number = (budget / ROUND_SHARE).clamp(ROUND[0], ROUND[1]);
    for round in 0..ROUNDS {
        let from = FIRST_LOAD + round * number;
        let seen = run.round(&tilt, from, number)?;
        let mut scores: Vec<f64> = seen.iter().map(|(score, _)| *score).collect();
        scores.sort_unstable_by(|one, other| other.total_cmp(one));
        let hits = scores.partition_point(|score| *score == f64::INFINITY) as u64;
        if round == 0 {
            if hits as f64 >= FREQUENT * number as f64 {
                return Err(RareError::Frequent { hits, loads: number });
            }
            if seen.iter().all(|(_, scores)| scores.is_empty()) || scores.first() == scores.last() {
                return Err(RareError::NoRandomness);
            }
        }
        let mut weights = Weights::default();
        for (score, scores) in &seen {
            weights.add(if *score == f64::INFINITY { weight(&[&tilt], scores, 0.0) } else { 0.0 });
        }
        let level = level(&scores, ELITE);
        let is_there = level == f64::INFINITY;
        arrived += u32::from(is_there);
        if arrived == 3 {
            return Ok((tilt, from + number, weights.relative_variance()));
        }
        // The event itself counts as progress where the score jumps to it.
        let progress = if is_there { f64::INFINITY } else { level + hits as f64 / number as f64 };
        stalled = if progress > reached * 1.005 || is_there { 0 } else { stalled + 1 };
        reached = reached.max(progress);
        if stalled == STALLED {
            return Err(RareError::OutOfReach {
                reached: scores.iter().copied().find(|s| s.is_finite()).unwrap_or(0.0),
            });
        }
        let elite = seen.iter().filter(|(score, _)| *score >= level);
        tilt = Arc::new(Tilt::fitted(elite.map(|(_, scores)| (scores, weight(&[&tilt], scores, 0.0)))));
    }
    Err(RareError::OutOfReach { reached })
}

/// The shifts by what they belong to, the largest first.
fn named(plan: &Plan, tilt: &Tilt) -> Vec<Shift> {
    let owners = plan.owners();
    let name = |purpose| owners.get(&purpose).map_or_else(|| "other".to_owned(), |owner| plan.owner_name(*owner));
    let shift = |(purpose, law): (Purpose, Normal)| Shift {
        quantity: name(purpose),
        shift: law.mean,
        deviation: law.deviation,
    };
    let mut shifts: Vec<Shift> = tilt.laws().map(shift).collect();
    shifts.sort_by(|one, other| other.shift.abs().total_cmp(&one.shift.abs()));
    shifts
}
