//! The confidence interval of a failure probability, from a count of failures among loads.
//!
//! Rule: each method inverts a statement about the count X ~ Bin(n, p).
//!
//! | method | source |
//! | --- | --- |
//! | Wilson | E. B. Wilson, Probable inference, JASA 22 (1927) 209 |
//! | Clopper-Pearson | C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404 |
//! | Jeffreys | L. D. Brown, T. T. Cai, A. DasGupta, Statistical Science 16 (2001) 101 |
//! | confidence sequence | H. Robbins, Annals of Mathematical Statistics 41 (1970) 1397; S. R. Howard and others, Annals of Statistics 49 (2021) 1055 |
//!
//! For up to 1e9 loads both ends keep at least ten significant digits, also of rare events.

use super::beta::{ln_beta_binomial, ln_binomial, logistic, quantile, upper_quantile};
use super::level::{LevelError, critical_value, significance};
use libm::{expm1, log, sqrt};
use std::fmt;

/// Why no interval can be given.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum IntervalError {
    /// Nothing was observed.
    #[error("no loads were observed, so there is nothing to estimate")]
    NoLoads,
    /// More failures than loads.
    #[error("{failures} failures among {loads} loads: a load fails at most once")]
    TooManyFailures {
        /// The number of failures.
        failures: u64,
        /// The number of loads.
        loads: u64,
    },
    /// The level is not a probability strictly between 0 and 1.
    #[error(transparent)]
    Level(#[from] LevelError),
    /// The threshold is not a probability strictly between 0 and 1.
    #[error("the threshold {0} is not a probability strictly between 0 and 1, such as 0.01")]
    Threshold(f64),
}

/// The method of an interval, which determines its guarantee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Wilson's score interval.
    Wilson,
    /// Clopper and Pearson's exact interval.
    ClopperPearson,
    /// The equal-tailed posterior interval under Jeffreys' prior.
    Jeffreys,
    /// The beta-binomial mixture confidence sequence.
    ConfidenceSequence,
    /// Tango's score interval of a difference between paired probabilities.
    PairedTango,
    /// Student's t interval of a mean.
    StudentT,
    /// The cluster bootstrap of a fitted model's probability.
    ClusterBootstrap,
    /// Student's t interval of the jackknife.
    Jackknife,
    /// The interval of an importance-sampling estimate of a rare event.
    CrossEntropyTilting,
    /// The interval of a rare event from repetitions of subset simulation.
    SubsetSimulation,
}

