//! The constructors of [`Distribution`]: from parameters, from moments, from quantiles, from data.
//!
//! The rule: a constructor accepts exactly the parameters for which every draw is a finite number, and
//! names the parameter at fault otherwise. Quantiles are pairs (probability, value), the form in which
//! field data are published; the two-quantile constructors reproduce both.

use super::{Distribution, DistributionError, Family};
use crate::special::{inverse_gamma_cumulative, inverse_normal_cumulative};

/// The most samples, or quantiles, that a distribution keeps.
pub const SAMPLE_LIMIT: usize = 100_000;
/// The least accepted shape of a gamma law.
pub const LEAST_GAMMA_SHAPE: f64 = 1e-3;
/// The greatest accepted shape of a gamma law; one draw takes time in proportion to its square root.
pub const GREATEST_GAMMA_SHAPE: f64 = 1e6;

type Quantile = (f64, f64);
type Result<T = Distribution> = std::result::Result<T, DistributionError>;

impl Distribution {
    /// Always `value`.
    ///
    /// # Errors
    /// When `value` is not finite.
    pub fn constant(value: f64) -> Result {
        Self::new(Family::Constant { value: finite("value", value)? })
    }

    /// Uniform from `low` to `high`.
    ///
    /// # Errors
    /// Unless both are finite and `low < high`.
    pub fn uniform(low: f64, high: f64) -> Result {
        ascending(("low", low), ("high", high))?;
        Self::new(Family::Uniform { low, high })
    }

    /// Uniform, with these two quantiles. The lower end may be negative even where both values are not.
    ///
    /// # Errors
    /// Unless the probabilities are strictly between 0 and 1 and both pairs ascend.
    pub fn uniform_from_quantiles(first: Quantile, second: Quantile) -> Result {
        let ((p1, x1), (p2, x2)) = quantile_pair(first, second)?;
        let width = (x2 - x1) / (p2 - p1);
        Self::uniform(x1 - p1 * width, x2 + (1.0 - p2) * width)
    }

    /// Exponential with this mean.
    ///
    /// # Errors
    /// Unless `mean` is finite and positive.
    pub fn exponential_from_mean(mean: f64) -> Result {
        Self::new(Family::Exponential { mean: positive("mean", mean)? })
    }

    /// Exponential with this quantile.
    ///
    /// # Errors
    /// Unless the probability is strictly between 0 and 1 and the value is finite and positive.
    pub fn exponential_from_quantile((p, x): Quantile) -> Result {
        positive("quantile", x)?;
        Self::exponential_from_mean(-x / libm::log1p(-probability(p)?))
    }

    /// Log-normal with this median and this standard deviation of the natural logarithm.
    ///
    /// ```
    /// use sixslot_sim_core::Distribution;
    /// let size = Distribution::log_normal_from_median_sigma(20.0, 1.5)?;
    /// assert!((size.quantile(0.5) - 20.0).abs() < 1e-12);
    /// # Ok::<(), sixslot_sim_core::DistributionError>(())
    /// ```
    ///
    /// # Errors
    /// Unless both are finite and positive.
    pub fn log_normal_from_median_sigma(median: f64, sigma: f64) -> Result {
        Self::log_normal(libm::log(positive("median", median)?), sigma)
    }

    /// Log-normal with this mean and standard deviation.
    ///
    /// # Errors
    /// Unless both are finite and positive.
    pub fn log_normal_from_mean_deviation(mean: f64, standard_deviation: f64) -> Result {
        positive("standard deviation", standard_deviation)?;
        let variation = standard_deviation / positive("mean", mean)?;
        let variance = libm::log1p(variation * variation);
        Self::log_normal(libm::log(mean) - variance / 2.0, libm::sqrt(variance))
    }

    /// Log-normal with these two quantiles.
    ///
    /// ```
    /// use sixslot_sim_core::Distribution;
    /// let latency = Distribution::log_normal_from_quantiles((0.5, 300.0), (0.95, 1_200.0))?;
    /// assert!((latency.quantile(0.95) - 1_200.0).abs() < 1e-9);
    /// # Ok::<(), sixslot_sim_core::DistributionError>(())
    /// ```
    ///
    /// # Errors
    /// Unless the probabilities are strictly between 0 and 1, the values are positive, and both pairs ascend.
    pub fn log_normal_from_quantiles(first: Quantile, second: Quantile) -> Result {
        let ((p1, x1), (p2, x2)) = positive_quantile_pair(first, second)?;
        let (z1, z2) = (inverse_normal_cumulative(p1), inverse_normal_cumulative(p2));
        let sigma = libm::log(x2 / x1) / (z2 - z1);
        Self::log_normal(libm::log(x1) - sigma * z1, sigma)
    }

