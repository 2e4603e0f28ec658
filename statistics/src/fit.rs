//! Fits a distribution to a sample of lengths of time in which some values are only bounds.
//!
//! Rule: log-normal, gamma and Weibull are fitted by maximum likelihood and the one with the least AIC (H. Akaike, IEEE
//! Trans. Automatic Control 19 (1974) 716) is taken; all three have two parameters, so the likeliest wins. With
//! fewer than [`FEWEST_VALUES`] known values no curve is fitted: the quantiles of the product-limit estimate are used
//! instead, completed by an exponential tail where the greatest observations are only bounds (B. W. Brown, M. Hollander,
//! R. M. Korwar, in "Reliability and Biometry", 1974, 327). Where all are bounds, the distribution is exponential, with the
//! mean for which no value at all is as likely as not. Equal values are a constant.

use super::censored::{Observation, product_limit};
use super::likelihood::{Family, Law, likeliest};
use std::f64::consts::LN_2;

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
        "no value is known, only that they are greater than what was waited: an exponential distribution under which that is as likely as not"
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
    let waits = || sample.iter().filter(|one| one.is_open()).map(|one| one.middle());
    let longest_wait = waits().fold(0.0, f64::max);
    if sample.is_empty() {
        return None;
    }
    if values + intervals == 0 {
        fit.doubts.push(Doubt::NoValue);
        // A shape of 1 is the exponential distribution: no value within all waits together has the probability 1/2.
        let mean = (waits().sum::<f64>() / LN_2).max(f64::MIN_POSITIVE);
        fit.shape = Shape::Curve(Law::Gamma { shape: 1.0, mean });
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

/// Parts of the probability above the last value at which the tail has a knot; it ends at the last.
const TAIL: [f64; 7] = [0.999, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01];

/// The product-limit estimate as a table of quantiles; above the longest wait it is completed by an exponential tail.
fn quantiles(sample: &[Observation], least: f64, longest_wait: f64) -> Shape {
    let estimate = product_limit(sample);
    let mut knots = vec![(0.0, least)];
    // The first value is the least one: the distribution starts there.
    knots.extend(estimate.iter().filter(|(_, value)| *value > least));
    if let [only] = estimate.as_slice() {
        knots.push(*only);
    }
    let (reached, value) = knots[knots.len() - 1];
    let above = 1.0 - reached;
    if above > 1e-12 && longest_wait >= value {
        // The exponential distribution that has this probability above the longest wait.
        let mean = longest_wait / -libm::log(above);
        knots.extend(TAIL.map(|part| (1.0 - above * part, longest_wait - mean * libm::log(part))));
    }
    if let Some(end) = knots.last_mut() {
        end.0 = 1.0;
    }
    match knots.as_slice() {
        [.., last] if last.1 == least => Shape::Constant(least),
        _ => Shape::Quantiles(knots),
    }
}
