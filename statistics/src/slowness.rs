//! How much loads differ in speed overall: the spread of a factor that is drawn once per load.
//!
//! Rule: the logarithm of a service time is a class's centre, plus the load's own part, plus noise (a random effect in one
//! direction; S. R. Searle, G. Casella, C. E. McCulloch, "Variance Components", 1992, chapter 3; as frailty with
//! censoring: P. Hougaard, "Analysis of Multivariate Survival Data", 2000). Each class keeps its own centre and total
//! spread; the one number to find is how much of the spread belongs to the loads. It maximises the likelihood of all
//! classes together, with the load's part integrated out. Bounds count as bounds. The result is significant if its
//! likelihood ratio against no such part is one that chance gives once in a hundred (half a chi-square of one degree of freedom, since the spread
//! cannot be negative: S. G. Self and K.-Y. Liang, J. Amer. Statist. Assoc. 82 (1987) 605).

use super::censored::Observation;
use super::simplex::minimum;
use sixslot_sim_core::special::normal_cumulative;
use std::f64::consts::TAU;

/// Twice the logarithm of the likelihood ratio from which on loads are considered to differ.
pub const BELIEVED_FROM: f64 = 5.411_894_431_054_343;

/// Observations of one class.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// The median of the class, over loads.
    pub median: f64,
    /// The standard deviation of its logarithm, over loads and requests.
    pub sigma: f64,
    /// Its observations in each load; every class has the same number of loads.
    pub loads: Vec<Vec<Observation>>,
}

/// How loads differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slowness {
    /// The standard deviation of the logarithm of the factor.
    pub sigma: f64,
    /// Twice the logarithm of the ratio of the likelihoods with and without it.
    pub ratio: f64,
}

impl Slowness {
    /// Whether loads differ, with 99 % confidence.
    #[must_use]
    pub fn is_believed(self) -> bool {
        self.ratio > BELIEVED_FROM
    }
}

/// The noise that remains for a class with this total spread when the loads' factor has the spread `sigma`.
#[must_use]
pub fn noise(whole: f64, sigma: f64) -> f64 {
    // A class keeps some noise, else its density would have no upper limit.
    libm::sqrt((whole * whole - sigma * sigma).max(whole * whole / 400.0))
}

/// The observations of one class in one load, reduced to what the likelihood needs.
struct Seen<'a> {
    class: &'a Class,
    values: f64,
    /// The sum of the values' logarithms, relative to the class's centre, and the sum of their squares.
    sum: f64,
    squares: f64,
    others: Vec<Observation>,
}

impl<'a> Seen<'a> {
    fn of(class: &'a Class, load: usize) -> Self {
        let mut seen = Self { class, values: 0.0, sum: 0.0, squares: 0.0, others: Vec::new() };
        for observation in &class.loads[load] {
            if let Observation::Exact(x) = observation {
                let deviation = libm::log(x / class.median);
                seen.values += 1.0;
                seen.sum += deviation;
                seen.squares += deviation * deviation;
            } else {
                seen.others.push(*observation);
            }
        }
        seen
    }

    /// The logarithm of its likelihood if the load's part is `effect`, up to a constant.
    fn given(&self, effect: f64, sigma: f64) -> f64 {
        let noise = noise(self.class.sigma, sigma);
        let squares = self.squares - 2.0 * effect * self.sum + effect * effect * self.values;
        let values = -0.5 * squares / (noise * noise) - self.values * libm::log(noise);
        let centre = libm::log(self.class.median) + effect;
        values + self.others.iter().map(|one| log_probability(*one, centre, noise)).sum::<f64>()
    }
}

