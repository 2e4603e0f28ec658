//! How much the times of one origin depend on the load: the share of their variance that one factor of the load explains.
//!
//! Rule: each time is turned into the normal score that it has under the distribution of its class, so that classes of any
//! family can be joined (a Gaussian copula; R. B. Nelsen, "An Introduction to Copulas", 2006). Of the scores, which have
//! variance 1, the share of the load's own factor is the likeliest one (`sixslot_statistics::slowness`); it is believed
//! where chance gives its likelihood ratio once in a hundred. A value that a file rounds counts as its midpoint.

use sixslot_sim_core::special::inverse_normal_cumulative;
use sixslot_statistics::censored::Observation;
use sixslot_statistics::fit::{Fit, Shape};
use sixslot_statistics::likelihood::Law;
use sixslot_statistics::slowness::{Class, slowness};

/// The dependence of the times of one origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseShared {
    /// The share of the variance of the normal scores that the load explains, from 0 to 1.
    pub share: f64,
    /// Twice the logarithm of the likelihood ratio against none.
    pub ratio: f64,
}

/// Loads that are looked at, and times of a class in each: the first ones. More make the share no surer than the fits are.
const LOOKED_AT: (usize, usize) = (100, 8);

/// A probability this near to 0 or 1 has no score of its own.
const EDGE: f64 = 1e-6;

/// The exponential of the normal score of a time.
fn score(law: Law, time: Observation) -> Observation {
    let of = |ms: f64| {
        let below = (1.0 - law.survival(ms)).clamp(EDGE, 1.0 - EDGE);
        libm::exp(inverse_normal_cumulative(below))
    };
    match time {
        Observation::AtLeast(ms) => Observation::AtLeast(of(ms)),
        known => Observation::Exact(of(known.middle())),
    }
}

/// The dependence that the samples of several classes show, each a fit with its times by load; `None` where none is believed.
/// Classes without a curve say nothing.
#[must_use]
pub fn noise_shared(classes: &[(&Fit, Vec<(usize, Observation)>)], loads: usize) -> Option<NoiseShared> {
    let class = |(fit, sample): &(&Fit, Vec<(usize, Observation)>)| {
        let Shape::Curve(law) = fit.shape else { return None };
        let mut by_load = vec![Vec::new(); loads.min(LOOKED_AT.0)];
        for (load, time) in sample.iter().filter(|(_, time)| time.is_usable()) {
            if let Some(times) = by_load.get_mut(*load).filter(|times| times.len() < LOOKED_AT.1) {
                times.push(score(law, *time));
            }
        }
        (fit.values + fit.intervals > 0).then_some(Class { median: 1.0, sigma: 1.0, loads: by_load })
    };
    let classes: Vec<Class> = classes.iter().filter_map(class).collect();
    let found = slowness(&classes).filter(|found| found.is_believed())?;
    Some(NoiseShared { share: (found.sigma * found.sigma).min(1.0), ratio: found.ratio })
}
