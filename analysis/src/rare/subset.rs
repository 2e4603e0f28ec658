//! Subset simulation: levels of the score, each reached from the loads of the last one by small moves.
//!
//! Rule: S.-K. Au, J. L. Beck, Probabilistic Engineering Mechanics 16 (2001) 263. A level is the score that a tenth of the loads
//! reach; from each of these a chain of moves is made that keep the level. A move is preconditioned Crank-Nicolson
//! (S. L. Cotter and others, Statistical Science 28 (2013) 424): each normal score becomes sqrt(1 - s^2) z + s e with a
//! new normal e, which leaves their law unchanged whatever their number; s follows the share of accepted moves
//! (I. Papaioannou and others, Probabilistic Engineering Mechanics 41 (2015) 89). The whole is repeated with fresh
//! loads, and the relative error is that of the mean of the repetitions.

use super::score::level;
use super::tilted::{LARGEST_ERROR, uniform_of};
use super::{FIRST_LOAD, Found, RareError, Run};
use crate::estimate::LEVEL;
use crate::replications::Stopped;
use rayon::prelude::*;
use sixslot_models::load::{Extent, Load, Uniforms};
use sixslot_sim_core::special::inverse_normal_cumulative;
use sixslot_sim_core::{Purpose, Streams};
use sixslot_statistics::interval::Method;
use sixslot_statistics::mean::Summary;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

/// The share of loads that reach the next level.
const KEPT: f64 = 0.1;
/// The share of moves to accept.
const ACCEPTED: f64 = 0.25;
/// Repetitions of the whole.
const REPETITIONS: u64 = 10;
/// Loads of each level in the repetition that only plans the others.
const PILOT: usize = 500;
/// The most levels: a probability of 1e-30.
const LEVELS: usize = 30;

type Values = BTreeMap<(Purpose, u64), f64>;

/// A move: the number that its normals are drawn by, and its length, above 0 and at most 1.
#[derive(Clone, Copy, Debug)]
struct Move {
    number: u64,
    length: f64,
}

/// A point of the space of all normal scores: a load, and the moves that led away from it. Scores that were never read
/// are computed from these when they are.
#[derive(Clone, Debug)]
struct Point {
    origin: u64,
    moves: Vec<Move>,
    /// The scores that the load of this point has read.
    known: Arc<Values>,
    score: f64,
}

/// The uniforms of a point, or of the point after a last move.
#[derive(Debug)]
struct Walk {
    seed: u64,
    origin: u64,
    moves: Vec<Move>,
    /// The scores before the last move.
    before: Arc<Values>,
    last: Option<Move>,
    read: Mutex<Values>,
}

impl Walk {
    fn normal(&self, number: u64, (purpose, entity): (Purpose, u64)) -> f64 {
        inverse_normal_cumulative(Streams::new(self.seed, number).uniform(purpose, entity))
    }

    fn moved(&self, score: f64, by: Move, key: (Purpose, u64)) -> f64 {
        libm::sqrt(1.0 - by.length * by.length) * score + by.length * self.normal(by.number, key)
    }

    fn score(&self, key: (Purpose, u64)) -> f64 {
        let before = self.before.get(&key).copied().unwrap_or_else(|| {
            let first = self.normal(self.origin, key);
            self.moves.iter().fold(first, |score, by| self.moved(score, *by, key))
        });
        self.last.map_or(before, |by| self.moved(before, by, key))
    }
}

impl Uniforms for Walk {
    fn uniform(&self, purpose: Purpose, entity: u64) -> f64 {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        uniform_of(*read.entry((purpose, entity)).or_insert_with_key(|key| self.score(*key)))
    }
}

