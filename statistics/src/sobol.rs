//! Sensitivity of an outcome to its random inputs: Sobol' indices from a given sample, and from pairs of loads that share
//! a part of their inputs.
//!
//! Rule: the variance of an outcome of independent inputs is divided among them (I. M. Sobol', Mathematical Modelling and
//! Computational Experiments 1 (1993) 407). First-order index of an input: the share of the variance that remains if all
//! others are averaged. Closed index of a group: the same for all its inputs together. Total index: the share that is lost
//! if all others are known; what is above the closed index is interaction with other groups.
//!
//! | estimate | needs | source |
//! | --- | --- | --- |
//! | first order, by bins | a sample | Pearson's correlation ratio, less what no dependence would give: T. L. Kelley, PNAS 21 (1935) 554 |
//! | closed | outcomes of A, of B, and of A with the group's inputs from B | A. Janon and others, ESAIM: Probability and Statistics 18 (2014) 342 |
//! | total | outcomes of A, and of A with the group's inputs from B | M. J. W. Jansen, Computer Physics Communications 117 (1999) 35 |
//!
//! Where fewer than [`FEW`] pairs of a total index differ, its upper end is a Clopper-Pearson bound on their share, each with the
//! greatest difference that was seen. A closed index is never above the total one.
//!
//! Bins of equal probability lose the dependence within a bin: an index by bins is too low by at most its part there.
//! Intervals by the jackknife over groups of loads ([`crate::jackknife`]).

use super::interval::{Interval, IntervalError, clopper_pearson};
use super::jackknife::{Estimated, jackknife};
use super::level::LevelError;

/// Groups of loads for the jackknife: load k is in group k modulo this.
pub const GROUPS: usize = 40;

/// Fewer pairs that differ are too few for an estimate that is nearly normal.
pub const FEW: u64 = 30;

/// Sums of outcomes: how many, their sum, and the sum of their squares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    /// Adds an outcome.
    pub fn add(&mut self, outcome: f64) {
        self.count += 1.0;
        self.sum += outcome;
        self.squares += outcome * outcome;
    }

    fn minus(self, other: Self) -> Self {
        Self { count: self.count - other.count, sum: self.sum - other.sum, squares: self.squares - other.squares }
    }

    fn plus(self, other: Self) -> Self {
        Self { count: self.count + other.count, sum: self.sum + other.sum, squares: self.squares + other.squares }
    }
}

/// Outcomes by the bin of one input.
#[derive(Clone, Debug)]
pub struct Bins {
    /// By group of loads, then by bin.
    sums: Vec<Vec<Moments>>,
}

impl Bins {
    /// Bins for a number of loads: about 100 loads each, from 4 to 64.
    pub fn new(loads: u64) -> Self {
        let bins = (loads / 100).clamp(4, 64) as usize;
        Self { sums: vec![vec![Moments::default(); bins]; GROUPS] }
    }

    /// Adds a load: its number, the input's uniform in (0, 1), and its outcome.
    pub fn add(&mut self, load: u64, uniform: f64, outcome: f64) {
        let sums = &mut self.sums[(load % GROUPS as u64) as usize];
        let bin = ((uniform * sums.len() as f64) as usize).min(sums.len() - 1);
        sums[bin].add(outcome);
    }

    /// The first-order index without one group of loads, or of all.
    fn index(&self, without: Option<usize>) -> f64 {
        let bins = self.sums[0].len();
        let of_bin = |bin: usize| {
            let groups = self.sums.iter().enumerate().filter(|(group, _)| Some(*group) != without);
            groups.fold(Moments::default(), |sum, (_, sums)| sum.plus(sums[bin]))
        };
        let filled: Vec<Moments> = (0..bins).map(of_bin).filter(|bin| bin.count > 0.0).collect();
        let all = filled.iter().fold(Moments::default(), |sum, bin| sum.plus(*bin));
        let whole = all.squares - all.sum * all.sum / all.count;
        let within: f64 = filled.iter().map(|bin| bin.squares - bin.sum * bin.sum / bin.count).sum();
        let freedom = all.count - filled.len() as f64;
        if whole <= 0.0 || freedom <= 0.0 {
            return 0.0;
        }
        1.0 - within / freedom * (all.count - 1.0) / whole
    }
}

