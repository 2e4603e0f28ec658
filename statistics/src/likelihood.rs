//! The likelihood of a sample with bounds under a distribution of service times, and the parameters that maximise it.
//!
//! Rule: a value contributes its density, a lower bound the probability above it, an interval the probability within
//! (J. F. Lawless, "Statistical Models and Methods for Lifetime Data", 2003, chapter 2.2.3). That holds if the bounds
//! say nothing else about the value, as with a deadline that is set in advance. The search runs over logarithms of
//! positive parameters on data divided by their geometric mean, so the unit does not matter.

use super::censored::Observation;
use super::simplex::minimum;
use sixslot_sim_core::special::{gamma_cumulative, gamma_survival, normal_cumulative};
use std::f64::consts::TAU;

/// A family of laws of positive lengths of time, of two parameters each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// The logarithm is normal.
    LogNormal,
    /// The gamma law.
    Gamma,
    /// The Weibull law.
    Weibull,
}

/// A law with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    /// `median` and the standard deviation of the logarithm.
    LogNormal {
        /// The median.
        median: f64,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
    /// `shape` and `mean`.
    Gamma {
        /// The shape.
        shape: f64,
        /// The mean.
        mean: f64,
    },
    /// `shape` and `size`.
    Weibull {
        /// The shape.
        shape: f64,
        /// The scale.
        size: f64,
    },
}

/// The logarithm used for a probability that may have underflowed; low enough to lose against any other.
fn log_of(probability: f64) -> f64 {
    libm::log(probability.max(f64::MIN_POSITIVE))
}

impl Law {
    /// The law of a family from its size (median, mean, scale) and its spread (sigma, or the shape).
    fn of(family: Family, size: f64, spread: f64) -> Self {
        match family {
            Family::LogNormal => Self::LogNormal { median: size, sigma: spread },
            Family::Gamma => Self::Gamma { shape: spread, mean: size },
            Family::Weibull => Self::Weibull { shape: spread, size },
        }
    }

    /// Its family.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::LogNormal { .. } => Family::LogNormal,
            Self::Gamma { .. } => Family::Gamma,
            Self::Weibull { .. } => Family::Weibull,
        }
    }

    /// The law of `factor` times the value.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        match self {
            Self::LogNormal { median, sigma } => Self::LogNormal { median: median * factor, sigma },
            Self::Gamma { shape, mean } => Self::Gamma { shape, mean: mean * factor },
            Self::Weibull { shape, size } => Self::Weibull { shape, size: size * factor },
        }
    }

    /// The logarithm of the density at a positive `x`.
    #[must_use]
    pub fn log_density(self, x: f64) -> f64 {
        match self {
            Self::LogNormal { median, sigma } => {
                let z = libm::log(x / median) / sigma;
                -0.5 * z * z - libm::log(x * sigma) - 0.5 * libm::log(TAU)
            }
            Self::Gamma { shape, mean } => {
                let y = x * shape / mean;
                shape * libm::log(y) - y - libm::lgamma(shape) - libm::log(x)
            }
            Self::Weibull { shape, size } => {
                let y = libm::log(x / size);
                libm::log(shape / x) + shape * y - libm::exp(shape * y)
            }
        }
    }

    /// The probability of a value greater than `x`.
    #[must_use]
    pub fn survival(self, x: f64) -> f64 {
        if x <= 0.0 {
            return 1.0;
        }
        match self {
            Self::LogNormal { median, sigma } => normal_cumulative(libm::log(median / x) / sigma),
            Self::Gamma { shape, mean } => gamma_survival(shape, x * shape / mean),
            Self::Weibull { shape, size } => libm::exp(-libm::pow(x / size, shape)),
        }
    }

    /// The probability of a value between two.
    fn within(self, low: f64, high: f64) -> f64 {
        // Each from the side where it is small, so that no digits are lost in a tail.
        let below = |x: f64| match self {
            _ if x <= 0.0 => 0.0,
            Self::LogNormal { median, sigma } => normal_cumulative(libm::log(x / median) / sigma),
            Self::Gamma { shape, mean } => gamma_cumulative(shape, x * shape / mean),
            Self::Weibull { shape, size } => -libm::expm1(-libm::pow(x / size, shape)),
        };
        if self.survival(low) > 0.5 { below(high) - below(low) } else { self.survival(low) - self.survival(high) }
    }

    /// The logarithm of the likelihood of a sample.
    #[must_use]
    pub fn log_likelihood(self, sample: &[Observation]) -> f64 {
        let one = |observation: &Observation| match *observation {
            Observation::Exact(x) => self.log_density(x),
            Observation::AtLeast(x) => match self {
                // In closed form, where the probability itself underflows.
                Self::Weibull { shape, size } if x > 0.0 => -libm::pow(x / size, shape),
                _ => log_of(self.survival(x)),
            },
            Observation::Between(low, high) => log_of(self.within(low, high)),
        };
        sample.iter().map(one).sum()
    }
}

/// The likeliest law of a family, and the logarithm of its likelihood, in the sample's unit.
///
/// `None` if the sample has no value or interval, or no spread: then the likelihood has no maximum.
#[must_use]
pub fn likeliest(family: Family, sample: &[Observation]) -> Option<(Law, f64)> {
    if !sample.iter().all(|one| one.is_usable()) {
        return None;
    }
    let known: Vec<f64> = sample.iter().filter(|one| !one.is_open()).map(|one| libm::log(one.middle())).collect();
    let open = sample.iter().filter(|one| one.is_open()).map(|one| libm::log(one.middle()));
    let centre = known.iter().sum::<f64>() / known.len() as f64;
    // Bounds above the centre widen the spread of a first guess.
    let squares = known.iter().copied().chain(open.filter(|x| *x > centre)).map(|x| (x - centre) * (x - centre));
    let deviation = libm::sqrt(squares.sum::<f64>() / known.len() as f64);
    if known.len() < 2 || deviation < 1e-9 {
        return None;
    }
    let unit = libm::exp(centre);
    let scaled: Vec<Observation> = sample.iter().map(|one| one.scaled(1.0 / unit)).collect();
    let spread = match family {
        Family::LogNormal => deviation,
        Family::Gamma => 1.0 / (deviation * deviation),
        Family::Weibull => 1.2 / deviation,
    };
    let law = |[size, spread]: [f64; 2]| Law::of(family, libm::exp(size), libm::exp(spread));
    let cost = |point: [f64; 2]| {
        // Beyond these limits a scenario could not contain the distribution; no data need it.
        if point[0].abs() > 25.0 || point[1].abs() > 13.0 {
            return f64::INFINITY;
        }
        -law(point).log_likelihood(&scaled)
    };
    let start = [0.0, libm::log(spread).clamp(-10.0, 10.0)];
    let found = minimum(start, 0.3, cost);
    let values = sample.iter().filter(|one| matches!(one, Observation::Exact(_))).count();
    // A density is per unit: changing the unit changes each value's by a factor.
    let likelihood = -found.value - values as f64 * centre;
    found.value.is_finite().then(|| (law(found.point).scaled(unit), likelihood))
}
