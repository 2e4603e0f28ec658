//! Probability distributions of one real quantity, drawn by inversion.
//!
//! The rule: one uniform gives one value, through the inverse distribution function, so a quantity
//! keeps its rank when a parameter of its law changes (common random numbers). Every parameter is
//! checked once, at construction; from then on nothing can fail.

mod constructors;
mod error;
mod family;
mod piecewise;

pub use constructors::{GREATEST_GAMMA_SHAPE, LEAST_GAMMA_SHAPE, SAMPLE_LIMIT};
pub use error::DistributionError;
pub use family::Family;

use crate::streams::{Purpose, Streams};
use constructors::{finite, positive};

/// The least probability that a truncation may leave. Below it, the spacing of doubles next to 1 would
/// show in the draws.
pub const LEAST_TRUNCATION: f64 = 1e-9;

/// The least and the greatest uniform that a stream gives.
const LEAST_UNIFORM: f64 = f64::EPSILON / 2.0;
const GREATEST_UNIFORM: f64 = 1.0 - LEAST_UNIFORM;

/// A [`Family`], multiplied by a scale, moved by a shift, and then truncated. The unit is the caller's.
///
/// ```
/// use sixslot_sim_core::{Distribution, Purpose, Streams};
/// let think = Distribution::exponential_from_mean(200.0)?
///     .shifted(50.0)?
///     .truncated(None, Some(2_000.0))?;
/// let drawn = think.draw(&Streams::new(1, 0), Purpose::named("think"), 3);
/// assert!((50.0..=2_000.0).contains(&drawn));
/// # Ok::<(), sixslot_sim_core::DistributionError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    family: Family,
    scale: f64,
    shift: f64,
    at_least: f64,
    at_most: f64,
    /// The probability, before truncation, of values under `at_least`, and of values that are kept.
    below: f64,
    within: f64,
}

impl Distribution {
    fn new(family: Family) -> Result<Self, DistributionError> {
        Self {
            family,
            scale: 1.0,
            shift: 0.0,
            at_least: f64::NEG_INFINITY,
            at_most: f64::INFINITY,
            below: 0.0,
            within: 1.0,
        }
        .bounded()
    }

    fn bounded(self) -> Result<Self, DistributionError> {
        for end in [LEAST_UNIFORM, GREATEST_UNIFORM].map(|u| self.quantile(u)) {
            if !end.is_finite() {
                return Err(DistributionError::Overflow(end));
            }
        }
        Ok(self)
    }

    /// The law of `factor` times the value. What was shifted and truncated before is multiplied too.
    ///
    /// # Errors
    /// Unless `factor` is finite and positive and every draw stays finite.
    pub fn scaled(self, factor: f64) -> Result<Self, DistributionError> {
        positive("factor", factor)?;
        self.mapped(factor, 0.0)
    }

    /// The law of the value plus `offset`, which may be negative. What was truncated before moves too.
    ///
    /// # Errors
    /// Unless `offset` is finite and every draw stays finite.
    pub fn shifted(self, offset: f64) -> Result<Self, DistributionError> {
        finite("offset", offset)?;
        self.mapped(1.0, offset)
    }

    fn mapped(mut self, factor: f64, offset: f64) -> Result<Self, DistributionError> {
        let map = |x: &mut f64| *x = *x * factor + offset;
        map(&mut self.at_least);
        map(&mut self.at_most);
        // An atom is shifted itself, so that the value drawn and the value given are rounded alike.
        match &mut self.family {
            Family::Constant { value } => map(value),
            Family::Samples(samples) => samples.iter_mut().for_each(map),
            Family::Quantiles(knots) => knots.iter_mut().for_each(|(_, x)| map(x)),
            _ => {
                self.scale = positive("scale", self.scale * factor)?;
                map(&mut self.shift);
            }
        }
        self.bounded()
    }

    /// The law of the value on condition that it is in [`at_least`, `at_most`]; `None` leaves that
    /// side as it is.
    ///
    /// # Errors
    /// Unless the bounds are finite and the condition has a probability of [`LEAST_TRUNCATION`] or more
    /// before any truncation.
    pub fn truncated(mut self, at_least: Option<f64>, at_most: Option<f64>) -> Result<Self, DistributionError> {
        if let Some(bound) = at_least {
            self.at_least = self.at_least.max(finite("lower bound", bound)?);
        }
        if let Some(bound) = at_most {
            self.at_most = self.at_most.min(finite("upper bound", bound)?);
        }
        self.below = self.family.below(self.unmapped(self.at_least));
        self.within = self.family.cumulative(self.unmapped(self.at_most)) - self.below;
        if self.at_least <= self.at_most && self.within >= LEAST_TRUNCATION {
            return Ok(self);
        }
        Err(DistributionError::EmptyTruncation {
            at_least: self.at_least,
            at_most: self.at_most,
            probability: self.within.max(0.0),
            limit: LEAST_TRUNCATION,
        })
    }

    /// The family, before scale, shift and truncation. Constants, samples and quantiles hold the final
    /// values, only the truncation is still to come.
    #[must_use]
    pub const fn family(&self) -> &Family {
        &self.family
    }

    /// The inverse distribution function: the least value that is not exceeded with probability `u`.
    /// Finite for `u` inside (0, 1), and ascending there up to rounding; at 0 and 1 the ends of the law,
    /// which may be infinite.
    #[must_use]
    pub fn quantile(&self, u: f64) -> f64 {
        let mut p = self.below + u * self.within;
        if u < 1.0 {
            // The sum may round up to 1, where the value may be infinite.
            p = p.min(GREATEST_UNIFORM);
        }
        (self.family.quantile(p) * self.scale + self.shift).clamp(self.at_least, self.at_most)
    }

    /// The distribution function: the probability of a value up to `x`, from 0 to 1.
    #[must_use]
    pub fn cumulative(&self, x: f64) -> f64 {
        if x < self.at_least {
            0.0
        } else if x >= self.at_most {
            1.0
        } else {
            let p = self.family.cumulative(self.unmapped(x));
            ((p - self.below) / self.within).clamp(0.0, 1.0)
        }
    }

    /// The mean, in closed form for every family and truncation; `None` where it is infinite or
    /// overflows. O(n) for samples and quantiles.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let up_to = |bound, p| self.family.partial_mean(self.unmapped(bound), p);
        let lower = up_to(self.at_least, self.below);
        let upper = up_to(self.at_most, self.below + self.within);
        let mean = (upper - lower) / self.within * self.scale + self.shift;
        mean.is_finite().then(|| mean.clamp(self.at_least, self.at_most))
    }

    /// The value for the first uniform of the stream of (purpose, entity).
    #[must_use]
    pub fn draw(&self, streams: &Streams, purpose: Purpose, entity: u64) -> f64 {
        self.quantile(streams.uniform(purpose, entity))
    }

    fn unmapped(&self, x: f64) -> f64 {
        (x - self.shift) / self.scale
    }
}