impl Method {
    /// The name in output files, such as `clopper-pearson`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wilson => "wilson",
            Self::ClopperPearson => "clopper-pearson",
            Self::Jeffreys => "jeffreys",
            Self::ConfidenceSequence => "confidence-sequence",
            Self::PairedTango => "paired-tango",
            Self::StudentT => "student-t",
            Self::ClusterBootstrap => "cluster-bootstrap",
            Self::Jackknife => "jackknife",
            Self::CrossEntropyTilting => "cross-entropy-tilting",
            Self::SubsetSimulation => "subset-simulation",
        }
    }

    /// One plain sentence that states what the interval guarantees, for readers of the output.
    pub const fn guarantee(&self) -> &'static str {
        match self {
            Self::Wilson => {
                "Holds for a number of loads fixed beforehand, and covers the truth about as often \
                 as its level says: on average over the possible truths, not for each of them."
            }
            Self::ClopperPearson => {
                "Holds for a number of loads fixed beforehand, and covers the truth at least as \
                 often as its level says, whatever the truth is."
            }
            Self::Jeffreys => {
                "Holds for a number of loads fixed beforehand, and covers the truth about as often \
                 as its level says; it is also the Bayesian interval under Jeffreys' prior."
            }
            Self::ConfidenceSequence => {
                "Valid however often one looks and whenever one stops: the chance that it ever \
                 misses the truth, at any look, is at most one minus its level."
            }
            Self::PairedTango => {
                "Holds for a number of pairs fixed beforehand, and covers the true difference \
                 (variant minus baseline) about as often as its level says."
            }
            Self::StudentT => {
                "Holds for a number of independent values fixed beforehand, exactly if they are \
                 normally distributed and approximately if there are many."
            }
            Self::ClusterBootstrap => {
                "Includes the uncertainty of the recorded loads: they are drawn again and the model is \
                 fitted again. Covers the truth about as often as its level says if the model has the right form."
            }
            Self::Jackknife => {
                "Holds for a number of loads fixed beforehand, and covers the truth about as often as \
                 its level says, if the estimate is nearly normally distributed."
            }
            Self::CrossEntropyTilting => {
                "Holds for a number of loads fixed beforehand, approximately, if the tilted loads reach \
                 every cause of the event; the logarithm of the estimate is taken as normal."
            }
            Self::SubsetSimulation => {
                "Holds approximately: from the spread of ten repetitions of the whole method, with \
                 Student's quantile."
            }
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A confidence interval, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Interval {
    /// Its method; [`Method::guarantee`] states what it guarantees.
    pub method: Method,
    /// The confidence level, strictly between 0 and 1.
    pub level: f64,
    /// The lower end: in 0 ..= 1 for a probability, in -1 ..= 1 for a difference of two.
    pub low: f64,
    /// The upper end, at least `low`.
    pub high: f64,
}

impl Interval {
    /// Half the distance between the ends.
    pub fn half_width(&self) -> f64 {
        0.5 * (self.high - self.low)
    }

    /// Whether `value` is in the interval, its ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// The counts as floating-point numbers, and the significance.
fn checked(failures: u64, loads: u64, level: f64) -> Result<(f64, f64, f64), IntervalError> {
    let alpha = significance(level)?;
    if loads == 0 {
        return Err(IntervalError::NoLoads);
    }
    if failures > loads {
        return Err(IntervalError::TooManyFailures { failures, loads });
    }
    Ok((failures as f64, (loads - failures) as f64, alpha))
}

/// 1 - significance^(1 / loads): the upper bound when no load failed, without cancellation.
fn zero_failure_bound(tail: f64, loads: f64) -> f64 {
    -expm1(log(tail) / loads)
}

/// The score interval: all p whose normal approximation does not reject the count.
///
/// Its coverage is good on average over p, also for small counts, but for single values of p it may be below the
/// level: 0.92 instead of 0.95 at n = 1000, p = 0.001. O(1).
///
/// # Errors
/// No loads, more failures than loads, or a level outside (0, 1).
pub fn wilson(failures: u64, loads: u64, level: f64) -> Result<Interval, IntervalError> {
    let (hits, misses, alpha) = checked(failures, loads, level)?;
    let z = critical_value(alpha);
    let (loads_number, square) = (loads as f64, z * z);
    let root = z * sqrt(hits * (misses / loads_number) + 0.25 * square);
    // The bounds solve (n + z^2) p^2 - (2 k + z^2) p + k^2 / n = 0. The lower one comes from their
    // product k^2 / (n (n + z^2)): subtracting the root would cancel for rare events.
    let sum = hits + 0.5 * square + root;
    let low = if failures == 0 { 0.0 } else { hits * (hits / loads_number) / sum };
    let high = if failures == loads { 1.0 } else { sum / (loads_number + square) };
    Ok(Interval { method: Method::Wilson, level, low: low.min(1.0), high: high.min(1.0) })
}

/// The exact interval: all p under which neither binomial tail at the count is below
/// (1 - level) / 2.
///
/// Covers at least its level for every p, and therefore is wider than the others. A few Newton
/// steps of O(sqrt(loads)) each.
///
/// # Errors
/// No loads, more failures than loads, or a level outside (0, 1).
pub fn clopper_pearson(failures: u64, loads: u64, level: f64) -> Result<Interval, IntervalError> {
    let (hits, misses, alpha) = checked(failures, loads, level)?;
    let (tail, loads_number) = (0.5 * alpha, loads as f64);
    let low = if failures == 0 {
        0.0
    } else if failures == loads {
        libm::exp(log(tail) / loads_number)
    } else {
        quantile(hits, misses + 1.0, tail)
    };
    let high = if failures == loads {
        1.0
    } else if failures == 0 {
        zero_failure_bound(tail, loads_number)
    } else {
        upper_quantile(hits + 1.0, misses, tail)
    };
    Ok(Interval { method: Method::ClopperPearson, level, low, high })
}

/// The equal-tailed posterior interval under Jeffreys' prior Beta(1/2, 1/2).
///
/// The end at the border is moved onto it when no load or every load failed (Brown, Cai and
/// DasGupta, section 4.3), which would otherwise miss a truth close to it. A few Newton steps of
/// O(sqrt(loads)) each.
///
/// # Errors
/// No loads, more failures than loads, or a level outside (0, 1).
pub fn jeffreys(failures: u64, loads: u64, level: f64) -> Result<Interval, IntervalError> {
    let (hits, misses, alpha) = checked(failures, loads, level)?;
    let (a, b, tail) = (hits + 0.5, misses + 0.5, 0.5 * alpha);
    let low = if failures == 0 { 0.0 } else { quantile(a, b, tail) };
    let high = if failures == loads { 1.0 } else { upper_quantile(a, b, tail) };
    Ok(Interval { method: Method::Jeffreys, level, low, high })
}

/// The beta-binomial mixture confidence sequence with a uniform mixture, at one look.
///
/// Under the true p the ratio of the mixture to the likelihood, B(x+1, n-x+1) / (p^x (1-p)^(n-x)),
/// is a martingale that starts at 1; by Ville's inequality it ever reaches 1 / alpha with
/// probability at most alpha. The interval holds all p where it has not: equivalently, where
/// (n + 1) P(Bin(n, p) = x) >= alpha. It may be computed after every load and the run stopped at
/// any of them, at about twice the width of [`wilson`]. O(1).
///
/// # Errors
/// No loads, more failures than loads, or a level outside (0, 1).
pub fn confidence_sequence(failures: u64, loads: u64, level: f64) -> Result<Interval, IntervalError> {
    let (hits, misses, alpha) = checked(failures, loads, level)?;
    Ok(sequence(hits, misses, level, log(alpha) - log(loads as f64 + 1.0)))
}

/// The confidence sequence for deciding on which side of `threshold` the probability lies, at one look.
///
/// As [`confidence_sequence`], with the mixture (1/3) sum of Beta(a, a/t - a) over a = 0.5, 4, 100 in place of the uniform
/// one: each has the mean t, so the evidence is spent near the threshold. It holds at every look and for every p. For
/// a truth at half and at twice the threshold it decides with about half as many loads. Above one half the mixture is mirrored. O(1).
///
/// # Errors
/// No loads, more failures than loads, or a level or a threshold outside (0, 1).
pub fn decision_sequence(failures: u64, loads: u64, threshold: f64, level: f64) -> Result<Interval, IntervalError> {
    let (hits, misses, alpha) = checked(failures, loads, level)?;
    if !(threshold > 0.0 && threshold < 1.0) {
        return Err(IntervalError::Threshold(threshold));
    }
    let marginal =
        if threshold <= 0.5 { ln_mixture(hits, misses, threshold) } else { ln_mixture(misses, hits, 1.0 - threshold) };
    Ok(sequence(hits, misses, level, log(alpha) + marginal))
}

/// ln of the probability of the count under the mixture of [`decision_sequence`].
fn ln_mixture(hits: f64, misses: f64, threshold: f64) -> f64 {
    const SHAPES: [f64; 3] = [0.5, 4.0, 100.0];
    let terms = SHAPES.map(|a| ln_beta_binomial(hits, misses, a, a * ((1.0 - threshold) / threshold)));
    let largest = terms.into_iter().fold(f64::NEG_INFINITY, f64::max);
    largest + log(terms.into_iter().map(|term| libm::exp(term - largest)).sum::<f64>() / SHAPES.len() as f64)
}

/// All p under which the count has at least the probability e^`threshold`.
fn sequence(hits: f64, misses: f64, level: f64, threshold: f64) -> Interval {
    let loads = hits + misses;
    let low = if hits == 0.0 {
        0.0
    } else if misses == 0.0 {
        libm::exp(threshold / loads)
    } else {
        logistic(lower_ln_odds(hits, misses, threshold))
    };
    let high = if misses == 0.0 {
        1.0
    } else if hits == 0.0 {
        -expm1(threshold / loads)
    } else {
        logistic(-lower_ln_odds(misses, hits, threshold))
    };
    Interval { method: Method::ConfidenceSequence, level, low, high }
}

/// The smaller log odds at which ln P(Bin = hits) falls to `threshold`.
///
/// In the log odds minus that logarithm is convex, so Newton's method from outside the interval
/// approaches its end monotonically.
fn lower_ln_odds(hits: f64, misses: f64, threshold: f64) -> f64 {
    let loads = hits + misses;
    let excess = |t: f64| threshold - ln_binomial(hits, misses, logistic(t), logistic(-t));
    let centre = log(hits / misses);
    let mut reach = 1.0 / sqrt(hits * (misses / loads));
    while excess(centre - reach) < 0.0 {
        reach *= 2.0;
    }
    let mut t = centre - reach;
    for _ in 0..100 {
        let slope = loads * logistic(t) - hits;
        let step = -excess(t) / slope;
        t += step;
        if step.abs() <= 2.0 * f64::EPSILON * t.abs().max(1.0) {
            break;
        }
    }
    t
}

/// Below this number of failures, or of loads that did not fail, an interval of a fixed sample is exact.
pub const FEW: u64 = 10;

/// The project's rule for a number of loads fixed in advance: [`wilson`], but [`clopper_pearson`] below [`FEW`] failures, or
/// below as many loads that did not fail.
///
/// Failures are usually rare here. Wilson's interval covers only 0.86 at n p = 0.15 and 0.92 at n p = 1; this rule covers at
/// least 0.936 at any n p (`tests/coverage.rs` enumerates it).
///
/// # Errors
/// No loads, more failures than loads, or a level outside (0, 1).
pub fn fixed_sample(failures: u64, loads: u64, level: f64) -> Result<Interval, IntervalError> {
    if failures < FEW || loads.saturating_sub(failures) < FEW {
        clopper_pearson(failures, loads, level)
    } else {
        wilson(failures, loads, level)
    }
}