/// The sum of the first-order indices of several inputs, with its interval.
///
/// # Errors
/// A level outside (0, 1).
pub fn first_order(inputs: &[Bins], level: f64) -> Result<Estimated, LevelError> {
    jackknife(GROUPS, level, |without| inputs.iter().map(|bins| bins.index(without)).sum())
}

/// Outcomes of pairs of loads that share a part of their inputs.
#[derive(Clone, Debug)]
pub struct Frozen {
    groups: Vec<FrozenSums>,
    loads: u64,
    /// Pairs with different outcomes, and the range of all outcomes.
    differing: u64,
    range: (f64, f64),
}

/// Sums over the loads of a group: of outcomes with inputs A, B, and A with one part from B.
#[derive(Clone, Copy, Debug, Default)]
struct FrozenSums {
    a: Moments,
    b: Moments,
    mixed: Moments,
    /// B times mixed.
    product: f64,
    /// The square of A minus mixed.
    distance: f64,
}

impl FrozenSums {
    fn combine(&mut self, other: &Self, join: fn(Moments, Moments) -> Moments, sign: f64) {
        self.a = join(self.a, other.a);
        self.b = join(self.b, other.b);
        self.mixed = join(self.mixed, other.mixed);
        self.product += sign * other.product;
        self.distance += sign * other.distance;
    }

    fn closed(&self) -> f64 {
        let number = self.b.count;
        let mean = (self.b.sum + self.mixed.sum) / (2.0 * number);
        let variance = (self.b.squares + self.mixed.squares) / (2.0 * number) - mean * mean;
        if variance > 0.0 { (self.product / number - mean * mean) / variance } else { 0.0 }
    }

    /// The variance of all outcomes of A and mixed.
    fn variance(&self) -> f64 {
        let both = self.a.plus(self.mixed);
        let mean = both.sum / both.count;
        both.squares / both.count - mean * mean
    }

    fn total(&self) -> f64 {
        let variance = self.variance();
        if variance > 0.0 { self.distance / (2.0 * self.a.count) / variance } else { 0.0 }
    }
}

impl Default for Frozen {
    fn default() -> Self {
        let range = (f64::INFINITY, f64::NEG_INFINITY);
        Self { groups: vec![FrozenSums::default(); GROUPS], loads: 0, differing: 0, range }
    }
}

impl Frozen {
    /// Adds a load: its number, and the outcomes with inputs A, with inputs B, and with A except for the part, from B.
    pub fn add(&mut self, load: u64, a: f64, b: f64, mixed: f64) {
        let sums = &mut self.groups[(load % GROUPS as u64) as usize];
        sums.a.add(a);
        sums.b.add(b);
        sums.mixed.add(mixed);
        sums.product += b * mixed;
        sums.distance += (a - mixed) * (a - mixed);
        self.loads += 1;
        self.differing += u64::from(a != mixed);
        let (low, high) = self.range;
        self.range = (low.min(a).min(mixed), high.max(a).max(mixed));
    }

    fn sums(&self, without: Option<usize>) -> FrozenSums {
        let mut all = FrozenSums::default();
        for group in &self.groups {
            all.combine(group, Moments::plus, 1.0);
        }
        if let Some(group) = without {
            all.combine(&self.groups[group], Moments::minus, -1.0);
        }
        all
    }

    /// The closed index of the part.
    ///
    /// # Errors
    /// A level outside (0, 1), or no load.
    pub fn closed(&self, level: f64) -> Result<Estimated, IntervalError> {
        let (closed, total) = (jackknife(GROUPS, level, |without| self.sums(without).closed())?, self.total(level)?);
        let high = closed.interval.high.min(total.interval.high);
        let interval = Interval { low: closed.interval.low.min(high), high, ..closed.interval };
        Ok(Estimated { value: closed.value.min(total.value), interval })
    }

    /// The total index of the part.
    ///
    /// # Errors
    /// A level outside (0, 1), or no load.
    pub fn total(&self, level: f64) -> Result<Estimated, IntervalError> {
        let sums = self.sums(None);
        let variance = sums.variance();
        if self.differing >= FEW || variance <= 0.0 {
            return Ok(jackknife(GROUPS, level, |without| self.sums(without).total())?);
        }
        let (low, high) = self.range;
        let bound = clopper_pearson(self.differing, self.loads, level)?;
        let high = bound.high * (high - low) * (high - low) / (2.0 * variance);
        Ok(Estimated { value: sums.total(), interval: Interval { low: 0.0, high, ..bound } })
    }
}