    fn log_normal(mu: f64, sigma: f64) -> Result {
        Self::new(Family::LogNormal { mu: finite("mu", mu)?, sigma: positive("sigma", sigma)? })
    }

    /// Gamma with this shape and mean.
    ///
    /// # Errors
    /// Unless both are finite and positive, and the shape is between [`LEAST_GAMMA_SHAPE`] to
    /// [`GREATEST_GAMMA_SHAPE`].
    pub fn gamma_from_shape_mean(shape: f64, mean: f64) -> Result {
        positive("mean", mean)?;
        Self::gamma(shape, mean / positive("shape", shape)?)
    }

    /// The sum of this number of exponential stages, with this total mean: gamma with a whole shape.
    ///
    /// # Errors
    /// Unless `stages` is from 1 to [`GREATEST_GAMMA_SHAPE`] and `mean` is finite and positive.
    pub fn erlang(stages: u32, mean: f64) -> Result {
        Self::gamma_from_shape_mean(f64::from(stages), mean)
    }

    /// Gamma with this mean and standard deviation.
    ///
    /// # Errors
    /// As [`Distribution::gamma_from_shape_mean`]; the shape is the square of mean / deviation.
    pub fn gamma_from_mean_deviation(mean: f64, standard_deviation: f64) -> Result {
        positive("standard deviation", standard_deviation)?;
        let ratio = positive("mean", mean)? / standard_deviation;
        Self::gamma(ratio * ratio, standard_deviation / ratio)
    }

