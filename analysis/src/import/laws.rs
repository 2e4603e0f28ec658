//! Laws as scenarios write them, with their evidence.

use super::calls::quantile;
use super::text::{exact, number, span, told, told_range};
use sixslot_statistics::fit::{Doubt, Fit, Shape};
use sixslot_statistics::likelihood::{Family, Law};
use std::fmt::Write as _;

/// A fitted law as a value of a scenario.
#[must_use]
pub fn law(fit: &Fit) -> String {
    match &fit.shape {
        Shape::Constant(ms) => span(*ms),
        Shape::Curve(Law::LogNormal { median, sigma }) => {
            format!("{{ distribution = \"log-normal\", median = {}, sigma = {} }}", span(*median), number(*sigma, 4))
        }
        Shape::Curve(Law::Gamma { shape, mean }) => {
            let shape = shape.clamp(
                sixslot_sim_core::distribution::LEAST_GAMMA_SHAPE,
                sixslot_sim_core::distribution::GREATEST_GAMMA_SHAPE,
            );
            format!("{{ distribution = \"gamma\", shape = {}, mean = {} }}", number(shape, 4), span(*mean))
        }
        Shape::Curve(Law::Weibull { shape, size }) => {
            // A shape near 0 has a tail that no clock can hold.
            format!(
                "{{ distribution = \"weibull\", shape = {}, scale = {} }}",
                number(shape.clamp(0.05, 1e6), 4),
                span(*size)
            )
        }
        Shape::Quantiles(knots) => quantiles(knots),
    }
}

/// Knots (probability, milliseconds) as a table of quantiles.
fn quantiles(knots: &[(f64, f64)]) -> String {
    let mut text = String::from("{ distribution = \"empirical\", quantiles = { ");
    let mut last = None;
    for (probability, ms) in knots {
        let percent = number((probability * 10_000.0).round() / 100.0, 5);
        if last.as_ref() == Some(&percent) {
            continue;
        }
        let key = if percent.contains('.') { format!("\"p{percent}\"") } else { format!("p{percent}") };
        let _ = write!(text, "{}{key} = {}", if last.is_none() { "" } else { ", " }, span(*ms));
        last = Some(percent);
    }
    text + " } }"
}

/// What a law of a class is made from.
#[must_use]
pub fn evidence(fit: &Fit, silent: usize) -> String {
    let mut text = format!("{} answered", fit.values + fit.intervals);
    if fit.intervals > 0 && fit.intervals < fit.values + fit.intervals {
        let _ = write!(text, " ({} rounded)", fit.intervals);
    }
    if fit.bounds > 0 {
        let _ = write!(text, ", {} given up or still open, which count as \"longer\"", fit.bounds);
    }
    if silent > 0 {
        let _ = write!(text, ", {silent} that say nothing (never sent, from the cache, or not told)");
    }
    if let [(best, least), others @ ..] = fit.aic.as_slice() {
        let _ = write!(text, "; AIC {} {}", name(*best), number(*least, 6));
        for (family, aic) in others {
            let _ = write!(text, ", {} +{}", name(*family), number(aic - least, 3));
        }
    }
    for doubt in &fit.doubts {
        let _ = write!(text, "; {doubt}");
    }
    text
}

const fn name(family: Family) -> &'static str {
    match family {
        Family::LogNormal => "log-normal",
        Family::Gamma => "gamma",
        Family::Weibull => "Weibull",
    }
}

/// Whether a law is certain enough to be no guess.
#[must_use]
pub fn is_doubtful(fit: &Fit) -> bool {
    fit.doubts.iter().any(|doubt| !matches!(doubt, Doubt::Extrapolated { .. }))
}

/// How delays are known.
#[derive(Clone, Debug, PartialEq)]
pub enum Delays {
    /// Always the same.
    Steady(f64),
    /// (probability, milliseconds).
    Varying(Vec<(f64, f64)>),
}

/// Delays closer together than this are one: dates are written in whole milliseconds.
const STEADY: f64 = 4.0;

/// The law of delays, which nothing censors: what was seen.
#[must_use]
pub fn delays(seen: &[f64]) -> Delays {
    let mut seen = seen.to_vec();
    let middle = quantile(&mut seen, 0.5);
    let width = quantile(&mut seen, 0.9) - quantile(&mut seen, 0.1);
    if seen.len() < 2 {
        // Exactly: requests of one instant are issued in its order, which decides who gets the last connection.
        return Delays::Steady(middle.max(0.0));
    }
    if width <= STEADY.max(0.004 * middle) {
        return Delays::Steady(if middle < 1.5 { 0.0 } else { middle.round() });
    }
    let steps = (seen.len() - 1).min(20);
    let mut at: Vec<f64> = (0..=steps).map(|step| step as f64 / steps as f64).collect();
    if seen.len() >= 100 {
        // A straight line from 95 % to the greatest would make the tail too long.
        at.extend([0.975, 0.99]);
        at.sort_unstable_by(f64::total_cmp);
    }
    let knots = at.into_iter().map(|at| (at, quantile(&mut seen, at))).collect();
    Delays::Varying(knots)
}

impl Delays {
    /// As a time of a scenario.
    #[must_use]
    pub fn time(&self) -> String {
        match self {
            Self::Steady(ms) if ms.fract() == 0.0 => span(*ms),
            Self::Steady(ms) => exact(*ms),
            Self::Varying(knots) => quantiles(knots),
        }
    }

    /// As a parameter in milliseconds.
    #[must_use]
    pub fn parameter(&self) -> String {
        match self {
            Self::Steady(ms) => number(*ms, 6),
            Self::Varying(knots) => {
                let point = |(probability, ms): &(f64, f64)| {
                    let percent = number((probability * 10_000.0).round() / 100.0, 5);
                    let key = if percent.contains('.') { format!("\"p{percent}\"") } else { format!("p{percent}") };
                    format!("{key} = {}", number(*ms, 5))
                };
                let points: Vec<String> = knots.iter().map(point).collect();
                format!("{{ distribution = \"empirical\", quantiles = {{ {} }} }}", points.join(", "))
            }
        }
    }

    /// For a comment.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Steady(ms) => told(*ms),
            Self::Varying(knots) => match (knots.first(), knots.last()) {
                (Some((_, least)), Some((_, most))) => told_range(*least, *most),
                _ => String::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Delays, delays};

    /// Eight calls began 18.4 ms after a cause, and the ninth as well: with 18 ms it would come before them.
    #[test]
    fn a_single_delay_is_exact_and_several_are_rounded() {
        assert_eq!(delays(&[18.4]), Delays::Steady(18.4));
        assert_eq!((delays(&[18.4]).time(), delays(&[3_000.0]).time()), ("\"18.4ms\"".to_owned(), "\"3s\"".to_owned()));
        assert_eq!(delays(&[18.4, 18.4]), Delays::Steady(18.0));
    }
}
