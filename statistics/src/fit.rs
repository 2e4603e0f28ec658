//! Fits a distribution to a sample of lengths of time in which some values are only bounds.
//!
//! Rule: log-normal, gamma and Weibull are fitted by maximum likelihood and the one with the least AIC (H. Akaike, IEEE
//! Trans. Automatic Control 19 (1974) 716) is taken; all three have two parameters, so the likeliest wins. With
//! fewer than [`FEWEST_VALUES`] known values no curve is fitted: the quantiles of the product-limit estimate are used
//! instead. Equal values are a constant.

use super::censored::{Observation, product_limit};
use super::likelihood::{Family, Law, likeliest};

/// The least number of known values (not bounds) for which a curve is fitted.
pub const FEWEST_VALUES: usize = 8;

/// Values with a relative difference below this count as equal.
pub const SAME: f64 = 2e-3;

/// The distribution of a sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Always this value.
    Constant(f64),
    /// A curve.
    Curve(Law),
    /// (probability, value) from probability 0 to 1, with linear interpolation.
    Quantiles(Vec<(f64, f64)>),
}

/// What is uncertain about a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// No value at all.
    #[error(
        "no value is known, only that they are greater than what was waited: twice the longest wait stands for all"
    )]
    NoValue,
    /// Too few values for a curve.
    #[error("{} too few for a curve (8 are needed): the quantiles stand for the law", if *.0 == 1 { "1 value is".to_owned() } else { format!("{} values are", .0) })]
    Few(usize),
    /// The upper part is known only by bounds.
    #[error("{percent} % of the values are only bounds: above the longest wait the law is extrapolated")]
    Extrapolated {
        /// The percentage of bounds.
        percent: u32,
    },
}

/// A distribution with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The law.
    pub shape: Shape,
    /// Observations with a value.
    pub values: usize,
    /// Observations that are intervals.
    pub intervals: usize,
    /// Observations that are lower bounds.
    pub bounds: usize,
    /// The AIC of each family that was fitted, in ascending order.
    pub aic: Vec<(Family, f64)>,
    /// What is uncertain.
    pub doubts: Vec<Doubt>,
}

/// The distribution of a sample; unusable observations ([`Observation::is_usable`]) are left out.
///
/// `None` for a sample without any usable observation.
#[must_use]
pub fn fit(sample: &[Observation]) -> Option<Fit> {
    let sample: Vec<Observation> = sample.iter().copied().filter(|one| one.is_usable()).collect();
    let count = |of: fn(&Observation) -> bool| sample.iter().filter(|one| of(one)).count();
    let values = count(|one| matches!(one, Observation::Exact(_)));
    let intervals = count(|one| matches!(one, Observation::Between(..)));
    let bounds = count(|one| one.is_open());
    let mut fit = Fit { shape: Shape::Constant(0.0), values, intervals, bounds, aic: Vec::new(), doubts: Vec::new() };
    let known = sample.iter().filter(|one| !one.is_open()).map(|one| one.middle());
    let (least, most) = known.fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), x| (least.min(x), most.max(x)));
    let longest_wait = sample.iter().filter(|one| one.is_open()).map(|one| one.middle()).fold(0.0, f64::max);
    if sample.is_empty() {
        return None;
    }
    if values + intervals == 0 {
        fit.doubts.push(Doubt::NoValue);
        fit.shape = Shape::Constant(2.0 * longest_wait);
        return Some(fit);
    }
    if most - least <= SAME * most && longest_wait <= most {
        fit.shape = Shape::Constant(f64::midpoint(least, most));
        return Some(fit);
    }
    if values + intervals < FEWEST_VALUES {
        fit.doubts.push(Doubt::Few(values + intervals));
        fit.shape = quantiles(&sample, least, longest_wait);
        return Some(fit);
    }
    let mut laws: Vec<(Law, f64)> =
        [Family::LogNormal, Family::Gamma, Family::Weibull].into_iter().filter_map(|f| likeliest(f, &sample)).collect();
    laws.sort_by(|one, other| other.1.total_cmp(&one.1));
    let Some((best, _)) = laws.first() else {
        fit.shape = quantiles(&sample, least, longest_wait);
        return Some(fit);
    };
    fit.shape = Shape::Curve(*best);
    fit.aic = laws.iter().map(|(law, likelihood)| (law.family(), 4.0 - 2.0 * likelihood)).collect();
    if 4 * bounds >= sample.len() {
        fit.doubts.push(Doubt::Extrapolated { percent: (100 * bounds / sample.len()) as u32 });
    }
    Some(fit)
}

/// The product-limit estimate as a table of quantiles; the part above the last value ends at twice the longest wait.
fn quantiles(sample: &[Observation], least: f64, longest_wait: f64) -> Shape {
    let mut knots = vec![(0.0, least)];
    for (probability, value) in product_limit(sample) {
        // The first value is the least one: the distribution starts there.
        if value > least {
            knots.push((probability.min(1.0), value));
        }
    }
    if let Some(last) = knots.last().copied().filter(|last| last.0 < 1.0 - 1e-12) {
        knots.push((1.0, (2.0 * longest_wait).max(last.1)));
    } else if let Some(last) = knots.last_mut() {
        last.0 = 1.0;
    }
    match knots.as_slice() {
        [.., last] if last.1 == least => Shape::Constant(least),
        _ => Shape::Quantiles(knots),
    }
}