    /// Gamma with these two quantiles.
    ///
    /// # Errors
    /// Unless the probabilities are strictly between 0 and 1, the values are positive, both pairs ascend, and the
    /// resulting shape is accepted.
    pub fn gamma_from_quantiles(first: Quantile, second: Quantile) -> Result {
        let ((p1, x1), (p2, x2)) = positive_quantile_pair(first, second)?;
        let ratio = x2 / x1;
        // The ratio of two quantiles falls as the shape grows, from infinity to 1.
        let too_small = |log_shape: f64| {
            let unit = |p| inverse_gamma_cumulative(libm::exp(log_shape), p);
            unit(p2) > ratio * unit(p1) || unit(p1) == 0.0
        };
        let mut low = libm::log(LEAST_GAMMA_SHAPE);
        let mut high = libm::log(GREATEST_GAMMA_SHAPE);
        if !too_small(low) || too_small(high) {
            return Err(DistributionError::NoSolution { family: "gamma", ratio });
        }
        loop {
            let middle = low.midpoint(high);
            if middle <= low || middle >= high {
                break;
            }
            if too_small(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        let shape = libm::exp(high);
        Self::gamma(shape, x1 / inverse_gamma_cumulative(shape, p1))
    }

    fn gamma(shape: f64, scale: f64) -> Result {
        let (least, most) = (LEAST_GAMMA_SHAPE, GREATEST_GAMMA_SHAPE);
        if !(least..=most).contains(&positive("shape", shape)?) {
            return Err(DistributionError::OutOfRange { name: "shape", value: shape, least, most });
        }
        positive("scale", scale)?;
        Self::new(Family::Gamma { shape, scale })
    }

    /// Weibull with this shape and scale.
    ///
    /// # Errors
    /// Unless both are finite and positive.
    pub fn weibull(shape: f64, scale: f64) -> Result {
        Self::new(Family::Weibull { shape: positive("shape", shape)?, scale: positive("scale", scale)? })
    }

    /// Weibull with these two quantiles.
    ///
    /// # Errors
    /// Unless the probabilities are strictly between 0 and 1, the values are positive, and both pairs ascend.
    pub fn weibull_from_quantiles(first: Quantile, second: Quantile) -> Result {
        let ((p1, x1), (p2, x2)) = positive_quantile_pair(first, second)?;
        let (e1, e2) = (-libm::log1p(-p1), -libm::log1p(-p2));
        let shape = libm::log(e2 / e1) / libm::log(x2 / x1);
        Self::weibull(shape, x1 * libm::pow(e1, -1.0 / shape))
    }

    /// Pareto of the first kind, from `minimum` upwards, with this tail index.
    ///
    /// # Errors
    /// Unless both are finite and positive.
    pub fn pareto(minimum: f64, shape: f64) -> Result {
        Self::new(Family::Pareto { scale: positive("minimum", minimum)?, shape: positive("shape", shape)? })
    }

    /// Pareto with these two quantiles.
    ///
    /// # Errors
    /// Unless the probabilities are strictly between 0 and 1, the values are positive, and both pairs ascend.
    pub fn pareto_from_quantiles(first: Quantile, second: Quantile) -> Result {
        let ((p1, x1), (p2, x2)) = positive_quantile_pair(first, second)?;
        let shape = libm::log((1.0 - p1) / (1.0 - p2)) / libm::log(x2 / x1);
        Self::pareto(x1 * libm::pow(1.0 - p1, 1.0 / shape), shape)
    }

    /// Triangular: the density rises from `low` to `mode` and falls to `high`.
    ///
    /// # Errors
    /// Unless all are finite, `low < high` and `low <= mode <= high`.
    pub fn triangular(low: f64, mode: f64, high: f64) -> Result {
        ascending(("low", low), ("high", high))?;
        not_descending(("low", low), ("mode", mode))?;
        not_descending(("mode", mode), ("high", high))?;
        Self::new(Family::Triangular { low, mode, high })
    }

    /// The empirical law of these samples, in any order, with linear interpolation between neighbours.
    /// O(n log n); a draw takes O(log n).
    ///
    /// # Errors
    /// Unless there are from one to [`SAMPLE_LIMIT`] samples, all finite.
    pub fn samples(mut samples: Vec<f64>) -> Result {
        counted("samples", samples.len())?;
        for &sample in &samples {
            finite("sample", sample)?;
        }
        if let [only] = samples[..] {
            return Self::constant(only);
        }
        samples.sort_unstable_by(f64::total_cmp);
        finite("range", samples[samples.len() - 1] - samples[0])?;
        Self::new(Family::Samples(samples))
    }

    /// The law with this table of (probability, value), with linear interpolation between neighbours.
    /// A draw takes O(log n).
    ///
    /// ```
    /// use sixslot_sim_core::Distribution;
    /// let law = Distribution::quantiles(vec![(0.0, 1.0), (0.9, 2.0), (1.0, 12.0)])?;
    /// assert_eq!(law.quantile(0.45), 1.5);
    /// assert_eq!(law.cumulative(2.0), 0.9);
    /// # Ok::<(), sixslot_sim_core::DistributionError>(())
    /// ```
    ///
    /// # Errors
    /// Unless there are at most [`SAMPLE_LIMIT`] pairs, the probabilities ascend from 0 to 1, and the
    /// values are finite and do not descend.
    pub fn quantiles(knots: Vec<(f64, f64)>) -> Result {
        counted("quantiles", knots.len())?;
        for pair in knots.windows(2) {
            ascending(("probability", pair[0].0), ("next probability", pair[1].0))?;
            not_descending(("quantile", pair[0].1), ("next quantile", pair[1].1))?;
        }
        let ((first, least), (last, greatest)) = (knots[0], knots[knots.len() - 1]);
        if (first, last) != (0.0, 1.0) {
            return Err(DistributionError::OpenEnded { first, last });
        }
        finite("range", greatest - least)?;
        Self::new(Family::Quantiles(knots))
    }
}

pub(super) fn finite(name: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { Err(DistributionError::NotFinite { name, value }) }
}

pub(super) fn positive(name: &'static str, value: f64) -> Result<f64> {
    if finite(name, value)? > 0.0 { Ok(value) } else { Err(DistributionError::NotPositive { name, value }) }
}

fn probability(p: f64) -> Result<f64> {
    if p > 0.0 && p < 1.0 { Ok(p) } else { Err(DistributionError::ProbabilityOutside(p)) }
}

fn not_descending((lower_name, lower): (&'static str, f64), (upper_name, upper): (&'static str, f64)) -> Result<()> {
    if finite(lower_name, lower)? <= finite(upper_name, upper)? {
        return Ok(());
    }
    Err(DistributionError::NotOrdered { lower_name, lower, upper_name, upper })
}

fn ascending(lower: (&'static str, f64), upper: (&'static str, f64)) -> Result<()> {
    not_descending(lower, upper)?;
    if lower.1 < upper.1 {
        return Ok(());
    }
    Err(DistributionError::NotOrdered { lower_name: lower.0, lower: lower.1, upper_name: upper.0, upper: upper.1 })
}

fn quantile_pair(first: Quantile, second: Quantile) -> Result<(Quantile, Quantile)> {
    ascending(("first probability", probability(first.0)?), ("second probability", probability(second.0)?))?;
    ascending(("first quantile", first.1), ("second quantile", second.1))?;
    Ok((first, second))
}

fn positive_quantile_pair(first: Quantile, second: Quantile) -> Result<(Quantile, Quantile)> {
    positive("first quantile", first.1)?;
    quantile_pair(first, second)
}

fn counted(name: &'static str, count: usize) -> Result<()> {
    match count {
        0 => Err(DistributionError::Empty(name)),
        1..=SAMPLE_LIMIT => Ok(()),
        _ => Err(DistributionError::TooMany { name, count, limit: SAMPLE_LIMIT }),
    }
}