/// The likeliest spread of the loads' factor. O(values + others x 20000).
///
/// `None` with fewer than two loads, or without any class.
#[must_use]
pub fn slowness(classes: &[Class]) -> Option<Slowness> {
    let loads = classes.iter().map(|class| class.loads.len()).min().unwrap_or(0);
    let widest = classes.iter().map(|class| class.sigma).fold(0.0, f64::max);
    if loads < 2 || widest <= 0.0 {
        return None;
    }
    let seen: Vec<Vec<Seen<'_>>> =
        (0..loads).map(|load| classes.iter().map(|class| Seen::of(class, load)).collect()).collect();
    let likelihood = |sigma: f64| -> f64 { seen.iter().map(|load| of_load(load, sigma)).sum() };
    let without = likelihood(0.0);
    // There can be several maxima, where one class's noise vanishes and another's does not: scan the whole range first.
    let grid = (1..=20).map(|part| widest * f64::from(part) / 20.0).map(|sigma| (sigma, likelihood(sigma)));
    let (start, _) = grid.max_by(|one, other| one.1.total_cmp(&other.1))?;
    let best = minimum([libm::log(start)], 0.05, |[x]| {
        if x > libm::log(widest) { f64::INFINITY } else { -likelihood(libm::exp(x)) }
    });
    let ratio = 2.0 * (-best.value - without);
    Some(if ratio > 0.0 {
        Slowness { sigma: libm::exp(best.point[0]), ratio }
    } else {
        Slowness { sigma: 0.0, ratio: 0.0 }
    })
}

