//! Importance sampling of rare events by shifted normal scores, and the cross-entropy method that finds the shifts.
//!
//! Rule: each random quantity of a load is a normal score z (its uniform is the normal distribution function of z). A tilt
//! gives the scores of a group the mean m and the standard deviation s instead of 0 and 1; the ratio of the densities,
//! tilted to plain, is exp(z^2 / 2 - (z - m)^2 / (2 s^2)) / s for each score, exactly. The m and s that minimise the
//! cross-entropy to the plain law given the event are the weighted mean and deviation of the scores among loads with the
//! event (R. Y. Rubinstein, D. P. Kroese, "The Cross-Entropy Method", 2004, chapter 3). With s above sqrt(1/2) the variance
//! of the weights is finite, but only with s above sqrt(3/4) that of its own estimate. Hence a mixture (T. Hesterberg,
//! Technometrics 37 (1995) 185): half of the tilted loads have s of at least 1, so that no load with the event has a weight far
//! above the others, and a share of plain loads bounds every weight.

use super::level::{LevelError, significance};
use super::mean::student_quantile;
use sixslot_sim_core::Purpose;
use std::collections::BTreeMap;

/// The largest shift, in standard deviations: scores beyond it are not represented well by uniforms.
const LARGEST_SHIFT: f64 = 5.0;
/// A shift that is not this many standard errors from 0 is left out: it would only add variance.
const SIGNIFICANT: f64 = 3.0;

/// From fewer scores, counted by their weights, no shift is fitted: one load would decide it.
const LEAST_SCORES: f64 = 10.0;
/// The least and the greatest standard deviation of a tilted score.
const LEAST_DEVIATION: f64 = 0.75;
const GREATEST_DEVIATION: f64 = 1.5;

/// The scores of a group that a load has read.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// Their number.
    pub number: u32,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub squares: f64,
}

impl Sums {
    /// Adds a score.
    pub fn add(&mut self, score: f64) {
        self.number += 1;
        self.sum += score;
        self.squares += score * score;
    }
}

/// The scores that a load has read, by group.
pub type Scores = BTreeMap<Purpose, Sums>;

/// The law of a group's tilted scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normal {
    /// The mean: the shift, in standard deviations of the plain score.
    pub mean: f64,
    /// The standard deviation.
    pub deviation: f64,
}

impl Normal {
    /// ln of the ratio of the densities of some scores, this law to the plain one.
    fn ln_ratio(self, scores: &Sums) -> f64 {
        let number = f64::from(scores.number);
        let squares = scores.squares - 2.0 * self.mean * scores.sum + number * self.mean * self.mean;
        0.5 * scores.squares - squares / (2.0 * self.deviation * self.deviation) - number * libm::log(self.deviation)
    }
}

/// The laws of tilted scores, by group; a group without one is plain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tilt(BTreeMap<Purpose, Normal>);

impl Tilt {
    /// The laws that minimise the cross-entropy to these loads, each with its weight. A group without a significant shift
    /// stays plain.
    pub fn fitted<'a>(loads: impl IntoIterator<Item = (&'a Scores, f64)>) -> Self {
        let mut groups: BTreeMap<Purpose, [f64; 4]> = BTreeMap::new();
        for (scores, weight) in loads {
            for (group, sums) in scores {
                let [count, spread, total, squares] = groups.entry(*group).or_default();
                *count += weight * f64::from(sums.number);
                *spread += weight * weight * f64::from(sums.number);
                *total += weight * sums.sum;
                *squares += weight * sums.squares;
            }
        }
        let law = |[count, spread, total, squares]: [f64; 4]| {
            let mean = total / count;
            let effective = count * count / spread;
            let significant = effective > LEAST_SCORES && mean.abs() > SIGNIFICANT / libm::sqrt(effective);
            significant.then(|| Normal {
                mean: mean.clamp(-LARGEST_SHIFT, LARGEST_SHIFT),
                deviation: libm::sqrt((squares / count - mean * mean).max(0.0))
                    .clamp(LEAST_DEVIATION, GREATEST_DEVIATION),
            })
        };
        Self(groups.into_iter().filter_map(|(group, sums)| Some((group, law(sums)?))).collect())
    }

    /// The tilted score of a group from a plain one.
    pub fn score(&self, group: Purpose, plain: f64) -> f64 {
        self.0.get(&group).map_or(plain, |law| law.mean + law.deviation * plain)
    }

    /// The groups that are not plain, and their laws.
    pub fn laws(&self) -> impl Iterator<Item = (Purpose, Normal)> {
        self.0.iter().map(|(group, law)| (*group, *law))
    }

    /// ln of the ratio of the densities of a load, tilted to plain.
    pub fn ln_ratio(&self, scores: &Scores) -> f64 {
        self.0.iter().filter_map(|(group, law)| Some(law.ln_ratio(scores.get(group)?))).sum()
    }

    /// The same shifts with deviations of at least 1: fewer loads with the event, but none with a weight far above the others.
    #[must_use]
    pub fn widened(&self) -> Self {
        let wide = |law: &Normal| Normal { deviation: law.deviation.max(1.0), ..*law };
        Self(self.0.iter().map(|(group, law)| (*group, wide(law))).collect())
    }
}

/// The weight of a load that was drawn plain with probability `plain`, and else with one of some equally likely tilts: the ratio
/// of the plain density to that of the mixture. At most 1 / `plain`.
pub fn weight(tilts: &[&Tilt], scores: &Scores, plain: f64) -> f64 {
    let tilted = tilts.iter().map(|tilt| libm::exp(tilt.ln_ratio(scores))).sum::<f64>() / tilts.len() as f64;
    1.0 / (plain + (1.0 - plain) * tilted)
}