impl Run<'_> {
    /// The point that a load is, or that a move leads to.
    fn point(&self, load: &mut Load, origin: u64, from: Option<(&Point, Move)>) -> Result<Point, Stopped> {
        if self.interrupt.load(Ordering::Relaxed) {
            return Err(Stopped::Interrupted);
        }
        let (mut moves, before) =
            from.map_or_else(Default::default, |(point, _)| (point.moves.clone(), point.known.clone()));
        let last = from.map(|(_, by)| by);
        let walk =
            Arc::new(Walk { seed: self.seed, origin, moves: moves.clone(), before, last, read: Mutex::default() });
        load.simulate_with(self.plan, walk.clone(), origin, Extent::UntilDecided)?;
        let score = self.event.score(self.plan, load);
        moves.extend(last);
        let known = std::mem::take(&mut *walk.read.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Point { origin, moves, known: Arc::new(known), score })
    }

    /// One repetition with this many loads for each level: the probability, and the number of loads.
    fn repetition(&self, repetition: u64, number: usize) -> Result<(f64, u64), RareError> {
        let base = FIRST_LOAD * (2 + repetition);
        let mut moves = base + (FIRST_LOAD >> 1);
        let first = (0..number as u64).into_par_iter().map_init(Load::new, |load, k| self.point(load, base + k, None));
        let mut points: Vec<Point> = first.collect::<Result<_, _>>()?;
        (self.done)(number as u64);
        let (mut probability, mut loads, mut length, mut level) = (1.0, number as u64, 0.8, f64::NEG_INFINITY);
        for _ in 0..LEVELS {
            let hits = points.iter().filter(|point| point.score == f64::INFINITY).count();
            if hits as f64 >= KEPT * number as f64 {
                return Ok((probability * hits as f64 / number as f64, loads));
            }
            level = next_level(&points, level)?;
            points.retain(|point| point.score >= level);
            probability *= points.len() as f64 / number as f64;
            let mut chains = points.clone();
            while points.len() < number {
                chains.truncate(number - points.len());
                let step = |(load, (k, chain)): (&mut Load, (usize, &mut Point))| {
                    let by = Move { number: moves + k as u64, length };
                    let point = self.point(load, chain.origin, Some((&*chain, by)))?;
                    let accepted = point.score >= level;
                    if accepted {
                        *chain = point;
                    }
                    Ok::<usize, Stopped>(usize::from(accepted))
                };
                let made = chains.par_iter_mut().enumerate().map_init(Load::new, |load, chain| step((load, chain)));
                let accepted: usize = made.collect::<Result<Vec<_>, _>>()?.into_iter().sum();
                let made = chains.len() as u64;
                (self.done)(made);
                (loads, moves) = (loads + made, moves + made);
                let share = accepted as f64 / made as f64;
                length = (length * libm::exp(share - ACCEPTED)).clamp(0.02, 1.0);
                points.extend(chains.iter().cloned());
            }
        }
        Err(RareError::OutOfReach { reached: level })
    }
}

/// The level after `last`.
fn next_level(points: &[Point], last: f64) -> Result<f64, RareError> {
    let mut scores: Vec<f64> = points.iter().map(|point| point.score).collect();
    scores.sort_unstable_by(|one, other| other.total_cmp(one));
    let level = level(&scores, KEPT);
    // A level that does not rise would be reached by the same loads again, and from few loads chains see too little.
    let is_enough = scores.partition_point(|score| *score >= level) * 50 >= scores.len();
    if level > last && is_enough { Ok(level) } else { Err(RareError::OutOfReach { reached: level }) }
}

/// The estimate by subset simulation.
pub(super) fn estimate(run: &Run<'_>, budget: u64) -> Result<Found, RareError> {
    let (_, pilot) = run.repetition(0, PILOT)?;
    let each = (budget.saturating_sub(pilot) / REPETITIONS) as f64 / (pilot as f64 / PILOT as f64) * 0.97;
    let number = (each as usize).max(PILOT);
    let (mut values, mut loads) = (Vec::new(), pilot);
    for repetition in 1..=REPETITIONS {
        let (probability, used) = run.repetition(repetition, number)?;
        values.push(probability);
        loads += used;
    }
    let summary = Summary::of(&values).map_err(|_| RareError::OutOfReach { reached: 0.0 })?;
    let relative_error = summary.standard_error / summary.mean;
    // Student's quantile, in units of the standard error.
    let quantile = summary.interval(LEVEL).map_or(f64::INFINITY, |i| i.half_width() / summary.standard_error);
    if !(relative_error > 0.0 && relative_error <= LARGEST_ERROR && quantile.is_finite()) {
        let largest = values.iter().copied().fold(0.0, f64::max) / (summary.mean * REPETITIONS as f64);
        return Err(RareError::Unresolved { loads, relative_error, largest });
    }
    Ok(Found::new(summary.mean, relative_error, [quantile; 2], loads, Method::SubsetSimulation))
}