/// The logarithm of the likelihood of one load's observations, up to a constant.
fn of_load(load: &[Seen<'_>], sigma: f64) -> f64 {
    let given = |effect: f64| -> f64 { load.iter().map(|seen| seen.given(effect, sigma)).sum() };
    if sigma <= 0.0 {
        return given(0.0);
    }
    // Integrates out the load's part, by Simpson's rule around the likeliest value: the integrand has one maximum.
    let exponent = |effect: f64| given(effect) - 0.5 * effect * effect / (sigma * sigma);
    let (mut low, mut high) = (-6.0 * sigma, 6.0 * sigma);
    for _ in 0..40 {
        let (one, other) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if exponent(one) < exponent(other) {
            low = one;
        } else {
            high = other;
        }
    }
    let mode = f64::midpoint(low, high);
    let top = exponent(mode);
    let step = 1e-2 * sigma;
    let curvature = (2.0 * top - exponent(mode + step) - exponent(mode - step)) / (step * step);
    let width = if curvature > 0.0 { (1.0 / libm::sqrt(curvature)).min(sigma) } else { sigma };
    const HALF: i32 = 30;
    let step = 8.0 * width / f64::from(HALF);
    let weight = |index: i32| match index {
        _ if index.abs() == HALF => 1.0,
        _ if index % 2 == 0 => 2.0,
        _ => 4.0,
    };
    let sum: f64 = (-HALF..=HALF).map(|at| weight(at) * libm::exp(exponent(mode + f64::from(at) * step) - top)).sum();
    top + libm::log(sum * step / 3.0) - libm::log(sigma) - 0.5 * libm::log(TAU)
}

/// The logarithm of the probability of a bound or an interval under a log-normal law.
fn log_probability(observation: Observation, centre: f64, sigma: f64) -> f64 {
    let below = |x: f64| if x <= 0.0 { 0.0 } else { normal_cumulative((libm::log(x) - centre) / sigma) };
    let probability = match observation {
        Observation::AtLeast(x) if x > 0.0 => normal_cumulative((centre - libm::log(x)) / sigma),
        Observation::Between(low, high) => below(high) - below(low),
        Observation::AtLeast(_) | Observation::Exact(_) => 1.0,
    };
    libm::log(probability.max(f64::MIN_POSITIVE))
}

#[cfg(test)]
mod tests {
    use super::{Class, Seen, noise, of_load, slowness};
    use crate::censored::Observation::{AtLeast, Between, Exact};
    use sixslot_sim_core::special::normal_cumulative;

    fn classes() -> [Class; 2] {
        let fast = [
            vec![Exact(210.0), Exact(350.0), AtLeast(400.0)],
            vec![Exact(90.0), Between(100.0, 140.0), AtLeast(0.0)],
            vec![Exact(500.0), Exact(610.0)],
            vec![Between(0.0, 300.0)],
            vec![AtLeast(900.0), AtLeast(900.0)],
        ];
        let slow = [
            vec![Exact(2600.0)],
            vec![Exact(800.0), Exact(1100.0)],
            vec![AtLeast(3000.0)],
            vec![],
            vec![Exact(4000.0)],
        ];
        [
            Class { median: 250.0, sigma: 0.6, loads: fast.to_vec() },
            Class { median: 1800.0, sigma: 0.8, loads: slow.to_vec() },
        ]
    }

    /// The logarithm of the likelihood of one load, by the sum over a fine grid of the load's part.
    fn summed(classes: &[Class], load: usize, sigma: f64) -> f64 {
        let given = |effect: f64| -> f64 {
            let mut sum = 0.0;
            for class in classes {
                let own = libm::sqrt(class.sigma * class.sigma - sigma * sigma).max(class.sigma / 20.0);
                let score = |x: f64| (libm::log(x / class.median) - effect) / own;
                for observation in &class.loads[load] {
                    sum += match *observation {
                        Exact(x) => -0.5 * score(x) * score(x) - libm::log(own),
                        AtLeast(0.0) => 0.0,
                        AtLeast(x) => libm::log(normal_cumulative(-score(x))),
                        Between(0.0, high) => libm::log(normal_cumulative(score(high))),
                        Between(low, high) => libm::log(normal_cumulative(score(high)) - normal_cumulative(score(low))),
                    };
                }
            }
            sum
        };
        if sigma == 0.0 {
            return given(0.0);
        }
        let step = 0.01;
        let weighted = (-1000..=1000).map(|index| {
            let z = step * f64::from(index);
            step * libm::exp(given(sigma * z) - 0.5 * z * z) / libm::sqrt(std::f64::consts::TAU)
        });
        libm::log(weighted.sum())
    }

    #[test]
    fn the_part_of_a_load_is_integrated_out() {
        let classes = classes();
        for load in 0..5 {
            let seen: Vec<Seen<'_>> = classes.iter().map(|class| Seen::of(class, load)).collect();
            for sigma in [0.0, 0.05, 0.2, 0.4, 0.55] {
                let (found, known) = (of_load(&seen, sigma), summed(&classes, load, sigma));
                assert!((found - known).abs() < 1e-6, "load {load}, {sigma}: {found} instead of {known}");
            }
        }
    }

    #[test]
    fn the_spread_is_the_likeliest_of_a_grid() {
        let classes = classes();
        let all = |sigma: f64| (0..5).map(|load| summed(&classes, load, sigma)).sum::<f64>();
        let found = slowness(&classes).unwrap();
        assert!((found.ratio - 2.0 * (all(found.sigma) - all(0.0))).abs() < 1e-5, "{found:?}");
        for part in 1..60 {
            assert!(all(0.59 * f64::from(part) / 60.0) <= all(found.sigma) + 1e-6, "{found:?}");
        }
    }

    /// Two maxima: where the noise of the one class vanishes, and where that of the other does.
    #[test]
    fn no_spread_of_a_grid_is_likelier() {
        let pairs = |effects: [f64; 7]| {
            let pair = |effect: f64| if effect == 0.0 { vec![] } else { vec![Exact(100.0 * libm::exp(effect)); 2] };
            effects.map(pair).to_vec()
        };
        let classes = [
            Class { median: 100.0, sigma: 0.2, loads: pairs([0.2, -0.25, 0.15, 0.0, 0.0, 0.0, 0.0]) },
            Class { median: 100.0, sigma: 1.0, loads: pairs([0.0, 0.0, 0.0, 1.1, -0.9, 0.7, -1.3]) },
        ];
        let all = |sigma: f64| (0..7).map(|load| summed(&classes, load, sigma)).sum::<f64>();
        let grid: Vec<f64> = (1..=100).map(|part| all(0.01 * f64::from(part))).collect();
        // At 0.22 and at the end, with a valley between.
        assert!(grid[21] > grid[10] && grid[21] > grid[60] && grid[99] > grid[60]);
        let found = slowness(&classes).unwrap();
        let best = grid.into_iter().fold(all(0.0), f64::max);
        assert!(best <= all(found.sigma) + 1e-6, "{found:?}");
    }

    #[test]
    fn the_noise_is_what_the_loads_leave() {
        assert!((noise(5.0, 3.0) - 4.0).abs() < 1e-15);
        // A twentieth of the whole is kept.
        assert_eq!([noise(5.0, 5.0), noise(5.0, 7.0)], [0.25, 0.25]);
    }
}
