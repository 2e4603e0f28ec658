//! Many loads, predicted and measured: how often they agree, and how far arrivals are off.
//!
//! Rule: what hangs on less than the noise is counted apart, agreeing or not; the errors of arrivals are of every request
//! that both sides sent, those that hang on the noise among them. Quantiles are observations, never between two
//! ([`sixslot_statistics::quantile`]).

use super::agreement::LoadAgreement;
use serde::Serialize;
use sixslot_statistics::quantile::quantile;

/// How often two sides agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Agreeing, outside the noise.
    pub agree: u64,
    /// All outside the noise.
    pub of: u64,
    /// Agreeing, within the noise.
    pub hanging_agree: u64,
    /// All within the noise.
    pub hanging_of: u64,
}

impl Agreement {
    fn count(&mut self, agrees: bool, hangs: bool) {
        let (agree, of) =
            if hangs { (&mut self.hanging_agree, &mut self.hanging_of) } else { (&mut self.agree, &mut self.of) };
        *agree += u64::from(agrees);
        *of += 1;
    }

    /// The disagreements outside the noise.
    pub const fn disagreements(&self) -> u64 {
        self.of - self.agree
    }
}

/// The distribution of an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// The median.
    pub p50: f64,
    /// The 90th percentile.
    pub p90: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let at = |fraction| quantile(&values, fraction).ok();
        Some(Self { p50: at(0.5)?, p90: at(0.9)?, p95: at(0.95)?, max: at(1.0)? })
    }
}

/// What many loads say of the simulator.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The loads' verdicts.
    pub verdicts: Agreement,
    /// The requests' outcomes.
    pub outcomes: Agreement,
    /// Requests whose arrivals are compared.
    pub arrivals: u64,
    /// The size of their errors relative to the time since the plan's start; errors within 10 ms are 0.
    pub relative: Option<Spread>,
    /// The size of their errors in real milliseconds.
    pub absolute_ms: Option<Spread>,
    /// The median of the errors with their sign, predicted less measured, in real milliseconds.
    pub bias_ms: Option<f64>,
}

impl Summary {
    /// Counts loads.
    pub fn of(loads: &[LoadAgreement]) -> Self {
        let mut summary = Self::default();
        let mut errors = Vec::new();
        for load in loads {
            summary.verdicts.count(load.agrees(), load.hangs_on_noise);
            for pair in &load.requests {
                summary.outcomes.count(pair.agrees(), pair.hangs_on_noise);
                errors.extend(pair.arrival_error(load.scale));
            }
        }
        summary.arrivals = errors.len() as u64;
        summary.relative = Spread::of(errors.iter().map(|error| error.relative).collect());
        summary.absolute_ms = Spread::of(errors.iter().map(|error| error.ms.abs()).collect());
        let mut signed: Vec<f64> = errors.iter().map(|error| error.ms).collect();
        signed.sort_by(f64::total_cmp);
        summary.bias_ms = quantile(&signed, 0.5).ok();
        summary
    }
}
