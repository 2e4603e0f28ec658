//! The families of distributions: inverse distribution function, distribution function, partial mean.
//!
//! The rule: everything is drawn by inversion of one uniform (L. Devroye, "Non-Uniform Random Variate
//! Generation", 1986, chapter II.2), because only then do two runs with the same uniforms stay comparable
//! when a parameter changes. Formulas: N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate
//! Distributions".

use super::piecewise::Knots;
use crate::special::{gamma_cumulative, inverse_gamma_cumulative, inverse_normal_cumulative, normal_cumulative};

/// A family with its parameters, which the constructors of [`Distribution`](super::Distribution) have
/// checked. The unit is the caller's.
#[derive(Clone, Debug, PartialEq)]
pub enum Family {
    /// Always the same value.
    Constant {
        /// The value.
        value: f64,
    },
    /// Equally likely everywhere from `low` to `high`.
    Uniform {
        /// The least value.
        low: f64,
        /// The greatest value.
        high: f64,
    },
    /// Memoryless.
    Exponential {
        /// The mean.
        mean: f64,
    },
    /// Its logarithm is normal.
    LogNormal {
        /// The mean of the logarithm: the logarithm of the median.
        mu: f64,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
    /// The gamma law.
    Gamma {
        /// The shape; for a whole number, the number of exponential stages.
        shape: f64,
        /// The scale; the mean is shape times scale.
        scale: f64,
    },
    /// The Weibull law.
    Weibull {
        /// The shape; below 1 the tail is heavier than exponential.
        shape: f64,
        /// The scale: the quantile of probability 1 - 1/e.
        scale: f64,
    },
    /// The Pareto law of the first kind.
    Pareto {
        /// The least value.
        scale: f64,
        /// The tail index; the mean is infinite up to 1, the variance up to 2.
        shape: f64,
    },
    /// The density rises from `low` to `mode` and falls to `high`.
    Triangular {
        /// The least value.
        low: f64,
        /// The likeliest value.
        mode: f64,
        /// The greatest value.
        high: f64,
    },
    /// The samples in ascending order, at least two, with linear interpolation between them:
    /// the i-th of n, from zero, is the quantile of probability i / (n - 1).
    Samples(Vec<f64>),
    /// (probability, value) in ascending order from probability 0 to 1, with linear interpolation.
    Quantiles(Vec<(f64, f64)>),
}

impl Family {
    pub(super) fn quantile(&self, p: f64) -> f64 {
        match *self {
            Self::Constant { value } => value,
            Self::Uniform { low, high } => low + (high - low) * p,
            Self::Exponential { mean } => -mean * libm::log1p(-p),
            Self::LogNormal { mu, sigma } => libm::exp(mu + sigma * inverse_normal_cumulative(p)),
            Self::Gamma { shape, scale } => scale * inverse_gamma_cumulative(shape, p),
            Self::Weibull { shape, scale } => scale * libm::pow(-libm::log1p(-p), 1.0 / shape),
            Self::Pareto { scale, shape } => scale * libm::pow(1.0 - p, -1.0 / shape),
            Self::Triangular { low, mode, high } => {
                let width = high - low;
                if p < (mode - low) / width {
                    low + width * libm::sqrt(p * ((mode - low) / width))
                } else {
                    high - width * libm::sqrt((1.0 - p) * ((high - mode) / width))
                }
            }
            Self::Samples(ref samples) => Knots::Even(samples).quantile(p),
            Self::Quantiles(ref knots) => Knots::Given(knots).quantile(p),
        }
    }

    pub(super) fn cumulative(&self, x: f64) -> f64 {
        match *self {
            Self::Constant { value } => f64::from(x >= value),
            Self::Uniform { low, high } => ((x - low) / (high - low)).clamp(0.0, 1.0),
            Self::Exponential { mean } => -libm::expm1(-x.max(0.0) / mean),
            Self::LogNormal { mu, sigma } => normal_cumulative((libm::log(x.max(0.0)) - mu) / sigma),
            Self::Gamma { shape, scale } => gamma_cumulative(shape, x / scale),
            Self::Weibull { shape, scale } => -libm::expm1(-libm::pow(x.max(0.0) / scale, shape)),
            Self::Pareto { scale, shape } => -libm::expm1(shape * libm::log(scale / x.max(scale))),
            Self::Triangular { low, mode, high } => {
                let width = high - low;
                if x <= low {
                    0.0
                } else if x >= high {
                    1.0
                } else if x < mode {
                    (x - low) / width * ((x - low) / (mode - low))
                } else {
                    1.0 - (high - x) / width * ((high - x) / (high - mode))
                }
            }
            Self::Samples(ref samples) => Knots::Even(samples).cumulative(x),
            Self::Quantiles(ref knots) => Knots::Given(knots).cumulative(x),
        }
    }

    /// The probability of values strictly below `x`; differs from [`Family::cumulative`] at atoms.
    pub(super) fn below(&self, x: f64) -> f64 {
        match *self {
            Self::Constant { value } => f64::from(x > value),
            Self::Samples(ref samples) => Knots::Even(samples).below(x),
            Self::Quantiles(ref knots) => Knots::Given(knots).below(x),
            _ => self.cumulative(x),
        }
    }

    /// The mean of the value where it is below `x`, and of zero elsewhere; `p` is the probability that it
    /// is below. Infinite where it diverges or overflows.
    pub(super) fn partial_mean(&self, x: f64, p: f64) -> f64 {
        match *self {
            Self::Constant { value } => value * p,
            Self::Uniform { low, high } => p * (low + (high - low) * p / 2.0),
            Self::Exponential { mean } => mean * gamma_cumulative(2.0, x / mean),
            Self::LogNormal { mu, sigma } => {
                libm::exp(mu + sigma * sigma / 2.0) * normal_cumulative((libm::log(x.max(0.0)) - mu) / sigma - sigma)
            }
            Self::Gamma { shape, scale } => shape * scale * gamma_cumulative(shape + 1.0, x / scale),
            Self::Weibull { shape, scale } => {
                let moment = 1.0 + 1.0 / shape;
                scale * libm::tgamma(moment) * gamma_cumulative(moment, libm::pow(x.max(0.0) / scale, shape))
            }
            Self::Pareto { scale, shape } => {
                let log = libm::log(x.max(scale) / scale);
                if shape == 1.0 {
                    scale * log
                } else {
                    scale * shape / (1.0 - shape) * libm::expm1((1.0 - shape) * log)
                }
            }
            Self::Triangular { low, mode, high } => {
                let width = high - low;
                let part = |p: f64, side: f64| width * libm::sqrt(p * side / width) * p / 1.5;
                if p * width < mode - low {
                    low * p + part(p, mode - low)
                } else {
                    (low + mode + high) / 3.0 - high * (1.0 - p) + part(1.0 - p, high - mode)
                }
            }
            Self::Samples(ref samples) => Knots::Even(samples).integral(p),
            Self::Quantiles(ref knots) => Knots::Given(knots).integral(p),
        }
    }
}
