//! Many loads, predicted and measured: how often they agree, and the errors of arrival times.
//!
//! Rule: predictions that depend on noise are counted separately, whether they agree or not. The errors of arrivals are
//! those of all requests that arrived on both sides, including the ones that depend on noise. Quantiles are observed
//! values ([`sixslot_statistics::quantile`]).

use super::agreement::LoadAgreement;
use serde::Serialize;
use sixslot_statistics::quantile::quantile;

/// How often prediction and measurement agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Agreements that do not depend on noise.
    pub agree: u64,
    /// Comparisons that do not depend on noise.
    pub of: u64,
    /// Agreements that depend on noise.
    pub hanging_agree: u64,
    /// Comparisons that depend on noise.
    pub hanging_of: u64,
}

impl Agreement {
    fn count(&mut self, agrees: bool, hangs: bool) {
        let (agree, of) =
            if hangs { (&mut self.hanging_agree, &mut self.hanging_of) } else { (&mut self.agree, &mut self.of) };
        *agree += u64::from(agrees);
        *of += 1;
    }

    /// Disagreements that do not depend on noise.
    pub const fn disagreements(&self) -> u64 {
        self.of - self.agree
    }
}

/// Quantiles of an error.
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
    /// The quantiles of values; none of no values.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let at = |fraction| quantile(&values, fraction).ok();
        Some(Self { p50: at(0.5)?, p90: at(0.9)?, p95: at(0.95)?, max: at(1.0)? })
    }
}

/// The summary of many loads.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Verdicts of loads.
    pub verdicts: Agreement,
    /// Outcomes of requests.
    pub outcomes: Agreement,
    /// Number of arrivals compared.
    pub arrivals: u64,
    /// Relative errors: size divided by the time since the start of the load; errors within 10 ms count as 0.
    pub relative: Option<Spread>,
    /// Sizes of the errors in real milliseconds.
    pub absolute_ms: Option<Spread>,
    /// Median of the signed errors (predicted minus measured), in real milliseconds.
    pub bias_ms: Option<f64>,
}

impl Summary {
    /// Summarizes loads.
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