/// Sums of the weights of loads with the event.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Weights {
    /// Loads, with the event or without.
    pub loads: u64,
    /// The sum of the weights of loads with the event.
    pub sum: f64,
    /// The sum of the squares of these.
    pub squares: f64,
    /// The sum of their cubes.
    pub cubes: f64,
    /// The sum of their fourth powers.
    pub fourths: f64,
    /// The largest of these.
    pub largest: f64,
}

impl Weights {
    /// Adds a load with its weight; 0 where the event did not happen.
    pub fn add(&mut self, weight: f64) {
        self.loads += 1;
        self.sum += weight;
        self.squares += weight * weight;
        self.cubes += weight * weight * weight;
        self.fourths += weight * weight * weight * weight;
        self.largest = self.largest.max(weight);
    }

    /// Adds the sums of later loads.
    #[must_use]
    pub fn joined(self, later: Self) -> Self {
        Self {
            loads: self.loads + later.loads,
            sum: self.sum + later.sum,
            squares: self.squares + later.squares,
            cubes: self.cubes + later.cubes,
            fourths: self.fourths + later.fourths,
            largest: self.largest.max(later.largest),
        }
    }

    /// The estimate of the event's probability: unbiased.
    pub fn probability(&self) -> f64 {
        self.sum / self.loads as f64
    }

    /// The relative variance of one load: that of the estimate is this divided by the number of loads. Infinite
    /// without an event.
    pub fn relative_variance(&self) -> f64 {
        if self.sum == 0.0 {
            return f64::INFINITY;
        }
        (self.loads as f64 * self.squares / (self.sum * self.sum) - 1.0).max(0.0)
    }

    /// The relative standard error of the estimate.
    pub fn relative_error(&self) -> f64 {
        libm::sqrt(self.relative_variance() / self.loads as f64)
    }

    /// Degrees of freedom of the stated error: two divided by the relative variance of the sum of the squares
    /// (F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110). Few, where few large weights decide the error.
    pub fn freedom(&self) -> f64 {
        if self.fourths == 0.0 {
            return 1.0;
        }
        (2.0 * self.squares * self.squares / self.fourths).max(1.0)
    }

    /// The skewness of the estimate: 0 where it is symmetric.
    pub fn skewness(&self) -> f64 {
        let variance = self.squares - self.sum * self.sum / self.loads as f64;
        if variance > 0.0 { self.cubes / (variance * libm::sqrt(variance)) } else { 0.0 }
    }

    /// How many standard errors the interval of a level reaches down and up. Both are Student's quantile t with
    /// [`Weights::freedom`]; upwards skewness / 6 x (1 + 2 t^2) is added, because an estimate that is too low, for want of large
    /// weights, states too small an error (N. J. Johnson, Journal of the American Statistical Association 73 (1978) 536).
    ///
    /// # Errors
    /// A level outside (0, 1).
    pub fn reach(&self, level: f64) -> Result<[f64; 2], LevelError> {
        let student = student_quantile(self.freedom(), significance(level)?);
        Ok([student, student + self.skewness() / 6.0 * (1.0 + 2.0 * student * student)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sixslot_sim_core::Streams;
    use sixslot_sim_core::special::{inverse_normal_cumulative, normal_cumulative};

    const A: Purpose = Purpose::named("a");
    const B: Purpose = Purpose::named("b");

    /// P(the mean of four scores of group a is above 2.5) = 1 - Phi(5), with scores of a group b that do not matter.
    #[test]
    fn the_mean_of_normals_is_estimated_with_its_error() {
        let exact = normal_cumulative(-5.0);
        let draw = |tilt: &Tilt, load: u64| -> Scores {
            let streams = Streams::new(1, load);
            let sum = |group, number: u64| {
                let mut sums = Sums::default();
                for entity in 0..number {
                    sums.add(tilt.score(group, inverse_normal_cumulative(streams.uniform(group, entity))));
                }
                sums
            };
            BTreeMap::from([(A, sum(A, 4)), (B, sum(B, 50))])
        };
        let mut tilt = Tilt::default();
        for round in 1..=6 {
            let loads: Vec<Scores> = (0..2000).map(|load| draw(&tilt, round * 10_000 + load)).collect();
            let mut means: Vec<f64> = loads.iter().map(|scores| scores[&A].sum / 4.0).collect();
            means.sort_unstable_by(f64::total_cmp);
            let level = means[1800].min(2.5);
            let elite = loads.iter().filter(|scores| scores[&A].sum / 4.0 >= level);
            tilt = Tilt::fitted(elite.map(|scores| (scores, libm::exp(-tilt.ln_ratio(scores)))));
        }
        let laws: Vec<(Purpose, Normal)> = tilt.laws().collect();
        assert!(matches!(laws[..], [(A, Normal { mean: 2.5..2.8, .. })]), "{tilt:?}");
        let (mut weights, untilted) = (Weights::default(), Tilt::default());
        for load in 100_000..120_000_u64 {
            let plain = load % 20 == 0;
            let scores = draw(if plain { &untilted } else { &tilt }, load);
            weights.add(if scores[&A].sum / 4.0 >= 2.5 { weight(&[&tilt], &scores, 0.05) } else { 0.0 });
        }
        let error = weights.probability() / exact - 1.0;
        assert!(weights.relative_error() < 0.02 && error.abs() < 3.0 * weights.relative_error(), "{error} {weights:?}");
        assert!(weights.largest <= 20.0);
    }
}
